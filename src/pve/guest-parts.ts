import {
  type GuestLive,
  type GuestPlace,
  type Known,
  type PendingChange,
  PveError,
  type Snapshot,
} from '../ports/pve.js'
import { addressesOf } from './addresses.js'
import type { Engine } from './engine.js'
import { agentEnabled, type GuestConfig, guestConfig } from './guest-config.js'
import { AgentInterfaces, decode, PendingRow, SnapshotRow, toBoolean, toNumber, toText } from './schema.js'
import { isSecretName } from './secrets.js'
import { type Source, sourceOf } from './source.js'
import { knownOr } from './words.js'

/** A guest at the node where it was just found. */
export type LivePlace = GuestPlace & {
  readonly running: boolean
  readonly signal: AbortSignal | undefined
}

/** The parts of a guest that stand beside its status; each may be unreadable without the others. */
export type LiveParts = Pick<GuestLive, 'config' | 'configDigest' | 'pending' | 'snapshots' | 'addresses'>

/** An agent that does not answer holds up a worker of the node, and the person who waits. */
const AGENT_DEADLINE_MS = 3_000
const MASK = '**********'

/** Reads what can be read of a guest besides its status. */
export async function liveParts(engine: Engine, place: LivePlace): Promise<LiveParts> {
  const source = sourceOf(engine, { signal: place.signal })
  const config = knownOr(readConfig(engine, source, place))
  const [read, pending, snapshots, addresses] = await Promise.all([
    config,
    knownOr(readPending(source, place)),
    knownOr(readSnapshots(source, place)),
    config.then((known) => readAddresses(engine, place, known)),
  ])
  return {
    config: read.kind === 'known' ? { kind: 'known', value: read.value.values } : read,
    configDigest: digestOf(read),
    pending,
    snapshots,
    addresses,
  }
}

/** PVE's digest of a config. */
export function digestOf(config: Known<GuestConfig>): Known<string> {
  if (config.kind === 'unknown') return config
  const { digest } = config.value
  return digest === null
    ? { kind: 'unknown', why: 'the config came without a digest' }
    : { kind: 'known', value: digest }
}

/** The values that are in force; a release that does not know `current` gives the ones for the next start. */
export async function readConfig(engine: Engine, source: Source, place: GuestPlace): Promise<GuestConfig> {
  const request = `GET /nodes/{node}/${place.kind}/{vmid}/config`
  const answer = await configAnswer(source, place, { current: true }).catch((error: unknown) => {
    const kind = error instanceof PveError ? error.outage.kind : null
    if (kind !== 'invalid' && kind !== 'notImplemented') throw error
    return configAnswer(source, place, {})
  })
  const config = guestConfig(answer)
  if (config === null) throw engine.outage('notProxmox', request, 'the config is not of the expected form')
  return config
}

function configAnswer(
  { api }: Source,
  { kind, vmid, node }: GuestPlace,
  query: { readonly current?: boolean },
): Promise<unknown> {
  const at = api.nodes.$(node)
  return kind === 'qemu' ? at.qemu.$(vmid).config.$get(query) : at.lxc.$(vmid).config.$get(query)
}

/** Config changes that wait for the next start, by key. */
export async function readPending(
  source: Source,
  { kind, vmid, node }: GuestPlace,
): Promise<readonly PendingChange[]> {
  const at = source.api.nodes.$(node)
  const answer = kind === 'qemu' ? at.qemu.$(vmid).pending.$get() : at.lxc.$(vmid).pending.$get()
  const { rows } = await source.rows(PendingRow, `GET /nodes/{node}/${kind}/{vmid}/pending`, answer)
  return rows
    .map(({ key, value, pending, delete: removed }) => ({
      key,
      value: shown(key, value),
      pending: shown(key, pending),
      removed: (toNumber(removed) ?? 0) > 0,
    }))
    .filter((row) => row.removed || row.pending !== null)
    .sort((a, b) => (a.key < b.key ? -1 : 1))
}

function shown(key: string, value: string | number | null | undefined): string | null {
  if (value === null || value === undefined) return null
  return isSecretName(key) ? MASK : String(value)
}

/** Snapshots, oldest first. */
export async function readSnapshots(
  source: Source,
  { kind, vmid, node }: GuestPlace,
): Promise<readonly Snapshot[]> {
  const at = source.api.nodes.$(node)
  const answer = kind === 'qemu' ? at.qemu.$(vmid).snapshot.$get() : at.lxc.$(vmid).snapshot.$get()
  const { rows } = await source.rows(SnapshotRow, `GET /nodes/{node}/${kind}/{vmid}/snapshot`, answer)
  return (
    rows
      // The present state is listed among them, as if it were the newest.
      .filter(({ name }) => name !== 'current')
      .sort((a, b) => (toNumber(a.snaptime) ?? 0) - (toNumber(b.snaptime) ?? 0) || (a.name < b.name ? -1 : 1))
      .map((row) => ({
        name: row.name,
        parent: toText(row.parent),
        time: isoOf(toNumber(row.snaptime)),
        description: toText(row.description) ?? '',
        withMemory: toBoolean(row.vmstate),
      }))
  )
}

function isoOf(seconds: number | null): string | null {
  return seconds === null ? null : new Date(seconds * 1000).toISOString()
}

async function readAddresses(
  engine: Engine,
  place: LivePlace,
  config: Known<GuestConfig>,
): Promise<GuestLive['addresses']> {
  if (!place.running) return { kind: 'known', value: [] }
  if (place.kind === 'qemu') {
    if (config.kind === 'unknown') return config
    if (!agentEnabled(config.value.values))
      return { kind: 'unknown', why: 'the guest agent is not enabled in its config' }
  }
  return knownOr(askAddresses(engine, place))
}

async function askAddresses(
  engine: Engine,
  { kind, vmid, node, signal }: LivePlace,
): Promise<readonly string[]> {
  const { api } = sourceOf(engine, { signal, deadlineMs: AGENT_DEADLINE_MS, low: true })
  const at = api.nodes.$(node)
  const data: unknown =
    kind === 'qemu'
      ? decode(AgentInterfaces, await at.qemu.$(vmid).agent['network-get-interfaces'].$get())?.result
      : await at.lxc.$(vmid).interfaces.$get()
  const addresses = addressesOf(data)
  if (addresses === null)
    throw engine.outage(
      'notProxmox',
      'GET the addresses',
      'the list of interfaces is not of the expected form',
    )
  return addresses
}
