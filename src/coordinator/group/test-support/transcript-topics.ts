/** The topics of a transcript: made, grown and deleted by name, with ids that are made of their names. */
import { type Uuid, uuidFromBytes } from '../../../base/index.ts'
import { emptyImage, MetadataDelta, type MetadataImage, type MetadataRecord } from '../../../metadata/index.ts'
import { partitionRecord, removeTopicRecord, topicRecord } from '../../../protocol/index.ts'
import type { GroupService } from '../group-service.ts'

/** Of a name of up to 16 characters. */
export function topicIdOf(name: string): Uuid {
  const bytes = Buffer.alloc(16)
  bytes.write(name)
  return uuidFromBytes(bytes)
}

export class TranscriptTopics {
  #image: MetadataImage = emptyImage

  /** Partitions by topic; 0 takes a topic away. */
  change(counts: ReadonlyMap<string, number>, groups: GroupService | undefined): void {
    const delta = new MetadataDelta(this.#image)
    for (const [name, count] of counts) for (const record of this.#records(name, count)) delta.replay(record)
    const { offset, epoch, timestampMs } = this.#image.provenance
    this.#image = delta.apply({ offset: offset + 1, epoch, timestampMs })
    groups?.metadataChanged(this.#image, delta.changes())
  }

  *#records(name: string, count: number): Generator<MetadataRecord, void, void> {
    const topicId = topicIdOf(name)
    const known = this.#image.topics.byId.get(topicId)
    if (count === 0) yield { kind: 'removeTopic', value: removeTopicRecord.create({ topicId }) }
    else if (known === undefined) yield { kind: 'topic', value: topicRecord.create({ name, topicId }) }
    for (let partitionId = known?.partitions.size ?? 0; partitionId < count; partitionId++) {
      const value = partitionRecord.create({ topicId, partitionId, leader: 1, replicas: [1], isr: [1] })
      yield { kind: 'partition', value }
    }
  }

  partitionCount(name: string): number {
    return this.#image.topics.byName.get(name)?.partitions.size ?? 0
  }

  /** A broker that has just started knows all that there are. */
  tell(groups: GroupService): void {
    const topicsCreated = [...this.#image.topics.byId.values()]
    groups.metadataChanged(this.#image, { topicsCreated, topicsChanged: [], topicsDeleted: [] })
  }
}
