/** Which branch of a union is read, and which one a default is of. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { avroCodec } from './avro-codec.ts'
import type { WholeSchema } from './codec.ts'

const whole = (schema: unknown, resolved: WholeSchema['resolved'] = []): WholeSchema => ({
  ...{ schema: JSON.stringify(schema), references: [], resolved },
})
function evolved(value: unknown, from: WholeSchema, to: WholeSchema): unknown {
  const bytes = Buffer.from(avroCodec().encoder(from).encode(value))
  return JSON.parse(JSON.stringify(avroCodec().decoder(from, to)(bytes)))
}
const record = (name: string, ...fields: object[]) => ({ type: 'record', name, fields })

describe('the branch', () => {
  test('of the same type, before one that it can be promoted to', () => {
    assert.deepEqual(evolved(5, whole('int'), whole(['double', 'long', 'int'])), { int: 5 })
    assert.deepEqual(evolved('a', whole('string'), whole(['bytes', 'string'])), 'a')
    assert.deepEqual(evolved({ int: 5 }, whole(['int', 'long']), whole(['double', 'int', 'long'])), { int: 5 })
  })

  test('else the first that it can be promoted to', () => {
    assert.deepEqual(evolved(5, whole('int'), whole(['boolean', 'float', 'double'])), { float: 5 })
  })

  test('of a record by its name, then by an alias', () => {
    const [a, b] = [record('A', { name: 'x', type: 'int' }), record('B', { name: 'x', type: 'int' })]
    assert.deepEqual(evolved({ x: 1 }, whole(b), whole([a, b])), { B: { x: 1 } })
    assert.deepEqual(evolved({ x: 1 }, whole(b), whole([a, { ...record('C', ...b.fields), aliases: ['B'] }])), {
      C: { x: 1 },
    })
  })

  test('of a record within itself', () => {
    const list = (extra: object[]) => record('List', { name: 'next', type: ['null', 'List'] }, ...extra)
    const more = { name: 'n', type: ['null', 'long'], default: 4 }
    assert.deepEqual(evolved({ next: { next: null } }, whole(list([])), whole(list([more]))), {
      ...{ next: { next: null, n: 4 }, n: 4 },
    })
  })
})

test('a default is of the first branch that it fits', () => {
  const from = whole(record('R'))
  const read = (type: unknown, value: unknown): unknown =>
    evolved({}, from, whole(record('R', { name: 'f', type, default: value })))
  assert.deepEqual(read(['null', 'string'], 'a'), { f: 'a' })
  assert.deepEqual(read(['string', 'null'], null), { f: null })
  assert.deepEqual(read(['int', 'double'], 0.5), { f: { double: 0.5 } })
  assert.deepEqual(read(['int', 'double'], 5), { f: { int: 5 } })
  assert.throws(() => read(['null', 'int'], 'a'), /default/)
})

test('a default in what was written is of no matter', () => {
  const side = { type: 'enum', name: 'Side', symbols: ['BUY'] }
  const bad = whole(record('R', { name: 'side', type: side, default: 'HOLD' }))
  const good = whole(record('R', { name: 'side', type: side }))
  const bytes = Buffer.from(avroCodec().encoder(good).encode({ side: 'BUY' }))
  for (const reader of [good, undefined])
    assert.deepEqual({ ...Object(avroCodec().decoder(bad, reader)(bytes)) }, { side: 'BUY' })
})

test('a schema of the same text that refers to another version is another schema', () => {
  const order = record('Order', { name: 'money', type: 'Money' })
  const money = (...fields: object[]) => [{ name: 'Money', text: JSON.stringify(record('Money', ...fields)) }]
  const cents = { name: 'cents', type: 'int' }
  const from = whole(order, money(cents))
  const to = whole(order, money(cents, { name: 'unit', type: 'string', default: 'EUR' }))
  assert.deepEqual(evolved({ money: { cents: 5 } }, from, to), { money: { cents: 5, unit: 'EUR' } })
})
