import { resolve } from 'node:path'
import { refuse } from '../core/refusal.js'
import type { Certificate, TlsTrust } from '../ports/pve.js'
import { type InitAnswers, type InitParts, readText, settled, stop } from './questions.js'

/** How trust is written into the config file. */
export type TlsTrustConfig =
  | { readonly kind: 'system' }
  | { readonly kind: 'ca'; readonly file: string }
  | { readonly kind: 'pin'; readonly fingerprint: string; readonly publicKey: string }

type Trust = { readonly use: TlsTrust; readonly write: TlsTrustConfig }

/**
 * Decides how a host's certificate is trusted: by a CA file, a fingerprint that was given or is confirmed now, or the
 * system's authorities. Nothing but the handshake has been sent by then.
 */
export async function decideTrust(answers: InitAnswers, parts: InitParts, endpoint: string): Promise<Trust> {
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
    'SHA-256 fingerprint',
    ...halves(certificate.fingerprint).map((half) => `  ${half}`),
    `for        ${certificate.names.join(', ')}`,
    `issued by  ${certificate.issuer
      .split(', ')
      .filter((part) => !part.startsWith('OU='))
      .join(', ')}`,
    `valid      ${certificate.validFrom.slice(0, 10)} to ${certificate.validTo.slice(0, 10)}`,
  ].join('\n')
}

/** Two lines, as it would not fit into one of a narrow terminal. */
function halves(fingerprint: string): readonly string[] {
  const pairs = fingerprint.split(':')
  return [pairs.slice(0, 16), pairs.slice(16)].map((half) => half.join(':'))
}
