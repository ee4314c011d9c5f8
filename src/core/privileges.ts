import { holds, type Permissions } from './visibility.js'

/** What a token is for. Each tier includes the ones before it. */
export type Tier = 'read' | 'operate' | 'admin'

/** Privileges that lack on a path. */
export type Missing = { readonly path: string; readonly privileges: readonly string[] }

type Wanted = { readonly path: string; readonly privileges: readonly string[] }

/** Privileges of each tier by the path below which they are needed; `since9` and `until8` depend on the release. */
type TierPrivileges = {
  readonly always: readonly Wanted[]
  readonly since9: readonly Wanted[]
}

const PRIVILEGES: Readonly<Record<Tier, TierPrivileges>> = {
  read: {
    always: [
      { path: '/', privileges: ['Sys.Audit'] },
      { path: '/nodes', privileges: ['Sys.Audit'] },
      { path: '/vms', privileges: ['VM.Audit'] },
      { path: '/storage', privileges: ['Datastore.Audit'] },
      { path: '/pool', privileges: ['Pool.Audit'] },
      { path: '/sdn', privileges: ['SDN.Audit'] },
      { path: '/mapping', privileges: ['Mapping.Audit'] },
    ],
    // On PVE 8 the agent's answers need VM.Monitor, which includes running commands inside the guest: not asked for.
    since9: [{ path: '/vms', privileges: ['VM.GuestAgent.Audit'] }],
  },
  operate: {
    always: [
      { path: '/vms', privileges: ['VM.PowerMgmt', 'VM.Snapshot', 'VM.Backup', 'VM.Migrate'] },
      { path: '/storage', privileges: ['Datastore.AllocateSpace'] },
    ],
    since9: [],
  },
  admin: {
    always: [
      {
        path: '/vms',
        privileges: [
          'VM.Allocate',
          'VM.Clone',
          'VM.Config.CDROM',
          'VM.Config.CPU',
          'VM.Config.Cloudinit',
          'VM.Config.Disk',
          'VM.Config.HWType',
          'VM.Config.Memory',
          'VM.Config.Network',
          'VM.Config.Options',
        ],
      },
      { path: '/storage', privileges: ['Datastore.AllocateTemplate'] },
      { path: '/pool', privileges: ['Pool.Allocate'] },
      { path: '/sdn', privileges: ['SDN.Use'] },
      { path: '/mapping', privileges: ['Mapping.Use'] },
    ],
    since9: [{ path: '/vms', privileges: ['VM.Replicate'] }],
  },
}

const TIERS: readonly Tier[] = ['read', 'operate', 'admin']

function wanted(tier: Tier, major: 8 | 9): readonly Wanted[] {
  const upTo = TIERS.slice(0, TIERS.indexOf(tier) + 1)
  const all = upTo.flatMap((each) => {
    const { always, since9 } = PRIVILEGES[each]
    return major === 9 ? [...always, ...since9] : always
  })
  const byPath = new Map<string, string[]>()
  for (const { path, privileges } of all) byPath.set(path, [...(byPath.get(path) ?? []), ...privileges])
  return [...byPath].map(([path, privileges]) => ({ path, privileges }))
}

/**
 * What a token of this tier lacks on a cluster of PVE `major`, per path. A path with an entry of its own (`/vms/100`)
 * replaces what is inherited, so such paths are looked at one by one.
 */
export function missingPrivileges(permissions: Permissions, tier: Tier, major: 8 | 9): readonly Missing[] {
  return wanted(tier, major).flatMap(({ path, privileges }) => {
    const base = lacking(permissions, path === '/' ? path : below(path), path, privileges)
    if (base !== null) return [base]
    const listed = path === '/' ? [] : Object.keys(permissions).filter((key) => key.startsWith(`${path}/`))
    return listed.sort().flatMap((key) => lacking(permissions, key, key, privileges) ?? [])
  })
}

/** A path below that no entry of its own can have: what holds there is inherited. */
const below = (path: string): string => `${path}/ `

function lacking(
  permissions: Permissions,
  at: string,
  path: string,
  privileges: readonly string[],
): Missing | null {
  const lacks = privileges.filter((privilege) => !holds(permissions, at, privilege))
  return lacks.length === 0 ? null : { path, privileges: lacks }
}

const ROLES: Readonly<Record<Tier, string>> = { read: 'MpcReader', operate: 'MpcOperator', admin: 'MpcAdmin' }
const DEFAULT_USER = 'mpc@pve'

/**
 * Commands for a root shell of the cluster that make the roles and grant them: one role per tier, to the token and to
 * its user (a token never has more than its user). `version` is PVE's (`9.2.11`); `owner` is a token id, or a user
 * (`mpc@pve`) whose tokens are then made too, one per tier. Can be run again.
 */
export function roleScript(
  tiers: Tier | readonly Tier[],
  version: string,
  owner: string = DEFAULT_USER,
): string {
  const major = version.startsWith('8') ? 8 : 9
  const wantedTiers = typeof tiers === 'string' ? [tiers] : TIERS.filter((tier) => tiers.includes(tier))
  const [user = DEFAULT_USER, token] = owner.split('!')
  const lines = wantedTiers.flatMap((tier) => {
    const role = ROLES[tier]
    const privileges = [...new Set(wanted(tier, major).flatMap((each) => each.privileges))].sort().join(' ')
    const id = `${user}!${token ?? tier}`
    return [
      `pveum role add ${role} --privs '${privileges}' 2>/dev/null || pveum role modify ${role} --privs '${privileges}'`,
      ...(token === undefined ? [`pveum user token add ${quoted(user)} ${tier} --privsep 1`] : []),
      // Whoever is root@pam has every privilege already, and no role may narrow that.
      ...(user === 'root@pam' ? [] : [`pveum acl modify / --users ${quoted(user)} --roles ${role}`]),
      `pveum acl modify / --tokens ${quoted(id)} --roles ${role}`,
    ]
  })
  const makeUser =
    token === undefined ? [`pveum user add ${quoted(user)} --comment 'chat bot' 2>/dev/null || true`] : []
  return [...makeUser, ...lines].join('\n')
}

/** One word of a shell, whatever is in it. */
const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`
