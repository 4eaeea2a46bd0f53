/**
 * A record of `__cluster_metadata`: all 26 kinds as one union, and the frame in which Kafka writes them (frame version,
 * type, version as unsigned varints, then the message). On the control path; knows no batch and no offset.
 */
import { MalformedError, Reader, unreachable, Writer } from '../base/index.ts'
import {
  type AbortTransactionRecord,
  type AccessControlEntryRecord,
  abortTransactionRecord,
  accessControlEntryRecord,
  type BeginTransactionRecord,
  type BrokerRegistrationChangeRecord,
  beginTransactionRecord,
  brokerRegistrationChangeRecord,
  type ClearElrRecord,
  type ClientQuotaRecord,
  type ConfigRecord,
  clearElrRecord,
  clientQuotaRecord,
  configRecord,
  type DelegationTokenRecord,
  delegationTokenRecord,
  type EndTransactionRecord,
  endTransactionRecord,
  type FeatureLevelRecord,
  type FenceBrokerRecord,
  type Fields,
  featureLevelRecord,
  fenceBrokerRecord,
  type Infer,
  type Message,
  type NoOpRecord,
  noOpRecord,
  type PartitionChangeRecord,
  type PartitionRecord,
  type ProducerIdsRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  type RegisterBrokerRecord,
  type RegisterControllerRecord,
  type RemoveAccessControlEntryRecord,
  type RemoveDelegationTokenRecord,
  type RemoveTopicRecord,
  type RemoveUserScramCredentialRecord,
  registerBrokerRecord,
  registerControllerRecord,
  removeAccessControlEntryRecord,
  removeDelegationTokenRecord,
  removeTopicRecord,
  removeUserScramCredentialRecord,
  type TopicRecord,
  topicRecord,
  type UnfenceBrokerRecord,
  type UnregisterBrokerRecord,
  type UserScramCredentialRecord,
  unfenceBrokerRecord,
  unregisterBrokerRecord,
  userScramCredentialRecord,
  type ZkMigrationStateRecord,
  zkMigrationStateRecord,
} from '../protocol/index.ts'
import {
  cordonedDirectoriesLevel,
  directoryAssignmentLevel,
  eligibleLeaderReplicasLevel,
  zkMigrationLevel,
} from './features.ts'

export type MetadataRecord =
  | { readonly kind: 'registerBroker'; readonly value: RegisterBrokerRecord }
  | { readonly kind: 'unregisterBroker'; readonly value: UnregisterBrokerRecord }
  | { readonly kind: 'topic'; readonly value: TopicRecord }
  | { readonly kind: 'partition'; readonly value: PartitionRecord }
  | { readonly kind: 'config'; readonly value: ConfigRecord }
  | { readonly kind: 'partitionChange'; readonly value: PartitionChangeRecord }
  | { readonly kind: 'fenceBroker'; readonly value: FenceBrokerRecord }
  | { readonly kind: 'unfenceBroker'; readonly value: UnfenceBrokerRecord }
  | { readonly kind: 'removeTopic'; readonly value: RemoveTopicRecord }
  | { readonly kind: 'delegationToken'; readonly value: DelegationTokenRecord }
  | { readonly kind: 'userScramCredential'; readonly value: UserScramCredentialRecord }
  | { readonly kind: 'featureLevel'; readonly value: FeatureLevelRecord }
  | { readonly kind: 'clientQuota'; readonly value: ClientQuotaRecord }
  | { readonly kind: 'producerIds'; readonly value: ProducerIdsRecord }
  | { readonly kind: 'brokerRegistrationChange'; readonly value: BrokerRegistrationChangeRecord }
  | { readonly kind: 'accessControlEntry'; readonly value: AccessControlEntryRecord }
  | { readonly kind: 'removeAccessControlEntry'; readonly value: RemoveAccessControlEntryRecord }
  | { readonly kind: 'noOp'; readonly value: NoOpRecord }
  | { readonly kind: 'zkMigrationState'; readonly value: ZkMigrationStateRecord }
  | { readonly kind: 'removeUserScramCredential'; readonly value: RemoveUserScramCredentialRecord }
  | { readonly kind: 'beginTransaction'; readonly value: BeginTransactionRecord }
  | { readonly kind: 'endTransaction'; readonly value: EndTransactionRecord }
  | { readonly kind: 'abortTransaction'; readonly value: AbortTransactionRecord }
  | { readonly kind: 'removeDelegationToken'; readonly value: RemoveDelegationTokenRecord }
  | { readonly kind: 'registerController'; readonly value: RegisterControllerRecord }
  | { readonly kind: 'clearElr'; readonly value: ClearElrRecord }

/** The record of one kind. */
export type RecordOf<K extends MetadataRecord['kind']> = Extract<MetadataRecord, { readonly kind: K }>

const frameVersion = 1

type Decode = (reader: Reader, version: number) => MetadataRecord

function decoderOf<F extends Fields>(
  message: Message<F>,
  make: (value: Infer<F>) => MetadataRecord,
): readonly [type: number, decode: Decode] {
  const decode = (reader: Reader, version: number): MetadataRecord => {
    const [min, max] = message.versions
    if (version < min || version > max) {
      throw new MalformedError(`${message.name} has versions ${min} to ${max}, got ${version}`)
    }
    return make(message.decode(reader, version))
  }
  return [message.type, decode]
}

/** The only record with fields of bytes, which are views of what was read; unknown tags are copies. */
const withOwnBytes = (value: UserScramCredentialRecord): UserScramCredentialRecord => ({
  ...value,
  salt: Buffer.from(value.salt),
  storedKey: Buffer.from(value.storedKey),
  serverKey: Buffer.from(value.serverKey),
})

const decoders: ReadonlyMap<number, Decode> = new Map([
  decoderOf(registerBrokerRecord, (value) => ({ kind: 'registerBroker', value })),
  decoderOf(unregisterBrokerRecord, (value) => ({ kind: 'unregisterBroker', value })),
  decoderOf(topicRecord, (value) => ({ kind: 'topic', value })),
  decoderOf(partitionRecord, (value) => ({ kind: 'partition', value })),
  decoderOf(configRecord, (value) => ({ kind: 'config', value })),
  decoderOf(partitionChangeRecord, (value) => ({ kind: 'partitionChange', value })),
  decoderOf(fenceBrokerRecord, (value) => ({ kind: 'fenceBroker', value })),
  decoderOf(unfenceBrokerRecord, (value) => ({ kind: 'unfenceBroker', value })),
  decoderOf(removeTopicRecord, (value) => ({ kind: 'removeTopic', value })),
  decoderOf(delegationTokenRecord, (value) => ({ kind: 'delegationToken', value })),
  decoderOf(userScramCredentialRecord, (value) => ({ kind: 'userScramCredential', value: withOwnBytes(value) })),
  decoderOf(featureLevelRecord, (value) => ({ kind: 'featureLevel', value })),
  decoderOf(clientQuotaRecord, (value) => ({ kind: 'clientQuota', value })),
  decoderOf(producerIdsRecord, (value) => ({ kind: 'producerIds', value })),
  decoderOf(brokerRegistrationChangeRecord, (value) => ({ kind: 'brokerRegistrationChange', value })),
  decoderOf(accessControlEntryRecord, (value) => ({ kind: 'accessControlEntry', value })),
  decoderOf(removeAccessControlEntryRecord, (value) => ({ kind: 'removeAccessControlEntry', value })),
  decoderOf(noOpRecord, (value) => ({ kind: 'noOp', value })),
  decoderOf(zkMigrationStateRecord, (value) => ({ kind: 'zkMigrationState', value })),
  decoderOf(removeUserScramCredentialRecord, (value) => ({ kind: 'removeUserScramCredential', value })),
  decoderOf(beginTransactionRecord, (value) => ({ kind: 'beginTransaction', value })),
  decoderOf(endTransactionRecord, (value) => ({ kind: 'endTransaction', value })),
  decoderOf(abortTransactionRecord, (value) => ({ kind: 'abortTransaction', value })),
  decoderOf(removeDelegationTokenRecord, (value) => ({ kind: 'removeDelegationToken', value })),
  decoderOf(registerControllerRecord, (value) => ({ kind: 'registerController', value })),
  decoderOf(clearElrRecord, (value) => ({ kind: 'clearElr', value })),
])

/**
 * Reads one record, frame included. What it returns shares no memory with `bytes`. Throws MalformedError on a frame, type
 * or version that 4.3.1 does not know, and on bytes left over.
 */
export function decodeRecord(bytes: Uint8Array): MetadataRecord {
  const reader = new Reader(bytes)
  const frame = reader.uvarint()
  if (frame !== frameVersion) throw new MalformedError(`metadata record in a frame of version ${frame}`)
  const type = reader.uvarint()
  const version = reader.uvarint()
  const decode = decoders.get(type)
  if (decode === undefined) throw new MalformedError(`metadata record of unknown type ${type}`)
  const record = decode(reader, version)
  if (reader.remaining > 0) throw new MalformedError(`${reader.remaining} bytes follow a metadata record`)
  return record
}

function registerBrokerVersion(level: number): number {
  if (level >= cordonedDirectoriesLevel) return 4
  if (level >= directoryAssignmentLevel) return 3
  return level >= zkMigrationLevel ? 2 : 1
}

/** Of partitions and of their changes. */
function partitionVersion(level: number): number {
  if (level >= eligibleLeaderReplicasLevel) return 2
  return level >= directoryAssignmentLevel ? 1 : 0
}

/** Kafka writes the lowest version that holds what changed (KIP-841, KIP-858, KIP-1066). */
function registrationChangeVersion(value: BrokerRegistrationChangeRecord): number {
  if (value.cordonedLogDirs !== null) return 3
  if (value.logDirs.length > 0) return 2
  return value.inControlledShutdown === 0 ? 0 : 1
}

function frame<F extends Fields>(message: Message<F>, version: number, value: Infer<F>): Uint8Array {
  const writer = new Writer(128)
  writer.uvarint(frameVersion)
  writer.uvarint(message.type)
  writer.uvarint(version)
  message.encode(writer, version, value)
  return writer.finishAsOne()
}

/**
 * One record, frame included, in the version that Kafka writes at that level of `metadata.version`: every node that can run
 * at it reads the record. What the version has no field for is left out.
 */
export function encodeRecord(record: MetadataRecord, level: number): Uint8Array {
  switch (record.kind) {
    case 'registerBroker':
      return frame(registerBrokerRecord, registerBrokerVersion(level), record.value)
    case 'unregisterBroker':
      return frame(unregisterBrokerRecord, 0, record.value)
    case 'topic':
      return frame(topicRecord, 0, record.value)
    case 'partition':
      return frame(partitionRecord, partitionVersion(level), record.value)
    case 'config':
      return frame(configRecord, 0, record.value)
    case 'partitionChange':
      return frame(partitionChangeRecord, partitionVersion(level), record.value)
    case 'fenceBroker':
      return frame(fenceBrokerRecord, 0, record.value)
    case 'unfenceBroker':
      return frame(unfenceBrokerRecord, 0, record.value)
    case 'removeTopic':
      return frame(removeTopicRecord, 0, record.value)
    case 'delegationToken':
      return frame(delegationTokenRecord, 0, record.value)
    case 'userScramCredential':
      return frame(userScramCredentialRecord, 0, record.value)
    case 'featureLevel':
      return frame(featureLevelRecord, 0, record.value)
    case 'clientQuota':
      return frame(clientQuotaRecord, 0, record.value)
    case 'producerIds':
      return frame(producerIdsRecord, 0, record.value)
    case 'brokerRegistrationChange':
      return frame(brokerRegistrationChangeRecord, registrationChangeVersion(record.value), record.value)
    case 'accessControlEntry':
      return frame(accessControlEntryRecord, 0, record.value)
    case 'removeAccessControlEntry':
      return frame(removeAccessControlEntryRecord, 0, record.value)
    case 'noOp':
      return frame(noOpRecord, 0, record.value)
    case 'zkMigrationState':
      return frame(zkMigrationStateRecord, 0, record.value)
    case 'removeUserScramCredential':
      return frame(removeUserScramCredentialRecord, 0, record.value)
    case 'beginTransaction':
      return frame(beginTransactionRecord, 0, record.value)
    case 'endTransaction':
      return frame(endTransactionRecord, 0, record.value)
    case 'abortTransaction':
      return frame(abortTransactionRecord, 0, record.value)
    case 'removeDelegationToken':
      return frame(removeDelegationTokenRecord, 0, record.value)
    case 'registerController':
      return frame(registerControllerRecord, 0, record.value)
    case 'clearElr':
      return frame(clearElrRecord, 0, record.value)
    default:
      return unreachable(record)
  }
}
