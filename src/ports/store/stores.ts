import type { StoreHealth } from './health.js'
import type { HistoryStore } from './history.js'
import type { InventoryStore } from './inventory.js'
import type { LeaseStore } from './leases.js'
import type { TaskStore } from './tasks.js'
import type { WorkspaceStore } from './workspaces.js'

/** All aggregates of one open home. */
export type Stores = {
  readonly inventory: InventoryStore
  readonly history: HistoryStore
  readonly tasks: TaskStore
  readonly workspaces: WorkspaceStore
  readonly leases: LeaseStore
  readonly health: StoreHealth
  readonly close: () => Promise<void>
}
