/**
 * The hash over the topics that a group is subscribed to, as Apache Kafka 4.3 keeps it in the group's metadata: a group
 * that comes over from Kafka with an equal hash is not assigned anew. The bytes are those that Kafka feeds to XXH3, each
 * number little-endian; a string is its UTF-16 units, then how many they are.
 */
import { type Uuid, uuidToBytes, xxh3 } from '../../base/index.ts'

export interface HashedTopic {
  readonly topicId: Uuid
  readonly name: string
  readonly partitionCount: number
  /** The racks of the partition's replicas, in any order; a rack counts as often as it has replicas. */
  racks(partition: number): readonly string[]
}

const formatVersion = 0

export function topicHash(topic: HashedTopic): bigint {
  const { name, partitionCount } = topic
  const racks = Array.from({ length: partitionCount }, (_, partition) => sorted(topic.racks(partition)))
  const bytes = Buffer.allocUnsafe(25 + name.length * 2 + racks.reduce((sum, of) => sum + partitionSize(of), 0))
  bytes[0] = formatVersion
  // Kafka puts the id as two numbers of 64 bits: the bytes of each half are turned round.
  bytes.set(uuidToBytes(topic.topicId).swap64(), 1)
  let at = writeString(bytes, 17, name)
  at = bytes.writeInt32LE(partitionCount, at)
  for (let partition = 0; partition < partitionCount; partition++) {
    at = bytes.writeInt32LE(partition, at)
    for (const rack of racks[partition] ?? []) at = writeString(bytes, bytes.writeInt32LE(rack.length, at), rack)
  }
  return xxh3(bytes)
}

/** As Java sorts strings: by their UTF-16 units. */
const sorted = (racks: readonly string[]): readonly string[] => (racks.length < 2 ? racks : racks.toSorted())

const partitionSize = (racks: readonly string[]): number => racks.reduce((size, rack) => size + 8 + rack.length * 2, 4)

function writeString(bytes: Buffer, at: number, text: string): number {
  return bytes.writeInt32LE(text.length, at + bytes.write(text, at, 'utf16le'))
}

/** 0 where there is no topic; the names only give the order, that of their UTF-16 units. */
export function groupHash(topicHashes: ReadonlyMap<string, bigint>): bigint {
  if (topicHashes.size === 0) return 0n
  const bytes = Buffer.allocUnsafe(topicHashes.size * 8)
  let at = 0
  for (const [, hash] of [...topicHashes].sort(([a], [b]) => (a < b ? -1 : 1))) at = bytes.writeBigInt64LE(hash, at)
  return xxh3(bytes)
}
