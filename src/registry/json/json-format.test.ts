import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { InvalidSchemaError, type ParsedSchema } from '../formats/format.ts'
import { json } from './json-format.ts'

const parse = (text: string): ParsedSchema => json.parse({ text, references: [] })
const schema = (value: unknown): ParsedSchema => parse(JSON.stringify(value))

const drafts = [
  'http://json-schema.org/draft-04/schema#',
  'http://json-schema.org/draft-06/schema#',
  'http://json-schema.org/draft-07/schema#',
  'https://json-schema.org/draft/2019-09/schema',
  'https://json-schema.org/draft/2020-12/schema',
]

describe('a JSON Schema', () => {
  test('is stored as it came, without white space', () => {
    const parsed = parse('{ "title" : "Order",\n "type":"object", "10":1.50, "9":[ ] }')
    assert.equal(parsed.type, 'JSON')
    assert.equal(parsed.canonical, '{"title":"Order","type":"object","10":1.50,"9":[]}')
    assert.equal(parsed.normalized, '{"10":1.50,"9":[],"title":"Order","type":"object"}')
    assert.equal(parsed.name, 'Order')
    assert.equal(parse(parsed.canonical).canonical, parsed.canonical)
  })

  test('may be a mere boolean, and need not have a name', () => {
    assert.equal(parse('true').canonical, 'true')
    assert.equal(parse(' false').normalized, 'false')
    assert.equal(parse('true').name, undefined)
    assert.equal(parse('{}').name, undefined)
    assert.equal(parse('{"title":""}').name, '')
  })

  test('is an object or a boolean', () => {
    for (const text of ['1', '"object"', 'null', '[]', '']) assert.throws(() => parse(text), InvalidSchemaError, text)
  })

  test('is checked against its draft, and the message says where', () => {
    for (const $schema of drafts) {
      schema({ $schema, type: 'object', properties: { a: { type: ['string', 'null'], maxLength: 3 } } })
      const broken = { $schema, properties: { a: { maxLength: -1 } } }
      assert.throws(() => schema(broken), {
        name: 'InvalidSchemaError',
        message: /#\/properties\/a\/maxLength must be >= 0/,
      })
      assert.throws(() => schema({ $schema, type: 'text' }), /#\/type/)
      assert.throws(() => schema({ $schema, type: Array.from({ length: 8 }, () => 'string') }), /#\/type/)
      assert.throws(() => schema({ $schema, required: 'a' }), /#\/required must be array/)
    }
  })

  test('is of the draft that it names, with or without what may stand around the name', () => {
    const exclusive = { minimum: 1, exclusiveMinimum: true }
    for (const $schema of ['http://json-schema.org/draft-04/schema', 'https://json-schema.org/schema#']) {
      schema({ $schema, ...exclusive })
    }
    // Without a name, and with one that is not known, it is draft 7.
    for (const named of [{}, { $schema: 'https://example.com/mine' }]) {
      assert.throws(() => schema({ ...named, ...exclusive }), /draft 7: #\/exclusiveMinimum/)
      schema({ ...named, const: 1, items: [true] })
    }
    assert.throws(() => schema({ $schema: drafts[4], items: [true] }), /draft 2020-12: #\/items/)
    schema({ $schema: drafts[3], items: [true] })
  })

  test('may have the same value twice in an enum, and numbers of any size', () => {
    for (const $schema of drafts) schema({ $schema, enum: [1, 1] })
    parse('{"multipleOf":1e-400,"maximum":1e400}')
  })

  test('does not read what another format has written', () => {
    const other: ParsedSchema = { ...schema({}), type: 'AVRO', incompatibilities: () => [] }
    const found = schema({}).incompatibilities(other)
    assert.deepEqual(
      found.map(({ type }) => type),
      ['SCHEMA_TYPE_CHANGED'],
    )
    assert.match(found[0]?.description ?? '', /AVRO/)
  })

  test('gives its incompatibilities in words', () => {
    const [found] = schema({ type: 'object', properties: { 'a/b': { minimum: 2 } } }).incompatibilities(
      schema({ type: 'object', properties: { 'a/b': { minimum: 1 } } }),
    )
    assert.deepEqual(found, {
      type: 'MINIMUM_INCREASED',
      description: "'#/properties/a/b/minimum' in the new schema is greater than before",
      additionalInfo: '',
    })
  })

  test('accepts itself, in whatever order it is written, unless it is refused', () => {
    const leaf = fc.constantFrom<unknown>(
      true,
      {},
      { type: 'string' },
      { type: ['integer', 'null'], minimum: 1 },
      { enum: [1, 'a'] },
    )
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small', withCrossShrink: true },
        leaf,
        fc.record({
          properties: fc.dictionary(fc.constantFrom('a', 'b', '1'), tie('tree')),
          additionalProperties: tie('tree'),
        }),
        fc.record({ items: fc.array(tie('tree'), { maxLength: 3 }), additionalItems: tie('tree') }),
        fc.record({ oneOf: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }), not: tie('tree') }),
        fc.record({
          allOf: fc.array(tie('tree'), { minLength: 1, maxLength: 3 }),
          $ref: fc.constantFrom('#', undefined),
        }),
      ),
    }))
    fc.assert(
      fc.property(tree, fc.constantFrom(...drafts.slice(2, 4)), (value, $schema) => {
        let parsed: ParsedSchema
        try {
          parsed = schema(typeof value === 'object' ? { $schema, ...value } : value)
        } catch (error) {
          assert.ok(error instanceof InvalidSchemaError)
          return
        }
        assert.deepEqual(parse(parsed.normalized).incompatibilities(parsed), [])
        assert.deepEqual(parsed.incompatibilities(parse(parsed.normalized)), [])
      }),
    )
  })

  test('is refused, and nothing else, whatever it is', () => {
    const keyword = fc.constantFrom(
      '$ref',
      '$id',
      'id',
      '$anchor',
      'type',
      'items',
      'properties',
      'enum',
      'allOf',
      '$defs',
      'required',
      '$schema',
    )
    const { node } = fc.letrec<{ node: unknown }>((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(...drafts, '#', '#/a', 'string', 1, null),
        fc.dictionary(keyword, tie('node')),
        fc.array(tie('node'), { maxLength: 3 }),
      ),
    }))
    fc.assert(
      fc.property(node, (value) => {
        try {
          schema(value).incompatibilities(schema({ type: 'string' }))
        } catch (error) {
          assert.ok(error instanceof InvalidSchemaError, String(error))
        }
      }),
      { numRuns: 500 },
    )
  })
})
