/** Zstandard, by Node's zlib. Output is capped inside the library: a bomb costs no more than the limit. */
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { corrupt, overLimit } from './compression-error.ts'
import { chunkSizeFor, isOverLimit } from './zlib-options.ts'

/** Kafka's default level. */
const levelDefault = 3

/** At most `limitBytes`; throws `CompressionError`. */
export function zstdDecompress(bytes: Uint8Array, limitBytes: number): Buffer {
  try {
    return zstdDecompressSync(bytes, {
      maxOutputLength: Math.max(1, limitBytes),
      chunkSize: chunkSizeFor(bytes.length),
    })
  } catch (error) {
    if (isOverLimit(error)) throw overLimit(limitBytes)
    throw corrupt('not a whole zstd frame', error)
  }
}

/** `level` from negative (fastest) to 22. */
export function zstdCompress(bytes: Uint8Array, level: number = levelDefault): Buffer {
  return zstdCompressSync(bytes, { params: { [constants.ZSTD_c_compressionLevel]: level } })
}
