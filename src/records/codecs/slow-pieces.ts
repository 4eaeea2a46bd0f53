/**
 * Decompression piece by piece for workers: gzip and zstd by Node's streams, so that a small batch that becomes gigabytes
 * is held in pieces of 256 KB. Costs more per call than the synchronous way, which small batches take.
 */
import { createInflateRaw, createZstdDecompress, type InflateRaw, type ZstdDecompress } from 'node:zlib'
import { CompressionType } from '../compression-type.ts'
import { corrupt, overLimit } from './compression-error.ts'
import { gunzipMember, nextMember } from './gzip.ts'
import { MemberSum } from './gzip-members.ts'
import { decompressPieces } from './pieces.ts'
import { zstdFrame } from './zstd.ts'
import { zstdFrames } from './zstd-frames.ts'

const chunkSize = 256 * 1024
/** A frame of no more than this is read at once: a stream for each of many small ones would cost ten times as much. */
const smallSizeMax = 16 * 1024

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
  let left = limitBytes
  for await (const piece of codec === CompressionType.gzip ? slowMembers(bytes) : slowFrames(bytes)) {
    left -= piece.length
    if (left < 0) throw overLimit(limitBytes)
    yield piece
  }
}

/**
 * A frame of a few bytes may ask for a window of 128 MB (the decoder refuses more). Measured: it is allocated at once,
 * taken as far as output is written, 131 MB for a frame that makes more than it, and given back with the frame. A worker
 * has one job at a time, so that two of them hold 256 MB at the most.
 */
async function* slowFrames(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (const frame of zstdFrames(bytes)) {
    if (frame === undefined) continue
    const small = zstdFrame(frame, smallSizeMax)
    if (small === undefined) yield* streamed(createZstdDecompress({ chunkSize }), frame)
    else yield small
  }
}

async function* slowMembers(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let start = 0, count = 0; ; count++) {
    const at = nextMember(bytes, { start, count })
    if (at === undefined) return
    const small = gunzipMember(bytes, at, smallSizeMax)
    if (small !== undefined) {
      yield small.plain
      start = small.end
      continue
    }
    const stream = createInflateRaw({ chunkSize })
    const sum = new MemberSum()
    for await (const piece of streamed(stream, bytes.subarray(at))) {
      sum.add(piece)
      yield piece
    }
    start = sum.check(bytes, at + stream.bytesWritten)
  }
}

async function* streamed(
  stream: InflateRaw | ZstdDecompress,
  bytes: Uint8Array,
): AsyncGenerator<Uint8Array, void, void> {
  stream.end(bytes)
  try {
    for await (const chunk of stream) {
      const piece: Uint8Array = chunk
      yield piece
      release(piece)
    }
  } catch (error) {
    if (error instanceof Error && 'code' in error) throw corrupt('not a whole stream', error)
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
