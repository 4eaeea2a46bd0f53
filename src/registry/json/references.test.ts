import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { InvalidSchemaError, type ParsedSchema } from '../formats/format.ts'
import { json } from './json-format.ts'

const parse = (schema: unknown, references: Readonly<Record<string, unknown>> = {}): ParsedSchema =>
  json.parse({
    text: JSON.stringify(schema),
    references: Object.entries(references).map(([name, value]) => ({ name, text: JSON.stringify(value) })),
  })

/** Whether the reference is followed to a string, and nowhere else. */
const leadsToString = (schema: unknown, references: Readonly<Record<string, unknown>> = {}): void => {
  const parsed = parse(schema, references)
  const kinds = (property: unknown) =>
    parsed.incompatibilities(parse({ type: 'object', properties: { x: property } })).map(({ type }) => type)
  assert.deepEqual(kinds({ type: 'string' }), [])
  assert.deepEqual(kinds({ type: 'boolean' }), ['TYPE_CHANGED'])
}

const to = ($ref: string, more: object = {}) => ({ type: 'object', properties: { x: { $ref } }, ...more })
const [text, flag] = [{ type: 'string' }, { type: 'boolean' }]
const modern = { $schema: 'https://json-schema.org/draft/2020-12/schema' }
const draft4 = { $schema: 'http://json-schema.org/draft-04/schema#' }

describe('a $ref', () => {
  test('leads to a part of its own schema', () => {
    leadsToString(to('#/definitions/a', { definitions: { a: text } }))
    leadsToString(to('#/$defs/a', { ...modern, $defs: { a: text } }))
    leadsToString(to('#/definitions/a~1b~0c%20d', { definitions: { 'a/b~c d': text } }))
    leadsToString(to('#/definitions/list/anyOf/1', { definitions: { list: { anyOf: [flag, text] } } }))
    leadsToString(to('#/components/a', { components: { a: text } }))
  })

  test('leads to a part by its name', () => {
    leadsToString(to('#a', { definitions: { x: { $id: '#a', ...text } } }))
    leadsToString(to('#a', { ...draft4, definitions: { x: { id: '#a', ...text } } }))
    leadsToString(to('#a', { ...modern, $defs: { x: { $anchor: 'a', ...text } } }))
    leadsToString(to('#a', { ...modern, $defs: { x: { $dynamicAnchor: 'a', ...text } } }))
  })

  test('leads to a part by its address', () => {
    leadsToString(to('http://example.com/b', { definitions: { x: { $id: 'http://example.com/b', ...text } } }))
    leadsToString(to('b', { $id: 'http://example.com/a', definitions: { x: { $id: 'b', ...text } } }))
    leadsToString(to('urn:x:b', { ...modern, $defs: { x: { $id: 'urn:x:b', ...text } } }))
    leadsToString(
      to('b#/$defs/c', {
        ...modern,
        $id: 'http://example.com/a',
        $defs: { x: { $id: 'b', $defs: { c: text } }, c: flag },
      }),
    )
    // What is inside of a part with an address is relative to that.
    leadsToString(
      to('b', {
        ...modern,
        $id: 'http://example.com/a',
        $defs: { x: { $id: 'b', $ref: '#/$defs/c', $defs: { c: text } }, c: flag },
      }),
    )
  })

  test('leads to a definition under the new name for definitions, as with Confluent', () => {
    leadsToString(to('#/$defs/a', { definitions: { a: text } }))
    leadsToString(to('#/$defs/a', { definitions: { a: flag }, $defs: { a: text } }))
    leadsToString(to('other.json#/$defs/a', modern), { 'other.json': { definitions: { a: text } } })
    assert.throws(() => parse(to('#/definitions/a', { $defs: { a: text } })), /leads nowhere/)
  })

  test('leads to a reference by its name, or by the name seen from the address of the schema', () => {
    leadsToString(to('other.json'), { 'other.json': text })
    leadsToString(to('./other.json'), { 'other.json': text })
    leadsToString(to('other.json#/definitions/a'), { 'other.json': { definitions: { a: text } } })
    leadsToString(to('other.json', { $id: 'http://example.com/dir/a' }), { 'other.json': text })
    leadsToString(to('http://example.com/dir/other.json', { $id: 'http://example.com/dir/a' }), { 'other.json': text })
    leadsToString(to('http://example.com/b'), { 'http://example.com/b': text })
    leadsToString(to('http://example.com/b'), { mine: { $id: 'http://example.com/b', ...text } })
    leadsToString(to('com.example.Name'), { 'com.example.Name': text })
    // By its mere name also where that, seen from a part with an address of its own, would be another address.
    const part = { $id: 'http://example.org/y', $ref: 'other.json' }
    leadsToString(to('#/$defs/p', { ...modern, $id: 'http://example.com/x', $defs: { p: part } }), {
      'other.json': text,
    })
    leadsToString(to('http://example.com/x#/definitions/a', { $id: 'http://example.com/x', definitions: { a: text } }))
  })

  test('is followed from one reference to the next', () => {
    leadsToString(to('b.json'), { 'c.json': { definitions: { d: text } }, 'b.json': { $ref: 'c.json#/definitions/d' } })
    leadsToString(to('dir/b.json'), { 'dir/c.json': text, 'dir/b.json': { $ref: 'c.json' } })
    leadsToString(to('b.json'), { 'b.json': { $ref: '#/definitions/d', definitions: { d: text } } })
    leadsToString(to('b.json#d'), { 'b.json': { ...modern, $defs: { x: { $anchor: 'd', ...text } } } })
  })

  test('leads to the schemas of the drafts, which nobody has to give', () => {
    const names = [
      'http://json-schema.org/draft-04/schema#',
      'https://json-schema.org/draft-07/schema',
      'https://json-schema.org/draft/2020-12/schema',
    ]
    for (const name of [...names, 'https://json-schema.org/draft/2019-09/meta/core']) {
      const parsed = parse(to(name))
      assert.deepEqual(parsed.incompatibilities(parsed), [])
    }
  })

  test('that leads nowhere is an error that says where', () => {
    const nowhere = [
      '#/definitions/b',
      '#b',
      'http://example.com/b',
      'file:///etc/passwd',
      'b.json',
      '#/definitions/a/0',
      '#/title',
    ]
    for (const $ref of nowhere) {
      const schema = to($ref, { title: 'T', definitions: { a: {} } })
      assert.throws(() => parse(schema), {
        name: 'InvalidSchemaError',
        message: /'.*' at #\/properties\/x leads nowhere$/,
      })
    }
    // Also where nothing leads to it, but not where it is only data, or a name.
    assert.throws(() => parse({ definitions: { a: { $ref: '#/b' } } }), /#\/definitions\/a leads nowhere/)
    parse({ default: { $ref: '#/b' }, enum: [{ $ref: '#/b' }], properties: { $ref: {} } })
    assert.throws(() => parse(to('b.json'), { 'b.json': { $ref: '#/c' } }), InvalidSchemaError)
    parse(to('b.json'), { 'b.json': { definitions: { unused: { $ref: '#/c' } } } })
    assert.throws(() => json.parse({ text: '{}', references: [{ name: 'b', text: '{' }] }), /reference 'b' is not JSON/)
  })

  test('hides what stands beside it in the old drafts, and not in the new ones', () => {
    const schema = (more: object) => ({ ...more, $ref: '#/definitions/a', maxLength: 1, definitions: { a: text } })
    const found = (draft: object) =>
      parse(schema(draft))
        .incompatibilities(parse(text))
        .map(({ type }) => type)
    assert.deepEqual(found({}), [])
    assert.deepEqual(found(modern), ['TYPE_CHANGED'])
  })

  test('has a default of its own', () => {
    const closed = { additionalProperties: false, definitions: { a: text } }
    const before = parse({ ...closed, type: 'object' })
    const after = (more: object) =>
      parse({ ...closed, type: 'object', required: ['x'], properties: { x: { $ref: '#/definitions/a', ...more } } })
    assert.deepEqual(after({ default: '' }).incompatibilities(before), [])
    assert.equal(after({}).incompatibilities(before)[0]?.type, 'REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL')
  })
})
