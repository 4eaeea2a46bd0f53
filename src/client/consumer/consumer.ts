/**
 * Reads partitions that it was told to read, ahead of the application, and hands records out one by one or in batches. What is done is
 * committed, if there is a group and nothing else is said: by itself now and then, and when it closes.
 */
import { uuidToString } from '../../base/index.ts'
import type { ClientEnv } from '../client-env.ts'
import { type ConnectionOptions, checkMs } from '../connection-options.ts'
import { Deadline } from '../deadline.ts'
import { ClassicMember } from '../group/classic-member.ts'
import { type CommittedOffset, nobody } from '../group/committed-offsets.ts'
import { ConsumerMember } from '../group/consumer-member.ts'
import { Coordinator } from '../group/coordinator.ts'
import type { Membership } from '../group/membership.ts'
import { KafkaError } from '../kafka-error.ts'
import type { AssignedPartition, Bytes } from './assigned-partition.ts'
import { AssignedPartitions } from './assigned-partitions.ts'
import type { TopicPartition } from './assignors/assignor.ts'
import { Beginnings } from './beginnings.ts'
import { Commits, type OffsetOf } from './commits.ts'
import type { ConsumedBatch, ConsumedRecord } from './consumed-record.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import { checkPartitions, Decoder, type ReadPartition, type ReadTopic, topicName } from './decoder.ts'
import { FetchLoop } from './fetch-loop.ts'
import { type Ground, groundOf } from './ground.ts'
import { Handout } from './handout.ts'
import { Missing } from './missing.ts'
import { type Found, OffsetFinder, type Spot } from './offset-finder.ts'
import { type ConsumedRecords, decodedRecords, type LoopOptions, rawBatches, rawRecords } from './records-loop.ts'
import { isPattern, SubscribedTopics, type TopicPattern } from './subscribed-topics.ts'
import { Turnover } from './turnover.ts'

/** For what the application asks for, and waits. */
const callMsMax = 60_000
/** As Kafka's consumer. */
const closeMs = 30_000

export class Consumer {
  readonly #settings: ConsumerSettings
  readonly #connection: ConnectionOptions
  readonly #ground: Ground
  readonly #assigned = new AssignedPartitions()
  readonly #finder: OffsetFinder
  readonly #coordinator: Coordinator | undefined
  readonly #commits: Commits | undefined
  readonly #beginnings: Beginnings
  readonly #loop: FetchLoop
  readonly #handout: Handout
  #member: Membership | undefined
  readonly #topics: SubscribedTopics
  /** Of what is read now. */
  #decoder = new Decoder([])
  /** Of the consumer protocol: a client chooses it for itself, once. */
  readonly #memberId: string
  /** Something was subscribed to, or assigned, and not given up since. */
  #isChosen = false
  /** The application has asked for records. */
  #isAsked = false
  /** What a hook has thrown when no loop was there any more. */
  #lastFailure: { readonly error: unknown } | undefined
  /** Under way. */
  #unsubscribing: Promise<void> | undefined
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: ConsumerSettings) {
    this.#settings = settings
    this.#connection = connection
    const ground = groundOf(env, connection, settings)
    this.#ground = ground
    const { clock, metadata } = ground
    const { groupId, autoOffsetReset } = settings
    const assigned = this.#assigned
    this.#finder = new OffsetFinder({ ...ground, isolationLevel: settings.isolationLevel === 'read_committed' ? 1 : 0 })
    if (groupId !== undefined) {
      this.#coordinator = new Coordinator({ ...ground, groupId })
      this.#commits = new Commits({
        ...ground,
        ...{ coordinator: this.#coordinator, groupId, assigned, timeoutMs: callMsMax },
        member: () => this.#member?.name ?? nobody,
        intervalMs: settings.enableAutoCommit ? settings.autoCommitIntervalMs : undefined,
        committed: settings.onCommitted,
        hookFailed: (error) => this.#hookFailed(error),
      })
    }
    this.#beginnings = new Beginnings({
      ...ground,
      ...{ assigned, autoOffsetReset, finder: this.#finder, commits: this.#commits, timeoutMs: callMsMax },
      found: () => this.#loop.wake(),
      failed: (error) => this.#handout.fail(error),
    })
    this.#loop = new FetchLoop({
      ...ground,
      settings,
      trace: env.trace?.fetch,
      metadataMaxAgeMs: connection.metadataMaxAgeMs,
      assigned: () => assigned.all,
      isAssigned: (partition) => assigned.has(partition),
      received: (partition, fetched) => this.#handout.received(partition, fetched),
      outOfRange: (partition) => this.#beginnings.outOfRange(partition),
      diverged: (partition, end) => this.#beginnings.diverged(partition, end),
      failed: (_, error) => this.#handout.fail(error),
    })
    this.#handout = new Handout({
      clock,
      logger: ground.logger,
      isOffered: (partition) => assigned.isOffered(partition),
      taken: () => this.#loop.wake(),
    })
    this.#memberId = uuidToString(env.random.stream('client-member').uuid())
    this.#topics = this.#subscribedTopics()
    metadata.wantedBy(() => [...this.#topics.names, ...this.#assigned.names.map(({ topic }) => topic)])
    const missing = new Missing(ground.logger, settings.allowAutoCreateTopics)
    metadata.onChange(() => this.#loop.wake())
    metadata.onChange(() => missing.look(metadata.view, this.#topics.names, assigned.names))
  }

  #subscribedTopics(): SubscribedTopics {
    const { excludeInternalTopics, groupProtocol } = this.#settings
    return new SubscribedTopics({
      metadata: this.#ground.metadata,
      excludeInternalTopics,
      hasPatterns: groupProtocol === 'consumer',
      failed: (error) => {
        if (!this.#isClosed) this.#handout.fail(error)
      },
      changed: () => {
        this.#member?.changed()
        this.#beginAgain()
      },
    })
  }

  // ---- what is read

  /**
   * The group shares out the partitions of these topics; the consumer joins it when it is asked for records: by a loop over what is
   * returned, where topics of `defineTopic` are decoded, or over the consumer, which hands out bytes. A RegExp is matched here, as topics
   * come and go; `pattern` is matched by the coordinator, in the consumer protocol alone.
   */
  subscribe<const T extends ReadTopic = string>(topics: readonly T[] | TopicPattern): ConsumedRecords<T>
  subscribe(topics: readonly ReadTopic[] | TopicPattern): ConsumedRecords<ReadTopic> {
    this.#checkOpen()
    const coordinator = this.#coordinator
    if (coordinator === undefined) throw new KafkaError('INVALID_GROUP_ID', 'who has no groupId cannot subscribe')
    if (this.#member === undefined && this.#assigned.size > 0) {
      throw new KafkaError('INVALID_ARGUMENT', 'partitions are assigned by hand')
    }
    this.#checkSubscribing()
    const decoder = isPattern(topics) ? Decoder.ofBytes : new Decoder(topics)
    this.#topics.choose(isPattern(topics) ? topics : decoder.topics)
    this.#isChosen = true
    const isNew = this.#member === undefined
    this.#member ??= this.#memberBy(coordinator)
    if (isNew) this.#beginAgain()
    return this.#records(decoder)
  }

  #turnover(): Turnover {
    return new Turnover({
      ...{ ...this.#ground, settings: this.#settings, assigned: this.#assigned, handout: this.#handout },
      ...{ beginnings: this.#beginnings, commits: this.#ofGroup() },
      hookFailed: (error) => this.#hookFailed(error),
      member: () => this.#member?.name ?? nobody,
    })
  }

  #memberBy(coordinator: Coordinator): Membership {
    const { groupId = '', groupInstanceId = null, assignors, clientRack, ...settings } = this.#settings
    const shared = {
      ...this.#ground,
      ...{ coordinator, groupId, groupInstanceId, assignee: this.#turnover() },
      topics: () => this.#topics.names,
      rackId: clientRack === '' ? null : clientRack,
      rebalanceTimeoutMs: settings.maxPollIntervalMs,
    }
    if (settings.groupProtocol === 'consumer') {
      return new ConsumerMember({
        ...shared,
        memberId: this.#memberId,
        serverAssignor: settings.groupRemoteAssignor ?? null,
        topicRegex: () => this.#topics.pattern,
      })
    }
    const { sessionTimeoutMs, heartbeatIntervalMs } = settings
    const { retryBackoffMs: retryMs } = this.#connection
    return new ClassicMember({ ...shared, assignors, sessionTimeoutMs, heartbeatIntervalMs, retryMs })
  }

  /**
   * These and no others, each from where it was committed, or as `autoOffsetReset` says. Those that are read already go on; of those that
   * go, what is done is committed. What is returned is as for `subscribe`.
   */
  assign<const T extends ReadPartition>(partitions: readonly T[]): ConsumedRecords<T['topic']>
  assign(given: readonly ReadPartition[]): ConsumedRecords<ReadTopic> {
    this.#checkOpen()
    this.#checkSubscribing()
    if (this.#member !== undefined) throw new KafkaError('INVALID_ARGUMENT', 'the group assigns partitions')
    checkPartitions(given)
    const decoder = new Decoder(given.map(({ topic }) => topic))
    const partitions = given.map(({ topic, partition }) => ({ topic: topicName(topic), partition }))
    this.#isChosen = true
    const { news, gone } = this.#assigned.replace(partitions)
    const { logger } = this.#ground
    this.#commits
      ?.commitDone(gone)
      .catch((error: unknown) =>
        logger.log('warn', 'offsets of partitions that were given up were not committed', { reason: String(error) }),
      )
    this.#beginnings.find(news)
    this.#commits?.begin()
    this.#loop.wake()
    return this.#records(decoder)
  }

  /**
   * Nothing is read any more: partitions are given up, of which what is done is committed, unless `enableAutoCommit` is false, and the
   * group is left. What the application has in hand is not done, and not waited for. Behind it `subscribe` or `assign` may follow; loops
   * wait for that. Not to be waited for in a hook. Rejects with what `onRevoked` throws, and with KafkaError where what is done of
   * partitions that were assigned by hand is not committed, or TIMED_OUT behind `timeoutMs` (default 30,000): nothing is read all the same.
   */
  async unsubscribe({ timeoutMs = closeMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    this.#checkOpen()
    checkMs('timeoutMs', timeoutMs)
    this.#unsubscribing ??= this.#unsubscribe(timeoutMs).finally(() => {
      this.#unsubscribing = undefined
    })
    await this.#unsubscribing
  }

  async #unsubscribe(afterMs: number): Promise<void> {
    this.#handout.undo()
    this.#topics.clear()
    this.#isChosen = false
    this.#decoder = new Decoder([])
    const what = 'the brokers were not told that nothing is read any more'
    const deadline = new Deadline(this.#ground.clock, { afterMs, what })
    const done = async (): Promise<void> => this.#commits?.commitDone(this.#assigned.replace([]).gone)
    try {
      await deadline.within(this.#member === undefined ? done() : this.#member.leave())
    } finally {
      this.#member = undefined
      this.#assigned.replace([])
    }
  }

  get assignment(): readonly TopicPartition[] {
    return this.#assigned.names
  }

  /** The next record of the partition is that at `offset`, or the first one behind it. */
  seek({ topic, partition, offset, leaderEpoch = -1 }: OffsetOf): void {
    checkOffset(offset)
    this.#get({ topic, partition }).jump({ offset, leaderEpoch })
    this.#loop.wake()
  }

  pause(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const each of partitions) this.#get(each).isPaused = true
  }

  resume(partitions: readonly TopicPartition[] = this.assignment): void {
    for (const each of partitions) this.#get(each).isPaused = false
    this.#handout.arrived()
    this.#loop.wake()
  }

  /** The offset of the next record that is handed out; undefined while it is not known. */
  position(partition: TopicPartition): number | undefined {
    return this.#get(partition).position?.offset
  }

  /** Records behind the position, as the last answer said; undefined while that is not known. */
  lag(partition: TopicPartition): number | undefined {
    const { position, highWatermark, lastStableOffset } = this.#get(partition)
    const end = this.#settings.isolationLevel === 'read_committed' ? lastStableOffset : highWatermark
    return position === undefined || end < 0 ? undefined : Math.max(0, end - position.offset)
  }

  #get(partition: TopicPartition): AssignedPartition {
    this.#checkOpen()
    const assigned = this.#assigned.get(partition)
    if (assigned !== undefined) return assigned
    throw new KafkaError('INVALID_ARGUMENT', `${partition.topic}-${partition.partition} is not assigned`)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KafkaError('CLOSED', 'the consumer is closed')
  }

  #checkSubscribing(): void {
    if (this.#unsubscribing === undefined) return
    throw new KafkaError('INVALID_ARGUMENT', 'unsubscribe is under way: what it returns is to be waited for')
  }

  // ---- where things are

  /** In the order of `partitions`. */
  async beginningOffsets(partitions: readonly TopicPartition[]): Promise<readonly number[]> {
    return (await this.#find(partitions, 'earliest')).map((it) => it?.offset ?? -1)
  }

  async endOffsets(partitions: readonly TopicPartition[]): Promise<readonly number[]> {
    return (await this.#find(partitions, 'latest')).map((it) => it?.offset ?? -1)
  }

  /** The first record that is not older; undefined where there is none. */
  async offsetsForTime(
    partitions: readonly TopicPartition[],
    timestampMs: number,
  ): Promise<readonly (Found | undefined)[]> {
    if (!Number.isSafeInteger(timestampMs) || timestampMs < 0) {
      throw new KafkaError('INVALID_ARGUMENT', `timestampMs ${timestampMs}`)
    }
    return this.#find(partitions, timestampMs)
  }

  #find(partitions: readonly TopicPartition[], spot: Spot): Promise<readonly (Found | undefined)[]> {
    const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, spot }))
    const deadline = new Deadline(this.#ground.clock, { afterMs: callMsMax, what: 'offsets were not told' })
    return this.#finder.find(wanted, deadline)
  }

  // ---- what is done

  /**
   * Commits what is given; else all that was handed out, and that what the application has in hand is done. Rejects with KafkaError.
   */
  async commit(offsets?: readonly OffsetOf[]): Promise<void> {
    this.#checkOpen()
    const commits = this.#ofGroup()
    for (const { offset } of offsets ?? []) checkOffset(offset)
    if (offsets === undefined) this.#handout.done()
    await commits.commit(offsets ?? commits.uncommitted())
  }

  /** In the order of `partitions`; undefined: nothing was committed. */
  async committed(partitions: readonly TopicPartition[]): Promise<readonly (CommittedOffset | undefined)[]> {
    return this.#ofGroup().fetch(partitions)
  }

  #ofGroup(): Commits {
    if (this.#commits !== undefined) return this.#commits
    throw new KafkaError('INVALID_GROUP_ID', 'a consumer without groupId commits nothing')
  }

  // ---- what is handed out

  /** Record by record: one is done when the next is asked for. Who leaves the loop before gets it again. */
  [Symbol.asyncIterator](): AsyncIterator<ConsumedRecord<Bytes, Bytes>, undefined> {
    return rawRecords(this.#loopOptions())
  }

  /** The same in batches, as they lie in the log: much quicker where records are small. */
  batches(): AsyncIterable<ConsumedBatch<Bytes, Bytes>> {
    return { [Symbol.asyncIterator]: () => rawBatches(this.#loopOptions()) }
  }

  /** Where a loop waits. A member that has left for a silence waits for the application. */
  #beginAgain(): void {
    if (this.#isAsked && this.#handout.silentMs === 0) this.#begin()
  }

  /** Nobody joins before it is known what to ask for. */
  #begin(): void {
    if (this.#topics.isKnown) this.#member?.begin()
  }

  #records(decoder: Decoder): ConsumedRecords<ReadTopic> {
    this.#decoder = decoder
    // Who loops over what was read before may have to be told.
    this.#handout.arrived()
    const check = (): void => {
      if (this.#decoder === decoder || decoder.readsAllOf(this.#decoder)) return
      const text = 'other topics are read now: loop over what subscribe, or assign, has given last'
      throw new KafkaError('INVALID_ARGUMENT', text)
    }
    return decodedRecords(this.#loopOptions(check), decoder)
  }

  #loopOptions(check: () => void = () => undefined): LoopOptions {
    const handout = this.#handout
    const asked = (): void => {
      handout.asked()
      this.#isAsked = true
      this.#topics.asked()
      this.#begin()
      this.#beginnings.asked()
      this.#loop.asked()
    }
    const begins = (): void => {
      if (!this.#isChosen)
        throw new KafkaError('INVALID_ARGUMENT', 'there is nothing to read: subscribe, or assign, comes first')
    }
    return { handout, begins, asked, check }
  }

  /**
   * Commits what is done, if it is to be committed by itself, leaves the group, and ends all connections; loops over its records end.
   * Rejects with KafkaError where that fails, TIMED_OUT behind `timeoutMs` (default 30,000), or with what a hook throws: it is closed all
   * the same.
   */
  async close({ timeoutMs = closeMs }: { readonly timeoutMs?: number } = {}): Promise<void> {
    checkMs('timeoutMs', timeoutMs)
    this.#closing ??= this.#close(timeoutMs)
    await this.#closing
  }

  async #close(afterMs: number): Promise<void> {
    // What the application has in hand is not done: nobody waits for it.
    this.#handout.close()
    this.#lastFailure = this.#handout.untold
    const deadline = new Deadline(this.#ground.clock, {
      afterMs,
      what: 'the brokers were not told that the consumer closes',
    })
    try {
      await deadline.within(this.#goodbye())
    } catch (error) {
      const last = this.#lastFailure
      // Of two failures one is told.
      if (last !== undefined && last.error !== error) this.#logHook(last.error)
      throw error
    } finally {
      this.#isClosed = true
      this.#commits?.close()
      this.#beginnings.close()
      this.#loop.close()
      this.#ground.metadata.close()
      this.#ground.connections.close()
      // Who did not come to it in time does not go on either; what it would tell is heard by nobody.
      this.#member?.leave().catch(() => undefined)
    }
  }

  async #goodbye(): Promise<void> {
    // Of a commit that is under way the application is told how it went.
    await this.#commits?.settled()
    await this.#unsubscribing?.catch(() => undefined)
    await (this.#member === undefined ? this.#commits?.commitDone() : this.#member.leave())
    if (this.#lastFailure !== undefined) throw this.#lastFailure.error
  }

  /** Told by the loop, or by `close` behind its end. */
  #hookFailed(error: unknown): void {
    if (!this.#handout.isClosed) this.#handout.fail(error, true)
    else if (!this.#isClosed && this.#lastFailure === undefined) this.#lastFailure = { error }
    else this.#logHook(error)
  }

  #logHook(error: unknown): void {
    this.#ground.logger.log('warn', 'a hook of the application has failed', { reason: String(error) })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}

function checkOffset(offset: number): void {
  if (!Number.isSafeInteger(offset) || offset < 0) throw new KafkaError('INVALID_ARGUMENT', `offset ${offset}`)
}
