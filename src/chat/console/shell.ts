import type { Card } from '../../core/card.js'
import type { Answer } from '../../core/command.js'
import { type Refusal, refuse } from '../../core/refusal.js'
import type { Clock } from '../../ports/clock.js'
import type { Caller, Road } from '../../ports/road.js'
import { type Live, startLive } from './live.js'
import { noProgress, startProgress } from './progress.js'
import { type RenderOptions, renderAnswer } from './render.js'
import type { ConsoleInput, ConsoleOutput, Printer } from './streams.js'
import { columnsOf, type TerminalEnv, type TerminalFacts, type Theme } from './theme.js'

/** Where the console goes on after `init`. */
export type Opened = {
  readonly kind: 'opened'
  readonly road: Road
  readonly workspace: string | null
  readonly timeZoneOf?: (workspace: string | null) => string
  /** What was set up; printed when it is there. */
  readonly card?: Card
}

export type ConsoleControls = {
  /** What Ctrl-C does where the terminal does not give it to us as a key: stops what runs, or ends a script. */
  readonly interrupt: () => void
}

export type ConsoleOptions = {
  readonly road: Road
  readonly input: ConsoleInput
  readonly output: ConsoleOutput
  /** Gets the progress line; nothing else. */
  readonly errorOutput: ConsoleOutput
  readonly env: TerminalEnv
  readonly plain?: boolean
  /** Null keeps no history. */
  readonly historyFile: string | null
  readonly clock: Clock
  readonly account: string
  readonly timeZoneOf: (workspace: string | null) => string
  /** Printed at the start, where a person sits. */
  readonly greeting?: Card
  /** Runs the wizard; the console goes on in what it opened. */
  readonly init?: () => Promise<Opened | Refusal>
  readonly onStart?: (controls: ConsoleControls) => void
  /** Ends the session, for example at SIGTERM. */
  readonly signal?: AbortSignal
}

export type State = {
  road: Road
  workspace: string | null
  /** The person who speaks, where it is not the one behind the account. */
  as: string | null
  timeZoneOf: (workspace: string | null) => string
  /** What is being answered, asked or followed, to be aborted by Ctrl-C. */
  running: AbortController | null
  /** The exit status, null while the session goes on. */
  ended: number | null
  answered: boolean
  /** Told just now what leaving means for what this console executes. */
  warned: boolean
  /** Operations whose last card was shown. */
  readonly over: Set<number>
}

export type Shell = {
  readonly options: ConsoleOptions
  readonly facts: TerminalFacts
  readonly theme: Theme
  /** A person sits at a terminal that obeys: keys can be asked for, and cards redrawn. */
  readonly interactive: boolean
  readonly print: Printer
  readonly state: State
}

export function callerOf({ options, state }: Shell): Caller {
  return { surface: 'console', account: options.account, as: state.as }
}

/** Asks the road; Ctrl-C gives `interrupted` at once, whether or not the road notices. */
export async function ask(shell: Shell, words: string | readonly string[]): Promise<Answer> {
  const { options, facts, state, theme } = shell
  const { errorOutput, clock } = options
  const watched = facts.isTTY && theme.glyphs && errorOutput.isTTY === true
  const progress = watched ? startProgress(errorOutput, theme, clock) : noProgress()
  const request = { caller: callerOf(shell), words, workspace: state.workspace, progress: progress.report }
  return interruptible(shell, (signal) => state.road.ask({ ...request, signal })).finally(progress.stop)
}

/** Runs something that Ctrl-C stops: the answer is `interrupted` then. What it throws becomes a refusal. */
export async function interruptible(
  { state }: Shell,
  go: (signal: AbortSignal) => Promise<Answer>,
): Promise<Answer> {
  const controller = new AbortController()
  const { signal } = controller
  state.running = controller
  const stopped = new Promise<Answer>((resolve) => {
    const stop = () => resolve(refuse('interrupted', 'Stopped.', 'Ask again when you like.'))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    return await Promise.race([go(signal), stopped])
  } catch {
    return brokenInside()
  } finally {
    state.running = null
  }
}

export function brokenInside(): Refusal {
  return refuse('internal', 'Something went wrong inside the program.', 'Please report what you did.')
}

/** Prints an answer for the terminal as it is now; answers are parted by a blank line. */
export async function show(shell: Shell, answer: Answer): Promise<void> {
  const { facts, state, print } = shell
  const lines = draw(shell, answer)
  if (facts.isTTY) await print.lines([...lines, ''])
  else await print.lines(state.answered ? ['', ...lines] : lines)
  state.answered = true
}

export function draw({ options, facts, theme, state }: Shell, answer: Answer): readonly string[] {
  const { output, clock } = options
  const render: RenderOptions = {
    columns: columnsOf(facts, output.isTTY === true ? output.columns : undefined),
    theme,
    timeZone: state.timeZoneOf(state.workspace),
    now: clock.now(),
    high: theme.glyphs && (output.rows ?? 0) >= 50,
  }
  return renderAnswer(answer, render)
}

/** A card that is redrawn in place until it is ended. */
export function live(shell: Shell, first: Card): Live {
  const { output, clock } = shell.options
  const { theme, print, state } = shell
  state.answered = true
  const started = startLive(
    { output, clock, theme, draw: (card) => draw(shell, card), hint: 'Ctrl-C lets it go on by itself' },
    first,
  )
  return {
    update: started.update,
    end: (lines) => {
      started.end(lines)
      print.text('\n')
    },
  }
}
