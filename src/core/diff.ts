import type { Change, ChangeValue, StoredInventory } from './change.js'
import {
  type Evidence,
  equal,
  guestRules,
  nodeRules,
  poolRules,
  type Rules,
  type SeenGuest,
  storageRules,
} from './diff-rules.js'
import type { GuestKind, Node, Pool, Storage, Task } from './resource.js'

export type { Evidence, SeenGuest } from './diff-rules.js'

export type Seen = {
  readonly guests: readonly SeenGuest[]
  readonly nodes: readonly Node[]
  readonly storages: readonly Storage[]
  readonly pools: readonly Pool[]
}

export type Difference = {
  readonly after: StoredInventory
  readonly upsert: StoredInventory
  /** Keys of rows that go. */
  readonly remove: readonly string[]
  readonly changes: readonly Change[]
}

const DESTROY = new Set(['qmdestroy', 'vzdestroy'])

/** The guests that these (newly finished) tasks destroyed. */
export function destroyedBy(tasks: readonly Task[]): ReadonlySet<number> {
  const gone = tasks.filter(
    (task) => DESTROY.has(task.type) && (task.status === 'OK' || /^WARNINGS/.test(task.status ?? '')),
  )
  return new Set(gone.map((task) => Number(task.id)).filter((vmid) => Number.isInteger(vmid)))
}

/** VMs that bear another name than before: renamed, or made anew under the same vmid. Only their creation time tells. */
export function renamed(
  before: StoredInventory,
  seen: Seen,
): readonly { vmid: number; kind: GuestKind; node: string }[] {
  const known = new Map(before.guests.map((guest) => [guest.vmid, guest]))
  return seen.guests.flatMap((guest) => {
    const old = known.get(guest.vmid)
    const another = old !== undefined && guest.fresh && guest.kind === old.kind && guest.name !== old.name
    return another ? [{ vmid: guest.vmid, kind: guest.kind, node: guest.node }] : []
  })
}

/** The difference between what is stored and what was read. Pure; on the first reading (`before` null) nothing "changed". */
export function difference(before: StoredInventory | null, seen: Seen, evidence: Evidence): Difference {
  const old = before ?? { guests: [], nodes: [], storages: [], pools: [] }
  const first = before === null
  const guests = compare(guestRules(evidence), old.guests, seen.guests, evidence, first)
  const nodes = compare(nodeRules, old.nodes, seen.nodes, evidence, first)
  const dead = new Set(seen.nodes.filter((node) => node.status !== 'online').map((node) => node.name))
  const storages = compare(storageRules(dead), old.storages, seen.storages, evidence, first)
  const pools = compare(poolRules, old.pools, seen.pools, evidence, first)
  return {
    after: { guests: guests.after, nodes: nodes.after, storages: storages.after, pools: pools.after },
    upsert: { guests: guests.upsert, nodes: nodes.upsert, storages: storages.upsert, pools: pools.upsert },
    remove: [...guests.remove, ...nodes.remove, ...storages.remove, ...pools.remove],
    changes: [...nodes.changes, ...storages.changes, ...pools.changes, ...guests.changes],
  }
}

type Compared<Row> = {
  readonly after: readonly Row[]
  readonly upsert: readonly Row[]
  readonly remove: readonly string[]
  readonly changes: readonly Change[]
}

function compare<SeenRow, Row extends { readonly hidden: boolean }>(
  rules: Rules<SeenRow, Row>,
  before: readonly Row[],
  seen: readonly SeenRow[],
  evidence: Evidence,
  first: boolean,
): Compared<Row> {
  const left = new Map(before.map((row) => [rules.key(row), row]))
  const after: Row[] = []
  const upsert: Row[] = []
  const remove: string[] = []
  const changes: Change[] = []
  const change = (
    row: Row,
    what: Change['what'],
    attribute: string | null,
    from: ChangeValue,
    to: ChangeValue,
  ) => {
    if (first) return
    const incarnation = rules.incarnation(row)
    changes.push({
      type: rules.type,
      key: rules.key(row),
      name: rules.name(row),
      incarnation,
      what,
      attribute,
      before: from,
      after: to,
    })
  }
  for (const read of seen) {
    const key = rules.key(read)
    const old = left.get(key)
    left.delete(key)
    const { row, recreated } = rules.merge(old, read)
    after.push(row)
    if (old !== undefined && rules.same(old, row)) continue
    upsert.push(row)
    if (old === undefined) change(row, 'added', null, null, rules.name(row))
    else if (recreated) change(row, 'recreated', null, rules.identity(old), rules.identity(row))
    else {
      if (old.hidden) change(row, 'visible', null, null, null)
      const told = rules.told(row)
      for (const [attribute, from] of Object.entries(rules.told(old))) {
        const to = told[attribute] ?? null
        if (!equal(from, to)) change(row, 'changed', attribute, from, to)
      }
    }
  }
  for (const [key, row] of left) {
    if (evidence.unread.has(key)) {
      after.push(row)
      continue
    }
    const destroyed = 'vmid' in row && evidence.destroyed.has(Number(row.vmid))
    if (destroyed || evidence.wouldSee(rules.type, rules.subject(row))) {
      remove.push(key)
      change(row, 'removed', null, rules.name(row), null)
    } else {
      after.push(row.hidden ? row : { ...row, hidden: true })
      if (!row.hidden) {
        upsert.push({ ...row, hidden: true })
        change(row, 'hidden', null, null, null)
      }
    }
  }
  return { after, upsert, remove, changes }
}
