import { commandName } from '../core/command.js'
import { type Refusal, refuse } from '../core/refusal.js'
import type { Caller } from '../ports/road.js'
import type { AnyCommand } from './parse.js'

/**
 * Whether this caller may give this command. Whoever can open the home in a terminal owns the deployment and may read
 * all of it; commands that steer a terminal session exist nowhere else.
 */
export function authorise(command: AnyCommand, caller: Caller): { readonly kind: 'allowed' } | Refusal {
  if (command.surfaces === 'console' && caller.surface !== 'console')
    return refuse(
      'not_here',
      `\`${commandName(command)}\` works in the console only.`,
      'Run `proxmox-mpc console` on the host.',
    )
  return { kind: 'allowed' }
}
