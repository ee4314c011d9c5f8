import type { GuestRef } from '../../src/core/args.js'
import type { Answer } from '../../src/core/command.js'
import type { Verdict } from '../../src/core/operation.js'
import type { Person, Role } from '../../src/core/people.js'
import { type Policy, Policy as PolicySchema, policyHash } from '../../src/core/policy.js'
import { isRefusal } from '../../src/core/refusal.js'
import { createRunner, type RunnerHandle } from '../../src/jobs/runner.js'
import { board } from '../../src/pipeline/board.js'
import { deskFor } from '../../src/pipeline/desk.js'
import { followOperation } from '../../src/pipeline/follow-operation.js'
import { identify } from '../../src/pipeline/identify.js'
import { planChange } from '../../src/pipeline/plan.js'
import type { RoadParts } from '../../src/pipeline/road-parts.js'
import type { Board } from '../../src/ports/board.js'
import type { Clock } from '../../src/ports/clock.js'
import type { OperationsDesk } from '../../src/ports/desk.js'
import type { Settings } from '../../src/ports/settings.js'
import type { Stores } from '../../src/ports/store/stores.js'
import type { Timing } from '../../src/ports/timing.js'
import { pveConnector } from '../../src/pve/connector.js'
import { registry } from '../../src/registry.js'
import { type ControlClient, createControlClient } from '../../src/simulator/control-client.js'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/server.js'
import { systemClock } from '../../src/system/clock.js'
import { fixedPeople, memoryStores } from '../fakes/memory-stores.js'

/** Guests are changed within this process: simulator, pipeline and runner together, without a database or a console. */
export type OperationsLab = {
  readonly simulator: Simulator
  readonly control: ControlClient
  readonly stores: ReturnType<typeof memoryStores>
  readonly runner: RunnerHandle
  /** The process that executes lets go where it stands, `meanwhile` happens, and another one takes its place. */
  readonly handOver: (meanwhile: () => Promise<unknown>) => Promise<void>
  /** Words of a change by a person, to where it waits or has ended. */
  readonly change: (
    person: string,
    verb: string,
    guests: readonly GuestRef[],
    flags?: Flags,
  ) => Promise<Answer>
  readonly decide: (
    person: string,
    verdict: Verdict,
    operation: number,
    words?: DecideWords,
  ) => Promise<Answer>
  readonly undo: (person: string, operation: number) => Promise<Answer>
  readonly resume: (person: string, operation: number) => Promise<Answer>
  readonly cancel: (person: string, operation: number) => Promise<Answer>
  readonly desk: (person: string) => Promise<OperationsDesk>
  readonly board: Board
  readonly follow: (person: string, operation: number) => Promise<Answer>
  readonly setPolicy: (policy: unknown) => void
  readonly guest: (vmid: number) => Promise<GuestRef>
  readonly close: () => Promise<void>
}

type Flags = Readonly<Record<string, unknown>>
type DecideWords = { readonly reason?: string; readonly typed?: string; readonly plan?: string }

const CLUSTER = 'lab'
const WORKSPACE = { name: 'lab', timeZone: 'UTC', clusters: [CLUSTER] }

/** The program's own pauses are so many times shorter here; the simulator's real delays are not. */
const PACE = 4

/** Times short enough for tests, by the lab's clock; one process is alone here, so nobody waits for its lease. */
export const SHORT: Timing = { lease: 20_000, heartbeat: 600, sendMargin: 500, settleAfter: 900 * PACE }

const clock: Clock = {
  now: systemClock.now,
  monotonic: () => systemClock.monotonic() * PACE,
  sleep: (milliseconds, signal) => systemClock.sleep(milliseconds / PACE, signal),
}

const person = (id: number, name: string, ...roles: readonly Role[]): Person => ({
  id,
  name,
  accounts: [],
  grants: roles.map((role) => ({ role, scope: { kind: 'everything' } })),
})

export const PEOPLE: readonly Person[] = [
  person(1, 'alice', 'operator', 'approver', 'auditor'),
  person(2, 'bob', 'approver', 'auditor'),
  person(3, 'carol', 'admin'),
  person(4, 'dave', 'reader'),
]

export async function startOperationsLab(
  options: SimulatorOptions & {
    readonly people?: readonly Person[]
    readonly timing?: Timing
    /** A real database, where rows are what it is about; people are fixed all the same. */
    readonly stores?: Stores
    /** Simulated seconds per real one. */
    readonly rate?: number
    /** Takes what should not happen, where a test makes it happen; else it is thrown. */
    readonly onFault?: (error: unknown) => string
  } = {},
): Promise<OperationsLab> {
  const { people = PEOPLE, timing = SHORT, rate = 20, onFault: _, stores: real, ...rest } = options
  const simulator = await startSimulator({ seed: 1, authDelayMs: 20, ...rest })
  const control = createControlClient(simulator.controlUrl)
  await control.clock({ rate })
  const token = (id: string) => ({ id, secret: simulator.tokens[id] ?? '' })
  const cluster = pveConnector({ clock, random: Math.random }).connect({
    name: CLUSTER,
    endpoints: [simulator.endpoint],
    tls: { kind: 'pin', fingerprint: simulator.fingerprint, publicKey: null },
    token: token('mpc@pve!read'),
    operateToken: token('mpc@pve!operate'),
  })
  const memory = { ...memoryStores(people), ...real }
  const none = { picture: async () => null, base: async () => null }
  const stores = { ...memory, people: fixedPeople(people), inventory: none } as unknown as Stores
  let policy: Policy = PolicySchema.parse({})
  const settings = {
    lastGood: () => null,
    current: (): Settings => ({ policy, policyHash: policyHash(policy), assume: [], demo: true }),
  }
  const onFault =
    options.onFault ??
    ((error: unknown): string => {
      throw error
    })
  const newRunner = (holder: string): RunnerHandle => {
    const made = createRunner({
      stores,
      pve: () => cluster,
      settings,
      clock,
      timing,
      holder,
      onFault,
    })
    made.start('all')
    return made
  }
  let runner = newRunner('test')
  const ending = new AbortController()
  const parts = {
    stores,
    settings,
    get runner() {
      return runner
    },
    pve: () => cluster,
    operateProblem: () => null,
    commands: registry,
    workspaces: [WORKSPACE],
    startWorkspace: WORKSPACE.name,
    now: () => new Date(),
    onFault,
    newCode: () => 'code',
  } as unknown as RoadParts
  const speaker = async (name: string) => {
    const found = await identify(
      { surface: 'console', account: 'tester', as: name },
      stores.people,
      settings.current(),
    )
    if (isRefusal(found) || found.kind !== 'known') throw new Error(`no person ${name}`)
    return found
  }
  const onward = async (name: string, answer: Answer): Promise<Answer> => {
    const going = answer.kind === 'operation' && ['ready', 'running'].includes(answer.report.state)
    return going ? follow(name, answer.report.number) : answer
  }
  const follow = (name: string, operation: number) =>
    followOperation(parts, operation, {
      caller: { surface: 'console', account: 'tester', as: name },
      decisions: false,
    })
  const desk = async (name: string) => deskFor(parts, await speaker(name), WORKSPACE)
  return {
    simulator,
    control,
    stores: memory,
    get runner() {
      return runner
    },
    handOver: async (meanwhile) => {
      await runner.stop()
      await meanwhile()
      runner = newRunner('another')
    },
    change: async (name, verb, guests, flags = {}) => {
      const command = registry.find((each) => each.path.join(' ') === verb)
      if (command?.kind !== 'change') throw new Error(`no change ${verb}`)
      const answer = await planChange(parts, {
        command,
        values: { guests, 'keep-going': false, ...flags },
        speaker: await speaker(name),
        workspace: WORKSPACE,
        signal: ending.signal,
        after: null,
      })
      return onward(name, answer)
    },
    decide: async (name, verdict, operation, words = {}) => {
      const { plan = null, reason = null, typed = null } = words
      return onward(name, await (await desk(name)).decide(operation, verdict, { plan, reason, typed }))
    },
    undo: async (name, operation) => onward(name, await (await desk(name)).undo(operation, { reason: null })),
    resume: async (name, operation) =>
      onward(name, await (await desk(name)).resume(operation, { reason: null })),
    desk,
    board: board(parts),
    cancel: async (name, operation) => (await desk(name)).cancel(operation, null),
    follow,
    setPolicy: (next) => {
      policy = PolicySchema.parse(next)
    },
    guest: async (vmid) => {
      const kind = vmid >= 200 && vmid < 300 ? 'lxc' : 'qemu'
      const [reading] = await cluster.guests.facts([{ kind, vmid, node: '' }])
      if (reading?.kind === 'facts') {
        const { name, node } = reading.facts
        return { cluster: CLUSTER, vmid, kind, name, node, incarnation: 1 }
      }
      return { cluster: CLUSTER, vmid, kind, name: `guest-${vmid}`, node: 'pve1', incarnation: 1 }
    },
    close: async () => {
      ending.abort()
      await runner.stop()
      await cluster.close()
      await simulator.close()
    },
  }
}
