/**
 * Cuts a connection's bytes into frames: four bytes of size, then that many of request or reply. First station of every request.
 *
 * Connections that hold no partial frame all receive into one shared buffer, so an idle one costs nothing. What is left
 * over at the end of a read moves to a buffer of its own, which grows with the bytes that came, never with the size
 * that was announced. A frame is a view that is valid until the call it is handed to returns: who keeps bytes, copies.
 *
 * Who has asked for a large frame, and wants all of it, does not: it is received into memory of exactly its size, which is left to him.
 * So much is taken at once, up to 64 MB: beyond that nobody is believed what he announces.
 */
import { assert } from './assert.ts'
import { SpareBuffers } from './spare-buffers.ts'

/** The size prefix is negative, or over the limit: the connection is closed, as Kafka does. */
export class FrameSizeError extends Error {
  override readonly name = 'FrameSizeError'
}

export interface ReceiveBuffers {
  /** Bytes of one read; also the first size of a connection's own buffer. */
  readonly readBytes: number
  readonly shared: Buffer
  /** For connections that hold part of a frame. */
  readonly spare: SpareBuffers
  /** Overwrites what was handed out once it is released: shows in tests who kept a view. */
  readonly poison: boolean
}

export function receiveBuffers(options: { readonly readBytes: number; readonly poison: boolean }): ReceiveBuffers {
  const { readBytes } = options
  const spare = new SpareBuffers({ keptBytesMax: sparesMax * readBytes })
  return { ...options, shared: Buffer.allocUnsafeSlow(readBytes), spare }
}

/** What is kept, in reads: room for the largest reply to a follower (`replica.fetch.response.max.bytes`), which grows to 16 MB. */
const sparesMax = 64

const prefixBytes = 4
const heldBytesMin = 4096
const exactBytesMax = 64 * 1024 * 1024
/** What released memory is filled with where tests ask for it. */
export const poisonByte = 0xdb

export class FrameBuffer {
  readonly #buffers: ReceiveBuffers
  /** This connection's own buffer while it holds part of a frame. */
  #own: Buffer | undefined
  /** Bytes of `#own` that are held: [start, end). */
  #start = 0
  #end = 0
  /** Whether the next frame is wanted whole. */
  #isWanted = false
  /** `#own` is somebody else's now. */
  #isLeft = false

  constructor(buffers: ReceiveBuffers) {
    this.#buffers = buffers
  }

  get heldBytes(): number {
    return this.#end - this.#start
  }

  /** Where the next bytes go. */
  receiveBuffer(): Uint8Array {
    if (this.#own === undefined) return this.#buffers.shared
    if (this.#end === this.#own.length) this.#makeRoom(this.#own)
    return this.#own.subarray(this.#end)
  }

  /** Moves what is held to the front; doubles the buffer if it is full of it. */
  #makeRoom(own: Buffer): void {
    const held = this.heldBytes
    const target = this.#exact(own, this.#start, this.#end) ?? (held > own.length / 2 ? this.#doubled(own) : own)
    own.copy(target, 0, this.#start, this.#end)
    if (target !== own) this.#free(own)
    this.#own = target
    this.#start = 0
    this.#end = held
  }

  #doubled({ length }: Buffer): Buffer {
    return this.#buffers.spare.take(length * 2)
  }

  /** For a large frame that is wanted, and begins there. */
  #exact(from: Buffer, start: number, end: number): Buffer | undefined {
    if (!this.#isWanted || end - start < prefixBytes) return undefined
    const size = prefixBytes + from.readInt32BE(start)
    return size > this.#buffers.readBytes && size <= exactBytesMax ? Buffer.allocUnsafeSlow(size) : undefined
  }

  /** Of the frame that is handed out now: whether its memory is the caller's from now on, for nothing else lies in it. */
  keep(start: number, end: number): boolean {
    this.#isLeft = start === prefixBytes && end === this.#own?.length
    return this.#isLeft
  }

  /**
   * Takes the `size` bytes that were received last and hands out each whole frame (without its size), until `consume`
   * says false: the rest stays for `resume`. One that is `isWanted` may be kept. Throws FrameSizeError.
   */
  received(size: number, sizeMax: number, consume: Consume, isWanted = false): void {
    this.#isWanted = isWanted
    if (this.#own !== undefined) {
      this.#end += size
      this.resume(sizeMax, consume)
      if (this.heldBytes > 0) return
      if (!this.#isLeft) this.#free(this.#own)
      this.#isLeft = false
      this.#own = undefined
      return
    }
    const { shared, poison } = this.#buffers
    assert(size <= shared.length, 'more received than there is room for')
    const rest = cut(shared, 0, size, sizeMax, consume)
    if (rest < size) this.#keep(shared, rest, size)
    if (poison) shared.fill(poisonByte, 0, size)
  }

  /** Takes the `size` bytes that were received last and cuts nothing yet. Thousands may wait with a small request behind another one. */
  hold(size: number): void {
    if (this.#own !== undefined) {
      this.#end += size
      return
    }
    const { shared, readBytes } = this.#buffers
    this.#keep(shared, 0, size, Math.min(readBytes, Math.max(heldBytesMin, size * 2)))
  }

  #keep(from: Buffer, start: number, end: number, roomBytes = this.#buffers.readBytes): void {
    const own = this.#exact(from, start, end) ?? this.#buffers.spare.take(roomBytes)
    from.copy(own, 0, start, end)
    this.#own = own
    this.#start = 0
    this.#end = end - start
  }

  #free(own: Buffer): void {
    const { poison, spare } = this.#buffers
    if (poison) own.fill(poisonByte)
    spare.give(own)
  }

  /** Goes on with the frames that are held. The buffer stays, even empty: the next bytes may be on their way into it. */
  resume(sizeMax: number, consume: Consume): void {
    const own = this.#own
    if (own === undefined) return
    const start = this.#start
    this.#start = cut(own, start, this.#end, sizeMax, consume)
    if (this.#buffers.poison && !this.#isLeft) own.fill(poisonByte, start, this.#start)
  }
}

/**
 * Who speaks another protocol, be it a client or whom we ask, has a size that tells which: TLS begins with a handshake, or
 * answers by an alert.
 */
function guess(bytes: Buffer, at: number): string {
  const looksLikeTls = (bytes[at] === 0x16 || bytes[at] === 0x15) && bytes[at + 1] === 3
  if (looksLikeTls) return ': it looks like TLS, and this connection is not'
  const looksLikeHttp = /^(GET |POST|HEAD|PUT |OPTI|HTTP)/.test(bytes.toString('latin1', at, at + prefixBytes))
  return looksLikeHttp ? ': it looks like HTTP' : ''
}

/** Gets the frame [start, end) of `bytes`; false stops the cutting behind it. */
export type Consume = (bytes: Buffer, start: number, end: number) => boolean

/** Returns where the first frame starts that is not whole, or that was not asked for any more. */
function cut(bytes: Buffer, from: number, to: number, sizeMax: number, consume: Consume): number {
  let position = from
  while (to - position >= prefixBytes) {
    const size = bytes.readInt32BE(position)
    if (size < 0 || size > sizeMax)
      throw new FrameSizeError(`a frame of ${size} bytes, at most ${sizeMax} are allowed${guess(bytes, position)}`)
    const start = position + prefixBytes
    const end = start + size
    if (end > to) break
    position = end
    if (!consume(bytes, start, end)) break
  }
  return position
}
