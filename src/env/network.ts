/**
 * The machine's sockets. Received bytes go straight to where the connection's owner wants them (`onread`), and whole
 * lists of chunks leave in one system call; nothing is copied on the way.
 */
import * as net from 'node:net'
import type { Connection, ConnectionHandler, Listener, ListenOptions, Network } from '../base/index.ts'

/** Taken over from an accepted socket: the runtime's own handle of the connection. */
interface WithHandle {
  _handle: unknown
}

class SocketConnection implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly #socket: () => net.Socket

  constructor(peer: Pick<net.Socket, 'remoteAddress' | 'remotePort'>, socket: () => net.Socket) {
    this.#socket = socket
    this.remoteAddress = plainAddress(peer.remoteAddress ?? '')
    this.remotePort = peer.remotePort ?? 0
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket()
    if (!socket.writable) return false
    const [first] = chunks
    if (chunks.length === 1 && first !== undefined) {
      socket.write(first)
    } else {
      socket.cork()
      for (const chunk of chunks) socket.write(chunk)
      socket.uncork()
    }
    return socket.writableLength === 0
  }

  pause(): void {
    this.#socket().pause()
  }

  resume(): void {
    this.#socket().resume()
  }

  end(): void {
    this.#socket().end()
  }

  destroy(): void {
    this.#socket().destroy()
  }
}

/** An IPv4 peer of a dual-stack listener shows as IPv4, as everywhere in Kafka's tools. */
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address)

/** Tells the handler what happens on the socket. */
function observe(socket: net.Socket, handler: ConnectionHandler): void {
  let failure: Error | undefined
  socket.setNoDelay(true)
  socket.on('drain', () => handler.drained())
  socket.on('error', (error) => {
    failure = error
  })
  socket.on('close', () => handler.closed(failure))
}

const onread = (handler: ConnectionHandler): net.OnReadOpts => ({
  buffer: () => handler.receiveBuffer(),
  callback: (size) => {
    handler.received(size)
    return true
  },
})

export class SystemNetwork implements Network {
  listen({ host, port, accept }: ListenOptions): Promise<Listener> {
    const server = net.createServer({ pauseOnConnect: true }, (accepted) => {
      let socket = accepted
      const handler = accept(new SocketConnection(accepted, () => socket))
      if (handler === undefined) {
        accepted.destroy()
        return
      }
      socket = takeOver(accepted, handler)
      observe(socket, handler)
      socket.resume()
    })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog: 1024 }, () => {
        server.off('error', reject)
        const address = server.address()
        const bound = typeof address === 'object' && address !== null ? address.port : port
        const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()))
        // Connections that are still open do not hold up the end of listening.
        resolve({ host, port: bound, close: () => Promise.race([close(), Promise.resolve()]) })
      })
    })
  }

  connect({ host, port, handler }: { host: string; port: number; handler: ConnectionHandler }): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host, port, onread: onread(handler) })
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        observe(socket, handler)
        resolve(new SocketConnection(socket, () => socket))
      })
    })
  }
}

/** An accepted socket cannot be told where to put its bytes; one made over the same handle can. */
function takeOver(accepted: net.Socket, handler: ConnectionHandler): net.Socket {
  const inner = accepted as unknown as WithHandle
  const handle = inner._handle
  inner._handle = null
  const options = { handle, onread: onread(handler), readable: true, writable: true }
  return new net.Socket(options as unknown as net.SocketConstructorOpts)
}
