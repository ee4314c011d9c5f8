import { isMap, parseDocument, stringify } from 'yaml'
import type { TlsTrustConfig } from './trust.js'

/** `secret` is `\${file:…}`; the secret itself never comes here. */
export type TokenReference = { readonly id: string; readonly secret: string }

export type NewWorkspace = {
  readonly workspace: string
  readonly cluster: string
  readonly endpoint: string
  readonly timeZone: string
  readonly tls: TlsTrustConfig
  readonly tokens: { readonly read: TokenReference; readonly operate?: TokenReference }
  readonly demo: boolean
  /** One person runs the home alone; only told in a new file. */
  readonly solo: boolean
}

const HEAD = `# Proxmox-MPC. Secrets are never written here, only where to find them.
# After editing, \`proxmox-mpc doctor\` tells whether all is well.
`

const SOLO = `
policy:
  # One person runs this home: where a change would need another person's approval, its name is typed instead.
  # It has no effect while somebody else could approve.
  solo: true
`

/** The text of a new config file with one workspace. */
export function newConfigText(made: NewWorkspace): string {
  const config = {
    version: 1,
    ...(made.demo ? { demo: true } : {}),
    default: made.workspace,
    workspaces: { [made.workspace]: workspaceNode(made) },
  }
  return HEAD + stringify(config, { lineWidth: 0 }) + (made.solo ? SOLO : '')
}

/** An existing config file with one more workspace; its comments and order stay. Null when it has that workspace. */
export function addWorkspace(text: string, made: NewWorkspace): string | null {
  const document = parseDocument(text)
  const workspaces = document.get('workspaces')
  if (isMap(workspaces) && workspaces.has(made.workspace)) return null
  document.setIn(['workspaces', made.workspace], document.createNode(workspaceNode(made)))
  return document.toString({ lineWidth: 0 })
}

function workspaceNode(made: NewWorkspace) {
  const tls =
    made.tls.kind === 'system'
      ? {}
      : made.tls.kind === 'ca'
        ? { tls: { ca_file: made.tls.file } }
        : { tls: { fingerprint: made.tls.fingerprint, public_key: made.tls.publicKey } }
  return {
    timezone: made.timeZone,
    clusters: { [made.cluster]: { endpoints: [made.endpoint], ...tls, tokens: made.tokens } },
  }
}
