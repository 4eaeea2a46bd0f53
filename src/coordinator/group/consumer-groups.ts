/** The groups of the consumer protocol of one shard, in versions: each lives as long as the record of its epoch. */
import { Timeline, type VersionedMap } from '../../base/index.ts'
import { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerRecord } from './consumer-record.ts'

export class ConsumerGroups {
  readonly #timeline = new Timeline()
  readonly #groups: VersionedMap<string, ConsumerGroup> = this.#timeline.map()

  replay(record: ConsumerRecord, logOffset: number): void {
    this.#timeline.advanceTo(Math.max(this.#timeline.epoch, logOffset))
    const { groupId } = record
    const known = this.#groups.get(groupId)
    if (record.kind === 'consumer-epoch' && record.value === null) {
      this.#groups.delete(groupId)
      return
    }
    // Tombstones outlive the groups that they are of.
    if (known === undefined && record.value === null) return
    const group = known ?? new ConsumerGroup(groupId, this.#timeline)
    if (known === undefined) this.#groups.set(groupId, group)
    group.replay(record)
  }

  commitTo(offset: number): void {
    const epoch = offset - 1
    if (epoch < this.#timeline.committedEpoch) return
    this.#timeline.advanceTo(Math.max(this.#timeline.epoch, epoch))
    this.#timeline.commitTo(epoch)
  }

  revertTo(offset: number): void {
    if (this.#timeline.epoch >= offset) this.#timeline.revertTo(offset - 1)
  }

  get(groupId: string): ConsumerGroup | undefined {
    return this.#groups.get(groupId)
  }

  /** As readers see it, who know of nothing that is not committed. */
  shown(groupId: string): ConsumerGroup | undefined {
    return this.#groups.committed.get(groupId)
  }

  allShown(): readonly ConsumerGroup[] {
    return [...this.#groups.committed.entries()].map(([, group]) => group)
  }

  all(): IterableIterator<ConsumerGroup> {
    return this.#groups.values()
  }
}
