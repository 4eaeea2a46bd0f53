/** Types of Avro's schemas: what is written of them, as it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declared } from './types/testdata/given.ts'

const money = { type: 'record', name: 'Money', fields: [{ name: 'cents', type: 'long' }] }

test('a record with its texts, its parts, and its schema', () => {
  const schema = {
    type: 'record',
    name: 'Order',
    namespace: 'shop',
    doc: 'What was ordered.',
    fields: [
      { name: 'id', type: 'string', doc: 'By which\nit is known.' },
      { name: 'price', type: money },
      { name: 'paid', type: ['null', 'Money'], default: null },
    ],
  }
  assert.equal(
    declared([{ subject: 'orders-value', version: 3, id: 17, schema }]),
    `// Written by \`odradek types\`: what is changed here is lost.

/** Values of subject orders-value, version 3, id 17. */
export type OrdersValue = Order

/** What was ordered. */
export interface Order {
  /**
   * By which
   * it is known.
   */
  id: string
  price: Money
  paid: Money | null
}

export interface Money {
  cents: number
}

/** The schema of subject orders-value, version 3, id 17: \`registry.avro(ordersValueSchema)\`. */
export const ordersValueSchema = {
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  doc: 'What was ordered.',
  fields: [
    { name: 'id', type: 'string', doc: 'By which\\nit is known.' },
    {
      name: 'price',
      type: {
        type: 'record',
        name: 'Money',
        fields: [{ name: 'cents', type: 'long' }],
      },
    },
    { name: 'paid', type: ['null', 'Money'], default: null },
  ],
} as const
`,
  )
})

/** What a record with one field says of it. */
function fieldText(type: unknown, longs: 'number' | 'bigint' = 'number'): string | undefined {
  const schema = { type: 'record', name: 'R', namespace: 'n', fields: [{ name: 'f', type }] }
  return /^ {2}f: (.*)$/m.exec(declared([{ schema }], { longs }))?.[1]
}

test('each type is what the serde gives', () => {
  const side = { type: 'enum', name: 'Side', symbols: ['BUY', 'SELL'] }
  const fixed = { type: 'fixed', name: 'Hash', size: 4 }
  const cases: readonly (readonly [unknown, string])[] = [
    ['int', 'number'],
    ['double', 'number'],
    ['boolean', 'boolean'],
    ['bytes', 'Buffer'],
    [fixed, 'Buffer'],
    [{ type: 'long', logicalType: 'timestamp-millis' }, 'number'],
    [{ type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 }, 'Buffer'],
    [side, 'Side'],
    [{ type: 'map', values: { type: 'array', items: side } }, 'Record<string, Side[]>'],
    [{ type: 'array', items: ['null', 'R'] }, '(R | null)[]'],
    [['int', 'null', 'long'], '{ int: number } | { long: number } | null'],
    [[money, { type: 'map', values: 'int' }], "{ 'n.Money': Money } | { map: Record<string, number> }"],
    [['bytes', fixed], "{ bytes: Buffer } | { 'n.Hash': Buffer }"],
    ['none.Such', 'unknown'],
  ]
  for (const [type, expected] of cases) assert.equal(fieldText(type), expected)
})

test('with bigints a long is none of the numbers of a union', () => {
  assert.equal(fieldText('long', 'bigint'), 'bigint')
  assert.equal(fieldText(['int', 'long'], 'bigint'), 'number | bigint')
  assert.match(
    declared([{ schema: { type: 'long' } }], { longs: 'bigint' }),
    /`registry\.avro\(s1Schema, \{ longs: 'bigint' \}\)`/,
  )
})

test('two of one simple name are told apart by their namespaces, and by their subjects where they have the same', () => {
  const of = (namespace: string, type: string): object => ({ ...money, namespace, fields: [{ name: 'a', type }] })
  const text = declared([
    { subject: 'a', schema: of('shop', 'int') },
    { subject: 'b', schema: of('bank', 'int') },
    { subject: 'c', schema: of('till', 'int') },
    { subject: 'd', schema: of('till', 'string') },
  ])
  assert.deepEqual(
    [...text.matchAll(/^export (?:interface|type) (.*?)(?: \{)?$/gm)].map(([, it]) => it),
    ['A = ShopMoney', 'ShopMoney', 'B = BankMoney', 'BankMoney', 'C = CMoney', 'CMoney', 'D = DMoney', 'DMoney'],
  )
})

test('what is the same in several subjects is declared once, even what has itself in it', () => {
  const list = { type: 'record', name: 'List', fields: [{ name: 'next', type: ['null', 'List'] }] }
  const other = { type: 'record', name: 'Other', fields: [{ name: 'list', type: list }] }
  const text = declared([{ schema: list }, { schema: other }, { schema: list }])
  assert.equal(text.match(/export interface List \{\n {2}next: List \| null\n\}/g)?.length, 1)
  assert.match(text, /list: List\n/)
  assert.match(text, /export type S3 = List\n/)
})

test('what another subject defines is declared with it, and the serde is told where it is', () => {
  const schema = { type: 'record', name: 'Order', fields: [{ name: 'price', type: 'bank.Money' }] }
  const references = [{ name: 'bank.Money', subject: 'money', version: 2 }]
  const others = [{ subject: 'money', version: 2, schema: { ...money, namespace: 'bank' } }]
  const text = declared([{ subject: 'orders', schema, references }], { others })
  assert.match(text, /export interface Money \{\n {2}cents: number\n\}/)
  assert.match(text, /price: Money\n/)
  assert.match(text, /`registry\.avro<Orders>\(ordersSchema, \{ references: ordersReferences \}\)`/)
  const written = `export const ordersReferences = [\n  { name: 'bank.Money', subject: 'money', version: 2 },\n] as const\n`
  assert.ok(text.endsWith(written), text)
})

test('several versions of a subject have their version in the name, and a type of the name of its subject no alias', () => {
  const order = { type: 'record', name: 'Order', fields: [] }
  const versions = declared([
    { subject: 'Order', version: 1, schema: order },
    { subject: 'Order', version: 2, schema: { type: 'int' } },
  ])
  assert.match(
    versions,
    /export type OrderV1 = Order\n[\s\S]*export const orderV1Schema[\s\S]*export type OrderV2 = number\n/,
  )
  const alone = declared([{ subject: 'Order', schema: order }])
  assert.match(
    alone,
    /\/\*\* Values of subject Order, version 1, id 1\. \*\/\nexport interface Order \{\n {2}\[key: string\]: never\n\}/,
  )
  assert.doesNotMatch(alone, /export type/)
})

test('a schema with numbers that JavaScript has not is a text', () => {
  const schema = '{"type":"record","name":"R","fields":[{"name":"a","type":"long","default":9223372036854775807}]}'
  const text = declared([{ schema }])
  assert.ok(text.includes(`: \`registry.avro<S1>(s1Schema)\`. */\nexport const s1Schema = \`${schema}\`\n`), text)
})

test('a bare name is a schema with a type, so that the serde tells what its values are', () => {
  assert.match(
    declared([{ schema: '"string"' }]),
    /type S1 = string\n[\s\S]*s1Schema = \{ type: 'string' \} as const\n$/,
  )
})
