/**
 * The partitions that wait for something, of all that the controller knows: told of each change of the newest version, so that
 * who looks for them need not look at all.
 */
import type { OnChange, Uuid } from '../../base/index.ts'
import { noLeader, type PartitionImage } from '../image/partition-image.ts'

export interface TopicPartition {
  readonly topicId: Uuid
  readonly partitionId: number
}

export const hasPreferredLeader = ({ leader, replicas }: PartitionImage): boolean => leader === replicas[0]

export class PartitionSets {
  readonly #imbalanced = new Map<string, TopicPartition>()
  readonly #leaderless = new Map<string, TopicPartition>()

  /** Those that their first replica does not lead, be it that nobody does. */
  get imbalanced(): ReadonlyMap<string, TopicPartition> {
    return this.#imbalanced
  }

  get leaderless(): ReadonlyMap<string, TopicPartition> {
    return this.#leaderless
  }

  readonly onChange: OnChange<string, PartitionImage> = (key, _before, after) => {
    const keep = (set: Map<string, TopicPartition>, isIn: boolean): void => {
      if (!isIn || after === undefined) set.delete(key)
      else if (!set.has(key)) set.set(key, { topicId: after.topicId, partitionId: after.partitionId })
    }
    keep(this.#imbalanced, after !== undefined && !hasPreferredLeader(after))
    keep(this.#leaderless, after?.leader === noLeader)
  }
}
