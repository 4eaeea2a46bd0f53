/**
 * A consumer of a share group (KIP-932): the records of a partition go to whichever member asks, each is locked for whoever has it, and is
 * delivered again unless it is said to be done. Nothing is fetched ahead of the application: what was acquired counts as delivered, and
 * its lock runs.
 */
import type { Logger } from '../../base/index.ts'
import { ExponentialBackoff } from '../../peer/index.ts'
import type { ClientEnv } from '../client-env.ts'
import { Connections } from '../cluster/connections.ts'
import { Metadata } from '../cluster/metadata.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import { Deadline } from '../deadline.ts'
import { Coordinator } from '../group/coordinator.ts'
import { KafkaError } from '../kafka-error.ts'
import type { AcquiredRecord, ShareRecord } from './delivery.ts'
import type { Acknowledged } from './pending-acknowledgement.ts'
import { ShareHandout } from './share-handout.ts'
import { ShareLoop } from './share-loop.ts'
import { ShareMember } from './share-member.ts'
import type { ShareConsumerSettings } from './share-options.ts'

type Bytes = Buffer | null

const inFlightMax = 5
/** For the last words to each broker. */
const closeMsMax = 30_000

export class ShareConsumer implements AsyncIterable<ShareRecord<Bytes, Bytes>> {
  readonly #env: ClientEnv
  readonly #logger: Logger
  readonly #settings: ShareConsumerSettings
  readonly #connections: Connections
  readonly #metadata: Metadata
  readonly #loop: ShareLoop
  readonly #member: ShareMember
  readonly #handout: ShareHandout
  /** What each loop of the application has in hand. */
  readonly #hands = new Set<readonly AcquiredRecord[]>()
  #topics: readonly string[] = []
  #closing: Promise<void> | undefined

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: ShareConsumerSettings) {
    this.#env = env
    this.#settings = settings
    const { clock } = env
    const logger = env.logger.child('share-consumer')
    this.#logger = logger
    const options = { ...connection, inFlightMax }
    const connections = new Connections(env, options)
    const makesTopics = settings.allowAutoCreateTopics
    // What is subscribed to is wanted for as long as the consumer lives.
    const metadata = new Metadata({ env, options, connections, makesTopics, maxIdleMs: Number.POSITIVE_INFINITY })
    this.#connections = connections
    this.#metadata = metadata
    const draw = env.random.stream('client-share-consumer')
    const { requestTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = connection
    const backoff = new ExponentialBackoff({ initialMs: retryBackoffMs, maxMs: retryBackoffMaxMs }, draw)
    const shared = { clock, logger, connections, metadata, backoff, requestTimeoutMs }
    const failed = (error: unknown): void => this.#handout.fail(error)
    this.#member = new ShareMember({
      ...{ clock, logger, requestTimeoutMs, failed },
      id: draw.uuid(),
      coordinator: new Coordinator({ ...shared, groupId: settings.groupId }),
      groupId: settings.groupId,
      rackId: settings.clientRack,
      topics: () => this.#topics,
      maxPollIntervalMs: settings.maxPollIntervalMs,
      retryMs: retryBackoffMs,
      silentMs: () => this.#handout.silentMs,
      assigned: (partitions) => this.#loop.assign(partitions),
    })
    this.#loop = new ShareLoop({
      ...{ ...shared, settings, failed, memberId: this.#member.id },
      isHungry: () => this.#handout.isHungry,
      soonMax: () => this.#handout.soonMax,
      keep: () => this.#handout.keep(settings.maxPollIntervalMs),
      delivered: (delivery) => this.#handout.received(delivery),
      acknowledged: (results) => this.#acknowledged(results),
    })
    this.#handout = new ShareHandout({ clock, logger, hungry: () => this.#loop.wake() })
    metadata.onChange(() => this.#loop.wake())
  }

  /** From now on records of these topics come, instead of those of others. The consumer joins the group when it is asked for records. */
  subscribe(topics: readonly string[]): this {
    if (this.#closing !== undefined) throw new KafkaError('CLOSED', 'the consumer is closed')
    if (topics.length === 0) throw new KafkaError('INVALID_ARGUMENT', 'no topics are named')
    this.#topics = [...new Set(topics)]
    for (const topic of this.#topics) this.#metadata.want(topic)
    this.#member.changed()
    return this
  }

  /** The member's name in the group. */
  get memberId(): string {
    return this.#member.id
  }

  /**
   * Record by record. `implicit`: one of which nothing was said is accepted when the next is asked for. Who leaves the loop, by whatever
   * way, releases the record in hand of which nothing was said, in both modes: others have it at once.
   */
  [Symbol.asyncIterator](): AsyncIterator<ShareRecord<Bytes, Bytes>, undefined> {
    return this.#iterator(
      () => this.#handout.one(),
      (record) => [record],
    )
  }

  /** The same with all records that came of one partition in one answer: at most about `maxPollRecords`, never none. */
  batches(): AsyncIterable<readonly ShareRecord<Bytes, Bytes>[]> {
    const take = (): readonly AcquiredRecord[] | undefined => this.#handout.several()
    return { [Symbol.asyncIterator]: () => this.#iterator(take, (records) => records) }
  }

  /**
   * Sends what was said of records; in `implicit` mode what the application has in hand is accepted. Resolves with what became of it in
   * each partition, as far as that was not told before: an error there does not reject it.
   */
  async commit(): Promise<readonly Acknowledged[]> {
    if (this.#closing !== undefined) throw new KafkaError('CLOSED', 'the consumer is closed')
    for (const hand of this.#hands) this.#accept(hand)
    return this.#loop.flush()
  }

  /** Sends what was said of records, releases what is in hand, gives back what was not handed out, and leaves the group. Loops end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(): Promise<void> {
    // In explicit mode whatever is not acknowledged is given back by the end of the session.
    if (this.#settings.shareAcknowledgementMode === 'implicit') for (const hand of this.#hands) release(hand)
    this.#handout.close()
    const deadline = new Deadline(this.#env.clock, { afterMs: closeMsMax, what: 'the consumer was not closed' })
    try {
      await this.#loop.close(deadline)
      await this.#member.leave()
    } finally {
      this.#metadata.close()
      this.#connections.close()
    }
  }

  #accept(hand: readonly AcquiredRecord[]): void {
    if (this.#settings.shareAcknowledgementMode === 'explicit') return
    for (const record of hand) if (!record.isSaid) record.accept()
  }

  #acknowledged(results: readonly Acknowledged[]): void {
    for (const { topic, partition, ranges, error } of results) {
      if (error === undefined) continue
      const reason = { partition: `${topic}-${partition}`, ranges: ranges.length, reason: error.message }
      this.#logger.log('warn', 'records were not acknowledged', reason)
    }
    try {
      this.#settings.onAcknowledged?.(results)
    } catch (error) {
      // The application's own mistake: told to the application.
      this.#handout.fail(error)
    }
  }

  #iterator<T>(
    take: () => T | undefined,
    recordsOf: (taken: T) => readonly AcquiredRecord[],
  ): AsyncIterator<T, undefined> {
    const handout = this.#handout
    let hand: readonly AcquiredRecord[] = []
    const hold = (records: readonly AcquiredRecord[]): void => {
      this.#hands.delete(hand)
      hand = records
      if (records.length > 0) this.#hands.add(hand)
    }
    const wait = async (): Promise<IteratorResult<T, undefined>> => {
      for (;;) {
        if (handout.isClosed) return { done: true, value: undefined }
        const value = take()
        if (value !== undefined) {
          // Beside what was asked for before, where somebody asks twice at a time.
          hold([...hand, ...recordsOf(value)])
          return { done: false, value }
        }
        await handout.arrival()
      }
    }
    return {
      next: (): Promise<IteratorResult<T, undefined>> => {
        if (!handout.isClosed) this.#accept(hand)
        hold([])
        handout.asked()
        if (this.#topics.length > 0) this.#member.begin()
        return wait()
      },
      return: (): Promise<IteratorResult<T, undefined>> => {
        if (!handout.isClosed) release(hand)
        hold([])
        this.#loop.wake()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }
}

function release(hand: readonly AcquiredRecord[]): void {
  for (const record of hand) if (!record.isSaid) record.release()
}
