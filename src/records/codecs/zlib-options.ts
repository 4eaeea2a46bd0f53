/** What gzip and zstd ask of Node's zlib alike. */
import { constants } from 'node:zlib'

/**
 * What becomes of a piece of plain bytes: `kept` for as long as the caller wants, or looked at `once`, until he asks for the next one.
 */
export type PieceUse = 'kept' | 'once'

const chunkSizeMax = 256 * 1024
/** Of pieces that are looked at once: their memory is back in a moment, so that the output always lies in one. */
const onceChunkSizeMax = 1024 * 1024
/** Most text shrinks by this much, so that one chunk holds the output. */
const usualRatio = 4

/** Size of the pieces zlib writes its output in: big ones for big input (measured: 0.77 instead of 0.55 GB/s). */
export function chunkSizeFor(compressedSize: number, outputSizeMax: number, use: PieceUse = 'kept'): number {
  const size =
    use === 'once'
      ? Math.min(outputSizeMax, onceChunkSizeMax)
      : Math.min(compressedSize * usualRatio, outputSizeMax, chunkSizeMax)
  return Math.max(constants.Z_MIN_CHUNK * 16, size)
}

/**
 * Gives the memory of a piece back, which nobody looks at any more. The collector is told of memory outside of its heap, and runs for
 * it: half of the CPU of a broker that looked into zstd batches of 64 KB went there.
 */
export function free({ buffer }: Uint8Array): void {
  // Small ones are cut out of memory that is shared.
  if (buffer instanceof ArrayBuffer && buffer.byteLength > Buffer.poolSize) buffer.transfer(0)
}

export function isOverLimit(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'
}
