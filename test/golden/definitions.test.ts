import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  apis,
  apisByKey,
  ErrorCode,
  type Fields,
  requestHeaderVersion,
  responseHeaderVersion,
  retriableErrors,
  type Word,
} from '../../src/protocol/index.ts'
import { asArray, asRecord, goldenText, parseExact } from './golden.ts'
import { messages } from './messages.ts'

const reference = asRecord(parseExact(goldenText('definitions.json')))
const kinds: Readonly<Record<string, string>> = {
  bool: 'bool',
  int8: 'i8',
  int16: 'i16',
  uint16: 'u16',
  int32: 'i32',
  uint32: 'u32',
  int64: 'i64',
  float64: 'f64',
  uuid: 'uuid',
  string: 'string',
  bytes: 'bytes',
  records: 'records',
}
const none = Number.POSITIVE_INFINITY

function range(text: unknown): readonly [number, number] {
  if (text === undefined || text === 'none') return [none, none]
  const [, since, more] = /^(\d+)(\+|-\d+)?$/.exec(String(text)) ?? []
  const first = Number(since)
  return [first, more === '+' ? none : more === undefined ? first : Number(more.slice(1))]
}

interface Context {
  readonly name: string
  readonly valid: readonly [number, number]
  readonly common: ReadonlyMap<string, unknown>
}

/** The part of `range` that lies in the versions of the message. */
const within = ([since, until]: readonly [number, number], [min, max]: readonly [number, number]): string =>
  since > max ? 'never' : `${Math.max(since, min)}-${Math.min(until, max)}`

function compareField(word: Word<unknown>, json: unknown, context: Context, path: string): void {
  const field = asRecord(json)
  const type = String(field['type'])
  const element = type.startsWith('[]') ? type.slice(2) : type
  const versions = range(field['versions'] ?? field['taggedVersions'])
  const clipped = within(versions, context.valid)
  assert.equal(within([word.since, word.until], context.valid), clipped, `${path}: versions`)
  assert.equal(word.tag, field['tag'], `${path}: tag`)
  if (word.tag !== undefined) assert.equal(word.taggedSince, range(field['taggedVersions'])[0], `${path}: tagged since`)
  const [from, to] = range(field['nullableVersions'])
  const [since, until] = [Math.max(word.nullableSince, word.since), Math.min(word.nullableUntil, word.until)]
  assert.equal(
    within([since, until], context.valid),
    within([Math.max(from, versions[0]), Math.min(to, versions[1])], context.valid),
    `${path}: nullable`,
  )
  assert.equal(word.inflexible, field['flexibleVersions'] === 'none', `${path}: flexible`)
  if (type.startsWith('[]')) assert.equal(word.kind, 'list', path)
  const inner = type.startsWith('[]') ? word.of : word
  assert.ok(inner)
  const kind = kinds[element]
  if (kind === undefined) {
    assert.equal(inner.kind, 'struct', path)
    compareFields(inner.fields ?? {}, asArray(field['fields'] ?? context.common.get(element)), context, path)
  } else assert.equal(inner.kind.replace('i64Big', 'i64'), kind, path)
  compareDefault(word, field['default'], path)
}

function compareDefault(word: Word<unknown>, value: unknown, path: string): void {
  if (value === 'null' && word.nullableSince !== none) assert.equal(word.initial, null, `${path}: default`)
  else if (word.kind === 'bool') assert.equal(word.initial, value === true || value === 'true', `${path}: default`)
  else if (typeof word.initial === 'number' || typeof word.initial === 'bigint') {
    assert.equal(
      BigInt(word.initial),
      BigInt(typeof value === 'string' || typeof value === 'number' ? value : 0),
      `${path}: default`,
    )
  } else if (word.kind === 'string') assert.equal(word.initial, value ?? '', `${path}: default`)
}

function compareFields(fields: Fields, json: readonly unknown[], context: Context, path: string): void {
  const names = json
    .map((field) => String(asRecord(field)['name']))
    .map((name) => `${name.charAt(0).toLowerCase()}${name.slice(1)}`)
  assert.deepEqual(Object.keys(fields), names, `${path}: fields in order`)
  json.forEach((field, i) => {
    const word = fields[names[i] ?? '']
    assert.ok(word)
    compareField(word, field, context, `${path}.${names[i]}`)
  })
}

test('every declaration is the one of 4.3.1: fields, types, versions, tags, nulls, defaults', () => {
  let count = 0
  for (const room of [
    'api',
    'metadata-log',
    'raft',
    'group-coordinator',
    'transaction-coordinator',
    'share-coordinator',
    'storage',
  ]) {
    for (const json of asArray(reference[room])) {
      const definition = asRecord(json)
      const name = String(definition['name'])
      if (definition['validVersions'] === 'none') continue
      const message = messages.get(name)
      assert.ok(message, `${name} is declared`)
      const valid = range(definition['validVersions'])
      assert.deepEqual(message.versions, valid, `${name}: versions`)
      const flexible = range(definition['flexibleVersions'])[0]
      assert.equal(message.flexible, flexible, `${name}: flexible`)
      if (definition['type'] !== 'request' && definition['type'] !== 'response') {
        assert.equal(message.type, definition['apiKey'] ?? -1, `${name}: type`)
      }
      const commons = asArray(definition['commonStructs'] ?? []).map(asRecord)
      const common = new Map(commons.map((struct) => [String(struct['name']), struct['fields']]))
      compareFields(message.fields, asArray(definition['fields']), { name, valid, common }, name)
      count++
    }
  }
  assert.equal(count, messages.size)
})

test('keys, served versions, listeners, what is forwarded, and header versions are those of 4.3.1', () => {
  const keys = asArray(reference['keys']).map(asRecord)
  let count = 0
  for (const key of keys) {
    const api = apisByKey.get(Number(key['key']))
    if (api === undefined) continue
    count++
    assert.deepEqual([api.name, ...api.versions], [key['name'], key['min'], key['max']])
    assert.deepEqual([api.listeners, api.forwardable], [key['listeners'], key['forwardable']])
    for (const line of asArray(key['headerVersions'])) {
      const [version, request, response] = asArray(line).map(Number)
      assert.deepEqual(
        [requestHeaderVersion(api.key, version ?? 0), responseHeaderVersion(api.key, version ?? 0)],
        [request, response],
      )
    }
  }
  assert.equal(count, apis.length)
})

test('error codes are those of 4.3.1', () => {
  const errors = asArray(reference['errors']).map(asRecord)
  assert.deepEqual(ErrorCode, Object.fromEntries(errors.map(({ name, code }) => [name, code])))
  assert.deepEqual(
    [...retriableErrors],
    errors.filter(({ retriable }) => retriable === true).map(({ code }) => code),
  )
})
