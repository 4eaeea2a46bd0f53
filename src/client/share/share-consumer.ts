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
import { type ConnectionOptions, checkMs } from '../connection-options.ts'
import { checkTopics, Decoder, type ReadTopic } from '../consumer/decoder.ts'
import { callHook } from '../consumer/hook.ts'
import { Deadline } from '../deadline.ts'
import { Coordinator } from '../group/coordinator.ts'
import { KafkaError } from '../kafka-error.ts'
import type { ShareRecord } from './delivery.ts'
import type { Acknowledged } from './pending-acknowledgement.ts'
import { ShareHandout } from './share-handout.ts'
import { ShareLoop } from './share-loop.ts'
import { ShareMember } from './share-member.ts'
import type { ShareConsumerSettings } from './share-options.ts'
import { ShareLoops, type ShareRecords } from './share-records.ts'

type Bytes = Buffer | null

const inFlightMax = 5
/** As Kafka's consumer. */
const closeMs = 30_000

export class ShareConsumer implements AsyncIterable<ShareRecord<Bytes, Bytes>> {
  readonly #env: ClientEnv
  readonly #logger: Logger
  readonly #settings: ShareConsumerSettings
  readonly #connections: Connections
  readonly #metadata: Metadata
  readonly #loop: ShareLoop
  readonly #member: ShareMember
  readonly #handout: ShareHandout
  readonly #loops: ShareLoops
  /** Of what is subscribed to. */
  #decoder = new Decoder([])
  /** What a hook has thrown when no loop was there any more. */
  #lastFailure: { readonly error: unknown } | undefined
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: ShareConsumerSettings) {
    this.#env = env
    this.#settings = settings
    const { clock } = env
    const logger = env.logger.child('share-consumer')
    this.#logger = logger
    const options = { ...connection, inFlightMax }
    const connections = new Connections(env, options)
    const makesTopics = settings.allowAutoCreateTopics
    const metadata = new Metadata({ env, options, connections, makesTopics, maxIdleMs: 0 })
    // What is subscribed to.
    metadata.wantedBy(() => this.#decoder.topics)
    this.#connections = connections
    this.#metadata = metadata
    const draw = env.random.stream('client-share-consumer')
    const { requestTimeoutMs, retryBackoffMs, retryBackoffMaxMs } = connection
    const backoff = new ExponentialBackoff({ initialMs: retryBackoffMs, maxMs: retryBackoffMaxMs }, draw)
    const shared = { clock, logger, connections, metadata, backoff, requestTimeoutMs }
    const failed = (error: unknown): void => this.#handout.fail(error)
    this.#member = new ShareMember({
      ...{ clock, logger, failed },
      id: draw.uuid(),
      coordinator: new Coordinator({ ...shared, groupId: settings.groupId }),
      groupId: settings.groupId,
      rackId: settings.clientRack,
      topics: () => this.#decoder.topics,
      maxPollIntervalMs: settings.maxPollIntervalMs,
      retryMs: retryBackoffMs,
      silentMs: () => this.#handout.silentMs,
      assigned: (partitions) => this.#loop.assign(partitions),
    })
    this.#loop = new ShareLoop({
      ...{ ...shared, settings, failed, memberId: this.#member.id },
      reads: (topic) => this.#decoder.reads(topic),
      isHungry: () => this.#handout.isHungry,
      soonMax: () => this.#handout.soonMax,
      keep: () => this.#handout.keep(settings.maxPollIntervalMs),
      delivered: (delivery) => this.#handout.received(delivery),
      acknowledged: (results) => this.#acknowledged(results),
    })
    this.#handout = new ShareHandout({ clock, logger, hungry: () => this.#loop.wake() })
    this.#loops = this.#loopsOf(this.#handout)
    metadata.onChange(() => this.#loop.wake())
  }

  #loopsOf(handout: ShareHandout): ShareLoops {
    return new ShareLoops({
      handout,
      isImplicit: this.#settings.shareAcknowledgementMode === 'implicit',
      isSubscribed: () => this.#decoder.topics.length > 0,
      asked: () => this.#member.begin(),
      left: () => this.#loop.wake(),
    })
  }

  /**
   * From now on records of these topics come, instead of those of others: by a loop over what is returned, where topics of `defineTopic`
   * are decoded, or over the consumer, which hands out bytes. The consumer joins the group when it is asked for records. What is here
   * already of a topic that a loop does not read is given back when the loop comes to it.
   */
  subscribe<const T extends ReadTopic = string>(topics: readonly T[]): ShareRecords<T>
  subscribe(topics: readonly ReadTopic[]): ShareRecords<ReadTopic> {
    if (this.#closing !== undefined) throw new KafkaError('CLOSED', 'the consumer is closed')
    checkTopics(topics)
    if (topics.length === 0) throw new KafkaError('INVALID_ARGUMENT', 'no topics are named')
    const decoder = new Decoder(topics)
    this.#decoder = decoder
    this.#loop.subscribed()
    this.#member.changed()
    return this.#loops.decoded(decoder, () => {
      if (decoder.readsAllOf(this.#decoder)) return
      throw new KafkaError('INVALID_ARGUMENT', 'other topics are read now: loop over what subscribe has given last')
    })
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
    return this.#loops.raw()
  }

  /** The same with all records that came of one partition in one answer: at most about `maxPollRecords`, never none. */
  batches(): AsyncIterable<readonly ShareRecord<Bytes, Bytes>[]> {
    return { [Symbol.asyncIterator]: () => this.#loops.rawBatches() }
  }

  /**
   * Sends what was said of records; in `implicit` mode what the application has in hand is accepted. Resolves with what became of it in
   * each partition, as far as that was not told before: an error there does not reject it.
   */
  async commit(): Promise<readonly Acknowledged[]> {
    if (this.#closing !== undefined) throw new KafkaError('CLOSED', 'the consumer is closed')
    this.#loops.settle()
    return this.#loop.flush()
  }

  /**
   * Sends what was said of records, releases what is in hand, gives back what was not handed out, and leaves the group. Loops end. Rejects
   * with KafkaError TIMED_OUT behind `timeoutMs` (default 30,000), or with what `onAcknowledged` throws meanwhile: it is closed all the
   * same.
   */
  async close({ timeoutMs = closeMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    checkMs('timeoutMs', timeoutMs)
    this.#closing ??= this.#close(timeoutMs)
    await this.#closing
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  async #close(afterMs: number): Promise<void> {
    // In explicit mode whatever is not acknowledged is given back by the end of the session.
    if (this.#settings.shareAcknowledgementMode === 'implicit') this.#loops.release()
    this.#handout.close()
    const what = 'the brokers were not told that the consumer closes'
    const deadline = new Deadline(this.#env.clock, { afterMs, what })
    try {
      await deadline.within(this.#goodbye(deadline))
    } finally {
      this.#isClosed = true
      this.#metadata.close()
      this.#connections.close()
      // Who did not come to it in time does not go on either; what it would tell is heard by nobody.
      this.#member.leave().catch(() => undefined)
    }
  }

  async #goodbye(deadline: Deadline): Promise<void> {
    await this.#loop.close(deadline)
    if (deadline.isOver) throw deadline.error()
    await this.#member.leave()
    if (this.#lastFailure !== undefined) throw this.#lastFailure.error
  }

  #acknowledged(results: readonly Acknowledged[]): void {
    for (const { topic, partition, ranges, error } of results) {
      if (error === undefined) continue
      const reason = { partition: `${topic}-${partition}`, ranges: ranges.length, reason: error.message }
      this.#logger.log('warn', 'records were not acknowledged', reason)
    }
    callHook(this.#settings.onAcknowledged, results, (error) => this.#hookFailed(error))
  }

  /** The application's own mistake: told by the loop, or by `close` behind its end. */
  #hookFailed(error: unknown): void {
    if (this.#isClosed) this.#logger.log('warn', 'a hook of the application has failed', { reason: String(error) })
    else if (this.#handout.isClosed) this.#lastFailure ??= { error }
    else this.#handout.fail(error)
  }
}
