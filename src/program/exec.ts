import { userInfo } from 'node:os'
import { execJsonLine, exitCode } from '../chat/console/json.js'
import { renderAnswer } from '../chat/console/render.js'
import { columnsOf, makeTheme } from '../chat/console/theme.js'
import { openHome } from '../compose.js'
import type { Answer } from '../core/command.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import type { Given } from './arguments.js'
import { endSignal, homeOf, type Process, surroundings } from './process.js'
import { watch } from './watch.js'

/** `exec -- WORDS…`: one command, its answer, its exit code. */
export async function runExec(given: Given, here: Process): Promise<number | Refusal> {
  if (given.words.length === 0)
    return answer(
      refuse(
        'missing_argument',
        '`exec` needs the words of a command.',
        'Usage: proxmox-mpc exec --home DIR -- status',
      ),
      given,
      here,
      'UTC',
    )
  return ask(given.words, given, here)
}

/** `doctor [target]` is the command of that name, for people who have no console open. */
export async function runDoctor(given: Given, here: Process): Promise<number | Refusal> {
  return ask(['doctor', ...given.words], given, here)
}

async function ask(words: readonly string[], given: Given, here: Process): Promise<number | Refusal> {
  const { signal, release } = endSignal(here)
  const home = await openHomeOrRefuse(given, here)
  if (isRefusal(home)) return answer(home, given, here, 'UTC')
  try {
    const workspace = given.text('workspace') ?? null
    const progress = watch(here, given)
    const caller = { surface: 'console', account: userInfo().username } as const
    const said = await home.road
      .ask({ caller, words, workspace, signal, progress: progress.report })
      .finally(progress.stop)
    const zone =
      home.workspaces.find(({ name }) => name === (workspace ?? home.config.default))?.timeZone ?? 'UTC'
    return answer(said, given, here, zone)
  } finally {
    release()
    await home.close()
  }
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

function answer(said: Answer, given: Given, here: Process, timeZone: string): number {
  if (given.flag('json')) {
    here.output.write(`${execJsonLine(said)}\n`)
    return exitCode(said)
  }
  const facts = { env: here.environment, isTTY: here.output.isTTY === true, plain: given.flag('plain') }
  const lines = renderAnswer(said, {
    columns: columnsOf(facts, here.output.columns),
    theme: makeTheme(facts),
    timeZone,
    now: new Date(),
  })
  const stream = isRefusal(said) ? here.errorOutput : here.output
  stream.write(`${lines.join('\n')}\n`)
  return exitCode(said)
}
