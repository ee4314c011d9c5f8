import { isIP } from 'node:net'
import type { Clock } from '../ports/clock.js'
import type { EndpointState, TlsTrust } from '../ports/pve.js'
import type { Failure } from './errors.js'
import { type HostTimes, type HttpHost, httpHost } from './http.js'
import { parseEndpoint } from './tls.js'

/** A host that is left alone after so many failures in a row, and for how long. */
const FAILURES_TO_OPEN = 3
const OPEN_MS = 10_000

/** A member of the cluster that requests may be sent to. */
export type Host = {
  readonly endpoint: string
  readonly http: HttpHost
  /** Whether the cluster told of it, not the configuration. */
  readonly learnt: boolean
  /** Its node's name, once the cluster has told. */
  readonly nodeName: () => string | null
}

/** A node as the cluster itself lists it. */
export type Member = { readonly name: string; readonly ip: string | null; readonly local: boolean }

export type Hosts = {
  /** The host for the next attempt, or null when all that are left are tried or left alone. */
  readonly pick: (tried: ReadonlySet<string>) => Host | null
  /** It answered. */
  readonly answered: (host: Host) => void
  /** It could not be reached, or did not answer. */
  readonly failed: (host: Host, failure: Failure) => void
  /** Neither: the attempt was given up. */
  readonly released: (host: Host) => void
  /** Takes further members as fallbacks. `via` is the host that told. */
  readonly learn: (members: readonly Member[], via: string) => void
  /**
   * Takes the fingerprints of the nodes' certificates, as a trusted node lists them. Where trust is a pin, each node has
   * a key of its own, so a learnt host is held to the fingerprint that the confirmed one vouches for.
   */
  readonly vouch: (fingerprints: ReadonlyMap<string, string>) => void
  readonly states: () => readonly EndpointState[]
  /** Why the first configured host was last not reached; null when it was. */
  readonly lastFailure: () => Failure | null
  readonly close: () => Promise<void>
}

export type HostsSettings = {
  readonly endpoints: readonly string[]
  readonly trust: TlsTrust
  readonly times: HostTimes
  readonly clock: Clock
}

type Entry = Host & {
  /** The fingerprint that it is held to; null where authorities decide. */
  readonly pin: string | null
  name: string | null
  failures: number
  openedAt: number
  probing: boolean
  state: 'up' | 'down' | 'unused'
  failure: Failure | null
}

const origin = (host: string, port: number): string =>
  `https://${isIP(host) === 6 ? `[${host}]` : host}:${port}`

const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127(?:\.\d{1,3}){3}$/.test(host)

function entry(
  address: { readonly host: string; readonly port: number },
  settings: Pick<HostsSettings, 'trust' | 'times'>,
  name: string | null,
): Entry {
  const endpoint = origin(address.host, address.port)
  const learnt = name !== null
  const { trust } = settings
  // PVE's certificates name the node, but not always every address of it.
  const servername = learnt && trust.kind !== 'pin' ? name : null
  const made: Entry = {
    endpoint,
    http: httpHost(endpoint, { trust, servername }, settings.times),
    pin: trust.kind === 'pin' ? trust.fingerprint : null,
    learnt,
    name,
    nodeName: () => made.name,
    failures: 0,
    openedAt: 0,
    probing: false,
    state: 'unused',
    failure: null,
  }
  return made
}

/** The hosts of one cluster. Throws a TypeError for an endpoint that is no `https://host:port`. */
export function createHosts(settings: HostsSettings): Hosts {
  const { clock } = settings
  const addresses = settings.endpoints.map((endpoint) => {
    const address = parseEndpoint(endpoint)
    if (address === null) throw new TypeError('an endpoint is not of the form https://host:port')
    return address
  })
  const entries = addresses.map((address) => entry(address, settings, null))
  // What was configured as a loopback address is a simulator or a tunnel: its peers are looked for nowhere else.
  const loopbackOnly = addresses.some(({ host }) => isLoopback(host))
  let current = 0
  const members = new Map<string, Member>()
  let vouched: ReadonlyMap<string, string> = new Map()
  const takeIn = (member: Member): void => {
    const trust = trustIn(settings.trust, vouched.get(member.name) ?? null)
    if (trust !== null) learn(entries, member, { ...settings, trust }, loopbackOnly)
  }

  const isOpen = (host: Entry): boolean =>
    host.failures >= FAILURES_TO_OPEN && (host.probing || clock.monotonic() - host.openedAt < OPEN_MS)
  const find = (host: Host): Entry | undefined => entries.find(({ endpoint }) => endpoint === host.endpoint)
  const ordered = (): readonly Entry[] => {
    const configured = entries.filter(({ learnt }) => !learnt)
    const learnt = entries.filter((host) => host.learnt)
    return [...configured.slice(current), ...configured.slice(0, current), ...learnt]
  }

  return {
    pick: (tried) => {
      const host = ordered().find((candidate) => !tried.has(candidate.endpoint) && !isOpen(candidate))
      if (host === undefined) return null
      if (host.failures >= FAILURES_TO_OPEN) host.probing = true
      return host
    },
    answered: (host) => {
      const found = find(host)
      if (found !== undefined)
        Object.assign(found, { failures: 0, probing: false, state: 'up', failure: null })
    },
    failed: (host, failure) => {
      const found = find(host)
      if (found === undefined) return
      const failures = found.failures + 1
      Object.assign(found, { failures, probing: false, state: 'down', failure, openedAt: clock.monotonic() })
      const configured = entries.filter(({ learnt }) => !learnt)
      if (configured[current] === found) current = (current + 1) % configured.length
    },
    released: (host) => {
      const found = find(host)
      if (found !== undefined) found.probing = false
    },
    learn: (told, via) => {
      const contacted = entries.find(({ endpoint }) => endpoint === via)
      for (const member of told) {
        if (member.local && contacted !== undefined) contacted.name = member.name
        if (member.local) continue
        members.set(member.name, member)
        takeIn(member)
      }
    },
    vouch: (fingerprints) => {
      vouched = fingerprints
      for (const member of members.values()) takeIn(member)
    },
    states: () =>
      entries.map(({ endpoint, state, failure, learnt }) => ({
        endpoint,
        state,
        note: failure === null ? (learnt ? 'learnt from the cluster' : '') : failure.message,
      })),
    lastFailure: () => entries[0]?.failure ?? null,
    close: async () => {
      await Promise.all(entries.map(({ http }) => http.close()))
    },
  }
}

/** How a learnt host is trusted; null where nobody vouches for it. */
function trustIn(trust: TlsTrust, fingerprint: string | null): TlsTrust | null {
  if (trust.kind !== 'pin') return trust
  return fingerprint === null ? null : { kind: 'pin', fingerprint, publicKey: null }
}

function learn(entries: Entry[], { name, ip }: Member, settings: HostsSettings, loopbackOnly: boolean): void {
  if (ip === null || isIP(ip) === 0 || isLoopback(ip) !== loopbackOnly) return
  const first = parseEndpoint(settings.endpoints[0] ?? '')
  if (first === null) return
  const endpoint = origin(ip, first.port)
  const known = entries.find((entry) => entry.endpoint === endpoint || entry.name === name)
  const pin = settings.trust.kind === 'pin' ? settings.trust.fingerprint : null
  if (known !== undefined && (!known.learnt || known.pin === pin)) return
  const made = entry({ host: ip, port: first.port }, settings, name)
  if (known === undefined) {
    entries.push(made)
    return
  }
  // Its certificate was renewed; the cluster vouches for the new one.
  entries[entries.indexOf(known)] = made
  void known.http.close()
}
