import type { GuestKind } from '../core/resource.js'
import { hasAgent, lxcRow, lxcStatus, qemuRow, qemuStatus } from './guest-status.js'
import { type Answer, died, ok } from './http.js'
import { BOOLEAN, choice, type ParamRules, STRING } from './params.js'
import { type Context, flag, type Need, nodeOf, type Route, vmidOf } from './router.js'
import { guestSeries, RRD_PARAMS } from './rrd.js'
import { property } from './sizes.js'
import { findNode, guestAt, missingConfig, type SimGuest } from './state.js'
import { digestOf } from './views.js'

const AUDIT: Need = { path: '/vms/{vmid}', any: ['VM.Audit'] }

/** Runs a handler with the guest of the path, or answers that there is none. */
export function withGuest(
  kind: GuestKind,
  handle: (context: Context, guest: SimGuest) => Answer,
): (context: Context) => Answer {
  return (context) => {
    const guest = guestAt(context.world, nodeOf(context), kind, vmidOf(context))
    if (guest === undefined) return died(missingConfig(nodeOf(context), kind, vmidOf(context)))
    return handle(context, guest)
  }
}

function list(kind: GuestKind): (context: Context) => Answer {
  return (context) => {
    const { world, permissions, caller, now } = context
    const rows: unknown[] = []
    for (const guest of world.guests.values()) {
      if (guest.kind !== kind || guest.node !== nodeOf(context)) continue
      if (!permissions.has(caller, `/vms/${guest.vmid}`, 'VM.Audit')) continue
      if (kind === 'lxc') rows.push(lxcRow(world, guest, now))
      else if (!flag(context, 'full')) rows.push(qemuRow(world, guest, now))
      else {
        const { ha: _ha, agent: _agent, clipboard: _clipboard, ...row } = qemuStatus(world, guest, now)
        rows.push(row)
      }
    }
    return ok(world.rng.shuffle(rows))
  }
}

/** The config as GET shows it: with pending values unless the current ones are asked for. */
function config(context: Context, guest: SimGuest): Answer {
  const name = context.params.snapshot
  const digest = digestOf(guest)
  if (name !== undefined) {
    const found = guest.snapshots.find((entry) => entry.name === name)
    return found === undefined
      ? died(`snapshot '${name}' does not exist`)
      : ok({ ...snapshotConfig(found), digest })
  }
  const shown: { [key: string]: unknown } = { ...guest.config, digest }
  if (!flag(context, 'current')) {
    for (const [key, value] of Object.entries(guest.pending)) {
      if (value === null) delete shown[key]
      else shown[key] = value
    }
  }
  if (shown.cipassword !== undefined) shown.cipassword = '**********'
  return ok(shown)
}

function snapshotConfig(found: SimGuest['snapshots'][number]): { [key: string]: unknown } {
  return {
    ...found.config,
    snaptime: found.snaptime,
    ...(found.description === '' ? {} : { description: found.description }),
    ...(found.parent === null ? {} : { parent: found.parent }),
  }
}

function pending(_context: Context, guest: SimGuest): Answer {
  const rows: { [key: string]: unknown }[] = [{ key: 'digest', value: digestOf(guest) }]
  for (const [key, value] of Object.entries(guest.config)) {
    const next = guest.pending[key]
    const shown = key === 'cipassword' ? '**********' : value
    if (next === undefined) rows.push({ key, value: shown })
    else if (next === null) rows.push({ key, value: shown, delete: 1 })
    else rows.push({ key, value: shown, pending: next })
  }
  for (const [key, value] of Object.entries(guest.pending)) {
    if (guest.config[key] === undefined && value !== null) rows.push({ key, pending: value })
  }
  return ok(rows)
}

function snapshots(context: Context, guest: SimGuest): Answer {
  const parent = guest.config.parent
  const rows: { [key: string]: unknown }[] = guest.snapshots.map((entry) => ({
    name: entry.name,
    description: entry.description,
    snaptime: entry.snaptime,
    ...(guest.kind === 'qemu' ? { vmstate: entry.vmstate } : {}),
    ...(entry.parent === null ? {} : { parent: entry.parent }),
  }))
  rows.push({
    name: 'current',
    description: 'You are here!',
    running: guest.power === 'stopped' ? 0 : 1,
    digest: digestOf(guest),
    ...(parent === undefined ? {} : { parent }),
  })
  return ok(context.world.rng.shuffle(rows))
}

function snapshotIndex(): Answer {
  return ok([{ cmd: 'rollback' }, { cmd: 'config' }])
}

function oneSnapshot(context: Context, guest: SimGuest): Answer {
  const name = context.vars.snapname
  const found = guest.snapshots.find((entry) => entry.name === name)
  return found === undefined ? died(`snapshot '${name}' does not exist`) : ok(snapshotConfig(found))
}

function rrd(context: Context, guest: SimGuest): Answer {
  const node = findNode(context.world, guest.node)
  return guestSeries(context.world, guest, node, context.params.timeframe ?? '', context.now)
}

const lanAddress = (vmid: number): string => `192.168.20.${(vmid % 250) + 1}`

function agentInterfaces(_context: Context, guest: SimGuest): Answer {
  if (!hasAgent(guest)) return died('No QEMU guest agent configured')
  if (guest.power !== 'running')
    return died(
      guest.power === 'stopped' ? `VM ${guest.vmid} is not running` : 'QEMU guest agent is not running',
    )
  const hardware = /=([0-9A-F:]{17})/.exec(String(guest.config.net0 ?? ''))?.[1]?.toLowerCase()
  const address = (ip: string, prefix: number) => ({ 'ip-address': ip, prefix, 'ip-address-type': 'ipv4' })
  return ok({
    result: [
      {
        name: 'lo',
        'hardware-address': '00:00:00:00:00:00',
        'ip-addresses': [address('127.0.0.1', 8)],
      },
      {
        name: 'eth0',
        'hardware-address': hardware ?? 'bc:24:11:00:00:01',
        'ip-addresses': [address(lanAddress(guest.vmid), 24)],
      },
    ],
  })
}

function lxcInterfaces(_context: Context, guest: SimGuest): Answer {
  if (guest.power === 'stopped') return ok(null)
  const row = (name: string, hwaddr: string, four: string, six: string): unknown => {
    const part = (text: string, type: string): unknown => {
      const [ip, prefix] = text.split('/')
      return { 'ip-address': ip, prefix, 'ip-address-type': type }
    }
    return {
      name,
      hwaddr,
      'hardware-address': hwaddr,
      inet: four,
      inet6: six,
      'ip-addresses': [part(four, 'inet'), part(six, 'inet6')],
    }
  }
  const hwaddr = (property(guest.config.net0, 'hwaddr') ?? 'BC:24:11:00:00:01').toLowerCase()
  const given = property(guest.config.net0, 'ip') ?? ''
  const four = given.includes('/') ? given : `${lanAddress(guest.vmid)}/24`
  return ok([
    row('lo', '00:00:00:00:00:00', '127.0.0.1/8', '::1/128'),
    row(
      'eth0',
      hwaddr,
      four,
      `fe80::be24:11ff:fe${hwaddr.slice(9, 11)}:${hwaddr.slice(12, 14)}${hwaddr.slice(15)}/64`,
    ),
  ])
}

function feature(context: Context, guest: SimGuest): Answer {
  const raw = /\.raw(,|$)/.test(String(guest.config.scsi0 ?? guest.config.rootfs ?? ''))
  const has = context.params.feature === 'copy' || !raw
  return ok({ hasFeature: has ? 1 : 0, nodes: [guest.node] })
}

function get(
  kind: GuestKind,
  path: string,
  relayed: boolean,
  params: ParamRules,
  handle: (context: Context, guest: SimGuest) => Answer,
): Route {
  const route = { method: 'GET', relayed, need: AUDIT, params, handle: withGuest(kind, handle) } as const
  return { ...route, path: `/nodes/{node}/${kind}/{vmid}${path}` }
}

function guestRoutesOf(kind: GuestKind): Route[] {
  const current = (context: Context, guest: SimGuest): Answer =>
    ok((kind === 'qemu' ? qemuStatus : lxcStatus)(context.world, guest, context.now))
  const full: ParamRules = kind === 'qemu' ? { full: BOOLEAN } : {}
  return [
    {
      method: 'GET',
      path: `/nodes/{node}/${kind}`,
      relayed: true,
      need: null,
      params: full,
      handle: list(kind),
    },
    get(kind, '/status/current', true, {}, current),
    get(kind, '/config', false, { current: BOOLEAN, snapshot: STRING }, config),
    get(kind, '/pending', false, {}, pending),
    get(kind, '/snapshot', true, {}, snapshots),
    get(kind, '/snapshot/{snapname}', false, {}, snapshotIndex),
    get(kind, '/snapshot/{snapname}/config', false, {}, oneSnapshot),
    get(kind, '/rrddata', true, RRD_PARAMS, rrd),
    get(
      kind,
      '/feature',
      true,
      { feature: choice(['snapshot', 'clone', 'copy'], true), snapname: STRING },
      feature,
    ),
  ]
}

const AGENT: Need = { path: '/vms/{vmid}', any: ['VM.GuestAgent.Audit', 'VM.GuestAgent.Unrestricted'] }

/** The reading routes of guests. */
export const guestRoutes: readonly Route[] = [
  ...guestRoutesOf('qemu'),
  ...guestRoutesOf('lxc'),
  get('lxc', '/interfaces', true, {}, lxcInterfaces),
  { ...get('qemu', '/agent/network-get-interfaces', true, {}, agentInterfaces), need: AGENT },
]
