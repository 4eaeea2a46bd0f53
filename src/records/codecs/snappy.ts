/**
 * Snappy as Kafka takes it: framed as the Java library `snappy-java` (xerial) frames it, or one raw block. Kafka
 * writes frames with blocks of 32 KB. The native library trusts the length a block begins with, so that is checked here.
 */
import { lazyNative } from '../../base/index.ts'
import type { BlockFrame } from './block-frame.ts'
import { CompressionError, corrupt, overLimit } from './compression-error.ts'
import { giveBack, type PieceUse } from './piece-use.ts'
import { snappyDecodeRaw, snappyEncodeRaw, snappyLength } from './snappy-raw.ts'

const nativeDecode = lazyNative<(bytes: Uint8Array, options: object) => Buffer>('snappy', 'uncompressSync')
const nativeEncode = lazyNative<(bytes: Uint8Array, options: object) => Buffer>('snappy', 'compressSync')
/** Output in external memory, the library's default, costs three to five times as much. */
const nativeOptions = { copyOutputData: true, asBuffer: true }

const frameMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const frameHeaderSize = 16
const frameVersion = 1
const blockSizeWritten = 32 * 1024
/** An element of three bytes gives 64 at most: a length beyond that is a lie. */
const ratioMax = 22

function decodeBlock(
  bytes: Uint8Array,
  limit: { readonly leftBytes: number; readonly limitBytes: number },
): Uint8Array {
  const { size } = snappyLength(bytes, 0)
  if (size > limit.leftBytes) throw overLimit(limit.limitBytes)
  if (size > bytes.length * ratioMax) throw corrupt(`Snappy block of ${bytes.length} bytes announces ${size}`)
  try {
    return nativeDecode()?.(bytes, nativeOptions) ?? snappyDecodeRaw(bytes)
  } catch (error) {
    throw error instanceof CompressionError ? error : corrupt('Snappy block', error)
  }
}

function isFrameHeader(bytes: Uint8Array, at: number): boolean {
  return bytes.length - at >= frameHeaderSize && frameMagic.equals(bytes.subarray(at, at + frameMagic.length))
}

/** The blocks, decoded one by one: at most `limitBytes` in all. Throws `CompressionError`. */
export function* snappyBlocks(
  bytes: Uint8Array,
  limitBytes: number,
  use: PieceUse = 'kept',
): Generator<Uint8Array, void, void> {
  if (!isFrameHeader(bytes, 0)) {
    const block = decodeBlock(bytes, { leftBytes: limitBytes, limitBytes })
    yield block
    if (use === 'once') giveBack(block)
    return
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let leftBytes = limitBytes
  for (let at = 0; at < bytes.length; ) {
    // Streams may stand behind one another, each with its header.
    if (isFrameHeader(bytes, at)) {
      at += frameHeaderSize
      continue
    }
    if (bytes.length - at < 4) throw corrupt('Snappy frame is cut')
    const end = at + 4 + view.getUint32(at)
    if (end > bytes.length) throw corrupt('Snappy block is cut')
    const block = decodeBlock(bytes.subarray(at + 4, end), { leftBytes, limitBytes })
    leftBytes -= block.length
    yield block
    if (use === 'once') giveBack(block)
    at = end
  }
}

/** Frames with blocks of 32 KB. Snappy has no levels. */
export function snappyCompress(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [snappyFrame.start()]
  for (let at = 0; at < bytes.length; at += blockSizeWritten) {
    parts.push(...snappyFrame.block(bytes.subarray(at, at + blockSizeWritten)))
  }
  return Buffer.concat(parts)
}

/** A frame in its parts. */
export const snappyFrame: BlockFrame = {
  blockSize: blockSizeWritten,
  start() {
    const header = Buffer.alloc(frameHeaderSize)
    frameMagic.copy(header)
    header.writeInt32BE(frameVersion, 8)
    header.writeInt32BE(frameVersion, 12)
    return header
  },
  block(plain) {
    const block = nativeEncode()?.(plain, nativeOptions) ?? snappyEncodeRaw(plain)
    const size = Buffer.alloc(4)
    size.writeInt32BE(block.length)
    return [size, block]
  },
  end: () => Buffer.alloc(0),
}
