import { type ArgSpec, parseDuration } from '../../../src/core/args.js'
import {
  type AuditEntry,
  type AuditHead,
  ChainCheck,
  chained,
  type NewAudit,
} from '../../../src/core/audit.js'
import { type Card, card } from '../../../src/core/card.js'
import type { Picture, StoredGuest } from '../../../src/core/change.js'
import { type Answer, commandName, type Query } from '../../../src/core/command.js'
import type { Freeze } from '../../../src/core/freeze.js'
import { parseOperationName } from '../../../src/core/operation.js'
import { type Actor, type Grant, grantText, holdsEverywhere, type Person } from '../../../src/core/people.js'
import { SHIPPED_POLICY } from '../../../src/core/policy.js'
import { isRefusal, type Refusal, refuse } from '../../../src/core/refusal.js'
import { nearest } from '../../../src/pipeline/nearest.js'
import { parse } from '../../../src/pipeline/parse.js'
import type { OperationsDesk } from '../../../src/ports/desk.js'
import type { PveCluster } from '../../../src/ports/pve.js'
import type { QueryContext } from '../../../src/ports/query.js'
import type { Caller, Channel } from '../../../src/ports/road.js'
import type { Settings } from '../../../src/ports/settings.js'
import type { AuditFilter, AuditStore } from '../../../src/ports/store/audit.js'
import type { BindingStore } from '../../../src/ports/store/bindings.js'
import type { FreezeStore } from '../../../src/ports/store/freezes.js'
import type { Invite, PeopleChange, PeopleStore } from '../../../src/ports/store/people.js'
import { memoryBindings } from '../../fakes/memory-stores.js'

export const NOW = new Date('2026-03-12T14:00:00.000Z')

export const everything = (...roles: readonly Grant['role'][]): readonly Grant[] =>
  roles.map((role) => ({ role, scope: { kind: 'everything' } }))

/** A person with the console account of the same name, unless accounts are given. */
export function person(
  id: number,
  name: string,
  grants: readonly Grant[],
  accounts: Person['accounts'] = [{ surface: 'console', id: name }],
): Person {
  return { id, name, grants, accounts }
}

export const ALICE = person(1, 'alice', everything('operator', 'approver', 'auditor'))
export const BOB = person(2, 'bob', everything('approver', 'auditor'))
export const CAROL = person(3, 'carol', everything('admin'))
export const DAVE = person(4, 'dave', everything('reader'), [])

export function actorOf(who: Person, real: Person | null = null): Actor {
  return {
    personId: who.id,
    person: who.name,
    account: `console:${(real ?? who).name}`,
    realPersonId: real?.id ?? null,
    realPerson: real?.name ?? null,
  }
}

export type Calls = unknown[][]

/** People in memory, with every change that was asked for. */
export function fakePeople(start: readonly Person[]): PeopleStore & {
  readonly changes: PeopleChange[]
  readonly invites: Invite[]
} {
  let people = [...start]
  const changes: PeopleChange[] = []
  const invites: Invite[] = []
  const put = (next: Person) => {
    people = [...people.filter(({ id }) => id !== next.id), next]
    return next
  }
  const one = (name: string) => people.find((each) => each.name === name) ?? null
  const owner = (account: { surface: string; id: string }) =>
    people.find(({ accounts }) =>
      accounts.some(({ surface, id }) => surface === account.surface && id === account.id),
    ) ?? null
  const change = (asked: PeopleChange): Person | Refusal => {
    if (asked.kind === 'add') {
      if (asked.accounts.some((account) => owner(account) !== null))
        return refuse('account_taken', 'Taken.', 'Another.')
      return put({ ...asked, id: people.length + 10 })
    }
    const whose = asked.kind === 'unlink' ? owner(asked.account) : one(asked.name)
    if (whose === null) return refuse('unknown_person', 'Nobody.', 'x')
    switch (asked.kind) {
      case 'remove':
        if (holdsEverywhere(whose.grants, 'admin'))
          return refuse('last_admin', 'The last admin.', 'Another first.')
        people = people.filter(({ id }) => id !== whose.id)
        return whose
      case 'grant':
        return put({ ...whose, grants: [...whose.grants, asked.grant] })
      case 'revoke':
        return put({
          ...whose,
          grants: whose.grants.filter((held) => grantText(held) !== grantText(asked.grant)),
        })
      case 'link':
        return put({ ...whose, accounts: [...whose.accounts, asked.account] })
      case 'unlink':
        return put({ ...whose, accounts: whose.accounts.filter(({ id }) => id !== asked.account.id) })
    }
  }
  return {
    changes,
    invites,
    list: async () => [...people].sort((a, b) => (a.name < b.name ? -1 : 1)),
    byAccount: async (account) => owner(account),
    byName: async (name) => one(name),
    change: async (asked) => {
      changes.push(asked)
      return change(asked)
    },
    invite: async (invite) => {
      invites.push(invite)
      return one(invite.name) ?? refuse('unknown_person', 'Nobody.', 'x')
    },
    redeem: async (codeHash, account) => {
      const invite = invites.find((each) => each.codeHash === codeHash)
      if (invite === undefined) return refuse('link_wrong', 'Wrong.', 'Ask for another.')
      return change({ kind: 'link', name: invite.name, account })
    },
  }
}

/** An audit log in memory; `spoil` changes what is stored. */
export function fakeAudit(start: readonly NewAudit[] = []): AuditStore & {
  entries: AuditEntry[]
  readonly filters: AuditFilter[]
} {
  const filters: AuditFilter[] = []
  const headOf = (): AuditHead => {
    const last = store.entries.at(-1)
    return last === undefined ? { seq: 0, hash: '' } : { seq: last.seq, hash: last.hash }
  }
  const append = (entry: NewAudit, now: Date) => {
    const made = chained(headOf(), entry, now.toISOString())
    store.entries.push(made)
    return made
  }
  const store: AuditStore & { entries: AuditEntry[]; readonly filters: AuditFilter[] } = {
    entries: [],
    filters,
    append: async (entry, now) => append(entry, now),
    list: async (filter) => {
      filters.push(filter)
      return store.entries
        .filter(({ actor }) => filter.person === undefined || actor?.person === filter.person)
        .reverse()
        .slice(0, filter.limit)
    },
    newest: async (action) => store.entries.findLast((each) => each.action === action) ?? null,
    head: async () => headOf(),
    verify: async (against) => {
      const check = new ChainCheck(against)
      for (const entry of store.entries) check.add(entry)
      return check.end(headOf())
    },
    async *pieces(size) {
      for (let at = 0; at < store.entries.length; at += size) yield store.entries.slice(at, at + size)
    },
  }
  for (const entry of start) append(entry, NOW)
  return store
}

export function fakeFreezes(start: readonly Freeze[] = []): FreezeStore {
  let freezes = [...start]
  return {
    current: async (workspace) => freezes.find((each) => each.workspace === workspace) ?? null,
    freeze: async (freeze) => {
      freezes = [...freezes.filter(({ workspace }) => workspace !== freeze.workspace), freeze]
      return freeze
    },
    unfreeze: async (workspace) => {
      const found = freezes.find((each) => each.workspace === workspace)
      freezes = freezes.filter((each) => each !== found)
      return found ?? refuse('not_frozen', 'Nothing is frozen.', 'Go on.')
    },
  }
}

export function guest(vmid: number, name: string, more: Partial<StoredGuest> = {}): StoredGuest {
  return {
    vmid,
    name,
    kind: 'qemu',
    node: 'pve1',
    status: 'running',
    template: false,
    tags: [],
    pool: null,
    lock: null,
    hastate: null,
    maxcpu: null,
    maxmem: null,
    maxdisk: null,
    incarnation: 1,
    hidden: false,
    ...more,
  }
}

export function picture(
  cluster: string,
  guests: readonly StoredGuest[],
  pools: readonly string[] = [],
): Picture {
  const nodes = ['pve1', 'pve2'].map((name) => ({
    name,
    status: 'online' as const,
    maxcpu: null,
    maxmem: null,
    maxdisk: null,
    ip: null,
    fingerprint: null,
    hidden: false,
  }))
  return {
    cluster,
    runId: 1,
    at: NOW.toISOString(),
    quorate: true,
    clusterName: null,
    version: '9.1.1',
    usage: {},
    inventory: {
      guests,
      nodes,
      storages: [],
      pools: pools.map((name) => ({ name, comment: null, hidden: false })),
    },
  }
}

/** A desk that writes down what it is asked for. */
export function fakeDesk(calls: Calls): OperationsDesk {
  const note =
    (name: string) =>
    async (...args: unknown[]): Promise<Answer> => {
      calls.push([name, ...args])
      return card({ heading: name })
    }
  return {
    decide: note('decide'),
    cancel: note('cancel'),
    resume: note('resume'),
    undo: note('undo'),
    why: note('why'),
    pending: note('pending'),
  }
}

export type World = {
  readonly speaker?: Person | null
  readonly real?: Person | null
  readonly people?: PeopleStore
  readonly audit?: AuditStore
  readonly freezes?: FreezeStore
  readonly bindings?: BindingStore
  readonly chats?: QueryContext['chats']
  readonly channel?: Channel | null
  readonly caller?: Caller
  readonly pictures?: readonly Picture[]
  readonly settings?: Partial<Settings> | Refusal
  readonly desk?: OperationsDesk
  readonly pve?: (cluster: string) => PveCluster
  readonly commands?: QueryContext['commands']
  readonly workspaces?: QueryContext['workspaces']
  readonly codes?: readonly string[]
}

const absent = (): never => {
  throw new Error('not part of this test')
}

/** A context of fakes; what a test does not give throws when it is used. */
export function contextOf(world: World): QueryContext {
  const speaker = world.speaker === undefined ? CAROL : world.speaker
  const pictures = world.pictures ?? []
  const workspaces = world.workspaces ?? [{ name: 'demo', timeZone: 'UTC', clusters: ['lab'] }]
  const [workspace = { name: 'demo', timeZone: 'UTC', clusters: ['lab'] }] = workspaces
  const find = async (cluster: string) => pictures.find((each) => each.cluster === cluster) ?? null
  const codes = [...(world.codes ?? ['7KQD-M2XW-9FHT'])]
  return {
    caller: world.caller ?? {
      surface: 'console',
      account: (world.real ?? speaker)?.name ?? 'eve',
      as: null,
    },
    channel: world.channel ?? null,
    actor: speaker === null ? null : actorOf(speaker, world.real ?? null),
    person: speaker,
    workspace,
    workspaces,
    now: NOW,
    signal: new AbortController().signal,
    progress: () => {},
    stores: {
      inventory: { picture: find, base: find, commit: absent, fail: absent, runs: async () => [] },
      history: { of: absent, since: absent, stateAt: absent, find: absent },
      tasks: { list: absent, find: absent, running: absent, known: absent },
      workspaces: { ensure: absent, list: absent },
      leases: { acquire: absent, release: absent, holder: absent },
      operations: {
        create: absent,
        get: absent,
        plan: absent,
        list: absent,
        apply: absent,
        claim: absent,
        beat: absent,
        holders: absent,
        closeDamaged: absent,
        ownUpids: absent,
      },
      people: world.people ?? fakePeople([ALICE, BOB, CAROL, DAVE]),
      audit: world.audit ?? fakeAudit(),
      freezes: world.freezes ?? fakeFreezes(),
      marks: { get: absent, put: absent },
      bindings: world.bindings ?? memoryBindings(),
      cards: {
        want: absent,
        open: absent,
        of: absent,
        byMessage: absent,
        delivered: absent,
        failed: absent,
        lost: absent,
        refused: absent,
        stuck: absent,
      },
      outbox: { add: absent, due: absent, done: absent, failed: absent, waiting: absent },
      seen: { first: absent },
      health: { check: absent },
      close: absent,
    },
    pve: world.pve ?? absent,
    syncer: { sync: absent },
    staleBecause: new Map(),
    commands: world.commands ?? [],
    nearest,
    desk: world.desk ?? fakeDesk([]),
    settings: () =>
      isRefusal(world.settings)
        ? world.settings
        : { policy: SHIPPED_POLICY, policyHash: 'x', assume: [], demo: false, ...world.settings },
    newCode: () => codes.shift() ?? absent(),
    homeChecks: async () => [],
    chats: world.chats ?? [],
    chatChecks: async () => [],
  }
}

/** Gives a typed line to the command that it names, as the road would after looking at roles. */
export async function say(
  commands: readonly Query<QueryContext>[],
  line: string | readonly string[],
  context: QueryContext,
): Promise<Answer> {
  const parsed = parse(commands, line)
  if (isRefusal(parsed)) return parsed
  const command = commands.find((each) => commandName(each) === commandName(parsed.command))
  if (command === undefined) throw new Error('parsed to another command')
  const values = Object.entries(command.args).flatMap(([name, spec]) => {
    const raw = parsed.raw[name]
    if (spec.kind === 'switch') return [[name, raw === true]]
    return raw === undefined || raw === true ? [] : [[name, readValue(spec, raw)]]
  })
  return command.answer(context, Object.fromEntries(values))
}

function readValue(spec: ArgSpec, raw: readonly string[]): unknown {
  const text = raw[0] ?? ''
  switch (spec.kind) {
    case 'words':
      return raw
    case 'int':
      return Number(text)
    case 'duration':
      return parseDuration(text)
    case 'operation':
      return parseOperationName(text)
    default:
      return text
  }
}

/** The card of an answer; fails the test when it is a refusal. */
export function cardOf(answer: Answer): Card {
  if (isRefusal(answer)) throw new Error(`refused: ${answer.code}: ${answer.message}`)
  return answer.kind === 'card' ? answer : answer.card
}

/** Everything that a person could read on a card, in one text. */
export const textOf = (answer: Answer): string => JSON.stringify(answer)
