import type { Change, ChangeValue, StoredInventory } from './change.js'
import { guestKey, nodeKey, poolKey, storageKey } from './resource.js'

/** A change with the whole resource after it, where one began to exist (again): added, recreated, visible. */
export type ReplayableChange = Change & { readonly resource: unknown }

type Row = { readonly [attribute: string]: unknown }

/**
 * Plays changes (oldest first) upon a state. What history does not tell (locks, the steps of the HA manager) stays as
 * the state had it. Gives rows by key; `inventoryOf` sorts them back.
 */
export function replay(
  state: StoredInventory,
  changes: readonly ReplayableChange[],
): ReadonlyMap<string, Row> {
  const rows = new Map<string, Row>([
    ...state.guests.map((row) => [guestKey(row.vmid), row] as const),
    ...state.nodes.map((row) => [nodeKey(row.name), row] as const),
    ...state.storages.map((row) => [storageKey(row), row] as const),
    ...state.pools.map((row) => [poolKey(row.name), row] as const),
  ])
  for (const change of changes) {
    const row = rows.get(change.key)
    switch (change.what) {
      case 'added':
      case 'recreated':
        if (isRow(change.resource)) rows.set(change.key, change.resource)
        break
      case 'visible':
        if (isRow(change.resource)) rows.set(change.key, change.resource)
        else if (row !== undefined) rows.set(change.key, { ...row, hidden: false })
        break
      case 'removed':
        rows.delete(change.key)
        break
      case 'hidden':
        if (row !== undefined) rows.set(change.key, { ...row, hidden: true })
        break
      case 'changed':
        if (row !== undefined && change.attribute !== null)
          rows.set(change.key, { ...row, ...attribute(change.attribute, change.after) })
        break
    }
  }
  return rows
}

/** `ha` is told as managed or not; the row holds the manager's state. */
function attribute(name: string, value: ChangeValue): Row {
  return name === 'ha' ? { hastate: value === 'managed' ? 'managed' : null } : { [name]: value }
}

function isRow(value: unknown): value is Row {
  return typeof value === 'object' && value !== null
}
