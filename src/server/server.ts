/**
 * The listeners of a node and the connections that came in by them: limits per address and in all, idle close, and the
 * order of leaving at a shutdown.
 */
import {
  type AssertionError,
  assert,
  type Clock,
  type Connection,
  type ConnectionHandler,
  getOrInsert,
  type Listener,
  type Logger,
  type Network,
  Reader,
  receiveBuffers,
  type Timer,
  Writer,
} from '../base/index.ts'
import { type ConnectionOptions, ServerConnection } from './connection.ts'
import { ReplyRound } from './reply-round.ts'
import { PiecePool } from './reply-stream.ts'
import { RequestTally } from './request-tally.ts'
import type { Router } from './router.ts'

export interface ServerLimits {
  /** `socket.request.max.bytes`. */
  readonly requestBytesMax: number
  /** `max.connections`, over all listeners. */
  readonly connectionsMax: number
  /** `max.connections.per.ip`, and its exceptions by address. */
  readonly connectionsPerAddressMax: number
  readonly connectionsPerAddressOverrides: ReadonlyMap<string, number>
  /** `connections.max.idle.ms`; negative: never. */
  readonly idleMsMax: number
  /** `queued.max.replies.bytes`: replies that wait for a slow reader before its requests are no longer read. */
  readonly queuedReplyBytesMax: number
  /** Produce requests of one connection that wait for replicas. */
  readonly inFlightMax: number
}

export interface ServerOptions {
  readonly network: Network
  readonly clock: Clock
  readonly logger: Logger
  /** Asked at each use: some of it is dynamic. */
  readonly limits: () => ServerLimits
  /** A request met a fault of ours: the node's state can no longer be trusted. */
  readonly onFault: (error: AssertionError) => void
  /** Overwrites released buffers, so that tests see who kept a view. */
  readonly poison: boolean
}

export interface ListenerOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly router: Router
  /** Connections are taken at once, their requests when this is true; `open` says that it may be. */
  readonly isOpen?: () => boolean
}

const readBytes = 256 * 1024
/** 32 MB of large pieces at most, for readers that are slow; 2 MB stay when all are quick. */
const pieces = { pieceBytes: 512 * 1024, smallPieceBytes: 64 * 1024, largeMax: 64, keepMax: 4 }
/** Idle connections are looked for this often within the time they may be idle. */
const idleScans = 10
const drainStepMs = 2

export class Server {
  readonly #options: ServerOptions
  readonly #listeners: Listener[] = []
  readonly #connections = new Set<ServerConnection>()
  readonly #perAddress = new Map<string, number>()
  readonly #shared: Pick<ConnectionOptions, 'receiveBuffers' | 'pieces' | 'round' | 'reader' | 'writer'>
  #idleTimer: Timer | undefined
  readonly #routers = new Set<Router>()
  #refused = 0
  #stopping = false
  /** No request is begun any more. */
  #isDraining = false

  constructor(options: ServerOptions) {
    this.#options = options
    this.#shared = {
      receiveBuffers: receiveBuffers({ readBytes, poison: options.poison }),
      pieces: new PiecePool({ ...pieces, poison: options.poison }),
      round: new ReplyRound((then) => options.network.afterReads(then)),
      reader: new Reader(),
      writer: new Writer(64 * 1024),
    }
    this.#scanIdle()
  }

  get connectionCount(): number {
    return this.#connections.size
  }

  /** Connections that were refused over a limit. */
  get refusedCount(): number {
    return this.#refused
  }

  /** Of the requests so far over all listeners, one for each API. */
  requestTallies(): readonly RequestTally[] {
    const sums = new Map<string, RequestTally>()
    for (const tally of [...this.#routers].flatMap((router) => router.tallies())) {
      getOrInsert(sums, tally.api.name, () => new RequestTally(tally.api)).add(tally)
    }
    return [...sums.values()]
  }

  /** Opens a listener; rejects with the system's error when the port is taken. */
  async listen({ name, host, port, router, isOpen = () => true }: ListenerOptions): Promise<Listener> {
    if (this.#stopping) throw new Error('the server stops')
    const accept = (socket: Connection): ConnectionHandler | undefined =>
      this.#accept(socket, { listenerName: name, router, isOpen: () => !this.#isDraining && isOpen() })
    const listener = await this.#options.network.listen({
      host,
      port,
      accept,
      acceptFailed: (error) =>
        this.#options.logger.log('error', 'a connection could not be accepted', {
          listener: name,
          reason: error.message,
        }),
    })
    this.#listeners.push(listener)
    this.#routers.add(router)
    if (this.#stopping) await this.stopListening()
    return listener
  }

  /** A listener is open now: the requests that wait there are served. */
  open(): void {
    for (const connection of this.#connections) connection.opened()
  }

  #accept(
    socket: Connection,
    listener: Pick<ConnectionOptions, 'listenerName' | 'router' | 'isOpen'>,
  ): ConnectionHandler | undefined {
    const { clock, logger, onFault } = this.#options
    const limits = this.#options.limits()
    const address = socket.remoteAddress
    const count = (this.#perAddress.get(address) ?? 0) + 1
    const countMax = limits.connectionsPerAddressOverrides.get(address) ?? limits.connectionsPerAddressMax
    if (this.#stopping || count > countMax || this.#connections.size >= limits.connectionsMax) {
      const reason = this.#stopping ? 'the node stops' : count > countMax ? 'max.connections.per.ip' : 'max.connections'
      this.#refused++
      logger.log('warn', `Refused a connection: ${reason}`, { client: address, listener: listener.listenerName })
      return undefined
    }
    const connection = new ServerConnection(socket, {
      ...this.#shared,
      ...listener,
      requestBytesMax: limits.requestBytesMax,
      queuedBytesMax: limits.queuedReplyBytesMax,
      inFlightMax: limits.inFlightMax,
      monotonic: () => clock.monotonic(),
      after: (delayMs, run) => clock.after(delayMs, run),
      onClosed: (closed) => this.#forget(closed),
      onFault,
    })
    this.#perAddress.set(address, count)
    this.#connections.add(connection)
    return connection
  }

  #forget(connection: ServerConnection): void {
    if (!this.#connections.delete(connection)) return
    const address = connection.remoteAddress
    const count = this.#perAddress.get(address)
    assert(count !== undefined && count > 0, 'a connection that closes was counted')
    if (count === 1) this.#perAddress.delete(address)
    else this.#perAddress.set(address, count - 1)
  }

  #scanIdle(): void {
    const { clock, limits } = this.#options
    const { idleMsMax } = limits()
    if (idleMsMax < 0) return
    this.#idleTimer = clock.after(Math.ceil(idleMsMax / idleScans), () => {
      const idleSinceMs = clock.monotonic() - idleMsMax
      // A loop that was held must first read what waited in the sockets.
      clock.afterDrain(() => {
        for (const connection of this.#connections) {
          if (connection.activeAtMs < idleSinceMs) connection.destroy()
        }
        if (!this.#stopping) this.#scanIdle()
      })
    })
  }

  /** Begins no more requests; resolves when all replies have left, at the latest after `limitMs`. */
  async drain(limitMs: number): Promise<void> {
    const { clock } = this.#options
    this.#isDraining = true
    const giveUpMs = clock.monotonic() + limitMs
    const isBusy = (): boolean => [...this.#connections].some((connection) => !connection.idle)
    while (isBusy() && clock.monotonic() < giveUpMs) {
      await new Promise<void>((resolve) => clock.after(drainStepMs, resolve))
    }
  }

  /** Accepts no more connections; those that are open go on. */
  async stopListening(): Promise<void> {
    await Promise.all(this.#listeners.splice(0).map((listener) => listener.close()))
  }

  /** Closes everything at once, and what is still being opened. */
  async close(): Promise<void> {
    this.#stopping = true
    this.#idleTimer?.cancel()
    await this.stopListening()
    for (const connection of this.#connections) connection.destroy()
  }
}
