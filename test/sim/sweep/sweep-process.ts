/** One process of the sweep: the logs of a directory and the metadata quorum, on the disk that the next one finds. */
import assert from 'node:assert/strict'
import { type Env, uuidToString } from '../../../src/base/index.ts'
import { type AppendResult, type Log, LogManager, sameIntervals, Throttle } from '../../../src/log/index.ts'
import { buildBatch, buildEndTransactionBatch } from '../../../src/records/index.ts'
import type { World } from '../../../src/sim/index.ts'
import { Metadata } from './metadata.ts'
import type { Promises } from './promises.ts'
import { batchesOf } from './stored.ts'
import { configOf, type TopicName } from './topics.ts'

export const nodeName = 'node'
export const directory = '/data'
/** The script says when. */
const never = 1e12

export interface ToAppend {
  /** Default: a plain one. */
  readonly producerId?: number
  readonly isTransactional?: boolean
  readonly keys?: readonly string[]
  /** Batches in one append; default 1. */
  readonly count?: number
  readonly sizeInBytes?: number
}

interface Parts {
  readonly world: World
  readonly promises: Promises
  readonly manager: LogManager
  readonly metadata: Metadata
  /** Of a directory or a log, though no fault was asked for. */
  readonly failures: readonly unknown[]
}

export class SweepProcess {
  readonly promises: Promises
  readonly manager: LogManager
  readonly metadata: Metadata
  readonly failures: readonly unknown[]
  readonly #env: Env
  readonly #draw
  #leaderEpoch = 0

  private constructor({ world, promises, manager, metadata, failures }: Parts) {
    this.promises = promises
    this.manager = manager
    this.metadata = metadata
    this.failures = failures
    this.#env = world.env(nodeName)
    this.#draw = world.random.stream('script')
  }

  static async start(world: World, promises: Promises): Promise<SweepProcess> {
    const env = world.env(nodeName)
    const { disk, clock, random, logger } = env
    const failures: unknown[] = []
    const manager = await LogManager.open({
      directory,
      disk,
      clock,
      random: random.stream('directories'),
      logger,
      configOf,
      onDirectoryFailure: (_, error) => void failures.push(error),
      intervals: sameIntervals(never),
      recoveriesMax: () => 2,
    })
    const metadata = await Metadata.start({ env, directory, promises, failed: (error) => void failures.push(error) })
    const process = new SweepProcess({ world, promises, manager, metadata, failures })
    process.#leaderEpoch = Math.max(0, ...[...manager.logs].map(({ latestEpoch }) => latestEpoch ?? 0))
    return process
  }

  log(topic: TopicName): Log {
    const log = this.manager.get({ topic, partition: 0 })
    assert.ok(log, `${topic} has its log`)
    return log
  }

  /** What a restart may be held to from now on, whatever comes next. */
  observe(): void {
    for (const log of this.manager.logs) {
      const promise = this.promises.partitions.get(log.topicPartition.topic as TopicName)
      assert.ok(promise)
      promise.observe(log)
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => void this.#env.clock.after(ms, resolve))
  }

  async create(topic: TopicName): Promise<void> {
    const promise = this.promises.of(topic)
    const topicId = this.#draw.uuid()
    if (promise.exists !== 'yes') promise.startOver([...promise.topicIds, uuidToString(topicId)], 'unknown')
    await this.manager.getOrCreate({ topic, partition: 0 }, topicId)
    promise.startOver([uuidToString(topicId)], 'yes')
  }

  async remove(topic: TopicName): Promise<void> {
    const promise = this.promises.of(topic)
    promise.exists = 'unknown'
    await this.manager.delete({ topic, partition: 0 })
    promise.startOver([], 'no')
  }

  async append(topic: TopicName, what: ToAppend = {}): Promise<void> {
    const { producerId = -1, isTransactional = false, keys = ['key'], count = 1, sizeInBytes = 60 } = what
    const log = this.log(topic)
    let baseOffset = log.nextOffset
    let baseSequence = this.#nextSequence(log, producerId)
    const batches: Buffer[] = []
    for (let i = 0; i < count; i++) {
      const records = keys.map((key, at) => ({
        key: Buffer.from(key),
        value: Buffer.from(`${topic} ${baseOffset + at} `.padEnd(sizeInBytes + this.#draw.below(40), '.')),
        timestampMs: this.#env.clock.now(),
      }))
      const producer = producerId < 0 ? {} : { producerId, producerEpoch: 0, baseSequence, isTransactional }
      batches.push(buildBatch(records, { baseOffset, leaderEpoch: this.#leaderEpoch, ...producer }))
      baseOffset += records.length
      baseSequence += records.length
    }
    await this.#write(topic, Buffer.concat(batches), 'client')
  }

  async endTransaction(topic: TopicName, producerId: number, isCommit: boolean): Promise<void> {
    const marker = { producerId, producerEpoch: 0, isCommit, coordinatorEpoch: 0, timestampMs: this.#env.clock.now() }
    const bytes = buildEndTransactionBatch({
      ...marker,
      baseOffset: this.log(topic).nextOffset,
      leaderEpoch: this.#leaderEpoch,
    })
    await this.#write(topic, bytes, 'coordinator')
  }

  #nextSequence(log: Log, producerId: number): number {
    const entry = log.producers.find((it) => it.producerId === producerId)
    return (entry?.batches.at(-1)?.lastSequence ?? -1) + 1
  }

  async #write(topic: TopicName, bytes: Buffer, origin: 'client' | 'coordinator'): Promise<AppendResult> {
    const promise = this.promises.of(topic)
    const log = this.log(topic)
    promise.batches.push(...batchesOf(bytes))
    const result = await log.append(bytes, { kind: 'leader', leaderEpoch: this.#leaderEpoch, origin })
    promise.acknowledgedEnd = result.lastOffset + 1
    log.setHighWatermark(log.logEndOffset)
    return result
  }

  /** A batch that is in the log already: nothing is appended. */
  async again(topic: TopicName, bytes: Buffer): Promise<AppendResult> {
    return this.log(topic).append(bytes, { kind: 'leader', leaderEpoch: this.#leaderEpoch, origin: 'client' })
  }

  /** Another broker would lead now; it is this one again. */
  newLeaderEpoch(): void {
    this.#leaderEpoch++
    for (const log of this.manager.logs) log.assignEpochStart(this.#leaderEpoch, log.logEndOffset)
  }

  /** All but some of the last records go. */
  deleteRecords(topic: TopicName): void {
    const log = this.log(topic)
    log.deleteRecordsBefore(Math.max(0, log.highWatermark - this.#draw.below(12)))
  }

  /** As a follower that has some records at its end which its leader does not have. */
  async truncate(topic: TopicName): Promise<void> {
    const log = this.log(topic)
    const promise = this.promises.of(topic)
    const offset = Math.max(log.logStartOffset, log.logEndOffset - 1 - this.#draw.below(12))
    promise.startCut(offset)
    await log.truncateTo(offset)
    await this.manager.wasCut()
    if (promise.cut !== undefined) promise.cut.isDone = true
    assert.equal(log.logEndOffset, offset)
    log.setHighWatermark(offset)
  }

  async checkpoint(): Promise<void> {
    const starts = [...this.manager.logs].map((log) => ({
      promise: this.promises.of(log.topicPartition.topic as TopicName),
      start: log.logStartOffset,
      highWatermark: log.highWatermark,
    }))
    await this.manager.checkpoint()
    for (const { promise, start, highWatermark } of starts) {
      promise.startMin = Math.max(promise.startMin, start)
      promise.highWatermarkMin = Math.max(promise.highWatermarkMin, highWatermark)
    }
  }

  async compact(topic: TopicName): Promise<void> {
    const { clock, workers } = this.#env
    const log = this.log(topic)
    const cleanable = await log.compaction.cleanable(clock.now())
    if (cleanable.cleanableBytes === 0) return
    await log.compaction.run(cleanable, {
      workers,
      random: this.#draw,
      throttle: new Throttle(clock, () => Number.MAX_VALUE),
      keysBytesMax: 24 * 1024,
      loadFactor: 0.9,
      partBytes: 64 * 1024,
      chunkBytes: 1000,
      decompressedBytesMax: 1e6,
      isStopped: () => false,
    })
    await this.manager.checkpointCleaner()
  }

  async stop(): Promise<void> {
    await this.metadata.stop()
    await this.manager.close(7)
    this.observe()
    for (const promise of this.promises.partitions.values()) promise.durableEnd = promise.acknowledgedEnd
    this.promises.isClean = true
  }
}
