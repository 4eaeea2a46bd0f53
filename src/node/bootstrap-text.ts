/** What formatting tells of the records of `bootstrap.checkpoint`, in the form of Kafka's line. Pure. */
import { assert } from '../base/index.ts'
import { type MetadataRecord, metadataVersionFeature } from '../metadata/index.ts'

/** The keys and the salt of a user are left out, which Kafka prints: a terminal keeps what it has shown. */
export function bootstrapText(records: readonly MetadataRecord[]): string {
  const texts = records.map((record) => `ApiMessageAndVersion(${recordText(record)} at version 0)`)
  const level = records.map(metadataVersionOf).find((it) => it !== undefined)
  assert(level !== undefined, 'a cluster begins with a metadata.version')
  return `BootstrapMetadata(records=[${texts.join(', ')}], metadataVersionLevel=${level}, source=format command)`
}

function metadataVersionOf(record: MetadataRecord): number | undefined {
  if (record.kind !== 'featureLevel' || record.value.name !== metadataVersionFeature) return undefined
  return record.value.featureLevel
}

function recordText({ kind, value }: MetadataRecord): string {
  if (kind === 'featureLevel') return `FeatureLevelRecord(name='${value.name}', featureLevel=${value.featureLevel})`
  assert(kind === 'userScramCredential', 'a cluster begins with features and users')
  const { name, mechanism, iterations } = value
  return `UserScramCredentialRecord(name='${name}', mechanism=${mechanism}, iterations=${iterations})`
}
