/**
 * Decompression piece by piece for workers: gzip and zstd by Node's streams, so that a small batch that becomes gigabytes
 * is held in pieces of 256 KB. Costs more per call than the synchronous way, which small batches take.
 */
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { CompressionType } from '../compression-type.ts'
import { corrupt, overLimit } from './compression-error.ts'
import { decompressPieces } from './pieces.ts'

const chunkSize = 256 * 1024

/**
 * Together at most `limitBytes`. A piece is valid until the next one is asked for: its memory is given back then.
 * Throws `CompressionError`.
 */
export async function* decompressSlowly(
  codec: CompressionType,
  bytes: Uint8Array,
  limitBytes: number,
): AsyncGenerator<Uint8Array, void, void> {
  if (codec !== CompressionType.gzip && codec !== CompressionType.zstd) {
    yield* decompressPieces(codec, bytes, limitBytes)
    return
  }
  const stream = codec === CompressionType.gzip ? createGunzip({ chunkSize }) : createZstdDecompress({ chunkSize })
  stream.end(bytes)
  let left = limitBytes
  try {
    for await (const chunk of stream) {
      const piece: Uint8Array = chunk
      left -= piece.length
      if (left < 0) throw overLimit(limitBytes)
      yield piece
      release(piece)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw corrupt(`not a whole ${codecNames[codec]}`, error)
    throw error
  } finally {
    stream.destroy()
  }
}

/**
 * A collector would let 65 MB of pieces gather first, and hold up the other threads when it unmaps them. The stream has
 * no use for a chunk that is full; it goes on writing behind the piece in one that is not.
 */
function release({ buffer, byteLength }: Uint8Array): void {
  if (byteLength === chunkSize && buffer.byteLength === chunkSize && buffer instanceof ArrayBuffer) buffer.transfer(0)
}

const codecNames = { [CompressionType.gzip]: 'gzip stream', [CompressionType.zstd]: 'zstd frame' } as const
