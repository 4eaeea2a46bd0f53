/**
 * AlterReplicaLogDirs (34), versions 1 and 2: replicas of this broker move to another of its log directories (KIP-113). The
 * answer comes when a move has begun; DescribeLogDirs tells how far it is.
 *
 * 2: flexible.
 */
import { ApiError } from '../../base/index.ts'
import {
  type AlterReplicaLogDirsRequest,
  type AlterReplicaLogDirsResponse,
  alterReplicaLogDirs,
  ErrorCode,
} from '../../protocol/index.ts'
import type { ReplicaManager } from '../../replication/index.ts'
import type { Handler } from '../handler.ts'

export interface AlterReplicaLogDirsServices {
  readonly replicas: Pick<ReplicaManager, 'alterLogDirectory'>
}

type TopicResult = AlterReplicaLogDirsResponse['results'][number]

export function alterReplicaLogDirsHandler({
  replicas,
}: AlterReplicaLogDirsServices): Handler<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse> {
  return {
    api: alterReplicaLogDirs,
    async handle({ dirs }) {
      const results = new Map<string, TopicResult['partitions'][number][]>()
      for (const { path, topics } of dirs) {
        for (const { name, partitions } of topics) {
          const ofTopic = results.get(name) ?? []
          results.set(name, ofTopic)
          for (const partitionIndex of partitions) {
            const errorCode = await codeOf(() =>
              replicas.alterLogDirectory({ topic: name, partition: partitionIndex }, path),
            )
            ofTopic.push({ partitionIndex, errorCode })
          }
        }
      }
      return { throttleTimeMs: 0, results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })) }
    },
  }
}

async function codeOf(work: () => Promise<void>): Promise<number> {
  try {
    await work()
    return ErrorCode.NONE
  } catch (error) {
    if (error instanceof ApiError) return error.code
    throw error
  }
}
