/**
 * How much smaller the batches of a topic become: what a batch will have, before it is compressed, is known only from those before it.
 * Learnt as Kafka's producer learns it: slowly where records are compressed better than before, at once where they are not. Pure.
 */
import { batchHeaderSize } from '../../records/index.ts'

const improvingStep = 0.005
const deterioratingStep = 0.05
/** What is smaller says nothing of what is large: a record of a few bytes becomes larger than it was. */
const tellingBytesMin = 1024
/** The next batch may be compressed a little worse than those before it. */
const caution = 1.05

export class CompressionRatio {
  #ratio = 1

  /** Of a batch of which this is the size before it is compressed. */
  estimate(plainSizeInBytes: number): number {
    return Math.ceil(batchHeaderSize + (plainSizeInBytes - batchHeaderSize) * this.#ratio * caution)
  }

  /** A batch was compressed. */
  observed(plainSizeInBytes: number, sizeInBytes: number): void {
    if (plainSizeInBytes < tellingBytesMin) return
    const seen = (sizeInBytes - batchHeaderSize) / (plainSizeInBytes - batchHeaderSize)
    const step = seen > this.#ratio ? this.#ratio + deterioratingStep : this.#ratio - improvingStep
    this.#ratio = Math.min(1, Math.max(step, seen))
  }

  /** A batch was larger than a broker takes: nothing is taken for granted any more. */
  forget(): void {
    this.#ratio = 1
  }
}
