import type { Clock } from '../ports/clock.js'
import type { Certificate, ClusterSettings, PveCluster, PveConnector } from '../ports/pve.js'
import { pveAccess } from './access.js'
import type { ObservedRequest } from './call.js'
import { createLine, type EngineLog, engineOn, type Times } from './engine.js'
import { errorOf, failureOf } from './errors.js'
import { pveGuests } from './guests.js'
import { pveInventory } from './inventory.js'
import { pveOperate } from './operate.js'
import { pveTasks } from './tasks.js'
import { lookAtCertificate, parseEndpoint } from './tls.js'

export type ConnectorParts = {
  readonly clock: Clock
  /** 0 (included) to 1; spreads retries. */
  readonly random: () => number
  readonly log?: EngineLog
  /** Called with every request before it is sent, for tests. Secrets are in it. */
  readonly observe?: (request: ObservedRequest) => void
  /** Shorter times, for tests. */
  readonly times?: Partial<Times>
}

const LOOK_MS = 10_000

/** The way to Proxmox VE. Nothing is kept from one connection to the next. */
export function pveConnector(parts: ConnectorParts): PveConnector {
  return {
    certificate: (endpoint, signal) => certificate(endpoint, signal),
    connect: (settings) => connect(parts, settings),
  }
}

function connect(parts: ConnectorParts, settings: ClusterSettings): PveCluster {
  const { clock } = parts
  const line = createLine(settings, parts)
  const engine = engineOn(line, settings.token)
  const { operateToken } = settings
  return {
    name: settings.name,
    tokenId: settings.token.id,
    inventory: pveInventory(engine, clock),
    guests: pveGuests(engine, clock),
    tasks: pveTasks(engine),
    access: pveAccess(engine, clock),
    operate: operateToken === null ? null : pveOperate(engineOn(line, operateToken), operateToken.id),
    close: () => engine.close(),
  }
}

async function certificate(endpoint: string, signal: AbortSignal | undefined): Promise<Certificate> {
  const asked = { cluster: endpoint, request: 'TLS handshake', node: null, scrub: (text: string) => text }
  const address = parseEndpoint(endpoint)
  if (address === null) throw errorOf(asked, 'invalid', 'an endpoint is of the form https://host:8006')
  const deadline = AbortSignal.timeout(LOOK_MS)
  const either = signal === undefined ? deadline : AbortSignal.any([deadline, signal])
  try {
    return await lookAtCertificate(address, either)
  } catch (error) {
    if (signal?.aborted === true) throw errorOf(asked, 'aborted', 'stopped')
    if (deadline.aborted) throw errorOf(asked, 'transport', 'no connection within the time')
    const { kind, message } = failureOf(error)
    throw errorOf(asked, kind, message)
  }
}
