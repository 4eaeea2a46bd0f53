/**
 * LZ4 frames as Kafka takes and writes them: blocks that do not depend on one another, header checksum verified. The
 * native library's own frame reader trusts its input, so only its block decoder is used, one bounded block at a time.
 */
import { lazyNative } from '../../base/index.ts'
import type { BlockFrame } from './block-frame.ts'
import { corrupt, overLimit } from './compression-error.ts'
import { lz4DecodeBlock, lz4EncodeBlock } from './lz4-block.ts'
import { giveBack, type PieceUse } from './piece-use.ts'
import { xxh32 } from './xxh32.ts'

/** Input: four bytes of little-endian output size, then the block. Output: what the block gives, at most that size. */
const nativeDecode = lazyNative<(bytes: Uint8Array) => Buffer>('lz4-napi', 'uncompressSync')
const nativeEncode = lazyNative<(bytes: Uint8Array) => Buffer>('lz4-napi', 'compressSync')

const frameMagic = 0x184d2204
const versionMask = 0xc0
const version1 = 0x40
const independentFlag = 0x20
const blockChecksumFlag = 0x10
const contentSizeFlag = 0x08
const reservedFlag = 0x02
const dictionaryFlag = 0x01
const uncompressedFlag = 0x8000_0000
/** A byte of a block gives this many at most, so small blocks need no buffer for a whole one (4 MB, for one byte each). */
const ratioMax = 255
/** What Kafka writes: version 1, independent blocks, no checksums, blocks of 64 KB. */
const flagsWritten = version1 | independentFlag
const blockDescriptorWritten = 0x40
const blockSizeWritten = 64 * 1024

interface FrameHeader {
  readonly flags: number
  readonly blockSizeMax: number
  /** Position of the first block. */
  readonly end: number
}

function readHeader(bytes: Uint8Array, view: DataView, isChecked: boolean): FrameHeader {
  if (bytes.length < 7 || view.getUint32(0, true) !== frameMagic) throw corrupt('no LZ4 frame')
  const flags = view.getUint8(4)
  const descriptor = view.getUint8(5)
  if ((flags & versionMask) !== version1 || (flags & (reservedFlag | dictionaryFlag)) !== 0) {
    throw corrupt(`LZ4 frame with flags ${flags}`)
  }
  if ((flags & independentFlag) === 0) throw corrupt('LZ4 frame with dependent blocks')
  const sizeId = (descriptor >> 4) & 7
  if ((descriptor & 0x8f) !== 0 || sizeId < 4) throw corrupt(`LZ4 frame with block descriptor ${descriptor}`)
  const checksumAt = (flags & contentSizeFlag) === 0 ? 6 : 14
  if (bytes.length <= checksumAt) throw corrupt('LZ4 frame header is cut')
  if (isChecked && bytes[checksumAt] !== ((xxh32(bytes, 4, checksumAt) >>> 8) & 0xff)) {
    throw corrupt('LZ4 frame header checksum')
  }
  return { flags, blockSizeMax: 1 << (8 + 2 * sizeId), end: checksumAt + 1 }
}

/** Decodes the block in `bytes[start, end)`, which the four bytes of its size precede. */
function decodeBlock(
  bytes: Uint8Array,
  view: DataView,
  block: { start: number; end: number; sizeMax: number },
): Uint8Array {
  const { start, end, sizeMax } = block
  const decode = nativeDecode()
  if (decode === undefined) {
    const output = new Uint8Array(sizeMax)
    return output.subarray(0, lz4DecodeBlock(bytes, start, end, output))
  }
  // The library wants the output size where the frame has the block's own size: put there for the call, so that
  // nothing is copied, and put back, because the batch is stored as it came.
  const sizeAt = start - 4
  const size = view.getUint32(sizeAt, true)
  view.setUint32(sizeAt, sizeMax, true)
  try {
    return decode(bytes.subarray(sizeAt, end))
  } catch (error) {
    throw corrupt('LZ4 block', error)
  } finally {
    view.setUint32(sizeAt, size, true)
  }
}

/**
 * The blocks of one frame, decoded one by one: at most `limitBytes` in all. Throws `CompressionError`. Whether the checksum of the
 * frame's header is looked at can be chosen: messages of format 0 have a wrong one (KIP-57).
 */
export function* lz4Blocks(
  bytes: Uint8Array,
  limitBytes: number,
  { isHeaderChecked = true, use = 'kept' }: { readonly isHeaderChecked?: boolean; readonly use?: PieceUse } = {},
): Generator<Uint8Array, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const header = readHeader(bytes, view, isHeaderChecked)
  let at = header.end
  let total = 0
  for (;;) {
    if (bytes.length - at < 4) throw corrupt('LZ4 frame without end mark')
    const field = view.getUint32(at, true)
    at += 4
    if (field === 0) return
    const size = field & ~uncompressedFlag
    const end = at + size
    const checksumSize = (header.flags & blockChecksumFlag) === 0 ? 0 : 4
    if (size > header.blockSizeMax || end + checksumSize > bytes.length) throw corrupt('LZ4 block is cut or too big')
    if (checksumSize > 0 && view.getUint32(end, true) !== xxh32(bytes, at, end)) throw corrupt('LZ4 block checksum')
    const stored = field >= uncompressedFlag
    const output = stored
      ? bytes.subarray(at, end)
      : decodeBlock(bytes, view, { start: at, end, sizeMax: Math.min(header.blockSizeMax, size * ratioMax) })
    total += output.length
    if (total > limitBytes) throw overLimit(limitBytes)
    yield output
    if (use === 'once' && !stored) giveBack(output)
    at = end + checksumSize
  }
}

/** One frame as the Java clients write it. The level that Kafka's configuration gives has no effect here. */
export function lz4Compress(bytes: Uint8Array): Buffer {
  const parts: Uint8Array[] = [lz4Frame.start()]
  for (let at = 0; at < bytes.length; at += blockSizeWritten) {
    parts.push(...lz4Frame.block(bytes.subarray(at, at + blockSizeWritten)))
  }
  parts.push(lz4Frame.end())
  return Buffer.concat(parts)
}

/** A frame in its parts. */
export const lz4Frame: BlockFrame = {
  blockSize: blockSizeWritten,
  start() {
    const header = Buffer.alloc(7)
    header.writeUInt32LE(frameMagic, 0)
    header[4] = flagsWritten
    header[5] = blockDescriptorWritten
    header[6] = (xxh32(header, 4, 6) >>> 8) & 0xff
    return header
  },
  block(plain) {
    const encoded = nativeEncode()?.(plain).subarray(4) ?? lz4EncodeBlock(plain)
    const field = Buffer.alloc(4)
    const isSmaller = encoded.length < plain.length
    field.writeUInt32LE(isSmaller ? encoded.length : (plain.length | uncompressedFlag) >>> 0)
    return [field, isSmaller ? encoded : plain]
  },
  end: () => Buffer.alloc(4),
}
