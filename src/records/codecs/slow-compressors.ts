/**
 * Compression piece by piece for workers, the counterpart of `slow-pieces.ts`: gzip and zstd by Node's streams, the others
 * block by block, so that a batch that was gigabytes once is never held whole. Costs more per call than `compress`.
 */
import { constants, createGzip, createZstdCompress, type Gzip, type ZstdCompress, type ZstdOptions } from 'node:zlib'
import { unreachable } from '../../base/index.ts'
import { CompressionType } from '../compression-type.ts'
import type { BlockFrame } from './block-frame.ts'
import { lz4Frame } from './lz4.ts'
import { snappyFrame } from './snappy.ts'

/** From this level on 640 MB of tables and 128 MB of window are taken where the size is not known; readers take the window too. */
const wideLevelMin = 20
/** The same as level 19 has: 8 MB of window, 160 MB in all. */
const narrow = { [constants.ZSTD_c_windowLog]: 23, [constants.ZSTD_c_chainLog]: 24, [constants.ZSTD_c_hashLog]: 22 }

export interface SlowCompressor {
  /** Settles when `piece` is no longer needed. */
  write(piece: Uint8Array): Promise<void>
  finish(): Promise<void>
  /** Gives back what a compressor holds that was not finished; harmless after. */
  close(): void
}

export interface SlowTarget {
  readonly codec: CompressionType
  readonly level: number | undefined
  /** Of all that will be written, where that is known: memory for more is not taken then. */
  readonly plainSize: number | undefined
  /** Takes what was made, to keep; empty chunks too. */
  readonly take: (chunk: Uint8Array) => void
}

export function compressSlowly({ codec, level, plainSize, take }: SlowTarget): SlowCompressor {
  switch (codec) {
    case CompressionType.none:
      return new Copies(take)
    case CompressionType.gzip:
      return new Streamed(createGzip({ level: level ?? constants.Z_DEFAULT_COMPRESSION }), take)
    case CompressionType.snappy:
      return new Blocks(snappyFrame, take)
    case CompressionType.lz4:
      return new Blocks(lz4Frame, take)
    case CompressionType.zstd:
      return new Streamed(createZstdCompress(zstdOptions(level, plainSize)), take)
    default:
      return unreachable(codec)
  }
}

function zstdOptions(
  level: number | undefined,
  plainSize: number | undefined,
): ZstdOptions & { pledgedSrcSize?: number } {
  const params = { [constants.ZSTD_c_compressionLevel]: level ?? constants.ZSTD_CLEVEL_DEFAULT }
  if (plainSize !== undefined) return { params, pledgedSrcSize: plainSize }
  return { params: level !== undefined && level >= wideLevelMin ? { ...params, ...narrow } : params }
}

type Take = SlowTarget['take']

class Copies implements SlowCompressor {
  readonly #take: Take

  constructor(take: Take) {
    this.#take = take
  }

  async write(piece: Uint8Array): Promise<void> {
    this.#take(Uint8Array.from(piece))
  }

  async finish(): Promise<void> {}

  close(): void {}
}

class Blocks implements SlowCompressor {
  readonly #frame: BlockFrame
  readonly #take: Take
  readonly #plain: Uint8Array
  #filled = 0

  constructor(frame: BlockFrame, take: Take) {
    this.#frame = frame
    this.#take = take
    this.#plain = new Uint8Array(frame.blockSize)
    take(frame.start())
  }

  async write(piece: Uint8Array): Promise<void> {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + this.#plain.length - this.#filled)
      this.#plain.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled === this.#plain.length) this.#write()
    }
  }

  async finish(): Promise<void> {
    if (this.#filled > 0) this.#write()
    this.#take(this.#frame.end())
  }

  close(): void {}

  #write(): void {
    for (const part of this.#frame.block(this.#plain.subarray(0, this.#filled))) {
      this.#take(part.buffer === this.#plain.buffer ? Uint8Array.from(part) : part)
    }
    this.#filled = 0
  }
}

class Streamed implements SlowCompressor {
  readonly #stream: Gzip | ZstdCompress
  readonly #ended: Promise<void>

  constructor(stream: Gzip | ZstdCompress, take: Take) {
    this.#stream = stream
    stream.on('data', take)
    this.#ended = new Promise((resolve, reject) => {
      stream.once('end', resolve)
      stream.once('error', reject)
    })
    // Who writes is told of the same error, and may never come to `finish`.
    this.#ended.catch(() => undefined)
  }

  write(piece: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(piece, (error) => (error === null || error === undefined ? resolve() : reject(error)))
    })
  }

  finish(): Promise<void> {
    this.#stream.end()
    return this.#ended
  }

  close(): void {
    this.#stream.destroy()
  }
}
