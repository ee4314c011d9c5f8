import type { Outage, OutageKind } from '../core/outage.js'
import { PveError } from '../ports/pve.js'
import type { Scrub } from './secrets.js'
import { PinMismatch } from './tls.js'

/** The request that failed, as an outage names it. */
export type Asked = {
  readonly cluster: string
  /** `GET /nodes/{node}/status` */
  readonly request: string
  readonly node: string | null
  /** Removes this request's secrets. */
  readonly scrub: Scrub
}

/** What PVE said instead of 200. */
export type Refused = { readonly status: number; readonly reason: string; readonly body: string }

type Said = { readonly text: string; readonly errors: Readonly<Record<string, string>> }

/** Texts of a 500, in the order in which they decide: what stands behind comes first, then where it was noticed. */
const TEXTS: readonly (readonly [OutageKind, RegExp])[] = [
  ['quorum', /no quorum[?!]|cluster not ready/],
  ['quorum', /unable to (?:open|create|write|rename|unlink) (?:file )?'?\/etc\/pve\/.*Permission denied/],
  ['forbidden', /only root can |^Permission check failed/i],
  ['digest', /checksum mismatch|detected modified configuration/],
  ['locked', /(?:VM|CT) is locked|can't lock file|got lock request timeout|-locked command timed out/],
  ['locked', /unable to acquire lock|Failed to obtain guest migration lock/i],
  [
    'missing',
    /Configuration file '[^']*' does not exist|no such cluster node|hostname lookup '[^']*' failed/,
  ],
  ['missing', /no such (?:task|job|VM|CT|user|token|group|role|pool|storage|resource)\b/i],
  ['invalid', /no options specified|unable to parse value of|invalid bootorder|read-only option/],
  ['invalid', /\(reserved name\)|unable to shrink disk size|shrinking disks is not supported/],
  ['missing', /(?:pool|storage|snapshot|volume|resource|disk|node) '[^']*' does not exist/],
  [
    'state',
    /not running|already running|is running|is paused|protection mode|already (?:exists|used|defined)/,
  ],
  ['state', /is a template|template feature|is not a template|it's a template|not empty|belongs already/],
  ['state', /is disabled|not supported|not available|guest agent|used in HA|without --online|local storage/],
]

function kindOfText(text: string): OutageKind {
  return TEXTS.find(([, pattern]) => pattern.test(text))?.[0] ?? 'other'
}

function kindOf(status: number, { text, errors }: Said): OutageKind {
  switch (status) {
    case 400:
      return Object.values(errors).some((error) => /no such (?:task|job)\b/i.test(error))
        ? 'missing'
        : 'invalid'
    case 401:
      return 'auth'
    case 403:
      return /\((?:pool|storage) '[^']*' does not exist\)/.test(text) ? 'missing' : 'forbidden'
    case 501:
    case 505:
    case 506:
      return 'notImplemented'
    case 595:
      return 'nodeDown'
    case 596:
    case 597:
    case 599:
      return 'proxyTimeout'
    case 500:
      return kindOfText(text)
    default:
      return 'other'
  }
}

/** Reads the words out of an error's body; releases before 8.4 have them in the reason phrase alone. */
function said({ status, reason, body }: Refused): Said {
  const parsed = parsedObject(body)
  const message = parsed === null ? null : textOf(parsed.message)
  const errors = parsed === null ? {} : textsOf(parsed.errors)
  return { text: (message ?? reason).trim() || `status ${status}`, errors }
}

function parsedObject(body: string): Readonly<Record<string, unknown>> | null {
  if (!body.trimStart().startsWith('{')) return null
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? { ...value } : null
  } catch {
    return null
  }
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null
}

function textsOf(value: unknown): Readonly<Record<string, string>> {
  if (typeof value !== 'object' || value === null) return {}
  return Object.fromEntries(Object.entries(value).map(([key, text]) => [key, String(text).trim()]))
}

/**
 * The ACL path and privilege out of `Permission check failed (/vms/100, VM.Audit|VM.Config.Disk)`; null where PVE
 * names none.
 */
export function privilegeIn(text: string): Outage['privilege'] {
  const match = /\((\/[^,()]*), ([A-Za-z][A-Za-z.]*(?:\|[A-Za-z][A-Za-z.]*)*)\)/.exec(text)
  if (match === null) return null
  const [, path = '', name = ''] = match
  return { path, name }
}

const EMPTY = { status: null, errors: {}, privilege: null, ambiguous: false } as const

/** Statuses of something in between, never of PVE: it may have passed a mutation on before it gave up. */
const GATEWAYS: ReadonlySet<number> = new Set([502, 503, 504])

/** The error for an answer that is not 200. `lost`: the answer of a mutation that may have been carried out. */
export function errorOfAnswer(asked: Asked, refused: Refused, mutation: boolean): PveError {
  const words = said(refused)
  const kind = kindOf(refused.status, words)
  const { scrub, ...rest } = asked
  return new PveError({
    ...EMPTY,
    ...rest,
    kind,
    status: refused.status,
    message: scrub(words.text),
    errors: Object.fromEntries(Object.entries(words.errors).map(([key, text]) => [key, scrub(text)])),
    privilege: kind === 'forbidden' ? privilegeIn(words.text) : null,
    ambiguous: mutation && (kind === 'proxyTimeout' || GATEWAYS.has(refused.status)),
  })
}

/** What an error of our own making may say besides. */
export type OutageDetails = Partial<Pick<Outage, 'status' | 'ambiguous' | 'node' | 'privilege'>>

/** An error of our own making, with our own words. */
export function errorOf(asked: Asked, kind: OutageKind, message: string, more: OutageDetails = {}): PveError {
  const { scrub, ...rest } = asked
  return new PveError({ ...EMPTY, ...rest, kind, message: scrub(message), ...more })
}

/** How a request ended that got no usable answer. */
export type Failure = { readonly kind: OutageKind; readonly message: string }

/** Codes of OpenSSL's verification; everything that says "this chain is not trusted". */
const UNTRUSTED =
  /^(?:UNABLE_TO_(?:VERIFY|GET|DECRYPT|DECODE)_|SELF_SIGNED_|DEPTH_ZERO_|CERT_|CRL_|ERROR_IN_CERT_|INVALID_(?:CA|PURPOSE|NON_CA)|PATH_LENGTH_|HOSTNAME_MISMATCH)/
const PLAIN = /^(?:ERR_SSL_(?:WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST)|HPE_)/

/** What a thrown error of the connection means. Its text names host and port, never what was sent. */
export function failureOf(error: unknown): Failure {
  const found = coded(error)
  const { code, message } = found
  if (error instanceof PinMismatch) return { kind: 'tlsFingerprint', message }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { kind: 'tlsWrongHost', message }
  if (UNTRUSTED.test(code)) return { kind: 'tlsUntrusted', message: `${message} (${code})` }
  if (PLAIN.test(code)) return { kind: 'notProxmox', message: `what answers does not speak HTTPS (${code})` }
  if (code === 'UND_ERR_HEADERS_TIMEOUT' || code === 'UND_ERR_BODY_TIMEOUT')
    return { kind: 'timeout', message: 'no answer within the time' }
  if (code === 'UND_ERR_CONNECT_TIMEOUT')
    return { kind: 'transport', message: 'no connection within the time' }
  return { kind: 'transport', message: message === '' ? code : message }
}

/** The innermost code and message; node groups the errors of several addresses. */
function coded(error: unknown): { readonly code: string; readonly message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: 'the connection failed' }
  if ('errors' in error && Array.isArray(error.errors) && error.errors.length > 0)
    return coded(error.errors[0])
  return {
    code: 'code' in error && typeof error.code === 'string' ? error.code : '',
    message:
      'message' in error && typeof error.message === 'string' ? error.message : 'the connection failed',
  }
}
