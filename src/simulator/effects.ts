import { applyConfig, applyPending } from './guest-config.js'
import { noticeHa, requestHa } from './ha.js'
import { createSnapshot, deleteSnapshot, rollbackSnapshot } from './snapshots.js'
import {
  guestAt,
  isQuorate,
  isTemplate,
  lockOf,
  missingConfig,
  noun,
  type SimGuest,
  touch,
  type World,
} from './state.js'
import type { Work } from './work.js'

/** What comes of starting a task's work: an error at once, or a duration in seconds. */
export type Begun =
  | { readonly kind: 'failed'; readonly error: string; readonly log: readonly string[] }
  | { readonly kind: 'going'; readonly seconds: number; readonly log: readonly string[] }

/** How a task ends; `log` comes before its last line. */
export type Finished = { readonly status: string; readonly log: readonly string[] }

const going = (seconds: number, log: readonly string[] = []): Begun => ({ kind: 'going', seconds, log })
const failed = (error: string, log: readonly string[] = []): Begun => ({ kind: 'failed', error, log })
const done = (log: readonly string[] = []): Finished => ({ status: 'OK', log })

/** A number for PVE's temporary file names; it only has to look like a pid. */
const TMP_PID = 12316

function beginStart(world: World, guest: SimGuest, node: string): Begun {
  const lock = lockOf(guest)
  if (guest.power !== 'stopped') return failed(`${noun(guest.kind)} ${guest.vmid} already running`)
  if (isTemplate(guest)) {
    return failed(
      guest.kind === 'qemu'
        ? "you can't start a vm if it's a template"
        : "you can't start a CT if it's a template",
    )
  }
  if (lock !== null && lock !== 'suspended') return failed(`${noun(guest.kind)} is locked (${lock})`)
  for (const [key, value] of Object.entries(guest.config)) {
    const bridge = /^net[0-9]+$/.test(key) ? /(?:^|,)bridge=([^,]+)/.exec(String(value))?.[1] : undefined
    if (bridge !== undefined && !/^vmbr[0-3]$/.test(bridge))
      return failed(`bridge '${bridge}' does not exist`)
  }
  if (!isQuorate(world)) return failed('cluster not ready - no quorum?')
  const log = lock === 'suspended' ? ['Resuming suspended VM'] : []
  return node === guest.node ? going(guest.kind === 'qemu' ? 2 : 1, log) : failed('wrong node')
}

function beginSnapshot(world: World, guest: SimGuest, work: Work & { readonly kind: 'snapshot' }): Begun {
  const lock = lockOf(guest)
  if (lock !== null) return failed(`${noun(guest.kind)} is locked (${lock})`)
  if (guest.snapshots.some((entry) => entry.name === work.name)) {
    return failed(`snapshot name '${work.name}' already used`)
  }
  const raw = Object.values(guest.config).some((value) => /^[\w-]+:[^,]+\.raw(,|$)/.test(String(value)))
  if (raw) return failed('snapshot feature is not available')
  if (!isQuorate(world)) {
    const file = `/etc/pve/nodes/${guest.node}/qemu-server/${guest.vmid}.conf.tmp.${TMP_PID}`
    return failed(`unable to open file '${file}' - Permission denied`)
  }
  return going(work.vmstate ? 6 : 2)
}

function beginShutdown(guest: SimGuest, timeout: number): Begun {
  if (guest.power === 'stopped') return going(0)
  const lock = lockOf(guest)
  if (lock !== null) return failed(`${noun(guest.kind)} is locked (${lock})`)
  return going(guest.stubborn ? timeout : Math.min(timeout, guest.kind === 'qemu' ? 4 : 2))
}

/** Checks what a task checks first, and says how long it will take. */
export function beginWork(world: World, work: Work, node: string): Begun {
  if (work.kind === 'ha-request') {
    return going(0, [
      `Requesting HA ${work.verb === 'start' ? 'start' : 'stop'} for ${noun(work.guest)} ${work.vmid}`,
    ])
  }
  const guest = guestAt(world, node, work.guest, work.vmid)
  if (guest === undefined) return failed(missingConfig(node, work.guest, work.vmid))
  const lock = lockOf(guest)
  switch (work.kind) {
    case 'start':
      return beginStart(world, guest, node)
    case 'stop':
      if (guest.power === 'stopped') return going(0)
      return lock === null ? going(1) : failed(`${noun(guest.kind)} is locked (${lock})`)
    case 'shutdown':
      return beginShutdown(guest, work.timeout)
    case 'reboot':
      return going(guest.kind === 'qemu' ? Math.min(work.timeout, guest.stubborn ? work.timeout : 4) : 3)
    case 'reset':
    case 'suspend':
      if (lock !== null) return failed(`${noun(guest.kind)} is locked (${lock})`)
      return going(work.kind === 'suspend' && work.toDisk ? 5 : 0.5)
    case 'resume':
      if (guest.kind === 'lxc') {
        return failed(
          `command 'lxc-checkpoint -n ${guest.vmid} -r --foreground -D /var/lib/vz/dump' failed: exit code 1`,
        )
      }
      return lock === 'suspended' ? going(3, ['Resuming suspended VM']) : going(0.5)
    case 'snapshot':
      return beginSnapshot(world, guest, work)
    case 'delsnapshot':
    case 'rollback':
      return beginWithSnapshot(guest, work.kind, work.name)
    case 'destroy':
      return lock === null || lock === 'suspended'
        ? going(2)
        : failed(`${noun(guest.kind)} is locked (${lock})`)
    case 'config': {
      const named = Object.entries(work.set).map(([key, value]) => `-${key} ${value}`)
      const removed = work.remove.length === 0 ? [] : [`-delete ${work.remove.join(',')}`]
      return going(0, [`update VM ${work.vmid}: ${[...removed, ...named].join(' ')}`])
    }
  }
}

function beginWithSnapshot(guest: SimGuest, kind: 'delsnapshot' | 'rollback', name: string): Begun {
  const log = kind === 'delsnapshot' ? ['trying to acquire lock...', ' OK'] : []
  const lock = lockOf(guest)
  if (lock !== null) return failed(`${noun(guest.kind)} is locked (${lock})`, log)
  if (!guest.snapshots.some((entry) => entry.name === name))
    return failed(`snapshot '${name}' does not exist`, log)
  return going(2, log)
}

/** Switches a guest on; pending values become its config. `at` in milliseconds. */
export function powerOn(world: World, guest: SimGuest, at: number): void {
  applyPending(guest)
  if (lockOf(guest) === 'suspended') delete guest.config.lock
  guest.power = 'running'
  guest.startedAt = Math.floor(at / 1000)
  guest.pid = world.rng.int(2000, 900_000)
  touch(world, guest)
  noticeHa(world, guest, at)
}

/** Switches a guest off. `at` in milliseconds. */
export function powerOff(world: World, guest: SimGuest, at: number): void {
  guest.power = 'stopped'
  guest.startedAt = 0
  guest.pid = 0
  if (guest.kind === 'qemu') applyPending(guest)
  touch(world, guest)
  noticeHa(world, guest, at)
}

/** Removes a guest with all that names it. */
export function removeGuest(world: World, guest: SimGuest): void {
  world.guests.delete(guest.vmid)
  world.changed()
}

function endReboot(world: World, guest: SimGuest, at: number): Finished {
  if (guest.kind === 'lxc') {
    powerOff(world, guest, at)
    powerOn(world, guest, at)
    return done()
  }
  if (guest.stubborn) return { status: 'VM quit/powerdown failed - got timeout', log: [] }
  powerOff(world, guest, at)
  // The task is over before the VM is up again: a second one, by root@pam, starts it.
  world.scheduled.push({
    kind: 'task',
    at: at + 1000,
    node: guest.node,
    type: 'qmstart',
    work: { kind: 'start', vmid: guest.vmid, guest: 'qemu' },
  })
  return done()
}

function endStart(world: World, guest: SimGuest, at: number): Finished {
  powerOn(world, guest, at)
  const features = String(guest.config.features ?? '')
  const warns = guest.kind === 'lxc' && guest.config.unprivileged === 1 && !features.includes('nesting=1')
  return warns
    ? { status: 'WARNINGS: 1', log: ['WARN: Systemd 257 detected. You may need to enable nesting.'] }
    : done()
}

function endShutdown(world: World, guest: SimGuest, forceStop: boolean, at: number): Finished {
  if (guest.power === 'stopped') return done()
  if (guest.stubborn && !forceStop) {
    const error = guest.kind === 'qemu' ? 'VM quit/powerdown failed - got timeout' : 'container did not stop'
    return { status: error, log: [] }
  }
  powerOff(world, guest, at)
  return done()
}

function endSuspend(world: World, guest: SimGuest, toDisk: boolean, at: number): Finished {
  if (!toDisk && guest.kind === 'qemu') {
    guest.power = 'paused'
    touch(world, guest)
    return done()
  }
  powerOff(world, guest, at)
  // `lxc-checkpoint -s`: a container is written to disk and halted, and nothing in its config tells.
  if (guest.kind === 'lxc') return done()
  guest.config.lock = 'suspended'
  touch(world, guest)
  return done(['State saved, quitting'])
}

function endHaRequest(world: World, work: Work & { readonly kind: 'ha-request' }, at: number): Finished {
  const guest = world.guests.get(work.vmid)
  if (guest !== undefined) requestHa(world, guest, { verb: work.verb, timeout: work.timeout }, at)
  return done()
}

function endDestroy(world: World, guest: SimGuest, purge: boolean): Finished {
  removeGuest(world, guest)
  return done(purge ? [`purging ${noun(guest.kind)} ${guest.vmid} from related configurations..`] : [])
}

/** Does what a task was for. `at` is the simulated millisecond of its end. */
export function endWork(
  world: World,
  work: Work,
  where: { readonly node: string; readonly at: number },
): Finished {
  if (work.kind === 'ha-request') return endHaRequest(world, work, where.at)
  const guest = guestAt(world, where.node, work.guest, work.vmid)
  if (guest === undefined) return { status: missingConfig(where.node, work.guest, work.vmid), log: [] }
  switch (work.kind) {
    case 'start':
      return endStart(world, guest, where.at)
    case 'stop':
      if (guest.power !== 'stopped') powerOff(world, guest, where.at)
      return done()
    case 'shutdown':
      return endShutdown(world, guest, work.forceStop, where.at)
    case 'reboot':
      return endReboot(world, guest, where.at)
    case 'reset':
      guest.power = 'running'
      touch(world, guest)
      return done()
    case 'suspend':
      return endSuspend(world, guest, work.toDisk, where.at)
    case 'resume':
      if (lockOf(guest) === 'suspended') powerOn(world, guest, where.at)
      guest.power = 'running'
      touch(world, guest)
      return done()
    case 'snapshot':
      return done(createSnapshot(world, guest, work, Math.floor(where.at / 1000)))
    case 'delsnapshot':
      return done(deleteSnapshot(world, guest, work.name))
    case 'rollback':
      return done(rollbackSnapshot(world, guest, work.name))
    case 'destroy':
      return endDestroy(world, guest, work.purge)
    case 'config':
      applyConfig(world, guest, work.set, work.remove)
      return done()
  }
}
