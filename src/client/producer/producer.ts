/**
 * Takes records, gathers them by partition, and tells of each what became of it. Records that one caller sends to one partition stay
 * in order; so a record whose topic is not known yet, or for which there is no room, holds back those of its topic behind it.
 */
import type { RandomStream } from '../../base/index.ts'
import { ExponentialBackoff } from '../../peer/index.ts'
import { type NewRecord, recordSizeUpperBound } from '../../records/index.ts'
import type { ClientEnv } from '../client-env.ts'
import type { TopicView } from '../cluster/cluster-view.ts'
import { Connections } from '../cluster/connections.ts'
import { Metadata } from '../cluster/metadata.ts'
import { type ConnectionOptions, checkMs } from '../connection-options.ts'
import { Deadline } from '../deadline.ts'
import { KafkaError, type KafkaErrorCode } from '../kafka-error.ts'
import type { WritableTopic } from '../typed-topic.ts'
import { Accumulator } from './accumulator.ts'
import { Identity } from './identity.ts'
import {
  checkTopic,
  type GivenRecord,
  isRecord,
  ownRecord,
  plainRecord,
  refusedRecord,
  serializedRecord,
  type UncheckedTopic,
} from './new-record.ts'
import type { PartitionQueue } from './partition-queue.ts'
import { byKey, type Choice, StickyPartition } from './partitioner.ts'
import type { PendingBatch } from './pending-batch.ts'
import type { ProducerSettings } from './producer-options.ts'
import type { Completion, ProducerRecordOf, RecordMetadata } from './record.ts'
import { Sender } from './sender.ts'

export interface CloseOptions {
  /** For what was sent to be acknowledged. Default: as long as it takes. */
  readonly timeoutMs?: number
}

interface Ready {
  readonly record: NewRecord
  readonly partition: number | undefined
  readonly completion: Completion
  readonly index: number
}

interface Intake extends Omit<Ready, 'record'> {
  readonly deadline: Deadline
  /** Undefined while serializers take their time. */
  record: NewRecord | undefined
  /** Resolves when there is the record. */
  readonly serialized: Promise<void> | undefined
  /** When it does not wait here any more. */
  readonly left: PromiseWithResolvers<void>
}

/** Of one topic. */
interface TopicState {
  readonly sticky: StickyPartition
  /** Records that wait for their serializers, for the topic, or for room; in order. */
  readonly intake: Intake[]
}

export class Producer {
  readonly #env: ClientEnv
  readonly #settings: ProducerSettings
  readonly #connections: Connections
  readonly #metadata: Metadata
  readonly #accumulator: Accumulator
  readonly #identity: Identity | undefined
  readonly #sender: Sender
  readonly #draw: RandomStream
  readonly #topics = new Map<string, TopicState>()
  #closing: Promise<void> | undefined
  #isClosed = false

  constructor(env: ClientEnv, connection: ConnectionOptions, settings: ProducerSettings) {
    this.#env = env
    this.#settings = settings
    this.#draw = env.random.stream('client-producer')
    const options = { ...connection, inFlightMax: settings.maxInFlightRequestsPerConnection }
    const logger = env.logger.child('producer')
    this.#connections = new Connections(env, options)
    this.#metadata = new Metadata({
      env,
      options,
      connections: this.#connections,
      makesTopics: settings.allowAutoCreateTopics,
      maxIdleMs: settings.metadataMaxIdleMs,
    })
    const { batchSize, codec, compressionLevel: level, bufferMemory } = settings
    const { clock } = env
    this.#accumulator = new Accumulator({ clock, batchSize, codec, level, bufferMemory })
    const backoff = new ExponentialBackoff(
      { initialMs: connection.retryBackoffMs, maxMs: connection.retryBackoffMaxMs },
      this.#draw,
    )
    const shared = {
      clock,
      logger,
      backoff,
      connections: this.#connections,
      metadata: this.#metadata,
      requestTimeoutMs: connection.requestTimeoutMs,
    }
    this.#identity = settings.enableIdempotence
      ? new Identity({ ...shared, changed: () => this.#sender.wake() })
      : undefined
    this.#sender = new Sender({
      ...shared,
      trace: env.trace?.batch,
      settings,
      accumulator: this.#accumulator,
      identity: this.#identity,
    })
    this.#metadata.onChange(() => this.#sender.wake())
  }

  /**
   * Resolves when the record is acknowledged as `acks` says. Rejects with KafkaError: then it may still have been stored. To a topic of
   * `defineTopic` go records of its types, and one that cannot be serialized is rejected with SERIALIZATION; to a name go text and bytes.
   *
   * What was given is the caller's again when `send` returns: it may be changed. Where serializers take their time (they give promises), it
   * is so when what `send` returned has settled.
   */
  send<const T extends string | WritableTopic<never, never>>(
    topic: T,
    record: ProducerRecordOf<T>,
  ): Promise<RecordMetadata>
  send(topic: string | UncheckedTopic, record: GivenRecord): Promise<RecordMetadata> {
    const { promise, resolve, reject } = Promise.withResolvers<RecordMetadata>()
    this.#take(topic, record, { done: (_, metadata) => resolve(metadata), failed: (_, error) => reject(error) }, 0)
    return promise
  }

  /** As `send` for each of them; resolves with what became of each when all are acknowledged, rejects with the first failure. */
  sendAll<const T extends string | WritableTopic<never, never>>(
    topic: T,
    records: readonly ProducerRecordOf<T>[],
  ): Promise<readonly RecordMetadata[]>
  sendAll(topic: string | UncheckedTopic, records: readonly GivenRecord[]): Promise<readonly RecordMetadata[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly RecordMetadata[]>()
    if (!Array.isArray(records)) {
      reject(refusedRecord(topic, records, 'sendAll'))
      return promise
    }
    const all = new Array<RecordMetadata>(records.length)
    let left = records.length
    const completion: Completion = {
      done(index, metadata) {
        all[index] = metadata
        if (--left === 0) resolve(all)
      },
      failed: (_, error) => reject(error),
    }
    if (left === 0) resolve(all)
    for (const [i, record] of records.entries()) this.#take(topic, record, completion, i)
    return promise
  }

  /** Sends all that lingers; resolves when all that was sent so far is acknowledged or given up, whatever is sent meanwhile. */
  async flush(): Promise<void> {
    const flushed = this.#sender.flush()
    await Promise.all([...this.#topics.values()].map(({ intake }) => intake.at(-1)?.left.promise))
    await Promise.all([flushed, this.#sender.flush()])
  }

  /** Waits for what was sent, then ends all connections. What is not acknowledged in time is rejected with CLOSED. */
  async close({ timeoutMs }: CloseOptions = {}): Promise<void> {
    if (timeoutMs !== undefined) checkMs('timeoutMs', timeoutMs)
    this.#closing ??= this.#close(timeoutMs)
    await this.#closing
  }

  async #close(timeoutMs: number | undefined): Promise<void> {
    this.#isClosed = true
    const flushed = this.flush()
    if (timeoutMs === undefined) await flushed
    else {
      const deadline = new Deadline(this.#env.clock, { afterMs: timeoutMs, what: 'not all was acknowledged' })
      await deadline.within(flushed).catch(() => undefined)
    }
    for (const { intake } of this.#topics.values()) {
      for (const { completion, index, left } of intake.splice(0)) {
        completion.failed(index, closed())
        left.resolve()
      }
    }
    this.#identity?.close()
    this.#sender.close()
    this.#metadata.close()
    this.#connections.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  // ---- from a record to its batch

  #take(topic: string | UncheckedTopic, given: GivenRecord, completion: Completion, index: number): void {
    try {
      if (this.#isClosed) throw closed()
      if (typeof given !== 'object' || (given?.value === undefined && !isRecord(given)))
        throw refusedRecord(topic, given)
      const nowMs = given.timestampMs ?? this.#env.clock.now()
      const { partition } = given
      if (typeof topic === 'string') {
        this.#takeReady(topic, { record: plainRecord(given, nowMs), partition, completion, index })
        return
      }
      checkTopic(topic)
      const record = serializedRecord(topic, given, nowMs)
      if (record instanceof Promise) this.#takeLater(topic.name, record, { partition, completion, index })
      else this.#takeReady(topic.name, { record, partition, completion, index })
    } catch (error) {
      completion.failed(index, error)
    }
  }

  #checkSize(record: NewRecord): void {
    const size = recordSizeUpperBound(record)
    const { maxRequestSize } = this.#settings
    if (size <= maxRequestSize) return
    const text = `a record of ${size} bytes is larger than maxRequestSize, ${maxRequestSize}`
    throw new KafkaError('RECORD_LIST_TOO_LARGE', text)
  }

  /** At once, unless others wait that came before. */
  #takeReady(topic: string, given: Ready): void {
    this.#checkSize(given.record)
    const state = this.#topic(topic)
    const view = this.#metadata.view.topics.get(topic)
    const isKnown = view !== undefined && isIn(view, given.partition)
    if (isKnown && state.intake.length === 0 && this.#accumulator.hasRoom) this.#append(view, given)
    else {
      const record = ownRecord(given.record)
      this.#enqueue(topic, { ...given, record, ...this.#waiting(topic), serialized: undefined })
    }
  }

  /** Its serializers take their time: others wait behind it. */
  #takeLater(topic: string, record: Promise<NewRecord>, given: Omit<Ready, 'record'>): void {
    const serialized = record.then((it) => {
      this.#checkSize(it)
      intake.record = it
    })
    // Who fails behind others is told when it is its turn.
    serialized.catch(() => undefined)
    const intake: Intake = { ...given, ...this.#waiting(topic), serialized, record: undefined }
    this.#enqueue(topic, intake)
  }

  #waiting(topic: string): Pick<Intake, 'deadline' | 'left'> {
    const what = `a record of '${topic}' could not be sent`
    const deadline = new Deadline(this.#env.clock, { afterMs: this.#settings.maxBlockMs, what })
    return { deadline, left: Promise.withResolvers() }
  }

  #enqueue(topic: string, given: Intake): void {
    const state = this.#topic(topic)
    state.intake.push(given)
    if (state.intake.length === 1) void this.#takeIn(topic, state)
  }

  /**
   * In order, each when it is serialized, its topic is known and there is room: as many as can be in one go, so that they come into one
   * batch.
   */
  async #takeIn(topic: string, { intake }: TopicState): Promise<void> {
    for (let next = intake[0]; next !== undefined; next = intake[0]) {
      const { partition, deadline, serialized } = next
      let isOfTopic = false
      try {
        if (next.record === undefined && serialized !== undefined) await deadline.within(serialized)
        isOfTopic = true
        const view = await this.#known(topic, partition, deadline)
        isOfTopic = false
        await this.#room(deadline)
        if (intake[0] !== next) return
        while (next !== undefined && isReady(next) && isIn(view, next.partition) && this.#accumulator.hasRoom) {
          intake.shift()
          this.#tryAppend(view, next)
          next.left.resolve()
          next = intake[0]
        }
      } catch (error) {
        if (intake[0] !== next) return
        // Whatever is wrong with the topic, or with this client, is wrong for all that wait for it: it is not asked again for each.
        const isOfAll = isOfTopic && error instanceof KafkaError && !ofOne.has(error.code)
        for (const { completion, index, left } of intake.splice(0, isOfAll ? intake.length : 1)) {
          completion.failed(index, error)
          left.resolve()
        }
      }
    }
  }

  async #room(deadline: Deadline): Promise<void> {
    while (!this.#accumulator.hasRoom) {
      const room = this.#accumulator.room()
      this.#sender.wake()
      await deadline.within(room)
    }
  }

  /** The topic, when it has the partition: it may have been given more of late. */
  async #known(topic: string, partition: number | undefined, deadline: Deadline): Promise<TopicView> {
    for (;;) {
      const view = await this.#metadata.topic(topic, deadline)
      if (isIn(view, partition)) return view
      if (partition === undefined || partition < 0 || !Number.isInteger(partition)) {
        throw new KafkaError('INVALID_ARGUMENT', `there is no partition ${partition}`)
      }
      await deadline.within(this.#metadata.update())
    }
  }

  /** Of a record that others wait behind: what is wrong with it is its own matter. */
  #tryAppend(view: TopicView, given: Ready): void {
    try {
      this.#append(view, given)
    } catch (error) {
      given.completion.failed(given.index, error)
    }
  }

  /** Throws what a partitioner throws, and KafkaError for what it gives. */
  #append(view: TopicView, { record, partition, completion, index }: Ready): void {
    const { name, partitions } = view
    const key = record.key ?? null
    const value = record.value ?? null
    const byHand = this.#settings.partitioner
    const chosen =
      partition ??
      (byHand ?? (this.#settings.partitionerIgnoreKeys ? undefined : byKey))?.({
        topic: name,
        key,
        value,
        partitionCount: partitions.length,
      })
    const { sticky } = this.#topic(name)
    const target = chosen ?? sticky.staying(partitions.length) ?? this.#next(view, sticky, record)
    if (!isIn(view, target)) throw new KafkaError('INVALID_ARGUMENT', `the partitioner gives partition ${target}`)
    const queue = this.#accumulator.queue(name, target)
    const { bytes, isNews } = this.#accumulator.append(queue, record, completion, index)
    if (chosen === undefined) sticky.wrote(bytes)
    if (!isNews) return
    this.#metadata.want(name)
    this.#sender.wake()
  }

  #topic(name: string): TopicState {
    const known = this.#topics.get(name)
    if (known !== undefined) return known
    const { batchSize, partitionerRackAware, clientRack } = this.#settings
    const rack = partitionerRackAware ? clientRack : undefined
    const state = { sticky: new StickyPartition({ draw: this.#draw, batchSize, rack }), intake: [] }
    this.#topics.set(name, state)
    return state
  }

  #next(view: TopicView, sticky: StickyPartition, record: NewRecord): number {
    const { current } = sticky
    const lastOf = (partition: number): PendingBatch | undefined => this.#accumulator.queue(view.name, partition).last
    const next = sticky.next({
      partitionCount: view.partitions.length,
      choices: () => this.#choices(view),
      isBetweenBatches: (partition) => lastOf(partition)?.hasRoomFor(record) !== true,
    })
    if (current !== undefined && current !== next) this.#left(lastOf(current), record)
    return next
  }

  /** A batch that is full as far as anybody can tell: it does not wait for records that go elsewhere now. */
  #left(batch: PendingBatch | undefined, record: NewRecord): void {
    if (batch === undefined || batch.hasRoomFor(record)) return
    batch.close()
    this.#sender.wake()
  }

  /** Partitions that somebody leads who takes what he is sent. */
  #choices({ name, partitions }: TopicView): readonly Choice[] {
    const isAdaptive = this.#settings.partitionerAdaptivePartitioningEnable
    const { brokers } = this.#metadata.view
    const choices: Choice[] = []
    for (const { partition, leaderId } of partitions) {
      if (leaderId === undefined) continue
      const queue = this.#accumulator.queue(name, partition)
      if (isAdaptive && this.#isUnavailable(queue, leaderId)) continue
      const rack = brokers.get(leaderId)?.rack ?? null
      choices.push({ partition, waiting: isAdaptive ? queue.batches.length : 0, rack })
    }
    return choices
  }

  /** Its batches wait for too long, or its leader takes none. */
  #isUnavailable({ next, last }: PartitionQueue, leaderId: number): boolean {
    const { partitionerAvailabilityTimeoutMs: timeoutMs, lingerMs } = this.#settings
    if (timeoutMs === 0 || last === undefined) return false
    const waitingMs = next === undefined ? 0 : this.#env.clock.monotonic() - next.createdMs - lingerMs
    return waitingMs > timeoutMs || this.#sender.heldMs(leaderId) > timeoutMs
  }
}

/** What goes wrong with a record, not with its topic: its time, its partition. */
const ofOne: ReadonlySet<KafkaErrorCode> = new Set(['TIMED_OUT', 'INVALID_ARGUMENT'])

const isReady = (given: Intake): given is Intake & Ready => given.record !== undefined

const isIn = ({ partitions }: TopicView, partition: number | undefined): boolean =>
  partition === undefined || partitions[partition] !== undefined

const closed = (): KafkaError => new KafkaError('CLOSED', 'the producer is closed')
