/**
 * Requests about what is there: the topic `t`, a group, this broker. Kafka's own sample requests name nothing that
 * exists, and would never get past the first look.
 */
import { type Uuid, Writer, zeroUuid } from '../../src/base/index.ts'
import * as protocol from '../../src/protocol/index.ts'

/** A request's body in one version. */
export interface Sample {
  readonly apiKey: number
  readonly version: number
  readonly body: Buffer
}

export interface Living {
  readonly topicId: Uuid
  readonly groupId: string
  readonly memberId: string
  readonly generationId: number
}

type Api<Q extends protocol.Fields> = protocol.Api<Q, protocol.Fields>

/** The request in every version that can say it. */
function every<Q extends protocol.Fields>(
  { key, versions, request }: Api<Q>,
  given: Parameters<Api<Q>['request']['create']>[0],
): Sample[] {
  const samples: Sample[] = []
  for (let version = versions[0]; version <= versions[1]; version++) {
    const writer = new Writer()
    request.encode(writer, version, request.create(given))
    samples.push({ apiKey: key, version, body: writer.finishAsOne() })
  }
  return samples
}

function ofLogs({ topicId }: Living): Sample[] {
  const { fetch, listOffsets, metadata, deleteRecords, offsetForLeaderEpoch } = protocol
  const { describeProducers, describeLogDirs, describeTopicPartitions } = protocol
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, currentLeaderEpoch: 0 }]
  const topics = [{ topic: 't', topicId, partitions }]
  const times = [-1n, -2n, -3n, 0n, BigInt(Date.now())].map((timestamp) => ({ partitionIndex: 0, timestamp }))
  const deleted = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }]
  return [
    ...every(fetch, { maxWaitMs: 1, minBytes: 1, topics }),
    ...every(fetch, { maxWaitMs: 1, sessionId: 0, sessionEpoch: 0, topics }),
    ...every(listOffsets, { replicaId: -1, topics: [{ name: 't', partitions: times }] }),
    ...every(metadata, { topics: [{ name: 't', topicId: zeroUuid }], allowAutoTopicCreation: false }),
    ...every(deleteRecords, { topics: deleted, timeoutMs: 100 }),
    ...every(offsetForLeaderEpoch, { topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0 }] }] }),
    ...every(describeProducers, { topics: [{ name: 't', partitionIndexes: [0] }] }),
    ...every(describeLogDirs, { topics: [{ topic: 't', partitions: [0] }] }),
    ...every(describeTopicPartitions, { topics: [{ name: 't' }], cursor: { topicName: 't', partitionIndex: 0 } }),
  ]
}

function ofMembers({ groupId, memberId, generationId }: Living): Sample[] {
  const { joinGroup, syncGroup, heartbeat, leaveGroup } = protocol
  const member = { groupId, memberId, generationId }
  const protocols = [{ name: 'range', metadata: Buffer.from('subscription') }]
  const times = { sessionTimeoutMs: 1000, rebalanceTimeoutMs: 100 }
  const joining = { groupId, ...times, protocolType: 'consumer', protocols }
  const assignments = [{ memberId, assignment: Buffer.from('a') }]
  return [
    ...every(joinGroup, { ...joining, memberId }),
    ...every(joinGroup, { ...joining, groupId: 'new', memberId: '' }),
    ...every(syncGroup, { ...member, protocolType: 'consumer', protocolName: 'range', assignments }),
    ...every(heartbeat, member),
    ...every(leaveGroup, { groupId, memberId, members: [{ memberId }] }),
  ]
}

function ofGroups({ topicId, groupId, memberId, generationId }: Living): Sample[] {
  const { offsetCommit, offsetFetch, offsetDelete, describeGroups, deleteGroups, findCoordinator, listGroups } =
    protocol
  const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: 'm' }]
  const topics = [{ name: 't', topicId, partitions }]
  const asked = [{ name: 't', topicId, partitionIndexes: [0] }]
  return [
    ...every(offsetCommit, { groupId: 'h', generationIdOrMemberEpoch: -1, topics }),
    ...every(offsetCommit, { groupId, memberId, generationIdOrMemberEpoch: generationId, topics }),
    ...every(offsetFetch, { groupId: 'h', topics: asked, groups: [{ groupId, topics: asked }, { groupId: 'h' }] }),
    ...every(offsetDelete, { groupId: 'h', topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }] }),
    ...every(describeGroups, { groups: [groupId, 'h'], includeAuthorizedOperations: true }),
    ...every(deleteGroups, { groupsNames: [groupId, 'h'] }),
    ...every(findCoordinator, { key: groupId, coordinatorKeys: [groupId, 'h'] }),
    ...every(listGroups, { statesFilter: ['Empty'], typesFilter: ['classic'] }),
  ]
}

function ofTopics(): Sample[] {
  const { createTopics, deleteTopics, createPartitions, describeTopicPartitions } = protocol
  // Replicas are named, not counted: a count of partitions that is changed would be obeyed.
  const assignments = [{ partitionIndex: 0, brokerIds: [1] }]
  const configs = [{ name: 'retention.ms', value: '1' }]
  const topics = [{ name: 'new', numPartitions: -1, replicationFactor: -1, assignments, configs }]
  const grown = [{ name: 't', count: 2, assignments: [{ brokerIds: [1] }] }]
  return [
    ...every(createTopics, { topics, timeoutMs: 1000 }),
    ...every(deleteTopics, { topics: [{ name: 'new' }], topicNames: ['new'], timeoutMs: 1000 }),
    ...every(createPartitions, { topics: grown, timeoutMs: 1000, validateOnly: true }),
    ...every(describeTopicPartitions, { topics: [{ name: 't' }] }),
  ]
}

function ofCluster(): Sample[] {
  const { describeConfigs, alterConfigs, incrementalAlterConfigs, initProducerId, describeQuorum } = protocol
  const { updateFeatures, describeCluster, listConfigResources, allocateProducerIds, saslHandshake, apiVersions } =
    protocol
  const configs = [{ name: 'retention.ms', value: '100000', configOperation: 0 }]
  const altered = [{ resourceType: 2, resourceName: 't', configs }]
  const resources = [
    { resourceType: 2, resourceName: 't', configurationKeys: null },
    { resourceType: 4, resourceName: '1', configurationKeys: ['log.segment.bytes'] },
    { resourceType: 32, resourceName: 'g', configurationKeys: null },
  ]
  const featureUpdates = [{ feature: 'group.version', maxVersionLevel: 1, upgradeType: 1 }]
  const metadataLog = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  return [
    ...every(describeConfigs, { resources, includeSynonyms: true, includeDocumentation: true }),
    ...every(alterConfigs, { resources: altered }),
    ...every(incrementalAlterConfigs, { resources: altered }),
    ...every(initProducerId, { transactionalId: null, transactionTimeoutMs: 1000 }),
    ...every(initProducerId, { transactionalId: 'x', transactionTimeoutMs: 1000, producerId: 1, producerEpoch: 0 }),
    ...every(describeQuorum, { topics: metadataLog }),
    ...every(updateFeatures, { timeoutMs: 100, featureUpdates, validateOnly: true }),
    ...every(describeCluster, { includeClusterAuthorizedOperations: true, endpointType: 1 }),
    ...every(listConfigResources, { resourceTypes: [2, 4, 32] }),
    ...every(allocateProducerIds, { brokerId: 1, brokerEpoch: 1 }),
    ...every(saslHandshake, { mechanism: 'PLAIN' }),
    ...every(apiVersions, { clientSoftwareName: 'wire', clientSoftwareVersion: '1.0' }),
  ]
}

export const liveSamples = (living: Living): readonly Sample[] => [
  ...ofLogs(living),
  ...ofMembers(living),
  ...ofGroups(living),
  ...ofTopics(),
  ...ofCluster(),
]
