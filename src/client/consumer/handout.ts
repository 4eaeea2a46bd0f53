/**
 * Hands out what was fetched, of one partition after the other, and knows what is in the application's hands: that is done when the
 * next is asked for, and not before, so that nothing is committed whose turn is not over. There is one hand, so one loop at a time: who
 * begins one takes over.
 */
import type { Clock, Logger } from '../../base/index.ts'
import type { AssignedPartition, Bytes, Fetched } from './assigned-partition.ts'
import type { ConsumedBatch, ConsumedRecord } from './consumed-record.ts'

export interface HandoutOptions {
  readonly clock: Clock
  readonly logger: Logger
  /** Whether it is assigned, and not about to be taken away. */
  readonly isOffered: (partition: AssignedPartition) => boolean
  /** There is room for more. */
  readonly taken: () => void
}

/** Whether a loop is for the records of a topic. */
export type Reads = (topic: string) => boolean

const readsAll: Reads = () => true

interface Failure {
  readonly error: unknown
  /** The application's own. */
  readonly isOfHook: boolean
}

export class Handout {
  readonly #options: HandoutOptions
  /** Since when the application has not asked; undefined while it waits for the next. */
  #silentFromMs: number | undefined
  #inHand: AssignedPartition | undefined
  /** One more with each that was taken. */
  #takes = 0
  /** The loop that it is handed to; undefined: nobody loops. */
  #loop: symbol | undefined
  /** Something is in hand, but the application has not seen it. */
  #reading: Promise<unknown> | undefined
  /** Those that may have something, the one whose turn it is first. */
  readonly #turns = new Set<AssignedPartition>()
  /** Of which a batch is handed out record by record. */
  #begun: AssignedPartition | undefined
  #failure: Failure | undefined
  #isClosed = false
  #wake: (() => void)[] = []
  #freed: (() => void)[] = []

  constructor(options: HandoutOptions) {
    this.#options = options
  }

  /** From now on it is this loop's turn. What another one has in hand, and is not done, is handed out again. */
  begin(loop: symbol): void {
    if (this.#loop !== undefined) this.undo()
    this.#loop = loop
    this.arrived()
  }

  isTurnOf(loop: symbol): boolean {
    return this.#loop === loop
  }

  /** The application leaves it: what it has is handed out again. */
  end(loop: symbol): void {
    if (!this.isTurnOf(loop)) return
    this.undo()
    this.#loop = undefined
  }

  /** The next record that is here; undefined where none is. Throws what went wrong with a partition, once. */
  one(reads: Reads = readsAll): ConsumedRecord<Bytes, Bytes> | undefined {
    return this.#take(reads, (partition) => partition.takeOne())
  }

  batch(reads: Reads = readsAll): ConsumedBatch<Bytes, Bytes> | undefined {
    return this.#take(reads, (partition) => {
      const records = partition.takeAll()
      const { topic, partition: index, highWatermark } = partition
      return records.length === 0 ? undefined : { topic, partition: index, records, highWatermark }
    })
  }

  /** Of what the application was to have, the records from this one on stay here. */
  putBack({ topic, partition, offset }: ConsumedRecord<Bytes, Bytes>): void {
    const inHand = this.#inHand
    if (inHand?.topic === topic && inHand.partition === partition) inHand.putBack(offset)
  }

  /** The application waits for the next: what it has is done. */
  asked(): void {
    this.done()
    this.#silentFromMs = undefined
  }

  /** What the application has is done. */
  done(): void {
    if (this.#reading !== undefined) return
    this.#inHand?.done()
    this.#free()
  }

  /** What was taken is handed out when `reading` is over: until then nobody can say that it is done. */
  async held<T>(reading: Promise<T>): Promise<T> {
    this.#reading = reading
    try {
      return await reading
    } finally {
      if (this.#reading === reading) this.#reading = undefined
    }
  }

  /** Whether what was taken last is in hand still, of a partition that is read, and that has not jumped: to be asked later. */
  hold(): () => boolean {
    const takes = this.#takes
    const partition = this.#inHand
    const jumps = partition?.jumps
    return () => {
      if (partition === undefined || partition !== this.#inHand || this.#takes !== takes) return false
      return partition.jumps === jumps && this.#options.isOffered(partition)
    }
  }

  /** The application has not seen it, and waits still. */
  giveBack(): void {
    this.undo()
    this.#silentFromMs = undefined
  }

  /** The application gives up: what it has is handed out again. */
  undo(): void {
    this.#inHand?.undo()
    this.#free()
    this.#options.taken()
  }

  /** How long the application has not asked for the next. */
  get silentMs(): number {
    return this.#silentFromMs === undefined ? 0 : this.#options.clock.monotonic() - this.#silentFromMs
  }

  /** Resolves when nothing of these is in the application's hands. */
  async whenFree(partitions: ReadonlySet<AssignedPartition>): Promise<void> {
    while (this.#inHand !== undefined && partitions.has(this.#inHand) && !this.#isClosed) {
      await new Promise<void>((resolve) => this.#freed.push(resolve))
    }
  }

  /** Resolves when there may be something, or the end. */
  arrival(): Promise<void> {
    return new Promise((resolve) => this.#wake.push(resolve))
  }

  /** There is something to hand out. */
  received(partition: AssignedPartition, fetched: Fetched): void {
    partition.received(fetched)
    this.#turns.add(partition)
    this.arrived()
  }

  arrived(): void {
    for (const resolve of this.#wake.splice(0)) resolve()
  }

  /** Told to whoever asks next. Where something else is to be told already it is logged alone. */
  fail(error: unknown, isOfHook = false): void {
    if (this.#failure === undefined) this.#failure = { error, isOfHook }
    else
      this.#options.logger.log('warn', 'one more failure, behind one that is not told yet', { reason: String(error) })
    this.arrived()
  }

  /** What a hook of the application has thrown, and nobody was told. */
  get untold(): { readonly error: unknown } | undefined {
    return this.#failure?.isOfHook === true ? this.#failure : undefined
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  close(): void {
    this.#isClosed = true
    this.#free()
    this.arrived()
  }

  #free(): void {
    this.#inHand = undefined
    this.#reading = undefined
    for (const resolve of this.#freed.splice(0)) resolve()
  }

  #take<T>(reads: Reads, of: (partition: AssignedPartition) => T | undefined): T | undefined {
    if (this.#failure !== undefined) {
      const { error } = this.#failure
      this.#failure = undefined
      throw error
    }
    // Most of the time the batch that was begun goes on: nothing is looked at but that.
    const begun = this.#begun
    const goesOn = begun?.isBetweenBatches === false && !begun.isPaused && reads(begun.topic)
    for (const partition of goesOn && this.#options.isOffered(begun) ? [begun] : this.#turns) {
      const isOffered = this.#options.isOffered(partition)
      if (isOffered && (partition.isPaused || !reads(partition.topic))) continue
      const taken = isOffered ? this.#taken(partition, of) : undefined
      if (taken === undefined) {
        this.#turns.delete(partition)
        continue
      }
      if (partition.isBetweenBatches) this.#passOn(partition)
      else this.#begun = partition
      this.#inHand = partition
      this.#takes++
      this.#silentFromMs = this.#options.clock.monotonic()
      return taken
    }
    this.#options.taken()
    return undefined
  }

  /** Where it cannot be read it is fetched again, and fails again: nothing is left out unless the application jumps behind it. */
  #taken<T>(partition: AssignedPartition, of: (partition: AssignedPartition) => T | undefined): T | undefined {
    const before = partition.bufferedBytes
    try {
      return of(partition)
    } catch (error) {
      partition.jump(partition.position)
      throw error
    } finally {
      if (partition.bufferedBytes < before) this.#options.taken()
    }
  }

  /** Behind each batch the next partition has its turn, or one with much to read would keep all others waiting. */
  #passOn(partition: AssignedPartition): void {
    this.#turns.delete(partition)
    this.#turns.add(partition)
  }
}
