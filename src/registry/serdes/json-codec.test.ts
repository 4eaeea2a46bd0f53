/** Payloads of JSON: what schemas of each draft let through, and schemas and texts that are made to cost much. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { WholeSchema } from './codec.ts'
import { type JsonOptions, jsonCodec } from './json-codec.ts'

const whole = (schema: unknown, resolved: Readonly<Record<string, unknown>> = {}): WholeSchema => ({
  schema: typeof schema === 'string' ? schema : JSON.stringify(schema),
  references: [],
  resolved: Object.entries(resolved).map(([name, text]) => ({ name, text: JSON.stringify(text) })),
})
const write = (schema: WholeSchema, value: unknown, options?: JsonOptions): string =>
  Buffer.from(jsonCodec(options).encoder(schema).encode(value)).toString()
const read = (schema: WholeSchema, text: string | Buffer, reader?: WholeSchema, options?: JsonOptions): unknown =>
  jsonCodec(options).decoder(schema, reader)(Buffer.from(text))

const drafts = [
  'http://json-schema.org/draft-04/schema#',
  'http://json-schema.org/draft-06/schema#',
  'http://json-schema.org/draft-07/schema',
  'https://json-schema.org/draft/2019-09/schema',
  'https://json-schema.org/draft/2020-12/schema',
]
const order = {
  title: 'Order',
  type: 'object',
  properties: { id: { type: 'integer' }, lines: { type: 'array', items: { type: 'string', minLength: 2 } } },
  required: ['id'],
  additionalProperties: false,
}

describe('validation', () => {
  for (const $schema of drafts)
    test(`by ${$schema}: what is wrong is told, and where`, () => {
      const schema = whole({ $schema, ...order })
      assert.equal(write(schema, { id: 1, lines: ['ab'] }), '{"id":1,"lines":["ab"]}')
      assert.throws(
        () => write(schema, { id: 1, lines: ['ab', 'c'] }),
        /valid by the schema: \/lines\/1 must NOT have fewer/,
      )
      assert.throws(() => write(schema, {}), /the value must have required property 'id'/)
      assert.throws(() => read(schema, '{"id":1,"more":true}'), /additional properties \('more'\)/)
      assert.deepEqual(read(schema, '{"id":2}'), { id: 2 })
    })

  test('each draft has its own meaning', () => {
    const [four = '', , seven = '', , newest = ''] = drafts
    const exclusive = { $schema: four, minimum: 1, exclusiveMinimum: true }
    assert.throws(() => write(whole(exclusive), 1))
    assert.throws(() => jsonCodec().encoder(whole({ ...exclusive, $schema: seven })), /exclusiveMinimum/)
    assert.throws(() => write(whole({ $schema: newest, prefixItems: [{ type: 'string' }] }), [1]))
    assert.equal(write(whole({ prefixItems: [{ type: 'string' }] }), [1]), '[1]')
    assert.throws(() => write(whole({ const: 1 }), 2))
    assert.throws(() => write(whole({ format: 'date' }), '2026-02-30'), /format "date"/)
  })

  test('the schema of the reader counts where there is one; none does without validation', () => {
    const strict = whole({ type: 'string' })
    const loose = whole(true)
    assert.throws(() => read(loose, '1', strict))
    assert.equal(read(strict, '1', loose), 1)
    assert.equal(read(strict, '1', undefined, { validate: false }), 1)
    assert.equal(write(strict, 1, { validate: false }), '1')
  })

  test('what is written is what counts', () => {
    const schema = whole({ type: 'object', properties: { at: { type: 'string' } }, additionalProperties: false })
    assert.equal(write(schema, { at: new Date(0), gone: undefined }), '{"at":"1970-01-01T00:00:00.000Z"}')
    assert.throws(() => write(whole({ type: 'object' }), new Date(0)), /must be object/)
    assert.throws(() => write(whole({ type: 'number' }), Number.NaN), /must be number/)
    assert.throws(() => write(whole(true), () => 1), /JSON has nothing for function/)
  })

  test('what is written is what was checked, of whatever is asked for it', () => {
    const strict = {
      type: 'object',
      properties: { a: { type: 'integer' } },
      required: ['a'],
      additionalProperties: false,
    }
    const schema = whole(strict)
    let asked = 0
    const counting = {
      get a() {
        return asked++ === 0 ? 1 : 'other'
      },
    }
    assert.equal(write(schema, counting), '{"a":1}')
    const hidden = Object.defineProperty({}, 'a', { value: 1, enumerable: false })
    assert.throws(() => write(schema, hidden), /required property 'a'/)
    const told = Object.defineProperty({ a: 'x' }, 'toJSON', { value: () => ({ a: 2 }), enumerable: false })
    assert.equal(write(schema, told), '{"a":2}')
    assert.equal(write(schema, Object.assign(Object.create(null), { a: 3 })), '{"a":3}')
    for (const value of [{ a: 1, b: new Date(0) }, { a: 1.5 }, { a: Number.NaN }, { a: undefined }, [], new Map()])
      assert.throws(() => write(schema, value), /not valid/)
    class Sum {
      a = 4
      #b = 5
      get b() {
        return this.#b
      }
    }
    assert.equal(write(schema, new Sum()), '{"a":4}')
    const raw: (text: string) => unknown = Reflect.get(JSON, 'rawJSON')
    assert.equal(write(schema, { a: raw('3.0') }), '{"a":3.0}')
    const own = JSON.parse('{"__proto__":{"x":[1,{"y":null}]},"constructor":[true]}')
    assert.equal(write(whole(true), own), JSON.stringify(own))
    assert.equal(write(whole({ required: ['toString'] }), { toString: 1 }), '{"toString":1}')
    assert.throws(() => write(whole({ required: ['toString'] }), {}), /required property/)
    const sparse = Object.assign(new Array(3), { 0: 1, 2: 3 })
    assert.equal(write(whole({ items: { type: ['integer', 'null'] } }), sparse), '[1,null,3]')
    const round: { self?: unknown } = {}
    round.self = [round, round]
    assert.throws(() => write(whole(true), round), /circular/)
  })

  test('payloads that are kept are not written over, short ones and long ones', () => {
    const { encode } = jsonCodec().encoder(whole(true))
    const values = Array.from({ length: 2000 }, (_, i) => `é${i}${'x'.repeat(i % 50 === 0 ? 9000 : i % 100)}`)
    const payloads = values.map((value) => encode(value, Buffer.of(7)))
    for (const [i, value] of values.entries()) {
      assert.equal(payloads[i]?.[0], 7)
      assert.equal(Buffer.from(payloads[i] ?? []).toString('utf8', 1), JSON.stringify(value))
    }
  })

  test('a mark of the order of bytes is none of the text, and the sign for what cannot be read is one as any other', () => {
    assert.equal(read(whole(true), '\ufeff"a"'), 'a')
    assert.equal(read(whole(true), '"\ufffd"'), '\ufffd')
  })

  test('items that are equal, and values of an enum, whatever the order of their keys', () => {
    for (const $schema of drafts) {
      const schema = whole({ $schema, uniqueItems: true, items: { enum: [1, '1', { a: 1, b: [2] }] } })
      assert.equal(write(schema, [1, '1', { b: [2], a: 1 }]), '[1,"1",{"b":[2],"a":1}]')
      assert.throws(() => write(schema, [1, { a: 1, b: [3] }]), /\/1 must be one of/)
      assert.throws(
        () =>
          write(schema, [
            { b: [2], a: 1 },
            { a: 1, b: [2] },
          ]),
        /same item twice/,
      )
      assert.equal(write(whole({ $schema, uniqueItems: false }), [1, 1]), '[1,1]')
    }
  })

  test('each regular expression is one of its own', () => {
    const schema = whole({
      patternProperties: { '^a': { pattern: 'x' }, '^b': { pattern: 'y' } },
      additionalProperties: false,
    })
    assert.equal(write(schema, { a: 'x', b: 'y' }), '{"a":"x","b":"y"}')
    for (const value of [{ a: 'y' }, { b: 'x' }, { c: 'x' }]) assert.throws(() => write(schema, value), /not valid/)
  })

  test('at most five errors are told', () => {
    const schema = whole({ anyOf: Array.from({ length: 20 }, (_, value) => ({ const: `c${value}` })) })
    assert.throws(
      () => write(schema, 1),
      ({ message }: Error) => message.split('; ').length === 6 && /and 16 more/.test(message),
    )
  })
})

describe('references', () => {
  const customer = { type: 'object', required: ['name'] }

  for (const $schema of drafts)
    test(`by name, by address and relative to one, in ${$schema}`, () => {
      const id = $schema.includes('draft-04') ? 'id' : '$id'
      for (const [root, name, reference, other] of [
        [{}, 'customer.json', 'customer.json', customer],
        [{ [id]: 'http://shop/orders/order.json' }, 'customer.json', 'customer.json', customer],
        [{ [id]: 'http://shop/order.json' }, 'some', 'http://x/c.json', { ...customer, [id]: 'http://x/c.json' }],
        [{}, 'c.json', 'c.json#/definitions/it', { definitions: { it: customer } }],
      ] as const) {
        const schema = whole({ $schema, ...root, items: { $ref: reference } }, { [name]: other })
        assert.equal(write(schema, [{ name: 'a' }]), '[{"name":"a"}]')
        assert.throws(() => write(schema, [{}]), /\/0 must have required property 'name'/)
      }
    })

  test('through another one, of another draft, and missing', () => {
    const schema = whole(
      { items: { $ref: 'a.json' } },
      { 'b.json': { $schema: drafts[0], id: 'http://z/b.json', type: 'string' }, 'a.json': { $ref: 'b.json' } },
    )
    assert.equal(write(schema, ['x']), '["x"]')
    assert.throws(() => write(schema, [1]), /\/0 must be string/)
    assert.throws(() => jsonCodec().encoder(whole({ $ref: 'nowhere.json' })), /nowhere\.json/)
  })
})

test('a title is the name', () => {
  assert.equal(jsonCodec().encoder(whole(order)).name, 'Order')
  assert.equal(jsonCodec().encoder(whole({})).name, undefined)
  assert.equal(jsonCodec().encoder(whole('true')).name, undefined)
})

describe('bounds', () => {
  const soon = (work: () => unknown, error: RegExp): void => {
    const begun = performance.now()
    assert.throws(work, error)
    assert.ok(performance.now() - begun < 5000)
  }
  const nested = (count: number, [open, inner, close]: readonly [string, string, string]): string =>
    open.repeat(count) + inner + close.repeat(count)

  test('schemas that are too large, too deep or none', () => {
    soon(
      () => jsonCodec().encoder(whole(JSON.stringify({ description: 'x'.repeat(1_000_001) }))),
      /at most 1000000 char/,
    )
    soon(
      () => jsonCodec().encoder(whole({ enum: Array.from({ length: 20_001 }, (_, value) => value) })),
      /at most 20000 val/,
    )
    soon(() => jsonCodec().encoder(whole(nested(101, ['{"not":', '{}', '}']))), /nested no deeper/)
    soon(() => jsonCodec().encoder(whole('[]')), /an object or a boolean/)
    soon(() => jsonCodec().encoder(whole('{')), /JSON/)
    soon(() => jsonCodec().encoder(whole({ type: 'strin' })), /type/)
  })

  test('references that lead to each other, once and twice', () => {
    soon(() => write(whole({ $ref: '#' }), 1), /leads back to itself/)
    const definitions = Object.fromEntries(
      Array.from({ length: 40 }, (_, at) => [
        `a${at}`,
        { allOf: [1, 2].map(() => ({ $ref: `#/definitions/a${at + 1}` })) },
      ]),
    )
    const schema = whole({ definitions: { ...definitions, a40: { type: 'number' } }, $ref: '#/definitions/a0' })
    soon(() => write(schema, 1), /references of the schema take too long/)
    // Each value has as many as there may be.
    const encoder = jsonCodec().encoder(whole({ definitions: { ...definitions, a20: {} }, $ref: '#/definitions/a0' }))
    for (let turn = 0; turn < 6; turn++) assert.equal(encoder.encode(1).length, 1)
  })

  test('regular expressions', () => {
    const text = `"${'a'.repeat(50_000)}!"`
    soon(() => read(whole({ pattern: '^(a+)+$' }), text), /must match pattern/)
    soon(() => read(whole({ pattern: '(a?){500}b' }), text), /too long for this value/)
    soon(() => jsonCodec().encoder(whole({ pattern: '(a?){1000}'.repeat(100) })), /too large/)
    soon(() => jsonCodec().encoder(whole({ pattern: '(a)\\1' })), /RE2 does not know/)
    soon(() => read(whole({ format: 'url' }), `"http://[${'1:'.repeat(50_000)}"`), /too long for this value/)
    const each = { type: 'array', items: { pattern: '^[a-z]{1,64}@[a-z]{1,255}\\.\\p{L}{2}\\u0041$' } }
    assert.equal(write(whole(each), ['me@you.deA']), '["me@you.deA"]')
    const codec = jsonCodec().decoder(whole({ pattern: 'a{100}' }), undefined)
    for (let turn = 0; turn < 20; turn++) codec(Buffer.from(text))
  })

  test('many items that are compared with each other', () => {
    const items = JSON.stringify(Array.from({ length: 50_000 }, (_, value) => ({ value })))
    const begun = performance.now()
    read(whole({ uniqueItems: true }), items)
    assert.ok(performance.now() - begun < 5000)
  })

  test('texts that are nested too deeply, or none', () => {
    soon(() => read(whole(true), nested(1001, ['[', '', ']'])), /nested deeper than 1000/)
    soon(() => read(whole(true), nested(1_000_000, ['{"a":', '1', '}'])), /nested deeper than 1000/)
    assert.ok(Array.isArray(read(whole(true), nested(1000, ['[', '', ']']))))
    assert.equal(read(whole(true), JSON.stringify(`\\"${'['.repeat(2000)}`)), `\\"${'['.repeat(2000)}`)
    soon(() => read(whole(true), Buffer.from('22ff22', 'hex')), /utf-8/i)
    soon(() => read(whole(true), ''), /JSON/)
  })
})
