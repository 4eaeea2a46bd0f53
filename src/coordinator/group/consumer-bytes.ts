/**
 * What consumers put into the opaque bytes of the classic protocol: subscriptions and assignments. Each begins with its
 * version; a later one than is known begins as the newest known.
 */
import { MalformedError, Reader, type Uuid, Writer } from '../../base/index.ts'
import {
  type ConsumerProtocolAssignment,
  type ConsumerProtocolSubscription,
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../protocol/index.ts'

export const consumerProtocolType = 'consumer'

const [versionMin, versionMax] = consumerProtocolSubscription.versions

/** Throws MalformedError. */
function versionIn(reader: Reader): number {
  const version = reader.i16()
  if (version < 0) throw new MalformedError(`a consumer protocol of version ${version}`)
  return Math.min(version, versionMax)
}

/** Throws MalformedError. */
export function readSubscription(bytes: Uint8Array): ConsumerProtocolSubscription {
  const reader = new Reader(bytes)
  return consumerProtocolSubscription.decode(reader, versionIn(reader))
}

/** Throws MalformedError. */
export function readAssignment(bytes: Uint8Array): ConsumerProtocolAssignment {
  const reader = new Reader(bytes)
  return consumerProtocolAssignment.decode(reader, versionIn(reader))
}

/** Only what a group has chosen was ever read; of what else a member offers, the bytes may be anything. */
function versionOf(subscription: Uint8Array): number {
  try {
    return versionIn(new Reader(subscription))
  } catch (error) {
    if (!(error instanceof MalformedError)) throw error
    return versionMin
  }
}

/** In the version of a member's `subscription`; in the oldest where that tells none. */
export function writeAssignment(
  subscription: Uint8Array,
  assigned: ReadonlyMap<Uuid, Iterable<number>>,
  nameOf: (topicId: Uuid) => string | undefined,
): Uint8Array {
  const version = versionOf(subscription)
  const assignedPartitions: { topic: string; partitions: number[] }[] = []
  for (const [topicId, partitions] of assigned) {
    const topic = nameOf(topicId)
    if (topic !== undefined) assignedPartitions.push({ topic, partitions: [...partitions] })
  }
  const writer = new Writer(64)
  writer.i16(version)
  consumerProtocolAssignment.encode(writer, version, consumerProtocolAssignment.create({ assignedPartitions }))
  return writer.finishAsOne()
}
