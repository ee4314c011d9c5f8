import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { SimNode } from './state.js'
import type { Identity } from './tls.js'

const HEADER_BYTES = 8 * 1024
const IDLE_MS = 5000
const LISTENING_NODES = 3
const ATTEMPTS = 6

/** A node's HTTPS listener. */
export type Listener = {
  readonly node: SimNode
  readonly endpoint: string
  readonly connections: () => number
  /** Serves another certificate to new connections. */
  readonly setIdentity: (identity: Identity) => void
  /** Closes the port and drops all connections, as a node that dies. */
  readonly stop: () => Promise<void>
  /** Opens the port again. */
  readonly start: () => Promise<void>
}

export type OnRequest = (node: SimNode, request: IncomingMessage, response: ServerResponse) => void

function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(error)
    server.once('error', fail)
    server.listen(port, host, () => {
      server.off('error', fail)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function createListener(
  node: SimNode,
  first: Identity,
  onRequest: OnRequest,
): {
  readonly open: (port: number) => Promise<number>
  readonly listener: (port: number) => Listener
} {
  const sockets = new Set<Socket>()
  let identity = first
  let server: Server | null = null
  const make = (): Server => {
    const made = createServer(
      { key: identity.key, cert: identity.cert, maxHeaderSize: HEADER_BYTES, keepAliveTimeout: IDLE_MS },
      (request, response) => onRequest(node, request, response),
    )
    made.requestTimeout = 0
    made.on('secureConnection', (socket: Socket) => {
      sockets.add(socket)
      socket.on('close', () => sockets.delete(socket))
      socket.on('error', () => socket.destroy())
    })
    // Broken or oversized requests are dropped without an answer.
    made.on('clientError', (_error, socket) => socket.destroy())
    made.on('tlsClientError', () => {})
    return made
  }
  const stop = (): Promise<void> =>
    new Promise((resolve) => {
      const closing = server
      server = null
      for (const socket of sockets) socket.destroy()
      if (closing === null) resolve()
      else closing.close(() => resolve())
      closing?.closeAllConnections()
    })
  const open = async (port: number): Promise<number> => {
    const made = make()
    const bound = await listen(made, port, node.ip)
    server = made
    return bound
  }
  return {
    open,
    listener: (port) => ({
      node,
      endpoint: `https://${node.ip}:${port}`,
      connections: () => sockets.size,
      setIdentity: (next) => {
        identity = next
        server?.setSecureContext({ key: next.key, cert: next.cert })
      },
      stop,
      start: async () => {
        if (server === null) await open(port)
      },
    }),
  }
}

async function openAll(
  nodes: readonly SimNode[],
  identities: readonly Identity[],
  port: number,
  onRequest: OnRequest,
): Promise<Listener[]> {
  const opened: Listener[] = []
  let bound = port
  for (const [index, node] of nodes.slice(0, LISTENING_NODES).entries()) {
    const identity = identities[index]
    if (identity === undefined) continue
    const { open, listener } = createListener(node, identity, onRequest)
    try {
      bound = await open(bound)
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? error.code : null
      // Where only 127.0.0.1 exists (macOS), the first node speaks for all.
      if (index > 0 && code === 'EADDRNOTAVAIL') return opened
      await Promise.all(opened.map((entry) => entry.stop()))
      throw error
    }
    opened.push(listener(bound))
  }
  return opened
}

/** Opens the listeners of the first three nodes on one common port; port 0 lets the system choose. */
export async function openListeners(
  nodes: readonly SimNode[],
  identities: readonly Identity[],
  port: number,
  onRequest: OnRequest,
): Promise<Listener[]> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await openAll(nodes, identities, port, onRequest)
    } catch (error) {
      // A port that is free on one address may be taken on the next.
      if (port !== 0 || attempt >= ATTEMPTS) throw error
    }
  }
}
