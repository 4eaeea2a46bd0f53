/** The order in which Java's hash maps and sets give what is in them: where Kafka's tools print one as it comes, only this prints the same. */
import type { TopicPartition } from '../../client/index.ts'

/** `String.hashCode`. */
function textHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** That of Kafka's `TopicPartition`. */
const partitionHash = ({ topic, partition }: TopicPartition): number =>
  (Math.imul(31 + partition, 31) + textHash(topic)) | 0

/** It doubles when it is more than three quarters full. The upper half of a hash is mixed into the lower one. */
function ordered<T>(items: readonly T[], hashOf: (item: T) => number, capacityMin: number): T[] {
  let capacity = capacityMin
  while (items.length > capacity * 0.75) capacity *= 2
  const bucketOf = (hash: number): number => (hash ^ (hash >>> 16)) & (capacity - 1)
  return items
    .map((item) => ({ item, bucket: bucketOf(hashOf(item)) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ item }) => item)
}

/** Of a map that was made for as many as there are, and filled in the order that is given. */
export function javaHashOrder<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  let capacity = 1
  while (capacity < items.length) capacity *= 2
  return ordered(items, (item) => textHash(nameOf(item)), capacity)
}

/** Of a set, or a map, that has grown while it was filled, in the order that is given; what comes twice is there once. */
export const javaSetOrder = <T extends string | number>(items: Iterable<T>): T[] =>
  ordered([...new Set(items)], (item) => (typeof item === 'number' ? item : textHash(item)), 16)

/** The same of partitions, each of which comes once. */
export const javaPartitionOrder = <T extends TopicPartition>(partitions: readonly T[]): T[] =>
  ordered(partitions, partitionHash, 16)
