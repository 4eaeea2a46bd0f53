/** Decompression on the caller's thread, in the pieces that the format has. */
import { unreachable } from '../../base/index.ts'
import { CompressionType } from '../compression-type.ts'
import { gzipPieces } from './gzip.ts'
import { lz4Blocks } from './lz4.ts'
import type { PieceUse } from './piece-use.ts'
import { snappyBlocks } from './snappy.ts'
import { zstdPieces } from './zstd.ts'

/**
 * The plain bytes in one or more pieces, together at most `limitBytes`: block by block where the format has blocks
 * of its own (snappy, lz4), so that memory stays small. How many there are bounds what they cost; some hold nothing.
 * Throws `CompressionError`.
 *
 * Pieces that are looked at `once` lose their memory when the next is asked for.
 */
export function* decompressPieces(
  codec: CompressionType,
  bytes: Uint8Array,
  limitBytes: number,
  use: PieceUse = 'kept',
): Generator<Uint8Array, void, void> {
  switch (codec) {
    case CompressionType.none:
      yield bytes
      return
    case CompressionType.gzip:
      yield* gzipPieces(bytes, limitBytes, use)
      return
    case CompressionType.snappy:
      yield* snappyBlocks(bytes, limitBytes, use)
      return
    case CompressionType.lz4:
      yield* lz4Blocks(bytes, limitBytes, { use })
      return
    case CompressionType.zstd:
      yield* zstdPieces(bytes, limitBytes, use)
      return
    default:
      unreachable(codec)
  }
}

/** In one buffer, which may be a view of what was decompressed. */
export function joined(pieces: Iterable<Uint8Array>): Buffer {
  const all = [...pieces]
  const [only] = all
  return all.length === 1 && only !== undefined
    ? Buffer.from(only.buffer, only.byteOffset, only.byteLength)
    : Buffer.concat(all)
}
