/** What gzip and zstd ask of Node's zlib alike. */
import { constants } from 'node:zlib'

const chunkSizeMax = 256 * 1024
/** Most text shrinks by this much, so that one chunk holds the output. */
const usualRatio = 4

/** Size of the pieces zlib writes its output in: big ones for big input (measured: 0.77 instead of 0.55 GB/s). */
export function chunkSizeFor(compressedSize: number, outputSizeMax: number): number {
  const size = Math.min(compressedSize * usualRatio, outputSizeMax, chunkSizeMax)
  return Math.max(constants.Z_MIN_CHUNK * 16, size)
}

export function isOverLimit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}
