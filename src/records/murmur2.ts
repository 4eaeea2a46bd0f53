/**
 * The hash by which Kafka's producers choose the partition of a key: MurmurHash2, 32 bits, with Kafka's seed. Records of
 * one key lie in one partition only if every producer agrees on it. Pure.
 */
const seed = 0x9747b28c
const multiplier = 0x5bd1e995
const shift = 24

/** A signed 32-bit number. */
export function murmur2(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let hash = seed ^ bytes.length
  let at = 0
  for (; bytes.length - at >= 4; at += 4) {
    let block = Math.imul(view.getInt32(at, true), multiplier)
    block = Math.imul(block ^ (block >>> shift), multiplier)
    hash = Math.imul(hash, multiplier) ^ block
  }
  const left = bytes.length - at
  if (left > 0) {
    for (let i = left - 1; i >= 0; i--) hash ^= (bytes[at + i] ?? 0) << (8 * i)
    hash = Math.imul(hash, multiplier)
  }
  hash = Math.imul(hash ^ (hash >>> 13), multiplier)
  return hash ^ (hash >>> 15)
}

/** Where Kafka's default partitioner puts a key (never null). `partitionCount` is positive. */
export const partitionForKey = (key: Uint8Array, partitionCount: number): number =>
  (murmur2(key) & 0x7fffffff) % partitionCount
