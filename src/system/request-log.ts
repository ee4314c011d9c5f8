import { appendFileSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'

type Values = Readonly<Record<string, unknown>>
type Sent = { readonly method: string; readonly path: string; readonly query: Values; readonly body: Values }

/** Parameters whose values are never written. */
const SECRET = /^(?:password|cipassword|secret|sshkeys|otp|value|token)$/

/**
 * Notes every request to Proxmox VE, one JSON line each, in a file per process: no header, so no token, and no value of a
 * secret parameter. For finding out what was asked, and for holding it against PVE's schema.
 */
export function requestLog(directory: string): (sent: Sent) => void {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = join(directory, `requests-${process.pid}.jsonl`)
  const mask = (values: Values): Values =>
    Object.fromEntries(
      Object.entries(values).map(([key, value]) => [key, SECRET.test(key) ? '********' : value]),
    )
  return ({ method, path, query, body }) => {
    appendFileSync(file, `${JSON.stringify({ method, path, query: mask(query), body: mask(body) })}\n`, {
      mode: 0o600,
    })
  }
}
