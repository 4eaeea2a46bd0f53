/**
 * The batches of an answer to a fetch, decoded one by one as the application comes to them. Control records are not handed out, nor
 * are, where only what is committed is read, those of aborted transactions (KIP-98).
 */
import {
  BatchCursor,
  batchHeader,
  ControlRecordType,
  controlRecordType,
  readRecords,
  TimestampType,
} from '../../records/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Bytes, Fetched, Position } from './assigned-partition.ts'
import type { ConsumedRecord } from './consumed-record.ts'

export interface AbortedTransaction {
  readonly producerId: number
  readonly firstOffset: number
}

export interface FetchedOptions {
  readonly topic: string
  readonly partition: number
  /** Whole batches; the last one may be cut short. They stay as they are. */
  readonly bytes: Uint8Array
  /** Records before it were not asked for. */
  readonly from: Position
  readonly highWatermark: number
  /** By first offset; undefined where all is read. */
  readonly aborted: readonly AbortedTransaction[] | undefined
  readonly checkCrcs: boolean
  /** Of one batch, decompressed. */
  readonly bytesMax: number
}

export class FetchedBatches implements Fetched {
  readonly sizeInBytes: number
  readonly highWatermark: number
  readonly end: Position
  leaderEpoch = -1
  readonly #options: FetchedOptions
  readonly #cursor: BatchCursor
  /** Not yet come to. */
  readonly #aborted: AbortedTransaction[]
  /** Whose transactions, as far as the cursor has come, will be aborted. */
  readonly #aborting = new Set<number>()

  /** Throws KafkaError where there is something, and no batch of it is whole. */
  constructor(options: FetchedOptions) {
    this.#options = options
    this.sizeInBytes = options.bytes.length
    this.highWatermark = options.highWatermark
    this.#aborted = [...(options.aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
    this.end = endOf(options)
    this.#cursor = new BatchCursor(options.bytes)
  }

  next(): readonly ConsumedRecord<Bytes, Bytes>[] | undefined {
    const cursor = this.#cursor
    while (cursor.next()) {
      const records = this.#isHandedOut(cursor) ? this.#decoded(cursor) : []
      this.leaderEpoch = batchHeader.partitionLeaderEpoch(cursor.view, cursor.position)
      if (records.length > 0) return records
    }
    return undefined
  }

  #isHandedOut({ view, position }: BatchCursor): boolean {
    const { from, aborted, checkCrcs } = this.#options
    const lastOffset = batchHeader.lastOffset(view, position)
    if (checkCrcs && !this.#cursor.isCrcValid()) throw this.#corrupt('its checksum is wrong')
    if (aborted !== undefined && this.#isAborted(lastOffset)) return false
    return lastOffset >= from.offset && !batchHeader.isControl(view, position)
  }

  /** To be asked of every batch, in order. */
  #isAborted(lastOffset: number): boolean {
    const { view, position, bytes } = this.#cursor
    const producerId = batchHeader.producerId(view, position)
    for (
      let first = this.#aborted[0];
      first !== undefined && first.firstOffset <= lastOffset;
      first = this.#aborted[0]
    ) {
      this.#aborting.add(first.producerId)
      this.#aborted.shift()
    }
    if (!batchHeader.isTransactional(view, position)) return false
    if (!batchHeader.isControl(view, position)) return this.#aborting.has(producerId)
    if (this.#isAbort(bytes, position)) this.#aborting.delete(producerId)
    return false
  }

  #isAbort(bytes: Uint8Array, position: number): boolean {
    try {
      const [marker] = readRecords(bytes, position, this.#options.bytesMax)
      return controlRecordType(marker?.key ?? null) === ControlRecordType.abort
    } catch (error) {
      throw this.#corrupt(error instanceof Error ? error.message : String(error), error)
    }
  }

  #decoded({ bytes, view, position }: BatchCursor): ConsumedRecord<Bytes, Bytes>[] {
    const { topic, partition, from, bytesMax } = this.#options
    const timestampType = timestampTypeOf(view, position)
    const leaderEpoch = batchHeader.partitionLeaderEpoch(view, position)
    const records: ConsumedRecord<Bytes, Bytes>[] = []
    try {
      for (const { offset, timestampMs, key, value, headers } of readRecords(bytes, position, bytesMax)) {
        if (offset < from.offset) continue
        records.push({ topic, partition, offset, timestampMs, timestampType, leaderEpoch, key, value, headers })
      }
    } catch (error) {
      throw this.#corrupt(error instanceof Error ? error.message : String(error), error)
    }
    return records
  }

  #corrupt(reason: string, cause?: unknown): KafkaError {
    const { topic, partition } = this.#options
    const { view, position } = this.#cursor
    const text = `${topic}-${partition}: the batch at offset ${batchHeader.baseOffset(view, position)}: ${reason}`
    return new KafkaError('CORRUPT_MESSAGE', text, { cause })
  }
}

export const timestampTypeOf = (view: DataView, position: number): 'CreateTime' | 'LogAppendTime' =>
  batchHeader.timestampType(view, position) === TimestampType.logAppendTime ? 'LogAppendTime' : 'CreateTime'

function endOf({ topic, partition, bytes, from }: FetchedOptions): Position {
  const cursor = new BatchCursor(bytes)
  let end = from
  while (cursor.next()) {
    const { view, position, magic } = cursor
    if (magic !== 2) {
      const text = `${topic}-${partition} has messages of format ${magic}, which is that before Kafka 0.11`
      throw new KafkaError('UNSUPPORTED_FOR_MESSAGE_FORMAT', text)
    }
    const next = batchHeader.lastOffset(view, position) + 1
    if (next > end.offset) end = { offset: next, leaderEpoch: batchHeader.partitionLeaderEpoch(view, position) }
  }
  if (bytes.length > 0 && cursor.nextPosition === 0) {
    throw new KafkaError('CORRUPT_MESSAGE', `${topic}-${partition}: at offset ${end.offset} there is no whole batch`)
  }
  return end
}
