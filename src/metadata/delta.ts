/**
 * What records change of an image, and the image that comes of it. On the control path of every node. Records are what
 * the quorum committed: one that does not fit what came before is a fault of ours, hence an assertion.
 */
import { assert, type Uuid, unreachable } from '../base/index.ts'
import type {
  AccessControlEntryRecord,
  ClientQuotaRecord,
  ConfigRecord,
  DelegationTokenRecord,
  FeatureLevelRecord,
  UserScramCredentialRecord,
} from '../protocol/index.ts'
import { type BrokerChange, ClusterDelta } from './cluster-delta.ts'
import { kraftVersionFeature, metadataVersionFeature } from './features.ts'
import { ChangedMap } from './image/changed-map.ts'
import {
  type ConfigResource,
  configResourceKey,
  type FeaturesImage,
  type MetadataImage,
  type Provenance,
  type QuotaEntity,
  quotaEntityKey,
  type ResourceConfigs,
  scramCredentialKey,
  sortedEntity,
} from './image/metadata-image.ts'
import type { MetadataRecord, RecordOf } from './record.ts'
import { type KnownPartition, type TopicsChanges, TopicsDelta } from './topics-delta.ts'

export interface MetadataChanges extends TopicsChanges {
  readonly brokersChanged: readonly BrokerChange[]
  /** The ids of controllers that registered, or are gone after a snapshot. */
  readonly controllersChanged: readonly number[]
  readonly configsChanged: readonly ConfigResource[]
  /** Names, `metadata.version` among them. */
  readonly featuresChanged: readonly string[]
  readonly clientQuotasChanged: boolean
  readonly aclsChanged: boolean
  readonly scramCredentialsChanged: boolean
  readonly delegationTokensChanged: boolean
}

/** For those who say what did change. */
export const noChanges: MetadataChanges = {
  topicsCreated: [],
  topicsChanged: [],
  topicsDeleted: [],
  brokersChanged: [],
  controllersChanged: [],
  configsChanged: [],
  featuresChanged: [],
  clientQuotasChanged: false,
  aclsChanged: false,
  scramCredentialsChanged: false,
  delegationTokensChanged: false,
}

type SecurityRecord = RecordOf<
  | 'accessControlEntry'
  | 'removeAccessControlEntry'
  | 'userScramCredential'
  | 'removeUserScramCredential'
  | 'delegationToken'
  | 'removeDelegationToken'
>

/** The code of a topic among the types of config resources. */
const topicResourceType = 2
const topicResource = (resourceName: string): ConfigResource => ({ resourceType: topicResourceType, resourceName })

export class MetadataDelta {
  readonly #before: MetadataImage
  readonly #cluster: ClusterDelta
  readonly #topics: TopicsDelta
  readonly #features: ChangedMap<string, number>
  readonly #configs: ChangedMap<string, ResourceConfigs>
  /** Texts of resources that this delta has made, and nobody else knows yet: a record does not copy them again. */
  readonly #ownTexts = new Map<string, Map<string, string>>()
  readonly #configsChanged = new Map<string, ConfigResource>()
  readonly #quotas: ChangedMap<string, QuotaEntity>
  readonly #acls: ChangedMap<Uuid, AccessControlEntryRecord>
  readonly #scram: ChangedMap<string, UserScramCredentialRecord>
  readonly #tokens: ChangedMap<string, DelegationTokenRecord>
  #zkMigrationState: number | undefined
  #nextProducerId: number
  #applied = false

  /** `known`: what this node's controller has; where it is the same, it is in the image too. */
  constructor(before: MetadataImage, known: KnownPartition = () => undefined) {
    this.#before = before
    this.#cluster = new ClusterDelta(before.cluster)
    this.#topics = new TopicsDelta(before.topics, known)
    this.#features = new ChangedMap(levelsOf(before.features))
    this.#configs = new ChangedMap(before.configs)
    this.#quotas = new ChangedMap(before.clientQuotas)
    this.#acls = new ChangedMap(before.acls)
    this.#scram = new ChangedMap(before.scramCredentials)
    this.#tokens = new ChangedMap(before.delegationTokens)
    this.#zkMigrationState = before.features.zkMigrationState
    this.#nextProducerId = before.nextProducerId
  }

  replay(record: MetadataRecord): void {
    assert(!this.#applied, 'a delta takes no record after it was applied')
    switch (record.kind) {
      case 'registerBroker':
        this.#cluster.register(record.value)
        break
      case 'unregisterBroker':
        this.#cluster.unregister(record.value)
        break
      case 'fenceBroker':
      case 'unfenceBroker':
        this.#cluster.fence(
          { brokerId: record.value.id, brokerEpoch: record.value.epoch },
          record.kind === 'fenceBroker',
        )
        break
      case 'brokerRegistrationChange':
        this.#cluster.change(record.value)
        break
      case 'registerController':
        this.#cluster.registerController(record.value)
        break
      case 'topic':
        this.#topics.create(record.value)
        break
      case 'partition':
        this.#topics.addPartition(record.value)
        break
      case 'partitionChange':
        this.#topics.changePartition(record.value)
        break
      case 'removeTopic':
        this.#removeConfigs(topicResource(this.#topics.remove(record.value.topicId)))
        break
      case 'clearElr':
        this.#topics.clearElr(record.value)
        break
      case 'config':
        this.#config(record.value)
        break
      case 'clientQuota':
        this.#clientQuota(record.value)
        break
      case 'featureLevel':
        this.#featureLevel(record.value)
        break
      case 'producerIds':
        this.#nextProducerId = record.value.nextProducerId
        break
      case 'zkMigrationState':
        this.#zkMigrationState = record.value.zkMigrationState
        break
      case 'accessControlEntry':
      case 'removeAccessControlEntry':
      case 'userScramCredential':
      case 'removeUserScramCredential':
      case 'delegationToken':
      case 'removeDelegationToken':
        this.#security(record)
        break
      // They change no state; transactions are the loader's.
      case 'noOp':
      case 'beginTransaction':
      case 'endTransaction':
      case 'abortTransaction':
        break
      default:
        unreachable(record)
    }
  }

  #security(record: SecurityRecord): void {
    switch (record.kind) {
      case 'accessControlEntry':
        this.#acls.set(record.value.id, record.value)
        break
      case 'removeAccessControlEntry':
        this.#acls.delete(record.value.id)
        break
      case 'userScramCredential':
        this.#scram.set(scramCredentialKey(record.value), record.value)
        break
      case 'removeUserScramCredential':
        this.#scram.delete(scramCredentialKey(record.value))
        break
      case 'delegationToken':
        this.#tokens.set(record.value.tokenId, record.value)
        break
      case 'removeDelegationToken':
        this.#tokens.delete(record.value.tokenId)
        break
      default:
        unreachable(record)
    }
  }

  #config({ resourceType, resourceName, name, value }: ConfigRecord): void {
    const resource = { resourceType, resourceName }
    const key = configResourceKey(resource)
    const known = this.#configs.get(key)?.configs
    const own = this.#ownTexts.get(key)
    const configs = own !== undefined && own === known ? own : new Map(known)
    if (value === null) configs.delete(name)
    else configs.set(name, value)
    this.#ownTexts.set(key, configs)
    if (configs.size === 0) this.#configs.delete(key)
    else this.#configs.set(key, { ...resource, configs })
    this.#configsChanged.set(key, resource)
  }

  #removeConfigs(resource: ConfigResource): void {
    const key = configResourceKey(resource)
    if (this.#configs.get(key) === undefined) return
    this.#configs.delete(key)
    this.#configsChanged.set(key, resource)
  }

  #clientQuota({ entity, key, value, remove }: ClientQuotaRecord): void {
    const entityKey = quotaEntityKey(entity)
    const quotas = new Map(this.#quotas.get(entityKey)?.quotas)
    if (remove) quotas.delete(key)
    else quotas.set(key, value)
    if (quotas.size === 0) this.#quotas.delete(entityKey)
    else this.#quotas.set(entityKey, { entity: sortedEntity(entity), quotas })
  }

  /** Level 0 is no level (KIP-584). */
  #featureLevel({ name, featureLevel }: FeatureLevelRecord): void {
    // An older Kafka's mistake (KAFKA-18979): the quorum's control records have this level, and nobody else.
    if (name === kraftVersionFeature) return
    if (featureLevel === 0) this.#features.delete(name)
    else this.#features.set(name, featureLevel)
  }

  /** Everything goes: the records of a snapshot follow, which hold the whole state. */
  clear(): void {
    this.#cluster.clear()
    this.#topics.clear()
    this.#features.clear()
    for (const [key, resource] of this.#before.configs) this.#configsChanged.set(key, resource)
    for (const map of [this.#configs, this.#quotas, this.#scram, this.#tokens]) map.clear()
    this.#acls.clear()
    this.#zkMigrationState = undefined
    this.#nextProducerId = -1
  }

  /** The image with all that was replayed. A section in which nothing changed is the object that it was. */
  apply(provenance: Provenance): MetadataImage {
    this.#applied = true
    return {
      provenance,
      features: this.#applyFeatures(),
      cluster: this.#cluster.apply(),
      topics: this.#topics.apply(),
      configs: this.#configs.apply(),
      clientQuotas: this.#quotas.apply(),
      nextProducerId: this.#nextProducerId,
      acls: this.#acls.apply(),
      scramCredentials: this.#scram.apply(),
      delegationTokens: this.#tokens.apply(),
    }
  }

  #applyFeatures(): FeaturesImage {
    const { features } = this.#before
    const levels = this.#features.apply()
    if (levels === this.#features.base && this.#zkMigrationState === features.zkMigrationState) return features
    const finalized = new Map(levels)
    finalized.delete(metadataVersionFeature)
    const metadataVersion = levels.get(metadataVersionFeature) ?? 0
    return { metadataVersion, finalized, zkMigrationState: this.#zkMigrationState }
  }

  /** What the records named. After a snapshot that is everything in it, and everything that it no longer holds. */
  changes(): MetadataChanges {
    assert(this.#applied, 'a delta tells its changes once it was applied')
    return {
      ...this.#topics.changes(),
      brokersChanged: this.#cluster.brokersChanged(),
      controllersChanged: this.#cluster.controllersChanged(),
      configsChanged: [...this.#configsChanged.values()].map(({ resourceType, resourceName }) => ({
        resourceType,
        resourceName,
      })),
      featuresChanged: [...this.#features.changedKeys()],
      clientQuotasChanged: this.#quotas.apply() !== this.#before.clientQuotas,
      aclsChanged: this.#acls.apply() !== this.#before.acls,
      scramCredentialsChanged: this.#scram.apply() !== this.#before.scramCredentials,
      delegationTokensChanged: this.#tokens.apply() !== this.#before.delegationTokens,
    }
  }
}

function levelsOf({ metadataVersion, finalized }: FeaturesImage): ReadonlyMap<string, number> {
  const levels = new Map(finalized)
  if (metadataVersion !== 0) levels.set(metadataVersionFeature, metadataVersion)
  return levels
}
