import type { Server } from 'node:http'
import type { Socket } from 'node:net'

/** A connection that sends nothing for so long was not opened for a request. */
const SILENT_MS = 300

/**
 * Tells of everything that comes over HTTP, from its connection to its acknowledgement: many connections at once are taken
 * one in each turn of the event loop, and those that nobody knows of yet would wait behind work.
 */
export function watchComing(server: Pick<Server, 'on'>, coming: () => () => void): void {
  const opened = new WeakMap<Socket, () => void>()
  server.on('connection', (socket) => {
    const over = coming()
    opened.set(socket, over)
    socket.once('close', over)
    setTimeout(over, SILENT_MS).unref()
  })
  server.on('request', (request, response) => {
    response.once('close', coming())
    // The request counts from here on in place of its connection.
    opened.get(request.socket)?.()
  })
}
