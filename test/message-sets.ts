/** Messages of the formats before Kafka 0.11, for tests: Kafka's brokers write them no more, and no code of ours does. */
import { crc32 } from 'node:zlib'
import { CompressionType, compress } from '../src/records/index.ts'

export interface OldMessage {
  readonly magic: 0 | 1
  readonly offset: number
  readonly key?: Uint8Array | null
  readonly value?: Uint8Array | null
  /** Of format 1. */
  readonly timestampMs?: number
  readonly isAppendTime?: boolean
  readonly codec?: number
}

const sized = (bytes: Uint8Array | null): Uint8Array[] => {
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes?.length ?? -1)
  return bytes === null ? [size] : [size, bytes]
}

export function oldMessage({ magic, offset, key = null, value = null, ...more }: OldMessage): Buffer {
  const { timestampMs = -1, isAppendTime = false, codec = 0 } = more
  const timestamp = Buffer.alloc(magic === 0 ? 0 : 8)
  if (magic === 1) timestamp.writeBigInt64BE(BigInt(timestampMs))
  const attributes = codec | (magic === 1 && isAppendTime ? 8 : 0)
  const covered = Buffer.concat([Uint8Array.of(magic, attributes), timestamp, ...sized(key), ...sized(value)])
  const head = Buffer.alloc(16)
  head.writeBigInt64BE(BigInt(offset))
  head.writeInt32BE(covered.length + 4, 8)
  head.writeUInt32BE(crc32(covered), 12)
  return Buffer.concat([head, covered])
}

/** Inner offsets as they are given. Format 0 has the checksum of lz4 frames that it always had: a wrong one. */
export function wrappedMessages(wrapper: OldMessage & { readonly codec: CompressionType }, inner: Buffer): Buffer {
  const value = compress(wrapper.codec, inner)
  if (wrapper.magic === 0 && wrapper.codec === CompressionType.lz4) value[6] = (value[6] ?? 0) ^ 0xff
  return oldMessage({ ...wrapper, value })
}
