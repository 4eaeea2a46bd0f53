/**
 * What clients were told of topics and configs: done, refused, or nobody knows. Each thing has one client that changes it,
 * so that what it is follows from what that client was told; once it does not know, it lets the thing be.
 */
import assert from 'node:assert/strict'
import type { Uuid } from '../../../src/base/index.ts'
import { configsOf, type MetadataImage, resourceType } from '../../../src/metadata/index.ts'
import { fleetingTopic, replicatedTopics } from './record-history.ts'

/** Of groups; made by the coordinators. */
export const offsetsTopic = '__consumer_offsets'

/** Nobody here made it. */
const isOfOthers = (name: string): boolean => [...replicatedTopics, fleetingTopic, offsetsTopic].includes(name)

/** What may be true of it: one thing unless nobody knows. */
type Possible<T> = readonly [T, ...T[]]

export class KnownTopic {
  readonly name: string
  /** Undefined as long as no client was told. */
  topicId: Uuid | undefined
  exists: Possible<boolean> = [false]
  partitions: Possible<number> = [0]
  retentionMs: Possible<string | undefined> = [undefined]
  /** Its client does not know what it is, and leaves it alone. */
  isLetBe = false

  constructor(name: string) {
    this.name = name
  }

  check(image: MetadataImage): void {
    const { name, topicId } = this
    const topic = image.topics.byName.get(name)
    assert.ok(
      this.exists.includes(topic !== undefined),
      `topic ${name} ${topic === undefined ? 'is gone' : 'is there'}`,
    )
    if (topic === undefined) return
    if (topicId !== undefined) assert.equal(topic.topicId, topicId, `the id of topic ${name}`)
    const { size } = topic.partitions
    assert.ok(this.partitions.includes(size), `topic ${name} has ${size} partitions, not ${this.partitions}`)
    const value = configsOf(image, { resourceType: resourceType.topic, resourceName: name }).get('retention.ms')
    assert.ok(this.retentionMs.includes(value), `retention.ms of topic ${name} is ${value}, not ${this.retentionMs}`)
  }
}

/** A config of all brokers. */
export class KnownConfig {
  readonly key: string
  values: Possible<string | undefined> = [undefined]
  isLetBe = false

  constructor(key: string) {
    this.key = key
  }

  check(image: MetadataImage): void {
    const value = configsOf(image, { resourceType: resourceType.broker, resourceName: '' }).get(this.key)
    assert.ok(this.values.includes(value), `${this.key} is ${value}, not ${this.values}`)
  }
}

export class History {
  readonly topics: KnownTopic[] = []
  readonly configs: KnownConfig[] = []
  readonly counts = { acknowledged: 0, refused: 0, unknown: 0, reads: 0 }
  /** Of each id that was ever seen, its topic. */
  readonly #names = new Map<Uuid, string>()

  /** An id belongs to one name for ever, and each name here is made once. */
  sawTopic(name: string, topicId: Uuid): void {
    if (isOfOthers(name)) return
    const known = this.#names.get(topicId)
    assert.ok(known === undefined || known === name, `topics ${known} and ${name} have one id`)
    this.#names.set(topicId, name)
    const topic = this.topics.find((it) => it.name === name)
    assert.ok(topic !== undefined, `nobody made topic ${name}`)
    topic.topicId ??= topicId
    assert.equal(topicId, topic.topicId, `topic ${name} has had another id`)
  }

  /** All that was acknowledged is in the metadata, and nothing that nobody asked for. */
  check(image: MetadataImage): void {
    for (const topic of this.topics) topic.check(image)
    for (const config of this.configs) config.check(image)
    for (const name of image.topics.byName.keys()) {
      if (isOfOthers(name)) continue
      assert.ok(
        this.topics.some((it) => it.name === name),
        `nobody made topic ${name}`,
      )
    }
  }
}
