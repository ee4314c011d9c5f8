import type { GuestFacts } from '../../core/guest-facts.js'
import type { PlanTarget } from '../../core/plan.js'
import type { PowerVerb } from '../../core/power.js'

/** What Proxmox VE will really do, in sentences that hold no moving value: they are part of what is approved. */
export function sentencesOf(
  verb: PowerVerb,
  facts: Pick<GuestFacts, 'kind' | 'ha' | 'lock' | 'agent'>,
  call: PlanTarget['call'],
): string[] {
  return [...(facts.ha === null ? direct(verb, facts, call) : managed(verb, facts, call))]
}

type Facts = Parameters<typeof sentencesOf>[1]

function direct(verb: PowerVerb, facts: Facts, call: PlanTarget['call']): readonly string[] {
  const vm = facts.kind === 'qemu'
  switch (verb) {
    case 'start':
      return facts.lock === 'suspended'
        ? ['Goes on from the memory that was saved to disk.']
        : ['Switches it on; config changes that wait for a start take effect.']
    case 'resume':
      return vm
        ? [
            facts.lock === 'suspended'
              ? 'Goes on from the memory that was saved to disk.'
              : 'Lets it go on where it was paused.',
          ]
        : ['Goes on from its checkpoint, if it has one (experimental in Proxmox VE; it often fails).']
    case 'shutdown':
      return [
        `Asks the system inside to shut down${vm ? ` (${facts.agent === true ? 'by its agent' : 'by ACPI'})` : ''} and waits ${call.timeout} s; if it does not, it keeps running.`,
      ]
    case 'stop':
      return [
        vm
          ? 'Cuts its power: what is only in memory is lost, file systems may need a check.'
          : 'Kills all its processes: what is only in memory is lost.',
        ...(call.overruleShutdown ? ['Ends the shutdown that is running.'] : []),
      ]
    case 'reboot':
      return vm
        ? [
            `Asks the system inside to shut down, waits ${call.timeout} s, and starts it again; if it does not shut down, it keeps running.`,
            'Config changes that wait for a start take effect.',
          ]
        : [
            `Asks the system inside to shut down and starts it again; what still runs after ${call.timeout} s is killed.`,
          ]
    case 'reset':
      return ['Resets it like the button: what is only in memory is lost, file systems may need a check.']
    case 'suspend':
      return vm
        ? ['Pauses it: it stands still and keeps its memory until it is resumed.']
        : ['Writes a checkpoint of it and halts it (experimental in Proxmox VE; it often fails).']
  }
}

/** A guest that the HA manager looks after: start, stop and shutdown only change what the manager is to bring about. */
function managed(verb: PowerVerb, facts: Facts, call: PlanTarget['call']): readonly string[] {
  const vm = facts.kind === 'qemu'
  switch (verb) {
    case 'start':
      return [
        'Asks the HA manager to start it and to keep it running; it acts some seconds later, perhaps on another node.',
      ]
    case 'stop':
      return [
        'Asks the HA manager to stop it at once and to keep it stopped; it acts some seconds later.',
        vm
          ? 'Its power is cut: what is only in memory is lost.'
          : 'Its processes are killed: what is only in memory is lost.',
      ]
    case 'shutdown':
      return [
        'Asks the HA manager to shut it down and to keep it stopped; it acts some seconds later.',
        vm
          ? `What still runs ${call.timeout} s later is KILLED: the HA manager does that to every VM.`
          : `If it does not shut down within ${call.timeout} s, it keeps running.`,
      ]
    default:
      return [...direct(verb, facts, call), 'It is managed by HA, which has no part in this.']
  }
}
