/**
 * The partitions that wait for something, of all that the controller knows, and how many each broker leads: told of each change
 * of the newest version, so that who wants to know need not look at all.
 */
import { assert, type OnChange, type Uuid } from '../../base/index.ts'
import { noLeader, type PartitionImage } from '../image/partition-image.ts'

export interface TopicPartition {
  readonly topicId: Uuid
  readonly partitionId: number
}

export const hasPreferredLeader = ({ leader, replicas }: PartitionImage): boolean => leader === replicas[0]

export class PartitionSets {
  readonly #imbalanced = new Map<string, TopicPartition>()
  readonly #leaderless = new Map<string, TopicPartition>()
  /** By broker; who leads nothing is not in it. */
  readonly #ledCounts = new Map<number, number>()

  /** Those that their first replica does not lead, be it that nobody does. */
  get imbalanced(): ReadonlyMap<string, TopicPartition> {
    return this.#imbalanced
  }

  get leaderless(): ReadonlyMap<string, TopicPartition> {
    return this.#leaderless
  }

  leads(brokerId: number): boolean {
    return this.#ledCounts.has(brokerId)
  }

  readonly onChange: OnChange<string, PartitionImage> = (key, before, after) => {
    const keep = (set: Map<string, TopicPartition>, isIn: boolean): void => {
      if (!isIn || after === undefined) set.delete(key)
      else if (!set.has(key)) set.set(key, { topicId: after.topicId, partitionId: after.partitionId })
    }
    keep(this.#imbalanced, after !== undefined && !hasPreferredLeader(after))
    keep(this.#leaderless, after?.leader === noLeader)
    if (before?.leader === after?.leader) return
    this.#count(before?.leader, -1)
    this.#count(after?.leader, 1)
  }

  #count(leader: number | undefined, change: number): void {
    if (leader === undefined || leader === noLeader) return
    const count = (this.#ledCounts.get(leader) ?? 0) + change
    assert(count >= 0, 'a broker leads no fewer partitions than none')
    if (count === 0) this.#ledCounts.delete(leader)
    else this.#ledCounts.set(leader, count)
  }
}
