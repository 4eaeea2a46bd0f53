/** A segment read piece by piece into memory that jobs share, each piece with whole batches at its start. Off the hot path. */
import { assert } from '../../base/index.ts'
import { batchHeader as header } from '../../records/index.ts'
import type { Segment } from '../segment.ts'
import { CorruptBatchError } from './chunk.ts'

export interface ChunkReaderOptions {
  readonly chunkBytes: number
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
  #memory: Uint8Array

  constructor(options: ChunkReaderOptions) {
    this.#options = options
    this.#memory = shared(options.chunkBytes)
  }

  /** False where `pass` has ended it. Throws CorruptBatchError where no batch lies. */
  async read(segment: Segment, from: number, pass: (bytes: Uint8Array) => Promise<PassedChunk>): Promise<boolean> {
    this.#options.check()
    const isWhole = await segment.handle.whilePinned(() => this.#read(segment, from, pass))
    assert(isWhole !== undefined, 'a segment that is compacted is not closing')
    return isWhole
  }

  async #read(segment: Segment, from: number, pass: (bytes: Uint8Array) => Promise<PassedChunk>): Promise<boolean> {
    const { chunkBytes, check } = this.#options
    const { file } = segment.handle
    const size = segment.sizeInBytes
    for (let position = from; position < size; ) {
      check()
      const wanted = Math.min(this.#memory.length, size - position)
      const filled = await this.#fill(segment, { position, wanted })
      const passed = await pass(this.#memory.subarray(0, filled))
      check()
      position += passed.sizeInBytes
      if (passed.ended === true) return false
      if (passed.sizeInBytes > 0) this.#shrink(chunkBytes)
      else this.#growFor(filled, size - position, `${file.path} at ${position}`)
    }
    return true
  }

  async #fill(segment: Segment, { position, wanted }: { position: number; wanted: number }): Promise<number> {
    let filled = 0
    while (filled < wanted) {
      const size = await segment.handle.file.read(this.#memory, filled, wanted, position + filled)
      if (size === 0) break
      filled += size
    }
    return filled
  }

  /** No whole batch was in the piece: the next one is larger. */
  #growFor(filled: number, left: number, where: string): void {
    const view = new DataView(this.#memory.buffer)
    const size = filled < header.batchHeaderSize ? 0 : header.sizeInBytes(view, 0)
    if (size <= filled || size > left) throw new CorruptBatchError(`no whole batch in ${where}`)
    this.#memory = shared(size)
  }

  #shrink(chunkBytes: number): void {
    if (this.#memory.length > chunkBytes) this.#memory = shared(chunkBytes)
  }
}

const shared = (size: number): Uint8Array => new Uint8Array(new SharedArrayBuffer(size))
