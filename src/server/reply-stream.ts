/**
 * The way out of a connection: replies, each a list of chunks and of regions of files, in order. Last station of every
 * request. A region is read piece by piece as the socket takes it, so that a reader who is slow, or who never reads,
 * holds one piece of memory and not the reply.
 */
import { assert, isRegion, partSizeInBytes, poisonByte, type ReplyPart } from '../base/index.ts'

/** What a reply stream needs of a connection (base's `Connection`). */
interface Sink {
  write(chunks: readonly Uint8Array[]): boolean
}

/**
 * Pieces for reading regions, shared by all connections of a server: one is lent out per connection that waits. A large
 * piece halves the cost of a large reply (each write wakes the reader: measured 0.6 s of CPU a GB with 128 KB, 0.33 with
 * 512 KB, on a machine where a wake is dear); when many slow readers hold one, the next ones get small ones.
 */
export class PiecePool {
  readonly #options: PieceOptions
  readonly #free: Buffer[] = []
  #lentLarge = 0

  constructor(options: PieceOptions) {
    this.#options = options
  }

  take(): Buffer {
    const { pieceBytes, smallPieceBytes, largeMax } = this.#options
    if (this.#lentLarge >= largeMax) return Buffer.allocUnsafeSlow(smallPieceBytes)
    this.#lentLarge++
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(pieceBytes)
  }

  /** The kernel has taken all of it. */
  give(piece: Buffer): void {
    if (this.#options.poison === true) piece.fill(poisonByte)
    if (piece.length !== this.#options.pieceBytes) return
    this.#lentLarge--
    if (this.#free.length < this.#options.keepMax) this.#free.push(piece)
  }

  /** The kernel may still read from it: it is not used again. */
  lose(piece: Buffer): void {
    if (piece.length === this.#options.pieceBytes) this.#lentLarge--
  }
}

export interface PieceOptions {
  readonly pieceBytes: number
  readonly smallPieceBytes: number
  /** Large pieces that may be lent at once. */
  readonly largeMax: number
  /** Large pieces that are kept for the next reply. */
  readonly keepMax: number
  /** Pieces that are given back are overwritten: shows in tests who still sends from one. */
  readonly poison?: boolean
}

/** What a part costs besides its bytes: a hundred thousand small replies held six times what they said. */
const partOverheadBytes = 512

/** What a reply holds while it waits. */
export function replyCostInBytes(parts: readonly ReplyPart[]): number {
  let sum = 0
  for (const part of parts) sum += partSizeInBytes(part) + partOverheadBytes
  return sum
}

/** A header is copied to where its data will be read: one buffer leaves by a plain write, two by a list that is made for it. */
const copiedBytesMax = 1024

export class ReplyStream {
  readonly #sink: Sink
  readonly #pieces: PiecePool
  readonly #parts: ReplyPart[] = []
  #queuedBytes = 0
  /** Bytes of the region at the head that were sent. */
  #regionPosition = 0
  /** The piece that the connection still sends from. */
  #lent: Buffer | undefined
  #waiting = false
  #closed = false

  constructor(sink: Sink, pieces: PiecePool) {
    this.#sink = sink
    this.#pieces = pieces
  }

  /** Bytes that wait for the socket, regions and what the parts cost by themselves included. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get idle(): boolean {
    return !this.#waiting && this.#parts.length === 0
  }

  push(reply: readonly ReplyPart[]): void {
    for (const part of reply) {
      if (this.#closed) releasePart(part)
      else this.#parts.push(part)
      this.#queuedBytes += partSizeInBytes(part) + partOverheadBytes
    }
  }

  /** Sends what the socket takes; false when a region could not be read whole: the connection must be destroyed. */
  flush(): boolean {
    while (!this.#waiting && !this.#closed && this.#parts.length > 0) {
      const piece = this.#parts.some(isRegion) ? this.#pieces.take() : undefined
      const chunks = this.#readChunks(piece)
      if (chunks === undefined) return false
      this.#waiting = !this.#sink.write(chunks)
      if (piece === undefined) continue
      if (this.#waiting) this.#lent = piece
      else this.#pieces.give(piece)
    }
    return true
  }

  /** Undefined where a region could not be read whole: nothing was sent from the piece. */
  #readChunks(piece: Buffer | undefined): Uint8Array[] | undefined {
    let chunks: Uint8Array[] | undefined
    try {
      chunks = this.#nextChunks(piece)
      return chunks
    } finally {
      if (chunks === undefined && piece !== undefined) this.#pieces.give(piece)
    }
  }

  /** The chunks up to and with one piece of a region: small replies join, and a header goes out with its first data. */
  #nextChunks(piece: Buffer | undefined): Uint8Array[] | undefined {
    const chunks: Uint8Array[] = []
    let used = 0
    let count = 0
    for (const part of this.#parts) {
      if (part instanceof Uint8Array) {
        if (piece !== undefined && part.length <= copiedBytesMax && part.length <= piece.length - used) {
          piece.set(part, used)
          chunks.push(piece.subarray(used, used + part.length))
          used += part.length
        } else chunks.push(part)
        this.#queuedBytes -= part.length + partOverheadBytes
        count++
        continue
      }
      assert(piece !== undefined, 'a region needs a piece')
      const size = Math.min(part.sizeInBytes - this.#regionPosition, piece.length - used)
      if (size === 0 && part.sizeInBytes > 0) break
      const target = piece.subarray(used, used + size)
      if (!part.readSync(target, this.#regionPosition)) return undefined
      chunks.push(target)
      used += size
      this.#queuedBytes -= size
      this.#regionPosition += size
      if (this.#regionPosition < part.sizeInBytes) break
      part.release()
      this.#queuedBytes -= partOverheadBytes
      this.#regionPosition = 0
      count++
    }
    this.#parts.splice(0, count)
    return chunks.length > 1 ? joined(chunks) : chunks
  }

  /** The socket has taken all that was written. */
  drained(): boolean {
    this.#waiting = false
    if (this.#lent !== undefined) this.#pieces.give(this.#lent)
    this.#lent = undefined
    return this.flush()
  }

  /** The connection is gone. The lent piece is not given back: the kernel may still read from it. */
  close(): void {
    if (this.#closed) return
    this.#closed = true
    if (this.#lent !== undefined) this.#pieces.lose(this.#lent)
    this.#lent = undefined
    for (const part of this.#parts.splice(0)) releasePart(part)
    this.#queuedBytes = 0
  }
}

/** Small replies are written one behind the other in one buffer: they leave as one piece, without a copy. */
function joined(chunks: readonly Uint8Array[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  let [first] = chunks
  if (first === undefined) return pieces
  let end = first.byteOffset + first.length
  for (const chunk of chunks.slice(1)) {
    if (chunk.buffer !== first.buffer || chunk.byteOffset !== end) {
      pieces.push(upTo(first, end))
      first = chunk
    }
    end = chunk.byteOffset + chunk.length
  }
  pieces.push(upTo(first, end))
  return pieces
}

/** From the start of `first` to `end` in its buffer. */
const upTo = (first: Uint8Array, end: number): Uint8Array =>
  end - first.byteOffset === first.length ? first : Buffer.from(first.buffer, first.byteOffset, end - first.byteOffset)

function releasePart(part: ReplyPart): void {
  if (isRegion(part)) part.release()
}
