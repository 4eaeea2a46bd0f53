/**
 * What an application loops over: records that were acquired, decoded where their topics are typed, and what it has in hand of them. One
 * is accepted when the next is asked for, in `implicit` mode; one that cannot be decoded is then released, unless the application rejects it.
 */
import { assert } from '../../base/index.ts'
import type { Bytes } from '../consumer/assigned-partition.ts'
import type { Decoder, ReadTopic } from '../consumer/decoder.ts'
import { KafkaError } from '../kafka-error.ts'
import type { ReadableTopic } from '../typed-topic.ts'
import { type AcquiredRecord, type ShareRecord, TypedShareRecord } from './delivery.ts'
import type { ShareHandout } from './share-handout.ts'

/** Of a topic that is given by its name, or as `defineTopic` has made it; of several, a union that is told apart by `topic`. */
export type ShareRecordOf<Topic> = Topic extends string
  ? ShareRecord<Bytes, Bytes, Topic>
  : Topic extends ReadableTopic<infer Name, infer Key, infer Value>
    ? ShareRecord<Key, Value, Name>
    : never

/**
 * What `subscribe` gives: the records of these topics, decoded. One that cannot be decoded is an error of the loop (SERIALIZATION), whose
 * `shareRecord` says what becomes of it: `reject()`, in as much time as its lock lasts (`renew()`: more). Else it is released when the same
 * loop is asked for records again, or left, or the consumer closes, and comes again as often as the group allows.
 */
export interface ShareRecords<Topic> {
  /** Record by record, as of the consumer. */
  [Symbol.asyncIterator](): AsyncIterator<ShareRecordOf<Topic>, undefined>
  /** As of the consumer, but that they end before a record that cannot be decoded. */
  batches(): AsyncIterable<readonly ShareRecordOf<Topic>[]>
}

export interface ShareLoopsOptions {
  readonly handout: ShareHandout
  readonly isImplicit: boolean
  /** Else nothing would ever come. */
  readonly isSubscribed: () => boolean
  /** The application asks for records. */
  readonly asked: () => void
  /** The application has left a loop. */
  readonly left: () => void
}

type Given = ShareRecord<unknown, unknown>
/** Never empty. */
type Taken = readonly AcquiredRecord[]

/** What one loop has in hand. */
class Hand {
  /** The application has them. */
  records: Taken = []
  /** Nothing more is taken: nobody would have it. */
  isLeft = false
  readonly #reading = new Set<AcquiredRecord>()
  /** They could not be decoded, and the application has been told: only its loop, or the end of the session, releases them. */
  #unread: Taken = []

  /** Of nothing would anybody but its own loop have to say something. */
  get isEmpty(): boolean {
    return this.records.length + this.#reading.size === 0
  }

  /** Resolves with undefined where they were given back meanwhile. */
  async read<G>(taken: Taken, reading: Promise<readonly G[]>): Promise<readonly G[] | undefined> {
    for (const record of taken) this.#reading.add(record)
    try {
      const given = await reading
      const isKept = taken.every((record) => this.#reading.has(record))
      if (isKept) this.take(taken, given)
      return isKept ? given : undefined
    } finally {
      for (const record of taken) this.#reading.delete(record)
    }
  }

  /** As many of them as are given; beside what was asked for before, where somebody asks twice at a time. */
  take(taken: Taken, given: readonly unknown[]): void {
    this.records = [...this.records, ...taken.slice(0, given.length)]
  }

  failed(taken: Taken): void {
    this.#unread = [...this.#unread, ...taken.slice(0, 1)]
  }

  settle(): void {
    for (const record of this.#unread) if (!record.isSaid) record.release()
    this.#unread = []
  }

  release(): void {
    for (const record of [...this.records, ...this.#reading]) if (!record.isSaid) record.release()
    this.records = []
    this.#reading.clear()
    this.settle()
  }
}

/** How a loop goes on. */
interface Turn<G, T> {
  readonly take: () => Taken | undefined
  /** As many of them as can be decoded. */
  readonly decode: (taken: Taken) => readonly G[] | Promise<readonly G[]>
  readonly give: (given: readonly G[]) => T
  /** Throws where this is no loop to go on with. */
  readonly check: () => void
}

export class ShareLoops {
  readonly #options: ShareLoopsOptions
  /** Those that are not empty: of a loop that fails nobody says that it is left. */
  readonly #hands = new Set<Hand>()

  constructor(options: ShareLoopsOptions) {
    this.#options = options
  }

  /** Accepts all that the application has, in `implicit` mode. What could not be decoded is not done. */
  settle(): void {
    for (const hand of this.#hands) {
      this.#accept(hand)
      hand.records = hand.records.filter(({ isSaid }) => !isSaid)
      this.#keep(hand)
    }
  }

  release(): void {
    for (const hand of this.#hands) hand.release()
    this.#hands.clear()
  }

  /** Of whatever topics, bytes. */
  raw(): AsyncIterator<ShareRecord<Bytes, Bytes>, undefined> {
    return this.#iterator({ take: () => this.#one(), decode: (taken) => taken, give: only, check: () => undefined })
  }

  rawBatches(): AsyncIterator<readonly ShareRecord<Bytes, Bytes>[], undefined> {
    const take = (): Taken | undefined => this.#options.handout.several()
    return this.#iterator({ take, decode: (taken) => taken, give: (given) => given, check: () => undefined })
  }

  /** `check` throws where other topics are read now. */
  decoded(decoder: Decoder, check: () => void): ShareRecords<ReadTopic> {
    const reads = (topic: string): boolean => decoder.reads(topic)
    const several = (): Taken | undefined => this.#options.handout.several(reads)
    const decode = (taken: Taken): readonly Given[] | Promise<readonly Given[]> => this.#decode(decoder, taken)
    return {
      [Symbol.asyncIterator]: () => this.#iterator({ take: () => this.#one(reads), decode, give: only, check }),
      batches: () => ({
        [Symbol.asyncIterator]: () => this.#iterator({ take: several, decode, give: (given) => given, check }),
      }),
    }
  }

  #one(reads?: (topic: string) => boolean): Taken | undefined {
    const record = this.#options.handout.one(reads)
    return record === undefined ? undefined : [record]
  }

  /** Those behind one that cannot be decoded are handed out later. Throws, or rejects, where that is the first. */
  #decode(decoder: Decoder, taken: Taken): readonly Given[] | Promise<readonly Given[]> {
    const { topic = '', partition = 0 } = taken[0] ?? {}
    const putBack = (from: AcquiredRecord | undefined): void => {
      if (from !== undefined) this.#options.handout.putBack(from)
    }
    const failed = (error: unknown): never => {
      putBack(taken[1])
      throw error instanceof KafkaError ? unreadError(error, taken[0]) : error
    }
    const handles = ({ records }: { readonly records: readonly Decoded[] }): readonly Given[] =>
      records.flatMap((record, i) => handle(taken[i], record))
    try {
      const batch = decoder.batch({ topic, partition, records: taken, highWatermark: -1 }, ({ offset }) =>
        putBack(taken.find((record) => record.offset === offset)),
      )
      return batch instanceof Promise ? batch.then(handles, failed) : handles(batch)
    } catch (error) {
      return failed(error)
    }
  }

  #accept({ records }: Hand): void {
    if (this.#options.isImplicit) for (const record of records) if (!record.isSaid) record.accept()
  }

  #iterator<G, T>(turn: Turn<G, T>): AsyncIterator<T, undefined> {
    const { handout, isSubscribed, asked, left } = this.#options
    const hand = new Hand()
    return {
      next: (): Promise<IteratorResult<T, undefined>> => {
        if (!isSubscribed() && !handout.isClosed && !hand.isLeft) return Promise.reject(nothingToRead())
        if (!handout.isClosed) {
          this.#accept(hand)
          hand.settle()
        }
        hand.records = []
        this.#keep(hand)
        if (!hand.isLeft) {
          handout.asked()
          asked()
        }
        return this.#wait(hand, turn)
      },
      return: (): Promise<IteratorResult<T, undefined>> => {
        hand.isLeft = true
        if (!handout.isClosed) hand.release()
        this.#hands.delete(hand)
        handout.left()
        left()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  #keep(hand: Hand): void {
    if (hand.isEmpty) this.#hands.delete(hand)
    else this.#hands.add(hand)
  }

  /** Nothing is awaited where something is here, and nothing takes its time. */
  async #wait<G, T>(hand: Hand, { take, decode, give, check }: Turn<G, T>): Promise<IteratorResult<T, undefined>> {
    const { handout } = this.#options
    for (;;) {
      if (handout.isClosed || hand.isLeft) return { done: true, value: undefined }
      check()
      const taken = take()
      if (taken === undefined) {
        // What failed was told to another one that waits: this one wants records all the same.
        this.#options.asked()
        await handout.arrival()
        continue
      }
      try {
        const given = decode(taken)
        if (!(given instanceof Promise)) {
          hand.take(taken, given)
          return { done: false, value: give(given) }
        }
        const reading = hand.read(taken, given)
        this.#keep(hand)
        const later = await reading
        if (later === undefined || handout.isClosed) return { done: true, value: undefined }
        return { done: false, value: give(later) }
      } catch (error) {
        hand.failed(taken)
        throw error
      } finally {
        this.#keep(hand)
      }
    }
  }
}

type Decoded = Awaited<ReturnType<Decoder['record']>>

function only<T>(records: readonly T[]): T {
  const [record] = records
  assert(record !== undefined, 'one was taken')
  return record
}

/** Of a record as it was acquired, with what it was decoded to. */
const handle = (acquired: AcquiredRecord | undefined, record: Decoded): readonly Given[] => {
  if (acquired === undefined) return []
  return [record === acquired ? acquired : new TypedShareRecord(acquired, record)]
}

const nothingToRead = (): KafkaError =>
  new KafkaError('INVALID_ARGUMENT', 'there is nothing to read: subscribe comes first')

function unreadError(
  { code, message, cause, record }: KafkaError,
  shareRecord: AcquiredRecord | undefined,
): KafkaError {
  return new KafkaError(code, message, { cause, ...(record && { record }), ...(shareRecord && { shareRecord }) })
}
