/**
 * Reads with a consumer until there is nothing more to read, enough was read, or it is over: what was written out is done, and the rest
 * is as if it had not been asked for.
 */
import type { ConsumedRecord, Consumer, TopicPartition } from '../../client/index.ts'
import type { Ending } from './ending.ts'

type Given = ConsumedRecord<Uint8Array | null, Uint8Array | null>

export interface ReadingOptions {
  readonly consumer: Consumer
  readonly ending: Ending
  /** Undefined: no bound. */
  readonly recordsMax: number | undefined
  /** Reads record by record, so that none is read beyond the bound; else it ends behind the batch that comes to it. */
  readonly isExact: boolean
  /** Ends when all is read that was there when the partitions were assigned. */
  readonly endsAtEnd: boolean
  /** So long without a record, and it ends; undefined: it waits. */
  readonly idleMsMax?: number | undefined
  /** Resolves when there is room for more. */
  readonly write: (records: readonly Given[]) => Promise<void>
}

const lookMs = 50

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

export class Reading {
  readonly #options: ReadingOptions
  /** Of the partitions that are assigned, as far as it has been told. */
  readonly #ends = new Map<string, number>()
  #count = 0
  #isWaiting = false
  #isTimedOut = false
  #isClosed = false
  #waitingFromMs = 0

  constructor(options: ReadingOptions) {
    this.#options = options
  }

  /** Records that were written. */
  get count(): number {
    return this.#count
  }

  /** It ended while it waited: the consumer is closed, and nothing was in hand. */
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** It ended because nothing came for so long. */
  get isTimedOut(): boolean {
    return this.#isTimedOut
  }

  /** Finds where the assigned partitions end now. Rejects with KafkaError. */
  async lookForEnds(partitions: readonly TopicPartition[]): Promise<void> {
    if (!this.#options.endsAtEnd || partitions.length === 0) return
    const ends = await this.#options.consumer.endOffsets(partitions)
    for (const [i, partition] of partitions.entries()) this.#ends.set(nameOf(partition), ends[i] ?? 0)
  }

  /** Rejects with KafkaError. */
  async run(): Promise<void> {
    const { consumer, ending, recordsMax, isExact } = this.#options
    // Who waits is woken by the end of the consumer; who writes sees that it is over when that is done.
    const close = (): void => {
      if (!this.#isWaiting) return
      this.#isClosed = true
      consumer.close().catch(() => undefined)
    }
    ending.whenOver(close)
    const look = setInterval(() => {
      if (this.#isDone()) close()
    }, lookMs)
    try {
      if (recordsMax !== undefined && isExact) await this.#readRecords(recordsMax)
      else await this.#readBatches(recordsMax ?? Number.POSITIVE_INFINITY)
    } finally {
      clearInterval(look)
    }
  }

  async #readBatches(recordsMax: number): Promise<void> {
    const { consumer, ending } = this.#options
    const iterator = consumer.batches()[Symbol.asyncIterator]()
    while (!ending.isOver && this.#count < recordsMax) {
      const next = await this.#waited(iterator.next())
      if (next.done === true) return
      await this.#write(next.value.records)
    }
  }

  async #readRecords(recordsMax: number): Promise<void> {
    const { consumer, ending } = this.#options
    const iterator = consumer[Symbol.asyncIterator]()
    while (!ending.isOver && this.#count < recordsMax) {
      const next = await this.#waited(iterator.next())
      if (next.done === true) return
      await this.#write([next.value])
    }
  }

  async #waited<T>(next: Promise<T>): Promise<T> {
    this.#isWaiting = true
    this.#waitingFromMs = performance.now()
    try {
      return await next
    } finally {
      this.#isWaiting = false
    }
  }

  async #write(records: readonly Given[]): Promise<void> {
    this.#count += records.length
    await this.#options.write(records)
  }

  #isDone(): boolean {
    const { idleMsMax } = this.#options
    if (!this.#isWaiting) return false
    if (idleMsMax !== undefined && performance.now() - this.#waitingFromMs >= idleMsMax) {
      this.#isTimedOut = true
      return true
    }
    return this.#isAtEnd()
  }

  /** The application has all that was there when it was looked. */
  #isAtEnd(): boolean {
    const { consumer, endsAtEnd } = this.#options
    if (!endsAtEnd) return false
    const assigned = consumer.assignment
    return (
      assigned.length > 0 &&
      assigned.every((each) => {
        const end = this.#ends.get(nameOf(each))
        return end !== undefined && (consumer.position(each) ?? -1) >= end
      })
    )
  }
}
