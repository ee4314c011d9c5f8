import { arg, optional } from '../../core/args.js'
import { card } from '../../core/card.js'
import { defineCommand, type Query } from '../../core/command.js'
import { fact } from '../../core/facts.js'
import { actorText } from '../../core/people.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { QueryContext } from '../../ports/query.js'

const ADMIN = { group: 'workspace', risk: 'admin', role: 'admin', freshness: 'none' } as const

const LONGEST_MS = 366 * 86_400_000
const LONGEST_REASON = 300

const freeze = defineCommand({
  ...ADMIN,
  path: ['freeze'],
  summary: 'Stops all changes in this workspace, for a time or until lifted',
  examples: ['freeze storage is being moved', 'freeze --for 2h network maintenance'],
  args: {
    for: optional.duration({
      label: 'time span',
      summary: 'how long (until it is lifted, unless said)',
      flag: true,
    }),
    reason: arg.words({ label: 'reason', summary: 'why; everybody who is stopped reads it' }),
  },
  answer: async (context: QueryContext, args) => {
    const { actor, now, workspace } = context
    if (actor === null) return stranger()
    const reason = args.reason.join(' ').trim()
    if (reason === '')
      return refuse('missing_argument', '`freeze` needs a reason.', 'Say why: `freeze REASON`.')
    if (reason.length > LONGEST_REASON)
      return refuse(
        'wrong_argument',
        `The reason is ${reason.length} characters long.`,
        `Keep it to ${LONGEST_REASON}.`,
      )
    if (args.for !== undefined && args.for > LONGEST_MS)
      return refuse(
        'wrong_argument',
        'A freeze lasts at most a year.',
        'Leave --for out: it then lasts until somebody lifts it.',
      )
    const until = args.for === undefined ? null : new Date(now.getTime() + args.for).toISOString()
    const before = await context.stores.freezes.current(workspace.name, now)
    const made = await context.stores.freezes.freeze(
      { workspace: workspace.name, reason, by: actorText(actor), at: now.toISOString(), until },
      actor,
      now,
    )
    return card({
      heading: `Changes in workspace ${workspace.name} are stopped`,
      tone: 'warning',
      text: [
        'Nothing new is planned, approved or begun; what runs already goes on to its end. Admins may still start and resume guests.',
        ...(before === null ? [] : [`It takes the place of the freeze by ${before.by}: ${before.reason}`]),
      ].join('\n'),
      facts: [
        fact('reason', made.reason),
        made.until === null ? fact('until', 'somebody lifts it') : fact('until', made.until, 'time'),
      ],
      actions: [{ label: 'lifts it', words: 'unfreeze' }],
    })
  },
})

const unfreeze = defineCommand({
  ...ADMIN,
  path: ['unfreeze'],
  summary: 'Lets changes in this workspace happen again',
  examples: ['unfreeze'],
  args: {},
  answer: async (context: QueryContext) => {
    const { actor, now, workspace } = context
    if (actor === null) return stranger()
    const lifted = await context.stores.freezes.unfreeze(workspace.name, actor, now)
    if (isRefusal(lifted)) return lifted
    return card({
      heading: `Changes in workspace ${workspace.name} are allowed again`,
      tone: 'good',
      facts: [
        fact('had been stopped by', lifted.by),
        fact('because', lifted.reason),
        fact('since', lifted.at, 'time'),
      ],
    })
  },
})

function stranger(): Refusal {
  return refuse('no_role', 'Only an admin can do that.', '`whoami` tells how to be let in.')
}

export const freezeCommands: readonly Query<QueryContext>[] = [freeze, unfreeze]
