/**
 * Builds a producer's batch anew in the codec that its topic asks for. Its records stay as they are, byte for byte: only
 * what is around them changes, so that offsets, sequences and timestamps are what they were. On the path of a produce to
 * a topic whose `compression.type` is not `producer`; not of others.
 */
import { ApiError } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import * as header from './batch-header.ts'
import { compressSlowly } from './codecs/index.ts'
import { CompressionType, compressionName, type TargetCompression } from './compression-type.ts'
import type { TopicRules } from './record-rules.ts'

const kibibyte = 1024
/** Plain bytes that become snappy, lz4 or quick levels of the others in about a millisecond at most. */
const quickMax = 128 * kibibyte

/**
 * Plain bytes that are compressed in about a millisecond: what may be done on the event loop. Measured with text; noise
 * takes less.
 */
export function inlinePlainMax({ codec, level = -1 }: TargetCompression): number {
  switch (codec) {
    case CompressionType.none:
      return kibibyte * kibibyte
    case CompressionType.gzip:
      if (level === -1) return 32 * kibibyte
      return level <= 3 ? quickMax : level <= 6 ? 32 * kibibyte : 16 * kibibyte
    case CompressionType.zstd:
      if (level <= 3) return quickMax
      return level <= 9 ? 32 * kibibyte : level <= 12 ? 16 * kibibyte : 4 * kibibyte
    default:
      return quickMax
  }
}

/** What the batch has to be stored in, when it is not what it came in. */
export function conversionTarget(codec: CompressionType, topic: TopicRules): TargetCompression | undefined {
  const { targetCompression } = topic
  return targetCompression === undefined || targetCompression.codec === codec ? undefined : targetCompression
}

export interface ConvertedFacts {
  readonly topic: TopicRules
  readonly codec: CompressionType
  /** Of the records, or now with LogAppendTime; saturated where it is not exact. */
  readonly maxTimestampMs: number
}

/** The batch `source` around other bytes of the same records. Throws MESSAGE_TOO_LARGE. */
export function convertedBatch(source: Uint8Array, payload: readonly Uint8Array[], facts: ConvertedFacts): Uint8Array {
  const { topic, codec, maxTimestampMs } = facts
  let size = header.batchHeaderSize
  for (const chunk of payload) size += chunk.length
  if (size > topic.maxMessageBytes) throw tooLarge(topic, codec)
  // Of its own: a worker hands it over, and a pending append keeps it.
  const bytes = Buffer.allocUnsafeSlow(size)
  const view = new DataView(bytes.buffer, bytes.byteOffset, size)
  bytes.set(source.subarray(0, header.batchHeaderSize))
  view.setInt32(header.batchLengthAt, size - header.logOverhead)
  const isLogAppendTime = topic.timestampType === header.TimestampType.logAppendTime
  const flags = header.attributes(view, 0) & header.transactionalFlag
  view.setInt16(header.attributesAt, codec | flags | (isLogAppendTime ? header.timestampTypeFlag : 0))
  if (header.isExactTimestamp(maxTimestampMs)) header.writeInt64(view, header.maxTimestampAt, maxTimestampMs)
  let at = header.batchHeaderSize
  for (const chunk of payload) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  header.patchCrc(bytes, view, 0)
  return bytes
}

function tooLarge({ topicPartition, maxMessageBytes }: TopicRules, codec: CompressionType): ApiError {
  return new ApiError(
    ErrorCode.MESSAGE_TOO_LARGE,
    `The record batch in the append to ${topicPartition} is larger as ${compressionName(codec)}, the compression.type ` +
      `of the topic, than the maximum configured value of ${maxMessageBytes}.`,
  )
}

export interface SlowConversion {
  readonly target: TargetCompression
  readonly topic: TopicRules
  /** Of all plain pieces, where it is known. */
  readonly plainSize: number | undefined
  /** Of the plain bytes. */
  readonly pieces: AsyncIterable<Uint8Array>
  /** Sees every piece. */
  readonly feed: (piece: Uint8Array) => void
}

/**
 * In a worker: the pieces, compressed. Holds no more than a batch may have, however much comes: the rest is looked at
 * and left out, and `convertedBatch` refuses what there is.
 */
export async function compressPieces(conversion: SlowConversion): Promise<readonly Uint8Array[]> {
  const { target, topic, plainSize, pieces, feed } = conversion
  const chunks: Uint8Array[] = []
  let leftBytes = topic.maxMessageBytes - header.batchHeaderSize
  const take = (chunk: Uint8Array): void => {
    if (leftBytes < 0) return
    leftBytes -= chunk.length
    chunks.push(chunk)
  }
  const compressor = compressSlowly({ ...target, plainSize, take })
  try {
    for await (const piece of pieces) {
      feed(piece)
      if (leftBytes >= 0) await compressor.write(piece)
    }
    if (leftBytes >= 0) await compressor.finish()
    return chunks
  } finally {
    compressor.close()
  }
}
