/** Partitions in requests, which have them by topic, and in results, where each has one name. */
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { checkInteger } from './admin-options.ts'

/** As Kafka writes a partition; results about partitions are found by it. Throws KafkaError for what is none. */
export function partitionName({ topic, partition }: TopicPartition): string {
  checkInteger(`a partition of topic '${topic}'`, partition)
  return `${topic}-${partition}`
}

/** By topic, each in the form of a request. */
export function byTopic<T extends TopicPartition, P>(
  partitions: readonly T[],
  form: (it: T) => P,
): { readonly name: string; readonly partitions: P[] }[] {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)]
  return topics.map(([name, them]) => ({ name, partitions: them.map(form) }))
}

/** All partitions of a response, with their topics. */
export const flat = <P extends { readonly partitionIndex: number }>(
  topics: readonly { readonly name: string; readonly partitions: readonly P[] }[],
): (P & TopicPartition)[] =>
  topics.flatMap(({ name, partitions }) =>
    partitions.map((it) => ({ ...it, topic: name, partition: it.partitionIndex })),
  )

/** Partitions in requests that have them as numbers. */
export function numbersByTopic<N extends string>(
  partitions: readonly TopicPartition[],
  named: N,
): (Readonly<Record<N, string>> & { readonly partitions: readonly number[] })[] {
  const topics = [...Map.groupBy(partitions, ({ topic }) => topic)]
  return topics.map(([topic, them]) => ({
    ...({ [named]: topic } as Record<N, string>),
    partitions: them.map(({ partition }) => partition),
  }))
}
