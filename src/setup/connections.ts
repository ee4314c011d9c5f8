import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import type { HomePaths } from '../config/home.js'
import type { ClusterConfig, Config } from '../config/schema.js'
import { type Environment, readSecret } from '../config/secrets.js'
import { isRefusal, type Refusal, RefusalError, refuse } from '../core/refusal.js'
import type { PveCluster, PveConnector, TlsTrust, TokenSettings } from '../ports/pve.js'

export type Connections = {
  /** A configured cluster by name; throws RefusalError where its token for reading cannot be had. */
  readonly get: (cluster: string) => PveCluster
  /** Why nothing can be changed on a cluster: no token for operations, or its secret is missing. Null when all is there. */
  readonly operateProblem: (cluster: string) => Refusal | null
  readonly close: () => Promise<void>
}

type ConnectionParts = {
  readonly config: Config
  readonly paths: HomePaths
  readonly environment: Environment
  readonly connector: PveConnector
}

/**
 * The clusters of a home. Connections are made when first asked for, so that a missing secret stops only what needs it:
 * without the one for reading the cluster cannot be used, without the one for operations it can still be read. Once that
 * secret is there, the next `get` has it.
 */
export function connectionsOf(parts: ConnectionParts): Connections {
  const configured = new Map(
    Object.values(parts.config.workspaces).flatMap(({ clusters }) => Object.entries(clusters)),
  )
  const open = new Map<string, PveCluster>()
  const replaced: PveCluster[] = []
  const settingsOf = (cluster: string): ClusterConfig => {
    const settings = configured.get(cluster)
    if (settings === undefined) throw new Error(`cluster ${cluster} is not configured`)
    return settings
  }
  const connect = (cluster: string, operateToken: TokenSettings | null): PveCluster => {
    const settings = settingsOf(cluster)
    const read = tokenOf(settings.tokens.read, parts)
    if (isRefusal(read)) throw new RefusalError(read)
    const { endpoints } = settings
    const made = parts.connector.connect({
      name: cluster,
      endpoints,
      tls: trustOf(settings, parts.paths),
      token: read,
      operateToken,
    })
    open.set(cluster, made)
    return made
  }
  return {
    get: (cluster) => {
      const existing = open.get(cluster)
      if (existing !== undefined && existing.operate !== null) return existing
      const operate = operateTokenOf(cluster, settingsOf(cluster), parts)
      const usable = isRefusal(operate) ? null : operate
      if (existing === undefined) return connect(cluster, usable)
      if (usable === null) return existing
      // Somebody may still be reading through the old one: it goes with the others at the end.
      replaced.push(existing)
      return connect(cluster, usable)
    },
    operateProblem: (cluster) => {
      // A secret that was read once is held, whatever became of its file.
      if ((open.get(cluster)?.operate ?? null) !== null) return null
      const operate = operateTokenOf(cluster, settingsOf(cluster), parts)
      return isRefusal(operate) ? operate : null
    },
    close: async () => {
      await Promise.all([...open.values(), ...replaced].map((cluster) => cluster.close()))
    },
  }
}

function tokenOf(
  token: ClusterConfig['tokens']['read'],
  { paths, environment }: ConnectionParts,
): TokenSettings | Refusal {
  const secret = readSecret(token.secret, paths.home, environment)
  return isRefusal(secret) ? secret : { id: token.id, secret: secret.value }
}

function operateTokenOf(
  cluster: string,
  { tokens }: ClusterConfig,
  parts: ConnectionParts,
): TokenSettings | Refusal {
  if (tokens.operate !== undefined) return tokenOf(tokens.operate, parts)
  return refuse(
    'no_operate_token',
    `There is no token for changes on cluster ${cluster}; it can only be read.`,
    `Put one into .proxmox/config.yml as \`operate\` beside the \`read\` token of ${cluster}, and start this program again.`,
  )
}

function trustOf(settings: ClusterConfig, paths: HomePaths): TlsTrust {
  const { ca_file: caFile, fingerprint, public_key: publicKey } = settings.tls ?? {}
  if (caFile !== undefined) {
    const path = isAbsolute(caFile) ? caFile : resolve(paths.home, caFile)
    try {
      return { kind: 'ca', pem: readFileSync(path, 'utf8') }
    } catch (error) {
      const refusal = refuse(
        'tls_untrusted',
        `The CA file ${path} cannot be read.`,
        'Put it back, or run `init` again.',
      )
      throw new RefusalError(refusal, { cause: error })
    }
  }
  if (fingerprint !== undefined)
    return { kind: 'pin', fingerprint: fingerprint.toUpperCase(), publicKey: publicKey ?? null }
  return { kind: 'system' }
}
