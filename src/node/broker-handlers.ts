/** Which APIs a broker serves to clients and to other brokers: every handler with what it needs. What is not here is not in ApiVersions. */
import type { Uuid } from '../base/index.ts'
import type { MetadataImage } from '../metadata/index.ts'
import {
  AutoTopics,
  addRaftVoterHandler,
  alterClientQuotasHandler,
  alterConfigsHandler,
  alterPartitionReassignmentsHandler,
  alterReplicaLogDirsHandler,
  apiVersionsHandler,
  type BoundHandler,
  bind,
  bindForwarded,
  consumerGroupDescribeHandler,
  consumerGroupHeartbeatHandler,
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
  type Forwarder,
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
  RareWarning,
  type Router,
  removeRaftVoterHandler,
  saslHandshakeHandler,
  syncGroupHandler,
  unregisterBrokerHandler,
  updateFeaturesHandler,
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
