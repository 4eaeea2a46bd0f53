/** What the processes of the sweep have promised so far, and what may be beyond that: a restart is held against it. */
import assert from 'node:assert/strict'
import type { StoredBatch } from './stored.ts'
import { type TopicName, topicNames } from './topics.ts'

/** The log was truncated: until that is durable, what was cut may come back, but never behind what took its place. */
interface Cut {
  readonly from: number
  /** The log as it was before. */
  readonly before: readonly StoredBatch[]
  isDone: boolean
}

export class PartitionPromises {
  /** `unknown`: it was being made or deleted when the world stopped. */
  exists: 'yes' | 'no' | 'unknown' = 'no'
  /** Of the topic, in text form; of both where one takes the place of the other. */
  topicIds: readonly string[] = []
  /** In the order of the log: found by the last restart, and sent since. */
  batches: StoredBatch[] = []
  /** Appends before it were answered. */
  acknowledgedEnd = 0
  /** The disk was said to have what lies before it. */
  durableEnd = 0
  /** The log was said to begin there, durably. */
  startMin = 0
  /** Nobody asked it to begin further back. */
  startMax = 0
  cut: Cut | undefined
  /** Records were missing before these offsets, and a start has told of it. */
  readonly holes = new Set<number>()
  /** A checkpoint has it. */
  highWatermarkMin = 0

  /** The log is going to end at `offset`. */
  startCut(offset: number): void {
    this.cut = { from: offset, before: this.batches, isDone: false }
    this.batches = this.batches.filter(({ lastOffset }) => lastOffset < offset)
    this.acknowledgedEnd = Math.min(this.acknowledgedEnd, offset)
    this.durableEnd = Math.min(this.durableEnd, offset)
    this.highWatermarkMin = Math.min(this.highWatermarkMin, offset)
  }

  /** What a log says of itself. */
  observe(log: { readonly recoveryPoint: number; readonly logStartOffset: number }): void {
    const { cut } = this
    const isCutting = cut?.isDone === false
    this.durableEnd = Math.max(this.durableEnd, Math.min(log.recoveryPoint, isCutting ? cut.from : Infinity))
    this.startMax = Math.max(this.startMax, log.logStartOffset)
    if (!isCutting && log.recoveryPoint > (cut?.from ?? 0)) this.cut = undefined
  }

  /** Nothing was promised about what comes next. */
  startOver(topicIds: readonly string[], exists: PartitionPromises['exists']): void {
    this.exists = exists
    this.topicIds = topicIds
    this.batches = []
    this.cut = undefined
    this.holes.clear()
    this.acknowledgedEnd = 0
    this.durableEnd = 0
    this.startMin = 0
    this.startMax = 0
    this.highWatermarkMin = 0
  }
}

class MetadataPromises {
  /** Values that were told to be committed, in order. */
  committed: readonly string[] = []
  /** Those, and what was proposed on top. */
  proposed: string[] = []
  /** The newest in which somebody led. */
  epoch = 0

  /** A process has been told of `values` so far. */
  told(values: readonly string[]): void {
    const both = Math.min(values.length, this.committed.length)
    assert.deepEqual(values.slice(0, both), this.committed.slice(0, both), 'committed metadata stays as it was')
    if (values.length > both) this.committed = [...values]
  }

  /** A process leads that was told of all that is committed. */
  led(values: readonly string[], epoch: number): void {
    assert.ok(values.length >= this.committed.length, 'committed metadata is there')
    assert.deepEqual(values, this.proposed.slice(0, values.length), 'metadata is what was proposed')
    assert.ok(epoch > this.epoch, `epoch ${epoch} is newer than ${this.epoch}, in which somebody led`)
    this.epoch = epoch
    this.proposed = [...values]
  }
}

export class Promises {
  readonly metadata = new MetadataPromises()
  readonly partitions: ReadonlyMap<TopicName, PartitionPromises> = new Map(
    topicNames.map((name) => [name, new PartitionPromises()]),
  )
  /** Nothing but the power took anything away: of what was answered all is there. */
  isLossless = true
  /** The last process has stopped cleanly. */
  isClean = false

  of(topic: TopicName): PartitionPromises {
    const found = this.partitions.get(topic)
    assert.ok(found)
    return found
  }
}
