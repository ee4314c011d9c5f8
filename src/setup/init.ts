import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { HomeDraft } from '../config/home.js'
import { parseConfig } from '../config/load.js'
import { refusalOf } from '../core/outage.js'
import { missingPrivileges, roleScript } from '../core/privileges.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import { type Probe, PveError, type TlsTrust } from '../ports/pve.js'
import { addWorkspace, newConfigText } from './config-text.js'
import {
  ask,
  askNames,
  askToken,
  type InitAnswers,
  type InitParts,
  interrupted,
  normalEndpoint,
  stop,
  type Token,
} from './questions.js'
import { decideTrust, type TlsTrustConfig } from './trust.js'

export type InitDone = {
  readonly kind: 'done'
  readonly workspace: string
  readonly written: readonly string[]
}

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
