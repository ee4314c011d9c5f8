import { type Answer, died, forbidden, ok } from './http.js'
import { choice, STRING } from './params.js'
import type { Context, Route } from './router.js'
import type { World } from './state.js'
import { guestRow, storageRow } from './views.js'

function pools(context: Context): Answer {
  const { world, permissions, caller, now, params } = context
  const asked = params.poolid
  if (asked === undefined) {
    const may = (pool: string): boolean =>
      permissions.hasAny(caller, `/pool/${pool}`, ['Pool.Audit', 'Pool.Allocate'])
    const found = [...world.pools].filter(([pool]) => may(pool))
    return ok(found.map(([poolid, { comment }]) => (comment === null ? { poolid } : { poolid, comment })))
  }
  if (!permissions.has(caller, `/pool/${asked}`, 'Pool.Audit'))
    return forbidden(`/pool/${asked}`, ['Pool.Audit'])
  const pool = world.pools.get(asked)
  if (pool === undefined) return died(`pool '${asked}' does not exist`)
  const members: unknown[] = []
  for (const guest of world.guests.values()) {
    if (guest.pool !== asked || !permissions.has(caller, `/vms/${guest.vmid}`, 'VM.Audit')) continue
    const row: { [key: string]: unknown } = JSON.parse(guestRow(world, guest, null, now, 0))
    for (const name of ['tags', 'lock', 'hastate']) delete row[name]
    members.push(row)
  }
  for (const name of pool.storages) {
    const storage = world.storages.find((entry) => entry.name === name)
    if (storage === undefined || storage.disabled) continue
    for (const node of world.nodes) members.push(storageRow(world, storage, node, now))
  }
  const comment = pool.comment === null ? {} : { comment: pool.comment }
  return ok([{ poolid: asked, ...comment, members }])
}

const FIXED_PATHS = ['/', '/access', '/access/groups', '/nodes', '/pool', '/sdn', '/storage', '/vms']

/** The paths that `access/permissions` lists: some fixed ones, those of rules, and members of pools. */
function knownPaths(world: World, caller: string): Set<string> {
  const paths = new Set(FIXED_PATHS)
  for (const rule of world.access.rules) paths.add(rule.path)
  for (const entry of world.access.revoked) if (entry.token === caller) paths.add(entry.path)
  for (const pool of world.pools.values())
    for (const storage of pool.storages) paths.add(`/storage/${storage}`)
  for (const guest of world.guests.values()) if (guest.pool !== null) paths.add(`/vms/${guest.vmid}`)
  return paths
}

function permissionTree({ world, permissions, caller, params }: Context): Answer {
  const at = (path: string): { [name: string]: number } => {
    const found = [...permissions.at(caller, path)]
    return Object.fromEntries(found.map(([name, propagate]) => [name, propagate ? 1 : 0]))
  }
  if (params.path !== undefined) return ok({ [params.path]: at(params.path) })
  const tree: { [path: string]: { [name: string]: number } } = {}
  for (const path of knownPaths(world, caller.id)) {
    const here = at(path)
    if (Object.keys(here).length > 0) tree[path] = here
  }
  return ok(tree)
}

/** The routes of pools and of the caller's own rights. */
export const accessRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/pools',
    relayed: false,
    need: null,
    params: { poolid: STRING, type: choice(['qemu', 'lxc', 'storage']) },
    handle: pools,
  },
  {
    method: 'GET',
    path: '/access/permissions',
    relayed: false,
    need: null,
    params: { path: STRING, userid: STRING },
    handle: permissionTree,
  },
]
