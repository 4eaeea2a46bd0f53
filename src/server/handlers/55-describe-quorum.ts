/**
 * DescribeQuorum (55), on brokers and controllers: the voters and observers of `__cluster_metadata`, as their leader sees
 * them (KIP-595).
 *
 * Versions 0 to 2. 1: when each replica fetched last. 2: messages, directories, where the voters are (KIP-853).
 */
import type { Uuid } from '../../base/index.ts'
import { clusterMetadataTopic } from '../../metadata/index.ts'
import {
  type DescribeQuorumRequest,
  type DescribeQuorumResponse,
  describeQuorum,
  ErrorCode,
} from '../../protocol/index.ts'
import type { Handler } from '../handler.ts'

export interface QuorumReplica {
  readonly replicaId: number
  readonly replicaDirectoryId: Uuid
  readonly logEndOffset: number
  /** -1: never, or nobody knows. */
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}

export interface QuorumDescription {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
  readonly voters: readonly QuorumReplica[]
  readonly observers: readonly QuorumReplica[]
  readonly nodes: readonly {
    readonly nodeId: number
    readonly listeners: readonly { readonly name: string; readonly host: string; readonly port: number }[]
  }[]
}

export interface DescribeQuorumServices {
  /**
   * As the leader tells it: at once where this node is the leader, later where it has to be asked. undefined: this node
   * does not lead, and asks nobody. May reject with ApiError.
   */
  readonly quorum: () => QuorumDescription | undefined | Promise<QuorumDescription | undefined>
}

const unknownPartition = 'This server does not host this topic-partition.'
const notLeader = 'This node is not the leader of the metadata quorum.'

function eachPartition({ topics }: DescribeQuorumRequest, errorCode: number, errorMessage: string) {
  return describeQuorum.response.create({
    topics: topics.map(({ topicName, partitions }) => ({
      topicName,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode, errorMessage })),
    })),
  })
}

function isMetadataPartition({ topics }: DescribeQuorumRequest): boolean {
  const [topic, ...others] = topics
  if (topic === undefined || others.length > 0 || topic.topicName !== clusterMetadataTopic) return false
  return topic.partitions.length === 1 && topic.partitions[0]?.partitionIndex === 0
}

function described(quorum: QuorumDescription): DescribeQuorumResponse {
  const { leaderId, leaderEpoch, highWatermark, voters, observers, nodes } = quorum
  const partition = { partitionIndex: 0, leaderId, leaderEpoch, highWatermark, currentVoters: voters, observers }
  return describeQuorum.response.create({
    topics: [{ topicName: clusterMetadataTopic, partitions: [partition] }],
    nodes,
  })
}

export function describeQuorumHandler(
  services: DescribeQuorumServices,
): Handler<DescribeQuorumRequest, DescribeQuorumResponse> {
  return {
    api: describeQuorum,
    async handle(request) {
      if (!isMetadataPartition(request)) {
        return eachPartition(request, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, unknownPartition)
      }
      const quorum = await services.quorum()
      if (quorum === undefined) return eachPartition(request, ErrorCode.NOT_LEADER_OR_FOLLOWER, notLeader)
      return described(quorum)
    },
    fail: (_request, { code, message }) => describeQuorum.response.create({ errorCode: code, errorMessage: message }),
  }
}
