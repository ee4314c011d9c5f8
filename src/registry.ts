import type { Command } from './core/command.js'
import { clusterCommands } from './features/cluster/commands.js'
import { helpCommands } from './features/help/commands.js'
import { inventoryCommands } from './features/inventory/commands.js'
import { stateCommands } from './features/state/commands.js'
import { taskCommands } from './features/tasks/commands.js'
import { workspaceCommands } from './features/workspaces/commands.js'
import type { QueryContext } from './ports/query.js'

/** Every command there is. Usage, completion, docs and the chat surfaces' command sets are derived from this. */
export const registry: readonly Command<QueryContext>[] = [
  ...helpCommands,
  ...clusterCommands,
  ...inventoryCommands,
  ...stateCommands,
  ...taskCommands,
  ...workspaceCommands,
]
