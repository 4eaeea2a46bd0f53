/**
 * OffsetForLeaderEpoch (23), versions 2 to 4: where a leader epoch ends in the log, so that a follower or a consumer finds
 * out where its own history left ours (KIP-101, KIP-320).
 *
 * 3: the replica that asks. 4: flexible.
 */
import { ApiError } from '../../base/index.ts'
import {
  ErrorCode,
  type OffsetForLeaderEpochRequest,
  type OffsetForLeaderEpochResponse,
  offsetForLeaderEpoch,
} from '../../protocol/index.ts'
import type { ReplicaManager } from '../../replication/index.ts'
import type { Handler } from '../handler.ts'

export interface OffsetForLeaderEpochServices {
  readonly replicas: ReplicaManager
}

const unknown = { leaderEpoch: -1, endOffset: -1 }

export function offsetForLeaderEpochHandler({
  replicas,
}: OffsetForLeaderEpochServices): Handler<OffsetForLeaderEpochRequest, OffsetForLeaderEpochResponse> {
  return {
    api: offsetForLeaderEpoch,
    handle: (request) => ({
      throttleTimeMs: 0,
      topics: request.topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map(({ partition, currentLeaderEpoch, leaderEpoch }) => {
          try {
            const { log } = replicas.leader(topic, partition, currentLeaderEpoch)
            return { partition, errorCode: ErrorCode.NONE, ...log.endOffsetForEpoch(leaderEpoch) }
          } catch (error) {
            if (!(error instanceof ApiError)) throw error
            return { partition, errorCode: error.code, ...unknown }
          }
        }),
      })),
    }),
  }
}
