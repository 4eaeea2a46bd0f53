/** Which APIs a controller serves: every handler with what it needs. What is not here is not in ApiVersions. */
import type { Env } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import type { ControllerChannel, MetadataImage } from '../metadata/index.ts'
import {
  addRaftVoterHandler,
  allocateProducerIdsHandler,
  alterClientQuotasHandler,
  alterConfigsHandler,
  alterPartitionHandler,
  alterPartitionReassignmentsHandler,
  apiVersionsHandler,
  assignReplicasToDirsHandler,
  type BoundHandler,
  beginQuorumEpochHandler,
  bind,
  brokerHeartbeatHandler,
  brokerRegistrationHandler,
  controllerRegistrationHandler,
  createAclsHandler,
  createPartitionsHandler,
  createTopicsHandler,
  deleteAclsHandler,
  deleteTopicsHandler,
  describeAclsHandler,
  describeClusterHandler,
  describeConfigsHandler,
  describeQuorumHandler,
  electLeadersHandler,
  endQuorumEpochHandler,
  envelopeHandler,
  type Features,
  fetchSnapshotHandler,
  incrementalAlterConfigsHandler,
  listPartitionReassignmentsHandler,
  quorumFetchHandler,
  type Router,
  removeRaftVoterHandler,
  saslHandshakeHandler,
  unregisterBrokerHandler,
  updateFeaturesHandler,
  updateRaftVoterHandler,
  voteHandler,
} from '../server/index.ts'
import type { MetadataQuorum } from './metadata-quorum.ts'
import { describeQuorum } from './quorum-description.ts'
import { featuresOf } from './served-features.ts'

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
