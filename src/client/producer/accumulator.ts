/** What was sent and is not acknowledged: queues by partition, and the memory that they may take together. */
import type { Clock } from '../../base/index.ts'
import type { NewRecord } from '../../records/index.ts'
import { BatchMemory } from './batch-memory.ts'
import { CompressionRatio } from './compression-ratio.ts'
import { PartitionQueue } from './partition-queue.ts'
import { type BatchSettings, PendingBatch } from './pending-batch.ts'
import type { Completion } from './record.ts'

export interface AccumulatorOptions extends Omit<BatchSettings, 'memory'> {
  readonly clock: Pick<Clock, 'monotonic'>
  readonly bufferMemory: number
}

export interface Appended {
  /** That the batch is larger than before, as it will be sent. */
  readonly bytes: number
  /** There is something to send, or something new to wait for. */
  readonly isNews: boolean
}

/** Of batches that were acknowledged: about what is under way to the brokers at once. */
const keptBytesMax = 2 * 1024 * 1024

export class Accumulator {
  readonly #options: AccumulatorOptions
  readonly #settings: BatchSettings
  readonly #topics = new Map<string, { readonly queues: PartitionQueue[]; readonly compression: CompressionRatio }>()
  /** That have batches, in the order in which they got the first one. */
  readonly #active = new Set<PartitionQueue>()
  #usedBytes = 0
  #roomWaiters: (() => void)[] = []

  constructor(options: AccumulatorOptions) {
    this.#options = options
    const { batchSize: sizeInBytes, bufferMemory } = options
    const bytesMax = Math.min(keptBytesMax, bufferMemory / 4)
    this.#settings = { ...options, memory: new BatchMemory({ sizeInBytes, bytesMax }) }
  }

  get active(): Iterable<PartitionQueue> {
    return this.#active
  }

  get isEmpty(): boolean {
    return this.#active.size === 0
  }

  /** Records wait for memory: nothing lingers any more. */
  get isExhausted(): boolean {
    return this.#roomWaiters.length > 0
  }

  /** Whether a record is taken now. One that is larger than all memory is taken when there is nothing else. */
  get hasRoom(): boolean {
    return this.#usedBytes < this.#options.bufferMemory
  }

  /** Resolves when a batch is done. */
  room(): Promise<void> {
    return new Promise((resolve) => this.#roomWaiters.push(resolve))
  }

  queue(topic: string, partition: number): PartitionQueue {
    let known = this.#topics.get(topic)
    if (known === undefined) {
      known = { queues: [], compression: new CompressionRatio() }
      this.#topics.set(topic, known)
    }
    const { queues, compression } = known
    const queue = queues[partition] ?? new PartitionQueue(topic, partition, compression)
    queues[partition] = queue
    return queue
  }

  /** Of one that has been sent, the others have their turn first. */
  sent(queue: PartitionQueue): void {
    if (this.#active.delete(queue)) this.#active.add(queue)
  }

  append(queue: PartitionQueue, record: NewRecord, completion: Completion, index: number): Appended {
    const { last } = queue
    const plainBefore = last?.plainSizeInBytes ?? 0
    const before = last?.sizeInBytes ?? 0
    if (last?.tryAdd(record, completion, index) === true) {
      this.#usedBytes += last.plainSizeInBytes - plainBefore
      return { bytes: last.sizeInBytes - before, isNews: last.isFull }
    }
    last?.close()
    const batch = new PendingBatch(queue, this.#options.clock.monotonic(), this.#settings)
    batch.tryAdd(record, completion, index)
    queue.batches.push(batch)
    this.#active.add(queue)
    this.#usedBytes += batch.plainSizeInBytes
    return { bytes: batch.sizeInBytes, isNews: true }
  }

  /** It has been acknowledged, or given up. */
  remove(queue: PartitionQueue, batch: PendingBatch): void {
    queue.remove(batch)
    queue.lastBytes = batch.plainSizeInBytes
    if (queue.batches.length === 0) this.#active.delete(queue)
    this.#used(-batch.plainSizeInBytes)
  }

  split(queue: PartitionQueue, batch: PendingBatch): void {
    queue.compression.forget()
    const parts = batch.split()
    queue.replace(batch, parts)
    let bytes = -batch.plainSizeInBytes
    for (const part of parts) bytes += part.plainSizeInBytes
    this.#used(bytes)
  }

  #used(bytes: number): void {
    this.#usedBytes += bytes
    if (!this.hasRoom) return
    for (const resolve of this.#roomWaiters.splice(0)) resolve()
  }
}
