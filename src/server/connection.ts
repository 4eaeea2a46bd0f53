/**
 * One client's connection: bytes in, requests one after the other, replies out in request order. Kafka serves one
 * request of a connection at a time; here only a request that has called `proceed` (a produce whose append is done, a
 * commit that is decided) lets the next one start before its own reply is there.
 */
import {
  AssertionError,
  assert,
  type Clock,
  type Connection,
  type ConnectionHandler,
  FrameBuffer,
  FrameSizeError,
  MalformedError,
  type Reader,
  type ReceiveBuffers,
  type ReplyPart,
  type Timer,
  type Writer,
} from '../base/index.ts'
import { type Answer, type Answering, type BodyWriter, closeConnection, LateAnswer, Signal } from './handler.ts'
import type { ReplyRound } from './reply-round.ts'
import { type PiecePool, ReplyStream, replyCostInBytes } from './reply-stream.ts'
import { readClientId, readRequestStart, refuseVersion, replyFrame } from './request-frame.ts'
import { RequestSlot, type SlotOwner } from './request-slot.ts'
import type { Router } from './router.ts'

/** What all connections of a server share. */
export interface ConnectionOptions {
  readonly router: Router
  readonly listenerName: string
  readonly receiveBuffers: ReceiveBuffers
  readonly pieces: PiecePool
  readonly round: ReplyRound
  /** Decoding and encoding never suspend, so one reader and one writer serve all. */
  readonly reader: Reader
  readonly writer: Writer
  /** `socket.request.max.bytes`. */
  readonly requestBytesMax: number
  /** No more requests are read while this many bytes of replies wait for the socket. */
  readonly queuedBytesMax: number
  /** Requests of one connection that may wait for their reply behind `proceed`. */
  readonly inFlightMax: number
  readonly monotonic: () => number
  readonly after: Clock['after']
  /** Before the node is ready requests wait where they are: no error is told that the next moment takes back. */
  readonly isOpen: () => boolean
  readonly onClosed: (connection: ServerConnection) => void
  readonly onFault: (error: AssertionError) => void
}

export class ServerConnection implements ConnectionHandler, SlotOwner {
  readonly #options: ConnectionOptions
  readonly #socket: Connection
  readonly #frames: FrameBuffer
  readonly #replies: ReplyStream
  readonly #slots: RequestSlot[] = []
  /** Replies that are there, and wait for those before them. */
  #parkedBytes = 0
  readonly client = { name: '', version: '' }
  /** The request that is under way and holds back those behind it. */
  #holder: RequestSlot | undefined
  /** Runs while no request may begin because the peer has used more than its quota. */
  #throttled: Timer | undefined
  #paused = false
  #closed = false
  #flushQueued = false
  #inRound = false
  #cutting = false
  /** Frames may wait that were received and not yet begun. */
  #heldBack = false
  /** No request is begun any more: what comes behind one that ends the connection is not looked at. */
  #isEnding = false
  /** By a frame that is no request, once all before it are answered. */
  #endsBehindSlots = false
  /** The peer has sent all that it will. */
  #peerEnded = false
  /** When bytes were last received or sent, by the monotonic clock. */
  activeAtMs: number
  receivedAtMs: number

  constructor(socket: Connection, options: ConnectionOptions) {
    this.#socket = socket
    this.#options = options
    this.#frames = new FrameBuffer(options.receiveBuffers)
    this.#replies = new ReplyStream(socket, options.pieces)
    this.activeAtMs = options.monotonic()
    this.receivedAtMs = this.activeAtMs
  }

  get listenerName(): string {
    return this.#options.listenerName
  }

  get remoteAddress(): string {
    return this.#socket.remoteAddress
  }

  /** No request is under way and no reply waits: it may be closed without loss. */
  get idle(): boolean {
    return this.#holder === undefined && this.#slots.length === 0 && this.#replies.idle
  }

  receiveBuffer(): Uint8Array {
    return this.#frames.receiveBuffer()
  }

  received(size: number): void {
    this.activeAtMs = this.#options.monotonic()
    this.receivedAtMs = this.activeAtMs
    if (!this.#mayStart()) {
      this.#frames.hold(size)
      this.#heldBack = true
      this.#balance()
      return
    }
    this.#cut(() => this.#frames.received(size, this.#options.requestBytesMax, this.#consume))
    this.#options.round.read(size)
  }

  /** The listener is open now: what came before is served. */
  opened(): void {
    this.#resume()
  }

  /** Goes on with frames that were held back, unless what holds them back still does. */
  #resume(): void {
    if (this.#cutting || this.#closed) return
    if (!this.#mayStart()) {
      this.#balance()
      return
    }
    this.#cut(() => this.#frames.resume(this.#options.requestBytesMax, this.#consume))
  }

  #cut(frames: () => void): void {
    this.#cutting = true
    try {
      frames()
      if (this.#heldBack) this.#flush()
      else this.#joinRound()
      // Replies that the socket has taken at once make room again: nothing else would come back to what they held up.
      while (this.#heldBack && this.#mayStart()) {
        this.#heldBack = false
        this.#frames.resume(this.#options.requestBytesMax, this.#consume)
        this.#flush()
      }
    } catch (error) {
      this.#blame(error)
      this.#isEnding = true
      this.#endsBehindSlots = true
      this.#flush()
    } finally {
      this.#cutting = false
    }
    this.#balance()
    this.#leaveIfDue()
  }

  readonly #consume = (bytes: Buffer, start: number, end: number): boolean => {
    this.#request(bytes, start, end)
    this.#heldBack = !this.#mayStart()
    return !this.#heldBack
  }

  #mayStart(): boolean {
    return (
      !this.#closed &&
      !this.#isEnding &&
      this.#options.isOpen() &&
      this.#holder === undefined &&
      this.#throttled === undefined &&
      this.#slots.length < this.#options.inFlightMax &&
      this.#replies.queuedBytes + this.#parkedBytes < this.#options.queuedBytesMax
    )
  }

  /**
   * A slow reader, or a waiting request, stops its own input, once some of it has come: who asks for one thing at a time costs no
   * system calls for that, and is seen to go away while he waits.
   */
  #balance(): void {
    const pause = this.#frames.heldBytes > 0 && !this.#mayStart()
    if (this.#closed || pause === this.#paused) return
    this.#paused = pause
    if (pause) this.#socket.pause()
    else this.#socket.resume()
  }

  #request(bytes: Buffer, start: number, end: number): void {
    const reader = this.#options.reader.reset(bytes, start, end)
    const about = readRequestStart(reader)
    const route = this.#options.router.find(about.apiKey)
    if (route === undefined) throw new MalformedError(`api key ${about.apiKey} is not served`)
    const { handler, tally } = route
    const slot = new RequestSlot(this, { start: about, tally })
    tally.came(about.apiVersion)
    const [min, max] = handler.versions
    if (about.apiVersion < min || about.apiVersion > max) {
      // Before it has a place: where there is no such answer the connection ends behind those that have one.
      const refusal = refuseVersion(this.#options.writer, about)
      this.#slots.push(slot)
      this.#put(slot, refusal)
      return
    }
    this.#slots.push(slot)
    this.#holder = slot
    try {
      slot.clientId = readClientId(reader, about)
      this.#run(slot, handler.run(reader, slot))
    } catch (error) {
      this.#failed(slot, error)
    }
  }

  #run(slot: RequestSlot, answer: Answering<BodyWriter>): void {
    if (answer instanceof LateAnswer) {
      // It may be told from the middle of anything: no other request is begun there.
      assert(this.#holder !== slot, 'who answers late, and not by a promise, has proceeded')
      answer.whenSettled((late) => this.#answered(slot, late))
      return
    }
    if (!(answer instanceof Promise)) {
      this.#holder = undefined
      this.#settle(slot, answer)
      return
    }
    answer.then(
      (late) => this.#answered(slot, late),
      (error: unknown) => this.#failed(slot, error),
    )
  }

  /** What an answer meets on the way out is a failure too: nothing of it may go unhandled. */
  #answered(slot: RequestSlot, answer: Answer<BodyWriter>): void {
    try {
      this.#settle(slot, answer)
      slot.proceed()
      this.#flushSoon()
    } catch (error) {
      this.#failed(slot, error)
    }
  }

  /** Requests in front of it have their answers first, but for a fault that stops the node. */
  #failed(slot: RequestSlot, error: unknown): void {
    this.#blame(error)
    this.#endAt(slot)
    slot.proceed()
    this.#flushSoon()
  }

  #endAt(slot: RequestSlot): void {
    this.#isEnding = true
    slot.isEnd = true
    this.#put(slot, [])
  }

  /** The peer waits for answers, and asks no more. */
  ended(): void {
    this.#peerEnded = true
    this.#leaveIfDue()
  }

  /** All that was asked before is answered, and has left. */
  #leaveIfDue(): void {
    if (this.#closed || !this.#replies.idle) return
    const [next] = this.#slots
    if (next === undefined ? this.#endsBehindSlots : next.isEnd) this.destroy()
    else if (next === undefined && this.#peerEnded && !this.#heldBack && this.#options.isOpen()) this.#socket.end()
  }

  proceeds(slot: RequestSlot): void {
    if (this.#holder !== slot) return
    this.#holder = undefined
    this.#resume()
  }

  throttle(throttleTimeMs: number): void {
    if (this.#closed) return
    this.#throttled?.cancel()
    this.#throttled = this.#options.after(throttleTimeMs, () => {
      this.#throttled = undefined
      this.#resume()
    })
  }

  isFirst(slot: RequestSlot): boolean {
    return this.#slots[0] === slot
  }

  #settle(slot: RequestSlot, answer: Answer<BodyWriter>): void {
    if (this.#closed) {
      // What it holds of files is given back by the stream, which is closed too.
      if (!(answer instanceof Signal)) this.#replies.push(replyFrame(this.#options.writer, slot, answer))
      return
    }
    if (answer === closeConnection) {
      this.#endAt(slot)
      return
    }
    this.#put(slot, answer instanceof Signal ? [] : replyFrame(this.#options.writer, slot, answer))
  }

  #put(slot: RequestSlot, parts: readonly ReplyPart[]): void {
    slot.parts = parts
    if (this.#slots[0] !== slot) {
      slot.parkedBytes = replyCostInBytes(parts)
      this.#parkedBytes += slot.parkedBytes
    }
    this.#release()
  }

  /** Replies whose turn has come go to the stream. */
  #release(): void {
    let count = 0
    let nowMs = 0
    for (const { parts, isEnd, parkedBytes, tally, receivedAtMs } of this.#slots) {
      if (parts === undefined || isEnd) break
      if (count === 0) nowMs = this.#options.monotonic()
      this.#replies.push(parts)
      this.#parkedBytes -= parkedBytes
      tally.took(nowMs - receivedAtMs)
      count++
    }
    if (count === this.#slots.length) while (this.#slots.pop() !== undefined);
    else if (count > 0) {
      this.#slots.splice(0, count)
      this.#slots[0]?.becameFirst?.()
    }
  }

  #joinRound(): void {
    if (this.#inRound || this.#replies.idle) return
    this.#inRound = true
    this.#options.round.add(this)
  }

  sendReplies(): void {
    this.#inRound = false
    this.#flush()
  }

  /** Replies that became ready in one turn leave together. */
  #flushSoon(): void {
    if (this.#flushQueued) return
    this.#flushQueued = true
    queueMicrotask(() => {
      this.#flushQueued = false
      this.#flush()
      this.#resume()
    })
  }

  #flush(): void {
    this.#send(() => this.#replies.flush())
  }

  drained(): void {
    this.activeAtMs = this.#options.monotonic()
    this.#send(() => this.#replies.drained())
    this.#resume()
  }

  #send(send: () => boolean): void {
    if (this.#closed) return
    try {
      if (!send()) this.#refuse(new Error('a log segment was cut, or could not be read, while it was sent'))
    } catch (error) {
      this.#refuse(error)
    }
    this.#leaveIfDue()
  }

  #refuse(error: unknown): void {
    this.#blame(error)
    this.destroy()
  }

  /**
   * What cannot be answered closes the connection, as Kafka does, and leaves a line in the log: at once, for whoever waits for
   * answers in front of it may go away. Behind that, the peer's other faults say nothing new.
   */
  #blame(error: unknown): void {
    const fault = isPeersFault(error)
    if (fault && this.#isEnding) return
    const text = error instanceof Error ? (fault ? error.message : (error.stack ?? error.message)) : String(error)
    this.#options.router.logger.log(fault ? 'warn' : 'error', `Closed a connection: ${text}`, {
      client: this.#socket.remoteAddress,
      port: this.#socket.remotePort,
      listener: this.#options.listenerName,
    })
    if (!(error instanceof AssertionError)) return
    this.destroy()
    this.#options.onFault(error)
  }

  destroy(): void {
    if (this.#closed) return
    this.#socket.destroy()
    this.closed()
  }

  closed(): void {
    if (this.#closed) return
    this.#closed = true
    this.#throttled?.cancel()
    this.#replies.close()
    for (const { parts, closed } of this.#slots.splice(0)) {
      this.#replies.push(parts ?? [])
      if (parts === undefined) closed?.()
    }
    this.#options.onClosed(this)
  }
}

const isPeersFault = (error: unknown): boolean => error instanceof FrameSizeError || error instanceof MalformedError
