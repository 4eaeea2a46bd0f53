/**
 * One connection that we made: requests out, pipelined; replies in, which come in the order of the requests. Kafka's
 * servers never answer out of order: another correlation id than the awaited one means that the two sides do not
 * understand each other, and the connection is closed. One failure, of whatever kind, ends it and all in flight.
 */
import {
  BoundedQueue,
  type Connection,
  type ConnectionHandler,
  FrameBuffer,
  MalformedError,
  type Timer,
  TlsError,
} from '../base/index.ts'
import type { Call } from './call.ts'
import { ClientThrottle } from './client-throttle.ts'
import type { ConnectionOwner, ConnectionShared, ConnectionTarget, PreparedSession } from './connection-options.ts'
import { negotiate } from './negotiation.ts'
import { AuthenticationError, PeerError, type PeerFailure } from './peer-error.ts'
import { replyVersion, requestFrame } from './request-frame.ts'
import { RequestStream } from './request-stream.ts'
import { Sender } from './sender.ts'
import { type ApiRange, type ServedVersions, unknownVersions } from './served-versions.ts'

interface Ending {
  readonly cause?: unknown
  /** We have nothing against the other side, and it may read on. */
  readonly isOrderly?: boolean
}

/** So long a server that was told the end has for reading what came before, and for ending too. */
const lingerMs = 1000

export class PeerConnection extends Sender implements ConnectionHandler {
  readonly #shared: ConnectionShared
  readonly #target: ConnectionTarget
  readonly #owner: ConnectionOwner
  readonly #frames: FrameBuffer
  readonly #inFlight: BoundedQueue<Call>
  readonly #connecting = new AbortController()
  #socket: Connection | undefined
  #requests: RequestStream | undefined
  #served: ServedVersions = unknownVersions
  #correlationId = 0
  /** Of the replies that are awaited. */
  #replyBytesMax: number
  #isClosed = false
  readonly #throttle: ClientThrottle
  #usedMs = 0
  #idleTimer: Timer | undefined
  /** The session is about to end: nothing is begun until it is prepared anew, which is done when all is answered. */
  #isRenewing = false
  #isPreparing = false
  #renewalTimer: Timer | undefined
  /** Requests were sent that nobody answers: the server may still have to read them. */
  #hasUnanswered = false
  #lingerTimer: Timer | undefined

  constructor(shared: ConnectionShared, target: ConnectionTarget, owner: ConnectionOwner) {
    super()
    this.#shared = shared
    this.#target = target
    this.#owner = owner
    this.#replyBytesMax = shared.limits.replyBytesMax
    this.#frames = new FrameBuffer(shared.receiveBuffers)
    this.#inFlight = new BoundedQueue(shared.limits.inFlightMax)
    this.#throttle = new ClientThrottle(shared.timeouts, shared.clock, () => owner.roomMade())
  }

  /** Settles when the owner has been told how it went. */
  async open(): Promise<void> {
    const { host, port, setupTimeoutMs: timeoutMs, prepare, tls } = this.#target
    const { network, software, timeouts } = this.#shared
    const timer = timeouts.after(timeoutMs, () => this.#fail('timed out', `no connection within ${timeoutMs} ms`))
    try {
      const { signal } = this.#connecting
      const socket = await network.connect({ host, port, handler: this, signal, ...(tls !== undefined && { tls }) })
      this.#socket = socket
      this.#requests = new RequestStream(socket, (call) => {
        call.sent()
        this.#tell(call, 0)
      })
      if (this.#isClosed) {
        socket.destroy()
        return
      }
      this.#served = await negotiate(this, { software, timeoutMs })
      const session = await prepare?.(this)
      if (this.#isClosed) return
      this.#begin(session)
      this.#used()
      this.#owner.opened()
      this.#watchIdle()
    } catch (error) {
      this.#failedToPrepare(error)
    } finally {
      timer.cancel()
    }
  }

  get hasRoom(): boolean {
    const { queuedBytesMax } = this.#shared.limits
    if (this.#isClosed || this.#isRenewing || this.#throttle.isOn || this.#inFlight.isFull) return false
    return this.#waitingBytes < queuedBytesMax
  }

  get #waitingBytes(): number {
    return this.#requests?.waitingBytes ?? 0
  }

  serves(api: ApiRange, version: number): boolean {
    return this.#served.includes(api, version)
  }

  /** Sends a request, for which there is room; or fails it where it cannot be sent. */
  start(call: Call): void {
    const { writer, clientId, timeouts } = this.#shared
    let frame: readonly Uint8Array[]
    try {
      call.version = this.#served.pick(call.api, call.versions)
      call.correlationId = this.#correlationId
      frame = requestFrame(writer, clientId, call)
    } catch (error) {
      call.fail(error)
      return
    }
    this.#correlationId = (this.#correlationId + 1) & 0x7fff_ffff
    if (call.isAnswered) {
      this.#inFlight.push(call)
      this.#replyBytesMax = Math.max(this.#replyBytesMax, call.replyBytesMax)
    } else this.#hasUnanswered = true
    call.endsBy(timeouts.after(call.timeoutMs, () => this.#timedOut(call)))
    this.#used()
    this.#trace(call, frame)
    this.#requests?.push(frame, call)
  }

  #timedOut({ api, isAnswered, timeoutMs }: Call): void {
    const what = isAnswered ? `no reply to ${api.name}` : `${api.name} has not left`
    this.#fail('timed out', `${what} within ${timeoutMs} ms`)
  }

  /** For who prepares it. */
  protected override enqueue(call: Call): void {
    if (!this.#isClosed && !this.#inFlight.isFull && this.#socket !== undefined) this.start(call)
    else call.fail(this.#error('busy', 'the connection takes no request').ofRequest(false))
  }

  receiveBuffer(): Uint8Array {
    return this.#frames.receiveBuffer()
  }

  received(size: number): void {
    if (this.#isClosed) return
    try {
      this.#frames.received(size, this.#replyBytesMax, this.#reply, this.#inFlight.peek()?.isKept)
    } catch (error) {
      this.#fail('protocol', error instanceof Error ? error.message : String(error), { cause: error })
    }
    if (this.#isClosed) return
    this.#used()
    this.#renew()
    this.#owner.roomMade()
  }

  readonly #reply = (bytes: Buffer, start: number, end: number): boolean => {
    const reader = this.#shared.reader.reset(bytes, start, end)
    const correlationId = reader.i32()
    const call = this.#inFlight.peek()
    if (call?.correlationId !== correlationId) {
      const awaited = call === undefined ? 'none is awaited' : `${call.correlationId} is awaited`
      throw new MalformedError(`a reply with correlation id ${correlationId}, and ${awaited}`)
    }
    // Off the queue before `take` is called, which may close the peer.
    this.#inFlight.shift()
    if (this.#inFlight.size === 0) this.#replyBytesMax = this.#shared.limits.replyBytesMax
    try {
      const version = replyVersion(reader, call)
      const isOurs = call.isKept && this.#frames.keep(start, end)
      this.#throttle.answered(call.api.key, version, call.answer(reader, version, isOurs))
    } catch (error) {
      const message = `the reply to ${call.api.name} cannot be read`
      this.#lose(call, this.#error('protocol', message, error))
      throw error
    }
    this.#tell(call, end - start)
    return !this.#isClosed
  }

  drained(): void {
    this.#requests?.drained()
    if (!this.#isClosed) this.#owner.roomMade()
  }

  closed(error?: Error): void {
    this.#lingerTimer?.cancel()
    this.#fail('closed', error === undefined ? 'the connection was closed there' : error.message, { cause: error })
  }

  /** Ends it from our side. */
  close(): void {
    this.#fail('closed', 'the connection was closed here', { isOrderly: true })
  }

  #lose(call: Call, error: PeerError): void {
    call.fail(error.ofRequest(true))
    this.#tell(call, 0, error)
  }

  // ---- who listens

  #trace(call: Call, frame: readonly Uint8Array[]): void {
    const { trace, clock } = this.#shared
    if (trace?.hasSubscribers !== true) return
    const sentBytes = frame.reduce((sum, { length }) => sum + length, 0)
    call.traced = { sentMs: clock.monotonic(), sentBytes }
  }

  #tell({ traced, api, version, correlationId }: Call, receivedBytes: number, error?: PeerError): void {
    if (traced === undefined) return
    const { host, port } = this.#target
    const { sentMs, sentBytes } = traced
    const ms = this.#shared.clock.monotonic() - sentMs
    const broker = `${host}:${port}`
    this.#shared.trace?.publish({
      ...{ api: api.name, version, broker, correlationId, sentBytes, receivedBytes, ms, error },
    })
  }

  #error(failure: PeerFailure, message: string, cause?: unknown): PeerError {
    const { host, port } = this.#target
    const text = `${host}:${port}: ${message}`
    if (cause instanceof TlsError) return new AuthenticationError(text, { cause })
    if (!(cause instanceof AuthenticationError)) return new PeerError(text, { failure, wasSent: false, cause })
    const { errorCode } = cause
    return new AuthenticationError(text, { cause, ...(errorCode !== undefined && { errorCode }) })
  }

  // ---- how long it lasts

  #used(): void {
    if (this.#shared.idleMsMax !== undefined) this.#usedMs = this.#shared.clock.monotonic()
  }

  #watchIdle(): void {
    const { idleMsMax, clock } = this.#shared
    if (idleMsMax === undefined || this.#isClosed) return
    const leftMs = this.#usedMs + idleMsMax - clock.monotonic()
    const isIdle = this.#inFlight.size === 0 && this.#waitingBytes === 0 && !this.#isRenewing && !this.#throttle.isOn
    if (leftMs > 0 || !isIdle) {
      // Not on the wheel, which would look at it a hundred times before.
      this.#idleTimer = clock.after(leftMs > 0 ? leftMs : idleMsMax, () => this.#watchIdle())
      return
    }
    this.#isClosed = true
    this.#leave({ isOrderly: true })
    this.#owner.retired()
  }

  /** A session that ends is prepared anew before that: earlier by chance, so that not all come at once, as Kafka's clients do. */
  #begin(session: PreparedSession | undefined): void {
    if (session?.lifetimeMs === undefined) return
    const { clock, random } = this.#shared
    this.#renewalTimer = clock.after(session.lifetimeMs * (0.85 + 0.1 * random.float()), () => {
      this.#isRenewing = true
      this.#renew()
    })
  }

  /** The server expects nothing but authentication until that is done, and answers in order: what is in flight goes before. */
  #renew(): void {
    if (!this.#isRenewing || this.#isPreparing || this.#inFlight.size > 0) return
    this.#isPreparing = true
    void this.#prepareAnew().finally(() => {
      this.#isPreparing = false
    })
  }

  async #prepareAnew(): Promise<void> {
    const { prepare, setupTimeoutMs: timeoutMs } = this.#target
    const timedOut = (): void => this.#fail('timed out', `not authenticated anew within ${timeoutMs} ms`)
    const timer = this.#shared.timeouts.after(timeoutMs, timedOut)
    try {
      const session = await prepare?.(this)
      if (this.#isClosed) return
      this.#isRenewing = false
      this.#begin(session)
      this.#owner.roomMade()
    } catch (error) {
      this.#failedToPrepare(error)
    } finally {
      timer.cancel()
    }
  }

  #failedToPrepare(error: unknown): void {
    const failure = error instanceof PeerError ? error.failure : 'unreachable'
    this.#fail(failure, error instanceof Error ? error.message : String(error), { cause: error })
  }

  /** Returns the requests that nobody answers and that have not left. */
  #leave({ isOrderly }: { readonly isOrderly: boolean }): readonly Call[] {
    if (this.#socket === undefined) this.#connecting.abort()
    else if (isOrderly && this.#hasUnanswered && this.#waitingBytes === 0) this.#linger(this.#socket)
    else this.#socket.destroy()
    this.#throttle.end()
    this.#idleTimer?.cancel()
    this.#renewalTimer?.cancel()
    return this.#requests?.close() ?? []
  }

  /** Nobody has said that he has read what was sent last: cut off, it might be lost on its way. */
  #linger(socket: Connection): void {
    this.#lingerTimer = this.#shared.clock.after(lingerMs, () => socket.destroy())
    socket.end()
  }

  #fail(failure: PeerFailure, message: string, { cause, isOrderly = false }: Ending = {}): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const error = this.#error(failure, message, cause)
    const unsent = this.#leave({ isOrderly })
    for (let call = this.#inFlight.shift(); call !== undefined; call = this.#inFlight.shift()) {
      this.#lose(call, error)
    }
    for (const call of unsent) this.#lose(call, error)
    this.#owner.closed(error)
  }
}
