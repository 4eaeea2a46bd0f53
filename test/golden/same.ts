/** Compares what was read with the JSON form in which Kafka prints the same message. */
import assert from 'node:assert/strict'
import { uuidFromLatin1, uuidToString } from '../../src/base/index.ts'
import type { Fields, Word } from '../../src/protocol/index.ts'
import { asArray, asRecord } from './golden.ts'

/** Holds a decoded value against Kafka's JSON form, field by field. */
function same(field: Word<unknown>, value: unknown, json: unknown, path: string): void {
  if (json === null) assert.equal(value, null, path)
  else if (field.kind === 'struct') sameFields(field.fields ?? {}, value, json, path)
  else if (field.kind === 'list') {
    const [values, jsons] = [asArray(value), asArray(json)]
    assert.equal(values.length, jsons.length, path)
    const { of } = field
    assert.ok(of)
    values.forEach((element, i) => {
      same(of, element, jsons[i], `${path}[${i}]`)
    })
  } else if (value instanceof Uint8Array) assert.equal(Buffer.from(value).toString('base64'), json, path)
  else if (field.kind === 'uuid') assert.equal(uuidToString(uuidFromLatin1(String(value))), json, path)
  else if (typeof value === 'bigint') assert.equal(value, BigInt(String(json)), path)
  else assert.equal(value, json, path)
}

/** The same for a whole message or struct. Kafka leaves out what the version lacks and tagged fields with their default. */
export function sameFields(fields: Fields, value: unknown, json: unknown, path: string): void {
  const object = asRecord(value)
  const expected = asRecord(json)
  for (const name of Object.keys(expected)) assert.ok(fields[name], `${path}.${name} is declared`)
  for (const [name, field] of Object.entries(fields)) {
    if (name in expected) same(field, object[name], expected[name], `${path}.${name}`)
    else isInitial(field, object[name], `${path}.${name}`)
  }
}

function isInitial(field: Word<unknown>, value: unknown, path: string): void {
  if (field.initial === null) assert.equal(value, null, path)
  else if (field.kind === 'struct') sameFields(field.fields ?? {}, value, {}, path)
  else if (typeof value === 'bigint') assert.equal(value, BigInt(String(field.initial)), path)
  else assert.deepEqual(value, field.initial, path)
}
