import { type Card, card } from '../../core/card.js'
import type { Answer, SessionEffect } from '../../core/command.js'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.js'
import type { Clock } from '../../ports/clock.js'
import type { Road } from '../../ports/road.js'
import { readlineCompleter } from './complete.js'
import { editedLines } from './edited-lines.js'
import { fileHistory, type History, noHistory } from './history.js'
import { pipedLines } from './piped-lines.js'
import { noProgress, startProgress } from './progress.js'
import { type RenderOptions, renderAnswer } from './render.js'
import { type ConsoleInput, type ConsoleOutput, type LineSource, type Printer, printer } from './streams.js'
import { sanitise, truncate } from './text.js'
import { columnsOf, makeTheme, type TerminalEnv, type TerminalFacts, type Theme } from './theme.js'

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

type State = {
  road: Road
  workspace: string | null
  timeZoneOf: (workspace: string | null) => string
  /** What is being answered, to be aborted by Ctrl-C. */
  running: AbortController | null
  /** The exit status, null while the session goes on. */
  ended: number | null
  answered: boolean
}

type Shell = {
  readonly options: ConsoleOptions
  readonly facts: TerminalFacts
  readonly theme: Theme
  readonly print: Printer
  readonly state: State
}

const HOW_TO_LEAVE = 'To leave, type exit or press Ctrl-D.'
const INTERRUPTED = 130

/**
 * Runs the console until its input ends: with a person at a terminal, or with commands from a pipe, each answered to
 * its end before the next. Gives the exit status: 0, 130 when interrupted, 1 when the output could not be written.
 */
export async function runConsole(options: ConsoleOptions): Promise<number> {
  const facts: TerminalFacts = {
    env: options.env,
    plain: options.plain === true,
    isTTY: options.input.isTTY === true && options.output.isTTY === true,
  }
  const state: State = {
    road: options.road,
    workspace: options.road.startWorkspace(),
    timeZoneOf: options.timeZoneOf,
    running: null,
    ended: null,
    answered: false,
  }
  let source: LineSource | null = null
  const leave = (status: number) => {
    state.ended ??= status
    state.running?.abort()
    source?.close()
  }
  const print = printer(options.output, () => leave(0))
  options.errorOutput.on('error', () => {})
  const shell: Shell = { options, facts, theme: makeTheme(facts), print, state }
  const history = historyOf(shell)
  source = await sourceOf(shell, history)
  const onSignal = () => leave(INTERRUPTED)
  options.signal?.addEventListener('abort', onSignal, { once: true })
  if (options.signal?.aborted === true) onSignal()
  options.onStart?.({ interrupt: () => interrupt(shell, leave) })
  try {
    await converse(shell, source, history)
  } finally {
    options.signal?.removeEventListener('abort', onSignal)
    source.close()
  }
  return print.broken() === 'failed' ? 1 : (state.ended ?? 0)
}

function interrupt({ facts, print, state, theme }: Shell, leave: (status: number) => void): void {
  if (!facts.isTTY) leave(INTERRUPTED)
  else if (state.running !== null) state.running.abort()
  else print.text(`\n${HOW_TO_LEAVE}\n${promptOf(state, theme)}`)
}

function historyOf({ options, facts }: Shell): History {
  return options.historyFile === null || !facts.isTTY
    ? noHistory()
    : fileHistory(options.historyFile, options.clock)
}

/** Line editing needs a terminal that obeys escape sequences; all others get lines as they come. */
async function sourceOf({ options, facts, print, state }: Shell, history: History): Promise<LineSource> {
  const { input, output, env } = options
  if (!facts.isTTY) return pipedLines(input, () => {})
  if (facts.plain === true || env.TERM === 'dumb') return pipedLines(input, print.text)
  return editedLines({
    input,
    output,
    history,
    completer: readlineCompleter(
      () => state.road,
      () => state.workspace,
    ),
    onInterrupt: () => state.running?.abort(),
    howToLeave: HOW_TO_LEAVE,
  })
}

/** Line after line until there is none, somebody leaves, or nobody reads any more. */
async function converse(shell: Shell, source: LineSource, history: History): Promise<void> {
  const { options, facts, state, print, theme } = shell
  if (facts.isTTY && options.greeting !== undefined) await show(shell, options.greeting)
  let kept: Promise<void> = Promise.resolve()
  while (state.ended === null) {
    const line = await source.next(promptOf(state, theme))
    if (line === null) {
      if (facts.isTTY) print.text('\n')
      break
    }
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    kept = history.add(line)
    const answer = await ask(shell, line)
    if (state.ended !== null) break
    await take(shell, answer, source)
  }
  await kept
}

/** Asks the road; Ctrl-C gives `interrupted` at once, whether or not the road notices. */
async function ask({ options, facts, state, theme }: Shell, line: string): Promise<Answer> {
  const controller = new AbortController()
  const { signal } = controller
  state.running = controller
  const { errorOutput, clock, account } = options
  const watched = facts.isTTY && theme.glyphs && errorOutput.isTTY === true
  const progress = watched ? startProgress(errorOutput, theme, clock) : noProgress()
  const stopped = new Promise<Answer>((resolve) => {
    const stop = () => resolve(refuse('interrupted', 'Stopped.', 'Ask again when you like.'))
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    const request = {
      caller: { surface: 'console', account },
      words: line,
      workspace: state.workspace,
    } as const
    return await Promise.race([state.road.ask({ ...request, signal, progress: progress.report }), stopped])
  } catch {
    return brokenInside()
  } finally {
    progress.stop()
    state.running = null
  }
}

function brokenInside(): Refusal {
  return refuse('internal', 'Something went wrong inside the program.', 'Please report what you did.')
}

/** Shows an answer and does what it says to the session. */
async function take(shell: Shell, answer: Answer, source: LineSource): Promise<void> {
  if (isRefusal(answer) || answer.kind === 'card') return show(shell, answer)
  const { state } = shell
  const effect: SessionEffect = answer.effect
  switch (effect.kind) {
    case 'exit':
      state.ended = 0
      return
    case 'use':
      state.workspace = effect.workspace
      return show(shell, answer)
    case 'init':
      return show(shell, await initialise(shell, source))
  }
}

async function initialise({ options, state }: Shell, source: LineSource): Promise<Answer> {
  if (options.init === undefined)
    return refuse('not_here', 'Nothing can be set up from here.', 'Run `proxmox-mpc init` in a shell.')
  source.suspend()
  try {
    const opened = await options.init()
    if (isRefusal(opened)) return opened
    state.road = opened.road
    state.workspace = opened.workspace
    state.timeZoneOf = opened.timeZoneOf ?? state.timeZoneOf
    return opened.card ?? card({ heading: `Now in workspace ${opened.workspace ?? '(none)'}`, tone: 'good' })
  } catch {
    return brokenInside()
  } finally {
    source.resume()
  }
}

/** Prints an answer for the terminal as it is now; answers are parted by a blank line. */
async function show(shell: Shell, answer: Answer): Promise<void> {
  const { options, facts, theme, state, print } = shell
  const { output, clock } = options
  const render: RenderOptions = {
    columns: columnsOf(facts, output.isTTY === true ? output.columns : undefined),
    theme,
    timeZone: state.timeZoneOf(state.workspace),
    now: clock.now(),
    high: theme.glyphs && (output.rows ?? 0) >= 50,
  }
  const lines = renderAnswer(answer, render)
  if (facts.isTTY) await print.lines([...lines, ''])
  else await print.lines(state.answered ? ['', ...lines] : lines)
  state.answered = true
}

function promptOf({ workspace }: State, { unicode }: Theme): string {
  return `${truncate(sanitise(workspace ?? 'proxmox-mpc', unicode), 40, unicode)}> `
}
