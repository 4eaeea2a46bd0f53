/**
 * Requests about what is there: the topic `t`, the group `g`, this broker. Kafka's own sample requests name nothing that
 * exists, and would never get past the first look.
 */
import type { Uuid } from '../../src/base/index.ts'
import * as protocol from '../../src/protocol/index.ts'

export interface LiveRequest {
  readonly api: protocol.Api<protocol.Fields, protocol.Fields>
  readonly request: Readonly<Record<string, unknown>>
}

export interface Living {
  readonly topicId: Uuid
  readonly memberId: string
  readonly generationId: number
}

const dynamic = { name: 'retention.ms', value: '100000', configOperation: 0 }
const altered = { resources: [{ resourceType: 2, resourceName: 't', configs: [dynamic] }] }
const resources = [
  { resourceType: 2, resourceName: 't', configurationKeys: null },
  { resourceType: 4, resourceName: '1', configurationKeys: ['log.segment.bytes'] },
  { resourceType: 32, resourceName: 'g', configurationKeys: null },
]

function ofLogs({ topicId }: Living): readonly (readonly [keyof typeof protocol, object])[] {
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, currentLeaderEpoch: 0 }]
  const times = [-1n, -2n, -3n, 0n, BigInt(Date.now())]
  return [
    ['fetch', { maxWaitMs: 1, minBytes: 1, topics: [{ topic: 't', topicId, partitions }] }],
    ['fetch', { maxWaitMs: 1, sessionId: 0, sessionEpoch: 0, topics: [{ topic: 't', topicId, partitions }] }],
    [
      'listOffsets',
      {
        replicaId: -1,
        topics: [{ name: 't', partitions: times.map((timestamp) => ({ partitionIndex: 0, timestamp })) }],
      },
    ],
    ['metadata', { topics: [{ name: 't', topicId: protocol.zeroUuid }], allowAutoTopicCreation: false }],
    ['deleteRecords', { topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 1 }] }], timeoutMs: 100 }],
    ['offsetForLeaderEpoch', { topics: [{ topic: 't', partitions: [{ partition: 0, leaderEpoch: 0 }] }] }],
    ['describeProducers', { topics: [{ name: 't', partitionIndexes: [0] }] }],
    ['describeLogDirs', { topics: [{ topic: 't', partitions: [0] }] }],
    ['describeTopicPartitions', { topics: [{ name: 't' }], cursor: { topicName: 't', partitionIndex: 0 } }],
  ]
}

function ofGroups({ topicId, memberId, generationId }: Living): readonly (readonly [keyof typeof protocol, object])[] {
  const member = { groupId: 'g', memberId, generationId }
  const protocols = [{ name: 'range', metadata: Buffer.from('subscription') }]
  const joining = {
    groupId: 'g',
    sessionTimeoutMs: 1000,
    rebalanceTimeoutMs: 100,
    protocolType: 'consumer',
    protocols,
  }
  const partitions = [{ partitionIndex: 0, committedOffset: 1n, committedMetadata: 'm' }]
  const topics = [{ name: 't', topicId, partitions }]
  const asked = [{ name: 't', topicId, partitionIndexes: [0] }]
  return [
    ['joinGroup', { ...joining, memberId }],
    ['joinGroup', { ...joining, memberId: '', groupInstanceId: 'i' }],
    [
      'syncGroup',
      {
        ...member,
        protocolType: 'consumer',
        protocolName: 'range',
        assignments: [{ memberId, assignment: Buffer.from('a') }],
      },
    ],
    ['heartbeat', member],
    ['leaveGroup', { groupId: 'g', memberId, members: [{ memberId, groupInstanceId: 'i' }] }],
    ['offsetCommit', { groupId: 'h', generationIdOrMemberEpoch: -1, topics }],
    ['offsetCommit', { ...member, generationIdOrMemberEpoch: generationId, topics }],
    [
      'offsetFetch',
      { groupId: 'g', topics: [{ name: 't', partitionIndexes: [0] }], groups: [{ groupId: 'g', topics: asked }] },
    ],
    ['offsetDelete', { groupId: 'h', topics: [{ name: 't', partitions: [{ partitionIndex: 0 }] }] }],
    ['describeGroups', { groups: ['g', 'h'], includeAuthorizedOperations: true }],
    ['deleteGroups', { groupsNames: ['g', 'h'] }],
    ['findCoordinator', { key: 'g', coordinatorKeys: ['g', 'h'] }],
    ['listGroups', { statesFilter: ['Empty'], typesFilter: ['classic'] }],
  ]
}

const ofCluster: readonly (readonly [keyof typeof protocol, object])[] = [
  [
    'createTopics',
    {
      topics: [
        {
          name: 'new',
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: [1] }],
          configs: [{ name: 'retention.ms', value: '1' }],
        },
      ],
      timeoutMs: 1000,
    },
  ],
  ['deleteTopics', { topics: [{ name: 'new' }], topicNames: ['new'], timeoutMs: 1000 }],
  [
    'createPartitions',
    { topics: [{ name: 't', count: 2, assignments: [{ brokerIds: [1] }] }], timeoutMs: 1000, validateOnly: true },
  ],
  ['describeConfigs', { resources, includeSynonyms: true, includeDocumentation: true }],
  ['alterConfigs', altered],
  ['incrementalAlterConfigs', altered],
  ['initProducerId', { transactionalId: null, transactionTimeoutMs: 1000 }],
  ['initProducerId', { transactionalId: 'x', transactionTimeoutMs: 1000, producerId: 1, producerEpoch: 0 }],
  ['describeQuorum', { topics: [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }] }],
  [
    'updateFeatures',
    {
      timeoutMs: 100,
      featureUpdates: [{ feature: 'group.version', maxVersionLevel: 1, upgradeType: 1 }],
      validateOnly: true,
    },
  ],
  ['describeCluster', { includeClusterAuthorizedOperations: true, endpointType: 1 }],
  ['listConfigResources', { resourceTypes: [2, 4, 32] }],
  ['allocateProducerIds', { brokerId: 1, brokerEpoch: 1 }],
  ['saslHandshake', { mechanism: 'PLAIN' }],
  ['apiVersions', { clientSoftwareName: 'wire', clientSoftwareVersion: '1.0' }],
]

const isApi = (value: unknown): value is LiveRequest['api'] =>
  typeof value === 'object' && value !== null && 'request' in value && 'key' in value

export function liveRequests(living: Living): readonly LiveRequest[] {
  return [...ofLogs(living), ...ofGroups(living), ...ofCluster].map(([name, request]) => {
    const api: unknown = protocol[name]
    if (!isApi(api)) throw new TypeError(`${name} is no API`)
    return { api, request: { ...request } }
  })
}
