import type { Answer } from '../../core/command.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { OperationReport } from '../../core/report.js'
import type { FollowOptions, Request, Road } from '../../ports/road.js'
import { isGoing, type OperationAnswer } from './operations.js'

export type Script = {
  readonly road: Road
  readonly request: Request
  /**
   * What to do about an operation that is not over: `end` when a person is needed and else look on to its end, look on
   * until people have decided as well, or leave it to the `serve` of the home.
   */
  readonly patience: 'end' | 'wait' | 'detach'
  /** Stops the looking on, not the operation. */
  readonly signal: AbortSignal
  /** Told before the looking on begins; gives what to call when the card has changed. */
  readonly lookingOn: (answer: OperationAnswer) => FollowOptions['update']
}

export type Outcome = {
  readonly answer: Answer
  /** The operation as it was seen last; null when none came of it. */
  readonly operation: OperationReport | null
}

/** Asks one thing and stays with what came of it, as long as the script has the patience for. */
export async function runScript(script: Script): Promise<Outcome> {
  const { road, request, patience } = script
  if (patience === 'detach' && !(await road.served())) return { answer: noRunner(), operation: null }
  const answer = await road.ask(request)
  if (answer.kind !== 'operation') return { answer, operation: null }
  const { report } = answer
  const stay =
    patience !== 'detach' && (isGoing(report.state) || (patience === 'wait' && report.state === 'waiting'))
  if (!stay) return { answer, operation: report }
  return lookOn(script, answer)
}

async function lookOn(script: Script, first: OperationAnswer): Promise<Outcome> {
  const { road, request, patience, signal, lookingOn } = script
  const { report } = first
  const update = lookingOn(first)
  const stopped = new Promise<null>((resolve) => {
    if (signal.aborted) resolve(null)
    signal.addEventListener('abort', () => resolve(null), { once: true })
  })
  const following = road.follow(report.number, {
    caller: request.caller,
    signal,
    decisions: patience === 'wait',
    ...(update === undefined ? {} : { update }),
  })
  const said = await Promise.race([following, stopped])
  if (said === null || (isRefusal(said) && said.code === 'interrupted'))
    return { answer: await leftAlone(road, report), operation: report }
  return { answer: said, operation: said.kind === 'operation' ? said.report : report }
}

function noRunner(): Refusal {
  return refuse(
    'no_runner',
    'No `serve` of this home is alive, so nobody would carry it out after this command has ended.',
    'Start one with `proxmox-mpc serve`, or leave out --detach: then this command carries it out and stays until the end.',
  )
}

async function leftAlone(road: Road, { id, number }: OperationReport): Promise<Refusal> {
  const own = road.executing().includes(number)
  const served = !own && (await road.served().catch(() => false))
  return refuse(
    'interrupted',
    `Stopped looking on; ${id} was not touched.`,
    served
      ? '`serve` goes on with it; `approvals` shows what waits and what is on the way.'
      : `The next console or \`serve\` of this home goes on with it; \`approvals\` shows what waits.`,
  )
}
