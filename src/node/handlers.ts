/**
 * Which APIs a node serves, by listener: every handler with what it needs. An API that is not here is not in ApiVersions.
 */

import type { Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import {
  kraftVersionFeature,
  type MetadataImage,
  metadataVersionFeature,
  supportedFeatures,
} from '../metadata/index.ts'
import {
  AutoTopics,
  allocateProducerIdsHandler,
  alterConfigsHandler,
  alterPartitionHandler,
  alterPartitionReassignmentsHandler,
  alterReplicaLogDirsHandler,
  apiVersionsHandler,
  assignReplicasToDirsHandler,
  type BoundHandler,
  bind,
  brokerHeartbeatHandler,
  brokerRegistrationHandler,
  consumerGroupDescribeHandler,
  consumerGroupHeartbeatHandler,
  controllerRegistrationHandler,
  createPartitionsHandler,
  createTopicsHandler,
  deleteGroupsHandler,
  deleteRecordsHandler,
  deleteTopicsHandler,
  describeClusterHandler,
  describeConfigsHandler,
  describeGroupsHandler,
  describeLogDirsHandler,
  describeProducersHandler,
  describeQuorumHandler,
  describeTopicPartitionsHandler,
  electLeadersHandler,
  type Features,
  fetchHandler,
  findCoordinatorHandler,
  heartbeatHandler,
  incrementalAlterConfigsHandler,
  initProducerIdHandler,
  joinGroupHandler,
  leaveGroupHandler,
  listConfigResourcesHandler,
  listGroupsHandler,
  listOffsetsHandler,
  listPartitionReassignmentsHandler,
  metadataHandler,
  offsetCommitHandler,
  offsetDeleteHandler,
  offsetFetchHandler,
  offsetForLeaderEpochHandler,
  ProducerIds,
  produceHandler,
  type QuorumDescription,
  RareWarning,
  type Router,
  saslHandshakeHandler,
  syncGroupHandler,
  unregisterBrokerHandler,
  updateFeaturesHandler,
} from '../server/index.ts'
import type { Broker } from './broker.ts'
import type { MetadataQuorum } from './metadata-quorum.ts'

export interface HandlerParts {
  readonly broker: Broker
  readonly quorum: MetadataQuorum
  readonly config: BrokerConfig
  /** As the controller gave it; -1 before. */
  readonly brokerEpoch: () => number
}

/** What the handlers of brokers stand on: made once, shared by all listeners. */
export type BrokerServices = ReturnType<typeof brokerServices>

export function brokerServices({ broker, quorum, config, brokerEpoch }: HandlerParts) {
  const { env, clusterId, nodeId, channel, groups, replication, waiters, sessions } = broker
  const image = (): MetadataImage => broker.image
  const topicName = (topicId: Uuid): string | undefined => broker.image.topics.byId.get(topicId)?.name
  const autoTopics = new AutoTopics({ image, config: () => broker.config, channel, logger: env.logger.child('topics') })
  return {
    ...env,
    clusterId,
    nodeId,
    channel,
    groups,
    replication,
    waiters,
    sessions,
    image,
    topicName,
    config: () => broker.config,
    replicas: broker.replicas,
    autoTopics,
    logLevel: () => 'info' as const,
    listener: 'broker' as const,
    decompressedBytesMax: () => broker.config.own.number('odradek.max.decompressed.batch.bytes'),
    producerIds: new ProducerIds({
      channel,
      brokerId: nodeId,
      brokerEpoch,
      clock: env.clock,
      logger: env.logger.child('producer-ids'),
    }),
    refusals: new RareWarning({ clock: env.clock, logger: env.logger.child('server') }),
    quorum: () => describeQuorum(quorum, config),
    ensureInternalTopic: (name: string) => void autoTopics.create([name]),
    features: () => featuresOf(image(), quorum),
  }
}

/** What a listener for clients and brokers serves. */
export function brokerHandlers(services: BrokerServices, router: () => Router): readonly BoundHandler[] {
  const { groups, random, features } = services
  return [
    bind(produceHandler(services)),
    bind(fetchHandler(services)),
    bind(listOffsetsHandler(services)),
    bind(metadataHandler(services)),
    bind(offsetCommitHandler(services)),
    bind(offsetFetchHandler(services)),
    bind(findCoordinatorHandler(services)),
    bind(joinGroupHandler({ groups, random: random.stream('member-ids') })),
    bind(heartbeatHandler(services)),
    bind(leaveGroupHandler(services)),
    bind(syncGroupHandler(services)),
    bind(describeGroupsHandler(services)),
    bind(consumerGroupHeartbeatHandler({ ...services, random: random.stream('consumer-ids') })),
    bind(consumerGroupDescribeHandler(services)),
    bind(listGroupsHandler(services)),
    bind(saslHandshakeHandler),
    bind(apiVersionsHandler({ served: () => router().served(), features })),
    bind(createTopicsHandler(services)),
    bind(deleteTopicsHandler(services)),
    bind(deleteRecordsHandler(services)),
    bind(initProducerIdHandler(services)),
    bind(offsetForLeaderEpochHandler(services)),
    bind(describeConfigsHandler(services)),
    bind(alterConfigsHandler(services)),
    bind(alterReplicaLogDirsHandler(services)),
    bind(describeLogDirsHandler(services)),
    bind(createPartitionsHandler(services)),
    bind(deleteGroupsHandler(services)),
    bind(electLeadersHandler(services)),
    bind(incrementalAlterConfigsHandler(services)),
    bind(alterPartitionReassignmentsHandler(services)),
    bind(listPartitionReassignmentsHandler(services)),
    bind(offsetDeleteHandler(services)),
    bind(describeQuorumHandler(services)),
    bind(updateFeaturesHandler(services)),
    bind(describeClusterHandler(services)),
    bind(describeProducersHandler(services)),
    bind(unregisterBrokerHandler(services)),
    bind(listConfigResourcesHandler(services)),
    bind(describeTopicPartitionsHandler(services)),
  ]
}

/** What a listener of the controller serves: to brokers, and to tools that ask it directly. */
export function controllerHandlers(
  { broker, quorum, config }: HandlerParts,
  router: () => Router,
): readonly BoundHandler[] {
  const { env, clusterId, nodeId } = broker
  const image = (): MetadataImage => quorum.image
  const services = {
    ...env,
    clusterId,
    nodeId,
    image,
    channel: quorum.controller,
    config: () => broker.config,
    logLevel: () => 'info' as const,
    listener: 'controller' as const,
    controllerId: () => quorum.view.leaderId,
    quorum: () => describeQuorum(quorum, config),
  }
  const features = (): Features => featuresOf(image(), quorum)
  return [
    bind(saslHandshakeHandler),
    bind(apiVersionsHandler({ served: () => router().served(), features })),
    bind(createTopicsHandler(services)),
    bind(deleteTopicsHandler(services)),
    bind(describeConfigsHandler(services)),
    bind(alterConfigsHandler(services)),
    bind(createPartitionsHandler(services)),
    bind(electLeadersHandler(services)),
    bind(incrementalAlterConfigsHandler(services)),
    bind(alterPartitionReassignmentsHandler(services)),
    bind(listPartitionReassignmentsHandler(services)),
    bind(describeQuorumHandler(services)),
    bind(alterPartitionHandler(services)),
    bind(updateFeaturesHandler(services)),
    bind(describeClusterHandler(services)),
    bind(brokerRegistrationHandler(services)),
    bind(brokerHeartbeatHandler(services)),
    bind(unregisterBrokerHandler(services)),
    bind(allocateProducerIdsHandler(services)),
    bind(controllerRegistrationHandler(services)),
    bind(assignReplicasToDirsHandler(services)),
    bind(listConfigResourcesHandler(services)),
  ]
}

function featuresOf({ features, provenance }: MetadataImage, quorum: MetadataQuorum): Features {
  const levels = new Map([...features.finalized, [metadataVersionFeature, features.metadataVersion]])
  if (quorum.kraftVersion > 0) levels.set(kraftVersionFeature, quorum.kraftVersion)
  return {
    supported: supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
      name,
      minVersion: minLevel,
      maxVersion: maxLevel,
    })),
    finalizedEpoch: provenance.offset,
    finalized: [...levels].map(([name, level]) => ({ name, level })),
  }
}

function describeQuorum(quorum: MetadataQuorum, config: BrokerConfig): QuorumDescription | undefined {
  if (!quorum.isActive) return undefined
  const { leaderId, leaderEpoch, highWatermark, voters } = quorum.view
  return {
    leaderId,
    leaderEpoch,
    highWatermark,
    voters: voters.map(({ directoryId, ...voter }) => ({ ...voter, replicaDirectoryId: directoryId })),
    observers: [],
    nodes: voters.map(({ replicaId }) => ({
      nodeId: replicaId,
      listeners: config.advertisedControllerListeners.map(({ listener, host, port }) => ({
        name: listener,
        host: host ?? '',
        port,
      })),
    })),
  }
}
