/**
 * All that a cluster knows, as of one offset of `__cluster_metadata`: immutable, swapped whole, sharing what did not
 * change with the image before, topic by topic. Brokers, coordinators and the authorizer read it; a delta makes the next.
 */
import type { Uuid } from '../../base/index.ts'
import type {
  AccessControlEntryRecord,
  DelegationTokenRecord,
  RegisterBrokerRecord,
  RegisterControllerRecord,
  UserScramCredentialRecord,
} from '../../protocol/index.ts'
import type { PartitionImage } from './partition-image.ts'

/** Up to where in the metadata log an image goes. */
export interface Provenance {
  /** Of the last record in the image; -1: of none. */
  readonly offset: number
  /** Of the quorum leader that wrote that record. */
  readonly epoch: number
  readonly timestampMs: number
}

export interface FeaturesImage {
  /** The level of `metadata.version`; 0 as long as no record told it. */
  readonly metadataVersion: number
  /** The level of each other feature; one that is at level 0 is absent. */
  readonly finalized: ReadonlyMap<string, number>
  /** As the last record of the migration from ZooKeeper told it; without effect in 4.x. */
  readonly zkMigrationState: number | undefined
}

/** A registration with its newest fencing, controlled shutdown and directories. */
export type BrokerImage = RegisterBrokerRecord
export type ControllerImage = RegisterControllerRecord

export interface ClusterImage {
  readonly brokers: ReadonlyMap<number, BrokerImage>
  readonly controllers: ReadonlyMap<number, ControllerImage>
}

export interface TopicImage {
  readonly name: string
  readonly topicId: Uuid
  readonly partitions: ReadonlyMap<number, PartitionImage>
}

export interface TopicsImage {
  readonly byId: ReadonlyMap<Uuid, TopicImage>
  readonly byName: ReadonlyMap<string, TopicImage>
}

export interface ConfigResource {
  /** Kafka's code: 2 topic, 4 broker, 16 client metrics, 32 group. */
  readonly resourceType: number
  /** Empty for the defaults of all brokers. */
  readonly resourceName: string
}

export interface ResourceConfigs extends ConfigResource {
  readonly configs: ReadonlyMap<string, string>
}

export interface QuotaEntityPart {
  readonly entityType: string
  /** null: the default of the type. */
  readonly entityName: string | null
}

export interface QuotaEntity {
  /** In the order of the types, so that an entity has one form. */
  readonly entity: readonly QuotaEntityPart[]
  readonly quotas: ReadonlyMap<string, number>
}

export interface MetadataImage {
  readonly provenance: Provenance
  readonly features: FeaturesImage
  readonly cluster: ClusterImage
  readonly topics: TopicsImage
  /** By `configResourceKey`. */
  readonly configs: ReadonlyMap<string, ResourceConfigs>
  /** By `quotaEntityKey`. */
  readonly clientQuotas: ReadonlyMap<string, QuotaEntity>
  /** The first producer id of the next block; -1 before the first block was given out. */
  readonly nextProducerId: number
  readonly acls: ReadonlyMap<Uuid, AccessControlEntryRecord>
  /** By `scramCredentialKey`. */
  readonly scramCredentials: ReadonlyMap<string, UserScramCredentialRecord>
  /** By token id. */
  readonly delegationTokens: ReadonlyMap<string, DelegationTokenRecord>
}

export const emptyImage: MetadataImage = {
  provenance: { offset: -1, epoch: -1, timestampMs: -1 },
  features: { metadataVersion: 0, finalized: new Map(), zkMigrationState: undefined },
  cluster: { brokers: new Map(), controllers: new Map() },
  topics: { byId: new Map(), byName: new Map() },
  configs: new Map(),
  clientQuotas: new Map(),
  nextProducerId: -1,
  acls: new Map(),
  scramCredentials: new Map(),
  delegationTokens: new Map(),
}

export const configResourceKey = ({ resourceType, resourceName }: ConfigResource): string =>
  `${resourceType}:${resourceName}`

export const scramCredentialKey = (credential: { readonly name: string; readonly mechanism: number }): string =>
  `${credential.mechanism}:${credential.name}`

export const sortedEntity = (entity: readonly QuotaEntityPart[]): readonly QuotaEntityPart[] =>
  entity.toSorted((a, b) => (a.entityType < b.entityType ? -1 : Number(a.entityType > b.entityType)))

/** The same for the same parts in any order. */
export const quotaEntityKey = (entity: readonly QuotaEntityPart[]): string =>
  JSON.stringify(sortedEntity(entity).map((part) => [part.entityType, part.entityName]))

const noConfigs: ReadonlyMap<string, string> = new Map()

/** What is set on a resource; empty if nothing is. */
export const configsOf = (image: MetadataImage, resource: ConfigResource): ReadonlyMap<string, string> =>
  image.configs.get(configResourceKey(resource))?.configs ?? noConfigs
