import { card } from '../../core/card.js'
import type { Answer } from '../../core/command.js'
import { ENDED, type OperationState, operationName } from '../../core/operation.js'
import { isRefusal } from '../../core/refusal.js'
import type { OperationReport } from '../../core/report.js'
import type { Road } from '../../ports/road.js'
import type { Live } from './live.js'
import { callerOf, draw, interruptible, live, type Shell, show } from './shell.js'

export type OperationAnswer = Extract<Answer, { readonly kind: 'operation' }>

/** Decided and not over: there is something to look on at. */
export function isGoing(state: OperationState): boolean {
  return state === 'ready' || state === 'running'
}

/**
 * Looks on until an operation has ended, and shows how. Where a card can be redrawn, the whole way is shown in place;
 * elsewhere the last card alone. Ctrl-C stops the looking on and leaves the operation as it is.
 */
export async function lookOn(shell: Shell, answer: OperationAnswer): Promise<Answer> {
  const { interactive, state } = shell
  const { report } = answer
  const picture = interactive ? live(shell, answer.card) : null
  const said = await interruptible(shell, (signal) =>
    state.road.follow(report.number, {
      caller: callerOf(shell),
      signal,
      decisions: false,
      ...(picture === null ? {} : { update: picture.update }),
    }),
  )
  if (state.ended !== null) picture?.end(null)
  else if (isRefusal(said) && said.code === 'interrupted') await letGo(shell, report, picture)
  else await last(shell, said, picture)
  return said
}

async function last(shell: Shell, said: Answer, picture: Live | null): Promise<void> {
  if (said.kind === 'operation' && (ENDED.has(said.report.state) || said.report.state === 'unknown'))
    shell.state.over.add(said.report.number)
  if (picture === null) return show(shell, said)
  if (!isRefusal(said)) return picture.end(draw(shell, said))
  picture.end(null)
  return show(shell, said)
}

/** Says who goes on with it. Where that is this console alone, leaving has been warned of with it. */
async function letGo(shell: Shell, { number, id }: OperationReport, picture: Live | null): Promise<void> {
  const { state } = shell
  picture?.end(null)
  const own = state.road.executing().includes(number) || !(await isServed(state.road))
  if (own) state.warned = true
  await show(
    shell,
    card({
      heading: `${id} goes on`,
      tone: 'neutral',
      text: own
        ? 'This console carries it out as long as it is open. Ctrl-C again leaves; the next console or `serve` of this home takes it up then.'
        : '`serve` carries it out, also when this console is left.',
      actions: [{ label: 'what waits and what is on the way', words: 'approvals' }],
    }),
  )
}

/**
 * Whether the session may end: not at once while this console carries something out that nobody would go on with.
 * A person is warned once; a script waits until all has ended.
 */
export async function mayLeave(shell: Shell, gone: boolean): Promise<boolean> {
  const { facts, state } = shell
  if (!facts.isTTY) return waitForAll(shell)
  const going = executed(shell)
  if (gone || state.warned || going.length === 0 || (await isServed(state.road))) return true
  const names = going.map(operationName)
  const several = names.length > 1
  state.warned = true
  await show(
    shell,
    card({
      heading: `${listed(names)} ${several ? 'are' : 'is'} still running and this console executes ${several ? 'them' : 'it'}`,
      tone: 'warning',
      text: `Leave again to stop following; ${several ? 'they are' : 'it is'} taken up by the next console or \`serve\` of this home.`,
    }),
  )
  return false
}

async function waitForAll(shell: Shell): Promise<true> {
  const { state } = shell
  const waited = new Set<number>()
  for (;;) {
    const number = executed(shell).find((each) => !waited.has(each))
    if (number === undefined || state.ended !== null) return true
    waited.add(number)
    const said = await interruptible(shell, (signal) =>
      state.road.follow(number, { caller: callerOf(shell), signal, decisions: false }),
    )
    if (state.ended === null) await last(shell, said, null)
  }
}

/** An operation that has just ended may be in this process' hands for a moment longer. */
function executed({ state }: Shell): readonly number[] {
  return state.road.executing().filter((number) => !state.over.has(number))
}

async function isServed(road: Road): Promise<boolean> {
  return road.served().catch(() => false)
}

function listed(names: readonly string[]): string {
  const few = names.slice(0, 5)
  const more = names.length - few.length
  if (more > 0) return `${few.join(', ')} and ${more} more`
  return few.length < 2 ? few.join('') : `${few.slice(0, -1).join(', ')} and ${few.at(-1)}`
}
