/**
 * One connection that we made: requests out, pipelined; replies in, which come in the order of the requests. Kafka's
 * servers never answer out of order: another correlation id than the awaited one means that the two sides do not
 * understand each other, and the connection is closed. One failure, of whatever kind, ends it and all in flight.
 */
import { BoundedQueue, type Connection, type ConnectionHandler, FrameBuffer, MalformedError } from '../base/index.ts'
import type { Call } from './call.ts'
import type { ConnectionOwner, ConnectionShared, ConnectionTarget } from './connection-options.ts'
import { negotiate } from './negotiation.ts'
import { PeerError, type PeerFailure } from './peer-error.ts'
import { replyVersion, requestFrame } from './request-frame.ts'
import { RequestStream } from './request-stream.ts'
import { Sender } from './sender.ts'
import { type ServedVersions, unknownVersions } from './served-versions.ts'

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
  #isClosed = false

  constructor(shared: ConnectionShared, target: ConnectionTarget, owner: ConnectionOwner) {
    super()
    this.#shared = shared
    this.#target = target
    this.#owner = owner
    this.#frames = new FrameBuffer(shared.receiveBuffers)
    this.#inFlight = new BoundedQueue(shared.limits.inFlightMax)
  }

  /** Settles when the owner has been told how it went. */
  async open(): Promise<void> {
    const { host, port, setupTimeoutMs: timeoutMs, prepare } = this.#target
    const { network, software, timeouts } = this.#shared
    const timer = timeouts.after(timeoutMs, () => this.#fail('timed out', `no connection within ${timeoutMs} ms`))
    try {
      const socket = await network.connect({ host, port, handler: this, signal: this.#connecting.signal })
      this.#socket = socket
      this.#requests = new RequestStream(socket)
      if (this.#isClosed) {
        socket.destroy()
        return
      }
      this.#served = await negotiate(this, { software, timeoutMs })
      await prepare?.(this)
      if (!this.#isClosed) this.#owner.opened()
    } catch (error) {
      const failure = error instanceof PeerError ? error.failure : 'unreachable'
      this.#fail(failure, error instanceof Error ? error.message : String(error), error)
    } finally {
      timer.cancel()
    }
  }

  get hasRoom(): boolean {
    const { queuedBytesMax } = this.#shared.limits
    return !this.#isClosed && !this.#inFlight.isFull && (this.#requests?.waitingBytes ?? 0) < queuedBytesMax
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
      const { timeoutMs } = call
      const timedOut = (): void => this.#fail('timed out', `no reply to ${call.api.name} within ${timeoutMs} ms`)
      call.endsBy(timeouts.after(timeoutMs, timedOut))
    }
    this.#requests?.push(frame)
    if (!call.isAnswered) call.sent()
  }

  /** For who prepares it. */
  protected override enqueue(call: Call): void {
    if (this.hasRoom && this.#socket !== undefined) this.start(call)
    else call.fail(this.#error('busy', 'the connection takes no request').ofRequest(false))
  }

  receiveBuffer(): Uint8Array {
    return this.#frames.receiveBuffer()
  }

  received(size: number): void {
    if (this.#isClosed) return
    try {
      this.#frames.received(size, this.#shared.limits.replyBytesMax, this.#reply)
    } catch (error) {
      this.#fail('protocol', error instanceof Error ? error.message : String(error), error)
    }
    if (!this.#isClosed) this.#owner.roomMade()
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
    try {
      call.answer(reader, replyVersion(reader, call))
    } catch (error) {
      const message = `the reply to ${call.api.name} cannot be read`
      call.fail(this.#error('protocol', message, error).ofRequest(true))
      throw error
    }
    return !this.#isClosed
  }

  drained(): void {
    this.#requests?.drained()
    if (!this.#isClosed) this.#owner.roomMade()
  }

  closed(error?: Error): void {
    this.#fail('closed', error === undefined ? 'the connection was closed there' : error.message, error)
  }

  /** Ends it from our side. */
  close(): void {
    this.#fail('closed', 'the connection was closed here')
  }

  #error(failure: PeerFailure, message: string, cause?: unknown): PeerError {
    const { host, port } = this.#target
    return new PeerError(`${host}:${port}: ${message}`, { failure, wasSent: false, cause })
  }

  #fail(failure: PeerFailure, message: string, cause?: unknown): void {
    if (this.#isClosed) return
    this.#isClosed = true
    const error = this.#error(failure, message, cause)
    if (this.#socket === undefined) this.#connecting.abort()
    else this.#socket.destroy()
    this.#requests?.close()
    for (let call = this.#inFlight.shift(); call !== undefined; call = this.#inFlight.shift()) {
      call.fail(error.ofRequest(true))
    }
    this.#owner.closed(error)
  }
}
