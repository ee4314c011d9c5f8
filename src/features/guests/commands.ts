import { arg, type GuestRef, optional } from '../../core/args.js'
import type { Risk } from '../../core/command.js'
import { type Change, defineChange, type Inverse } from '../../core/command.js'
import type { PowerVerb } from '../../core/power.js'
import type { PlanContext } from '../../ports/planning.js'
import { draftPower } from './plan.js'

const GUESTS = arg.guests({
  label: 'guests',
  summary: 'names, numbers, or filters like tag=prod node=pve1 status=stopped',
})

const TIMEOUT = optional.duration({
  label: 'time span',
  summary: 'how long to wait for the system inside to shut down',
  flag: true,
})

type Told = {
  readonly verb: PowerVerb
  readonly summary: string
  readonly risk: Risk
  readonly inverse: Inverse
  readonly examples: readonly string[]
}

function power({ verb, ...told }: Told): Change<PlanContext> {
  const meta = { path: [verb], group: 'guest', ...told } as const
  const draft = async (context: PlanContext, guests: readonly GuestRef[], timeout: number | undefined) => {
    const seconds = timeout === undefined ? null : Math.ceil(timeout / 1000)
    const readings = await context.read(guests)
    return {
      kind: 'drafted' as const,
      asked: askedText(guests),
      targets: readings.map((now) => draftPower(verb, now, context, seconds)),
    }
  }
  if (verb !== 'shutdown' && verb !== 'reboot')
    return defineChange({
      ...meta,
      args: { guests: GUESTS },
      plan: (context: PlanContext, { guests }) => draft(context, guests, undefined),
    })
  return defineChange({
    ...meta,
    args: { guests: GUESTS, timeout: TIMEOUT },
    plan: (context: PlanContext, { guests, timeout }) => draft(context, guests, timeout),
  })
}

function askedText(guests: readonly GuestRef[]): string {
  const names = guests.map(({ name }) => name)
  return names.length <= 5 ? names.join(', ') : `${names.slice(0, 4).join(', ')} and ${names.length - 4} more`
}

const RESTARTED = { none: 'a restart that has happened cannot be taken back' } as const

/** The power verbs, for VMs and containers alike. */
export const guestCommands: readonly Change<PlanContext>[] = [
  power({
    verb: 'start',
    summary: 'Switches guests on',
    risk: 'routine',
    inverse: { command: 'shutdown' },
    examples: ['start win11-desktop', 'start tag=test status=stopped --canary 1'],
  }),
  power({
    verb: 'resume',
    summary: 'Lets suspended guests go on',
    risk: 'routine',
    inverse: { command: 'suspend' },
    examples: ['resume ci-runner.demo.example'],
  }),
  power({
    verb: 'shutdown',
    summary: 'Asks guests to shut down in an orderly way',
    risk: 'disruptive',
    inverse: { command: 'start' },
    examples: ['shutdown web-02', 'shutdown web-02 --timeout 5m --reason maintenance'],
  }),
  power({
    verb: 'stop',
    summary: 'Cuts the power of guests',
    risk: 'destructive',
    inverse: { command: 'start' },
    examples: ['stop web-01', 'stop tag=test --parallel 2'],
  }),
  power({
    verb: 'reboot',
    summary: 'Shuts guests down in an orderly way and starts them again',
    risk: 'disruptive',
    inverse: RESTARTED,
    examples: ['reboot web-01', 'reboot tag=web --canary 1 --parallel 1'],
  }),
  power({
    verb: 'reset',
    summary: 'Resets VMs as by the button',
    risk: 'destructive',
    inverse: RESTARTED,
    examples: ['reset web-01'],
  }),
  power({
    verb: 'suspend',
    summary: 'Pauses guests; they keep their memory',
    risk: 'disruptive',
    inverse: { command: 'resume' },
    examples: ['suspend web-02'],
  }),
]
