/**
 * A segment piece by piece, each with whole batches at its start: a job reads the file where it can, so that the bytes are
 * looked at by the processor that has them at hand; else they are read here, into memory that jobs share. Off the hot path.
 */
import { assert } from '../../base/index.ts'
import { batchHeader as header } from '../../records/index.ts'
import { HeaderWalk } from '../header-walk.ts'
import type { Segment } from '../segment.ts'
import { CorruptBatchError, type Piece } from './chunk.ts'

export interface ChunkReaderOptions {
  /** Of a piece. */
  readonly chunkBytes: number
  /** Of a piece that a job reads. */
  readonly partBytes: number
  /** After each piece: throws where the compaction must end. */
  readonly check: () => void
}

/** What a pass over a piece has done; `ended`: it needs no more. */
export interface PassedChunk {
  readonly sizeInBytes: number
  readonly ended?: boolean
}

export class SegmentChunks {
  readonly #options: ChunkReaderOptions
  #memory: Uint8Array | undefined

  constructor(options: ChunkReaderOptions) {
    this.#options = options
  }

  /** False where `pass` has ended it. Throws CorruptBatchError where no batch lies. */
  async read(segment: Segment, from: number, pass: (piece: Piece) => Promise<PassedChunk>): Promise<boolean> {
    this.#options.check()
    const isWhole = await segment.handle.whilePinned(() => this.#read(segment, from, pass))
    assert(isWhole !== undefined, 'a segment that is compacted is not closing')
    return isWhole
  }

  async #read(segment: Segment, from: number, pass: (piece: Piece) => Promise<PassedChunk>): Promise<boolean> {
    const { chunkBytes, check } = this.#options
    const size = segment.sizeInBytes
    let wanted = chunkBytes
    for (let position = from; position < size; ) {
      check()
      const sizeInBytes = Math.min(wanted, size - position)
      const passed = await pass(await this.#piece(segment, position, sizeInBytes))
      check()
      position += passed.sizeInBytes
      if (passed.ended === true) return false
      wanted = passed.sizeInBytes > 0 ? chunkBytes : largerThan(sizeInBytes, segment, position)
    }
    return true
  }

  async #piece({ handle: { file } }: Segment, position: number, sizeInBytes: number): Promise<Piece> {
    const { forJobs } = file
    if (forJobs !== undefined) {
      return { kind: 'file', file: forJobs, position, sizeInBytes, partBytes: this.#options.partBytes }
    }
    if (this.#memory === undefined || this.#memory.length < sizeInBytes) {
      this.#memory = new Uint8Array(new SharedArrayBuffer(Math.max(sizeInBytes, this.#options.chunkBytes)))
    }
    let filled = 0
    while (filled < sizeInBytes) {
      const size = await file.read(this.#memory, filled, sizeInBytes, position + filled)
      if (size === 0) break
      filled += size
    }
    return { kind: 'bytes', bytes: this.#memory.subarray(0, filled) }
  }
}

/** No whole batch was in a piece of `size` bytes: how large the next one must be. */
function largerThan(size: number, segment: Segment, position: number): number {
  const walk = new HeaderWalk(segment.handle.file, segment.sizeInBytes)
  const at = walk.at(position)
  const needed = at < 0 ? 0 : header.sizeInBytes(walk.view, at)
  if (needed <= size || needed > segment.sizeInBytes - position) {
    throw new CorruptBatchError(`no whole batch in ${segment.handle.file.path} at ${position}`)
  }
  return needed
}
