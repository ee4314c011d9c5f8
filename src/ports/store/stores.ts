import type { AuditStore } from './audit.js'
import type { BindingStore } from './bindings.js'
import type { CardMessageStore } from './card-messages.js'
import type { FreezeStore } from './freezes.js'
import type { StoreHealth } from './health.js'
import type { HistoryStore } from './history.js'
import type { InventoryStore } from './inventory.js'
import type { LeaseStore } from './leases.js'
import type { MarkStore } from './marks.js'
import type { OperationStore } from './operations.js'
import type { OutboxStore } from './outbox.js'
import type { PeopleStore } from './people.js'
import type { SeenStore } from './seen.js'
import type { TaskStore } from './tasks.js'
import type { WorkspaceStore } from './workspaces.js'

/** All aggregates of one open home. */
export type Stores = {
  readonly inventory: InventoryStore
  readonly history: HistoryStore
  readonly tasks: TaskStore
  readonly workspaces: WorkspaceStore
  readonly leases: LeaseStore
  readonly operations: OperationStore
  readonly people: PeopleStore
  readonly audit: AuditStore
  readonly freezes: FreezeStore
  readonly marks: MarkStore
  readonly bindings: BindingStore
  readonly cards: CardMessageStore
  readonly outbox: OutboxStore
  readonly seen: SeenStore
  readonly health: StoreHealth
  readonly close: () => Promise<void>
}
