/** Zstandard, by Node's zlib, frame by frame. Output is capped inside the library: a bomb costs no more than the limit. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { corrupt, overLimit } from './compression-error.ts'
import { frameToll } from './frame-bounds.ts'
import { giveBack, type PieceUse } from './piece-use.ts'
import { chunkSizeFor, isOverLimit } from './zlib-options.ts'
import { windowLog, zstdFrames } from './zstd-frames.ts'

/** Kafka's default level. */
const levelDefault = 3
/** 8 MB, as level 19 has it. The collector is told of windows, and runs for large ones: a millisecond for an empty frame. */
const quickWindowLogMax = 23
/** As many frames as make that millisecond. */
const wideFrameToll = 32

/** What one whole frame holds; undefined when that is more than `sizeMax`. Throws `CompressionError`. */
export function zstdFrame(frame: Uint8Array, sizeMax: number, use: PieceUse = 'kept'): Buffer | undefined {
  try {
    const plain = zstdDecompressSync(frame, {
      maxOutputLength: Math.max(1, sizeMax),
      chunkSize: chunkSizeFor(frame.length, sizeMax, use),
    })
    return plain.length > sizeMax ? undefined : plain
  } catch (error) {
    if (isOverLimit(error)) return undefined
    throw corrupt('not a whole zstd frame', error)
  }
}

/** A piece for each frame, and more of nothing: together at most `limitBytes`. Throws `CompressionError`. */
export function* zstdPieces(
  bytes: Uint8Array,
  limitBytes: number,
  use: PieceUse = 'kept',
): Generator<Uint8Array, void, void> {
  let leftBytes = limitBytes
  let isFirst = true
  for (const frame of zstdFrames(bytes)) {
    if (!isFirst) yield* frameToll()
    isFirst = false
    if (frame === undefined) continue
    if (windowLog(frame) > quickWindowLogMax) yield* frameToll(wideFrameToll)
    const piece = zstdFrame(frame, leftBytes, use)
    if (piece === undefined) throw overLimit(limitBytes)
    leftBytes -= piece.length
    yield piece
    if (use === 'once') giveBack(piece)
  }
}

/** `level` from negative (fastest) to 22. */
export function zstdCompress(bytes: Uint8Array, level: number = levelDefault): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } })
}
