import type { Command } from './core/command.js'
import { approvalCommands } from './features/approvals/commands.js'
import { auditCommands } from './features/audit/commands.js'
import { clusterCommands } from './features/cluster/commands.js'
import { guestCommands } from './features/guests/commands.js'
import { helpCommands } from './features/help/commands.js'
import { inventoryCommands } from './features/inventory/commands.js'
import { peopleCommands } from './features/people/commands.js'
import { stateCommands } from './features/state/commands.js'
import { taskCommands } from './features/tasks/commands.js'
import { workspaceCommands } from './features/workspaces/commands.js'
import type { PlanContext } from './ports/planning.js'
import type { QueryContext } from './ports/query.js'

/** Every command there is. Usage, completion, docs and the chat surfaces' command sets are derived from this. */
export const registry: readonly Command<QueryContext, PlanContext>[] = [
  ...helpCommands,
  ...clusterCommands,
  ...inventoryCommands,
  ...guestCommands,
  ...approvalCommands,
  ...stateCommands,
  ...taskCommands,
  ...workspaceCommands,
  ...peopleCommands,
  ...auditCommands,
]
