/** What records change of the topics of an image: part of the delta. */
import { assert, present, type Uuid, uuidToString } from '../base/index.ts'
import {
  type ClearElrRecord,
  type PartitionChangeRecord,
  type PartitionRecord,
  partitionChangeRecord,
  type TopicRecord,
} from '../protocol/index.ts'
import { ChangedMap } from './image/changed-map.ts'
import type { TopicImage, TopicsImage } from './image/metadata-image.ts'
import { changedPartition, isSamePartition, type PartitionImage, partitionFromRecord } from './image/partition-image.ts'

export interface TopicChange {
  readonly before: TopicImage
  readonly after: TopicImage
  /** The partitions that a record named. */
  readonly partitionIds: readonly number[]
}

export interface TopicsChanges {
  readonly topicsCreated: readonly TopicImage[]
  readonly topicsChanged: readonly TopicChange[]
  readonly topicsDeleted: readonly TopicImage[]
}

interface OpenTopic {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: ChangedMap<number, PartitionImage>
}

/** A partition as somebody else in this process has it, perhaps ahead of what is committed. */
export type KnownPartition = (topicId: Uuid, partitionId: number) => PartitionImage | undefined

export class TopicsDelta {
  readonly #before: TopicsImage
  readonly #known: KnownPartition
  readonly #names: ChangedMap<string, Uuid>
  readonly #open = new Map<Uuid, OpenTopic>()
  readonly #removed = new Set<Uuid>()
  #applied: TopicsImage | undefined

  constructor(before: TopicsImage, known: KnownPartition) {
    this.#before = before
    this.#known = known
    this.#names = new ChangedMap<string, Uuid>(new Map())
  }

  /** As the newest record left it. */
  #topic(topicId: Uuid): OpenTopic {
    const open = this.#open.get(topicId)
    if (open !== undefined) return open
    const topic = this.#removed.has(topicId) ? undefined : this.#before.byId.get(topicId)
    assert(topic !== undefined, `a record names topic id ${uuidToString(topicId)}, which does not exist`)
    const opened = { name: topic.name, topicId, partitions: new ChangedMap(topic.partitions) }
    this.#open.set(topicId, opened)
    return opened
  }

  #idOf(name: string): Uuid | undefined {
    const known = this.#names.get(name)
    if (known !== undefined) return known
    const topicId = this.#before.byName.get(name)?.topicId
    return topicId === undefined || this.#removed.has(topicId) ? undefined : topicId
  }

  create({ name, topicId }: TopicRecord): void {
    assert(this.#idOf(name) === undefined, `topic ${name} is created twice`)
    this.#names.set(name, topicId)
    this.#open.set(topicId, { name, topicId, partitions: new ChangedMap(new Map()) })
  }

  /** Returns the name of the topic. */
  remove(topicId: Uuid): string {
    const { name } = this.#topic(topicId)
    this.#names.delete(name)
    this.#open.delete(topicId)
    if (this.#before.byId.has(topicId)) this.#removed.add(topicId)
    return name
  }

  addPartition(record: PartitionRecord): void {
    const { topicId, partitions } = this.#topic(record.topicId)
    partitions.set(record.partitionId, this.#shared(partitionFromRecord(record, topicId)))
  }

  changePartition(record: PartitionChangeRecord): void {
    const { name, partitions } = this.#topic(record.topicId)
    const partition = present(partitions.get(record.partitionId), `partition ${name}-${record.partitionId}`)
    partitions.set(record.partitionId, this.#shared(changedPartition(partition, record)))
  }

  /** One object serves the controller and the image. */
  #shared(partition: PartitionImage): PartitionImage {
    const known = this.#known(partition.topicId, partition.partitionId)
    return known !== undefined && isSamePartition(known, partition) ? known : partition
  }

  /** Of one topic, or of all of them when the name is empty (KIP-966). */
  clearElr({ topicName }: ClearElrRecord): void {
    if (topicName !== '') {
      this.#clearElrOf(present(this.#idOf(topicName), `topic ${topicName}`))
      return
    }
    for (const topicId of this.#before.byId.keys()) if (!this.#removed.has(topicId)) this.#clearElrOf(topicId)
    for (const topicId of this.#open.keys()) if (!this.#before.byId.has(topicId)) this.#clearElrOf(topicId)
  }

  #clearElrOf(topicId: Uuid): void {
    const partitions = this.#open.get(topicId)?.partitions
    const known = partitions?.keys() ?? present(this.#before.byId.get(topicId), 'topic').partitions.keys()
    for (const partitionId of known) {
      const partition = partitions?.get(partitionId) ?? this.#before.byId.get(topicId)?.partitions.get(partitionId)
      if (partition === undefined) continue
      if (partition.eligibleLeaderReplicas.length === 0 && partition.lastKnownElr.length === 0) continue
      const cleared = { partitionId, topicId, eligibleLeaderReplicas: [], lastKnownElr: [] }
      this.changePartition(partitionChangeRecord.create(cleared))
    }
  }

  /** Everything goes: a snapshot follows. */
  clear(): void {
    this.#open.clear()
    this.#names.clear()
    for (const topicId of this.#before.byId.keys()) this.#removed.add(topicId)
  }

  apply(): TopicsImage {
    this.#applied ??= this.#apply()
    return this.#applied
  }

  #apply(): TopicsImage {
    if (this.#open.size === 0 && this.#removed.size === 0) return this.#before
    const byId = new ChangedMap(this.#before.byId)
    const byName = new ChangedMap(this.#before.byName)
    for (const topicId of this.#removed) {
      byName.delete(present(byId.get(topicId), 'removed topic').name)
      byId.delete(topicId)
    }
    for (const { name, topicId, partitions } of this.#open.values()) {
      const topic = { name, topicId, partitions: partitions.apply() }
      byId.set(topicId, topic)
      byName.set(name, topic)
    }
    return { byId: byId.apply(), byName: byName.apply() }
  }

  /** A topic that was both created and deleted is in none of the lists. */
  changes(): TopicsChanges {
    const after = this.apply()
    const topicsCreated: TopicImage[] = []
    const topicsChanged: TopicChange[] = []
    for (const { topicId, partitions } of this.#open.values()) {
      const topic = present(after.byId.get(topicId), 'open topic')
      const before = this.#before.byId.get(topicId)
      if (before === undefined) topicsCreated.push(topic)
      else topicsChanged.push({ before, after: topic, partitionIds: [...partitions.changedKeys()] })
    }
    const gone = [...this.#removed].filter((topicId) => !after.byId.has(topicId))
    const topicsDeleted = gone.map((topicId) => present(this.#before.byId.get(topicId), 'removed topic'))
    return { topicsCreated, topicsChanged, topicsDeleted }
  }
}
