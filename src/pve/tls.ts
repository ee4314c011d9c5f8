import { createHash, type X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { checkServerIdentity, connect, TLSSocket } from 'node:tls'
import { buildConnector } from 'undici'
import type { Certificate, TlsTrust } from '../ports/pve.js'

/** Thrown when a host shows another key or certificate than the pinned one; nothing was sent to it. */
export class PinMismatch extends Error {
  override readonly name = 'PinMismatch'
  readonly code = 'PVE_PIN_MISMATCH'
}

/** What the trust in a host needs besides its address. */
export type TlsTarget = {
  readonly trust: TlsTrust
  /** The name that the certificate must bear where it is not the address; null for the address. */
  readonly servername: string | null
  readonly connectTimeoutMs: number
}

/** `sha256/BASE64` of a certificate's public key, as RFC 7469 pins write it. */
export function publicKeyPin(certificate: X509Certificate): string {
  const der = certificate.publicKey.export({ type: 'spki', format: 'der' })
  return `sha256/${createHash('sha256').update(der).digest('base64')}`
}

function isPinned(certificate: X509Certificate, pin: TlsTrust & { readonly kind: 'pin' }): boolean {
  if (pin.publicKey !== null) return publicKeyPin(certificate) === pin.publicKey
  return certificate.fingerprint256.toUpperCase() === pin.fingerprint.toUpperCase()
}

/** The connector of a pool: a socket reaches undici, and with it the token the wire, only when the host is trusted. */
export function tlsConnector({ trust, servername, connectTimeoutMs }: TlsTarget): buildConnector.connector {
  const common = { allowH2: false, timeout: connectTimeoutMs, ...(servername === null ? {} : { servername }) }
  switch (trust.kind) {
    case 'system':
      return buildConnector(common)
    case 'ca':
      return buildConnector({ ...common, ca: trust.pem })
    case 'pin':
      return pinnedConnector(trust, common)
  }
}

/**
 * PVE's certificates are signed by an authority of its own, so a pin replaces the chain: it is not verified, but the
 * key that the host has just proved to own must be the pinned one. Sessions are not kept, since a resumed one shows no
 * certificate.
 */
function pinnedConnector(
  pin: TlsTrust & { readonly kind: 'pin' },
  common: { readonly allowH2: boolean; readonly timeout: number },
): buildConnector.connector {
  const dial = buildConnector({ ...common, rejectUnauthorized: false, maxCachedSessions: 0 })
  return (options, callback) => {
    dial(options, (error, socket) => {
      if (error !== null || socket === null) {
        callback(error ?? new Error('no socket'), null)
        return
      }
      const shown = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined
      if (shown !== undefined && isPinned(shown, pin)) {
        callback(null, socket)
        return
      }
      socket.destroy()
      callback(new PinMismatch('the certificate is not the one that was confirmed'), null)
    })
  }
}

/** Where a `https://host:port` address leads; null when it is no such address. */
export function parseEndpoint(endpoint: string): { readonly host: string; readonly port: number } | null {
  let url: URL
  try {
    url = new URL(endpoint)
  } catch {
    return null
  }
  if (url.protocol !== 'https:' || url.hostname === '' || url.username !== '' || url.password !== '')
    return null
  if (!['', '/'].includes(url.pathname) || url.search !== '' || url.hash !== '') return null
  const host = url.hostname.replace(/^\[|\]$/g, '')
  // A URL drops the port where it is the scheme's own, so that 443 stays possible and is not PVE's default.
  const port = url.port === '' ? (/:443\/?$/.test(endpoint) ? 443 : 8006) : Number(url.port)
  return { host, port }
}

/**
 * Shakes hands with a host and gives what it showed; not a byte of HTTP is sent. Throws the socket's error.
 */
export function lookAtCertificate(
  { host, port }: { readonly host: string; readonly port: number },
  signal: AbortSignal,
): Promise<Certificate> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(new Error('given up'))
      return
    }
    const socket = connect({
      host,
      port,
      // Nothing is trusted here: the certificate is only looked at, and the connection closed.
      rejectUnauthorized: false,
      ALPNProtocols: ['http/1.1'],
      ...(isIP(host) === 0 ? { servername: host } : {}),
    })
    const aborted = () => {
      socket.destroy()
      reject(new Error('given up'))
    }
    signal.addEventListener('abort', aborted, { once: true })
    socket.once('close', () => signal.removeEventListener('abort', aborted))
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      const shown = socket.getPeerX509Certificate()
      const vouched = socket.authorized && isNamed(host, socket)
      socket.destroy()
      if (shown === undefined) reject(new Error('the host shows no certificate'))
      else resolve(described(shown, vouched))
    })
  })
}

function isNamed(host: string, socket: TLSSocket): boolean {
  return checkServerIdentity(host, socket.getPeerCertificate()) === undefined
}

function described(shown: X509Certificate, trustedBySystem: boolean): Certificate {
  return {
    fingerprint: shown.fingerprint256,
    publicKey: publicKeyPin(shown),
    subject: oneLine(shown.subject),
    issuer: oneLine(shown.issuer),
    names: (shown.subjectAltName ?? '')
      .split(', ')
      .map((name) => name.replace(/^(?:DNS|IP Address|URI|email):/, ''))
      .filter((name) => name !== ''),
    validFrom: isoTime(shown.validFrom),
    validTo: isoTime(shown.validTo),
    trustedBySystem,
  }
}

const oneLine = (text: string): string => text.trim().split('\n').join(', ')

function isoTime(text: string): string {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? text : time.toISOString()
}
