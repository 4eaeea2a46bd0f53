/** Which partitions topics have, as the cluster says. */
import { KafkaError, type TopicPartition } from '../../client/index.ts'
import { type ClientSetup, reachedAdmin } from './client-flags.ts'

/** Of each topic those that are named, or all. Rejects with KafkaError for a topic or a partition that is not there. */
export async function partitionsOf(
  setup: Pick<ClientSetup, 'kafka' | 'timeouts'>,
  topics: readonly string[],
  named: readonly number[] = [],
): Promise<readonly TopicPartition[]> {
  await using admin = await reachedAdmin(setup)
  const described = await admin.describeTopics(topics)
  return [...described].flatMap(([topic, { partitions }]) => {
    const known = partitions.map(({ partition }) => partition)
    const missing = named.find((it) => !known.includes(it))
    if (missing !== undefined)
      throw new KafkaError(
        'UNKNOWN_TOPIC_OR_PARTITION',
        `topic '${topic}' has no partition ${missing}: it has ${known.length}`,
      )
    return (named.length > 0 ? [...new Set(named)] : known).map((partition) => ({ topic, partition }))
  })
}
