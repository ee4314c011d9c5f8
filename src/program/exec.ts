import { userInfo } from 'node:os'
import { execJsonLine, exitCode } from '../chat/console/json.js'
import { type Live, startLive } from '../chat/console/live.js'
import type { OperationAnswer } from '../chat/console/operations.js'
import { type RenderOptions, renderAnswer } from '../chat/console/render.js'
import { type Outcome, runScript } from '../chat/console/script.js'
import { columnsOf, makeTheme } from '../chat/console/theme.js'
import { type OpenHome, openHome } from '../compose.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import { systemClock } from '../system/clock.js'
import type { Given } from './arguments.js'
import { attachDemo } from './demo-cluster.js'
import { endSignal, homeOf, type Process, surroundings } from './process.js'
import { savingRoad } from './save-files.js'
import { watch } from './watch.js'

/** Options that are flags of the command as well: what is before `--` counts as if it stood behind the words. */
const PASSED_ON = ['confirm', 'type', 'reason'] as const
const INTERRUPTED = 130

/** `exec -- WORDS…`: one command, its answer, its exit code. */
export async function runExec(given: Given, here: Process): Promise<number | Refusal> {
  const wrong = problemOf(given)
  if (wrong !== null) return tell({ answer: wrong, operation: null }, given, here, 'UTC')
  const passed = PASSED_ON.flatMap((name) => {
    const value = given.text(name)
    return value === undefined ? [] : [`--${name}`, value]
  })
  return ask([...given.words, ...passed], given, here)
}

/** `doctor [target]` is the command of that name, for people who have no console open. */
export async function runDoctor(given: Given, here: Process): Promise<number | Refusal> {
  return ask(['doctor', ...given.words], given, here)
}

function problemOf(given: Given): Refusal | null {
  if (given.words.length === 0)
    return refuse(
      'missing_argument',
      '`exec` needs the words of a command.',
      'Usage: proxmox-mpc exec --home DIR -- status',
    )
  if (given.flag('wait') && given.flag('detach'))
    return refuse(
      'wrong_argument',
      '--wait stays until the end, and --detach leaves at once: both together cannot be.',
      'Leave one of them out.',
    )
  return null
}

async function ask(words: readonly string[], given: Given, here: Process): Promise<number | Refusal> {
  const { signal, release } = endSignal(here)
  const home = await openHomeOrRefuse(given, here)
  if (isRefusal(home)) {
    release()
    return tell({ answer: home, operation: null }, given, here, 'UTC')
  }
  let cluster: Awaited<ReturnType<typeof attachDemo>> = null
  try {
    cluster = await attachDemo(home, here)
    const zone = zoneOf(home, given)
    const screen = screenOf(given, here, zone)
    const outcome = await go(home, words, { given, here, signal, screen })
    const status = tell(outcome, given, here, zone, screen)
    const stopped = isRefusal(outcome.answer) && outcome.answer.code === 'interrupted' && signal.aborted
    return stopped ? INTERRUPTED : status
  } finally {
    release()
    await home.close()
    cluster?.detach()
  }
}

type Around = {
  readonly given: Given
  readonly here: Process
  readonly signal: AbortSignal
  readonly screen: Screen
}

async function go(home: OpenHome, words: readonly string[], around: Around): Promise<Outcome> {
  const { given, here, signal, screen } = around
  const progress = watch(here, given)
  const caller = {
    surface: 'console',
    account: userInfo().username,
    as: given.text('as') ?? home.road.startPerson(),
  } as const
  const workspace = given.text('workspace') ?? null
  try {
    return await runScript({
      // In JSON the file's text is part of the answer.
      road: given.flag('json') ? home.road : savingRoad(home.road, here.workingDirectory),
      request: { caller, words, workspace, signal, progress: progress.report },
      patience: given.flag('detach') ? 'detach' : given.flag('wait') ? 'wait' : 'end',
      signal,
      lookingOn: (answer) => {
        progress.stop()
        return screen.begin(answer)
      },
    })
  } finally {
    progress.stop()
  }
}

function zoneOf(home: OpenHome, given: Given): string {
  const name = given.text('workspace') ?? home.config.default
  return home.workspaces.find((workspace) => workspace.name === name)?.timeZone ?? 'UTC'
}

/** Opening may fail by throwing a refusal (a corrupt database); as an answer it is drawn like any other. */
async function openHomeOrRefuse(given: Given, here: Process) {
  try {
    return await openHome(homeOf(given, here), surroundings(here))
  } catch (error) {
    if (error instanceof RefusalError) return error.refusal
    throw error
  }
}

type Screen = {
  /** Shows an operation while it lasts; gives what to call when its card has changed. */
  readonly begin: (answer: OperationAnswer) => Live['update'] | undefined
  /** Ends that; gives whether these lines are shown now. Null leaves the card as it was last. */
  readonly end: (lines: readonly string[] | null) => boolean
}

/** At a terminal the card of an operation is redrawn in place; elsewhere only what it waits for is told, on stderr. */
function screenOf(given: Given, here: Process, timeZone: string): Screen {
  const { theme } = drawing(given, here, timeZone)
  const inPlace = here.output.isTTY === true && theme.glyphs && !given.flag('json')
  let live: Live | null = null
  return {
    begin: (answer) => {
      if (inPlace) {
        const draw = (card: OperationAnswer['card']) => renderAnswer(card, drawing(given, here, timeZone))
        const hint = 'Ctrl-C stops looking on'
        live = startLive({ output: here.output, clock: systemClock, theme, draw, hint }, answer.card)
        return live.update
      }
      if (answer.report.state === 'waiting') {
        const facts = {
          env: here.environment,
          isTTY: here.errorOutput.isTTY === true,
          plain: given.flag('plain'),
        }
        const columns = columnsOf(facts, here.errorOutput.columns)
        const options = { ...drawing(given, here, timeZone), theme: makeTheme(facts), columns }
        here.errorOutput.write(`${renderAnswer(answer, options).join('\n')}\n`)
      }
      return undefined
    },
    end: (lines) => {
      if (live === null) return false
      live.end(lines)
      live = null
      return lines !== null
    },
  }
}

function drawing(given: Given, here: Process, timeZone: string): RenderOptions {
  const facts = { env: here.environment, isTTY: here.output.isTTY === true, plain: given.flag('plain') }
  return {
    columns: columnsOf(facts, here.output.columns),
    theme: makeTheme(facts),
    timeZone,
    now: new Date(),
  }
}

/** Writes what came of it, for people or for scripts; gives the exit code. */
function tell(
  { answer, operation }: Outcome,
  given: Given,
  here: Process,
  timeZone: string,
  screen: Screen | null = null,
): number {
  const asked = { verb: given.words[0], known: operation }
  if (given.flag('json')) {
    here.output.write(`${execJsonLine(answer, asked)}\n`)
    return exitCode(answer, asked)
  }
  const lines = renderAnswer(answer, drawing(given, here, timeZone))
  const shown = screen?.end(isRefusal(answer) ? null : lines) ?? false
  const stream = isRefusal(answer) ? here.errorOutput : here.output
  if (!shown) stream.write(`${lines.join('\n')}\n`)
  return exitCode(answer, asked)
}
