/** What an application loops over. The next record, or batch, is looked for when the one before has been handed out. */
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
  /** The application asks for the next. */
  readonly asked: () => void
  /** Throws where this is no loop to go on with. */
  readonly check: () => void
}

interface Turn<Taken, Given> extends LoopOptions {
  /** What is here; undefined where nothing is. */
  readonly take: () => Taken | undefined
  /** What is handed out of it. Where that fails, what was taken is not done. */
  readonly decode: (taken: Taken) => Given | Promise<Given>
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
          decode: (batch) => decoder.batch(batch, (from) => handout.putBack(from)),
        }),
    }),
  }
}

function iterator<Taken, Given>(turn: Turn<Taken, Given>): AsyncIterator<Given, undefined> {
  const { handout, asked, check, take, decode } = turn
  /** Calls without an answer. Those behind the first wait: what it is to hand out is not done when they come. */
  let waiting = 0
  let last: Promise<unknown> = Promise.resolve()
  /** Nothing more is taken: nobody would have it. */
  let isReturned = false

  /** Nothing is awaited where nothing takes its time. */
  const answer = async (): Promise<IteratorResult<Given, undefined>> => {
    try {
      if (!isReturned) asked()
      for (;;) {
        if (handout.isClosed || isReturned) return { done: true, value: undefined }
        check()
        const taken = take()
        if (taken === undefined) await handout.arrival()
        else {
          const given = decoding(taken)
          if (!(given instanceof Promise)) return { done: false, value: given }
          const value = await handout.held(given)
          return handout.isClosed || isReturned ? { done: true, value: undefined } : { done: false, value }
        }
      }
    } finally {
      waiting--
    }
  }
  const decoding = (taken: Taken): Given | Promise<Given> => {
    try {
      const given = decode(taken)
      return given instanceof Promise ? given.catch(undone) : given
    } catch (error) {
      return undone(error)
    }
  }
  const undone = (error: unknown): never => {
    handout.undo()
    throw error
  }

  return {
    next(): Promise<IteratorResult<Given, undefined>> {
      const next = waiting++ === 0 ? answer() : last.then(answer, answer)
      last = next
      return next
    },
    return(): Promise<IteratorResult<Given, undefined>> {
      isReturned = true
      handout.undo()
      handout.arrived()
      return Promise.resolve({ done: true, value: undefined })
    },
  }
}
