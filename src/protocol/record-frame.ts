/**
 * A record of `__cluster_metadata` as it lies in a batch or a snapshot: a frame version, the type of the record and its
 * version, all unsigned varints, then the message (KIP-631). Which version is written is for the metadata version to
 * say; this file only knows what there is.
 */
import { MalformedError, type Reader, type Writer } from '../base/index.ts'
import type { Message } from './message.ts'
import {
  abortTransactionRecord,
  accessControlEntryRecord,
  beginTransactionRecord,
  brokerRegistrationChangeRecord,
  clearElrRecord,
  clientQuotaRecord,
  configRecord,
  delegationTokenRecord,
  endTransactionRecord,
  featureLevelRecord,
  fenceBrokerRecord,
  noOpRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  registerControllerRecord,
  removeAccessControlEntryRecord,
  removeDelegationTokenRecord,
  removeTopicRecord,
  removeUserScramCredentialRecord,
  topicRecord,
  unfenceBrokerRecord,
  unregisterBrokerRecord,
  userScramCredentialRecord,
  zkMigrationStateRecord,
} from './messages/metadata-records.ts'
import type { Fields, Infer } from './words.ts'

const frameVersion = 1

interface RecordKind<K extends string, F extends Fields> {
  readonly message: Message<F>
  readonly decode: (
    reader: Reader,
    version: number,
  ) => { readonly kind: K; readonly version: number; readonly value: Infer<F> }
}

const of = <K extends string, F extends Fields>(kind: K, message: Message<F>): RecordKind<K, F> => ({
  message,
  decode: (reader, version) => ({ kind, version, value: message.decode(reader, version) }),
})

const kinds = [
  of('AbortTransactionRecord', abortTransactionRecord),
  of('AccessControlEntryRecord', accessControlEntryRecord),
  of('BeginTransactionRecord', beginTransactionRecord),
  of('BrokerRegistrationChangeRecord', brokerRegistrationChangeRecord),
  of('ClearElrRecord', clearElrRecord),
  of('ClientQuotaRecord', clientQuotaRecord),
  of('ConfigRecord', configRecord),
  of('DelegationTokenRecord', delegationTokenRecord),
  of('EndTransactionRecord', endTransactionRecord),
  of('FeatureLevelRecord', featureLevelRecord),
  of('FenceBrokerRecord', fenceBrokerRecord),
  of('NoOpRecord', noOpRecord),
  of('PartitionChangeRecord', partitionChangeRecord),
  of('PartitionRecord', partitionRecord),
  of('ProducerIdsRecord', producerIdsRecord),
  of('RegisterBrokerRecord', registerBrokerRecord),
  of('RegisterControllerRecord', registerControllerRecord),
  of('RemoveAccessControlEntryRecord', removeAccessControlEntryRecord),
  of('RemoveDelegationTokenRecord', removeDelegationTokenRecord),
  of('RemoveTopicRecord', removeTopicRecord),
  of('RemoveUserScramCredentialRecord', removeUserScramCredentialRecord),
  of('TopicRecord', topicRecord),
  of('UnfenceBrokerRecord', unfenceBrokerRecord),
  of('UnregisterBrokerRecord', unregisterBrokerRecord),
  of('UserScramCredentialRecord', userScramCredentialRecord),
  of('ZkMigrationStateRecord', zkMigrationStateRecord),
] as const

/** Told apart by `kind`, the name that Kafka gives it: `TopicRecord`, `PartitionRecord`, ... */
export type MetadataRecord = ReturnType<(typeof kinds)[number]['decode']>

const byType = new Map<number, (typeof kinds)[number]>(kinds.map((kind) => [kind.message.type, kind]))
const messageOf = new Map<string, Message<Fields>>(kinds.map(({ message }) => [message.name, message]))

/** Throws MalformedError, also for types and versions that 4.3.1 does not know, and for bytes left over. */
export function readMetadataRecord(reader: Reader): MetadataRecord {
  const frame = reader.uvarint()
  if (frame !== frameVersion) throw new MalformedError(`a metadata record in frame version ${frame}`)
  const type = reader.uvarint()
  const version = reader.uvarint()
  const kind = byType.get(type)
  if (kind === undefined) throw new MalformedError(`a metadata record of type ${type}`)
  const [min, max] = kind.message.versions
  if (version < min || version > max) throw new MalformedError(`version ${version} of ${kind.message.name}`)
  const record = kind.decode(reader, version)
  if (reader.remaining > 0) throw new MalformedError(`${reader.remaining} bytes behind a ${kind.message.name}`)
  return record
}

/** Throws RangeError when the message lacks the version. */
export function writeMetadataRecord(writer: Writer, { kind, version, value }: MetadataRecord): void {
  const message = messageOf.get(kind)
  if (message === undefined || version < message.versions[0] || version > message.versions[1]) {
    throw new RangeError(`there is no version ${version} of ${kind}`)
  }
  writer.uvarint(frameVersion)
  writer.uvarint(message.type)
  writer.uvarint(version)
  message.encode(writer, version, value)
}
