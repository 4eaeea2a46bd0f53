/**
 * Where the frames of a zstd stream begin and end (RFC 8878), without decoding them: Node's decoder stops behind the
 * first, and says nothing of what is there. As in Kafka, where zstd-jni reads on, a stream is frames one after the
 * other; those to be skipped hold nothing, and what is no frame is an error.
 */
import { corrupt } from './compression-error.ts'
import { checkFrameCount } from './frame-bounds.ts'

const frameMagic = 0xfd2fb528
/** The last four bits are the writer's. */
const skippableMagic = 0x184d2a50
const skippableHeaderSize = 8
const singleSegmentFlag = 0x20
const checksumFlag = 0x04
/** By two bits of the frame's descriptor. */
const dictionaryIdSizes = [0, 1, 2, 4] as const
const contentSizeSizes = [0, 2, 4, 8] as const
const checksumSize = 4
const blockHeaderSize = 3
const windowLogMin = 10
const runLengthBlock = 1
const reservedBlock = 3

/** A frame, or undefined for one to be skipped. Throws `CompressionError` at what is none, when it gets there. */
export function* zstdFrames(bytes: Uint8Array): Generator<Uint8Array | undefined, void, void> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let count = 0
  for (let start = 0; start < bytes.length; ) {
    checkFrameCount(++count)
    if (bytes.length - start < 4) throw corrupt('zstd frame is cut')
    const magic = view.getUint32(start, true)
    const isSkippable = (magic & ~0xf) === skippableMagic
    if (!isSkippable && magic !== frameMagic) throw corrupt(`no zstd frame at ${start}`)
    const end = isSkippable ? skippableEnd(view, start) : frameEnd(bytes, start)
    if (end > bytes.length) throw corrupt('zstd frame is cut')
    yield isSkippable ? undefined : bytes.subarray(start, end)
    start = end
  }
}

/** Of the window that the decoder has to keep for a whole frame; 0 when its content's size is all it needs. */
export function windowLog(frame: Uint8Array): number {
  const isSingleSegment = ((frame[4] ?? 0) & singleSegmentFlag) !== 0
  return isSingleSegment ? 0 : windowLogMin + ((frame[5] ?? 0) >> 3)
}

function skippableEnd(view: DataView, start: number): number {
  const contentAt = start + skippableHeaderSize
  return contentAt > view.byteLength ? Number.POSITIVE_INFINITY : contentAt + view.getUint32(start + 4, true)
}

/** Past the end of `bytes` when the frame is cut. */
function frameEnd(bytes: Uint8Array, start: number): number {
  const descriptor = bytes[start + 4] ?? 0
  let at = start + 5 + headerRestSize(descriptor)
  for (let isLast = false; !isLast; ) {
    const blockAt = at + blockHeaderSize
    if (blockAt > bytes.length) return blockAt
    const field = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16)
    const kind = (field >> 1) & 3
    if (kind === reservedBlock) throw corrupt('zstd block of a kind that there is not')
    // Of a run there is one byte, and the size is how often.
    at = blockAt + (kind === runLengthBlock ? 1 : field >> 3)
    isLast = (field & 1) === 1
  }
  return at + ((descriptor & checksumFlag) === 0 ? 0 : checksumSize)
}

/** Of window, dictionary id and content size. */
function headerRestSize(descriptor: number): number {
  const isSingleSegment = (descriptor & singleSegmentFlag) !== 0
  const sizeSize = contentSizeSizes[(descriptor >> 6) & 3] ?? 0
  // A single segment has no window: its content's size says it, in one byte at least.
  const windowAndSize = isSingleSegment ? Math.max(1, sizeSize) : 1 + sizeSize
  return windowAndSize + (dictionaryIdSizes[descriptor & 3] ?? 0)
}
