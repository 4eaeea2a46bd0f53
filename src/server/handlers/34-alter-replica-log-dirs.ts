/**
 * AlterReplicaLogDirs (34), versions 1 and 2: replicas of this broker move to another of its log directories (KIP-113). The
 * answer comes when a move has begun; DescribeLogDirs tells how far it is.
 *
 * 2: flexible.
 */
import { ApiError, type Logger } from '../../base/index.ts'
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
  readonly logger: Logger
}

type TopicResult = AlterReplicaLogDirsResponse['results'][number]

export function alterReplicaLogDirsHandler({
  replicas,
  logger,
}: AlterReplicaLogDirsServices): Handler<AlterReplicaLogDirsRequest, AlterReplicaLogDirsResponse> {
  return {
    api: alterReplicaLogDirs,
    async handle({ dirs }) {
      const refused: { topic: string; partition: number; to: string; reason: string }[] = []
      const results = new Map<string, TopicResult['partitions'][number][]>()
      for (const { path, topics } of dirs) {
        for (const { name, partitions } of topics) {
          const ofTopic = results.get(name) ?? []
          results.set(name, ofTopic)
          for (const partitionIndex of partitions) {
            const topicPartition = { topic: name, partition: partitionIndex }
            const error = await errorOf(() => replicas.alterLogDirectory(topicPartition, path))
            if (error !== undefined) refused.push({ ...topicPartition, to: path, reason: error.message })
            ofTopic.push({ partitionIndex, errorCode: error?.code ?? ErrorCode.NONE })
          }
        }
      }
      // One line for a request, however many it asks for.
      const [first] = refused
      if (first !== undefined) logger.log('warn', 'replicas are not moved', { ...first, count: refused.length })
      return { throttleTimeMs: 0, results: [...results].map(([topicName, partitions]) => ({ topicName, partitions })) }
    },
  }
}

async function errorOf(work: () => Promise<void>): Promise<ApiError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}
