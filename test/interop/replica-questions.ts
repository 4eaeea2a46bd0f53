/** What replicas answer to fetches that are not what a consumer near them asks: the same, whoever built the broker. */
import { ErrorCode, fetch } from '../../src/protocol/index.ts'
import type { ClusterNode } from './cluster.ts'
import { asked } from './partitions-seen.ts'

export interface ReplicaQuestion {
  /** Below 13: it names the topic. */
  readonly version?: number
  readonly rackId?: string
  readonly offset?: number
  readonly leaderEpoch?: number
  readonly replicaId?: number
}

/** All that an answer says of the partition, but its records. */
export const answerOf = (node: ClusterNode, topic: string, question: ReplicaQuestion) =>
  asked(node, async (wire) => {
    const { version = 12, rackId = '', offset: fetchOffset = 0, leaderEpoch = -1, replicaId = -1 } = question
    const partitions = [{ partition: 0, fetchOffset, currentLeaderEpoch: leaderEpoch, partitionMaxBytes: 1_000_000 }]
    const request = { replicaId, rackId, maxWaitMs: 0, maxBytes: 1_000_000, topics: [{ topic, partitions }] }
    const { responses } = await wire.call(fetch, version < 11 ? { ...request, rackId: '' } : request, version)
    const [first] = responses[0]?.partitions ?? []
    const size = first?.records instanceof Uint8Array ? first.records.length : 0
    return { ...first, records: size > 0 }
  })

/** With the code that a follower answers. Of a log that ends at `endOffset`, in the leader epoch 0. */
export const questionsOf = (endOffset: number): readonly (ReplicaQuestion & { readonly code: number })[] => [
  { code: ErrorCode.NONE },
  { version: 11, code: ErrorCode.NONE },
  { version: 10, code: ErrorCode.NOT_LEADER_OR_FOLLOWER },
  { rackId: 'nowhere', code: ErrorCode.NONE },
  { offset: endOffset - 1, code: ErrorCode.NONE },
  { offset: endOffset, code: ErrorCode.NONE },
  { offset: endOffset + 1, code: ErrorCode.OFFSET_OUT_OF_RANGE },
  { offset: -1, code: ErrorCode.OFFSET_OUT_OF_RANGE },
  { leaderEpoch: 0, code: ErrorCode.NONE },
  { leaderEpoch: 1, code: ErrorCode.UNKNOWN_LEADER_EPOCH },
  { replicaId: 11, code: ErrorCode.NOT_LEADER_OR_FOLLOWER },
  { replicaId: 99, code: ErrorCode.NOT_LEADER_OR_FOLLOWER },
]
