/**
 * Compression of record batches. Everything that decompresses is bounded by the caller; whole buffers and functions
 * only: what is too long for the event loop runs in a worker.
 */
import { assert, unreachable } from '../../base/index.ts'
import { CompressionType } from '../compression-type.ts'
import { gzip } from './gzip.ts'
import { lz4Compress } from './lz4.ts'
import { decompressPieces, joined } from './pieces.ts'
import { snappyCompress } from './snappy.ts'
import { zstdCompress } from './zstd.ts'

export { CompressionError } from './compression-error.ts'
export { decompressPieces } from './pieces.ts'
export { compressSlowly, type SlowCompressor } from './slow-compressors.ts'
export { decompressSlowly } from './slow-pieces.ts'

/** The plain bytes in one buffer, at most `limitBytes`. Throws `CompressionError`. */
export function decompress(codec: CompressionType, bytes: Uint8Array, limitBytes: number): Buffer {
  return joined(decompressPieces(codec, bytes, limitBytes))
}

/** `level` as Kafka's `compression.<codec>.level`; gzip and zstd have one, the others ignore it. */
export function compress(codec: CompressionType, bytes: Uint8Array, level?: number): Buffer {
  switch (codec) {
    case CompressionType.gzip:
      return gzip(bytes, level)
    case CompressionType.snappy:
      return snappyCompress(bytes)
    case CompressionType.lz4:
      return lz4Compress(bytes)
    case CompressionType.zstd:
      return zstdCompress(bytes, level)
    case CompressionType.none:
      assert(level === undefined, 'no level without a codec')
      return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    default:
      return unreachable(codec)
  }
}
