/**
 * One random history of a compacted log: appends of plain, idempotent and transactional producers, compactions at random
 * times, restarts with and without a clean stop, beside the model of what the log must hold.
 */
import assert from 'node:assert/strict'
import { type Clock, type Disk, type Logger, present } from '../../src/base/index.ts'
import { MemoryDisk } from '../../src/env/index.ts'
import { compactionJobs, defaultLogConfig, Log, type LogConfig, readPlan, Throttle } from '../../src/log/index.ts'
import {
  BatchCursor,
  batchHeader,
  buildBatch,
  buildEndTransactionBatch,
  type CompressionType,
  readRecords,
} from '../../src/records/index.ts'
import { inlineHost, SeededRandom } from '../../src/sim/index.ts'
import { CompactionModel, type ModelBatch, type ModelRecord } from './compaction-model.ts'

const directory = '/data/c-0'
const dayMs = 24 * 60 * 60 * 1000
const none = -1

interface ProducerState {
  readonly producerId: number
  readonly isTransactional: boolean
  sequence: number
  isOpen: boolean
}

export class CompactionHistory {
  readonly #random
  readonly #disk: Disk = new MemoryDisk()
  readonly #model = new CompactionModel()
  readonly #config: LogConfig
  readonly #producers: readonly ProducerState[] = [1, 2, 3, 4].map((producerId) => ({
    producerId,
    isTransactional: producerId > 2,
    sequence: 0,
    isOpen: false,
  }))
  #nowMs = 1_795_459_300_000
  #log: Log | undefined
  #value = 0
  /** For those who count. */
  readonly figures = { batches: 0, compactions: 0, restarts: 0 }

  constructor(seed: number) {
    this.#random = new SeededRandom(`compaction ${seed}`).stream('history')
    this.#config = {
      ...defaultLogConfig,
      segmentBytes: 300 + this.#random.below(1500),
      indexIntervalBytes: this.#random.below(400),
      minCleanableDirtyRatio: 0,
      deleteRetentionMs: this.#random.below(3) * dayMs,
      isCompacted: true,
      isDeleted: false,
      producerIdExpirationMs: 1e15,
    }
  }

  async run(steps: number): Promise<void> {
    await this.#open(true)
    for (let step = 0; step < steps; step++) await this.#step()
    await this.#compact()
    await this.#restart()
    await this.#log?.close()
  }

  get #opened(): Log {
    return present(this.#log, 'an open log')
  }

  get #clock(): Clock {
    return {
      now: () => this.#nowMs,
      monotonic: () => this.#nowMs,
      after: () => ({ cancel: () => undefined }),
      afterDrain: (then) => then(),
    }
  }

  async #open(isCleanShutdown: boolean): Promise<void> {
    const cleanedUpTo = this.#log?.compaction.cleanedUpTo
    const logger: Logger = { child: () => logger, log: () => undefined }
    this.#log = await Log.open({
      directory,
      topicPartition: { topic: 'c', partition: 0 },
      topicId: undefined,
      config: this.#config,
      disk: this.#disk,
      clock: this.#clock,
      logger,
      recoveryPoint: isCleanShutdown ? (this.#log?.logEndOffset ?? 0) : 0,
      isCleanShutdown,
      logStartOffset: 0,
      cleanedUpTo,
      onDirectoryFailure: (error) => assert.fail(error),
    })
    this.#log.setHighWatermark(this.#log.logEndOffset)
  }

  async #step(): Promise<void> {
    const kind = this.#random.below(20)
    if (kind < 13) await this.#append()
    else if (kind < 16) await this.#endTransaction()
    else if (kind < 18) await this.#compact()
    else if (kind < 19) this.#nowMs += this.#random.below(2 * dayMs)
    else await this.#restart()
  }

  #records(): Omit<ModelRecord, 'offset'>[] {
    return Array.from({ length: 1 + this.#random.below(6) }, () => ({
      key: `key ${this.#random.below(12)}`,
      value: this.#random.below(4) === 0 ? null : `value ${this.#value++} ${'x'.repeat(this.#random.below(60))}`,
      timestampMs: this.#nowMs - this.#random.below(1000),
    }))
  }

  async #append(): Promise<void> {
    const producer = this.#random.below(2) === 0 ? undefined : this.#producers[this.#random.below(4)]
    const records = this.#records()
    const isAppendTime = this.#random.below(8) === 0
    const bytes = buildBatch(
      records.map(({ key, value, timestampMs }) => ({
        key: Buffer.from(key),
        value: value === null ? null : Buffer.from(value),
        timestampMs,
        headers: [{ key: 'h', value: Buffer.from(key) }],
      })),
      {
        codec: this.#random.below(5) as CompressionType,
        ...(isAppendTime ? { logAppendTimeMs: this.#nowMs } : {}),
        ...(producer && {
          producerId: producer.producerId,
          producerEpoch: 0,
          baseSequence: producer.sequence,
          isTransactional: producer.isTransactional,
        }),
      },
    )
    if (producer !== undefined) {
      producer.sequence += records.length
      producer.isOpen = producer.isTransactional
    }
    const { baseOffset, lastOffset } = await this.#write(bytes, 'client')
    this.#model.batches.push({
      baseOffset,
      lastOffset,
      producerId: producer?.producerId ?? none,
      producerEpoch: producer === undefined ? none : 0,
      kind: 'data',
      isTransactional: producer?.isTransactional ?? false,
      records: records.map((record, i) => ({
        ...record,
        timestampMs: isAppendTime ? this.#nowMs : record.timestampMs,
        offset: baseOffset + i,
      })),
      horizonMs: undefined,
    })
  }

  async #endTransaction(): Promise<void> {
    const producer = this.#producers[2 + this.#random.below(2)]
    if (producer?.isOpen !== true) return
    producer.isOpen = false
    const isCommit = this.#random.below(2) === 0
    const { producerId } = producer
    const timestampMs = this.#nowMs
    const marker = { producerId, producerEpoch: 0, isCommit, coordinatorEpoch: 0, timestampMs }
    const { baseOffset, lastOffset } = await this.#write(buildEndTransactionBatch(marker), 'coordinator')
    this.#model.batches.push({
      baseOffset,
      lastOffset,
      producerId,
      producerEpoch: 0,
      kind: isCommit ? 'commit' : 'abort',
      isTransactional: true,
      records: [{ offset: baseOffset, key: '', value: '', timestampMs }],
      horizonMs: undefined,
    })
  }

  async #write(bytes: Uint8Array, origin: 'client' | 'coordinator') {
    this.figures.batches++
    const result = await this.#opened.append(bytes, { kind: 'leader', leaderEpoch: 0, origin })
    this.#opened.setHighWatermark(this.#opened.logEndOffset)
    return result
  }

  async #compact(): Promise<void> {
    const log = this.#opened
    const cleanable = await log.compaction.cleanable(this.#nowMs)
    if (cleanable.cleanableBytes === 0) return
    const producers = log.producers.map(({ producerId, producerEpoch, batches }) => ({
      producerId,
      producerEpoch,
      lastDataOffset: batches.at(-1)?.lastOffset ?? none,
    }))
    const { endOffset } = await log.compaction.run(cleanable, {
      workers: { run: async (name, input) => present(compactionJobs.get(name), name)(input, inlineHost) },
      random: this.#random,
      throttle: new Throttle(this.#clock, () => Number.MAX_VALUE),
      keysBytesMax: 1024 * 24,
      loadFactor: 0.9,
      chunkBytes: 100 + this.#random.below(1000),
      partBytes: 100 + this.#random.below(500),
      decompressedBytesMax: 1e6,
      isStopped: () => false,
    })
    assert.equal(endOffset, cleanable.endOffset, 'all keys have room')
    const { deleteRetentionMs } = this.#config
    this.#model.clean({ endOffset, nowMs: this.#nowMs, deleteRetentionMs, producers })
    this.figures.compactions++
    await this.#check()
  }

  async #restart(): Promise<void> {
    this.figures.restarts++
    const before = producersOf(this.#opened)
    const isClean = this.#random.below(2) === 0
    // Without a clean stop nothing more may be under way: the next process has the disk for itself.
    await (isClean ? this.#opened.close() : this.#opened.flush())
    if (this.#random.below(2) === 0) {
      for (const { name } of await this.#disk.list(directory)) {
        if (/\.(snapshot|index|timeindex)$/.test(name)) await this.#disk.unlink(`${directory}/${name}`)
      }
    }
    await this.#open(isClean)
    assert.deepEqual(producersOf(this.#opened), before, 'producers go on where they were')
    await this.#check()
  }

  async #check(): Promise<void> {
    const log = this.#opened
    assert.equal(log.logEndOffset, this.#model.endOffset)
    assert.deepEqual(batchesIn(await readFrom(log, 0)), this.#model.batches.map(withoutOutcome))
    const offset = this.#random.below(log.logEndOffset + 1)
    const expected = this.#model.batches.find(({ lastOffset }) => lastOffset >= offset)?.baseOffset
    const bytes = await readFrom(log, offset)
    const first =
      bytes.length === 0 ? undefined : batchHeader.baseOffset(new DataView(bytes.buffer, bytes.byteOffset), 0)
    assert.equal(first, expected, `the first batch for ${offset}`)
    this.#checkAborted()
  }

  /** Readers of committed records skip exactly what aborted transactions left. */
  #checkAborted(): void {
    const log = this.#opened
    const listed = log.abortedTransactions({ startOffset: 0, upperBoundOffset: log.logEndOffset })
    const aborts = this.#model.batches.filter(({ kind, records }) => kind === 'abort' && records.length > 0)
    for (const { lastOffset } of listed) {
      assert.ok(
        aborts.some((marker) => marker.lastOffset === lastOffset),
        `a transaction that ends at ${lastOffset} has its marker: without it, its producer would be skipped for ever`,
      )
    }
    for (const [i, { kind, isTransactional, records, producerId }] of this.#model.batches.entries()) {
      if (kind !== 'data' || !isTransactional || records.length === 0) continue
      const end = this.#model.batches.slice(i + 1).find((it) => it.producerId === producerId && it.kind !== 'data')
      if (end?.kind !== 'abort') continue
      assert.ok(listed.some(({ lastOffset }) => lastOffset === end.lastOffset))
    }
  }
}

const producersOf = (log: Log) =>
  log.producers
    .map(({ producerId, producerEpoch, currentTxnFirstOffset, batches }) => {
      const last = batches.at(-1)
      const data = [last?.lastSequence ?? none, last?.lastOffset ?? none]
      return { producerId, producerEpoch, isOpen: currentTxnFirstOffset >= 0, data }
    })
    .sort((a, b) => a.producerId - b.producerId)

const withoutOutcome = ({ kind, ...batch }: ModelBatch) => ({ ...batch, kind: kind === 'data' ? 'data' : 'control' })

async function readFrom(log: Log, startOffset: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  for (let at = startOffset; at < log.logEndOffset; ) {
    const plan = await log.read({ startOffset: at, maxBytes: 5000, maxOffset: log.logEndOffset, minOneBatch: true })
    const bytes = present(readPlan(plan), 'what was planned')
    const cursor = new BatchCursor(bytes)
    let next = at
    while (cursor.next()) next = batchHeader.nextOffset(cursor.view, cursor.position)
    if (next === at) break
    pieces.push(bytes.subarray(0, cursor.nextPosition))
    at = next
  }
  return Buffer.concat(pieces)
}

function batchesIn(bytes: Uint8Array) {
  const cursor = new BatchCursor(bytes)
  const found = []
  while (cursor.next()) {
    const { view, position } = cursor
    assert.ok(cursor.isCrcValid())
    const isControl = batchHeader.isControl(view, position)
    const records = [...readRecords(bytes, position, 1e6)].map((record): ModelRecord => {
      const key = isControl ? '' : String(record.key)
      if (!isControl) assert.equal(String(record.headers[0]?.value), key)
      const value = isControl ? '' : (record.value?.toString() ?? null)
      return { key, value, timestampMs: record.timestampMs, offset: record.offset }
    })
    found.push({
      baseOffset: batchHeader.baseOffset(view, position),
      lastOffset: batchHeader.lastOffset(view, position),
      producerId: batchHeader.producerId(view, position),
      producerEpoch: batchHeader.producerEpoch(view, position),
      isTransactional: batchHeader.isTransactional(view, position),
      records,
      horizonMs: batchHeader.hasDeleteHorizon(view, position) ? batchHeader.baseTimestamp(view, position) : undefined,
      kind: isControl ? 'control' : 'data',
    })
  }
  return found
}
