/**
 * The topics of the cluster as consumer groups need them: ids of what a member is subscribed to, and the hash over what
 * a group is subscribed to. One for all groups of a broker, for each image: most groups share topics.
 */
import type { Uuid } from '../../base/index.ts'
import type { MetadataImage } from '../../metadata/index.ts'
import type { TopicDescriber } from './assignors/assignor.ts'
import type { ConsumerGroup } from './consumer-group.ts'
import type { ConsumerMember } from './consumer-member.ts'
import { groupHash, topicHash } from './metadata-hash.ts'

export class ConsumerTopics {
  #image: MetadataImage
  readonly describer: TopicDescriber = {
    partitionCount: (topicId) => this.#image.topics.byId.get(topicId)?.partitions.size ?? -1,
  }
  readonly #hashes = new Map<string, bigint>()

  constructor(image: MetadataImage) {
    this.#image = image
  }

  /** `changed`: names of topics that came, went or changed. */
  update(image: MetadataImage, changed: Iterable<string>): void {
    this.#image = image
    for (const name of changed) this.#hashes.delete(name)
  }

  readonly #rackOf = (brokerId: number): string | null => this.#image.cluster.brokers.get(brokerId)?.rack ?? null

  /** The offset of the image. */
  get version(): number {
    return this.#image.provenance.offset
  }

  names(): IterableIterator<string> {
    return this.#image.topics.byName.keys()
  }

  get count(): number {
    return this.#image.topics.byName.size
  }

  idOf(name: string): Uuid | undefined {
    return this.#image.topics.byName.get(name)?.topicId
  }

  nameOf(topicId: Uuid): string | undefined {
    return this.#image.topics.byId.get(topicId)?.name
  }

  /** Of the topics that exist. */
  idsOf(names: Iterable<string>): ReadonlySet<Uuid> {
    const ids = new Set<Uuid>()
    for (const name of names) {
      const id = this.idOf(name)
      if (id !== undefined) ids.add(id)
    }
    return ids
  }

  /** What a member is subscribed to, by name and by expression. */
  idsOfMember(group: ConsumerGroup, { topicNames, topicRegex }: ConsumerMember): ReadonlySet<Uuid> {
    const resolved = topicRegex === '' ? undefined : group.resolvedRegex(topicRegex)
    return this.idsOf(resolved === undefined ? topicNames : [...topicNames, ...resolved.topics])
  }

  /** Over the topics named, as far as they exist: another one where topics, partitions or racks have changed. */
  hashOf(names: Iterable<string>): bigint {
    const hashes = new Map<string, bigint>()
    for (const name of names) {
      const hash = this.#hashOf(name)
      if (hash !== undefined) hashes.set(name, hash)
    }
    return groupHash(hashes)
  }

  #hashOf(name: string): bigint | undefined {
    const known = this.#hashes.get(name)
    if (known !== undefined) return known
    const topic = this.#image.topics.byName.get(name)
    if (topic === undefined) return undefined
    const { topicId, partitions } = topic
    const racks = (partition: number): readonly string[] =>
      (partitions.get(partition)?.replicas ?? []).map(this.#rackOf).filter((rack) => rack !== null)
    const hash = topicHash({ topicId, name, partitionCount: partitions.size, racks })
    this.#hashes.set(name, hash)
    return hash
  }
}
