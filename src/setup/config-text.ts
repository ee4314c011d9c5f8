import { isMap, parseDocument, stringify } from 'yaml'
import type { TlsTrustConfig } from './trust.js'

export type NewWorkspace = {
  readonly workspace: string
  readonly cluster: string
  readonly endpoint: string
  readonly timeZone: string
  readonly tls: TlsTrustConfig
  readonly tokenId: string
  /** `\${file:…}`; the secret itself never comes here. */
  readonly secretReference: string
  readonly demo: boolean
}

const HEAD = `# Proxmox-MPC. Secrets are never written here, only where to find them.
# After editing, \`proxmox-mpc doctor\` tells whether all is well.
`

/** The text of a new config file with one workspace. */
export function newConfigText(made: NewWorkspace): string {
  const config = {
    version: 1,
    ...(made.demo ? { demo: true } : {}),
    default: made.workspace,
    workspaces: { [made.workspace]: workspaceNode(made) },
  }
  return HEAD + stringify(config, { lineWidth: 0 })
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
  const tokens = { read: { id: made.tokenId, secret: made.secretReference } }
  return {
    timezone: made.timeZone,
    clusters: { [made.cluster]: { endpoints: [made.endpoint], ...tls, tokens } },
  }
}
