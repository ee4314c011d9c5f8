import { type SimGuest, type SimHa, touch, type World } from './state.js'
import type { Work } from './work.js'

/*
 * The HA manager, as its source has it (no recording shows it at work): a request only changes what is asked for; the
 * cluster's manager takes it up in its next round, and the node's manager acts in the round after that, as root@pam.
 * Not simulated: fencing, recovery and relocation to other nodes.
 */

/** What the manager takes for both of its rounds unless told otherwise. */
export const HA_DELAY_MS = 8000

/** Starts in a row that may fail before the manager gives the guest up. */
const STARTS = 2

/** A task that the local resource manager wants. */
export type HaTask = { readonly node: string; readonly type: string; readonly work: Work }

/** What the manager knows of a guest it has just been given. */
export function newHa(requested: SimHa['requested'], comment: string | null): SimHa {
  return { requested, state: requested, comment, stopTimeout: 60, failures: 0, busy: false }
}

const isMismatch = (guest: SimGuest): boolean =>
  guest.ha !== null && (guest.ha.requested === 'started') === (guest.power === 'stopped')

/** Puts a request into the manager's queue; `at` in simulated milliseconds. A start is asked for in the config itself. */
export function requestHa(
  world: World,
  guest: SimGuest,
  asked: { readonly verb: 'start' | 'stop' | 'shutdown'; readonly timeout: number },
  at: number,
): void {
  if (guest.ha === null) return
  if (asked.verb === 'start') guest.ha.requested = 'started'
  world.scheduled.push({ kind: 'ha-request', at: at + world.haDelayMs / 2, vmid: guest.vmid, ...asked })
  touch(world, guest)
}

function actLater(world: World, vmid: number, at: number): void {
  if (world.scheduled.some((entry) => entry.kind === 'ha-act' && entry.vmid === vmid)) return
  world.scheduled.push({ kind: 'ha-act', at, vmid })
  world.changed()
}

/** To be told of every change of power or of what is asked for: the manager sees in its next round what is not as it should be. */
export function noticeHa(world: World, guest: SimGuest, at: number): void {
  if (guest.ha === null || guest.ha.busy || guest.ha.state === 'error' || !isMismatch(guest)) return
  actLater(world, guest.vmid, at + world.haDelayMs)
}

/** The cluster's manager takes up a request; a guest in error is left alone. */
export function takeUpRequest(
  world: World,
  entry: { readonly vmid: number; readonly verb: 'start' | 'stop' | 'shutdown'; readonly timeout: number },
  at: number,
): void {
  const guest = world.guests.get(entry.vmid)
  if (guest === undefined || guest.ha === null || guest.ha.state === 'error') return
  if (entry.verb === 'start') {
    guest.ha.requested = 'started'
    guest.ha.state = 'started'
    guest.ha.failures = 0
  } else {
    guest.ha.requested = 'stopped'
    guest.ha.state = 'request_stop'
    guest.ha.stopTimeout = entry.verb === 'stop' ? 0 : entry.timeout
  }
  touch(world, guest)
  actLater(world, guest.vmid, at + world.haDelayMs / 2)
}

/** What the node's manager does with a guest now; null when it is as it should be. */
export function actHa(world: World, vmid: number): HaTask | null {
  const guest = world.guests.get(vmid)
  if (guest === undefined || guest.ha === null || guest.ha.busy || guest.ha.state === 'error') return null
  const { ha } = guest
  if (!isMismatch(guest)) {
    ha.state = ha.requested
    touch(world, guest)
    return null
  }
  ha.state = ha.requested === 'started' ? 'started' : 'request_stop'
  ha.busy = true
  touch(world, guest)
  const prefix = guest.kind === 'qemu' ? 'qm' : 'vz'
  const target = { vmid, guest: guest.kind, forHa: true }
  if (ha.requested === 'started')
    return { node: guest.node, type: `${prefix}start`, work: { kind: 'start', ...target } }
  if (ha.stopTimeout === 0)
    return { node: guest.node, type: `${prefix}stop`, work: { kind: 'stop', ...target } }
  // VMs are shut down with force, whatever was asked for; containers are not.
  const shutdown = { kind: 'shutdown', timeout: ha.stopTimeout, forceStop: guest.kind === 'qemu' } as const
  return { node: guest.node, type: `${prefix}shutdown`, work: { ...shutdown, ...target } }
}

/** What the manager makes of the end of its own task. It looks at the guest, not at how the task ended. */
export function haTaskEnded(world: World, work: Work, status: string, at: number): void {
  const guest = world.guests.get(work.vmid)
  if (guest === undefined || guest.ha === null) return
  const { ha } = guest
  ha.busy = false
  touch(world, guest)
  if (status === 'unexpected status') {
    // The node crashed: its manager comes back without having seen an end, and looks anew.
  } else if (work.kind === 'start') {
    ha.failures = guest.power === 'stopped' ? ha.failures + 1 : 0
    if (ha.failures >= STARTS) ha.state = 'error'
  } else if (guest.power !== 'stopped') {
    ha.state = 'error'
  } else if (ha.state === 'request_stop') {
    ha.state = 'stopped'
  }
  noticeHa(world, guest, at)
}
