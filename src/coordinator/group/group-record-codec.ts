/**
 * Kafka's bytes for the records of `__consumer_offsets`: key and value each begin with two bytes, the type of the key
 * and the version of the value. Kinds of records that this coordinator does not act on are left where they lie.
 */
import { MalformedError, Reader } from '../../base/index.ts'
import {
  groupMetadataKey,
  groupMetadataValue,
  legacyOffsetCommitKey,
  offsetCommitKey,
  offsetCommitValue,
} from '../../protocol/index.ts'
import { decodeConsumerRecord, encodeConsumerKey, encodeConsumerValue } from './consumer-record-codec.ts'
import type { ClassicGroupRecord, GroupRecord, OffsetRecord } from './group-record.ts'
import { recordBytes } from './record-bytes.ts'

export interface KeyValue {
  readonly key: Buffer
  /** Null: a tombstone. */
  readonly value: Buffer | null
}

/** The versions that 4.3.1 writes. */
const offsetVersion = 4
const groupVersion = 3

/** The only version that has a time of expiry, and so the one that Kafka writes where there is one. */
const expiringOffsetVersion = 1
const noTimestamp = -1n

export function encodeGroupRecord(record: GroupRecord): KeyValue {
  if (record.kind === 'offset') return encodeOffset(record)
  if (record.kind === 'classic-group') return encodeGroup(record)
  return { key: encodeConsumerKey(record), value: encodeConsumerValue(record) }
}

function encodeOffset({ groupId, topic, partition, value }: OffsetRecord): KeyValue {
  const key = recordBytes(offsetCommitKey.type, (writer) => {
    offsetCommitKey.encode(writer, 0, offsetCommitKey.create({ group: groupId, topic, partition }))
  })
  if (value === null) return { key, value }
  const version = value.expireTimestampMs === undefined ? offsetVersion : expiringOffsetVersion
  const body = offsetCommitValue.create({
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestamp: value.commitTimestampMs,
    expireTimestamp: value.expireTimestampMs ?? noTimestamp,
    topicId: value.topicId,
  })
  return { key, value: recordBytes(version, (writer) => offsetCommitValue.encode(writer, version, body)) }
}

function encodeGroup({ groupId, value }: ClassicGroupRecord): KeyValue {
  const key = recordBytes(groupMetadataKey.type, (writer) => {
    groupMetadataKey.encode(writer, 0, groupMetadataKey.create({ group: groupId }))
  })
  if (value === null) return { key, value }
  const body = groupMetadataValue.create({
    protocolType: value.protocolType,
    generation: value.generationId,
    protocol: value.protocolName,
    leader: value.leaderId,
    currentStateTimestamp: value.stateTimestampMs,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: member.subscription,
      assignment: member.assignment,
    })),
  })
  return { key, value: recordBytes(groupVersion, (writer) => groupMetadataValue.encode(writer, groupVersion, body)) }
}

/** Undefined for a kind of record that is not ours to act on. Throws MalformedError; byte fields are copied. */
export function decodeGroupRecord(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
  const reader = new Reader(key)
  const type = reader.i16()
  if (type === offsetCommitKey.type || type === legacyOffsetCommitKey.type) {
    const { group, topic, partition } = offsetCommitKey.decode(reader, 0)
    return { kind: 'offset', groupId: group, topic, partition, value: value === null ? null : decodeOffset(value) }
  }
  if (type !== groupMetadataKey.type) return decodeConsumerRecord(key, value)
  const { group } = groupMetadataKey.decode(reader, 0)
  return { kind: 'classic-group', groupId: group, value: value === null ? null : decodeGroup(value) }
}

function versioned(value: Uint8Array, [min, max]: readonly [number, number]): { reader: Reader; version: number } {
  const reader = new Reader(value)
  const version = reader.i16()
  if (version < min || version > max)
    throw new MalformedError(`a value of version ${version}, known are ${min} to ${max}`)
  return { reader, version }
}

function decodeOffset(bytes: Uint8Array): OffsetRecord['value'] {
  const { reader, version } = versioned(bytes, offsetCommitValue.versions)
  const value = offsetCommitValue.decode(reader, version)
  const { offset, leaderEpoch, metadata, commitTimestamp: commitTimestampMs, expireTimestamp, topicId } = value
  const committed = { offset, leaderEpoch, metadata, commitTimestampMs, topicId }
  return expireTimestamp === noTimestamp ? committed : { ...committed, expireTimestampMs: expireTimestamp }
}

function decodeGroup(bytes: Uint8Array): ClassicGroupRecord['value'] {
  const { reader, version } = versioned(bytes, groupMetadataValue.versions)
  const value = groupMetadataValue.decode(reader, version)
  return {
    protocolType: value.protocolType,
    generationId: value.generation,
    protocolName: value.protocol,
    leaderId: value.leader,
    stateTimestampMs: value.currentStateTimestamp,
    members: value.members.map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      // Before version 1 there was one time-out for both.
      rebalanceTimeoutMs: version === 0 ? member.sessionTimeout : member.rebalanceTimeout,
      sessionTimeoutMs: member.sessionTimeout,
      subscription: Uint8Array.from(member.subscription),
      assignment: Uint8Array.from(member.assignment),
    })),
  }
}
