import type { Permissions } from '../core/visibility.js'
import type { Clock } from '../ports/clock.js'
import type { Known } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { type NodeRow, PermissionsAnswer, StatusRow, toBoolean, toText, Version } from './schema.js'
import type { Source } from './source.js'
import { permittedOr } from './words.js'

/** What is read first of every cluster, by sync and by `doctor` alike. */

const VERSION_MEMORY_MS = 10 * 60_000

/** Reads the version and remembers it for ten minutes. Throws `unsupported` for releases other than 8 and 9. */
export function versionReader(engine: Engine, clock: Clock): (source: Source) => Promise<string> {
  let known: { readonly version: string; readonly at: number } | null = null
  return async (source) => {
    if (known !== null && clock.monotonic() - known.at < VERSION_MEMORY_MS) return known.version
    const { version } = await source.one(Version, 'GET /version', source.api.version.$get())
    refuseUnsupported(engine, version)
    known = { version, at: clock.monotonic() }
    return version
  }
}

/** Throws `unsupported` for a release that is not 8.x or 9.x. */
export function refuseUnsupported(engine: Engine, version: string): void {
  if (!/^[89]\./.test(version))
    throw engine.outage('unsupported', 'GET /version', `it is Proxmox VE ${version.slice(0, 20)}`)
}

/** What the token may do, by path; with `path` exactly there, with what it has through groups and pools. */
export async function readPermissions(source: Source, path?: string): Promise<Permissions> {
  const answer = source.api.access.permissions.$get(path === undefined ? {} : { path })
  const raw = await source.one(PermissionsAnswer, 'GET /access/permissions', answer)
  return Object.fromEntries(
    Object.entries(raw).map(([path, privileges]) => [
      path,
      Object.fromEntries(Object.entries(privileges).map(([name, value]) => [name, Number(value)])),
    ]),
  )
}

/** Gives the engine the nodes' certificates as `/nodes` lists them. */
export function vouchFor(engine: Engine, nodes: readonly NodeRow[]): void {
  const fingerprints = nodes.flatMap(({ node, ssl_fingerprint: text }) =>
    text ? [[node, String(text)] as const] : [],
  )
  engine.vouch(new Map(fingerprints))
}

export type Membership = {
  readonly clusterName: string | null
  readonly quorate: boolean
  readonly rows: readonly StatusRow[]
}

/**
 * Name, quorum and members, which need Sys.Audit; unknown without it. A single node has no cluster row and is always
 * quorate. The engine learns the members as fallbacks.
 */
export function readMembership(engine: Engine, signal: AbortSignal | undefined): Promise<Known<Membership>> {
  return permittedOr(membership(engine, signal))
}

async function membership(engine: Engine, signal: AbortSignal | undefined): Promise<Membership> {
  const path = '/cluster/status'
  const { data, endpoint } = await engine.request('GET', path, path, {}, { signal })
  if (!Array.isArray(data)) throw engine.outage('notProxmox', `GET ${path}`, 'the answer is no list')
  const rows = data.flatMap((row: unknown) => {
    const decoded = StatusRow.safeParse(row)
    return decoded.success ? [decoded.data] : []
  })
  const nodes = rows.filter((row) => row.type === 'node')
  engine.learn(
    nodes.flatMap((row) => {
      const name = toText(row.name)
      return name === null ? [] : [{ name, ip: toText(row.ip), local: toBoolean(row.local) }]
    }),
    endpoint,
  )
  const cluster = rows.find((row) => row.type === 'cluster')
  return {
    clusterName: toText(cluster?.name),
    quorate: cluster === undefined || toBoolean(cluster.quorate),
    rows: nodes,
  }
}
