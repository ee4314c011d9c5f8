import { type AuditEntry, ChainCheck, chained, type NewAudit } from '../../src/core/audit.js'
import type { Freeze } from '../../src/core/freeze.js'
import { ENDED, OPEN_STEPS, type Operation } from '../../src/core/operation.js'
import { grantsOf, type Person } from '../../src/core/people.js'
import { refuse } from '../../src/core/refusal.js'
import { askedFor, transition } from '../../src/core/transition.js'
import type { AuditStore } from '../../src/ports/store/audit.js'
import type { Binding, BindingStore } from '../../src/ports/store/bindings.js'
import type { FreezeStore } from '../../src/ports/store/freezes.js'
import type { LeaseStore } from '../../src/ports/store/leases.js'
import type { MarkStore, SeenMark } from '../../src/ports/store/marks.js'
import type { OperationStore } from '../../src/ports/store/operations.js'

/** Stores of operations in memory: the state machine of core, and nothing of a database. For tests of what is above. */
export function memoryStores(people: readonly Person[] = []) {
  const entries: AuditEntry[] = []
  const write = (audit: NewAudit, at: Date): AuditEntry => {
    const last = entries.at(-1)
    const entry = chained({ seq: last?.seq ?? 0, hash: last?.hash ?? '' }, audit, at.toISOString())
    entries.push(entry)
    return entry
  }
  const frozen = new Map<string, Freeze>()
  const freezeAt = (workspace: string, at: Date): Freeze | null => {
    const found = frozen.get(workspace)
    return found === undefined || (found.until !== null && found.until <= at.toISOString()) ? null : found
  }
  return {
    ...operationParts({ write, entries, people, freezeAt }),
    audit: auditStore(entries, write),
    ...smallStores(write, frozen, freezeAt),
    entries,
  }
}

type Write = (audit: NewAudit, at: Date) => AuditEntry
type FreezeAt = (workspace: string, at: Date) => Freeze | null

function operationParts({
  write,
  entries,
  people,
  freezeAt,
}: {
  readonly write: Write
  readonly entries: readonly AuditEntry[]
  readonly people: readonly Person[]
  readonly freezeAt: FreezeAt
}) {
  const rows = new Map<number, Operation>()
  const plans = new Map<number, { json: string; planDigest: string; shown: string }>()
  const effective = (now: Date) =>
    new Date(Math.max(now.getTime(), ...entries.map(({ at }) => Date.parse(at)).slice(-1)))
  const around = ({ workspace, requester }: Operation, at: Date) => ({
    freeze: freezeAt(workspace, at),
    grants: grantsOf(
      people.find(({ id }) => id === requester.personId),
      requester,
    ),
  })
  const holders = (row: Operation, overrules: readonly number[] = []) =>
    [...rows.values()].flatMap((other) => {
      if (other.id === row.id || ENDED.has(other.state)) return []
      if (other.state !== 'running' && other.state !== 'unknown') return []
      return other.steps
        .filter(({ state }) => OPEN_STEPS.has(state) || state === 'pending')
        .filter((step) =>
          row.steps.some(
            (own) =>
              own.cluster === step.cluster &&
              own.vmid === step.vmid &&
              !(overrules.includes(own.index) && step.state === 'following' && step.verb === 'shutdown'),
          ),
        )
        .map(({ name }) => ({ guest: name, operation: other.id }))
    })
  const operations: OperationStore = {
    create: async ({ operation, plan, shown, at }) => {
      const made = { ...operation, id: rows.size + 1 }
      rows.set(made.id, made)
      plans.set(made.id, { json: plan, planDigest: operation.planDigest, shown })
      write(askedFor(made, shown), at)
      return made
    },
    get: async (id) => rows.get(id) ?? null,
    plan: async (id) => plans.get(id) ?? null,
    list: async ({ workspaces, states, limit, oldestFirst }) =>
      (oldestFirst === true ? [...rows.values()] : [...rows.values()].reverse())
        .filter((each) => workspaces?.includes(each.workspace) ?? true)
        .filter((each) => states?.includes(each.state) ?? true)
        .slice(0, limit),
    apply: async (id, event, now) => {
      const row = rows.get(id)
      if (row === undefined) throw new Error(`no operation ${id}`)
      const at = effective(now)
      const { operation, audit, refusal } = transition(row, event, at, around(row, at), now)
      rows.set(id, operation)
      for (const entry of audit) write(entry, at)
      return refusal ?? operation
    },
    claim: async (id, { holder, seen, overrules }, now) => {
      const row = rows.get(id)
      if (row === undefined) throw new Error(`no operation ${id}`)
      // As in the database: who takes over holds the guests already.
      const by = row.state === 'ready' ? holders(row, overrules) : []
      if (by.length > 0) return { kind: 'held', by }
      const at = effective(now)
      const { operation, audit, refusal } = transition(row, { kind: 'claim', holder, seen }, at)
      rows.set(id, operation)
      for (const entry of audit) write(entry, at)
      return refusal ?? { kind: 'claimed', operation }
    },
    beat: async (id, holder) => {
      const row = rows.get(id)
      if (row?.state !== 'running' || row.lease?.holder !== holder) return false
      rows.set(id, { ...row, lease: { holder, beat: row.lease.beat + 1 } })
      return true
    },
    holders: async (id) => {
      const row = rows.get(id)
      return row === undefined ? [] : holders(row)
    },
    closeDamaged: async () => false,
    ownUpids: async (cluster, upids) =>
      new Map(
        [...rows.values()].flatMap(({ id, requester, steps }) =>
          steps
            .filter((step) => step.cluster === cluster && step.upid !== null && upids.includes(step.upid))
            .map((step) => [step.upid ?? '', { operation: id, requester }] as const),
        ),
      ),
  }
  return { operations }
}

function auditStore(entries: AuditEntry[], write: Write): AuditStore {
  return {
    append: async (entry, now) => write(entry, now),
    list: async ({ operation, actions, since, limit }) =>
      [...entries]
        .reverse()
        .filter((entry) => operation === undefined || entry.operation === operation)
        .filter((entry) => actions === undefined || actions.includes(entry.action))
        .filter((entry) => since === undefined || entry.at >= since.toISOString())
        .slice(0, limit),
    newest: async (action) => [...entries].reverse().find((entry) => entry.action === action) ?? null,
    head: async () => ({ seq: entries.length, hash: entries.at(-1)?.hash ?? '' }),
    verify: async (against) => {
      const check = new ChainCheck(against)
      for (const entry of entries) check.add(entry)
      return check.end({ seq: entries.length, hash: entries.at(-1)?.hash ?? '' })
    },
    pieces: async function* () {
      yield entries
    },
  }
}

function smallStores(write: Write, frozen: Map<string, Freeze>, freezeAt: FreezeAt) {
  const seen = new Map<string, SeenMark>()
  const freezes: FreezeStore = {
    current: async (workspace, now) => freezeAt(workspace, now),
    freeze: async (freeze, actor, now) => {
      frozen.set(freeze.workspace, freeze)
      const { workspace, reason } = freeze
      write(
        {
          action: 'workspace.frozen',
          actor,
          workspace,
          operation: null,
          subject: reason,
          code: null,
          data: {},
        },
        now,
      )
      return freeze
    },
    unfreeze: async (workspace) => {
      const freeze = frozen.get(workspace)
      frozen.delete(workspace)
      return freeze ?? refuse('not_frozen', 'It is not frozen.', '')
    },
  }
  const marks: MarkStore = {
    get: async (cluster, vmid) => seen.get(`${cluster}/${vmid}`) ?? null,
    put: async (list, now) => {
      for (const { cluster, vmid, name, mark } of list)
        if (mark.kind !== 'unknown') seen.set(`${cluster}/${vmid}`, { mark, name, seenAt: now.toISOString() })
    },
  }
  const leases: LeaseStore = {
    acquire: async () => true,
    release: async () => {},
    holder: async () => null,
  }
  return { freezes, marks, leases, bindings: memoryBindings() }
}

/** People who only are read. */
export function fixedPeople(people: readonly Person[]) {
  return {
    list: async () => people,
    byName: async (name: string) => people.find((person) => person.name === name) ?? null,
    byAccount: async () => null,
    change: async () => refuse('unknown_person', 'these people are fixed', ''),
    invite: async () => refuse('unknown_person', 'these people are fixed', ''),
    redeem: async () => refuse('unknown_person', 'these people are fixed', ''),
  }
}

/** Bindings in memory, without their audit entries. */
export function memoryBindings(start: readonly Binding[] = []): BindingStore {
  let rows = [...start]
  const at = (surface: string, channel: string) => (row: Binding) =>
    row.surface === surface && row.channel === channel
  return {
    of: async (surface, channel) => rows.find(at(surface, channel)) ?? null,
    list: async ({ surface, workspace }) =>
      rows
        .filter((row) => surface === undefined || row.surface === surface)
        .filter((row) => workspace === undefined || row.workspace === workspace),
    bind: async (binding) => {
      const is = at(binding.surface, binding.channel)
      rows = [...rows.filter((row) => !is(row)), binding]
    },
    unbind: async (surface, channel) => {
      const is = at(surface, channel)
      const found = rows.some(is)
      rows = rows.filter((row) => !is(row))
      return found
    },
  }
}
