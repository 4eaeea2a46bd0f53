/** Kafka's bytes for the records of groups of the consumer protocol. All are at version 0. */
import { AssertionError, MalformedError, Reader, type Uuid, type Writer } from '../../base/index.ts'
import {
  consumerGroupCurrentMemberAssignmentKey as currentKey,
  consumerGroupCurrentMemberAssignmentValue as currentValue,
  consumerGroupMetadataKey as epochKey,
  consumerGroupMetadataValue as epochValue,
  consumerGroupMemberMetadataKey as memberKey,
  consumerGroupMemberMetadataValue as memberValue,
  consumerGroupPartitionMetadataKey as metadataKey,
  consumerGroupRegularExpressionKey as regexKey,
  consumerGroupRegularExpressionValue as regexValue,
  consumerGroupTargetAssignmentMetadataKey as targetEpochKey,
  consumerGroupTargetAssignmentMetadataValue as targetEpochValue,
  consumerGroupTargetAssignmentMemberKey as targetKey,
  consumerGroupTargetAssignmentMemberValue as targetValue,
} from '../../protocol/index.ts'
import type { Assignment } from './assignors/assignor.ts'
import {
  type MemberProgress,
  type MemberState,
  type MemberSubscription,
  type OwnedPartitions,
  sortedNames,
} from './consumer-member.ts'
import type { ConsumerRecord } from './consumer-record.ts'

const stateCodes: Readonly<Record<MemberState, number>> = { stable: 0, unrevoked: 1, unreleased: 2, unknown: 127 }
const states: ReadonlyMap<number, MemberState> = new Map([
  [0, 'stable'],
  [1, 'unrevoked'],
  [2, 'unreleased'],
])

const version = 0

interface Coded<T, G> {
  create(given?: G): T
  encode(writer: Writer, version: number, body: T): void
}

/** `first`: the type of a key, the version of a value. */
function write<T, G>(writer: Writer, first: number, coded: Coded<T, G>, given: G): void {
  writer.i16(first)
  coded.encode(writer, version, coded.create(given))
}

export function writeConsumerKey(writer: Writer, record: ConsumerRecord): void {
  const { groupId } = record
  switch (record.kind) {
    case 'consumer-epoch':
      write(writer, epochKey.type, epochKey, { groupId })
      break
    case 'consumer-metadata':
      write(writer, metadataKey.type, metadataKey, { groupId })
      break
    case 'consumer-member':
      write(writer, memberKey.type, memberKey, { groupId, memberId: record.memberId })
      break
    case 'consumer-target-epoch':
      write(writer, targetEpochKey.type, targetEpochKey, { groupId })
      break
    case 'consumer-target':
      write(writer, targetKey.type, targetKey, { groupId, memberId: record.memberId })
      break
    case 'consumer-current':
      write(writer, currentKey.type, currentKey, { groupId, memberId: record.memberId })
      break
    case 'consumer-regex':
      write(writer, regexKey.type, regexKey, { groupId, regularExpression: record.regex })
      break
  }
}

/** A tombstone has none, and nothing is written. */
export function writeConsumerValue(writer: Writer, record: ConsumerRecord): void {
  if (record.value === null) return
  switch (record.kind) {
    case 'consumer-epoch':
      write(writer, version, epochValue, record.value)
      break
    case 'consumer-metadata':
      throw new AssertionError('metadata of subscriptions is not stored any more')
    case 'consumer-member':
      writeMember(writer, record.value)
      break
    case 'consumer-target-epoch':
      write(writer, version, targetEpochValue, {
        assignmentEpoch: record.value.epoch,
        assignmentTimestamp: record.value.timestampMs,
      })
      break
    case 'consumer-target':
      writeTarget(writer, record.value)
      break
    case 'consumer-current':
      writeCurrent(writer, record.value)
      break
    case 'consumer-regex': {
      const { topics, version: offset, timestampMs } = record.value
      write(writer, version, regexValue, { topics: [...topics], version: offset, timestamp: timestampMs })
      break
    }
  }
}

function writeMember(writer: Writer, member: MemberSubscription): void {
  const { classic } = member
  write(writer, version, memberValue, {
    instanceId: member.instanceId,
    rackId: member.rackId,
    clientId: member.clientId,
    clientHost: member.clientHost,
    subscribedTopicNames: [...member.topicNames],
    subscribedTopicRegex: member.topicRegex,
    rebalanceTimeoutMs: member.rebalanceTimeoutMs,
    serverAssignor: member.serverAssignor,
    classicMemberMetadata:
      classic === null
        ? null
        : { sessionTimeoutMs: classic.sessionTimeoutMs, supportedProtocols: [...classic.protocols] },
  })
}

const writeTarget = (writer: Writer, target: Assignment): void =>
  write(writer, version, targetValue, {
    topicPartitions: [...target].map(([topicId, partitions]) => ({ topicId, partitions: [...partitions] })),
  })

const writeCurrent = (writer: Writer, progress: MemberProgress): void =>
  write(writer, version, currentValue, {
    memberEpoch: progress.memberEpoch,
    previousMemberEpoch: progress.previousMemberEpoch,
    state: stateCodes[progress.state],
    assignedPartitions: listOf(progress.assigned),
    partitionsPendingRevocation: listOf(progress.revoking),
  })

const listOf = (owned: OwnedPartitions) =>
  [...owned].map(([topicId, partitions]) => ({
    topicId,
    partitions: [...partitions.keys()],
    assignmentEpochs: [...partitions.values()],
  }))

/** Undefined for a kind of record that is not of a consumer group. Throws MalformedError; byte fields are copied. */
export function decodeConsumerRecord(key: Uint8Array, value: Uint8Array | null): ConsumerRecord | undefined {
  const reader = new Reader(key)
  switch (reader.i16()) {
    case epochKey.type:
      return { kind: 'consumer-epoch', ...epochKey.decode(reader, version), value: valueIn(value, decodeEpoch) }
    case metadataKey.type:
      return { kind: 'consumer-metadata', ...metadataKey.decode(reader, version), value: value && 'stored' }
    case memberKey.type:
      return { kind: 'consumer-member', ...memberKey.decode(reader, version), value: valueIn(value, decodeMember) }
    case targetEpochKey.type: {
      const { groupId } = targetEpochKey.decode(reader, version)
      return { kind: 'consumer-target-epoch', groupId, value: valueIn(value, decodeTargetEpoch) }
    }
    case targetKey.type:
      return { kind: 'consumer-target', ...targetKey.decode(reader, version), value: valueIn(value, decodeTarget) }
    case currentKey.type:
      return { kind: 'consumer-current', ...currentKey.decode(reader, version), value: valueIn(value, decodeCurrent) }
    case regexKey.type: {
      const { groupId, regularExpression } = regexKey.decode(reader, version)
      return { kind: 'consumer-regex', groupId, regex: regularExpression, value: valueIn(value, decodeRegex) }
    }
    default:
      return undefined
  }
}

function valueIn<T>(value: Uint8Array | null, decode: (reader: Reader) => T): T | null {
  if (value === null) return null
  const reader = new Reader(value)
  const stored = reader.i16()
  if (stored !== version) throw new MalformedError(`a value of version ${stored}, known is ${version}`)
  return decode(reader)
}

function decodeEpoch(reader: Reader) {
  const { epoch, metadataHash } = epochValue.decode(reader, version)
  return { epoch, metadataHash }
}

function decodeMember(reader: Reader): MemberSubscription {
  const value = memberValue.decode(reader, version)
  const classic = value.classicMemberMetadata
  return {
    instanceId: value.instanceId,
    rackId: value.rackId,
    clientId: value.clientId,
    clientHost: value.clientHost,
    topicNames: sortedNames(value.subscribedTopicNames),
    topicRegex: value.subscribedTopicRegex ?? '',
    rebalanceTimeoutMs: value.rebalanceTimeoutMs,
    serverAssignor: value.serverAssignor,
    classic: classic && {
      sessionTimeoutMs: classic.sessionTimeoutMs,
      protocols: classic.supportedProtocols.map(({ name, metadata }) => ({
        name,
        metadata: Uint8Array.from(metadata),
      })),
    },
  }
}

function decodeTargetEpoch(reader: Reader) {
  const { assignmentEpoch, assignmentTimestamp } = targetEpochValue.decode(reader, version)
  return { epoch: assignmentEpoch, timestampMs: assignmentTimestamp }
}

const decodeTarget = (reader: Reader): Assignment =>
  new Map(
    targetValue
      .decode(reader, version)
      .topicPartitions.map(({ topicId, partitions }) => [topicId, new Set(partitions)] as const),
  )

function decodeCurrent(reader: Reader): MemberProgress {
  const { memberEpoch, previousMemberEpoch, state, ...lists } = currentValue.decode(reader, version)
  return {
    memberEpoch,
    previousMemberEpoch,
    state: states.get(state) ?? 'unknown',
    assigned: ownedOf(lists.assignedPartitions, memberEpoch),
    revoking: ownedOf(lists.partitionsPendingRevocation, memberEpoch),
  }
}

type StoredPartitions = {
  readonly topicId: Uuid
  readonly partitions: readonly number[]
  readonly assignmentEpochs: readonly number[] | null
}

/** Brokers before 4.3 did not tell when each partition was assigned: then it is the member's epoch that counts. */
function ownedOf(lists: readonly StoredPartitions[], memberEpoch: number): OwnedPartitions {
  return new Map(
    lists.map(({ topicId, partitions, assignmentEpochs }) => {
      const epochs = assignmentEpochs?.length === partitions.length ? assignmentEpochs : undefined
      return [topicId, new Map(partitions.map((partition, i) => [partition, epochs?.[i] ?? Math.max(memberEpoch, 0)]))]
    }),
  )
}

function decodeRegex(reader: Reader) {
  const { topics, version: offset, timestamp } = regexValue.decode(reader, version)
  return { topics: [...topics].sort(), version: offset, timestampMs: timestamp }
}
