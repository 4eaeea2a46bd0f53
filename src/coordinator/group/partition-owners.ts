/** Which partitions the members of a consumer group own, given up or not: what somebody owns is given to nobody else. */
import { getOrInsert, type Uuid } from '../../base/index.ts'
import type { ConsumerMember, OwnedPartitions } from './consumer-member.ts'

export class PartitionOwners {
  /** Owners by topic and partition; more than one is a fault that a log may have been left with. */
  readonly #owners = new Map<Uuid, Map<number, number>>()

  memberChanged(before: ConsumerMember | undefined, after: ConsumerMember | undefined): void {
    if (before?.assigned === after?.assigned && before?.revoking === after?.revoking) return
    if (before !== undefined) this.#count(before, -1)
    if (after !== undefined) this.#count(after, 1)
  }

  #count({ assigned, revoking }: ConsumerMember, by: 1 | -1): void {
    this.#add(assigned, by)
    this.#add(revoking, by)
  }

  #add(owned: OwnedPartitions, by: 1 | -1): void {
    for (const [topicId, partitions] of owned) {
      const counts = getOrInsert(this.#owners, topicId, () => new Map<number, number>())
      for (const partition of partitions.keys()) {
        const sum = (counts.get(partition) ?? 0) + by
        if (sum === 0) counts.delete(partition)
        else counts.set(partition, sum)
      }
      if (counts.size === 0) this.#owners.delete(topicId)
    }
  }

  isOwned(topicId: Uuid, partition: number): boolean {
    return this.#owners.get(topicId)?.has(partition) ?? false
  }
}
