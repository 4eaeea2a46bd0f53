/**
 * One end of a simulated stream. What an end writes is copied once, on its way into the queue of the other end, which
 * hands it on when its time has come: one event per delivery, scheduled again and again without allocation. As of a
 * socket, each direction ends by itself, and what arrives where nobody reads any more is answered by a reset.
 */
import { type Connection, type ConnectionHandler, crc32c } from '../base/index.ts'
import { CallEvent, type Life, type Scheduler, SimEvent } from './scheduler.ts'
import type { Link } from './sim-link.ts'

/** Bytes, or the end of what the peer sends; with an error, of both directions. */
type Packet =
  | { readonly kind: 'bytes'; bytes: Buffer; atMs: number }
  | { readonly kind: 'end'; readonly error: Error | undefined; atMs: number }

class DeliveryEvent extends SimEvent {
  readonly #deliver: () => number

  constructor(options: { traceId: number; life: Life; deliver: () => number }) {
    super(options.traceId, options.life)
    this.#deliver = options.deliver
  }

  fire(): number {
    return this.#deliver()
  }
}

export interface SimConnectionOptions {
  readonly scheduler: Scheduler
  readonly life: Life
  /** The way of what arrives here. */
  readonly inward: Link
  readonly remoteAddress: string
  readonly remotePort: number
  /** Bytes that may be under way before a writer has to wait. */
  readonly windowBytes: number
}

export class SimConnection implements Connection {
  readonly remoteAddress: string
  readonly remotePort: number
  readonly life: Life
  readonly inward: Link
  readonly #scheduler: Scheduler
  readonly #windowBytes: number
  readonly #delivery: DeliveryEvent
  #peer: SimConnection | undefined
  #handler: ConnectionHandler | undefined
  /** What is on its way here, in order; those before `#head` have arrived. */
  #inbound: Packet[] = []
  #head = 0
  #inboundBytes = 0
  #arrivedMs = 0
  /** Writes that found the window full, uncopied: their buffers are ours until `drained`. */
  #waiting: (readonly Uint8Array[])[] = []
  #paused = false
  /** It was told to end: nothing more is written. */
  #ending = false
  /** The peer is told so, behind all that was written. */
  #hasEnded = false
  #peerHasEnded = false
  #closed = false

  constructor(options: SimConnectionOptions) {
    this.remoteAddress = options.remoteAddress
    this.remotePort = options.remotePort
    this.life = options.life
    this.inward = options.inward
    this.#scheduler = options.scheduler
    this.#windowBytes = options.windowBytes
    this.#delivery = new DeliveryEvent({
      traceId: options.inward.traceId,
      life: options.life,
      deliver: () => this.#deliver(),
    })
  }

  get closed(): boolean {
    return this.#closed
  }

  /** Ties two ends together; nothing arrives before `fromMs`. */
  join(peer: SimConnection, fromMs: number): void {
    this.#peer = peer
    this.#arrivedMs = fromMs
  }

  /** Who is told of what arrives; until then it waits. */
  attach(handler: ConnectionHandler): void {
    this.#handler = handler
    this.wake()
  }

  write(chunks: readonly Uint8Array[]): boolean {
    const peer = this.#peer
    if (peer === undefined || this.#closed || this.#ending || !this.life.alive) return false
    if (peer.#closed) {
      this.#enqueueEnd(reset())
      return true
    }
    if (this.#waiting.length > 0 || peer.#inboundBytes >= this.#windowBytes) {
      this.#waiting.push(chunks.slice())
      return false
    }
    peer.#enqueue(chunks)
    return true
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.wake()
  }

  end(): void {
    if (this.#ending || this.#closed || !this.life.alive) return
    this.#ending = true
    if (this.#waiting.length === 0) this.#end()
  }

  destroy(): void {
    if (this.#closed || !this.life.alive) return
    const first = this.#inbound[this.#head]
    const isUnread = first?.kind === 'bytes' && first.atMs <= this.#scheduler.nowMs
    if (!isUnread && !this.#hasEnded) this.#tellEnd(undefined)
    if (this.#inboundBytes > 0) this.#tellEnd(reset())
    this.#close(undefined)
  }

  /** The process of this end is gone; its kernel says so to the peer. */
  abandon(): void {
    if (this.#closed) return
    this.#closed = true
    this.#tellEnd(reset())
  }

  /** The stream breaks for this end: a first part of the next packet still arrives, cut at any byte, then the error. */
  cut(): void {
    if (this.#closed) return
    const next = this.#inbound[this.#head]
    this.#inbound = []
    this.#head = 0
    this.#inboundBytes = 0
    this.#waiting = []
    if (next?.kind === 'bytes') {
      const size = this.inward.random.below(next.bytes.length + 1)
      if (size > 0) {
        this.#inbound.push({ kind: 'bytes', bytes: next.bytes.subarray(0, size), atMs: next.atMs })
        this.#inboundBytes = size
      }
    }
    this.#enqueueEnd(reset())
  }

  /** Looks again at what waits: the way is free, or the reader is back. */
  wake(): void {
    const next = this.#inbound[this.#head]
    if (next === undefined || this.#delivery.queued || this.#handler === undefined || this.#closed) return
    // A paused reader still learns of an error, as a socket that was reset tells at once.
    if (this.#paused && !(next.kind === 'end' && next.error !== undefined)) return
    if (this.inward.blocked) return
    this.#scheduler.at(Math.max(next.atMs, this.inward.cloggedUntilMs), this.#delivery)
  }

  #arrival(): number {
    const atMs = Math.max(this.#arrivedMs, this.#scheduler.nowMs + this.inward.delayMs())
    this.#arrivedMs = atMs
    return atMs
  }

  #enqueue(chunks: readonly Uint8Array[]): void {
    let size = 0
    for (const chunk of chunks) size += chunk.length
    if (size === 0 || this.#closed) return
    const bytes = Buffer.allocUnsafe(size)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    this.#inboundBytes += size
    this.#inbound.push({ kind: 'bytes', bytes, atMs: this.#arrival() })
    this.wake()
  }

  #tellEnd(error: Error | undefined): void {
    if (this.#peer !== undefined) this.#peer.#enqueueEnd(error)
  }

  #enqueueEnd(error: Error | undefined): void {
    if (this.#closed) return
    this.#inbound.push({ kind: 'end', error, atMs: this.#arrival() })
    this.wake()
  }

  /** One call of the owner per event, so that what it promised itself runs before the next. */
  #deliver(): number {
    const next = this.#inbound[this.#head]
    const handler = this.#handler
    if (next === undefined || handler === undefined || this.#closed) return 0
    const held = this.inward.blocked || this.inward.cloggedUntilMs > this.#scheduler.nowMs
    if (held || next.atMs > this.#scheduler.nowMs || (this.#paused && next.kind === 'bytes')) {
      this.wake()
      return 0
    }
    if (next.kind === 'end') {
      this.#advance()
      if (next.error === undefined) this.#peerEnded(handler)
      else this.#close(next.error)
      this.wake()
      return 1
    }
    const into = handler.receiveBuffer()
    const size = Math.min(into.length, this.inward.segment(next.bytes.length))
    if (size === next.bytes.length) {
      into.set(next.bytes)
      this.#advance()
    } else {
      into.set(next.bytes.subarray(0, size))
      next.bytes = next.bytes.subarray(size)
    }
    this.#inboundBytes -= size
    // What the bytes are is part of the trace: a real clock's time in them is found, as is a real random number.
    const digest = crc32c(into, 0, size)
    handler.received(size)
    const peer = this.#peer
    if (peer !== undefined && this.#inboundBytes < this.#windowBytes) peer.#flush()
    this.wake()
    return size * 2 ** 32 + digest
  }

  #peerEnded(handler: ConnectionHandler): void {
    this.#peerHasEnded = true
    if (this.#hasEnded) this.#close(undefined)
    else if (handler.ended === undefined) this.end()
    else handler.ended()
  }

  /** All that was written has left. */
  #end(): void {
    this.#hasEnded = true
    this.#tellEnd(undefined)
    if (this.#peerHasEnded) this.#close(undefined)
  }

  #advance(): void {
    this.#head++
    if (this.#head === this.#inbound.length) {
      this.#inbound.length = 0
      this.#head = 0
    } else if (this.#head === 1024) {
      this.#inbound.splice(0, this.#head)
      this.#head = 0
    }
  }

  /** The window has room again: what waited leaves, and the owner hears of it. */
  #flush(): void {
    const peer = this.#peer
    if (this.#waiting.length === 0 || peer === undefined) return
    for (const chunks of this.#waiting) peer.#enqueue(chunks)
    this.#waiting = []
    this.#tell((handler) => {
      if (!this.#closed) handler.drained()
    })
    if (this.#ending) this.#end()
  }

  #close(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#inbound = []
    this.#head = 0
    this.#inboundBytes = 0
    this.#waiting = []
    this.#tell((handler) => handler.closed(error))
  }

  #tell(what: (handler: ConnectionHandler) => void): void {
    const call = (): void => {
      if (this.#handler !== undefined) what(this.#handler)
    }
    this.#scheduler.at(this.#scheduler.nowMs, new CallEvent({ traceId: this.inward.traceId, life: this.life, call }))
  }
}

function reset(): Error {
  return Object.assign(new Error('ECONNRESET: the connection was reset'), { code: 'ECONNRESET' })
}
