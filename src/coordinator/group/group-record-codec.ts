/**
 * Kafka's bytes for the records of `__consumer_offsets`: key and value each begin with two bytes, the type of the key
 * and the version of the value. Kinds of records that this coordinator does not act on are left where they lie.
 */
import { assert, MalformedError, Reader, Writer } from '../../base/index.ts'
import {
  groupMetadataKey,
  groupMetadataValue,
  legacyOffsetCommitKey,
  offsetCommitKey,
  offsetCommitValue,
} from '../../protocol/index.ts'
import type { RecordCodec, RecordPlaces } from '../../records/index.ts'
import { decodeConsumerRecord, writeConsumerKey, writeConsumerValue } from './consumer-record-codec.ts'
import type { ClassicGroupRecord, CommittedOffset, GroupRecord, OffsetRecord, StoredGroup } from './group-record.ts'

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

export const groupRecordCodec: RecordCodec<GroupRecord> = { writeKey, writeValue, isAlike, writeOver }

/** Key and value as bytes of their own. */
export function encodeGroupRecord(record: GroupRecord): KeyValue {
  const key = new Writer()
  const value = new Writer()
  writeKey(key, record)
  return { key: key.finishAsOne(), value: writeValue(value, record) ? value.finishAsOne() : null }
}

function writeKey(writer: Writer, record: GroupRecord): void {
  switch (record.kind) {
    case 'offset': {
      const { groupId, topic, partition } = record
      writer.i16(offsetCommitKey.type)
      offsetCommitKey.encode(writer, 0, offsetCommitKey.create({ group: groupId, topic, partition }))
      return
    }
    case 'classic-group':
      writer.i16(groupMetadataKey.type)
      groupMetadataKey.encode(writer, 0, groupMetadataKey.create({ group: record.groupId }))
      return
    default:
      writeConsumerKey(writer, record)
  }
}

/** False: it is a tombstone. */
function writeValue(writer: Writer, record: GroupRecord): boolean {
  if (record.value === null) return false
  if (record.kind === 'offset') writeOffset(writer, record.value)
  else if (record.kind === 'classic-group') writeGroup(writer, record.value)
  else writeConsumerValue(writer, record)
  return true
}

function writeOffset(writer: Writer, value: CommittedOffset): void {
  const version = value.expireTimestampMs === undefined ? offsetVersion : expiringOffsetVersion
  const body = offsetCommitValue.create({
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestamp: value.commitTimestampMs,
    expireTimestamp: value.expireTimestampMs ?? noTimestamp,
    topicId: value.topicId,
  })
  writer.i16(version)
  offsetCommitValue.encode(writer, version, body)
}

/** Commits of one group that differ in partition, offset and leader epoch only: those of one request. */
function isAlike(record: GroupRecord, before: GroupRecord): boolean {
  if (record.kind !== 'offset' || before.kind !== 'offset') return false
  const { value } = record
  const last = before.value
  return (
    value !== null &&
    last !== null &&
    record.groupId === before.groupId &&
    record.topic === before.topic &&
    value.metadata === last.metadata &&
    value.topicId === last.topicId &&
    value.commitTimestampMs === last.commitTimestampMs &&
    value.expireTimestampMs === last.expireTimestampMs
  )
}

/** The partition ends the key; behind the version of the value are offset and, but in an expiring one, leader epoch. */
function writeOver(writer: Writer, record: GroupRecord, { keyEnd, valueStart }: RecordPlaces): void {
  assert(record.kind === 'offset' && record.value !== null, 'commits alone are alike')
  const { offset, leaderEpoch, expireTimestampMs } = record.value
  writer.overI32(keyEnd - 4, record.partition)
  writer.overI64Big(valueStart + 2, offset)
  if (expireTimestampMs === undefined) writer.overI32(valueStart + 10, leaderEpoch)
}

function writeGroup(writer: Writer, value: StoredGroup): void {
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
  writer.i16(groupVersion)
  groupMetadataValue.encode(writer, groupVersion, body)
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
