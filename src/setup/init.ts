import { existsSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { HomeDraft, type HomePaths, readHome } from '../config/home.js'
import { parseConfig } from '../config/load.js'
import { refusalOf } from '../core/outage.js'
import { missingPrivileges, roleScript } from '../core/privileges.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import type { Asked, Prompts } from '../ports/prompts.js'
import { type Certificate, type Probe, type PveConnector, PveError, type TlsTrust } from '../ports/pve.js'
import { addWorkspace, newConfigText } from './config-text.js'

/** How trust is written into the config file. */
export type TlsTrustConfig =
  | { readonly kind: 'system' }
  | { readonly kind: 'ca'; readonly file: string }
  | { readonly kind: 'pin'; readonly fingerprint: string; readonly publicKey: string }

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

export type InitDone = {
  readonly kind: 'done'
  readonly workspace: string
  readonly written: readonly string[]
}

const NAME = /^[a-z0-9][a-z0-9-]{0,31}$/
const TOKEN_ID = /^[^\s:/@!=]+@[^\s:/@!=]+![A-Za-z][A-Za-z0-9._-]+$/

/**
 * Connects a cluster: asks what flags did not give, looks at the certificate before anything secret is sent, tests the
 * token, then writes the home. Whatever it wrote is undone when it is interrupted or fails.
 */
export async function init(answers: InitAnswers, parts: InitParts): Promise<InitDone | Refusal> {
  const draft = new HomeDraft()
  try {
    return await steps(answers, parts, draft)
  } catch (error) {
    draft.undo()
    if (parts.signal.aborted) return interrupted()
    if (error instanceof RefusalError) return error.refusal
    if (error instanceof PveError) return refusalOf(error.outage)
    throw error
  }
}

function interrupted(): Refusal {
  return refuse(
    'init_interrupted',
    'Nothing was set up.',
    'Run `init` again when you like; nothing was left behind.',
  )
}

async function steps(answers: InitAnswers, parts: InitParts, draft: HomeDraft): Promise<InitDone | Refusal> {
  const names = await askNames(answers, parts)
  const endpoint = normalEndpoint(
    await ask(parts, 'endpoint', 'Address of a node, as https://HOST:8006', answers.endpoint),
  )
  const trust = await decideTrust(answers, parts, endpoint)
  const token = await askToken(answers, parts)
  const probe = await test(parts, { cluster: names.cluster, endpoint, trust: trust.use, token })
  await tellPrivileges(parts, probe, token.id)
  parts.signal.throwIfAborted()
  const written = write(parts, draft, { ...names, endpoint, tls: trust.write, token })
  parts.signal.throwIfAborted()
  return { kind: 'done', workspace: names.workspace, written }
}

/** A flag's value, or the answer to a question; cancelled and impossible questions end `init`. */
async function ask(
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

function settled<T>(answer: Asked<T>): T {
  if (answer.kind === 'value') return answer.value
  throw new RefusalError(answer.kind === 'refusal' ? answer : interrupted())
}

function stop(refusal: Refusal): never {
  throw new RefusalError(refusal)
}

async function askNames(answers: InitAnswers, parts: InitParts) {
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

type Trust = { readonly use: TlsTrust; readonly write: TlsTrustConfig }

async function decideTrust(answers: InitAnswers, parts: InitParts, endpoint: string): Promise<Trust> {
  if (answers.caFile !== undefined) {
    const file = resolve(parts.workingDirectory, answers.caFile)
    return {
      use: { kind: 'ca', pem: readText(file, 'tls_untrusted', 'CA file') },
      write: { kind: 'ca', file },
    }
  }
  const shown = await parts.connector.certificate(endpoint, parts.signal)
  if (answers.fingerprint !== undefined) {
    if (answers.fingerprint.toUpperCase() === shown.fingerprint.toUpperCase()) return pinned(shown)
    return stop(
      refuse(
        'tls_fingerprint',
        'The certificate has another fingerprint than the one given.',
        'Compare it on the node: openssl x509 -fingerprint -sha256 -noout -in /etc/pve/local/pve-ssl.pem',
        [`given: ${answers.fingerprint}`, `shown: ${shown.fingerprint}`],
      ),
    )
  }
  if (shown.trustedBySystem) return { use: { kind: 'system' }, write: { kind: 'system' } }
  parts.prompts.note('Certificate', describe(shown))
  const yes = await parts.prompts.confirm({
    flag: 'fingerprint',
    message: 'Is this the fingerprint that the node itself shows (Node > System > Certificates)?',
    initial: false,
  })
  if (yes.kind === 'refusal')
    return stop(
      refuse(
        'tls_untrusted',
        'No authority of this system vouches for the certificate.',
        'Compare the fingerprint with the node and give it: --fingerprint SHA256, or give its CA: --ca-file FILE.',
        [`shown: ${shown.fingerprint}`],
      ),
    )
  if (settled(yes)) return pinned(shown)
  return stop(
    refuse(
      'tls_untrusted',
      'The certificate was not confirmed.',
      'Look the fingerprint up on the node, then run `init` again.',
    ),
  )
}

function pinned({ fingerprint, publicKey }: Certificate): Trust {
  return { use: { kind: 'pin', fingerprint, publicKey }, write: { kind: 'pin', fingerprint, publicKey } }
}

function describe(certificate: Certificate): string {
  return [
    `fingerprint  ${certificate.fingerprint}`,
    `for          ${certificate.names.join(', ')}`,
    `issued by    ${certificate.issuer.replaceAll('\n', ', ')}`,
    `valid        ${certificate.validFrom} to ${certificate.validTo}`,
  ].join('\n')
}

function readText(file: string, code: 'tls_untrusted' | 'secret_missing', what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new RefusalError(
      refuse(code, `The ${what} ${file} cannot be read.`, 'Check its name and rights.'),
      { cause: error },
    )
  }
}

type Token = { readonly id: string; readonly secret: string; readonly file: string | null }

async function askToken(answers: InitAnswers, parts: InitParts): Promise<Token> {
  const id = await ask(
    parts,
    'token-id',
    'Id of an API token for reading, as user@realm!name',
    answers.tokenId,
  )
  if (!TOKEN_ID.test(id))
    stop(
      refuse(
        'wrong_argument',
        `\`${id}\` is not the id of a token.`,
        'Write it as user@realm!name; in a shell, in single quotes.',
      ),
    )
  if (answers.tokenSecretFile !== undefined) {
    const file = resolve(parts.workingDirectory, answers.tokenSecretFile)
    const secret = readText(file, 'secret_missing', 'secret file').trim()
    if (secret === '' || /\s/.test(secret))
      stop(
        refuse(
          'secret_missing',
          `The secret file ${file} does not hold exactly one word.`,
          'Put the secret alone into it.',
        ),
      )
    return { id, secret, file }
  }
  const secret = settled(
    await parts.prompts.secret({ flag: 'token-secret-file', message: 'Its secret (not shown)' }),
  ).trim()
  if (secret === '')
    stop(refuse('secret_missing', 'No secret was given.', 'PVE shows it once, when the token is made.'))
  return { id, secret, file: null }
}

type Connection = {
  readonly cluster: string
  readonly endpoint: string
  readonly trust: TlsTrust
  readonly token: Token
}

async function test(parts: InitParts, to: Connection): Promise<Probe> {
  const { id, secret } = to.token
  const settings = { name: to.cluster, endpoints: [to.endpoint], tls: to.trust, token: { id, secret } }
  const connection = parts.connector.connect(settings)
  try {
    return await connection.access.probe(parts.signal)
  } finally {
    await connection.close()
  }
}

async function tellPrivileges(parts: InitParts, probe: Probe, tokenId: string): Promise<void> {
  const nodes = probe.nodes.length === 1 ? '1 node' : `${probe.nodes.length} nodes`
  parts.prompts.note(
    'Connected',
    `Proxmox VE ${probe.version}, ${probe.clusterName ?? 'no cluster'}, ${nodes}`,
  )
  const missing = missingPrivileges(probe.permissions, 'read', probe.version.startsWith('8') ? 8 : 9)
  if (missing.length === 0) return
  const lines = missing.map(({ path, privileges }) => `${path}: ${privileges.join(' ')}`)
  parts.prompts.note('Privileges that the token lacks for reading', lines.join('\n'))
  parts.prompts.note('Run this on a node as root to grant them', roleScript('read', probe.version, tokenId))
}

type Made = {
  readonly workspace: string
  readonly cluster: string
  readonly timeZone: string
  readonly endpoint: string
  readonly tls: TlsTrustConfig
  readonly token: Token
}

/** The config file comes last: without it a half-made home is no home. */
function write(parts: InitParts, draft: HomeDraft, made: Made): readonly string[] {
  const { paths } = parts
  draft.directory(paths.home)
  draft.directory(paths.proxmox, 0o750)
  draft.directory(paths.secrets, 0o700)
  for (const tool of ['terraform', 'pulumi', 'ansible'])
    draft.directory(join(paths.home, tool, made.workspace))
  const ignore = join(paths.proxmox, '.gitignore')
  if (!existsSync(ignore)) draft.file(ignore, 'secrets/\nsimulator/\nstate.db*\nconsole-history*\n*.log*\n')
  const secretName = `${made.cluster}-read`
  if (made.token.file === null) draft.file(join(paths.secrets, secretName), `${made.token.secret}\n`, 0o600)
  const reference = made.token.file ?? `.proxmox/secrets/${secretName}`
  const node = {
    ...made,
    tokenId: made.token.id,
    secretReference: `\${file:${reference}}`,
    demo: parts.demo,
  }
  const before = existsSync(paths.config) ? readFileSync(paths.config, 'utf8') : null
  const text = before === null ? newConfigText(node) : addWorkspace(before, node)
  if (text === null)
    return stop(
      refuse(
        'home_exists',
        `This home has a workspace \`${made.workspace}\` already.`,
        'Choose another name.',
      ),
    )
  const valid = parseConfig(text, '.proxmox/config.yml')
  if (isRefusal(valid)) return stop(valid)
  draft.file(paths.config, text, 0o640)
  return [paths.config, ...['terraform', 'pulumi', 'ansible'].map((tool) => join(paths.home, tool))]
}
