/** The order in which a `java.util.HashMap` gives texts: where Kafka's tools print a map as it comes, only this prints the same. */

/** `String.hashCode`, with its upper half mixed into the lower one. */
function spreadHash(text: string): number {
  let hash = 0
  for (let i = 0; i < text.length; i++) hash = (Math.imul(hash, 31) + text.charCodeAt(i)) | 0
  return hash ^ (hash >>> 16)
}

/** Of a map that was made for as many as there are, and filled in the order that is given. */
export function javaHashOrder<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
  let capacity = 1
  while (capacity < items.length) capacity *= 2
  // It doubles when it is more than three quarters full.
  if (items.length > capacity * 0.75) capacity *= 2
  const bucketOf = (item: T): number => spreadHash(nameOf(item)) & (capacity - 1)
  return items
    .map((item) => ({ item, bucket: bucketOf(item) }))
    .sort((a, b) => a.bucket - b.bucket)
    .map(({ item }) => item)
}
