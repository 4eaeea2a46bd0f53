/**
 * Which APIs a node serves, by listener: every handler with what it needs. An API that is not here is not in ApiVersions.
 */

import type { Env, Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import type { ControllerChannel, MetadataImage } from '../metadata/index.ts'
import {
  AutoTopics,
  addRaftVoterHandler,
  allocateProducerIdsHandler,
  alterClientQuotasHandler,
  alterConfigsHandler,
  alterPartitionHandler,
  alterPartitionReassignmentsHandler,
  alterReplicaLogDirsHandler,
  apiVersionsHandler,
  assignReplicasToDirsHandler,
  type BoundHandler,
  beginQuorumEpochHandler,
  bind,
  bindForwarded,
  brokerHeartbeatHandler,
  brokerRegistrationHandler,
  consumerGroupDescribeHandler,
  consumerGroupHeartbeatHandler,
  controllerRegistrationHandler,
  createAclsHandler,
  createPartitionsHandler,
  createTopicsHandler,
  deleteAclsHandler,
  deleteGroupsHandler,
  deleteRecordsHandler,
  deleteTopicsHandler,
  describeAclsHandler,
  describeClientQuotasHandler,
  describeClusterHandler,
  describeConfigsHandler,
  describeGroupsHandler,
  describeLogDirsHandler,
  describeProducersHandler,
  describeQuorumHandler,
  describeTopicPartitionsHandler,
  electLeadersHandler,
  endQuorumEpochHandler,
  envelopeHandler,
  type Features,
  type Forwarder,
  fetchHandler,
  fetchSnapshotHandler,
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
  quorumFetchHandler,
  RareWarning,
  type Router,
  removeRaftVoterHandler,
  saslHandshakeHandler,
  syncGroupHandler,
  unregisterBrokerHandler,
  updateFeaturesHandler,
  updateRaftVoterHandler,
  voteHandler,
} from '../server/index.ts'
import type { Broker } from './broker.ts'
import type { MetadataQuorum } from './metadata-quorum.ts'
import { describeQuorum } from './quorum-description.ts'
import { featuresOf } from './served-features.ts'

export interface BrokerParts {
  readonly broker: Broker
  readonly quorum: MetadataQuorum
  /** As the controller gave it; -1 before. */
  readonly brokerEpoch: () => number
  /** To the active controller; undefined while that is in this process. */
  readonly forwarder: () => Forwarder | undefined
}

/** What the handlers of brokers stand on: made once, shared by all listeners. */
export type BrokerServices = ReturnType<typeof brokerServices>

export function brokerServices({ broker, quorum, brokerEpoch, forwarder }: BrokerParts) {
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
    chance: env.random.stream('taken-for-controller'),
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
    quorum: () => describeQuorum(quorum),
    quorumPort: quorum.port,
    ensureInternalTopic: (name: string) => void autoTopics.create([name]),
    features: () => featuresOf(image(), quorum),
    forwarder,
  }
}

/** What a listener for clients and brokers serves. */
export function brokerHandlers(services: BrokerServices, router: () => Router): readonly BoundHandler[] {
  const { groups, random, features, forwarder } = services
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
    bindForwarded(createTopicsHandler(services), forwarder),
    bindForwarded(deleteTopicsHandler(services), forwarder),
    bind(deleteRecordsHandler(services)),
    bind(initProducerIdHandler(services)),
    bind(offsetForLeaderEpochHandler(services)),
    bind(describeAclsHandler(services)),
    bindForwarded(createAclsHandler(services), forwarder),
    bindForwarded(deleteAclsHandler(services), forwarder),
    bind(describeConfigsHandler(services)),
    bind(alterConfigsHandler(services)),
    bind(alterReplicaLogDirsHandler(services)),
    bind(describeLogDirsHandler(services)),
    bindForwarded(createPartitionsHandler(services), forwarder),
    bind(deleteGroupsHandler(services)),
    bindForwarded(electLeadersHandler(services), forwarder),
    bind(incrementalAlterConfigsHandler(services)),
    bindForwarded(alterPartitionReassignmentsHandler(services), forwarder),
    bindForwarded(listPartitionReassignmentsHandler(services), forwarder),
    bind(offsetDeleteHandler(services)),
    bind(describeClientQuotasHandler(services)),
    bindForwarded(alterClientQuotasHandler(services), forwarder),
    bindForwarded(describeQuorumHandler(services), forwarder),
    bindForwarded(updateFeaturesHandler(services), forwarder),
    bind(describeClusterHandler(services)),
    bind(describeProducersHandler(services)),
    bindForwarded(unregisterBrokerHandler(services), forwarder),
    bind(listConfigResourcesHandler(services)),
    bind(describeTopicPartitionsHandler(services)),
    bindForwarded(addRaftVoterHandler(services), forwarder),
    bindForwarded(removeRaftVoterHandler(services), forwarder),
  ]
}

export interface ControllerParts {
  readonly env: Env
  readonly clusterId: string
  readonly quorum: MetadataQuorum
  readonly controller: ControllerChannel
  readonly config: () => BrokerConfig
}

/** What a listener of the controller serves: to voters and brokers, and to tools that ask it directly. */
export function controllerHandlers(
  { env, clusterId, quorum, controller, config }: ControllerParts,
  router: () => Router,
): readonly BoundHandler[] {
  const image = (): MetadataImage => quorum.image
  const services = {
    ...env,
    clusterId,
    nodeId: config().nodeId,
    image,
    channel: controller,
    quorumPort: quorum.port,
    config,
    logLevel: () => 'info' as const,
    listener: 'controller' as const,
    controllerId: () => quorum.view.leaderId,
    quorum: () => describeQuorum(quorum),
  }
  const features = (): Features => featuresOf(image(), quorum)
  return [
    bind(quorumFetchHandler(services)),
    bind(saslHandshakeHandler),
    bind(apiVersionsHandler({ served: () => router().served(), features })),
    bind(createTopicsHandler(services)),
    bind(deleteTopicsHandler(services)),
    bind(describeAclsHandler(services)),
    bind(createAclsHandler(services)),
    bind(deleteAclsHandler(services)),
    bind(describeConfigsHandler(services)),
    bind(alterConfigsHandler(services)),
    bind(createPartitionsHandler(services)),
    bind(electLeadersHandler(services)),
    bind(incrementalAlterConfigsHandler(services)),
    bind(alterPartitionReassignmentsHandler(services)),
    bind(listPartitionReassignmentsHandler(services)),
    bind(alterClientQuotasHandler(services)),
    bind(voteHandler(services)),
    bind(beginQuorumEpochHandler(services)),
    bind(endQuorumEpochHandler(services)),
    bind(fetchSnapshotHandler(services)),
    bind(describeQuorumHandler(services)),
    bind(alterPartitionHandler(services)),
    bind(updateFeaturesHandler(services)),
    bind(envelopeHandler({ router, isActive: () => quorum.isActive })),
    bind(describeClusterHandler(services)),
    bind(brokerRegistrationHandler(services)),
    bind(brokerHeartbeatHandler(services)),
    bind(unregisterBrokerHandler(services)),
    bind(allocateProducerIdsHandler(services)),
    bind(controllerRegistrationHandler(services)),
    bind(assignReplicasToDirsHandler(services)),
    bind(addRaftVoterHandler(services)),
    bind(removeRaftVoterHandler(services)),
    bind(updateRaftVoterHandler(services)),
  ]
}
