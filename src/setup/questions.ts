import { existsSync, readFileSync } from 'node:fs'
import { type HomePaths, readHome } from '../config/home.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import type { Asked, Prompts } from '../ports/prompts.js'
import type { PveConnector } from '../ports/pve.js'

/** What flags gave; the rest is asked for. */
export type InitAnswers = {
  readonly workspace?: string
  readonly cluster?: string
  readonly endpoint?: string
  readonly tokenId?: string
  readonly tokenSecretFile?: string
  readonly fingerprint?: string
  readonly caFile?: string
  readonly timeZone?: string
  readonly operateTokenId?: string
  readonly operateTokenSecretFile?: string
  /** `same`: the token for reading makes changes too; `none`: nothing does. */
  readonly operate?: string
  /** Whether one person runs the home alone. */
  readonly solo?: boolean
}

export type InitParts = {
  readonly paths: HomePaths
  readonly connector: PveConnector
  readonly prompts: Prompts
  readonly localTimeZone: string
  /** Where relative file names of flags start. */
  readonly workingDirectory: string
  readonly signal: AbortSignal
  readonly demo: boolean
}

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/

/** What a person is told who left before the end. */
export function interrupted(): Refusal {
  return refuse(
    'init_interrupted',
    'Nothing was set up.',
    'Run `init` again when you like; nothing was left behind.',
  )
}

/** A flag's value, or the answer to a question; cancelled and impossible questions end `init`. */
export async function ask(
  parts: InitParts,
  flag: string,
  question: string,
  given: string | undefined,
  initial?: string,
): Promise<string> {
  if (given !== undefined) return given
  const answer = await parts.prompts.text({
    flag,
    message: question,
    ...(initial === undefined ? {} : { initial }),
  })
  return settled(answer)
}

/** The value of an answer; anything else ends `init`. */
export function settled<T>(answer: Asked<T>): T {
  if (answer.kind === 'value') return answer.value
  throw new RefusalError(answer.kind === 'refusal' ? answer : interrupted())
}

/** Ends `init` with a refusal. */
export function stop(refusal: Refusal): never {
  throw new RefusalError(refusal)
}

/** Names of workspace and cluster that this home does not have yet. */
export async function askNames(answers: InitAnswers, parts: InitParts) {
  const workspace = named(
    'workspace',
    await ask(parts, 'workspace', 'Name of the workspace', answers.workspace, 'lab'),
  )
  const cluster = named(
    'cluster',
    await ask(parts, 'cluster', 'Name for the cluster', answers.cluster, workspace),
  )
  const timeZone = answers.timeZone ?? parts.localTimeZone
  refuseTaken(parts.paths, workspace, cluster)
  return { workspace, cluster, timeZone }
}

function named(what: string, text: string): string {
  if (NAME.test(text)) return text
  return stop(
    refuse(
      'wrong_argument',
      `\`${text}\` cannot be the name of a ${what}.`,
      'Use lower-case letters, digits and dashes, at most 32.',
    ),
  )
}

/** Says early what would be refused in the end. */
function refuseTaken(paths: HomePaths, workspace: string, cluster: string): void {
  if (!existsSync(paths.config)) return
  const config = readHome(paths)
  if (isRefusal(config)) stop(config)
  if (config.workspaces[workspace] !== undefined)
    stop(
      refuse(
        'home_exists',
        `This home has a workspace \`${workspace}\` already.`,
        'Choose another name with --workspace, or another home with --home.',
      ),
    )
  const taken = Object.values(config.workspaces).some(({ clusters }) => clusters[cluster] !== undefined)
  if (taken)
    stop(
      refuse(
        'home_exists',
        `This home has a cluster \`${cluster}\` already.`,
        'Choose another name with --cluster.',
      ),
    )
}

/** `pve1`, `pve1:8006` and `https://pve1:8006/` all mean the same. */
export function normalEndpoint(text: string): string {
  const trimmed = text.trim()
  const full = /^[a-z]+:\/\//i.test(trimmed) ? trimmed : `https://${trimmed}`
  const hint = 'Write it as https://HOST:8006.'
  if (!URL.canParse(full)) return stop(refuse('wrong_argument', `\`${text}\` is not an address.`, hint))
  const url = new URL(full)
  if (url.protocol !== 'https:') return stop(refuse('wrong_argument', `\`${text}\` is not https.`, hint))
  if (url.username !== '' || url.password !== '')
    return stop(refuse('wrong_argument', 'An address holds no user or password.', hint))
  // The URL parser drops :443 as the default of https, but here it was said on purpose.
  const port = url.port !== '' ? url.port : /:443(\/|$)/.test(full) ? '443' : '8006'
  return `https://${url.hostname}:${port}`
}

/** The text of a file that a flag names. */
export function readText(file: string, code: 'tls_untrusted' | 'secret_missing', what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new RefusalError(
      refuse(code, `The ${what} ${file} cannot be read.`, 'Check its name and rights.'),
      { cause: error },
    )
  }
}

/** Whether one person runs a new home alone. Asked once for a home; without anybody to ask it is not so. */
export async function askSolo(answers: InitAnswers, parts: InitParts): Promise<boolean> {
  if (answers.solo !== undefined) return answers.solo
  if (parts.demo || existsSync(parts.paths.config)) return false
  const answer = await parts.prompts.confirm({
    flag: 'solo',
    message: 'Does one person run this home alone? (Then they type a name where another one would approve.)',
    initial: false,
  })
  return answer.kind === 'refusal' ? false : settled(answer)
}

/** A policy that is written already is edited, not overwritten by a flag. */
export function refuseSecondPolicy(answers: InitAnswers, parts: InitParts): void {
  if (answers.solo === undefined || !existsSync(parts.paths.config)) return
  stop(
    refuse(
      'wrong_argument',
      'This home has its policy already; --solo and --no-solo are for a new home.',
      'Leave the flag out. To change the policy, edit `policy:` in .proxmox/config.yml.',
    ),
  )
}
