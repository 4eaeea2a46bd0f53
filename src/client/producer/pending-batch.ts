/** A batch of one partition, from its first record until all who wait for its records have been told. */
import { assert } from '../../base/index.ts'
import {
  BatchBuilder,
  batchHeader,
  CompressionType,
  type NewRecord,
  readRecords,
  recordSizeUpperBound,
} from '../../records/index.ts'
import type { BatchMemory } from './batch-memory.ts'
import type { CompressionRatio } from './compression-ratio.ts'
import type { Flush } from './flush.ts'
import type { Completion } from './record.ts'

export interface BatchSettings {
  readonly batchSize: number
  readonly codec: CompressionType
  readonly level: number | undefined
  readonly memory: BatchMemory
}

/** Who a producer is to the brokers (KIP-98). */
export interface ProducerIdentity {
  readonly producerId: number
  readonly producerEpoch: number
}

interface Sequenced extends ProducerIdentity {
  readonly baseSequence: number
}

/** Where it goes, and how much came together there last. */
interface BatchPlace {
  readonly topic: string
  readonly partition: number
  readonly lastBytes?: number | undefined
  /** Of the topic. */
  readonly compression: CompressionRatio
}

/** What a batch begins with where nothing is known: most are sent before they are full. */
const capacityBytes = 4096
const capacityBytesMin = 256
/** Before it is compressed, however well that will go: it is done in one go, and a broker takes no more where that goes wrong. */
const plainBytesMax = 1024 * 1024
const sequences = 2 ** 31

export class PendingBatch {
  readonly topic: string
  readonly partition: number
  readonly compression: CompressionRatio
  readonly createdMs: number
  readonly #settings: BatchSettings
  readonly #memory: Buffer
  readonly #builder: BatchBuilder
  readonly #timestamps: number[] = []
  readonly #completions: Completion[] = []
  readonly #indexes: number[] = []
  readonly #flushes: Flush[] = []
  #plainSize = 0
  #isClosed = false
  #bytes: Buffer | undefined
  #sequence: Sequenced | undefined
  /** Of sending it. */
  attempts = 0
  /** Not sent again before, by the monotonic clock. */
  retryFromMs = 0
  /** A request with it is under way. */
  isInFlight = false
  /** Of the leader that it was sent to last. */
  leaderEpoch = -1
  /** An attempt has ended in a way that does not tell whether it was appended. */
  isUncertain = false
  /** Those who wait have been told that it has taken too long; it keeps its place until it is known what came of it. */
  isGivenUp = false
  /** What went wrong last. */
  lastError: unknown

  constructor(place: BatchPlace, nowMs: number, settings: BatchSettings) {
    this.topic = place.topic
    this.partition = place.partition
    this.compression = place.compression
    this.createdMs = nowMs
    this.#settings = settings
    this.#memory = settings.memory.take(capacityFor(place, settings))
    this.#builder = new BatchBuilder({ capacity: this.#memory })
  }

  get recordCount(): number {
    return this.#indexes.length
  }

  /** As it is sent: about so large, while it takes records and is not yet compressed. */
  get sizeInBytes(): number {
    if (this.#bytes !== undefined) return this.#bytes.length
    const { sizeInBytes } = this.#builder
    return this.#settings.codec === CompressionType.none ? sizeInBytes : this.compression.estimate(sizeInBytes)
  }

  /** Before it is compressed: what it takes of the producer's memory. */
  get plainSizeInBytes(): number {
    return this.#plainSize
  }

  get sequence(): Sequenced | undefined {
    return this.#sequence
  }

  /** False, and nothing done, where it has no room: one record always has. */
  tryAdd(record: NewRecord, completion: Completion, index: number): boolean {
    if (!this.hasRoomFor(record)) return false
    this.#builder.add(record)
    this.#plainSize = this.#builder.sizeInBytes
    this.#timestamps.push(record.timestampMs ?? batchHeader.noTimestamp)
    this.#completions.push(completion)
    this.#indexes.push(index)
    return true
  }

  hasRoomFor(record: NewRecord): boolean {
    if (this.#isClosed) return false
    if (this.recordCount === 0) return true
    const size = recordSizeUpperBound(record)
    const { batchSize } = this.#settings
    return this.sizeInBytes + size <= batchSize && this.#plainSize + size <= Math.max(batchSize, plainBytesMax)
  }

  /** To be sent without waiting for more. */
  get isFull(): boolean {
    return this.#isClosed || this.sizeInBytes >= this.#settings.batchSize
  }

  /** It takes no more records. */
  close(): void {
    this.#isClosed = true
  }

  /** It is sent as it is, and the flush is told when all who wait for its records are. */
  flush(flush: Flush): void {
    this.close()
    this.#flushes.push(flush)
    flush.expect(1)
  }

  /** The bytes as they are sent: closed, compressed, and in its place in the sequence of its partition, if it has one. */
  seal(sequence?: Sequenced): Buffer {
    this.close()
    const { codec, level } = this.#settings
    const isAnother = sequence !== undefined && sequence !== this.#sequence
    if (this.#bytes === undefined) {
      const bytes = this.#builder.finish({ codec, level, ...sequence })
      this.compression.observed(this.#plainSize, bytes.length)
      this.#bytes = bytes
    } else if (isAnother) batchHeader.patchProducer(this.#bytes, sequence)
    if (isAnother) this.#sequence = sequence
    return this.#bytes
  }

  /** It has no place in a sequence any more: it gets another one when it is sent. */
  leaveSequence(): void {
    this.#sequence = undefined
  }

  /** `baseOffset` is -1 where it is not known; `logAppendTimeMs` where the records keep their own times. */
  complete({ baseOffset, logAppendTimeMs }: { readonly baseOffset: number; readonly logAppendTimeMs: number }): void {
    const { topic, partition } = this
    for (const [i, completion] of this.#completions.entries()) {
      const timestampMs = logAppendTimeMs >= 0 ? logAppendTimeMs : (this.#timestamps[i] ?? -1)
      const offset = baseOffset < 0 ? -1 : baseOffset + i
      completion.done(this.#indexes[i] ?? 0, { topic, partition, offset, timestampMs })
    }
    this.#tellFlushes()
  }

  /** `errorOf` says what is wrong with each record. */
  fail(errorOf: (index: number) => unknown): void {
    for (const [i, completion] of this.#completions.entries()) completion.failed(this.#indexes[i] ?? 0, errorOf(i))
    this.#tellFlushes()
  }

  #tellFlushes(): void {
    for (const flush of this.#flushes.splice(0)) flush.told()
  }

  /** It was sent once, and answered: nobody reads its bytes any more, this batch included. */
  release(): void {
    this.#settings.memory.give(this.#memory)
  }

  /** The same records in two or more batches, which are smaller: the broker does not take this one. */
  split(): readonly PendingBatch[] {
    assert(this.recordCount > 1, 'a batch of one record cannot be split')
    const batches: PendingBatch[] = []
    const batchSize = Math.min(this.#settings.batchSize, Math.ceil(this.#plainSize / 2))
    let i = 0
    for (const { key, value, headers, timestampMs } of readRecords(this.seal(), 0, Number.MAX_SAFE_INTEGER)) {
      const record = { key, value, headers, timestampMs }
      const completion = this.#completions[i]
      assert(completion !== undefined, 'each record has somebody who waits for it')
      const index = this.#indexes[i++] ?? 0
      if (batches.at(-1)?.tryAdd(record, completion, index) === true) continue
      const batch = new PendingBatch(this, this.createdMs, { ...this.#settings, batchSize })
      batch.tryAdd(record, completion, index)
      batch.isUncertain = this.isUncertain
      batches.push(batch)
    }
    for (const flush of this.#flushes) for (const batch of batches) batch.flush(flush)
    this.#tellFlushes()
    return batches
  }
}

/** The next one will be about as large as the last: memory that grows is copied, and left behind. */
function capacityFor({ lastBytes = capacityBytes }: BatchPlace, { batchSize }: BatchSettings): number {
  const expected = Math.ceil(lastBytes * 1.125)
  return Math.max(capacityBytesMin, expected > batchSize / 2 && lastBytes <= batchSize ? batchSize : expected)
}

/** Numbers of records go round: behind 2^31 - 1 comes 0. */
export const sequenceAfter = (sequence: number, count: number): number => (sequence + count) % sequences
