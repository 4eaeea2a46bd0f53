/**
 * The batches of one partition, in order. Those that have a place in the sequence of the partition stand in front; they are sent
 * again, in order, until each is acknowledged or given up (KIP-98).
 */
import { assert } from '../../base/index.ts'
import type { CompressionRatio } from './compression-ratio.ts'
import { type PendingBatch, type ProducerIdentity, sequenceAfter } from './pending-batch.ts'

export class PartitionQueue {
  readonly topic: string
  readonly partition: number
  readonly compression: CompressionRatio
  /** All that are not done: those in flight, those to be sent again, those that were never sent. */
  readonly batches: PendingBatch[] = []
  /** In whose name the sequences are. */
  identity: ProducerIdentity | undefined
  nextSequence = 0
  /** Of the batch that was done last, before it was compressed. */
  lastBytes: number | undefined
  /**
   * A batch of the sequence was acknowledged. Before that, who leads may know nothing of this producer, and takes whatever comes first for
   * the beginning: then one that came back would be behind.
   */
  isBegun = false
  /** A batch was given up: it is not known, or known not to be so, that the sequence goes on behind it. */
  isBroken = false
  /** The broker does not have what came before the first batch: neither that one nor any behind it was appended. */
  isForgotten = false

  /** `compression` is that of the topic. */
  constructor(topic: string, partition: number, compression: CompressionRatio) {
    this.topic = topic
    this.partition = partition
    this.compression = compression
  }

  /** The first that is not in flight. */
  get next(): PendingBatch | undefined {
    return this.batches.find(({ isInFlight }) => !isInFlight)
  }

  /** The one that takes records. */
  get last(): PendingBatch | undefined {
    return this.batches.at(-1)
  }

  get inFlight(): number {
    let count = 0
    for (const { isInFlight } of this.batches) if (isInFlight) count++
    return count
  }

  /** Batches that have a place in the sequence. */
  get sequenced(): number {
    let count = 0
    for (const { sequence } of this.batches) if (sequence !== undefined) count++
    return count
  }

  isOfIdentity({ sequence }: PendingBatch): boolean {
    const { identity } = this
    return sequence?.producerId === identity?.producerId && sequence?.producerEpoch === identity?.producerEpoch
  }

  isFirst(batch: PendingBatch): boolean {
    return this.batches[0] === batch
  }

  remove(batch: PendingBatch): void {
    const at = this.batches.indexOf(batch)
    assert(at >= 0, 'a batch is done once')
    this.batches.splice(at, 1)
  }

  replace(batch: PendingBatch, others: readonly PendingBatch[]): void {
    const at = this.batches.indexOf(batch)
    assert(at >= 0, 'a batch that is split was not done')
    this.batches.splice(at, 1, ...others)
  }

  /** The place of a batch that was never sent: behind all that were. */
  sequenceFor(batch: PendingBatch) {
    const { identity } = this
    assert(identity !== undefined, 'who has no identity has no sequence')
    const baseSequence = this.nextSequence
    this.nextSequence = sequenceAfter(baseSequence, batch.recordCount)
    return { ...identity, baseSequence }
  }

  /**
   * From here on in the name of `identity`, from 0 on: what was sent in another's, and is known not to have been appended, gets its place
   * when it is sent again.
   */
  beginSequence(identity: ProducerIdentity): void {
    this.identity = identity
    this.nextSequence = 0
    this.isBegun = false
    this.isBroken = false
    this.isForgotten = false
    for (const batch of this.batches) if (!batch.isUncertain) batch.leaveSequence()
  }
}
