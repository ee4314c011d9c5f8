import type { GuestFacts } from '../../core/guest-facts.js'
import type { PowerVerb } from '../../core/power.js'
import { type Refusal, refuse } from '../../core/refusal.js'

/** Which states and locks a power verb cannot do anything with. */

/** Locks that do not stand in the way of a verb (pve-docs: a VM suspended to disk starts by resuming). */
const HARMLESS: Readonly<Record<string, readonly PowerVerb[]>> = {
  suspended: ['start', 'resume'],
  mounted: ['start', 'stop'],
}

/** Why a guest in this state cannot be given this verb; null when it can. */
export function wrongState(verb: PowerVerb, facts: GuestFacts, label: string): Refusal | null {
  const { power, lock, vmid } = facts
  const wrong = (why: string, hint: string) => refuse('wrong_state', `${label} ${why}.`, hint)
  if (power === 'unknown')
    return refuse(
      'facts_unknown',
      `What ${label} is doing is not known right now.`,
      '`show` tells what could be read.',
    )
  if (verb === 'start' && power === 'paused')
    return wrong('is paused, not stopped', `\`resume ${vmid}\` lets it go on.`)
  if (verb === 'resume' && facts.kind === 'qemu' && power === 'stopped' && lock !== 'suspended')
    return wrong('is stopped, not suspended', `\`start ${vmid}\` starts it.`)
  if (power === 'stopped' && (verb === 'reboot' || verb === 'reset' || verb === 'suspend'))
    return wrong('is stopped', `\`start ${vmid}\` starts it.`)
  // A suspended container is a stopped one to Proxmox VE; a suspended VM still counts as running.
  if (verb === 'suspend' && facts.kind === 'lxc' && facts.ha !== null)
    return wrong(
      'is managed by HA, whose manager would start a suspended container again',
      `\`shutdown ${vmid}\` asks the manager to stop it.`,
    )
  if (power === 'paused' && facts.kind === 'qemu' && (verb === 'shutdown' || verb === 'reboot'))
    return wrong(
      'is paused and cannot hear a request to shut down',
      `\`resume ${vmid}\` first, or \`stop ${vmid}\`.`,
    )
  // QEMU lets what it resets stand still where it stood still before.
  if (power === 'paused' && verb === 'reset')
    return wrong('is paused and would stay so', `\`resume ${vmid}\` first, or \`stop ${vmid}\`.`)
  return null
}

/** What holds a guest; null when nothing stands in the way. */
export function lockedBy(verb: PowerVerb, facts: GuestFacts, label: string): Refusal | null {
  const { lock } = facts
  if (lock === null || HARMLESS[lock]?.includes(verb) === true) return null
  const tasks = facts.activeTasks.kind === 'known' ? facts.activeTasks.value : []
  const running = tasks.map(({ type, user, node }) => `${type} by ${user} on ${node}`)
  return refuse(
    'guest_locked',
    `${label} is locked (${lock})${running.length === 0 ? '' : ` by a task that runs`}.`,
    running.length === 0
      ? 'If nothing runs any more, the lock is a left-over: `qm unlock` or `pct unlock` on its node removes it.'
      : 'Wait until that has ended; `task ls` shows it.',
    running,
  )
}
