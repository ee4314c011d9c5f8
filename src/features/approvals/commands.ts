import { arg, optional } from '../../core/args.js'
import { commandName, defineCommand, type Query } from '../../core/command.js'
import { SHORT_DIGEST } from '../../core/digest.js'
import { operationName, type Verdict } from '../../core/operation.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { DecisionWords } from '../../ports/desk.js'
import type { QueryContext } from '../../ports/query.js'

/** Operations are decided at the desk, which knows its own rules; the commands only hand over what was typed. */

const OPERATION = arg.operation({ label: 'operation', summary: 'which one, as op12' })

const REASON = optional.text(
  { label: 'text', summary: 'why, for the others and for the log', flag: true },
  500,
)

const DECISION = {
  operation: OPERATION,
  plan: optional.text(
    { label: 'digest', summary: 'the plan digest you have in view, or how it begins', flag: true },
    64,
  ),
  reason: REASON,
  type: optional.text({ label: 'name', summary: 'the name, where it has to be typed', flag: true }, 300),
} as const

const CONTROL = { group: 'pve', risk: 'routine', freshness: 'none' } as const

const approvals = defineCommand({
  path: ['approvals'],
  group: 'pve',
  summary: 'What waits to be decided, runs, or has an unknown end',
  risk: 'read',
  role: 'reader',
  examples: ['approvals', 'approvals --all'],
  freshness: 'none',
  args: { all: arg.flag({ label: 'all', summary: 'also the newest that are over' }) },
  answer: (context: QueryContext, { all }) => context.desk.pending(all),
})

const approve = defineCommand({
  ...CONTROL,
  path: ['approve'],
  summary: "Approves somebody else's plan, exactly as it is shown",
  role: 'approver',
  examples: ['approve op1', "approve op1 --plan 1a2b3c4d --reason 'agreed by phone'"],
  args: DECISION,
  answer: (context: QueryContext, args) => decide(context, 'approve', args),
})

const confirm = defineCommand({
  ...CONTROL,
  path: ['confirm'],
  summary: 'Confirms your own plan, where the policy asks for that',
  role: 'operator',
  examples: ['confirm op1', 'confirm op1 --type web-01'],
  args: DECISION,
  answer: (context: QueryContext, args) => decide(context, 'confirm', args),
})

const deny = defineCommand({
  ...CONTROL,
  path: ['deny'],
  summary: 'Ends a plan that waits; one denial is enough',
  role: 'approver',
  examples: ['deny op1', "deny op1 --reason 'not before the backup'"],
  args: { operation: OPERATION, reason: REASON },
  answer: (context: QueryContext, { operation, reason }) =>
    context.desk.decide(operation, 'deny', { plan: null, reason: said(reason), typed: null }),
})

const cancel = defineCommand({
  ...CONTROL,
  path: ['cancel'],
  summary: 'Withdraws an operation, stops it between steps, or closes an unknown one',
  // Whose it is decides, and the desk knows that.
  role: 'reader',
  examples: ['cancel op1', "cancel op1 --reason 'no longer needed'"],
  args: { operation: OPERATION, reason: REASON },
  answer: (context: QueryContext, { operation, reason }) => context.desk.cancel(operation, said(reason)),
})

const resume = defineCommand({
  ...CONTROL,
  path: ['continue'],
  summary: 'Looks again at an unknown operation, or goes on with a stopped bulk',
  role: 'operator',
  examples: ['continue op1'],
  args: { operation: OPERATION, reason: REASON },
  answer: (context: QueryContext, { operation, reason }) =>
    context.desk.resume(operation, { reason: said(reason) }),
})

const undo = defineCommand({
  ...CONTROL,
  path: ['undo'],
  summary: 'Takes an operation back, as a new plan under the policy',
  role: 'operator',
  examples: ['undo op1', "undo op1 --reason 'it was needed after all'"],
  args: { operation: OPERATION, reason: REASON },
  answer: (context: QueryContext, { operation, reason }) =>
    context.desk.undo(operation, { reason: said(reason) }),
})

const why = defineCommand({
  path: ['why'],
  group: 'pve',
  summary: 'An operation, and which rules ask for what it needs',
  risk: 'read',
  role: 'reader',
  examples: ['why op1'],
  freshness: 'none',
  args: { operation: OPERATION },
  answer: (context: QueryContext, { operation }) => context.desk.why(operation),
})

type Typed = {
  readonly operation: number
  readonly plan?: string | undefined
  readonly reason?: string | undefined
  readonly type?: string | undefined
}

function decide(context: QueryContext, verdict: Verdict, typed: Typed) {
  const plan = planOf(typed, verdict)
  if (isRefusal(plan)) return plan
  const words: DecisionWords = { plan: plan.digest, reason: said(typed.reason), typed: said(typed.type) }
  return context.desk.decide(typed.operation, verdict, words)
}

/** A digest too short to bind anything, or none at all, must not pass for one. */
function planOf({ operation, plan }: Typed, verdict: Verdict): { readonly digest: string | null } | Refusal {
  if (plan === undefined) return { digest: null }
  const digest = plan.trim().toLowerCase()
  if (/^[0-9a-f]{8,64}$/.test(digest)) return { digest }
  const name = operationName(operation)
  const command = commandName(verdict === 'confirm' ? confirm : approve)
  return refuse(
    'wrong_argument',
    `\`${plan}\` is not a plan digest: that is ${SHORT_DIGEST} to 64 hex digits.`,
    `\`approvals\` shows it; \`${command} ${name}\` without --plan decides ${name} as it stands there.`,
  )
}

/** What was said; blanks alone say nothing. */
function said(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? ''
  return trimmed === '' ? null : trimmed
}

export const approvalCommands: readonly Query<QueryContext>[] = [
  approvals,
  approve,
  confirm,
  deny,
  cancel,
  resume,
  undo,
  why,
]
