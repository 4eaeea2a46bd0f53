/**
 * What members of the old sticky assignor tell of what they had: they have given it up when they join, so that Java's do not look at what
 * a subscription says of it. Version 1 as Java writes it, and it understands version 0, without the generation (KIP-54, KIP-341). Pure.
 */
import { MalformedError, Reader, Writer } from '../../../base/index.ts'
import type { OwnedPartitions, TopicPartition } from './assignor.ts'

const nothing: OwnedPartitions = { owned: [], generation: -1 }

export function encodeStickyUserData({ owned, generation }: OwnedPartitions): Uint8Array {
  const writer = new Writer()
  const topics = Map.groupBy(owned, ({ topic }) => topic)
  writer.i32(topics.size)
  for (const [topic, partitions] of topics) {
    const name = Buffer.from(topic)
    writer.i16(name.length)
    writer.bytes(name)
    writer.i32(partitions.length)
    for (const { partition } of partitions) writer.i32(partition)
  }
  writer.i32(generation)
  return writer.finishAsOne()
}

/** Nothing for bytes that are something else: then the member has had nothing. */
export function decodeStickyUserData(bytes: Uint8Array): OwnedPartitions {
  const reader = new Reader(Buffer.from(bytes))
  try {
    const owned: TopicPartition[] = []
    for (let topics = countOf(reader); topics > 0; topics--) {
      const topic = reader.string(reader.u16())
      for (let partitions = countOf(reader); partitions > 0; partitions--)
        owned.push({ topic, partition: reader.i32() })
    }
    return { owned, generation: reader.remaining === 0 ? -1 : reader.i32() }
  } catch (error) {
    if (error instanceof MalformedError) return nothing
    throw error
  }
}

const countOf = (reader: Reader): number => reader.count(reader.i32(), 4)
