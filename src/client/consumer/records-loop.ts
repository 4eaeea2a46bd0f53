/**
 * What an application loops over. The next record, or batch, is looked for when the one before has been handed out. A consumer has one
 * place in what it reads, so one loop at a time: one that is begun, by its first `next`, takes over from the one before.
 */
import { KafkaError } from '../kafka-error.ts'
import type { Bytes } from './assigned-partition.ts'
import type { ConsumedBatch, ConsumedBatchOf, ConsumedRecord, ConsumedRecordOf } from './consumed-record.ts'
import type { Decoder, ReadTopic } from './decoder.ts'
import type { Handout } from './handout.ts'

/**
 * What `subscribe` and `assign` give: the records of these topics, decoded. A record that cannot be decoded is an error of the loop
 * (SERIALIZATION): it is not done, and whoever goes on gets it again, unless `seek` goes behind it.
 */
export interface ConsumedRecords<Topic> {
  /** Record by record: one is done when the next is asked for. Who leaves the loop before gets it again. */
  [Symbol.asyncIterator](): AsyncIterator<ConsumedRecordOf<Topic>, undefined>
  /** The same in batches, as they lie in the log. A batch ends before a record that cannot be decoded. */
  batches(): AsyncIterable<ConsumedBatchOf<Topic>>
}

export interface LoopOptions {
  readonly handout: Handout
  /** Throws where no loop may begin. */
  readonly begins: () => void
  /** The application asks for the next. */
  readonly asked: () => void
  /** Throws where this is no loop to go on with. */
  readonly check: () => void
}

interface IteratorOptions<Taken, Given> extends LoopOptions {
  /** What is here; undefined where nothing is. */
  readonly take: () => Taken | undefined
  /** What is handed out of it; records that it puts back stay here. Where that fails, what was taken is not done. */
  readonly decode: (taken: Taken, putBack: (from: ConsumedRecord<Bytes, Bytes>) => void) => Given | Promise<Given>
}

/** Of what is read, bytes. */
export function rawRecords(loop: LoopOptions): AsyncIterator<ConsumedRecord<Bytes, Bytes>, undefined> {
  return iterator({ ...loop, take: () => loop.handout.one(), decode: (record) => record })
}

export function rawBatches(loop: LoopOptions): AsyncIterator<ConsumedBatch<Bytes, Bytes>, undefined> {
  return iterator({ ...loop, take: () => loop.handout.batch(), decode: (batch) => batch })
}

export function decodedRecords(loop: LoopOptions, decoder: Decoder): ConsumedRecords<ReadTopic> {
  const { handout } = loop
  const reads = (topic: string): boolean => decoder.reads(topic)
  return {
    [Symbol.asyncIterator]: () =>
      iterator({ ...loop, take: () => handout.one(reads), decode: (record) => decoder.record(record) }),
    batches: () => ({
      [Symbol.asyncIterator]: () =>
        iterator({
          ...loop,
          take: () => handout.batch(reads),
          decode: (batch, putBack) => decoder.batch(batch, putBack),
        }),
    }),
  }
}

/** One loop: its turn lasts from its first `next` until another one begins, or it is left. */
class Turn {
  readonly #handout: Handout
  readonly #loop = Symbol('loop')
  #hasBegun = false
  /** Nothing more is taken: nobody would have it. */
  #isLeft = false

  constructor(handout: Handout) {
    this.#handout = handout
  }

  get isOver(): boolean {
    return this.#handout.isClosed || this.#isLeft
  }

  /** What another loop has in hand is none of this one's business. */
  get hasTurn(): boolean {
    return this.#handout.isTurnOf(this.#loop)
  }

  /** Throws KafkaError where another loop has begun since this one did, and what `begins` throws. */
  begin(begins: () => void): void {
    if (this.#hasBegun) this.check()
    else {
      begins()
      this.#handout.begin(this.#loop)
    }
    this.#hasBegun = true
  }

  check(): void {
    if (!this.hasTurn) throw new KafkaError('INVALID_ARGUMENT', 'another loop over this consumer has begun')
  }

  /** What was taken cannot be handed out, and is not done. */
  undone(error: unknown): never {
    if (this.hasTurn) this.#handout.undo()
    throw error
  }

  /** Undefined: meanwhile the loop was left, or what was taken is none of the application's business any more. */
  async inTime<T>(given: Promise<T>): Promise<{ readonly value: T } | undefined> {
    const isHeld = this.#handout.hold()
    const isStale = (): boolean => this.hasTurn && !isHeld()
    try {
      const value = await this.#handout.held(given)
      if (this.isOver) return undefined
      this.check()
      if (!isStale()) return { value }
    } catch (error) {
      if (!isStale()) this.undone(error)
    }
    this.#handout.giveBack()
    return undefined
  }

  leave(): void {
    this.#isLeft = true
    this.#handout.end(this.#loop)
    this.#handout.arrived()
  }
}

function iterator<Taken, Given>(options: IteratorOptions<Taken, Given>): AsyncIterator<Given, undefined> {
  const { handout, begins, asked, check, take, decode } = options
  const turn = new Turn(handout)
  /** Calls without an answer. Those behind the first wait: what it is to hand out is not done when they come. */
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()

  /** Nothing is awaited where nothing takes its time. */
  const answer = async (): Promise<IteratorResult<Given, undefined>> => {
    try {
      if (!turn.isOver) {
        turn.begin(begins)
        asked()
      }
      while (!turn.isOver) {
        turn.check()
        check()
        const taken = take()
        if (taken === undefined) {
          await handout.arrival()
          continue
        }
        const given = decoding(taken)
        if (!(given instanceof Promise)) return { done: false, value: given }
        const said = await turn.inTime(given)
        if (said !== undefined) return { done: false, value: said.value }
      }
      return { done: true, value: undefined }
    } finally {
      waiting--
    }
  }
  const decoding = (taken: Taken): Given | Promise<Given> => {
    try {
      return decode(taken, putBack)
    } catch (error) {
      return turn.undone(error)
    }
  }
  const putBack = (from: ConsumedRecord<Bytes, Bytes>): void => {
    if (turn.hasTurn) handout.putBack(from)
  }

  return {
    next(): Promise<IteratorResult<Given, undefined>> {
      const next = waiting++ === 0 ? answer() : last.then(answer, answer)
      last = next
      return next
    },
    return(): Promise<IteratorResult<Given, undefined>> {
      turn.leave()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}
