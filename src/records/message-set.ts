/**
 * Reads what lies in logs since before Kafka 0.11: messages of format 0, and of format 1, which has timestamps (KIP-32). A message is
 * a record, or it wraps those of a compressed message set. Kafka's brokers write them no more (KIP-724), and send them as they lie.
 * For clients and tools. Pure; what is decompressed is bounded.
 */
import { assert, MalformedError, Reader } from '../base/index.ts'
import * as header from './batch-header.ts'
import { crc32 } from './codecs/crc32.ts'
import { lz4Blocks } from './codecs/lz4.ts'
import { decompressPieces, joined } from './codecs/pieces.ts'
import { CompressionType, compressionType } from './compression-type.ts'
import { noHeaders, type Record } from './record.ts'

/** `offset` of a message that wraps others is that of the last of those. */
export interface Message extends Record {
  /** As it is stored: of all behind it (CRC-32 of ISO 3309). */
  readonly crc: number
  readonly isCrcValid: boolean
}

const attributesAt = header.magicAt + 1
const crcAt = 12
/** In format 1. */
const timestampAt = attributesAt + 1
const noTimestamp = -1n
const reader = new Reader()

/**
 * The messages of what lies at `position` of `bytes`, whole and of format 0 or 1, as Java's reader has them: one, or those that it wraps,
 * of which the last may be cut and is left out then; at most `limitBytes` after decompression. Checksums are looked at by who asks
 * for them: that of what wraps others is `isMessageCrcValid`. Throws `CompressionError` or `MalformedError`.
 */
export function readMessages(bytes: Uint8Array, position: number, limitBytes: number): readonly Message[] {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const message = readMessage(buffer, position)
  return message.codec === CompressionType.none ? [message] : readWrapped(message, limitBytes)
}

/** Of what lies at `position`, whole. */
export function isMessageCrcValid(bytes: Uint8Array, view: DataView, position: number): boolean {
  const end = position + header.sizeInBytes(view, position)
  return crc32(bytes.subarray(position + header.magicAt, end)) === messageCrc(view, position)
}

/** The stored one. */
export function messageCrc(view: DataView, position: number): number {
  return view.getUint32(position + crcAt)
}

/** Format 0 has no timestamps, and nobody who has set them. */
export function messageTimestampType(view: DataView, position: number): header.TimestampType | undefined {
  if (header.magic(view, position) === 0) return undefined
  const isAppendTime = (view.getUint8(position + attributesAt) & header.timestampTypeFlag) !== 0
  return isAppendTime ? header.TimestampType.logAppendTime : header.TimestampType.createTime
}

/** -1 in format 0. Of what wraps others, the latest of theirs. */
export function messageTimestamp(view: DataView, position: number): bigint {
  return header.magic(view, position) === 0 ? noTimestamp : view.getBigInt64(position + timestampAt)
}

/** Its codec, by three bits; 5 to 7 mean nothing. */
export function messageCodecId(view: DataView, position: number): number {
  return view.getUint8(position + attributesAt) & header.codecMask
}

class StoredMessage implements Message {
  readonly offset: number
  readonly timestamp: bigint
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers = noHeaders
  readonly #bytes: Buffer
  readonly #isAppendTime: boolean

  /** `bytes` are its own. */
  constructor(bytes: Buffer, parts: Pick<Record, 'offset' | 'timestamp' | 'key' | 'value'>, isAppendTime: boolean) {
    this.offset = parts.offset
    this.timestamp = parts.timestamp
    this.key = parts.key
    this.value = parts.value
    this.#bytes = bytes
    this.#isAppendTime = isAppendTime
  }

  get sizeInBytes(): number {
    return this.#bytes.length
  }

  get timestampMs(): number {
    const max = Number.MAX_SAFE_INTEGER
    return Math.max(-max, Math.min(max, Number(this.timestamp)))
  }

  get magic(): number {
    return this.#bytes[header.magicAt] ?? 0
  }

  /** Throws `MalformedError` for one that there is not in these formats. */
  get codec(): CompressionType {
    const id = (this.#bytes[attributesAt] ?? 0) & header.codecMask
    const codec = compressionType(id)
    if (codec === undefined || codec === CompressionType.zstd) throw new MalformedError(`codec ${id}`)
    return codec
  }

  get crc(): number {
    return this.#bytes.readUInt32BE(crcAt)
  }

  get isCrcValid(): boolean {
    return crc32(this.#bytes.subarray(header.magicAt)) === this.crc
  }

  get isAppendTime(): boolean {
    return this.#isAppendTime
  }

  /** As one of a set that `wrapper` holds: its offset may be relative, and its time is that of the append, if there is one. */
  within(wrapper: StoredMessage, baseOffset: number): StoredMessage {
    const timestamp = wrapper.isAppendTime && this.magic === 1 ? wrapper.timestamp : this.timestamp
    const { key, value } = this
    return new StoredMessage(this.#bytes, { offset: baseOffset + this.offset, timestamp, key, value }, false)
  }
}

/** The message lies whole behind `position`. Bytes of it that nobody has announced are left unread, as Java does. */
function readMessage(bytes: Buffer, position: number): StoredMessage {
  reader.reset(bytes, position, bytes.length)
  const offset = reader.i64()
  const size = reader.i32()
  if (size < header.recordOverheadMin) throw new MalformedError(`message of ${size} bytes`)
  const end = reader.take(size) + size
  reader.reset(bytes, position + header.magicAt, end)
  const magic = reader.i8()
  if (magic !== 0 && magic !== 1) throw new MalformedError(`message of format ${magic}`)
  const attributes = reader.i8()
  const timestamp = magic === 0 ? noTimestamp : reader.i64Big()
  const key = readBytes()
  const value = readBytes()
  const isAppendTime = magic === 1 && (attributes & header.timestampTypeFlag) !== 0
  return new StoredMessage(bytes.subarray(position, end), { offset, timestamp, key, value }, isAppendTime)
}

function readBytes(): Buffer | null {
  const size = reader.i32()
  return size < 0 ? null : reader.slice(size)
}

function readWrapped(wrapper: StoredMessage, limitBytes: number): StoredMessage[] {
  const { value } = wrapper
  if (value === null) throw new MalformedError('compressed message set without a value')
  const plain = decompressed(wrapper, value, limitBytes)
  const messages: StoredMessage[] = []
  for (let at = 0; isWhole(plain, at); ) {
    const message = readMessage(plain, at)
    if (message.codec !== CompressionType.none) throw new MalformedError('a compressed message set holds another')
    messages.push(message)
    at += message.sizeInBytes
  }
  const last = messages.at(-1)
  if (last === undefined) throw new MalformedError('compressed message set without messages')
  const baseOffset = wrapper.magic === 0 ? 0 : baseOffsetOf(wrapper.offset, last.offset)
  return messages.map((message) => message.within(wrapper, baseOffset))
}

/** Also where it says that it is nothing: then it is no message. */
const isWhole = (plain: Buffer, at: number): boolean =>
  plain.length - at >= header.logOverhead &&
  plain.length - at - header.logOverhead >= plain.readInt32BE(at + header.batchLengthAt)

function decompressed({ codec, magic }: StoredMessage, bytes: Buffer, limitBytes: number): Buffer {
  assert(codec !== CompressionType.none, 'a wrapper has a codec')
  // Who wrote format 0 took the checksum of the frame's header over too much, and readers do not look at it (KIP-57).
  const isChecksumWrong = codec === CompressionType.lz4 && magic === 0
  return joined(
    isChecksumWrong
      ? lz4Blocks(bytes, limitBytes, { isHeaderChecked: false })
      : decompressPieces(codec, bytes, limitBytes),
  )
}

/** In format 1 inner offsets are relative (KIP-31), with gaps where compaction made some; the wrapper has that of the last one. */
function baseOffsetOf(wrapperOffset: number, lastOffset: number): number {
  // Some versions of librdkafka left it so.
  if (wrapperOffset === 0) return 0
  if (wrapperOffset < lastOffset) {
    throw new MalformedError(`compressed message set at offset ${wrapperOffset} ends with ${lastOffset}`)
  }
  return wrapperOffset - lastOffset
}
