import { type Exchange, NO_HOP, sendRendered } from './exchange.js'
import type { RequestFault } from './faults.js'
import { bare, type Rendered, render } from './http.js'

/** A fault that replaces the answer; the others only delay it. */
export type SpoilingFault = Exclude<RequestFault, { readonly kind: 'slow' | 'late' }>

function oversized(exchange: Exchange, bytes: number): void {
  const { response } = exchange
  response.writeHead(200, 'OK', { 'Content-Type': 'application/json;charset=UTF-8', Connection: 'close' })
  const chunk = Buffer.alloc(64 * 1024, 0x20)
  let left = bytes
  response.write('{"data":[')
  const more = (): void => {
    while (left > 0 && !response.destroyed) {
      const size = Math.min(left, chunk.length)
      left -= size
      if (!response.write(chunk.subarray(0, size))) {
        response.once('drain', more)
        return
      }
    }
    if (!response.destroyed) response.end(']}')
  }
  more()
}

/** pveproxy's own answer when what it relayed to could not be reached (595) or did not answer (596). */
export function sendProxyError(exchange: Exchange, status: 595 | 596): void {
  const reason = status === 595 ? 'No route to host' : 'Connection timed out'
  sendRendered(
    exchange,
    render(bare(status, reason), (value) => value),
    NO_HOP,
  )
}

/** Answers as a fault wants it; `rendered` is the true answer, if there is one. */
export function spoil(exchange: Exchange, fault: SpoilingFault, rendered: Rendered | null): void {
  const json = 'application/json;charset=UTF-8'
  const say = (status: number, reason: string, contentType: string, body: string): void =>
    sendRendered(exchange, { status, reason, contentType, body }, NO_HOP)
  switch (fault.kind) {
    case 'reset':
      exchange.request.socket.destroy()
      return
    case 'proxy-error':
      sendProxyError(exchange, fault.status)
      return
    case 'status':
      say(fault.status, fault.reason, json, JSON.stringify({ data: null, message: `${fault.reason}\n` }))
      return
    case 'html': {
      const text = '502 Bad Gateway'
      const body = `<html><head><title>${text}</title></head><body><h1>${text}</h1></body></html>`
      say(200, 'OK', 'text/html', body)
      return
    }
    case 'wrong-content':
      say(200, 'OK', json, fault.body)
      return
    case 'wrong-type':
      say(200, 'OK', fault.type, rendered?.body ?? '{"data":[]}')
      return
    case 'truncated': {
      const body = rendered?.body ?? '{"data":[]}'
      say(200, 'OK', json, body.slice(0, Math.max(1, Math.floor(body.length / 2))))
      return
    }
    case 'oversized':
      oversized(exchange, fault.bytes)
      return
  }
}

/** Whether a fault strikes without the request being carried out. */
export function strikesBefore(fault: SpoilingFault): boolean {
  return 'when' in fault && fault.when === 'before'
}
