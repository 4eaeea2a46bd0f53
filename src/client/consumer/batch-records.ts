/** Records of a batch, or of messages of the formats before Kafka 0.11, as consumers and share consumers hand them out. */
import { type BatchCursor, type Message, RecordCursor, readMessages } from '../../records/index.ts'
import type { Bytes } from './assigned-partition.ts'
import type { ConsumedRecord } from './consumed-record.ts'

export interface BatchRecordsOptions {
  readonly topic: string
  readonly partition: number
  /** Of messages, each of which has one; that of a batch is the caller's to check. */
  readonly checkCrcs: boolean
  /** Of one batch, decompressed. */
  readonly bytesMax: number
}

/** Adds those of the current batch from an offset on to `records`, up to one that cannot be read: then it throws. */
export function addRecords(
  records: ConsumedRecord<Bytes, Bytes>[],
  cursor: BatchCursor,
  { topic, partition, checkCrcs, bytesMax, fromOffset }: BatchRecordsOptions & { readonly fromOffset: number },
): void {
  const { bytes, position, timestampType, leaderEpoch } = cursor
  const add = ({ offset, timestampMs, key, value, headers }: RecordCursor | Message): void => {
    records.push({ topic, partition, offset, timestampMs, timestampType, leaderEpoch, key, value, headers })
  }
  if (cursor.magic === 2) {
    const record = new RecordCursor(bytes, position, bytesMax)
    while (record.next()) if (record.offset >= fromOffset) add(record)
    return
  }
  for (const message of readMessages(bytes, position, bytesMax)) {
    if (message.offset < fromOffset) continue
    if (checkCrcs) checkCrc(message)
    add(message)
  }
}

function checkCrc({ offset, isCrcValid }: Message): void {
  if (!isCrcValid) throw new Error(`the checksum of the message at offset ${offset} is wrong`)
}
