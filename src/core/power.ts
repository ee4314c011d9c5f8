import type { GuestKind } from './resource.js'

/** What can be done to a guest's power state. */
export const POWER_VERBS = ['start', 'resume', 'shutdown', 'stop', 'reboot', 'reset', 'suspend'] as const
export type PowerVerb = (typeof POWER_VERBS)[number]

/**
 * Types of the tasks that a verb makes. With the HA manager in between there are two: our request, and later what the
 * manager does, as root@pam.
 */
export function taskTypes(verb: PowerVerb, kind: GuestKind, ha: boolean): readonly string[] {
  if (ha && verb === 'start') return ['hastart']
  if (ha && (verb === 'stop' || verb === 'shutdown')) return ['hastop']
  if (kind === 'lxc') return [`vz${verb}`]
  return [verb === 'suspend' ? 'qmpause' : `qm${verb}`]
}

/** Types of all tasks that change a guest's power state, whoever asked for them. A migration leaves it as it is. */
export const POWER_TASKS: ReadonlySet<string> = new Set([
  ...POWER_VERBS.flatMap((verb) => [`qm${verb}`, `vz${verb}`]),
  'qmpause',
  'hastart',
  'hastop',
  'qmrollback',
  'vzrollback',
])
