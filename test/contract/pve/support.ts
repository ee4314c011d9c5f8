import type { ClusterSettings, GuestFacts, GuestPlace, PveCluster } from '../../../src/ports/pve.js'
import type { ObservedRequest } from '../../../src/pve/call.js'
import { type ConnectorParts, pveConnector } from '../../../src/pve/connector.js'
import { type ControlClient, createControlClient } from '../../../src/simulator/control-client.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/server.js'
import { validateRequest } from '../../schema/validate.js'
import { testClock } from '../../unit/pve/support.js'

export const READ = 'mpc@pve!read'
export const OPERATE = 'mpc@pve!operate'

export type Lab = {
  readonly simulator: Simulator
  readonly control: ControlClient
  /** Everything that clusters made by `connect` were about to send. */
  readonly seen: ObservedRequest[]
  readonly connect: (
    tokens?: { readonly read?: string; readonly operate?: string | null },
    parts?: Partial<ConnectorParts>,
  ) => PveCluster
  readonly settings: (tokens?: {
    readonly read?: string
    readonly operate?: string | null
  }) => ClusterSettings
  readonly close: () => Promise<void>
}

/** A simulated cluster and connections to it, which `close` ends. */
export async function openLab(options: SimulatorOptions = {}): Promise<Lab> {
  const simulator = await startSimulator({ authDelayMs: 0, ...options })
  const control = createControlClient(simulator.controlUrl)
  const seen: ObservedRequest[] = []
  const clusters: PveCluster[] = []
  const tokenOf = (id: string) => ({ id, secret: simulator.tokens[id] ?? '' })
  const settings: Lab['settings'] = ({ read = READ, operate = OPERATE } = {}) => ({
    name: 'lab',
    endpoints: [simulator.endpoint],
    tls: { kind: 'ca', pem: simulator.caPem },
    token: tokenOf(read),
    operateToken: operate === null ? null : tokenOf(operate),
  })
  return {
    simulator,
    control,
    seen,
    settings,
    connect: (tokens, parts = {}) => {
      const observe = (request: ObservedRequest): void => void seen.push(request)
      const connector = pveConnector({ clock: testClock(), random: () => 0, observe, ...parts })
      const cluster = connector.connect(settings(tokens))
      clusters.push(cluster)
      return cluster
    },
    close: async () => {
      await Promise.all(clusters.map((cluster) => cluster.close()))
      await simulator.close()
    },
  }
}

export const vm = (vmid: number, node = 'pve1'): GuestPlace => ({ kind: 'qemu', vmid, node })
export const ct = (vmid: number, node = 'pve1'): GuestPlace => ({ kind: 'lxc', vmid, node })

/** The facts of one guest; fails the test where there are none. */
export async function factsOf(cluster: PveCluster, place: GuestPlace): Promise<GuestFacts> {
  const [reading] = await cluster.guests.facts([place])
  if (reading?.kind !== 'facts') throw new Error(`no facts: ${JSON.stringify(reading)}`)
  return reading.facts
}

/** What the official schemas find wrong with the requests. */
export function violations(requests: readonly ObservedRequest[]): readonly string[] {
  return requests.flatMap((request) =>
    (['8.4', '9.2'] as const).flatMap((version) =>
      validateRequest(version, request).map((problem) => `${version} ${request.path}: ${problem}`),
    ),
  )
}
