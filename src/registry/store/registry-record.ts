/**
 * The records of `_schemas`, in the JSON that Confluent's registry writes and reads: the key says of what kind one is. The topic is
 * compacted: a record without a value takes away what was there.
 */
import { guidOf } from '../fingerprint.ts'
import {
  compact,
  FieldError,
  flag,
  integer,
  type JsonObject,
  metadata,
  object,
  optional,
  references,
  ruleSet,
  text,
} from '../json-fields.ts'
import { type Config, isLevel, isMode, type Mode } from '../settings.ts'
import type { StoredSchema } from '../stored-schema.ts'
import { normalSubject, parseSubject } from '../subject-name.ts'

export type RegistryRecord =
  | {
      readonly kind: 'schema'
      readonly subject: string
      readonly version: number
      readonly value: StoredSchema | undefined
    }
  /** Subject undefined: of all. */
  | { readonly kind: 'config'; readonly subject: string | undefined; readonly value: Config | undefined }
  | { readonly kind: 'mode'; readonly subject: string | undefined; readonly value: Mode | undefined }
  /** All versions up to this one are deleted, softly. */
  | { readonly kind: 'delete-subject'; readonly subject: string; readonly version: number }
  /** What was deleted softly of the subjects of it is gone. */
  | { readonly kind: 'clear-subject'; readonly subject: string }
  | { readonly kind: 'context'; readonly context: string; readonly isGone: boolean }
  /** Of no meaning: what shows a writer that it has read all before. */
  | { readonly kind: 'noop' }

export interface RecordBytes {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestampMs: number
}

const tenant = 'default'

/** Undefined: of a kind that is not ours to know, or taken away what says nothing then. Throws FieldError, SyntaxError for what is no such record. */
export function decodeRecord({ key, value, timestampMs }: RecordBytes): RegistryRecord | undefined {
  if (key === null) throw new FieldError('there is no key')
  const of = object(parsed(key), 'the key')
  // Some other registries take away with no bytes, where null is meant.
  const content = value === null || value.length === 0 ? undefined : object(parsed(value), 'the value')
  const subject = optional(of, 'subject', text)
  switch (text(of.keytype, 'keytype')) {
    case 'SCHEMA': {
      const name = { subject: subjectName(subject), version: positive(of.version, 'version') }
      return { kind: 'schema', ...name, value: content && { ...storedSchema(content, timestampMs), ...name } }
    }
    case 'CONFIG':
      return { kind: 'config', subject, value: content && config(content) }
    case 'MODE':
      return { kind: 'mode', subject, value: content && mode(content.mode) }
    case 'DELETE_SUBJECT':
      if (content === undefined) return undefined
      return { kind: 'delete-subject', subject: text(subject, 'subject'), version: integer(content.version, 'version') }
    case 'CLEAR_SUBJECT':
      return content && { kind: 'clear-subject', subject: subject ?? '' }
    case 'CONTEXT':
      return { kind: 'context', context: text(of.context, 'context'), isGone: content === undefined }
    case 'NOOP':
      return { kind: 'noop' }
    default:
      return undefined
  }
}

/** One that can be asked for. */
function subjectName(subject: string | undefined): string {
  const name = normalSubject(text(subject, 'subject'))
  if (parseSubject(name).subject === '') throw new FieldError('the subject has no name')
  return name
}

function positive(value: unknown, what: string): number {
  const number = integer(value, what)
  if (number > 0) return number
  throw new FieldError(`${what} is ${number}`)
}

const parsed = (bytes: Uint8Array): unknown =>
  JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8'))

function storedSchema(fields: JsonObject, timestampMs: number): Omit<StoredSchema, 'subject' | 'version'> {
  const content = {
    schemaType: optional(fields, 'schemaType', text) ?? 'AVRO',
    schema: text(fields.schema, 'schema'),
    references: optional(fields, 'references', references) ?? [],
    metadata: optional(fields, 'metadata', metadata),
    ruleSet: optional(fields, 'ruleSet', ruleSet),
  }
  const deleted = optional(fields, 'deleted', flag) ?? false
  return { ...content, id: positive(fields.id, 'id'), guid: guidOf(content), deleted, timestampMs }
}

function mode(value: unknown): Mode {
  if (isMode(value)) return value
  throw new FieldError(`there is no mode '${String(value)}'`)
}

/** Of the value of a record, and of a request that sets it. Throws FieldError. */
export function config(fields: JsonObject): Config {
  const level = optional(fields, 'compatibilityLevel', text)?.toUpperCase()
  if (level !== undefined && !isLevel(level)) throw new FieldError(`there is no compatibility '${level}'`)
  return compact({
    alias: optional(fields, 'alias', text),
    normalize: optional(fields, 'normalize', flag),
    validateFields: optional(fields, 'validateFields', flag),
    validateRules: optional(fields, 'validateRules', flag),
    compatibilityLevel: level,
    compatibilityGroup: optional(fields, 'compatibilityGroup', text),
    defaultMetadata: optional(fields, 'defaultMetadata', metadata),
    overrideMetadata: optional(fields, 'overrideMetadata', metadata),
    defaultRuleSet: optional(fields, 'defaultRuleSet', ruleSet),
    overrideRuleSet: optional(fields, 'overrideRuleSet', ruleSet),
  })
}

export interface EncodedRecord {
  readonly key: string
  readonly value: string | null
}

export function encodeRecord(record: RegistryRecord): EncodedRecord {
  const { key, value } = fieldsOf(record)
  return { key: JSON.stringify(key), value: value === undefined ? null : JSON.stringify(value) }
}

/** In the order in which Confluent's registry writes them: the topic is compacted by the bytes of its keys. */
function fieldsOf(record: RegistryRecord): { readonly key: JsonObject; readonly value: JsonObject | undefined } {
  switch (record.kind) {
    case 'schema': {
      const { subject, version, value } = record
      return { key: { keytype: 'SCHEMA', subject, version, magic: 1 }, value: value && schemaFields(value) }
    }
    case 'config': {
      const { subject, value } = record
      return { key: { keytype: 'CONFIG', ...of(subject), magic: 0 }, value: value && { ...of(subject), ...value } }
    }
    case 'mode': {
      const { subject, value } = record
      return { key: { keytype: 'MODE', ...of(subject), magic: 0 }, value: value && { ...of(subject), mode: value } }
    }
    case 'delete-subject': {
      const { subject, version } = record
      return { key: { keytype: 'DELETE_SUBJECT', subject, magic: 0 }, value: { subject, version } }
    }
    case 'clear-subject':
      return { key: { keytype: 'CLEAR_SUBJECT', ...of(record.subject), magic: 0 }, value: of(record.subject) }
    case 'context': {
      const { context, isGone } = record
      return { key: { keytype: 'CONTEXT', tenant, context }, value: isGone ? undefined : { tenant, context } }
    }
    case 'noop':
      return { key: { keytype: 'NOOP', magic: 0 }, value: undefined }
  }
}

const of = (subject: string | undefined): JsonObject => (subject === undefined || subject === '' ? {} : { subject })

function schemaFields({ subject, version, id, guid, references, schema, deleted, ...rest }: StoredSchema): JsonObject {
  const { schemaType, metadata, ruleSet } = rest
  const md5 = Buffer.from(guid.replaceAll('-', ''), 'hex').toString('base64')
  return compact({
    ...{ subject, version, id, md5, schemaType },
    ...(references.length > 0 && { references }),
    ...{ metadata, ruleSet, schema, deleted },
  })
}
