/** What the types tell of values is what the schema takes: the values here are checked by the compiler, and then written and read. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jsonCodec } from './json-codec.ts'
import type { JsonLiteral, JsonValue } from './json-value.ts'

/** None of these is a value for the compiler. */
type NoneOf<Refused, Value> = { readonly [I in keyof Refused]: Refused[I] extends Value ? never : unknown }

/** The values come back as they are. What is refused the compiler refuses as well as the schema. */
function fits<const S extends JsonLiteral, const Refused extends readonly unknown[]>(
  schema: S,
  values: readonly JsonValue<S>[],
  refused?: Refused & NoneOf<Refused, JsonValue<S>>,
): void {
  const whole = { schema: JSON.stringify(schema), references: [], resolved: [] }
  const codec = jsonCodec<unknown>()
  const { encode } = codec.encoder(whole)
  const decode = codec.decoder(whole, undefined)
  for (const value of values) assert.deepEqual(decode(Buffer.from(encode(value))), value)
  for (const value of refused ?? []) assert.throws(() => encode(value), /not valid/, JSON.stringify(value))
}

const newest = 'https://json-schema.org/draft/2020-12/schema'
const text = { type: 'string' } as const
const number = { type: 'number' } as const

test('types, one or several, and values that are told', () => {
  fits(true, ['a', 5, null, [{}]])
  fits({}, ['a', { a: [] }])
  fits({ type: 'null' }, [null], ['null'])
  fits({ type: 'boolean' }, [true], [1])
  fits({ type: 'integer', minimum: 0 }, [5], ['5'])
  fits({ type: ['string', 'null'] }, ['a', null], [5])
  fits({ type: ['object', 'array', 'boolean'] }, [{ a: 5 }, [5], true], ['a'])
  fits({ enum: ['a', 1, null] }, ['a', 1, null], ['b', 2])
  fits({ type: 'string', enum: ['a', 'b'] }, ['a', 'b'], ['c'])
  fits({ const: 'a' }, ['a'], ['b'])
})

describe('objects', () => {
  test('with properties, of which some have to be there', () => {
    const properties = { id: text, total: number, tags: { type: 'array', items: text } } as const
    const order = { type: 'object', properties, required: ['id', 'total'] } as const
    fits(
      order,
      [
        { id: 'a', total: 5 },
        { id: 'a', total: 5, tags: ['x'] },
      ],
      [{ id: 'a' }, { id: 'a', total: '5' }, { id: 'a', total: 5, tags: 'x' }, null],
    )
    fits({ ...order, additionalProperties: false }, [{ id: 'a', total: 5 }])
    fits({ type: 'object', required: ['a'] }, [{ a: null }], [{}])
    fits({ properties: { id: text }, required: ['id'] }, [{ id: 'a' }], [{ id: 5 }])
  })

  test('with others beside them, by a schema, or by the pattern of their names', () => {
    fits({ type: 'object' }, [{}, { a: [5] }], [5])
    fits({ type: 'object', additionalProperties: number }, [{}, { a: 5 }], [{ a: 'x' }])
    const mixed = { type: 'object', properties: { id: text }, required: ['id'], additionalProperties: number } as const
    fits(mixed, [{ id: 'a' }, { id: 'a', n: 5 }], [{ id: 5 }, { n: 5 }, { id: 'a', n: true }])
    fits({ ...mixed, additionalProperties: true }, [{ id: 'a', more: [{}] }], [{ id: 5 }])
    const patterns = {
      type: 'object',
      patternProperties: { '^n': number, '^t': text },
      additionalProperties: false,
    } as const
    fits(patterns, [{ n1: 5, t1: 'a' }], [{ n1: true }])
  })
})

test('lists, and lists of so many', () => {
  fits({ type: 'array' }, [[], [5, 'a']], [{}])
  fits({ type: 'array', items: { type: 'array', items: number } }, [[[5], []]])
  fits({ items: [text, number], additionalItems: false }, [[], ['a'], ['a', 5]])
  fits({ type: 'array', items: [text, number], additionalItems: { type: 'boolean' }, minItems: 2 }, [['a', 5, true]])
  const pair = { $schema: newest, type: 'array', prefixItems: [text, number] } as const
  fits({ ...pair, items: false, minItems: 2 }, [['a', 5]], ['a'])
  fits({ ...pair, minItems: 1 }, [['a'], ['a', 5]])
  fits({ ...pair, items: text }, [[], ['a', 5, 'b']])
})

describe('of several schemas', () => {
  const a = { type: 'object', properties: { kind: { const: 'a' }, x: number }, required: ['kind', 'x'] } as const
  const b = { type: 'object', properties: { kind: { const: 'b' }, y: text }, required: ['kind'] } as const

  test('one, or some', () => {
    fits({ anyOf: [text, number] }, ['a', 5], [true])
    fits({ oneOf: [a, b] }, [{ kind: 'a', x: 5 }, { kind: 'b' }], [{ kind: 'a' }, { kind: 'c' }])
    const shared = { type: 'object', properties: { id: text }, required: ['id'] } as const
    fits({ ...shared, oneOf: [a, b] }, [{ id: 'i', kind: 'a', x: 5 }], [{ kind: 'a', x: 5 }, { id: 'i' }])
  })

  test('all', () => {
    const named = { properties: { name: text }, required: ['name'] } as const
    fits({ allOf: [a, named] }, [{ kind: 'a', x: 5, name: 'n' }], [{ kind: 'a', x: 5 }, { name: 'n' }])
    fits({ ...b, allOf: [{ required: ['y'] }] }, [{ kind: 'b', y: 'a' }], [{ kind: 'b' }])
    fits({ allOf: [{ anyOf: [a, b] }, named] }, [{ kind: 'b', name: 'n' }], [{ kind: 'b' }])
  })
})

describe('by reference', () => {
  test('to what stands elsewhere in the document', () => {
    const definitions = { Money: { type: 'object', properties: { cents: number }, required: ['cents'] } } as const
    const price = { $ref: '#/definitions/Money' } as const
    const order = { type: 'object', properties: { price, paid: { $ref: '#/properties/price' } }, definitions } as const
    fits(order, [{}, { price: { cents: 5 }, paid: { cents: 5 } }], [{ price: {} }, { paid: { cents: '5' } }])
    const $defs = { Side: { enum: ['BUY', 'SELL'] } } as const
    fits({ $schema: newest, $ref: '#/$defs/Side', $defs }, ['BUY'], ['HOLD'])
  })

  test('to what it stands in', () => {
    const tree = {
      type: 'object',
      properties: { kids: { type: 'array', items: { $ref: '#' } } },
      required: ['kids'],
    } as const
    fits(tree, [{ kids: [{ kids: [] }, { kids: [{ kids: [] }] }] }], [{ kids: [{}] }])
    const next = { anyOf: [{ $ref: '#/$defs/Node' }, { type: 'null' }] } as const
    const $defs = { Node: { type: 'object', properties: { value: text, next }, required: ['value'] } } as const
    fits(
      { $ref: '#/$defs/Node', $defs },
      [{ value: 'a', next: { value: 'b', next: null } }],
      [{ value: 'a', next: { value: 5 } }],
    )
    fits({ anyOf: [text, { type: 'array', items: { $ref: '#' } }] }, ['a', [['a'], 'b']], [5, [[5]]])
    fits({ type: 'object', additionalProperties: { $ref: '#' } }, [{ a: { b: {} } }], [{ a: { b: 5 } }])
    const beside = { type: 'object', properties: { n: number }, additionalProperties: { $ref: '#' } } as const
    fits(beside, [{ n: 5, a: { b: { n: 6 } } }], [{ a: { b: true } }])
  })
})
