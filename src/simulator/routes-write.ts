import type { GuestKind } from '../core/resource.js'

import { applyConfig, optionRule } from './guest-config.js'
import { type Answer, died, forbidden, invalid, ok } from './http.js'
import { BOOLEAN, INTEGER, SNAPNAME, STRING } from './params.js'
import { type Context, flag, type Need, nodeOf, type Route, vmidOf } from './router.js'
import { withGuest } from './routes-guest.js'
import { isQuorate, lockOf, noun, type SimGuest, touch } from './state.js'
import { forkTask, ownerOf } from './tasks.js'
import { digestOf } from './views.js'
import type { Work } from './work.js'

const CONFIG_PRIVILEGES = {
  qemu: [
    'VM.Config.Disk',
    'VM.Config.CDROM',
    'VM.Config.CPU',
    'VM.Config.Memory',
    'VM.Config.Network',
    'VM.Config.HWType',
    'VM.Config.Options',
    'VM.Config.Cloudinit',
  ],
  lxc: ['VM.Config.Disk', 'VM.Config.CPU', 'VM.Config.Memory', 'VM.Config.Network', 'VM.Config.Options'],
} as const

const NOT_OPTIONS = new Set(['digest', 'delete', 'revert', 'background_delay', 'force', 'skiplock'])

/** The privilege that changing one option takes. */
function privilegeFor(option: string): string {
  if (/^(?:cores|sockets|cpu|cpulimit|cpuunits|numa)/.test(option)) return 'VM.Config.CPU'
  if (/^(?:memory|balloon|shares|swap)$/.test(option)) return 'VM.Config.Memory'
  if (/^(?:net[0-9]|nameserver|searchdomain|hostname)/.test(option)) return 'VM.Config.Network'
  if (/^(?:scsi[0-9]|virtio[0-9]|sata[0-9]|ide[0-9]|mp[0-9]|rootfs|unused)/.test(option))
    return 'VM.Config.Disk'
  if (/^(?:ciuser|cipassword|ipconfig|sshkeys|cicustom)/.test(option)) return 'VM.Config.Cloudinit'
  if (/^(?:vga|machine|bios|scsihw|serial|audio|tablet|watchdog|rng)/.test(option)) return 'VM.Config.HWType'
  return 'VM.Config.Options'
}

type Change = { readonly set: { readonly [key: string]: string }; readonly remove: readonly string[] }

function changeOf(context: Context): Change {
  const set: { [key: string]: string } = {}
  for (const [name, value] of Object.entries(context.params)) if (!NOT_OPTIONS.has(name)) set[name] = value
  const remove = (context.params.delete ?? '').split(/[,;\s]+/).filter((name) => name !== '')
  return { set, remove }
}

/** What makes PVE refuse a change of config, in its order. */
function refuseChange(context: Context, guest: SimGuest, change: Change): Answer | null {
  const { world, permissions, caller, params } = context
  const unknown = change.remove.find((name) => optionRule(guest.kind, name) === null)
  if (unknown !== undefined) return invalid({ delete: `unknown option '${unknown}'` })
  const both = change.remove.find((name) => change.set[name] !== undefined)
  if (both !== undefined) {
    return invalid({ delete: `you can't use '-${both}' and -delete ${both}' at the same time` })
  }
  const names = [...change.remove, ...Object.keys(change.set)]
  if (names.length === 0 && params.revert === undefined) return died('no options specified')
  if (names.includes('args')) return died("only root can set 'args' config")
  if (guest.kind === 'lxc' && names.includes('unprivileged')) {
    return died("unable to modify read-only option: 'unprivileged'")
  }
  const path = `/vms/${guest.vmid}`
  for (const name of names) {
    const privilege = privilegeFor(name)
    if (!permissions.has(caller, path, privilege)) return forbidden(path, [privilege])
  }
  if (params.digest !== undefined && params.digest !== digestOf(guest)) {
    return died(
      guest.kind === 'qemu'
        ? 'checksum mismatch (file change by other user?)'
        : 'detected modified configuration - file changed by other user? Try again.',
    )
  }
  const lock = lockOf(guest)
  if (lock !== null) return died(`${noun(guest.kind)} is locked (${lock})`)
  return isQuorate(world) ? null : died(noQuorumWrite(guest, world.rng.int(2000, 30_000)))
}

function noQuorumWrite(guest: SimGuest, pid: number): string {
  const folder = guest.kind === 'qemu' ? 'qemu-server' : 'lxc'
  return `unable to open file '/etc/pve/nodes/${guest.node}/${folder}/${guest.vmid}.conf.tmp.${pid}' - Permission denied`
}

function putConfig(context: Context, guest: SimGuest): Answer {
  const change = changeOf(context)
  const refusal = refuseChange(context, guest, change)
  if (refusal !== null) return refusal
  for (const name of (context.params.revert ?? '').split(',')) delete guest.pending[name]
  applyConfig(context.world, guest, change.set, change.remove)
  return ok(null)
}

function postConfig(context: Context, guest: SimGuest): Answer {
  const change = changeOf(context)
  const refusal = refuseChange(context, guest, change)
  if (refusal !== null) return refusal
  return fork(context, guest.kind, 'qmconfig', {
    kind: 'config',
    ...change,
    vmid: guest.vmid,
    guest: guest.kind,
  })
}

function fork(context: Context, kind: GuestKind, type: string, work: Work): Answer {
  const upid = forkTask(context.world, {
    node: nodeOf(context),
    type: type.replace(/^xx/, kind === 'qemu' ? 'qm' : 'vz'),
    id: String(vmidOf(context)),
    owner: ownerOf(context.caller),
    work,
  })
  return ok(upid)
}

function takeSnapshot(context: Context, guest: SimGuest): Answer {
  const name = context.params.snapname ?? ''
  if (name === 'current' || name === 'pending') {
    return died(`unable to use snapshot name '${name}' (reserved name)`)
  }
  return fork(context, guest.kind, 'xxsnapshot', {
    kind: 'snapshot',
    name,
    description: context.params.description ?? '',
    vmstate: flag(context, 'vmstate'),
    vmid: guest.vmid,
    guest: guest.kind,
  })
}

const withSnapshot =
  (kind: 'delsnapshot' | 'rollback') =>
  (context: Context, guest: SimGuest): Answer =>
    fork(context, guest.kind, `xx${kind}`, {
      kind,
      name: context.vars.snapname ?? '',
      vmid: guest.vmid,
      guest: guest.kind,
    })

function describeSnapshot(context: Context, guest: SimGuest): Answer {
  const name = context.vars.snapname
  const found = guest.snapshots.find((entry) => entry.name === name)
  if (found === undefined) return died(`snapshot '${name}' does not exist`)
  found.description = context.params.description ?? ''
  touch(context.world, guest)
  return ok(null)
}

function destroy(context: Context, guest: SimGuest): Answer {
  const { vmid, kind } = guest
  const purge = flag(context, 'purge')
  if (context.params.skiplock !== undefined) return invalid({ skiplock: 'Only root may use this option.' })
  if (guest.config.protection === 1)
    return died(`can't remove ${noun(kind)} ${vmid} - protection mode enabled`)
  if (guest.ha !== null && !purge) {
    return died(`unable to remove ${noun(kind)} ${vmid} - used in HA resources and purge parameter not set.`)
  }
  if (guest.power !== 'stopped' && !(kind === 'lxc' && flag(context, 'force'))) {
    return died(
      kind === 'qemu'
        ? `VM ${vmid} is running - destroy failed`
        : `unable to destroy CT ${vmid} - container is running`,
    )
  }
  if (!isQuorate(context.world)) return died('cluster not ready - no quorum?')
  return fork(context, kind, 'xxdestroy', { kind: 'destroy', purge, vmid, guest: kind })
}

function writesOf(kind: GuestKind): Route[] {
  const base = `/nodes/{node}/${kind}/{vmid}`
  const config: Need = { path: '/vms/{vmid}', any: CONFIG_PRIVILEGES[kind] }
  const snapshot: Need = { path: '/vms/{vmid}', any: ['VM.Snapshot'] }
  const rollback: Need = { path: '/vms/{vmid}', any: ['VM.Snapshot', 'VM.Snapshot.Rollback'] }
  const allocate: Need = { path: '/vms/{vmid}', any: ['VM.Allocate'] }
  const options = { digest: STRING, delete: STRING, revert: STRING }
  const ruleFor = (name: string) => optionRule(kind, name)
  const own = kind === 'qemu' ? { vmstate: BOOLEAN } : {}
  return [
    {
      method: 'PUT',
      path: `${base}/config`,
      relayed: true,
      need: config,
      params: kind === 'qemu' ? { ...options, force: BOOLEAN } : options,
      ruleFor,
      handle: withGuest(kind, putConfig),
    },
    {
      method: 'POST',
      path: `${base}/snapshot`,
      relayed: true,
      need: snapshot,
      params: { snapname: SNAPNAME, description: STRING, ...own },
      handle: withGuest(kind, takeSnapshot),
    },
    {
      method: 'DELETE',
      path: `${base}/snapshot/{snapname}`,
      relayed: true,
      need: snapshot,
      params: { force: BOOLEAN },
      handle: withGuest(kind, withSnapshot('delsnapshot')),
    },
    {
      method: 'POST',
      path: `${base}/snapshot/{snapname}/rollback`,
      relayed: true,
      need: rollback,
      params: { start: BOOLEAN },
      handle: withGuest(kind, withSnapshot('rollback')),
    },
    {
      method: 'PUT',
      path: `${base}/snapshot/{snapname}/config`,
      relayed: true,
      need: snapshot,
      params: { description: STRING },
      handle: withGuest(kind, describeSnapshot),
    },
    {
      method: 'DELETE',
      path: base,
      relayed: true,
      need: allocate,
      params: {
        purge: BOOLEAN,
        'destroy-unreferenced-disks': BOOLEAN,
        ...(kind === 'qemu' ? { skiplock: BOOLEAN } : { force: BOOLEAN }),
      },
      handle: withGuest(kind, destroy),
    },
  ]
}

/** The routes that change guests, power aside. */
export const writeRoutes: readonly Route[] = [
  ...writesOf('qemu'),
  ...writesOf('lxc'),
  {
    method: 'POST',
    path: '/nodes/{node}/qemu/{vmid}/config',
    relayed: true,
    need: { path: '/vms/{vmid}', any: CONFIG_PRIVILEGES.qemu },
    params: { digest: STRING, delete: STRING, revert: STRING, background_delay: INTEGER, force: BOOLEAN },
    ruleFor: (name) => optionRule('qemu', name),
    handle: withGuest('qemu', postConfig),
  },
]
