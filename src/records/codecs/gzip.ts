/** gzip, by Node's zlib. Output is capped inside zlib: a bomb costs no more than the limit. */
import { constants, gunzipSync, gzipSync } from 'node:zlib'
import { corrupt, overLimit } from './compression-error.ts'
import { chunkSizeFor, isOverLimit } from './zlib-options.ts'

/** At most `limitBytes`; throws `CompressionError`. Several members behind one another are one stream. */
export function gunzip(bytes: Uint8Array, limitBytes: number): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: Math.max(1, limitBytes), chunkSize: chunkSizeFor(bytes.length) })
  } catch (error) {
    if (isOverLimit(error)) throw overLimit(limitBytes)
    throw corrupt('not a whole gzip stream', error)
  }
}

/** `level` 1 to 9, or -1 for zlib's own choice (Kafka's default). */
export function gzip(bytes: Uint8Array, level: number = constants.Z_DEFAULT_COMPRESSION): Buffer {
  return gzipSync(bytes, { level })
}
