/**
 * The records of a snapshot: replayed on nothing they give the image again. In Kafka's order, features first, because
 * readers learn from them how to read the rest; none that the level of `metadata.version` does not have. Off the hot path;
 * knows no batch and no file.
 */
import {
  clientQuotaRecord,
  configRecord,
  featureLevelRecord,
  producerIdsRecord,
  topicRecord,
} from '../protocol/index.ts'
import { controllerRegistrationLevel, metadataVersionFeature } from './features.ts'
import type { FeaturesImage, MetadataImage, TopicImage } from './image/metadata-image.ts'
import { recordOfPartition } from './image/partition-image.ts'
import type { MetadataRecord } from './record.ts'

export function* snapshotRecords(image: MetadataImage): Generator<MetadataRecord, void, undefined> {
  yield* featureRecords(image.features)
  for (const value of image.cluster.brokers.values()) yield { kind: 'registerBroker', value }
  // Below that level there are none, unless one of us that did not heed it has led: they register again.
  if (image.features.metadataVersion >= controllerRegistrationLevel) {
    for (const value of image.cluster.controllers.values()) yield { kind: 'registerController', value }
  }
  for (const topic of image.topics.byId.values()) yield* topicRecords(topic)
  yield* configRecords(image)
  yield* quotaRecords(image)
  if (image.nextProducerId >= 0) {
    const value = producerIdsRecord.create({ brokerId: -1, brokerEpoch: -1, nextProducerId: image.nextProducerId })
    yield { kind: 'producerIds', value }
  }
  for (const value of image.acls.values()) yield { kind: 'accessControlEntry', value }
  for (const value of image.scramCredentials.values()) yield { kind: 'userScramCredential', value }
  for (const value of image.delegationTokens.values()) yield { kind: 'delegationToken', value }
}

function* featureRecords(features: FeaturesImage): Generator<MetadataRecord, void, undefined> {
  const { metadataVersion, finalized, zkMigrationState } = features
  if (metadataVersion !== 0) yield levelRecord(metadataVersionFeature, metadataVersion)
  for (const [name, level] of finalized) yield levelRecord(name, level)
  if (zkMigrationState !== undefined) yield { kind: 'zkMigrationState', value: { zkMigrationState } }
}

const levelRecord = (name: string, featureLevel: number): MetadataRecord => ({
  kind: 'featureLevel',
  value: featureLevelRecord.create({ name, featureLevel }),
})

function* topicRecords({ name, topicId, partitions }: TopicImage): Generator<MetadataRecord, void, undefined> {
  yield { kind: 'topic', value: topicRecord.create({ name, topicId }) }
  for (const partition of partitions.values()) yield { kind: 'partition', value: recordOfPartition(partition) }
}

function* configRecords({ configs: resources }: MetadataImage): Generator<MetadataRecord, void, undefined> {
  for (const { resourceType, resourceName, configs } of resources.values()) {
    for (const [name, value] of configs) {
      yield { kind: 'config', value: configRecord.create({ resourceType, resourceName, name, value }) }
    }
  }
}

function* quotaRecords({ clientQuotas }: MetadataImage): Generator<MetadataRecord, void, undefined> {
  for (const { entity, quotas } of clientQuotas.values()) {
    for (const [key, value] of quotas) {
      yield { kind: 'clientQuota', value: clientQuotaRecord.create({ entity, key, value }) }
    }
  }
}
