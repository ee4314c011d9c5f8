import { type Refusal, refuse } from './refusal.js'

/** Every way in which a request to Proxmox VE can fail. */
export const OUTAGE_KINDS = [
  'auth',
  'forbidden',
  'invalid',
  'missing',
  'locked',
  'quorum',
  'digest',
  'state',
  'nodeDown',
  'proxyTimeout',
  'notImplemented',
  'transport',
  'timeout',
  'tlsUntrusted',
  'tlsFingerprint',
  'tlsWrongHost',
  'notProxmox',
  'tooLarge',
  'unsupported',
  'aborted',
  'other',
] as const
export type OutageKind = (typeof OUTAGE_KINDS)[number]

export type Outage = {
  readonly kind: OutageKind
  /** The cluster it happened on, as it is called in the configuration. */
  readonly cluster: string
  /** HTTP status; null when no answer came. */
  readonly status: number | null
  /** PVE's own words, or ours for what happened on the way. Untrusted text, secrets already removed. */
  readonly message: string
  /** PVE's parameter errors. */
  readonly errors: Readonly<Record<string, string>>
  /** Which request: `GET /nodes/{node}/status`, never the values. */
  readonly request: string
  readonly node: string | null
  /** The ACL path and privilege that a 403 names. */
  readonly privilege: { readonly path: string; readonly name: string } | null
  /**
   * Whether the request may have been carried out all the same: true only for a mutation whose answer was lost.
   */
  readonly ambiguous: boolean
}

/** The refusal a person sees for an outage. */
export function refusalOf(outage: Outage): Refusal {
  const { cluster } = outage
  const who = outage.status === null ? 'what happened' : 'Proxmox VE said'
  const said = outage.message === '' ? [] : [`${who}: ${outage.message}`]
  switch (outage.kind) {
    case 'auth':
      return refuse(
        'auth_failed',
        `Cluster ${cluster} does not accept the token.`,
        'Check the token id and secret; it may be revoked or expired. `doctor pve` tells more.',
        said,
      )
    case 'forbidden':
      return refuse(
        'missing_privilege',
        outage.privilege === null
          ? `The token lacks a privilege on cluster ${cluster}.`
          : `The token lacks ${outage.privilege.name} on ${outage.privilege.path} in cluster ${cluster}.`,
        '`doctor pve` prints the commands that grant what is missing.',
        said,
      )
    case 'quorum':
      return refuse(
        'cluster_no_quorum',
        `Cluster ${cluster} has no quorum.`,
        'Reading works, changes do not, until most nodes are back.',
        said,
      )
    case 'nodeDown':
      return refuse(
        'node_unreachable',
        `Node ${outage.node ?? 'of the guest'} of cluster ${cluster} cannot be reached.`,
        'The other nodes still answer; `status` shows which are online.',
        said,
      )
    case 'proxyTimeout':
    case 'timeout':
      return refuse(
        'proxy_timeout',
        `Cluster ${cluster} did not answer in time.`,
        'It may be busy (a hanging storage?). Try again.',
        said,
      )
    case 'transport':
      return refuse(
        'cluster_unreachable',
        `Cluster ${cluster} cannot be reached.`,
        'Check that the host answers on its port (8006); `doctor pve` tries every endpoint.',
        said,
      )
    case 'tlsUntrusted':
      return refuse(
        'tls_untrusted',
        `The certificate of cluster ${cluster} is not trusted.`,
        'Name its CA file, or confirm its fingerprint with `init`.',
        said,
      )
    case 'tlsFingerprint':
      return refuse(
        'tls_fingerprint',
        `The certificate of cluster ${cluster} is not the one that was confirmed.`,
        'If the host was reinstalled, confirm the new fingerprint; otherwise somebody stands in between.',
        said,
      )
    case 'tlsWrongHost':
      return refuse(
        'tls_wrong_host',
        `The certificate shown by cluster ${cluster} belongs to another host.`,
        'Use a name or address that the certificate names, or confirm its fingerprint.',
        said,
      )
    case 'notProxmox':
      return refuse(
        'not_proxmox',
        `What answers for cluster ${cluster} is not Proxmox VE.`,
        'Check the endpoint: https, the right host, port 8006, no proxy in between.',
        said,
      )
    case 'tooLarge':
      return refuse(
        'answer_too_large',
        `An answer of cluster ${cluster} is larger than it may be.`,
        'Check the endpoint; a healthy cluster does not answer that much.',
        said,
      )
    case 'unsupported':
      return refuse(
        'unsupported_version',
        `Cluster ${cluster} runs a Proxmox VE that is too old.`,
        'Proxmox VE 8 and 9 are supported.',
        said,
      )
    case 'missing':
      return refuse(
        'guest_gone',
        `Cluster ${cluster} does not know that any more.`,
        '`sync` reads the cluster again.',
        said,
      )
    case 'locked':
      return refuse('guest_locked', 'It is locked by another task.', '`task ls` shows what is running.', said)
    case 'aborted':
      return refuse('interrupted', 'Stopped.', 'Ask again when you like.')
    case 'invalid':
    case 'digest':
    case 'state':
    case 'notImplemented':
    case 'other':
      return refuse(
        'rejected_by_pve',
        `Cluster ${cluster} refused ${outage.request}.`,
        'The details say why.',
        [...said, ...Object.entries(outage.errors).map(([parameter, text]) => `${parameter}: ${text}`)],
      )
  }
}
