/**
 * The batches of an answer to a fetch, decoded one by one as the application comes to them. Control records are not handed out, nor
 * are, where only what is committed is read, those of aborted transactions (KIP-98).
 */
import { BatchCursor, batchHeader, ControlRecordType, controlRecordType, readRecords } from '../../records/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Bytes, Fetched, Position } from './assigned-partition.ts'
import { BatchRecords } from './batch-records.ts'
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
  readonly #records: BatchRecords
  /** Not yet come to. */
  readonly #aborted: AbortedTransaction[]
  /** Whose transactions, as far as the cursor has come, will be aborted. */
  readonly #aborting = new Set<number>()
  /** Of a batch whose records before it were handed out. */
  #failure: KafkaError | undefined

  /** Throws KafkaError where there is something, and no batch of it is whole. */
  constructor(options: FetchedOptions) {
    this.#options = options
    this.sizeInBytes = options.bytes.length
    this.highWatermark = options.highWatermark
    this.#aborted = [...(options.aborted ?? [])].sort((a, b) => a.firstOffset - b.firstOffset)
    this.end = endOf(options)
    this.#cursor = new BatchCursor(options.bytes)
    this.#records = new BatchRecords(options)
  }

  next(): readonly ConsumedRecord<Bytes, Bytes>[] | undefined {
    if (this.#failure !== undefined) throw this.#failure
    const cursor = this.#cursor
    while (cursor.next()) {
      const records = this.#isHandedOut(cursor) ? this.#decoded(cursor) : []
      this.leaderEpoch = cursor.leaderEpoch
      if (records.length > 0) return records
    }
    return undefined
  }

  #isHandedOut({ magic, lastOffset, isControl }: BatchCursor): boolean {
    const { from, aborted, checkCrcs } = this.#options
    // Older formats know no transactions, and have a checksum for each message.
    if (magic !== 2) return lastOffset >= from.offset
    if (checkCrcs && !this.#cursor.isCrcValid()) throw this.#corrupt('its checksum is wrong')
    if (aborted !== undefined && this.#isAborted(lastOffset)) return false
    return lastOffset >= from.offset && !isControl
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

  /** What lies before a record that cannot be read is handed out first. */
  #decoded(cursor: BatchCursor): readonly ConsumedRecord<Bytes, Bytes>[] {
    const records: ConsumedRecord<Bytes, Bytes>[] = []
    try {
      this.#records.addTo(records, cursor, this.#options.from.offset)
    } catch (error) {
      const failure = this.#corrupt(error instanceof Error ? error.message : String(error), error)
      if (records.length === 0) throw failure
      this.#failure = failure
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

function endOf({ topic, partition, bytes, from }: FetchedOptions): Position {
  const cursor = new BatchCursor(bytes)
  let end = from
  while (cursor.next()) {
    const next = cursor.lastOffset + 1
    if (next > end.offset) end = { offset: next, leaderEpoch: cursor.leaderEpoch }
  }
  if (bytes.length > 0 && cursor.nextPosition === 0) {
    throw new KafkaError('CORRUPT_MESSAGE', `${topic}-${partition}: at offset ${end.offset} there is no whole batch`)
  }
  return end
}
