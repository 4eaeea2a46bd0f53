/** Partitions get the leaders that they prefer, the first of their replicas. */
import { electLeaders } from '../../protocol/index.ts'
import type { ClusterAdmin } from './admin.ts'

const preferred = 0
const partitionsMax = 1000

interface Named {
  readonly topic: string
  readonly partition: number
}

/** Those that have theirs already, and those whose first replica is not in sync, stay as they are. Throws AdminError. */
export async function electPreferred(admin: ClusterAdmin, partitions: readonly Named[]): Promise<void> {
  for (let i = 0; i < partitions.length; i += partitionsMax) {
    const some = partitions.slice(i, i + partitionsMax)
    const topicPartitions = Array.from(
      Map.groupBy(some, ({ topic }) => topic),
      ([topic, ofTopic]) => ({
        topic,
        partitions: ofTopic.map(({ partition }) => partition),
      }),
    )
    await admin.askWhole(electLeaders, { electionType: preferred, topicPartitions }, (reply) => reply)
  }
}
