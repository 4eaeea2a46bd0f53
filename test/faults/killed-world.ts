/**
 * A node on a real disk that is killed under load, again and again: producers of keyed records that note what was
 * acknowledged, to a topic that is compacted all the while and to an ordinary one; and what must be there in the end.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createTopics, ErrorCode, fetch, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import { SeededRandom, type SeededStream } from '../../src/sim/index.ts'
import { batchesOf, type StoredBatch } from '../sim/sweep/stored.ts'
import type { Wire } from '../wire.ts'
import { Victim } from './resources-world.ts'

const partitionsPerTopic = 2
const hotKeys = 300
const recordsPerBatch = 20
const plainTopic = 'plain'
const compactedTopic = 'compacted'
const rolling = { 'segment.bytes': '1048576', 'segment.ms': '200', 'file.delete.delay.ms': '50' }
const compaction = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'delete.retention.ms': '0' }

const settings = {
  'log.cleaner.backoff.ms': '20',
  // A compaction takes its time, so that it is met by a kill.
  'log.cleaner.io.max.bytes.per.second': '60000000',
  'log.flush.offset.checkpoint.interval.ms': '500',
  'metadata.log.max.record.bytes.between.snapshots': '4000',
}

interface Sent {
  readonly number: number
  readonly isTombstone: boolean
}

/** Only one producer writes to a partition: of its records the order is known. */
class Partition {
  readonly topic: string
  readonly index: number
  /** Number of the record by offset. */
  readonly acknowledged = new Map<number, number>()
  /** By key, in order. */
  readonly sent = new Map<string, Sent[]>()
  /** The newest one that was acknowledged. */
  readonly newest = new Map<string, number>()
  number = 0

  constructor(topic: string, index: number) {
    this.topic = topic
    this.index = index
  }
}

export interface KilledOutcome {
  readonly acknowledged: number
  readonly acknowledgedCompacted: number
  readonly keptCompacted: number
  readonly kills: number
  /** Of them, those that left files of a compaction that was under way. */
  readonly killsInCompaction: number
}

export class KilledWorld {
  readonly #directory = mkdtempSync(join(tmpdir(), 'odradek-killed-'))
  readonly #draw: SeededStream
  readonly #partitions = [plainTopic, compactedTopic].flatMap((topic) =>
    Array.from({ length: partitionsPerTopic }, (_, index) => new Partition(topic, index)),
  )
  #victim: Victim | undefined
  #isOver = false
  #kills = 0
  #killsInCompaction = 0

  constructor(seed: number) {
    this.#draw = new SeededRandom(`killed ${seed}`).stream('world')
  }

  async run(rounds: number): Promise<KilledOutcome> {
    try {
      await this.#start()
      await this.#createTopics()
      const producing = this.#partitions.map((partition) => this.#produce(partition))
      const killing = this.#killRounds(rounds).finally(() => {
        this.#isOver = true
      })
      await Promise.all([killing, ...producing])
      return await this.#check()
    } finally {
      await this.#victim?.stop()
      rmSync(this.#directory, { recursive: true })
    }
  }

  async #start(): Promise<void> {
    this.#victim = await Victim.start({ ...settings, 'log.dirs': this.#directory })
  }

  async #createTopics(): Promise<void> {
    const wire = await this.#connect()
    const given = (configs: Readonly<Record<string, string>>) =>
      Object.entries(configs).map(([name, value]) => ({ name, value }))
    const topics = [
      { name: plainTopic, numPartitions: partitionsPerTopic, replicationFactor: 1, configs: given(rolling) },
      {
        name: compactedTopic,
        numPartitions: partitionsPerTopic,
        replicationFactor: 1,
        configs: given({ ...rolling, ...compaction }),
      },
    ]
    const reply = await wire.call(createTopics, { topics, timeoutMs: 10_000 })
    for (const { errorCode, errorMessage } of reply.topics) assert.equal(errorCode, ErrorCode.NONE, errorMessage ?? '')
    wire.destroy()
  }

  /** As soon as there is a node that takes it. */
  async #connect(): Promise<Wire> {
    for (;;) {
      try {
        const victim = this.#victim
        if (victim !== undefined) return await victim.connect()
      } catch {
        // It is being killed.
      }
      await sleep(20)
    }
  }

  async #killRounds(rounds: number): Promise<void> {
    for (let round = 0; round < rounds; round++) {
      await sleep(200 + this.#draw.below(1300))
      const victim = this.#victim
      this.#victim = undefined
      await victim?.stop()
      this.#kills++
      if (this.#isCompactionLeft()) this.#killsInCompaction++
      await this.#start()
    }
    await sleep(1000)
  }

  #isCompactionLeft(): boolean {
    return readdirSync(this.#directory, { recursive: true }).some((name) => /\.(cleaned|swap)$/.test(String(name)))
  }

  async #produce(partition: Partition): Promise<void> {
    let wire = await this.#connect()
    while (!this.#isOver) {
      try {
        if (wire.isClosed) wire = await this.#connect()
        await this.#send(wire, partition)
      } catch (error) {
        // Of what was under way nothing is known.
        if (!(error instanceof Error && /connection was closed/.test(error.message))) throw error
      }
      await sleep(this.#draw.below(10))
    }
    wire.destroy()
  }

  async #send(wire: Wire, partition: Partition): Promise<void> {
    const { topic, index } = partition
    const numbered = Array.from({ length: recordsPerBatch }, () => this.#record(partition))
    const records = numbered.map(({ key, number, isTombstone }) => ({
      key: Buffer.from(key),
      value: isTombstone ? null : Buffer.from(`${number}:`.padEnd(100 + this.#draw.below(1500), '.')),
      timestampMs: Date.now(),
    }))
    const topicData = [{ name: topic, partitionData: [{ index, records: buildBatch(records) }] }]
    const reply = await wire.call(produce, { acks: -1, timeoutMs: 5000, topicData }, 12)
    const answer = reply.responses[0]?.partitionResponses[0]
    assert.equal(answer?.errorCode, ErrorCode.NONE, `${topic}-${index}`)
    for (const [i, { key, number }] of numbered.entries()) {
      partition.acknowledged.set(answer.baseOffset + i, number)
      partition.newest.set(key, number)
    }
  }

  #record(partition: Partition): Sent & { readonly key: string } {
    const sent = { number: partition.number++, isTombstone: this.#draw.below(10) === 0 }
    // Some are written again and again, some a few times and then left alone.
    const isHot = this.#draw.below(4) > 0
    const key = isHot ? `hot ${this.#draw.below(hotKeys)}` : `cold ${Math.floor(sent.number / 20)}`
    const of = partition.sent.get(key)
    if (of === undefined) partition.sent.set(key, [sent])
    else of.push(sent)
    return { ...sent, key }
  }

  async #check(): Promise<KilledOutcome> {
    let keptCompacted = 0
    for (const partition of this.#partitions) {
      const batches = await this.#readAll(partition)
      if (partition.topic === plainTopic) checkPlain(partition, batches)
      else keptCompacted += checkCompacted(partition, batches)
    }
    const count = (topic: string): number =>
      this.#partitions.reduce((sum, it) => sum + (it.topic === topic ? it.acknowledged.size : 0), 0)
    return {
      acknowledged: count(plainTopic),
      acknowledgedCompacted: count(compactedTopic),
      keptCompacted,
      kills: this.#kills,
      killsInCompaction: this.#killsInCompaction,
    }
  }

  async #readAll({ topic, index }: Partition): Promise<readonly StoredBatch[]> {
    const wire = await this.#connect()
    const all: StoredBatch[] = []
    for (let fetchOffset = 0; ; ) {
      const partitions = [{ partition: index, fetchOffset, partitionMaxBytes: 4_000_000 }]
      const asked = { maxWaitMs: 0, minBytes: 0, maxBytes: 4_000_000, topics: [{ topic, partitions }] }
      const answer = (await wire.call(fetch, asked, 12)).responses[0]?.partitions[0]
      assert.equal(answer?.errorCode, ErrorCode.NONE, `${topic}-${index} at ${fetchOffset}`)
      const batches = batchesOf(answer.records instanceof Uint8Array ? answer.records : new Uint8Array(0), 'cut')
      const last = batches.at(-1)
      if (last === undefined) break
      all.push(...batches)
      fetchOffset = last.lastOffset + 1
    }
    wire.destroy()
    return all
  }
}

const numberOf = (value: string | null): number => Number(value?.split(':')[0])

/** Every acknowledged record is at its offset; tombstones are told by that alone. */
function checkPlain({ topic, index, acknowledged }: Partition, batches: readonly StoredBatch[]): void {
  const found = new Map(batches.flatMap(({ records }) => records.map((record) => [record.offset, record])))
  for (const [offset, number] of acknowledged) {
    const record = found.get(offset)
    assert.ok(record, `${topic}-${index}: ${offset} was acknowledged and is not there`)
    if (record.value !== null) assert.equal(numberOf(record.value), number, `${topic}-${index}: ${offset}`)
  }
}

/** Of each key the newest record that was acknowledged, or a later one; gone only where that may be a tombstone. */
function checkCompacted({ topic, index, sent, newest }: Partition, batches: readonly StoredBatch[]): number {
  const found = new Map(batches.flatMap(({ records }) => records.map((record) => [record.key, record])))
  for (const [key, number] of newest) {
    const allowed = (sent.get(key) ?? []).filter((it) => it.number >= number)
    const value = found.get(key)?.value ?? null
    const isRight = allowed.some((it) => (value === null ? it.isTombstone : it.number === numberOf(value)))
    assert.ok(isRight, `${topic}-${index}: ${key} was acknowledged as ${number} and is ${value?.slice(0, 20)}`)
  }
  return batches.reduce((sum, { records }) => sum + records.length, 0)
}
