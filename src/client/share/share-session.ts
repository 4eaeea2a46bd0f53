/**
 * The consumer's side of a share session with one broker (KIP-932): which epoch comes next, and which partitions the broker knows of. A
 * request names those that are new, those that are not wanted any more, and those of which something is acknowledged. Pure.
 *
 *   new      epoch 0: the next ShareFetch names all, and carries no acknowledgements
 *   open     epoch 1 and on: one more with each answer, of ShareFetch and of ShareAcknowledge alike
 *   closing  epoch -1: a ShareAcknowledge that ends it; what is acquired and not acknowledged is released
 */
import { getOrInsert, type Uuid } from '../../base/index.ts'
import type { AcknowledgementBatch } from './acknowledgements.ts'

export interface SharePartition {
  readonly topicId: Uuid
  readonly partition: number
}

export interface PartitionBatches extends SharePartition {
  readonly acknowledgementBatches: AcknowledgementBatch[]
}

interface OfTopic<T> {
  readonly topicId: Uuid
  readonly partitions: T[]
}

interface AskedPartition {
  readonly partitionIndex: number
  readonly partitionMaxBytes: number
  readonly acknowledgementBatches: AcknowledgementBatch[]
}

const newEpoch = 0
const finalEpoch = -1
const epochMax = 2 ** 31 - 1

export const nameOf = ({ topicId, partition }: SharePartition): string => `${topicId} ${partition}`

export class ShareSession {
  #epoch = newEpoch
  #known = new Map<string, SharePartition>()

  get isOpen(): boolean {
    return this.#epoch !== newEpoch
  }

  /** What is acknowledged is of partitions that are wanted. */
  fetch(wanted: readonly SharePartition[], acknowledged: readonly PartitionBatches[]) {
    const known = this.#known
    const next = new Map(wanted.map((each) => [nameOf(each), each]))
    const news = wanted.filter((each) => !known.has(nameOf(each)))
    const gone = [...known].filter(([name]) => !next.has(name)).map(([, each]) => each)
    this.#known = next
    const batches = new Map(acknowledged.map((each) => [nameOf(each), each.acknowledgementBatches]))
    const asked = new Map([...news, ...acknowledged].map((each) => [nameOf(each), each]))
    return {
      shareSessionEpoch: this.#epoch,
      topics: byTopic([...asked.values()], (each) => asking(each.partition, batches.get(nameOf(each)))),
      forgottenTopicsData: byTopic(gone, ({ partition }) => partition),
    }
  }

  acknowledge(acknowledged: readonly PartitionBatches[]) {
    return { shareSessionEpoch: this.#epoch, topics: acknowledgedTopics(acknowledged) }
  }

  /** Behind it there is none. */
  final(acknowledged: readonly PartitionBatches[]) {
    this.reset()
    return { shareSessionEpoch: finalEpoch, topics: acknowledgedTopics(acknowledged) }
  }

  answered(): void {
    this.#epoch = this.#epoch === epochMax ? 1 : this.#epoch + 1
  }

  /** Nobody knows what the broker knows. */
  reset(): void {
    this.#epoch = newEpoch
    this.#known.clear()
  }
}

const asking = (partitionIndex: number, acknowledgementBatches: AcknowledgementBatch[] = []): AskedPartition => ({
  partitionIndex,
  partitionMaxBytes: 0,
  acknowledgementBatches,
})

const acknowledgedTopics = (acknowledged: readonly PartitionBatches[]): OfTopic<AskedPartition>[] =>
  byTopic(acknowledged, ({ partition, acknowledgementBatches }) => asking(partition, acknowledgementBatches))

function byTopic<P extends SharePartition, T>(partitions: readonly P[], of: (each: P) => T): OfTopic<T>[] {
  const topics = new Map<string, OfTopic<T>>()
  for (const each of partitions) {
    const { topicId } = each
    getOrInsert(topics, topicId, (): OfTopic<T> => ({ topicId, partitions: [] })).partitions.push(of(each))
  }
  return [...topics.values()]
}
