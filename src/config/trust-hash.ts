import { canonical, sha256 } from '../core/digest.js'
import type { Config } from './schema.js'

/** Where the clusters are, by what they are known, and with which tokens they are asked; no secret. */
export function trustHash(config: Config): string {
  const clusters = Object.values(config.workspaces).flatMap((workspace) => Object.entries(workspace.clusters))
  const facts = clusters.map(([name, { endpoints, tls, tokens }]) => ({
    name,
    endpoints,
    tls: tls === undefined ? null : { ...tls },
    read: tokens.read.id,
    operate: tokens.operate?.id ?? null,
  }))
  return sha256(canonical(facts))
}
