/**
 * What the controller decides on: the replay of the metadata log up to its newest record, committed or not, on versioned
 * maps. Changed by `replay` alone. A lost leadership reverts it to what the quorum has committed, which may lie inside a
 * metadata transaction; the abort of one to what was before its begin, and that too is reverted unless it is committed.
 */
import { assert, present, Timeline, type Uuid, type VersionedMap } from '../../base/index.ts'
import type {
  AccessControlEntryRecord,
  ClientQuotaRecord,
  DelegationTokenRecord,
  FeatureLevelRecord,
  PartitionChangeRecord,
  PartitionRecord,
  RegisterControllerRecord,
  UserScramCredentialRecord,
} from '../../protocol/index.ts'
import { aclKey } from '../acl.ts'
import { ClusterDelta } from '../cluster-delta.ts'
import { kraftVersionFeature, metadataVersionFeature } from '../features.ts'
import { type BrokerImage, type QuotaEntityPart, quotaEntityKey, scramCredentialKey } from '../image/metadata-image.ts'
import { changedPartition, type PartitionImage, partitionFromRecord } from '../image/partition-image.ts'
import type { MetadataRecord, RecordOf } from '../record.ts'
import { ConfigTexts } from './config-texts.ts'
import { PartitionSets } from './partition-sets.ts'
import { collisionName, mayCollide } from './topic-name.ts'

export interface RegisteredBroker {
  readonly registration: BrokerImage
  /** Of its newest RegisterBrokerRecord: a broker that has not read it yet stays fenced. */
  readonly recordOffset: number
}

export interface ControlledTopic {
  readonly name: string
  readonly topicId: Uuid
  /** Their ids are 0 to this. */
  readonly partitionCount: number
}

type BrokerChangeRecord = RecordOf<'brokerRegistrationChange' | 'fenceBroker' | 'unfenceBroker' | 'unregisterBroker'>

const topicResourceType = 2
/** An id has 16 characters: no two keys meet. */
const partitionKey = (topicId: Uuid, partitionId: number): string => `${topicId}${partitionId}`
/** An entity is text of JSON: no two keys meet. */
const quotaKey = (entity: readonly QuotaEntityPart[], key: string): string => `${quotaEntityKey(entity)} ${key}`

export class ControllerState {
  readonly #timeline: Timeline
  /** By the quorum: the timeline commits no further than to the begin of an open transaction. */
  #quorumOffset: number
  /** The offset of the begin of the metadata transaction that is open. */
  readonly #transaction: VersionedMap<'begin', number>
  readonly features: VersionedMap<string, number>
  readonly brokers: VersionedMap<number, RegisteredBroker>
  readonly controllers: VersionedMap<number, RegisterControllerRecord>
  readonly topics: VersionedMap<Uuid, ControlledTopic>
  readonly topicIds: VersionedMap<string, Uuid>
  /** By `collisionName`, the topics whose names may collide; more than one where Kafka made them in one request. */
  readonly #collisions: VersionedMap<string, readonly string[]>
  readonly #partitions: VersionedMap<string, PartitionImage>
  readonly partitionSets = new PartitionSets()
  readonly #configs: ConfigTexts
  readonly #producerIds: VersionedMap<'next', number>
  readonly clientQuotas: VersionedMap<string, ClientQuotaRecord>
  readonly acls: VersionedMap<Uuid, AccessControlEntryRecord>
  /** By `aclKey`: no ACL is there twice. */
  readonly aclIds: VersionedMap<string, Uuid>
  readonly scramCredentials: VersionedMap<string, UserScramCredentialRecord>
  readonly delegationTokens: VersionedMap<string, DelegationTokenRecord>

  /** `startOffset`: of the last record before the first that is replayed. */
  constructor(startOffset = -1) {
    const timeline = new Timeline(startOffset)
    this.#timeline = timeline
    this.#quorumOffset = startOffset
    this.#transaction = timeline.map()
    this.features = timeline.map()
    this.brokers = timeline.map()
    this.controllers = timeline.map()
    this.topics = timeline.map()
    this.topicIds = timeline.map()
    this.#collisions = timeline.map()
    this.#partitions = timeline.map(this.partitionSets.onChange)
    this.#configs = new ConfigTexts(timeline)
    this.#producerIds = timeline.map()
    this.clientQuotas = timeline.map()
    this.acls = timeline.map()
    this.aclIds = timeline.map()
    this.scramCredentials = timeline.map()
    this.delegationTokens = timeline.map()
  }

  /** Of the last record replayed. */
  get offset(): number {
    return this.#timeline.epoch
  }

  get committedOffset(): number {
    return this.#timeline.committedEpoch
  }

  get inTransaction(): boolean {
    return this.#transaction.has('begin')
  }

  /** The start of the next block of producer ids; -1 before the first was given out. */
  get nextProducerId(): number {
    return this.#producerIds.get('next') ?? -1
  }

  /** The level; 0 before the first record says it. */
  get metadataVersion(): number {
    return this.features.get(metadataVersionFeature) ?? 0
  }

  partition(topicId: Uuid, partitionId: number): PartitionImage | undefined {
    return this.#partitions.get(partitionKey(topicId, partitionId))
  }

  *partitionsOf(topic: ControlledTopic): Generator<PartitionImage, void, undefined> {
    for (let id = 0; id < topic.partitionCount; id++) {
      yield present(this.partition(topic.topicId, id), `partition ${topic.name}-${id}`)
    }
  }

  topicByName(name: string): ControlledTopic | undefined {
    const topicId = this.topicIds.get(name)
    return topicId === undefined ? undefined : this.topics.get(topicId)
  }

  /** A topic that is the same as one of that name in a metric. */
  topicColliding(name: string): string | undefined {
    return mayCollide(name) ? this.#collisions.get(collisionName(name))?.[0] : undefined
  }

  configs(resourceType: number, resourceName: string): ReadonlyMap<string, string> {
    return this.#configs.get({ resourceType, resourceName })
  }

  /** The parts of the entity in any order. */
  clientQuota(entity: readonly QuotaEntityPart[], key: string): number | undefined {
    return this.clientQuotas.get(quotaKey(entity, key))?.value
  }

  /** Neither fenced nor on its way out. */
  isActive(brokerId: number): boolean {
    const broker = this.brokers.get(brokerId)?.registration
    return broker !== undefined && !broker.fenced && !broker.inControlledShutdown
  }

  /** Offsets rise; those that are left out are control records. */
  replay(record: MetadataRecord, offset: number): void {
    assert(offset > this.#timeline.epoch, `offset ${offset} comes after ${this.#timeline.epoch}`)
    this.#timeline.advanceTo(offset)
    this.#apply(record, offset)
  }

  /** Replays the records of a snapshot, which all count as written at its last offset; they are committed at once. */
  load(records: Iterable<MetadataRecord>, offset: number): void {
    this.#timeline.advanceTo(offset)
    for (const record of records) this.#apply(record, offset)
    this.commit(offset)
  }

  /** Everything up to `offset` is committed; a transaction that is open there stays revocable. */
  commit(offset: number): void {
    this.#quorumOffset = Math.max(this.#quorumOffset, Math.min(offset, this.#timeline.epoch))
    const begin = this.#beginOfOpenAt(this.#quorumOffset)
    const end = begin === undefined ? this.#quorumOffset : begin - 1
    if (end > this.#timeline.committedEpoch) this.#timeline.commitTo(end)
  }

  /** Its end, or its abort, may be replayed already and be lost again. */
  #beginOfOpenAt(offset: number): number | undefined {
    const snapshot = this.#timeline.snapshot(offset)
    const begin = this.#transaction.at(snapshot).get('begin')
    snapshot.release()
    return begin
  }

  /** The leadership is lost, or an append failed: what is not committed was never written. */
  revert(): void {
    this.#timeline.revertTo(this.#quorumOffset)
  }

  #apply(record: MetadataRecord, offset: number): void {
    switch (record.kind) {
      case 'topic':
      case 'partition':
      case 'partitionChange':
      case 'removeTopic':
      case 'clearElr':
        this.#applyTopic(record)
        break
      case 'registerBroker':
        this.brokers.set(record.value.brokerId, { registration: record.value, recordOffset: offset })
        break
      case 'unregisterBroker':
      case 'fenceBroker':
      case 'unfenceBroker':
      case 'brokerRegistrationChange':
        this.#changeBroker(record)
        break
      case 'registerController':
        this.controllers.set(record.value.controllerId, record.value)
        break
      case 'config':
        this.#configs.change(record.value)
        break
      case 'featureLevel':
        this.#changeFeature(record.value)
        break
      case 'producerIds':
        this.#producerIds.set('next', record.value.nextProducerId)
        break
      case 'beginTransaction':
        assert(!this.inTransaction, 'a metadata transaction begins inside another')
        this.#transaction.set('begin', offset)
        break
      case 'endTransaction':
        assert(this.inTransaction, 'no metadata transaction to end')
        this.#transaction.delete('begin')
        break
      case 'abortTransaction':
        this.#abort()
        break
      default:
        this.#applySecurity(record)
    }
  }

  #applySecurity(
    record: RecordOf<
      | 'clientQuota'
      | 'accessControlEntry'
      | 'removeAccessControlEntry'
      | 'userScramCredential'
      | 'removeUserScramCredential'
      | 'delegationToken'
      | 'removeDelegationToken'
      | 'noOp'
      | 'zkMigrationState'
    >,
  ): void {
    switch (record.kind) {
      case 'clientQuota': {
        const key = quotaKey(record.value.entity, record.value.key)
        if (record.value.remove) this.clientQuotas.delete(key)
        else this.clientQuotas.set(key, record.value)
        break
      }
      case 'accessControlEntry':
        this.acls.set(record.value.id, record.value)
        this.aclIds.set(aclKey(record.value), record.value.id)
        break
      case 'removeAccessControlEntry':
        this.#removeAcl(record.value.id)
        break
      case 'userScramCredential':
        this.scramCredentials.set(scramCredentialKey(record.value), record.value)
        break
      case 'removeUserScramCredential':
        this.scramCredentials.delete(scramCredentialKey(record.value))
        break
      case 'delegationToken':
        this.delegationTokens.set(record.value.tokenId, record.value)
        break
      case 'removeDelegationToken':
        this.delegationTokens.delete(record.value.tokenId)
        break
      // Nothing is decided on them.
      case 'noOp':
      case 'zkMigrationState':
        break
    }
  }

  #removeAcl(id: Uuid): void {
    const acl = this.acls.get(id)
    if (acl === undefined) return
    this.acls.delete(id)
    if (this.aclIds.get(aclKey(acl)) === id) this.aclIds.delete(aclKey(acl))
  }

  #abort(): void {
    const begin = present(this.#transaction.get('begin'), 'a metadata transaction to abort')
    // The begin goes too.
    this.#timeline.takeBackTo(begin - 1)
  }

  #applyTopic(record: RecordOf<'topic' | 'partition' | 'partitionChange' | 'removeTopic' | 'clearElr'>): void {
    switch (record.kind) {
      case 'topic': {
        const { name, topicId } = record.value
        assert(!this.topicIds.has(name), `topic ${name} is created twice`)
        this.topicIds.set(name, topicId)
        this.topics.set(topicId, { name, topicId, partitionCount: 0 })
        this.#changeCollisions(name, (others) => [...others, name])
        break
      }
      case 'partition':
        this.#addPartition(record.value)
        break
      case 'partitionChange':
        this.#changePartition(record.value)
        break
      case 'removeTopic':
        this.#removeTopic(record.value.topicId)
        break
      case 'clearElr':
        for (const topic of [...this.topics.values()]) {
          if (record.value.topicName === '' || record.value.topicName === topic.name) this.#clearElr(topic)
        }
        break
    }
  }

  #topic(topicId: Uuid): ControlledTopic {
    return present(this.topics.get(topicId), 'the topic of a record')
  }

  #addPartition(record: PartitionRecord): void {
    const { topicId, partitionId } = record
    const topic = this.#topic(topicId)
    const partitionCount = Math.max(topic.partitionCount, partitionId + 1)
    if (partitionCount > topic.partitionCount) this.topics.set(topicId, { ...topic, partitionCount })
    this.#partitions.set(partitionKey(topicId, partitionId), partitionFromRecord(record, topic.topicId))
  }

  #changePartition(record: PartitionChangeRecord): void {
    const before = present(this.partition(record.topicId, record.partitionId), 'the partition of a change')
    this.#partitions.set(partitionKey(record.topicId, record.partitionId), changedPartition(before, record))
  }

  #removeTopic(topicId: Uuid): void {
    const topic = this.#topic(topicId)
    for (let id = 0; id < topic.partitionCount; id++) this.#partitions.delete(partitionKey(topicId, id))
    this.topics.delete(topicId)
    this.topicIds.delete(topic.name)
    this.#changeCollisions(topic.name, (all) => all.filter((name) => name !== topic.name))
    this.#configs.remove({ resourceType: topicResourceType, resourceName: topic.name })
  }

  #changeCollisions(name: string, change: (names: readonly string[]) => readonly string[]): void {
    if (!mayCollide(name)) return
    const key = collisionName(name)
    const names = change(this.#collisions.get(key) ?? [])
    if (names.length === 0) this.#collisions.delete(key)
    else this.#collisions.set(key, names)
  }

  #clearElr(topic: ControlledTopic): void {
    for (const partition of this.partitionsOf(topic)) {
      if (partition.eligibleLeaderReplicas.length + partition.lastKnownElr.length === 0) continue
      const { partitionEpoch } = partition
      const cleared = { ...partition, eligibleLeaderReplicas: [], lastKnownElr: [], partitionEpoch: partitionEpoch + 1 }
      this.#partitions.set(partitionKey(topic.topicId, partition.partitionId), cleared)
    }
  }

  /** By the rules of the image, on an image of this one broker. */
  #changeBroker(record: BrokerChangeRecord): void {
    const byId = record.kind === 'fenceBroker' || record.kind === 'unfenceBroker'
    const brokerId = byId ? record.value.id : record.value.brokerId
    const broker = present(this.brokers.get(brokerId), `broker ${brokerId} of a record`)
    const delta = new ClusterDelta({ brokers: new Map([[brokerId, broker.registration]]), controllers: new Map() })
    if (record.kind === 'unregisterBroker') delta.unregister(record.value)
    else if (record.kind === 'brokerRegistrationChange') delta.change(record.value)
    else delta.fence({ brokerId, brokerEpoch: record.value.epoch }, record.kind === 'fenceBroker')
    const registration = delta.apply().brokers.get(brokerId)
    if (registration === undefined) this.brokers.delete(brokerId)
    else this.brokers.set(brokerId, { ...broker, registration })
  }

  #changeFeature({ name, featureLevel }: FeatureLevelRecord): void {
    // An older Kafka's mistake (KAFKA-18979): the quorum's control records have this level, and nobody else.
    if (name === kraftVersionFeature) return
    if (featureLevel === 0) this.features.delete(name)
    else this.features.set(name, featureLevel)
  }
}
