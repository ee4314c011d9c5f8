import type { Clock } from '../ports/clock.js'
import type { PveAccess } from '../ports/pve.js'
import type { Engine } from './engine.js'
import { readMembership, readPermissions, refuseUnsupported } from './overview.js'
import { decode, NodeRow, Version } from './schema.js'
import { sourceOf } from './source.js'

/** What `init` and `doctor` ask for. */
export function pveAccess(engine: Engine, clock: Clock): PveAccess {
  return {
    probe: async (signal) => {
      const source = sourceOf(engine, { signal })
      // First and alone: a token that is not accepted is then tried once, not four times.
      const { version, endpoint, clockAhead } = await greet(engine, clock, signal)
      const [permissions, membership, nodes] = await Promise.all([
        readPermissions(source),
        readMembership(engine, signal),
        source.rows(NodeRow, 'GET /nodes', source.api.nodes.$get()),
      ])
      const known = membership.kind === 'known'
      return {
        endpoint,
        version,
        clusterName: known ? membership.value.clusterName : null,
        quorate: known ? { kind: 'known', value: membership.value.quorate } : membership,
        nodes: nodes.rows.map((row) => row.node).sort(),
        permissions,
        clockAhead,
      }
    },
    endpoints: () => engine.endpoints(),
  }
}

async function greet(engine: Engine, clock: Clock, signal: AbortSignal | undefined) {
  const asked = clock.now().getTime()
  const answer = await engine.request('GET', '/version', '/version', {}, { signal })
  const middle = (asked + clock.now().getTime()) / 2
  const found = decode(Version, answer.data)
  if (found === null) throw engine.outage('notProxmox', 'GET /version', 'the answer names no version')
  refuseUnsupported(engine, found.version)
  // The Date header is cut to the second: on the average it is half a second behind.
  const clockAhead = answer.date === null ? 0 : Math.round((answer.date.getTime() + 500 - middle) / 1000) + 0
  return { version: found.version, endpoint: answer.endpoint, clockAhead }
}
