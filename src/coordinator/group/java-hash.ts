/** Which partition of `__consumer_offsets` a group lives in: as Kafka computes it, or offsets would not be found again. */

/** Java's `String.hashCode`, over UTF-16 units as both languages have them. */
export function javaHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash
}

/** The absolute value of -2^31 does not fit into Java's int: Kafka takes 0 instead. */
export function groupPartition(groupId: string, partitionCount: number): number {
  const hash = javaHash(groupId)
  return (hash === -(2 ** 31) ? 0 : Math.abs(hash)) % partitionCount
}
