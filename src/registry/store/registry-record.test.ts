import assert from 'node:assert/strict'
import { test } from 'node:test'
import { guidOf } from '../fingerprint.ts'
import { FieldError } from '../json-fields.ts'
import type { StoredSchema } from '../stored-schema.ts'
import { decodeRecord, encodeRecord, type RegistryRecord } from './registry-record.ts'

const content = {
  schemaType: 'JSON',
  schema: '{"type":"object"}',
  references: [{ name: 'other.json', subject: 'other', version: 2 }],
  metadata: { properties: { owner: 'us' } },
  ruleSet: { domainRules: [{ name: 'r', type: 'CEL', disabled: true }] },
}
const schema: StoredSchema = {
  ...content,
  subject: 's',
  version: 3,
  id: 9,
  guid: guidOf(content),
  deleted: true,
  timestampMs: 5,
}

const again = ({ key, value }: { readonly key: string; readonly value: string | null }): RegistryRecord | undefined =>
  decodeRecord({ key: Buffer.from(key), value: value === null ? null : Buffer.from(value), timestampMs: 5 })

const records: readonly RegistryRecord[] = [
  { kind: 'schema', subject: 's', version: 3, value: schema },
  { kind: 'schema', subject: ':.c:s', version: 3, value: undefined },
  { kind: 'config', subject: undefined, value: { compatibilityLevel: 'FULL' } },
  {
    kind: 'config',
    subject: 's',
    value: { normalize: true, compatibilityGroup: 'g', overrideMetadata: { tags: { a: ['b'] } } },
  },
  { kind: 'config', subject: 's', value: undefined },
  { kind: 'mode', subject: undefined, value: 'READONLY' },
  { kind: 'mode', subject: 's', value: undefined },
  { kind: 'delete-subject', subject: 's', version: 3 },
  { kind: 'clear-subject', subject: 's' },
  { kind: 'context', context: '.c', isGone: false },
  { kind: 'context', context: '.d', isGone: true },
  { kind: 'noop' },
]

test('what is written is read as it was', () => {
  for (const record of records) assert.deepEqual(again(encodeRecord(record)), record)
})

test('keys and values are those of Confluent’s registry, byte for byte: the topic is compacted by them', () => {
  const shown = records.map(encodeRecord).map(({ key, value }) => `${key} ${value}`)
  assert.deepEqual(shown.slice(1, 3), [
    '{"keytype":"SCHEMA","subject":":.c:s","version":3,"magic":1} null',
    '{"keytype":"CONFIG","magic":0} {"compatibilityLevel":"FULL"}',
  ])
  assert.deepEqual(shown.slice(5), [
    '{"keytype":"MODE","magic":0} {"mode":"READONLY"}',
    '{"keytype":"MODE","subject":"s","magic":0} null',
    '{"keytype":"DELETE_SUBJECT","subject":"s","magic":0} {"subject":"s","version":3}',
    '{"keytype":"CLEAR_SUBJECT","subject":"s","magic":0} {"subject":"s"}',
    '{"keytype":"CONTEXT","tenant":"default","context":".c"} {"tenant":"default","context":".c"}',
    '{"keytype":"CONTEXT","tenant":"default","context":".d"} null',
    '{"keytype":"NOOP","magic":0} null',
  ])
  assert.match(
    shown[0] ?? '',
    /^\{"keytype":"SCHEMA","subject":"s","version":3,"magic":1\} \{"subject":"s","version":3,"id":9,"md5":"[\w+/=]{24}","schemaType":"JSON","references":/,
  )
})

test('what older registries wrote is read: Avro goes without saying, nulls are nothing', () => {
  const old = {
    key: '{"keytype":"SCHEMA","subject":"s","version":1,"magic":0}',
    value: '{"subject":"s","version":1,"id":1,"schema":"\\"int\\"","references":null,"metadata":null}',
  }
  const read = again(old)
  assert.ok(read?.kind === 'schema')
  assert.deepEqual([read.value?.schemaType, read.value?.references, read.value?.deleted], ['AVRO', [], false])
  assert.deepEqual(
    again({ key: '{"keytype":"CONFIG","subject":null,"magic":0}', value: '{"compatibilityLevel":"NONE"}' }),
    {
      ...{ kind: 'config', subject: undefined, value: { compatibilityLevel: 'NONE' } },
    },
  )
})

test('what another registry has taken away with no bytes is gone', () => {
  const key = '{"keytype":"SCHEMA","subject":"s","version":1,"magic":0}'
  assert.deepEqual(again({ key, value: '' }), again({ key, value: null }))
})

test('what is no such record is refused; what we need not know is passed over', () => {
  const bad: readonly [string, string | null][] = [
    ['[]', null],
    ['{"subject":"s"}', null],
    ['{"keytype":"SCHEMA","version":1}', null],
    ['{"keytype":"SCHEMA","subject":"s","version":"1"}', null],
    ['{"keytype":"SCHEMA","subject":"s","version":0}', null],
    ['{"keytype":"SCHEMA","subject":":.c:","version":1}', null],
    ['{"keytype":"SCHEMA","subject":"s","version":1}', '{"id":-7,"schema":"x"}'],
    ['{"keytype":"SCHEMA","subject":"s","version":1}', '{"id":1}'],
    ['{"keytype":"SCHEMA","subject":"s","version":1}', '{"id":1,"schema":"x","references":[{"name":1}]}'],
    ['{"keytype":"CONFIG"}', '{"compatibilityLevel":"SOMEHOW"}'],
    ['{"keytype":"MODE"}', '{}'],
  ]
  for (const [key, value] of bad) assert.throws(() => again({ key, value }), FieldError, key)
  assert.throws(() => again({ key: 'no json', value: null }), SyntaxError)
  assert.equal(again({ key: '{"keytype":"ASSOC","subject":"s"}', value: '{}' }), undefined)
  assert.equal(again({ key: '{"keytype":"DELETE_SUBJECT","subject":"s"}', value: null }), undefined)
})

test('a GUID is that of the content, whatever the order of what has none', () => {
  assert.equal(
    guidOf({ ...content, references: [], metadata: undefined, ruleSet: undefined }),
    '01fc056e-ed58-c88f-e1c5-07fcd84dd4b7',
  )
  const metadata = { properties: { a: '1', b: '2' }, tags: { x: ['2', '1'] } }
  const turned = { tags: { x: ['1', '2'] }, properties: { b: '2', a: '1' } }
  assert.equal(guidOf({ ...content, metadata }), guidOf({ ...content, metadata: turned }))
  assert.notEqual(
    guidOf({ ...content, metadata }),
    guidOf({ ...content, metadata: { properties: { a: '1', b: '3' } } }),
  )
  assert.notEqual(guidOf({ ...content, metadata: {} }), guidOf({ ...content, metadata: undefined }))
})
