/** Schemas that lead back to themselves, and those that were made to take long. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InvalidSchemaError, type ParsedSchema } from '../formats/format.ts'
import { json } from './json-format.ts'

const parse = (schema: unknown): ParsedSchema => json.parse({ text: JSON.stringify(schema), references: [] })

const kinds = (original: unknown, update: unknown): string[] =>
  parse(update)
    .incompatibilities(parse(original))
    .map(({ type }) => type)

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index))
const named = (count: number, make: (index: number) => unknown): object =>
  Object.fromEntries(times(count, (index) => [`n${index}`, make(index)]))
const to = (name: string | number) => ({ $ref: `#/definitions/${typeof name === 'number' ? `n${name}` : name}` })
const object = (properties: object) => ({ type: 'object', properties })

describe('a schema that leads back to itself', () => {
  const list = (type: string) => ({
    ...object({ first: to('node') }),
    definitions: { node: object({ value: { type }, next: to('node') }) },
  })

  test('is compared', () => {
    assert.deepEqual(kinds(list('integer'), list('integer')), [])
    assert.deepEqual(kinds(list('integer'), list('number')), [])
    assert.deepEqual(kinds(list('number'), list('integer')), ['TYPE_NARROWED'])
    assert.deepEqual(kinds({ items: { $ref: '#' } }, { items: { $ref: '#' }, maxItems: 3 }), ['MAX_ITEMS_ADDED'])
    const both = { $schema: 'https://json-schema.org/draft/2019-09/schema', $ref: '#', type: 'object' }
    assert.deepEqual(kinds(both, both), [])
  })

  test('with nothing but references is refused', () => {
    const loops = [{ $ref: '#' }, { ...to('a'), definitions: { a: to('b'), b: to('a') } }]
    for (const loop of loops)
      assert.throws(() => parse(loop), { name: 'InvalidSchemaError', message: /lead to each other/ })
    parse({ ...to(0), definitions: named(2000, (index) => (index < 1999 ? to(index + 1) : {})) })
  })

  test('does not pass because an alternative was looked at before it was known', () => {
    // Going round from the first leads to itself by way of the third, where it is taken for compatible; it is not.
    const schema = (first: string, second: string) => {
      const member = (type: string, next: string) => object({ next: { oneOf: [to(next)] }, id: { type } })
      const definitions = { a: member(first, 'c'), b: member(second, 'c'), c: member('integer', 'a') }
      return { definitions, ...object({ root: { oneOf: [to('a'), to('b')] } }) }
    }
    assert.deepEqual(kinds(schema('integer', 'boolean'), schema('boolean', 'number')), [
      'COMBINED_TYPE_SUBSCHEMAS_CHANGED',
    ])
    assert.deepEqual(kinds(schema('integer', 'boolean'), schema('integer', 'boolean')), [])
  })

  test('or in a union says all that is wrong with it outside of that', () => {
    const schema = (type: string) => {
      const part = object({ a: { type }, b: { type } })
      return object({ union: { oneOf: [part, { type: 'null' }] }, alone: part })
    }
    const found = ['COMBINED_TYPE_SUBSCHEMAS_CHANGED', 'TYPE_CHANGED', 'TYPE_CHANGED']
    assert.deepEqual(kinds(schema('string'), schema('boolean')), found)
  })

  test('in many unions of all with all', () => {
    const union = (type: string) => {
      const all = { oneOf: times(20, to) }
      const member = (index: number) =>
        object({ id: { type: index === 19 ? type : 'string' }, one: all, other: { anyOf: all.oneOf } })
      return { ...all, definitions: named(20, member) }
    }
    assert.deepEqual(kinds(union('string'), union('string')), [])
    assert.deepEqual(kinds(union('string'), union('boolean')), ['COMBINED_TYPE_SUBSCHEMAS_CHANGED'])
  })
})

describe('a schema that was made to take long', () => {
  test('by a tree that few definitions make', () => {
    const tree = (type: string) => ({
      ...to(0),
      definitions: named(100, (index) => (index === 99 ? { type } : object({ a: to(index + 1), b: to(index + 1) }))),
    })
    assert.deepEqual(kinds(tree('string'), tree('string')), [])
    const found = kinds(tree('string'), tree('number'))
    assert.deepEqual(new Set(found), new Set(['TYPE_CHANGED']))
    assert.ok(found.length <= 100)
  })

  test('by circles of which the lengths have no common divisor', () => {
    const circle = (length: number) => ({
      ...to(0),
      definitions: named(length, (index) => object({ next: to((index + 1) % length) })),
    })
    assert.deepEqual(kinds(circle(15), circle(16)), [])
    assert.deepEqual(kinds(circle(500), circle(501)), ['COMPARISON_LIMIT_EXCEEDED'])
  })

  test('by unions of many that are all different', () => {
    const union = (title: string) => ({
      oneOf: times(1500, (index) => ({ type: 'object', minProperties: 5000 - index, title: `${title}${index}` })),
    })
    assert.ok(kinds(union('a'), union('b')).includes('COMPARISON_LIMIT_EXCEEDED'))
    // All pairs of these would take minutes.
    const many = (keyword: string) => ({ oneOf: times(30_000, (index) => ({ [keyword]: index })) })
    assert.ok(kinds(many('minimum'), many('maxLength')).includes('COMPARISON_LIMIT_EXCEEDED'))
    assert.deepEqual(kinds({ oneOf: times(200, (maxLength) => ({ type: 'string', maxLength })) }, { type: 'string' }), [
      'TYPE_CHANGED',
    ])
  })

  test('by many patterns for many names', () => {
    const patterns = {
      ...object({}),
      patternProperties: Object.fromEntries(times(1000, (index) => [`^(a+)+${index}$`, {}])),
    }
    const names = object(Object.fromEntries(times(1000, (index) => [`${'a'.repeat(100)}!${index}`, {}])))
    assert.ok(kinds(names, patterns).includes('COMPARISON_LIMIT_EXCEEDED'))
  })

  test('by its depth', () => {
    const deep = (depth: number, keyword: string) => {
      let schema: object = { type: 'string' }
      for (let level = 0; level < depth; level++) schema = { [keyword]: keyword === 'allOf' ? [schema] : schema }
      return { $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema }
    }
    for (const [keyword, depth] of [
      ['not', 199],
      ['items', 199],
      ['additionalProperties', 199],
      ['allOf', 99],
    ] as const) {
      assert.deepEqual(kinds(deep(depth, keyword), deep(depth, keyword)), [], keyword)
      assert.throws(() => parse(deep(depth + 1, keyword)), InvalidSchemaError, keyword)
    }
  })

  test('by lists of which all differ', () => {
    for (const draft of ['-04', '-06', '-07', '/2019-09', '/2020-12']) {
      const $schema = `http${draft.startsWith('/') ? 's' : ''}://json-schema.org/draft${draft}/schema`
      const many = times(60_000, (index) => index)
      parse({ $schema, enum: many, required: many.map(String) })
      assert.throws(() => parse({ $schema, type: many }), InvalidSchemaError)
    }
  })

  test('by long addresses', () => {
    assert.throws(
      () => parse({ $id: `http://example.com/${'a'.repeat(5000)}` }),
      /an address of more than 2000 characters/,
    )
    assert.throws(() => parse({ $ref: `#/${'a/'.repeat(5000)}` }), /an address of more than 2000 characters/)
  })
})
