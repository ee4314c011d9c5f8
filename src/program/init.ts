import { makeTheme } from '../chat/console/theme.js'
import { noPrompts, terminalPrompts } from '../chat/console/wizard.js'
import { composeConnector } from '../compose.js'
import type { HomePaths } from '../config/home.js'
import { isRefusal, type Refusal, refuse } from '../core/refusal.js'
import type { Prompts } from '../ports/prompts.js'
import { type InitDone, init } from '../setup/init.js'
import type { InitAnswers } from '../setup/questions.js'
import type { Given } from './arguments.js'
import { endSignal, homeOf, type Process, surroundings } from './process.js'

/** `init`: by flags, and by questions for what no flag gave. */
export async function runInit(given: Given, here: Process): Promise<number | Refusal> {
  const paths = homeOf(given, here)
  if (given.flag('solo') && given.flag('no-solo'))
    return refuse('wrong_argument', '--solo and --no-solo contradict each other.', 'Leave one of them out.')
  const done = await initialise(answersOf(given), paths, here)
  if (isRefusal(done)) return done
  here.output.write(`Workspace ${done.workspace} is ready.\n`)
  for (const path of done.written) here.output.write(`  ${path}\n`)
  if (!done.changes)
    here.output.write(
      'Reading only: changes are refused, as there is no token for them. Put one into the config file as `operate` beside `read`.\n',
    )
  here.output.write(`Next: proxmox-mpc console --home ${paths.home}\n`)
  return 0
}

/** The wizard at this process's terminal; without one every question is refused with the flag that answers it. */
export async function initialise(
  answers: InitAnswers,
  paths: HomePaths,
  here: Process,
  demo = false,
): Promise<InitDone | Refusal> {
  const { signal, release } = endSignal(here)
  try {
    return await init(answers, {
      paths,
      connector: composeConnector(surroundings(here)),
      prompts: promptsOf(here, signal, demo),
      localTimeZone: new Intl.DateTimeFormat().resolvedOptions().timeZone,
      workingDirectory: here.workingDirectory,
      signal,
      demo,
    })
  } finally {
    release()
  }
}

function promptsOf(here: Process, signal: AbortSignal, quiet: boolean): Prompts {
  const isTTY = here.input.isTTY === true && here.output.isTTY === true
  const theme = makeTheme({ env: here.environment, isTTY })
  if (isTTY && !quiet) return terminalPrompts({ input: here.input, output: here.output, theme, signal })
  const prompts = noPrompts(here.errorOutput, theme)
  return quiet ? { ...prompts, note: () => {} } : prompts
}

function answersOf(given: Given): InitAnswers {
  const answers = {
    workspace: given.text('workspace'),
    cluster: given.text('cluster'),
    endpoint: given.text('endpoint'),
    tokenId: given.text('token-id'),
    tokenSecretFile: given.text('token-secret-file'),
    fingerprint: given.text('fingerprint'),
    caFile: given.text('ca-file'),
    timeZone: given.text('timezone'),
    operateTokenId: given.text('operate-token-id'),
    operateTokenSecretFile: given.text('operate-token-secret-file'),
    operate: given.text('operate'),
    solo: given.flag('solo') ? true : given.flag('no-solo') ? false : undefined,
  }
  return Object.fromEntries(Object.entries(answers).filter(([, value]) => value !== undefined))
}
