/**
 * One other process of the cluster, at one address, with one connection that is made when somebody asks for something,
 * and made anew, with back-off, when it was lost.
 *
 *   idle -> connecting          a request waits
 *   idle -> backing off         a request waits, and the last connection was lost, or not made, a moment ago
 *   backing off -> connecting   that moment is over
 *   backing off -> idle         nobody waits any more
 *   connecting -> open          the other side has told what it serves, and the connection is prepared
 *   connecting -> idle          it failed: so do all that wait, for each of them one attempt has been made
 *   open -> idle                the connection is lost, and with it what is in flight; what waits goes on waiting. Or nobody used it
 *   any -> closed               `close`
 */
import type { Timer, TlsOptions } from '../base/index.ts'
import type { Call } from './call.ts'
import { PeerConnection } from './connection.ts'
import type { ConnectionOwner, ConnectionShared, Prepare } from './connection-options.ts'
import type { ExponentialBackoff } from './exponential-backoff.ts'
import { AuthenticationError, PeerError, type PeerFailure } from './peer-error.ts'
import { Sender } from './sender.ts'
import type { ApiRange } from './served-versions.ts'

export interface PeerShared extends ConnectionShared {
  readonly refusal: (error: AuthenticationError) => Error
  readonly reconnect: ExponentialBackoff
  readonly setupTimeout: ExponentialBackoff
}

export interface PeerAddress {
  readonly host: string
  readonly port: number
  /** Authenticates each connection before it is used. */
  readonly prepare?: Prepare
  /** Encrypts each connection. */
  readonly tls?: TlsOptions
}

type State =
  | { readonly kind: 'idle' }
  | { readonly kind: 'backing off'; readonly timer: Timer }
  | { readonly kind: 'connecting'; readonly connection: PeerConnection }
  | { readonly kind: 'open'; readonly connection: PeerConnection }
  | { readonly kind: 'closed' }

const idle: State = { kind: 'idle' }

export class Peer extends Sender {
  readonly host: string
  readonly port: number
  readonly #shared: PeerShared
  readonly #prepare: Prepare | undefined
  readonly #tls: TlsOptions | undefined
  /** Not yet sent, in order. */
  readonly #waiting = new Set<Call>()
  #state: State = idle
  /** No connection is begun before, by the monotonic clock. */
  #connectsFromMs = Number.NEGATIVE_INFINITY
  /** Connections that were lost or not made since one was open last; and the latter alone. */
  #failedAttempts = 0
  #failedSetups = 0

  constructor(shared: PeerShared, { host, port, prepare, tls }: PeerAddress) {
    super()
    this.#shared = shared
    this.host = host
    this.port = port
    this.#prepare = prepare
    this.#tls = tls
  }

  /** Whether a request would be sent at once. */
  get isOpen(): boolean {
    return this.#state.kind === 'open'
  }

  /** Whether the other side serves an API in that version; undefined while there is no connection on which it has told so. */
  serves(api: ApiRange, version: number): boolean | undefined {
    return this.#state.kind === 'open' ? this.#state.connection.serves(api, version) : undefined
  }

  /** Ends the connection. What waits was not sent, what is in flight may have been done; nothing can be sent any more. */
  close(): void {
    const state = this.#state
    this.#state = { kind: 'closed' }
    if (state.kind === 'backing off') state.timer.cancel()
    else if (state.kind === 'connecting' || state.kind === 'open') state.connection.close()
    this.#failWaiting(this.#error('closed', 'the peer was closed'))
  }

  protected override enqueue(call: Call): void {
    const state = this.#state
    if (state.kind === 'closed') call.fail(this.#error('closed', 'the peer was closed'))
    else if (state.kind === 'open' && this.#waiting.size === 0 && state.connection.hasRoom) state.connection.start(call)
    else if (this.#waiting.size >= this.#shared.limits.waitingMax) {
      call.fail(this.#error('busy', `${this.#waiting.size} requests wait already`))
    } else {
      this.#waiting.add(call)
      call.endsBy(this.#shared.timeouts.after(call.timeoutMs, () => this.#expire(call)))
      this.#advance()
    }
  }

  /** Does for those who wait what can be done now. */
  #advance(): void {
    const state = this.#state
    if (state.kind === 'idle') this.#connectInTime()
    if (state.kind !== 'open') return
    for (const call of this.#waiting) {
      if (!state.connection.hasRoom) return
      this.#waiting.delete(call)
      state.connection.start(call)
    }
  }

  #connectInTime(): void {
    if (this.#waiting.size === 0) return
    const delayMs = this.#connectsFromMs - this.#shared.clock.monotonic()
    if (delayMs <= 0) this.#connect()
    else this.#state = { kind: 'backing off', timer: this.#shared.clock.after(delayMs, () => this.#connect()) }
  }

  #connect(): void {
    const { host, port } = this
    const setupTimeoutMs = this.#shared.setupTimeout.backoffMs(this.#failedSetups)
    const connection = new PeerConnection(
      this.#shared,
      { host, port, setupTimeoutMs, prepare: this.#prepare, tls: this.#tls },
      this.#owner,
    )
    this.#state = { kind: 'connecting', connection }
    void connection.open()
  }

  readonly #owner: ConnectionOwner = {
    opened: () => {
      if (this.#state.kind !== 'connecting') return
      this.#state = { kind: 'open', connection: this.#state.connection }
      this.#failedAttempts = 0
      this.#failedSetups = 0
      this.#advance()
    },
    roomMade: () => this.#advance(),
    retired: () => {
      if (this.#state.kind !== 'open') return
      this.#state = idle
      this.#advance()
    },
    closed: (error) => this.#lost(error),
  }

  #lost(error: PeerError): void {
    const { kind } = this.#state
    if (kind === 'closed') return
    const { clock, reconnect } = this.#shared
    this.#connectsFromMs = clock.monotonic() + reconnect.backoffMs(this.#failedAttempts++)
    this.#state = idle
    if (kind === 'connecting') {
      this.#failedSetups++
      this.#failWaiting(error instanceof AuthenticationError ? this.#shared.refusal(error) : error)
    }
    this.#advance()
  }

  #expire(call: Call): void {
    this.#waiting.delete(call)
    call.fail(this.#error('timed out', `${call.api.name} could not be sent within ${call.timeoutMs} ms`))
    if (this.#state.kind !== 'backing off' || this.#waiting.size > 0) return
    this.#state.timer.cancel()
    this.#state = idle
  }

  #failWaiting(error: Error): void {
    for (const call of this.#waiting) call.fail(error)
    this.#waiting.clear()
  }

  #error(failure: PeerFailure, message: string): PeerError {
    return new PeerError(`${this.host}:${this.port}: ${message}`, { failure, wasSent: false })
  }
}
