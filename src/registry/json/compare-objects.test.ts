import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { json } from './json-format.ts'

const parsed = (schema: unknown) => json.parse({ text: JSON.stringify(schema), references: [] })

/** What hinders, with its place. */
const hindrances = (original: unknown, update: unknown): string[] =>
  parsed(update)
    .incompatibilities(parsed(original))
    .map(({ type, description, additionalInfo }) => {
      assert.equal(additionalInfo, '')
      return `${type} ${/^'(#\/.*)' in the new schema [a-z]/.exec(description)?.[1]}`
    })

/** Two objects, what hinders going from the first to the second, and going back. */
type Row = readonly [first: unknown, second: unknown, there: readonly string[], back: readonly string[]]

const check = (rows: readonly Row[]): void => {
  for (const [first, second, there, back] of rows) {
    const label = `${JSON.stringify(first)} ${JSON.stringify(second)}`
    assert.deepEqual(hindrances(first, second), there, label)
    assert.deepEqual(hindrances(second, first), back, `back: ${label}`)
  }
}

const [text, flag] = [{ type: 'string' }, { type: 'boolean' }]
const object = (properties: object, more: object = {}) => ({ type: 'object', properties, ...more })
const closed = { additionalProperties: false }
const modern = { $schema: 'https://json-schema.org/draft/2020-12/schema' }

describe('properties', () => {
  test('that are constrained otherwise', () => {
    check([
      [
        object({ a: object({ b: text }) }),
        object({ a: object({ b: flag }) }),
        ['TYPE_CHANGED #/properties/a/properties/b'],
        ['TYPE_CHANGED #/properties/a/properties/b'],
      ],
    ])
  })

  test('of an open content model', () => {
    check([
      [object({}), object({ a: text }), ['OPTIONAL_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a'], []],
      [object({}), object({ a: {} }, { required: ['a'] }), [], []],
      [object({}), object({ a: { $ref: '#/definitions/e' } }, { definitions: { e: {} } }), [], []],
      [
        object({}),
        object({ a: text }, { required: ['a'] }),
        ['REQUIRED_PROPERTY_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a'],
        [],
      ],
      [
        object({}),
        object({ a: { ...text, default: '' } }, { required: ['a'] }),
        ['REQUIRED_PROPERTY_WITH_DEFAULT_ADDED_TO_OPEN_CONTENT_MODEL #/properties/a'],
        [],
      ],
    ])
  })

  test('of a closed content model', () => {
    const gone = ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/a']
    check([
      [object({}, closed), object({ a: text }, closed), [], gone],
      [object({}, closed), object({ a: false }, closed), [], []],
      [
        object({}, closed),
        object({ a: text }, { ...closed, required: ['a'] }),
        ['REQUIRED_PROPERTY_ADDED_TO_UNOPEN_CONTENT_MODEL #/properties/a'],
        gone,
      ],
      [object({}, closed), object({ a: { ...text, default: null } }, { ...closed, required: ['a'] }), [], gone],
    ])
  })

  test('of a partially open one', () => {
    const rest = { additionalProperties: text }
    const at = '#/properties/a'
    check([
      [object({}, rest), object({ a: text }, rest), [], []],
      [
        object({}, rest),
        object({ a: flag }, rest),
        [`TYPE_CHANGED ${at}`, `PROPERTY_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL ${at}`],
        [`TYPE_CHANGED ${at}`, `PROPERTY_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL ${at}`],
      ],
      [
        object({}, { ...modern, unevaluatedProperties: text }),
        object({ a: text }, { ...modern, unevaluatedProperties: text }),
        [],
        [],
      ],
    ])
  })

  test('of which a pattern speaks', () => {
    const like = (pattern: string, more: object = {}) => ({ patternProperties: { [pattern]: text }, ...more })
    const not = (word: string) => [`PROPERTY_${word}_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL #/properties/a1`]
    check([
      [object({}, like('^a\\d$')), object({ a1: text }, like('^a\\d$')), [], []],
      [
        object({}, like('^a\\d$')),
        object({ a1: flag }, like('^a\\d$')),
        ['TYPE_CHANGED #/properties/a1', ...not('ADDED')],
        ['TYPE_CHANGED #/properties/a1', ...not('REMOVED')],
      ],
      [
        object({}, like('^b', closed)),
        object({ a1: text }, like('^b', closed)),
        [],
        ['PROPERTY_REMOVED_FROM_CLOSED_CONTENT_MODEL #/properties/a1'],
      ],
      // One that is not known here must not pass.
      [object({}, like('(?=a)')), object({ a1: text }, like('(?=a)')), not('ADDED'), not('REMOVED')],
    ])
  })

  test('that are required', () => {
    const required = { required: ['a'] }
    check([
      [object({ a: text }), object({ a: text }, required), ['REQUIRED_ATTRIBUTE_ADDED #/required/a'], []],
      [object({ a: text }), object({ a: { ...text, default: 'x' } }, required), [], []],
      [object({}), object({}, { required: ['unnamed'] }), [], []],
    ])
  })
})

describe('what is not named', () => {
  test('may be there, or may not', () => {
    const at = '#/additionalProperties'
    check([
      [object({}), object({}, closed), [`ADDITIONAL_PROPERTIES_REMOVED ${at}`], []],
      [object({}), object({}, { additionalProperties: text }), [`ADDITIONAL_PROPERTIES_NARROWED ${at}`], []],
      [
        object({}, { additionalProperties: text }),
        object({}, { additionalProperties: flag }),
        [`TYPE_CHANGED ${at}`],
        [`TYPE_CHANGED ${at}`],
      ],
    ])
  })

  test('and what nothing has evaluated', () => {
    const rest = (unevaluatedProperties: unknown) => object({}, { ...modern, unevaluatedProperties })
    const at = '#/unevaluatedProperties'
    check([
      [object({}, modern), rest(false), [`UNEVALUATED_PROPERTIES_REMOVED ${at}`], []],
      [object({}, modern), rest(text), [`UNEVALUATED_PROPERTIES_NARROWED ${at}`], []],
      [rest(true), rest(text), [`UNEVALUATED_PROPERTIES_NARROWED ${at}`], []],
      [rest(text), rest(false), [`UNEVALUATED_PROPERTIES_REMOVED ${at}`], []],
      // Older drafts do not know of it.
      [object({}), object({}, { unevaluatedProperties: false }), [], []],
    ])
  })
})

describe('dependencies', () => {
  const at = '#/dependencies/a'
  const array = (word: string) => [`DEPENDENCY_ARRAY_${word} ${at}`]

  for (const [draft, lists, schemas] of [
    [{}, 'dependencies', 'dependencies'],
    [modern, 'dependentRequired', 'dependentSchemas'],
  ] as const) {
    const depends = (keyword: string, value: unknown) => ({ ...draft, type: 'object', [keyword]: { a: value } })

    test(`on properties, with ${lists}`, () => {
      check([
        [{ ...draft, type: 'object' }, depends(lists, ['b']), array('ADDED'), []],
        [depends(lists, ['b']), depends(lists, ['c', 'b']), array('EXTENDED'), []],
        [depends(lists, ['b']), depends(lists, ['c']), array('CHANGED'), array('CHANGED')],
      ])
    })

    test(`on schemas, with ${schemas}`, () => {
      check([
        [{ ...draft, type: 'object' }, depends(schemas, text), [`DEPENDENCY_SCHEMA_ADDED ${at}`], []],
        [depends(schemas, text), depends(schemas, flag), [`TYPE_CHANGED ${at}`], [`TYPE_CHANGED ${at}`]],
      ])
    })
  }
})
