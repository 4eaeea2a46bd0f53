/**
 * `.snapshot` files: the producer state at an offset, in Kafka's format (ProducerSnapshot version 1: int16 version, uint32
 * CRC32C of what follows, an array of entries). Pure.
 */
import { crc32c, MalformedError, Reader, Writer } from '../base/index.ts'
import type { ProducerEntry } from './producer-state.ts'

const version = 1
const headerSize = 6
const entrySize = 46
export const producerSnapshotSizeMaxInBytes = 1024 * 1024 * 1024

/** Entries by rising producer id. */
export function encodeProducerSnapshot(entries: readonly ProducerEntry[]): Buffer {
  const writer = new Writer(headerSize + 4 + entries.length * entrySize)
  writer.i16(version)
  writer.u32(0)
  writer.i32(entries.length)
  for (const entry of entries.toSorted((a, b) => a.producerId - b.producerId)) writeEntry(writer, entry)
  const bytes = writer.finishAsOne()
  bytes.writeUInt32BE(crc32c(bytes, headerSize, bytes.length), 2)
  return bytes
}

function writeEntry(writer: Writer, entry: ProducerEntry): void {
  const last = entry.batches.at(-1)
  writer.i64(entry.producerId)
  writer.i16(entry.producerEpoch)
  writer.i32(last?.lastSequence ?? -1)
  writer.i64(last?.lastOffset ?? -1)
  writer.i32(last?.offsetDelta ?? 0)
  writer.i64(entry.lastTimestamp)
  writer.i32(entry.coordinatorEpoch)
  writer.i64(entry.currentTxnFirstOffset)
}

/** Undefined where the bytes are no snapshot of version 1, or its CRC is wrong: the state is rebuilt then. */
export function decodeProducerSnapshot(bytes: Uint8Array): readonly ProducerEntry[] | undefined {
  const reader = new Reader(bytes)
  try {
    if (reader.i16() !== version || reader.u32() !== crc32c(bytes, headerSize, bytes.length)) return undefined
    const count = reader.i32()
    if (count < 0 || count * entrySize !== reader.remaining) return undefined
    return Array.from({ length: count }, () => readEntry(reader))
  } catch (error) {
    if (error instanceof MalformedError) return undefined
    throw error
  }
}

function readEntry(reader: Reader): ProducerEntry {
  const producerId = reader.i64()
  const producerEpoch = reader.i16()
  const lastSequence = reader.i32()
  const lastOffset = reader.i64()
  const offsetDelta = reader.i32()
  const timestamp = reader.i64()
  return {
    producerId,
    producerEpoch,
    lastTimestamp: timestamp,
    coordinatorEpoch: reader.i32(),
    currentTxnFirstOffset: reader.i64(),
    batches: lastOffset < 0 ? [] : [{ lastSequence, lastOffset, offsetDelta, timestamp }],
  }
}
