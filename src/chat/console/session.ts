import { card } from '../../core/card.js'
import type { Answer, SessionEffect } from '../../core/command.js'
import { isRefusal, refuse } from '../../core/refusal.js'
import { sanitise, truncate } from '../text.js'
import { readlineCompleter } from './complete.js'
import { decideByKey, decideFromList } from './deciding.js'
import { editedLines } from './edited-lines.js'
import { fileHistory, type History, noHistory } from './history.js'
import { isGoing, lookOn, mayLeave, type OperationAnswer } from './operations.js'
import { pipedLines } from './piped-lines.js'
import {
  ask,
  brokenInside,
  type ConsoleOptions,
  callerOf,
  draw,
  type Shell,
  type State,
  show,
} from './shell.js'
import { type LineSource, printer } from './streams.js'
import { makeTheme, type TerminalFacts, type Theme } from './theme.js'

const HOW_TO_LEAVE = 'To leave, type exit or press Ctrl-D.'
const INTERRUPTED = 130
/** How often a person who is not typing anything is told what came up meanwhile. */
const NEWS_MILLISECONDS = 5000

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
  const state = startState(options)
  let source: LineSource | null = null
  const leave = (status: number) => {
    state.ended ??= status
    state.running?.abort()
    source?.close()
  }
  const print = printer(options.output, () => leave(0))
  options.errorOutput.on('error', () => {})
  const theme = makeTheme(facts)
  const shell: Shell = { options, facts, theme, interactive: facts.isTTY && theme.glyphs, print, state }
  const history = historyOf(shell)
  source = await sourceOf(shell, history, leave)
  const onSignal = () => leave(INTERRUPTED)
  options.signal?.addEventListener('abort', onSignal, { once: true })
  if (options.signal?.aborted === true) onSignal()
  options.onStart?.({ interrupt: () => interrupt(shell, leave) })
  const ending = new AbortController()
  const news = tellNews(shell, source, ending.signal)
  try {
    await converse(shell, source, history)
  } finally {
    options.signal?.removeEventListener('abort', onSignal)
    ending.abort()
    source.close()
    await news
  }
  return print.broken() === 'failed' ? 1 : (state.ended ?? 0)
}

function startState(options: ConsoleOptions): State {
  return {
    road: options.road,
    workspace: options.road.startWorkspace(),
    as: options.road.startPerson(),
    timeZoneOf: options.timeZoneOf,
    running: null,
    ended: null,
    answered: false,
    warned: false,
    over: new Set(),
  }
}

function interrupt({ facts, print, state, theme }: Shell, leave: (status: number) => void): void {
  if (!facts.isTTY) leave(INTERRUPTED)
  else if (state.running !== null) state.running.abort()
  else {
    const said = atPrompt(state, leave)
    if (said !== null) print.text(`\n${said}\n${promptOf(state, theme)}`)
  }
}

/** Ctrl-C at a prompt leaves only where somebody was told just now what that means. */
function atPrompt(state: State, leave: (status: number) => void): string | null {
  if (!state.warned) return HOW_TO_LEAVE
  leave(INTERRUPTED)
  return null
}

function historyOf({ options, facts }: Shell): History {
  return options.historyFile === null || !facts.isTTY
    ? noHistory()
    : fileHistory(options.historyFile, options.clock)
}

/** Line editing needs a terminal that obeys escape sequences; all others get lines as they come. */
async function sourceOf(
  shell: Shell,
  history: History,
  leave: (status: number) => void,
): Promise<LineSource> {
  const { options, facts, print, state, interactive } = shell
  const { input, output } = options
  if (!facts.isTTY) return pipedLines(input, () => {})
  if (!interactive) return pipedLines(input, print.text)
  return editedLines({
    input,
    output,
    history,
    completer: readlineCompleter(
      () => state.road,
      () => state.workspace,
      () => callerOf(shell),
    ),
    onInterrupt: () => state.running?.abort(),
    howToLeave: () => atPrompt(state, leave),
  })
}

/** Line after line until there is none, somebody leaves, or nobody reads any more. */
async function converse(shell: Shell, source: LineSource, history: History): Promise<void> {
  const { options, facts, state, print, theme } = shell
  if (facts.isTTY && options.greeting !== undefined) await show(shell, options.greeting)
  let kept: Promise<void> = Promise.resolve()
  while (state.ended === null) {
    if (facts.isTTY) for (const said of state.road.news()) await show(shell, said)
    const line = await source.next(promptOf(state, theme))
    if (line === null) {
      if (facts.isTTY) print.text('\n')
      if (state.ended !== null || (await mayLeave(shell, source.over()))) break
      continue
    }
    if (line.trim() === '' || line.trimStart().startsWith('#')) continue
    kept = history.add(line)
    const answer = await ask(shell, line)
    if (state.ended !== null) break
    await take(shell, answer, source)
  }
  await kept
}

/** Shows an answer and does what it says to the session. */
async function take(shell: Shell, answer: Answer, source: LineSource): Promise<void> {
  const leaving = answer.kind === 'session' && answer.effect.kind === 'exit'
  if (!leaving) shell.state.warned = false
  switch (answer.kind) {
    case 'card':
    case 'refusal':
      return show(shell, answer)
    case 'session':
      return takeEffect(shell, answer.effect, answer, source)
    case 'operation':
      return takeOperation(shell, answer, source)
    case 'choice':
      await show(shell, answer)
      return goOn(shell, await decideFromList(shell, answer.choices, source), source)
  }
}

async function takeEffect(
  shell: Shell,
  effect: SessionEffect,
  answer: Answer,
  source: LineSource,
): Promise<void> {
  const { state } = shell
  switch (effect.kind) {
    case 'exit':
      if (await mayLeave(shell, source.over())) state.ended ??= 0
      return
    case 'use':
      state.workspace = effect.workspace
      return show(shell, answer)
    case 'as':
      state.as = effect.person
      return show(shell, answer)
    case 'init':
      return show(shell, await initialise(shell, source))
  }
}

async function takeOperation(shell: Shell, answer: OperationAnswer, source: LineSource): Promise<void> {
  const { report, choices } = answer
  if (isGoing(report.state)) {
    await lookOn(shell, answer)
    return
  }
  await show(shell, answer)
  if (report.needs === 'confirmation') await goOn(shell, await decideByKey(shell, choices, source), source)
}

/** Asks the road what was chosen; its answer is taken like any other. */
async function goOn(
  shell: Shell,
  picked: Awaited<ReturnType<typeof decideByKey>>,
  source: LineSource,
): Promise<void> {
  if (picked === null || shell.state.ended !== null) return
  const answer = isRefusal(picked) ? picked : await ask(shell, picked)
  if (shell.state.ended === null) await take(shell, answer, source)
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
    state.as = opened.road.startPerson()
    state.timeZoneOf = opened.timeZoneOf ?? state.timeZoneOf
    return opened.card ?? card({ heading: `Now in workspace ${opened.workspace ?? '(none)'}`, tone: 'good' })
  } catch {
    return brokenInside()
  } finally {
    source.resume()
  }
}

/** What came up while somebody sits at the prompt appears above it; while something is answered, after that. */
async function tellNews(shell: Shell, source: LineSource, signal: AbortSignal): Promise<void> {
  const { options, interactive, state } = shell
  if (!interactive) return
  let kept: readonly string[] = []
  try {
    for (;;) {
      await options.clock.sleep(NEWS_MILLISECONDS, signal)
      if (state.running !== null) continue
      kept = [...kept, ...state.road.news().flatMap((said) => [...draw(shell, said), ''])]
      if (kept.length > 0 && source.above(kept)) kept = []
    }
  } catch {
    // The sleep was cut short: the session is over.
  }
}

/** `lab> `, and where somebody speaks as another `lab (alice)> `. */
function promptOf({ workspace, as }: State, { unicode }: Theme): string {
  const where = truncate(sanitise(workspace ?? 'proxmox-mpc', unicode), 40, unicode)
  return as === null ? `${where}> ` : `${where} (${truncate(sanitise(as, unicode), 24, unicode)})> `
}
