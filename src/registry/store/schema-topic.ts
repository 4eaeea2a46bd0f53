/**
 * The topic in which schemas are kept, `_schemas`: one partition, compacted, in order. All that is written is read back before it
 * counts, so that every instance comes to the same state.
 */
import type { Clock, Logger } from '../../base/index.ts'
import {
  type Admin,
  type Consumer,
  type Kafka,
  KafkaError,
  type Producer,
  type TopicDescription,
} from '../../client/index.ts'
import { RegistryError } from '../registry-error.ts'
import type { RegistryLog, Replay } from './registry-log.ts'
import {
  decodeRecord,
  type EncodedRecord,
  encodeRecord,
  type RecordBytes,
  type RegistryRecord,
} from './registry-record.ts'

export interface SchemaTopicOptions {
  readonly kafka: Kafka
  /** Of the same cluster: does not wait for an answer longer than `deliveryMsMax`. */
  readonly writing: Kafka
  readonly clock: Clock
  readonly logger: Logger
  /** `kafkastore.topic`. */
  readonly topic: string
  /**
   * `kafkastore.topic.replication.factor`: so many brokers are waited for, and where they do not come it is as many as there are.
   * Undefined: 3, and nothing is waited for.
   */
  readonly replicationFactor: number | undefined
  /** `kafkastore.timeout.ms`: for a record to be kept and read back. */
  readonly timeoutMs: number
  /** What is to be written waits no longer than this for the cluster to be known, */
  readonly blockMsMax: number
  /** and is sent no later than this behind it, however often that has failed. */
  readonly deliveryMsMax: number
  readonly replay: Replay
}

/** Behind a failure, before it is read on. */
const retryMs = 500
/** For all that there is to be read at the start (`kafkastore.init.timeout.ms`). */
const openMsMax = 60_000
/** For what is under way to be kept, when nobody waits for it any more. */
const closeMsMax = 1000
const replicasUnlessTold = 3
/** For so many brokers as the topic is to have replicas. */
const brokersMsMax = 20_000

export class SchemaTopic implements RegistryLog {
  readonly #options: SchemaTopicOptions
  readonly #producer: Producer
  readonly #consumer: Consumer
  /** Of the last record that was read. */
  #readOffset = -1
  readonly #waiting = new Set<() => void>()
  #reading: Promise<void> = Promise.resolve()
  #isClosed = false
  readonly #closing = new AbortController()
  /** The topic is not the one that was read: what is known is not in it. */
  #isAnother = false

  constructor(options: SchemaTopicOptions) {
    this.#options = options
    const { blockMsMax: maxBlockMs, deliveryMsMax: deliveryTimeoutMs } = options
    this.#producer = options.writing.producer({ lingerMs: 0, maxBlockMs, deliveryTimeoutMs })
    // Who asks for a topic that is gone does not get an empty one.
    const reading = {
      autoOffsetReset: 'earliest',
      isolationLevel: 'read_committed',
      allowAutoCreateTopics: false,
    } as const
    this.#consumer = options.kafka.consumer(reading)
  }

  get appendMsMax(): number {
    return this.#options.blockMsMax + this.#options.deliveryMsMax
  }

  /** Makes the topic where there is none, and reads all that there is. Rejects with KafkaError, or RegistryError. */
  async open(): Promise<void> {
    await this.#make()
    this.#consumer.assign([{ topic: this.#options.topic, partition: 0 }])
    this.#reading = this.#read()
    await this.#catchUp(openMsMax)
  }

  /** Resolves when all has been read that was written before. */
  catchUp(): Promise<void> {
    return this.#catchUp(this.#options.timeoutMs)
  }

  async #catchUp(timeoutMs: number): Promise<void> {
    const { topic, clock } = this.#options
    const endMs = clock.monotonic() + timeoutMs
    const noop = [encodeRecord({ kind: 'noop' })]
    // What is written is given up soon; this may be written as late as it will.
    const sent = async (): Promise<void> => {
      try {
        await this.#sent(topic, noop)
      } catch (error) {
        if (this.#isClosed || !(error instanceof KafkaError && error.isRetriable) || clock.monotonic() > endMs)
          throw error
        await this.#rest()
        await sent()
      }
    }
    try {
      await this.#inTime(sent(), timeoutMs)
    } catch (error) {
      throw storeError(error)
    }
  }

  /** Resolves when they are kept, and have been replayed. Rejects with RegistryError: then it is not known whether they are. */
  async append(records: readonly RegistryRecord[]): Promise<void> {
    if (records.length === 0) return
    const { topic } = this.#options
    const encoded = records.map(encodeRecord)
    try {
      await this.#inTime(this.#sent(topic, encoded), this.#options.timeoutMs)
    } catch (error) {
      throw storeError(error)
    }
  }

  async #sent(topic: string, encoded: readonly EncodedRecord[]): Promise<void> {
    const before = this.#readOffset
    const told = await this.#producer.sendAll(topic, encoded.map(asProduced))
    const offsets = told.map(({ offset }) => offset)
    if (Math.min(...offsets) <= before) this.#isAnother = true
    if (this.#isAnother)
      throw new RegistryError('store', `topic '${topic}' was deleted, and made anew: start the registry again`)
    await this.#readUpTo(Math.max(...offsets))
  }

  async close(): Promise<void> {
    this.#isClosed = true
    this.#closing.abort()
    this.#tell()
    const timeoutMs = closeMsMax
    await Promise.allSettled([this.#producer.close({ timeoutMs }), this.#consumer.close({ timeoutMs })])
    await this.#reading
  }

  async #make(): Promise<void> {
    const { kafka, topic } = this.#options
    await using admin = kafka.admin()
    this.#closing.signal.addEventListener('abort', () => void admin.close())
    const { partitions } = (await this.#described(admin)) ?? (await this.#created(admin))
    if (partitions.length !== 1) {
      const text = `topic '${topic}' has ${partitions.length} partitions: schemas are in one order, it is to have one`
      throw new RegistryError('store', text)
    }
    const { entries } = await admin.describeConfig({ type: 'topic', name: topic })
    const policy = entries.get('cleanup.policy')?.value
    if (policy === 'compact') return
    const text = `topic '${topic}' has cleanup.policy ${policy}: schemas would be lost there, it is to be 'compact'`
    throw new RegistryError('store', text)
  }

  /** Undefined where nobody knows of it. */
  async #described(admin: Admin): Promise<TopicDescription | undefined> {
    try {
      return await admin.describeTopic(this.#options.topic)
    } catch (error) {
      if (error instanceof KafkaError && error.code === 'UNKNOWN_TOPIC_OR_PARTITION') return undefined
      throw error
    }
  }

  async #created(admin: Admin): Promise<TopicDescription> {
    const { topic, replicationFactor: wanted = replicasUnlessTold, logger, clock, timeoutMs } = this.#options
    const replicas = Math.min(wanted, await this.#brokerCount(admin))
    if (replicas < wanted)
      logger.log('warn', 'there are fewer brokers than the topic of schemas is to have replicas', { topic, replicas })
    const configs = { 'cleanup.policy': 'compact' }
    try {
      await admin.createTopic(topic, { partitions: 1, replicationFactor: replicas, configs })
    } catch (error) {
      if (!(error instanceof KafkaError && error.code === 'TOPIC_ALREADY_EXISTS')) throw error
    }
    // Not every broker knows at once what the controller has made.
    const endMs = clock.monotonic() + timeoutMs
    for (;;) {
      const told = await this.#described(admin)
      if (told !== undefined) return told
      if (this.#isClosed) throw closed()
      if (clock.monotonic() > endMs) throw new RegistryError('store', `topic '${topic}' was made, and is not there`)
      await this.#rest()
    }
  }

  /** The instance that comes first may be there before the other brokers of its cluster. */
  async #brokerCount(admin: Admin): Promise<number> {
    const { replicationFactor: wanted = 0, clock } = this.#options
    const endMs = clock.monotonic() + brokersMsMax
    for (;;) {
      const { brokers } = await admin.describeCluster()
      if (this.#isClosed) throw closed()
      if (brokers.length >= wanted || clock.monotonic() > endMs) return brokers.length
      await this.#rest()
    }
  }

  async #read(): Promise<void> {
    while (!this.#isClosed) {
      try {
        for await (const { records } of this.#consumer.batches()) for (const record of records) this.#took(record)
        return
      } catch (error) {
        if (this.#isClosed) return
        this.#options.logger.log('warn', 'schemas cannot be read', { reason: String(error) })
        await this.#rest()
      }
    }
  }

  #rest(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.after(retryMs, resolve))
  }

  #took(record: RecordBytes & { readonly offset: number }): void {
    const why = this.#replayed(record)
    const { topic, logger } = this.#options
    if (why !== undefined) logger.log('warn', 'a record is left out', { topic, offset: record.offset, reason: why })
    this.#readOffset = record.offset
    this.#tell()
  }

  #tell(): void {
    for (const tell of this.#waiting) tell()
    this.#waiting.clear()
  }

  /** Returns why it is left out. */
  #replayed(bytes: RecordBytes): string | undefined {
    try {
      const record = decodeRecord(bytes)
      return record && this.#options.replay(record)
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }

  /** Resolves when it has been read; rejects when nothing is read any more. */
  async #readUpTo(offset: number): Promise<void> {
    while (this.#readOffset < offset) {
      if (this.#isClosed) throw closed()
      await new Promise<void>((resolve) => this.#waiting.add(resolve))
    }
  }

  async #inTime(work: Promise<void>, timeoutMs: number): Promise<void> {
    const { clock } = this.#options
    const { promise: late, reject } = Promise.withResolvers<never>()
    const text = `what was written was not read back within ${timeoutMs} ms`
    const timer = clock.after(timeoutMs, () => reject(new RegistryError('timedOut', text)))
    try {
      await Promise.race([work, late])
    } finally {
      timer.cancel()
    }
  }
}

const closed = (): RegistryError => new RegistryError('store', 'the registry is closed')

const asProduced = ({ key, value }: EncodedRecord) => ({
  ...{ partition: 0, key: Buffer.from(key) },
  value: value === null ? null : Buffer.from(value),
})

const tooLarge: ReadonlySet<string> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE'])

function storeError(error: unknown): RegistryError {
  if (error instanceof RegistryError) return error
  const reason = error instanceof Error ? error.message : String(error)
  const cause = { cause: error }
  if (error instanceof KafkaError && tooLarge.has(error.code)) return new RegistryError('schemaTooLarge', reason, cause)
  if (error instanceof KafkaError && error.code === 'TIMED_OUT') return new RegistryError('timedOut', reason, cause)
  return new RegistryError('store', `Error while writing to the Kafka store: ${reason}`, cause)
}
