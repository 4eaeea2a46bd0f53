/**
 * Reads partitions that it was told to read, ahead of the application, and hands records out one by one or in batches. What is done is
 * committed, if there is a group and nothing else is said: by itself now and then, and when it closes.
 */
import type { Logger, Timer } from '../../base/index.ts'
import { ExponentialBackoff } from '../../peer/index.ts'
import type { ClientEnv } from '../client-env.ts'
import { Connections } from '../cluster/connections.ts'
import { Metadata } from '../cluster/metadata.ts'
import type { ConnectionOptions } from '../connection-options.ts'
import { Deadline, sleep } from '../deadline.ts'
import { ClassicMember } from '../group/classic-member.ts'
import { type CommittedOffset, CommittedOffsets, type MemberName, nobody } from '../group/committed-offsets.ts'
import { Coordinator } from '../group/coordinator.ts'
import type { Assignee, Membership } from '../group/membership.ts'
import { KafkaError } from '../kafka-error.ts'
import { AssignedPartition, type Bytes } from './assigned-partition.ts'
import type { TopicPartition } from './assignors/assignor.ts'
import type { ConsumedBatch, ConsumedRecord } from './consumed-record.ts'
import type { ConsumerSettings } from './consumer-options.ts'
import { FetchLoop } from './fetch-loop.ts'
import { Handout } from './handout.ts'
import { type Found, OffsetFinder, type Spot } from './offset-finder.ts'

/** For what the application asks for, and waits. */
const callMsMax = 60_000
const inFlightMax = 5

export interface OffsetOf extends TopicPartition {
  readonly offset: number
  readonly metadata?: string
}

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic} ${partition}`

export class Consumer {
  readonly #env: ClientEnv
  readonly #logger: Logger
  readonly #settings: ConsumerSettings
  readonly #connections: Connections
  readonly #metadata: Metadata
  readonly #finder: OffsetFinder
  readonly #backoff: ExponentialBackoff
  readonly #offsets: CommittedOffsets | undefined
  readonly #loop: FetchLoop
  readonly #handout: Handout
  #assigned = new Map<string, AssignedPartition>()
  /** Being given up: nothing more is handed out of them. */
  readonly #leaving = new Set<AssignedPartition>()
  readonly #memberOf: ((assignee: Assignee, topics: () => readonly string[]) => Membership) | undefined
  #member: Membership | undefined
  #topics: readonly string[] = []
  #commitTimer: Timer | undefined
  #committing: Promise<void> = Promise.resolve()
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: ConsumerSettings) {
    this.#env = env
    this.#settings = settings
    this.#logger = env.logger.child('consumer')
    const { clock } = env
    const options = { ...connection, inFlightMax }
    const connections = new Connections(env, options)
    const metadata = new Metadata({
      env,
      options,
      connections,
      makesTopics: settings.allowAutoCreateTopics,
      // What is subscribed to or assigned is wanted for as long as the consumer lives.
      maxIdleMs: Number.POSITIVE_INFINITY,
    })
    this.#connections = connections
    this.#metadata = metadata
    const backoff = new ExponentialBackoff(
      { initialMs: connection.retryBackoffMs, maxMs: connection.retryBackoffMaxMs },
      env.random.stream('client-consumer'),
    )
    this.#backoff = backoff
    const { requestTimeoutMs, metadataMaxAgeMs } = connection
    const shared = { clock, logger: this.#logger, connections, metadata, backoff, requestTimeoutMs }
    const isolationLevel = settings.isolationLevel === 'read_committed' ? 1 : 0
    this.#finder = new OffsetFinder({ ...shared, isolationLevel })
    const { groupId } = settings
    if (groupId !== undefined) {
      const coordinator = new Coordinator({ ...shared, groupId })
      this.#offsets = new CommittedOffsets(coordinator, groupId)
      this.#memberOf = (assignee, topics) =>
        new ClassicMember({
          ...{ clock, logger: this.#logger, coordinator, metadata, assignee, groupId, topics, requestTimeoutMs },
          groupInstanceId: settings.groupInstanceId ?? null,
          assignors: settings.assignors,
          sessionTimeoutMs: settings.sessionTimeoutMs,
          rebalanceTimeoutMs: settings.maxPollIntervalMs,
          heartbeatIntervalMs: settings.heartbeatIntervalMs,
          retryMs: connection.retryBackoffMs,
        })
    }
    const assigned = (): Iterable<AssignedPartition> => this.#assigned.values()
    this.#loop = new FetchLoop({
      ...shared,
      settings,
      metadataMaxAgeMs,
      assigned,
      arrived: () => this.#handout.arrived(),
      outOfRange: (partition) => this.#outOfRange(partition),
      failed: (_, error) => this.#handout.fail(error),
    })
    const isOffered = (partition: AssignedPartition): boolean =>
      this.#assigned.get(nameOf(partition)) === partition && !this.#leaving.has(partition)
    const offered = (): Iterable<AssignedPartition> => [...this.#assigned.values()].filter(isOffered)
    this.#handout = new Handout({ clock, assigned: offered, isOffered, taken: () => this.#loop.wake() })
    metadata.onChange(() => this.#loop.wake())
  }

  // ---- what is read

  /** The group shares out the partitions of these topics; the consumer joins it when it is asked for records. */
  subscribe(topics: readonly string[]): void {
    this.#checkOpen()
    if (this.#memberOf === undefined) throw new KafkaError('INVALID_GROUP_ID', 'who has no groupId cannot subscribe')
    if (topics.length === 0) throw new KafkaError('INVALID_ARGUMENT', 'no topics are named')
    if (this.#member === undefined && this.#assigned.size > 0) {
      throw new KafkaError('INVALID_ARGUMENT', 'partitions are assigned by hand')
    }
    const wanted = new Set(topics)
    const isAnother = wanted.size !== this.#topics.length || this.#topics.some((topic) => !wanted.has(topic))
    this.#topics = [...wanted]
    for (const topic of topics) this.#metadata.want(topic)
    if (isAnother) this.#member?.changed()
    this.#member ??= this.#memberOf(this.#assignee, () => this.#topics)
  }

  /** What the group asks for. */
  readonly #assignee: Assignee = ((consumer: Consumer): Assignee => ({
    get assigned() {
      return consumer.assignment
    },
    get silentMs() {
      return consumer.#handout.silentMs
    },
    revoke: (partitions, member) => consumer.#revoke(partitions, member),
    lose(partitions) {
      consumer.#drop(partitions)
      if (partitions.length > 0) consumer.#settings.onLost?.(partitions)
    },
    take: (partitions) => consumer.#take(partitions),
    failed: (error) => consumer.#handout.fail(error),
  }))(this)

  async #revoke(partitions: readonly TopicPartition[], member: MemberName): Promise<void> {
    const leaving = new Set(partitions.flatMap((each) => this.#assigned.get(nameOf(each)) ?? []))
    for (const partition of leaving) this.#leaving.add(partition)
    const { maxPollIntervalMs } = this.#settings
    const what = 'the application has not asked for the next record'
    const deadline = new Deadline(this.#env.clock, { afterMs: maxPollIntervalMs, what })
    const warn = (error: unknown): void =>
      this.#logger.log('warn', 'partitions are given up all the same', { reason: String(error) })
    await deadline.within(this.#handout.whenFree(leaving)).catch(warn)
    // What is done is done, also where something else is in hand for too long.
    if (this.#settings.enableAutoCommit) await this.#commit(this.#uncommitted(leaving), member).catch(warn)
    this.#drop(partitions)
    await this.#settings.onRevoked?.(partitions)
  }

  #drop(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) {
      const assigned = this.#assigned.get(nameOf(each))
      if (assigned === undefined) continue
      this.#leaving.delete(assigned)
      this.#assigned.delete(nameOf(each))
    }
  }

  #take(partitions: readonly TopicPartition[]): void {
    const news = partitions.map(({ topic, partition }) => new AssignedPartition(topic, partition))
    for (const each of news) this.#assigned.set(nameOf(each), each)
    if (news.length > 0) {
      this.#place(news)
      this.#settings.onAssigned?.(partitions)
    }
    if (this.#settings.enableAutoCommit) this.#commitLater()
  }

  /** These and no others, each from where it was committed, or as `autoOffsetReset` says. Those that are read already go on. */
  assign(partitions: readonly TopicPartition[]): void {
    this.#checkOpen()
    if (this.#member !== undefined) throw new KafkaError('INVALID_ARGUMENT', 'the group assigns partitions')
    const before = this.#assigned
    this.#assigned = new Map()
    const news: AssignedPartition[] = []
    for (const { topic, partition } of partitions) {
      const name = nameOf({ topic, partition })
      const known = before.get(name) ?? this.#assigned.get(name)
      const assigned = known ?? new AssignedPartition(topic, partition)
      if (known === undefined) news.push(assigned)
      this.#assigned.set(name, assigned)
      this.#metadata.want(topic)
    }
    if (news.length > 0) this.#place(news)
    if (this.#offsets !== undefined && this.#settings.enableAutoCommit) this.#commitLater()
    this.#loop.wake()
  }

  get assignment(): readonly TopicPartition[] {
    return [...this.#assigned.values()].map(({ topic, partition }) => ({ topic, partition }))
  }

  /** The next record of the partition is that at `offset`, or the first one behind it. */
  seek({ topic, partition, offset }: OffsetOf): void {
    if (!Number.isSafeInteger(offset) || offset < 0) throw new KafkaError('INVALID_ARGUMENT', `offset ${offset}`)
    this.#get({ topic, partition }).jump({ offset, leaderEpoch: -1 })
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
    const assigned = this.#assigned.get(nameOf(partition))
    if (assigned !== undefined) return assigned
    throw new KafkaError('INVALID_ARGUMENT', `${partition.topic}-${partition.partition} is not assigned`)
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new KafkaError('CLOSED', 'the consumer is closed')
  }

  /** Finds out where to begin: what went wrong and may pass is tried again for as long as they are assigned. */
  #place(partitions: readonly AssignedPartition[], mayBeCommitted = true): void {
    const jumps = partitions.map((it) => it.jumps)
    /** Neither taken away nor moved meanwhile. */
    const waiting = (): AssignedPartition[] =>
      partitions.filter((it, i) => it.jumps === jumps[i] && this.#assigned.get(nameOf(it)) === it)
    const attempt = async (): Promise<void> => {
      const committed = mayBeCommitted ? await this.#committedOf(waiting()) : undefined
      for (const it of waiting()) {
        const known = committed?.get(it)
        if (known === undefined) continue
        it.jump(known)
        it.committed = known.offset
      }
      this.#loop.wake()
      await this.#reset(waiting())
    }
    const work = async (): Promise<void> => {
      for (let attempts = 0; waiting().length > 0 && !this.#isClosed; attempts++) {
        try {
          await attempt()
        } catch (error) {
          if (!(error instanceof KafkaError && error.isRetriable)) throw error
          this.#logger.log('warn', 'it is not known where to begin', { reason: error.message })
          await sleep(this.#env.clock, this.#backoff.backoffMs(attempts))
        }
      }
    }
    work().catch((error: unknown) => {
      if (!this.#isClosed) this.#handout.fail(error)
    })
  }

  async #committedOf(
    partitions: readonly AssignedPartition[],
  ): Promise<ReadonlyMap<AssignedPartition, CommittedOffset>> {
    const found = new Map<AssignedPartition, CommittedOffset>()
    if (this.#offsets === undefined) return found
    const offsets = await this.#offsets.fetch(partitions, nobody, this.#deadline('committed offsets were not told'))
    for (const [i, partition] of partitions.entries()) {
      const offset = offsets[i]
      if (offset !== undefined) found.set(partition, offset)
    }
    return found
  }

  /** Each begins as soon as it is known where. */
  async #reset(partitions: readonly AssignedPartition[]): Promise<void> {
    if (partitions.length === 0) return
    const { autoOffsetReset: spot } = this.#settings
    if (spot === 'none') {
      const names = partitions.map(({ topic, partition }) => `${topic}-${partition}`)
      throw new KafkaError('OFFSET_OUT_OF_RANGE', `nobody has said where to begin in ${names.join(', ')}`)
    }
    const jumps = partitions.map((it) => it.jumps)
    const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, spot }))
    await this.#finder.find(wanted, this.#deadline('offsets were not told'), (i, found) => {
      const partition = partitions[i]
      if (found === undefined || partition === undefined || partition.jumps !== jumps[i]) return
      partition.jump(found)
      this.#loop.wake()
    })
  }

  #outOfRange(partition: AssignedPartition): void {
    const { topic, partition: index, fetchFrom } = partition
    this.#logger.log('warn', 'there is nothing at the offset of a partition', {
      partition: `${topic}-${index}`,
      offset: fetchFrom?.offset,
    })
    partition.jump(undefined)
    this.#place([partition], false)
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
    return this.#find(partitions, timestampMs)
  }

  #find(partitions: readonly TopicPartition[], spot: Spot): Promise<readonly (Found | undefined)[]> {
    const wanted = partitions.map(({ topic, partition }) => ({ topic, partition, spot }))
    return this.#finder.find(wanted, this.#deadline('offsets were not told'))
  }

  #deadline(what: string): Deadline {
    return new Deadline(this.#env.clock, { afterMs: callMsMax, what })
  }

  // ---- what is done

  /**
   * Commits what is given; else all that was handed out, and that what the application has in hand is done. Rejects with KafkaError.
   */
  async commit(offsets?: readonly OffsetOf[]): Promise<void> {
    this.#checkOpen()
    if (offsets === undefined) this.#handout.done()
    await this.#commit(offsets ?? this.#uncommitted())
  }

  get #name(): MemberName {
    return this.#member?.name ?? nobody
  }

  /** In the order of `partitions`; undefined: nothing was committed. */
  async committed(partitions: readonly TopicPartition[]): Promise<readonly (CommittedOffset | undefined)[]> {
    return this.#group().fetch(partitions, nobody, this.#deadline('committed offsets were not told'))
  }

  #group(): CommittedOffsets {
    if (this.#offsets === undefined)
      throw new KafkaError('INVALID_GROUP_ID', 'a consumer without groupId commits nothing')
    return this.#offsets
  }

  #uncommitted(
    of: Iterable<AssignedPartition> = this.#assigned.values(),
  ): readonly (OffsetOf & { readonly leaderEpoch: number })[] {
    return [...of].flatMap(({ topic, partition, processed, committed }) =>
      processed === undefined || processed.offset === committed ? [] : [{ topic, partition, ...processed }],
    )
  }

  async #commit(
    offsets: readonly (OffsetOf & { readonly leaderEpoch?: number })[],
    member: MemberName = this.#name,
  ): Promise<void> {
    const all = offsets.map((each) => ({ ...each, leaderEpoch: each.leaderEpoch ?? -1 }))
    const group = this.#group()
    // One after the other, or one that is tried again could write over a later one.
    const work = this.#committing.then(() => group.commit(all, member, this.#deadline('offsets were not committed')))
    this.#committing = work.catch(() => undefined)
    await work
    for (const each of all) {
      const assigned = this.#assigned.get(nameOf(each))
      if (assigned !== undefined) assigned.committed = each.offset
    }
    if (all.length > 0) this.#settings.onCommitted?.(all)
  }

  #commitLater(): void {
    this.#commitTimer ??= this.#env.clock.after(this.#settings.autoCommitIntervalMs, () => {
      this.#commitTimer = undefined
      if (this.#isClosed) return
      this.#commit(this.#uncommitted())
        .catch((error: unknown) => this.#logger.log('warn', 'offsets were not committed', { reason: String(error) }))
        .finally(() => {
          if (!this.#isClosed) this.#commitLater()
        })
    })
  }

  // ---- what is handed out

  /** Record by record: one is done when the next is asked for. Who leaves the loop before gets it again. */
  [Symbol.asyncIterator](): AsyncIterator<ConsumedRecord<Bytes, Bytes>, undefined> {
    return this.#iterator(() => this.#handout.one())
  }

  /** The same in batches, as they lie in the log: much quicker where records are small. */
  batches(): AsyncIterable<ConsumedBatch<Bytes, Bytes>> {
    return { [Symbol.asyncIterator]: () => this.#iterator(() => this.#handout.batch()) }
  }

  #iterator<T>(take: () => T | undefined): AsyncIterator<T, undefined> {
    const handout = this.#handout
    const begin = (): void => this.#member?.begin()
    const wait = async (): Promise<IteratorResult<T, undefined>> => {
      for (;;) {
        if (handout.isClosed) return { done: true, value: undefined }
        const value = take()
        if (value !== undefined) return { done: false, value }
        await handout.arrival()
      }
    }
    return {
      next(): Promise<IteratorResult<T, undefined>> {
        handout.asked()
        begin()
        return wait()
      },
      return(): Promise<IteratorResult<T, undefined>> {
        handout.undo()
        return Promise.resolve({ done: true, value: undefined })
      },
    }
  }

  /** Commits what is done, if it is to be committed by itself, and ends all connections; loops over its records end. */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    // What the application has in hand is not done: nobody waits for it.
    this.#handout.close()
    const offsets = this.#offsets !== undefined && this.#settings.enableAutoCommit ? this.#uncommitted() : []
    try {
      if (this.#member !== undefined) await this.#member.leave()
      else if (offsets.length > 0) await this.#commit(offsets)
    } finally {
      this.#isClosed = true
      this.#commitTimer?.cancel()
      this.#loop.close()
      this.#handout.close()
      this.#metadata.close()
      this.#connections.close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
