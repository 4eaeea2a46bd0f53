/** Records of batches, or of messages of the formats before Kafka 0.11, as consumers and share consumers hand them out. */
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

export class BatchRecords {
  readonly #options: BatchRecordsOptions
  readonly #record = new RecordCursor()

  constructor(options: BatchRecordsOptions) {
    this.#options = options
  }

  /** Adds those of the current batch from an offset on to `records`, up to one that cannot be read: then it throws. */
  addTo(records: ConsumedRecord<Bytes, Bytes>[], cursor: BatchCursor, fromOffset: number): void {
    const { topic, partition, checkCrcs, bytesMax } = this.#options
    const { bytes, position, timestampType, leaderEpoch } = cursor
    const add = ({ offset, timestampMs, key, value, headers }: RecordCursor | Message): void => {
      records.push({ topic, partition, offset, timestampMs, timestampType, leaderEpoch, key, value, headers })
    }
    if (cursor.magic === 2) {
      const record = this.#record.reset(bytes, position, bytesMax)
      while (record.next()) if (record.offset >= fromOffset) add(record)
      return
    }
    for (const message of readMessages(bytes, position, bytesMax)) {
      if (message.offset < fromOffset) continue
      if (checkCrcs) checkCrc(message)
      add(message)
    }
  }
}

function checkCrc({ offset, isCrcValid }: Message): void {
  if (!isCrcValid) throw new Error(`the checksum of the message at offset ${offset} is wrong`)
}
