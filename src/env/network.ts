/**
 * The machine's sockets. Received bytes go straight to where the connection's owner wants them (`onread`), and whole
 * lists of chunks leave in one system call; nothing is copied on the way.
 */
import * as dns from 'node:dns'
import * as net from 'node:net'
import type { Connection, ConnectionHandler, ConnectOptions, Listener, ListenOptions, Network } from '../base/index.ts'
import { ReadBurst } from './read-burst.ts'
import { connectTls, tlsErrorOf } from './tls-socket.ts'

/** Taken over from an accepted socket: the runtime's own handle of the connection. */
interface WithHandle {
  _handle: unknown
}

const noBytes = new Uint8Array(0)

class SocketConnection implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  #socket: net.Socket
  #handler: ConnectionHandler | undefined
  /** A write was not taken whole, and its owner waits for `drained`. */
  #waiting = false
  /**
   * Called when all is written. The stream's own 'drain' comes only when more than its high-water mark was waiting, but the
   * owner of the chunks waits for the last byte of any size.
   */
  readonly #written = (error?: Error | null): void => {
    if (error || !this.#waiting || this.#socket.writableLength > 0) return
    this.#waiting = false
    this.#handler?.drained()
  }

  constructor(socket: net.Socket) {
    this.#socket = socket
    this.remoteAddress = plainAddress(socket.remoteAddress ?? '')
    this.remotePort = socket.remotePort ?? 0
  }

  /** From here on the handler is told what happens on `socket`. */
  attach(socket: net.Socket, handler: ConnectionHandler): void {
    this.#socket = socket
    this.#handler = handler
    let failure: Error | undefined
    socket.setNoDelay(true)
    // As Kafka: a peer whose machine is gone would be a connection for ever where `connections.max.idle.ms` ends none.
    socket.setKeepAlive(true)
    socket.on('error', (error) => {
      failure = tlsErrorOf(error) ?? error
    })
    socket.on('end', () => (handler.ended === undefined ? socket.end() : handler.ended()))
    socket.on('close', () => handler.closed(failure))
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const socket = this.#socket
    if (!socket.writable) return false
    const last = chunks.length - 1
    if (last > 0) socket.cork()
    for (let i = 0; i <= last; i++) {
      const chunk = chunks[i]
      if (chunk !== undefined) socket.write(chunk)
    }
    if (last > 0) socket.uncork()
    this.#waiting = socket.writableLength > 0
    // A callback costs a turn of its own even where all is written at once: it goes behind what was not, on no bytes.
    if (this.#waiting) socket.write(noBytes, this.#written)
    return !this.#waiting
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
  }

  destroy(): void {
    this.#socket.destroy()
  }
}

/** An IPv4 peer of a dual-stack listener shows as IPv4, as everywhere in Kafka's tools. */
const plainAddress = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address)

/** A name with several addresses fails with an error for each, in one that says nothing itself. */
const firstOf = (error: Error): unknown => (error instanceof AggregateError ? (error.errors[0] ?? error) : error)

const onread = (handler: ConnectionHandler, burst: ReadBurst): net.OnReadOpts => ({
  buffer: () => handler.receiveBuffer(),
  callback: (size) => {
    burst.begin()
    handler.received(size)
    burst.end()
    return true
  },
})

/** What the tests put something else in the place of. */
export interface NameLookup {
  readonly lookup?: net.LookupFunction
  readonly reverse?: (address: string) => Promise<readonly string[]>
}

/** A name has several addresses, and one does not answer: how long it is waited for before the next one is tried. */
const addressAttemptMs = 1000

export class SystemNetwork implements Network {
  readonly #lookup: net.LookupFunction
  readonly #reverse: (address: string) => Promise<readonly string[]>
  readonly #burst = new ReadBurst(() => performance.now())

  constructor({ lookup = dns.lookup, reverse = dns.promises.reverse }: NameLookup = {}) {
    this.#lookup = lookup
    this.#reverse = reverse
  }

  /** Behind what this read brings, where no other one was right before it; else behind the turn. */
  afterReads(then: () => void): void {
    const run = (): void => {
      then()
      this.#burst.end()
    }
    if (this.#burst.isOn) setImmediate(run)
    else queueMicrotask(run)
  }

  listen({ host, port, accept, acceptFailed }: ListenOptions): Promise<Listener> {
    const server = net.createServer({ pauseOnConnect: true }, (accepted) => {
      const connection = new SocketConnection(accepted)
      const handler = accept(connection)
      if (handler === undefined) {
        accepted.destroy()
        return
      }
      const socket = takeOver(accepted, onread(handler, this.#burst))
      connection.attach(socket, handler)
      socket.resume()
    })
    return new Promise((resolve, reject) => {
      server.once('error', reject)
      server.listen({ host, port, backlog: 1024 }, () => {
        server.off('error', reject)
        // Accepting failed (too many open files): the peer is refused and may come again; the listener goes on.
        server.on('error', (error) => acceptFailed?.(error))
        const address = server.address()
        const bound = typeof address === 'object' && address !== null ? address.port : port
        const close = (): Promise<void> => new Promise((closed) => server.close(() => closed()))
        // Connections that are still open do not hold up the end of listening.
        resolve({ host, port: bound, close: () => Promise.race([close(), Promise.resolve()]) })
      })
    })
  }

  connect({ host, port, handler, signal, tls }: ConnectOptions): Promise<Connection> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(givenUp())
        return
      }
      const to = {
        host,
        port,
        lookup: this.#lookup,
        onread: onread(handler, this.#burst),
        allowHalfOpen: true,
        autoSelectFamilyAttemptTimeout: addressAttemptMs,
      }
      const socket = tls === undefined ? net.connect(to) : connectTls(to, tls)
      const giveUp = (): void => void socket.destroy(givenUp())
      const failed = (error: Error): void => {
        signal?.removeEventListener('abort', giveUp)
        reject(firstOf(tlsErrorOf(error) ?? error))
      }
      signal?.addEventListener('abort', giveUp, { once: true })
      socket.once('error', failed)
      socket.once(tls === undefined ? 'connect' : 'secureConnect', () => {
        signal?.removeEventListener('abort', giveUp)
        socket.off('error', failed)
        const connection = new SocketConnection(socket)
        connection.attach(socket, handler)
        resolve(connection)
      })
    })
  }

  async canonicalNames(host: string): Promise<readonly string[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly string[]>()
    this.#lookup(host, { all: true }, (error, found) => {
      if (error !== null) reject(error)
      else resolve(typeof found === 'string' ? [found] : found.map(({ address }) => address))
    })
    const names = await Promise.all(
      (await promise).map(async (address) => {
        const [name = address] = await this.#reverse(address).catch((): string[] => [])
        return name
      }),
    )
    return [...new Set(names)]
  }
}

/** As Node's own; Node would leave its listener on the signal, and end what was connected long ago. */
const givenUp = (): Error =>
  Object.assign(new Error('the connection was given up'), { name: 'AbortError', code: 'ABORT_ERR' })

/** An accepted socket cannot be told where to put its bytes; one made over the same handle can. */
function takeOver(accepted: net.Socket, onread: net.OnReadOpts): net.Socket {
  const inner = accepted as unknown as WithHandle
  const handle = inner._handle
  inner._handle = null
  const options = { handle, onread, readable: true, writable: true, allowHalfOpen: true }
  return new net.Socket(options as unknown as net.SocketConstructorOpts)
}
