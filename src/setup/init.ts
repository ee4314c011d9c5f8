import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CONFIG_FILE, HomeDraft } from '../config/home.js'
import { parseConfig } from '../config/load.js'
import { refusalOf } from '../core/outage.js'
import { missingPrivileges, roleScript, type Tier } from '../core/privileges.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import { type Probe, PveError, type TlsTrust } from '../ports/pve.js'
import { addWorkspace, newConfigText, type TokenReference } from './config-text.js'
import {
  ask,
  askNames,
  askSolo,
  type InitAnswers,
  type InitParts,
  interrupted,
  normalEndpoint,
  refuseSecondPolicy,
  stop,
} from './questions.js'
import { askOperateToken, askReadToken, checkOperateFlags, type OperateToken, type Token } from './tokens.js'
import { decideTrust, type TlsTrustConfig } from './trust.js'

export type InitDone = {
  readonly kind: 'done'
  readonly workspace: string
  readonly written: readonly string[]
  /** Whether there is a token for changes. */
  readonly changes: boolean
}

/**
 * Connects a cluster: asks what flags did not give, looks at the certificate before anything secret is sent, tests the
 * token, then writes the home. Whatever it wrote is undone when it is interrupted or fails.
 */
export async function init(answers: InitAnswers, parts: InitParts): Promise<InitDone | Refusal> {
  const draft = new HomeDraft(parts.paths)
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

async function steps(answers: InitAnswers, parts: InitParts, draft: HomeDraft): Promise<InitDone | Refusal> {
  checkOperateFlags(answers)
  refuseSecondPolicy(answers, parts)
  const names = await askNames(answers, parts)
  const endpoint = normalEndpoint(
    await ask(parts, 'endpoint', 'Address of a node, as https://HOST:8006', answers.endpoint),
  )
  const trust = await decideTrust(answers, parts, endpoint)
  const token = await askReadToken(answers, parts)
  const reach = { cluster: names.cluster, endpoint, trust: trust.use }
  const probe = await test(parts, { ...reach, token })
  tellConnected(parts, probe)
  tellPrivileges(parts, probe, 'read', token.id)
  const operate = await askOperateToken(answers, parts)
  if (operate.kind === 'own')
    tellPrivileges(parts, await test(parts, { ...reach, token: operate.token }), 'operate', operate.token.id)
  else if (operate.kind === 'same') tellPrivileges(parts, probe, 'operate', token.id)
  const solo = await askSolo(answers, parts)
  parts.signal.throwIfAborted()
  const written = write(parts, draft, { ...names, endpoint, tls: trust.write, token, operate, solo })
  parts.signal.throwIfAborted()
  return { kind: 'done', workspace: names.workspace, written, changes: operate.kind !== 'none' }
}

type Connection = {
  readonly cluster: string
  readonly endpoint: string
  readonly trust: TlsTrust
  readonly token: Token
}

/** Whether a token is let in, and what it may do. */
async function test(parts: InitParts, to: Connection): Promise<Probe> {
  const { id, secret } = to.token
  const connection = parts.connector.connect({
    name: to.cluster,
    endpoints: [to.endpoint],
    tls: to.trust,
    token: { id, secret },
    operateToken: null,
  })
  try {
    return await connection.access.probe(parts.signal)
  } finally {
    await connection.close()
  }
}

function tellConnected(parts: InitParts, probe: Probe): void {
  const nodes = probe.nodes.length === 1 ? '1 node' : `${probe.nodes.length} nodes`
  parts.prompts.note(
    'Connected',
    `Proxmox VE ${probe.version}, ${probe.clusterName ?? 'no cluster'}, ${nodes}`,
  )
}

function tellPrivileges(parts: InitParts, probe: Probe, tier: Tier, tokenId: string): void {
  const missing = missingPrivileges(probe.permissions, tier, probe.version.startsWith('8') ? 8 : 9)
  if (missing.length === 0) return
  const purpose = tier === 'read' ? 'reading' : 'changes'
  const lines = missing.map(({ path, privileges }) => `${path}: ${privileges.join(' ')}`)
  parts.prompts.note(`Privileges that ${tokenId} lacks for ${purpose}`, lines.join('\n'))
  parts.prompts.note('Run this on a node as root to grant them', roleScript(tier, probe.version, tokenId))
}

type Made = {
  readonly workspace: string
  readonly cluster: string
  readonly timeZone: string
  readonly endpoint: string
  readonly tls: TlsTrustConfig
  readonly token: Token
  readonly operate: OperateToken
  readonly solo: boolean
}

/** The config file comes last: without it a half-made home is no home. */
function write(parts: InitParts, draft: HomeDraft, made: Made): readonly string[] {
  const { paths } = parts
  draft.directory(paths.home)
  draft.directory(paths.proxmox, 0o750)
  draft.directory(paths.secrets, 0o700)
  for (const tool of ['terraform', 'pulumi', 'ansible'])
    draft.directory(join(paths.home, tool, made.workspace))
  draft.fileIfAbsent(
    join(paths.proxmox, '.gitignore'),
    'secrets/\nsimulator/\nstate.db*\nconsole-history*\n*.log*\n',
  )
  const read = { id: made.token.id, secret: keepSecret(parts, draft, made.token, `${made.cluster}-read`) }
  const operate = operateReference(parts, draft, made, read)
  const node = { ...made, tokens: operate === null ? { read } : { read, operate }, demo: parts.demo }
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
  const valid = parseConfig(text, CONFIG_FILE)
  if (isRefusal(valid)) return stop(valid)
  draft.file(paths.config, text, 0o640)
  return [paths.config, ...['terraform', 'pulumi', 'ansible'].map((tool) => join(paths.home, tool))]
}

/** A typed secret goes to a file of its own; gives the reference to it, or to the file that was named. */
function keepSecret({ paths }: InitParts, draft: HomeDraft, token: Token, name: string): string {
  if (token.file !== null) return `\${file:${token.file}}`
  draft.file(join(paths.secrets, name), `${token.secret}\n`, 0o600)
  return `\${file:.proxmox/secrets/${name}}`
}

function operateReference(
  parts: InitParts,
  draft: HomeDraft,
  { operate, cluster }: Made,
  read: TokenReference,
): TokenReference | null {
  if (operate.kind === 'none') return null
  // Not the same object twice: that would become an anchor in the file.
  if (operate.kind === 'same') return { ...read }
  const { token } = operate
  return { id: token.id, secret: keepSecret(parts, draft, token, `${cluster}-operate`) }
}
