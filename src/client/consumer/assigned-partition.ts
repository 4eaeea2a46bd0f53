/** One partition that is being read: where the application is, what was fetched for it, and from where on to fetch. */
import type { ConsumedRecord } from './consumed-record.ts'

export type Bytes = Buffer | null

/** Where to go on: the offset, and the epoch in which the record before it was written (KIP-320). */
export interface Position {
  readonly offset: number
  /** -1: not known. */
  readonly leaderEpoch: number
}

/** What one answer held for a partition, decoded as it is needed. */
export interface Fetched {
  /** Of what was received. */
  readonly sizeInBytes: number
  readonly highWatermark: number
  /** The next records in order; undefined when there are no more. Throws where they cannot be read. */
  readonly next: () => readonly ConsumedRecord<Bytes, Bytes>[] | undefined
  /** Of those that `next` gave last. */
  readonly leaderEpoch: number
  /** Behind all that it holds, whether it was handed out or is none of the application's business. */
  readonly end: Position
}

export class AssignedPartition {
  readonly topic: string
  readonly partition: number
  /** Of the next record that is handed out; undefined: to be found. */
  position: Position | undefined
  /** Behind the last record whose turn is over: what may be committed. */
  processed: Position | undefined
  /** As far as is known. */
  committed: number | undefined
  /** Behind what was fetched. */
  fetchFrom: Position | undefined
  isPaused = false
  /** Where a fetch of it is under way. */
  fetchingFrom: number | undefined
  /** A replica that is nearer than the leader, and until when it is believed (KIP-392). */
  preferredReplica: { readonly brokerId: number; readonly untilMs: number } | undefined
  /** As the last answer said; -1 before. */
  highWatermark = -1
  lastStableOffset = -1
  logStartOffset = -1
  /** Not asked for again before, after an error. */
  retryFromMs = 0
  /** One more with each jump: what was asked for before is none of its business. */
  #jumps = 0
  #fetched: Fetched[] = []
  #bufferedBytes = 0
  /** Decoded, and handed out up to `#at`. */
  #records: readonly ConsumedRecord<Bytes, Bytes>[] = []
  #at = 0

  constructor(topic: string, partition: number) {
    this.topic = topic
    this.partition = partition
  }

  get jumps(): number {
    return this.#jumps
  }

  /** Of what was fetched, and is not handed out to its end. */
  get bufferedBytes(): number {
    return this.#bufferedBytes
  }

  get hasFetched(): boolean {
    return this.#fetched.length > 0
  }

  /** The next record is that at `position`; undefined: where that is, is to be found. */
  jump(position: Position | undefined): void {
    this.#jumps++
    this.position = position
    this.processed = position
    this.fetchFrom = position
    this.preferredReplica = undefined
    this.#fetched = []
    this.#bufferedBytes = 0
    this.#records = []
    this.#at = 0
  }

  /** From `end` on the log is another one: what was fetched of it is dropped, and what was handed out of it is not there any more. */
  cut(end: Position): void {
    const { processed, position } = this
    const upTo = (place: Position | undefined): Position | undefined =>
      place === undefined || place.offset < end.offset ? place : end
    this.jump(upTo(position))
    this.processed = upTo(processed)
  }

  received(fetched: Fetched): void {
    this.fetchFrom = fetched.end
    if (fetched.sizeInBytes === 0) return
    this.#fetched.push(fetched)
    this.#bufferedBytes += fetched.sizeInBytes
  }

  /** What was decoded last is handed out. */
  get isBetweenBatches(): boolean {
    return this.#at >= this.#records.length
  }

  /** The next record; undefined where none is here. Throws KafkaError where it cannot be read. */
  takeOne(): ConsumedRecord<Bytes, Bytes> | undefined {
    this.#decode()
    const record = this.#records[this.#at]
    if (record === undefined) return undefined
    this.#at++
    this.#advance(record)
    return record
  }

  /** All that lie together; empty where none is here. Throws KafkaError where they cannot be read. */
  takeAll(): readonly ConsumedRecord<Bytes, Bytes>[] {
    this.#decode()
    const records = this.#at === 0 ? this.#records : this.#records.slice(this.#at)
    this.#at = this.#records.length
    const last = records.at(-1)
    if (last !== undefined) this.#advance(last)
    return records
  }

  #advance({ offset }: ConsumedRecord<Bytes, Bytes>): void {
    this.position = { offset: offset + 1, leaderEpoch: this.#fetched[0]?.leaderEpoch ?? -1 }
  }

  /** Of what was handed out last, the records from `offset` on are not: they are the next. */
  putBack(offset: number): void {
    const at = this.#records.findIndex((record) => record.offset === offset)
    if (at < 0 || at >= this.#at) return
    this.#at = at
    this.position = { offset, leaderEpoch: this.#fetched[0]?.leaderEpoch ?? -1 }
  }

  /** What was handed out last is handed out again, with all behind it; unless it is being found out where to go on. */
  undo(): void {
    if (this.processed !== undefined) this.jump(this.processed)
  }

  /** The turn of all that was handed out is over. */
  done(): void {
    this.processed = this.position
  }

  #decode(): void {
    while (this.#at >= this.#records.length) {
      const first = this.#fetched[0]
      if (first === undefined) return
      const records = first.next()
      this.#at = 0
      this.#records = records ?? []
      if (records !== undefined) continue
      this.#fetched.shift()
      this.#bufferedBytes -= first.sizeInBytes
      // Nothing of what lies before is in anybody's hands: what there is no record of is done with them.
      const isDone = this.processed?.offset === this.position?.offset
      this.position = first.end
      if (isDone) this.processed = first.end
    }
  }
}
