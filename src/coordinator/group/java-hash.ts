/** What Java's hashes decide in Kafka: where a group lives, or its offsets would not be found again; and ties. */

/** Java's `String.hashCode`, over UTF-16 units as both languages have them. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** Keys in the order in which Java's `HashMap` goes through them. */
export function hashMapOrder(keys: Iterable<string>): readonly string[] {
  const all = [...new Set(keys)]
  let buckets = 16
  while (all.length > buckets * 0.75) buckets *= 2
  const bucketOf = (key: string): number => {
    const hash = javaHash(key)
    return (hash ^ (hash >>> 16)) & (buckets - 1)
  }
  return all.toSorted((a, b) => bucketOf(a) - bucketOf(b))
}

/** The absolute value of -2^31 does not fit into Java's int: Kafka takes 0 instead. */
export function groupPartition(groupId: string, partitionCount: number): number {
  const hash = javaHash(groupId)
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitionCount
}
