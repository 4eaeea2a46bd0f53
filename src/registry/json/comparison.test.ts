import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { differencesBetween } from './comparison.ts'
import { isCompatible, pathText } from './difference.ts'
import { Documents } from './documents.ts'
import { parseJson } from './json-node.ts'
import type { Shape } from './shape.ts'
import { readShape } from './shape-reader.ts'

const shape = (schema: unknown): Shape => readShape(new Documents(parseJson(JSON.stringify(schema)), []))

/** Those that a reader cannot live with have a '!' before them. */
const changes = (original: unknown, update: unknown): string[] =>
  differencesBetween(shape(original), shape(update)).map(
    (difference) => `${isCompatible(difference) ? '' : '!'}${difference.type} ${pathText(difference.path)}`,
  )

const modern = (schema: object): object => ({ $schema: 'https://json-schema.org/draft/2020-12/schema', ...schema })

/** Two schemas, what changes from the first to the second, and what changes the other way. */
type Row = readonly [first: unknown, second: unknown, there: readonly string[], back: readonly string[]]

const check = (rows: readonly Row[]): void => {
  for (const [first, second, there, back] of rows) {
    const label = `${JSON.stringify(first)} ${JSON.stringify(second)}`
    assert.deepEqual(changes(first, second), there, label)
    assert.deepEqual(changes(second, first), back, `back: ${label}`)
    const hindrances = changes(first, first).filter((change) => change.startsWith('!'))
    assert.deepEqual(hindrances, [], `itself: ${label}`)
  }
}

/** A bound that comes, goes, and moves. */
const bound = (type: string, keyword: string, name: string, isUpper: boolean): Row[] => {
  const [lose, win] = isUpper ? ['DECREASED', 'INCREASED'] : ['INCREASED', 'DECREASED']
  const [few, many] = isUpper ? [2, 5] : [5, 2]
  const at = `#/${keyword}`
  return [
    [{ type }, { type, [keyword]: 3 }, [`!${name}_ADDED ${at}`], [`${name}_REMOVED ${at}`]],
    [{ type, [keyword]: few }, { type, [keyword]: many }, [`${name}_${win} ${at}`], [`!${name}_${lose} ${at}`]],
  ]
}

describe('what is said beside the constraints', () => {
  test('never hinders', () => {
    check([
      [{ $id: 'a' }, { $id: 'b' }, ['ID_CHANGED #/'], ['ID_CHANGED #/']],
      [{ title: 'a' }, {}, ['TITLE_CHANGED #/'], ['TITLE_CHANGED #/']],
      [{ description: 'a' }, {}, ['DESCRIPTION_CHANGED #/'], ['DESCRIPTION_CHANGED #/']],
      [{ default: [1.0] }, { default: [2] }, ['DEFAULT_CHANGED #/'], ['DEFAULT_CHANGED #/']],
      [{ $comment: 'a' }, { examples: [1] }, [], []],
    ])
  })
})

describe('types', () => {
  test('that are others', () => {
    check([
      [{ type: 'string' }, { type: 'boolean' }, ['!TYPE_CHANGED #/'], ['!TYPE_CHANGED #/']],
      [{ type: 'integer' }, { type: 'number' }, ['TYPE_EXTENDED #/'], ['!TYPE_NARROWED #/']],
      [{}, { type: 'null' }, ['!TYPE_CHANGED #/'], []],
      [true, {}, [], []],
      [false, { type: 'null' }, [], ['!TYPE_CHANGED #/']],
      [{ const: 1 }, { enum: [1] }, ['!TYPE_CHANGED #/'], ['!TYPE_CHANGED #/']],
      [{ if: {} }, { if: {}, else: {} }, [], []],
    ])
  })

  test('that Kafka Connect writes in two ways for bytes', () => {
    const bytes = { 'connect.type': 'bytes' }
    check([
      [{ type: 'string', ...bytes }, { type: 'number', ...bytes }, [], []],
      [{ type: 'string', ...bytes }, { type: 'number' }, ['!TYPE_CHANGED #/'], ['!TYPE_CHANGED #/']],
    ])
  })

  test('of which there are several', () => {
    check([
      [{ type: 'string' }, { type: ['string', 'null'] }, ['SUM_TYPE_EXTENDED #/'], ['!TYPE_CHANGED #/']],
      [{ type: 'string' }, { type: ['string'] }, [], []],
      [
        { type: ['string', 'null', 'boolean'] },
        { type: ['null', 'string'] },
        ['!SUM_TYPE_NARROWED #/'],
        ['SUM_TYPE_EXTENDED #/'],
      ],
      [
        { type: ['string', 'null'], maxLength: 1 },
        { type: ['string', 'null'], maxLength: 2 },
        ['MAX_LENGTH_INCREASED #/anyOf/0/maxLength'],
        ['!COMBINED_TYPE_SUBSCHEMAS_CHANGED #/'],
      ],
    ])
  })
})

describe('bounds', () => {
  test('of each type', () => {
    check([
      ...bound('string', 'maxLength', 'MAX_LENGTH', true),
      ...bound('string', 'minLength', 'MIN_LENGTH', false),
      ...bound('number', 'maximum', 'MAXIMUM', true),
      ...bound('number', 'minimum', 'MINIMUM', false),
      ...bound('integer', 'exclusiveMaximum', 'EXCLUSIVE_MAXIMUM', true),
      ...bound('integer', 'exclusiveMinimum', 'EXCLUSIVE_MINIMUM', false),
      ...bound('object', 'maxProperties', 'MAX_PROPERTIES', true),
      ...bound('object', 'minProperties', 'MIN_PROPERTIES', false),
      ...bound('array', 'maxItems', 'MAX_ITEMS', true),
      ...bound('array', 'minItems', 'MIN_ITEMS', false),
      ...bound('array', 'maxContains', 'MAX_CONTAINS', true),
      ...bound('array', 'minContains', 'MIN_CONTAINS', false),
    ])
  })

  test('that are equal, however written, and those that differ in the last of many digits', () => {
    const maximum = (source: string) => readShape(new Documents(parseJson(`{"maximum":${source}}`), []))
    assert.deepEqual(differencesBetween(maximum('10'), maximum('1.0e1')), [])
    const [found] = differencesBetween(maximum('9007199254740993'), maximum('9007199254740992'))
    assert.equal(found?.type, 'MAXIMUM_DECREASED')
  })

  test('of draft 4, which are exclusive by a word beside them', () => {
    const $schema = 'http://json-schema.org/draft-04/schema#'
    const open = { $schema, minimum: 1 }
    check([
      [
        open,
        { ...open, exclusiveMinimum: true },
        ['!EXCLUSIVE_MINIMUM_ADDED #/exclusiveMinimum'],
        ['EXCLUSIVE_MINIMUM_REMOVED #/exclusiveMinimum'],
      ],
    ])
  })

  test('of contained items, at least one of them with the new drafts', () => {
    const contains = { type: 'array', contains: { type: 'string' } }
    check([
      [modern(contains), modern({ ...contains, minContains: 1 }), [], []],
      [
        modern(contains),
        modern({ ...contains, minContains: 2 }),
        ['!MIN_CONTAINS_INCREASED #/minContains'],
        ['MIN_CONTAINS_DECREASED #/minContains'],
      ],
      [modern({ type: 'array' }), modern({ type: 'array', minContains: 2 }), [], []],
    ])
  })

  test('in steps', () => {
    const step = (multipleOf: number) => ({ type: 'number', multipleOf })
    const at = '#/multipleOf'
    check([
      [{ type: 'number' }, step(2), [`!MULTIPLE_OF_ADDED ${at}`], [`MULTIPLE_OF_REMOVED ${at}`]],
      [step(2), step(6), [`!MULTIPLE_OF_EXPANDED ${at}`], [`MULTIPLE_OF_REDUCED ${at}`]],
      [step(0.1), step(0.3), [`!MULTIPLE_OF_EXPANDED ${at}`], [`MULTIPLE_OF_REDUCED ${at}`]],
      [step(4), step(6), [`!MULTIPLE_OF_CHANGED ${at}`], [`!MULTIPLE_OF_CHANGED ${at}`]],
    ])
  })
})

describe('values and texts', () => {
  test('that are listed', () => {
    const at = '#/enum'
    check([
      [{ enum: ['a'] }, { enum: ['b', 'a'] }, [`ENUM_ARRAY_EXTENDED ${at}`], [`!ENUM_ARRAY_NARROWED ${at}`]],
      [{ enum: ['a', 1] }, { enum: ['a', 2] }, [`!ENUM_ARRAY_CHANGED ${at}`], [`!ENUM_ARRAY_CHANGED ${at}`]],
      [{ enum: [{ a: 1, b: 2 }, 1, 1] }, { enum: [1, { b: 2, a: 1 }] }, [], []],
      [{ const: { a: 1 } }, { const: null }, ['!ENUM_ARRAY_CHANGED #/const'], ['!ENUM_ARRAY_CHANGED #/const']],
    ])
  })

  test('that match a pattern', () => {
    const text = (pattern: string) => ({ type: 'string', pattern })
    const at = '#/pattern'
    check([
      [{ type: 'string' }, text('a'), [`!PATTERN_ADDED ${at}`], [`PATTERN_REMOVED ${at}`]],
      [text('a'), text('b'), [`!PATTERN_CHANGED ${at}`], [`!PATTERN_CHANGED ${at}`]],
    ])
  })
})

describe('combined schemas', () => {
  const [text, flag, none] = [{ type: 'string' }, { type: 'boolean' }, { type: 'null' }]

  test('with one more, or one less', () => {
    check([
      [{ allOf: [text, none] }, { allOf: [text] }, ['PRODUCT_TYPE_NARROWED #/'], ['!PRODUCT_TYPE_EXTENDED #/']],
      [{ anyOf: [text, none] }, { anyOf: [none] }, ['!SUM_TYPE_NARROWED #/'], ['SUM_TYPE_EXTENDED #/']],
      [{ oneOf: [text, none] }, { oneOf: [none] }, ['!SUM_TYPE_NARROWED #/'], ['SUM_TYPE_EXTENDED #/']],
      [{ oneOf: [text, text] }, { oneOf: [text] }, [], []],
    ])
  })

  test('in another way', () => {
    check([
      [{ oneOf: [text, none] }, { anyOf: [text, none] }, ['COMBINED_TYPE_EXTENDED #/'], ['!COMBINED_TYPE_CHANGED #/']],
      [{ allOf: [text, none] }, { anyOf: [text, none] }, ['COMBINED_TYPE_EXTENDED #/'], ['!COMBINED_TYPE_CHANGED #/']],
      [
        { anyOf: [text] },
        { oneOf: [text, none] },
        ['COMBINED_TYPE_EXTENDED #/', 'SUM_TYPE_EXTENDED #/'],
        ['COMBINED_TYPE_EXTENDED #/', '!SUM_TYPE_NARROWED #/'],
      ],
      [
        { allOf: [text, none] },
        { oneOf: [none] },
        ['COMBINED_TYPE_EXTENDED #/', 'PRODUCT_TYPE_NARROWED #/'],
        ['!COMBINED_TYPE_CHANGED #/'],
      ],
      [{ allOf: [text] }, { oneOf: [text] }, ['COMBINED_TYPE_EXTENDED #/'], ['COMBINED_TYPE_EXTENDED #/']],
    ])
  })

  test('are matched in the best way, wherever their parts stand', () => {
    const long = (maxLength: number) => ({ type: 'string', maxLength })
    check([
      [{ anyOf: [text, flag] }, { anyOf: [flag, text] }, [], []],
      [
        // The first fits both of the others, the second only one of them.
        { oneOf: [long(1), long(5)] },
        { oneOf: [long(6), long(2)] },
        ['MAX_LENGTH_INCREASED #/oneOf/0/maxLength', 'MAX_LENGTH_INCREASED #/oneOf/1/maxLength'],
        ['MAX_LENGTH_INCREASED #/oneOf/1/maxLength', '!COMBINED_TYPE_SUBSCHEMAS_CHANGED #/'],
      ],
    ])
  })

  test('beside those that are not', () => {
    check([
      [text, { oneOf: [none, text] }, ['SUM_TYPE_EXTENDED #/'], ['!TYPE_CHANGED #/']],
      [text, { allOf: [none, text] }, ['!TYPE_CHANGED #/'], ['PRODUCT_TYPE_NARROWED #/']],
      [text, { allOf: [text] }, [], []],
    ])
  })

  test('that refuse', () => {
    const not = (maxLength: number) => ({ not: { type: 'string', maxLength } })
    check([[not(5), not(2), ['NOT_TYPE_NARROWED #/not'], ['!NOT_TYPE_EXTENDED #/not']]])
  })

  test('of a type and a list of values', () => {
    check([
      [
        { type: 'string', enum: ['a'] },
        { type: 'string', enum: ['a', 'b'] },
        ['ENUM_ARRAY_EXTENDED #/allOf/0/enum'],
        ['!COMBINED_TYPE_SUBSCHEMAS_CHANGED #/'],
      ],
    ])
  })
})

describe('arrays', () => {
  const [text, flag] = [{ type: 'string' }, { type: 'boolean' }]
  const tuple = (items: readonly unknown[], additionalItems?: unknown) => ({ type: 'array', items, additionalItems })

  test('of items of one kind', () => {
    check([
      [{ type: 'array' }, { type: 'array', items: text }, ['!SCHEMA_ADDED #/items'], ['SCHEMA_REMOVED #/items']],
      [{ items: text }, { items: flag }, ['!TYPE_CHANGED #/items'], ['!TYPE_CHANGED #/items']],
      [
        { type: 'array' },
        { type: 'array', uniqueItems: true },
        ['!UNIQUE_ITEMS_ADDED #/uniqueItems'],
        ['UNIQUE_ITEMS_REMOVED #/uniqueItems'],
      ],
    ])
  })

  test('with the old words for tuples', () => {
    const at = '#/items/1'
    check([
      [
        tuple([text]),
        tuple([text, flag]),
        [`!ITEM_ADDED_TO_OPEN_CONTENT_MODEL ${at}`],
        [`ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL ${at}`],
      ],
      [
        tuple([text]),
        tuple([text, {}]),
        [`ITEM_WITH_EMPTY_SCHEMA_ADDED_TO_OPEN_CONTENT_MODEL ${at}`],
        [`ITEM_REMOVED_FROM_OPEN_CONTENT_MODEL ${at}`],
      ],
      [
        tuple([text], false),
        tuple([text, flag], false),
        [`ITEM_ADDED_TO_CLOSED_CONTENT_MODEL ${at}`],
        [`!ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL ${at}`],
      ],
      [
        tuple([text], false),
        tuple([text, false], false),
        [`ITEM_ADDED_TO_CLOSED_CONTENT_MODEL ${at}`],
        [`ITEM_WITH_FALSE_REMOVED_FROM_CLOSED_CONTENT_MODEL ${at}`],
      ],
      [
        tuple([text], flag),
        tuple([text, flag], flag),
        [`ITEM_ADDED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL ${at}`],
        [`ITEM_REMOVED_IS_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL ${at}`],
      ],
      [
        tuple([text], flag),
        tuple([text, text], flag),
        [`!TYPE_CHANGED ${at}`, `!ITEM_ADDED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL ${at}`],
        [`!TYPE_CHANGED ${at}`, `!ITEM_REMOVED_NOT_COVERED_BY_PARTIALLY_OPEN_CONTENT_MODEL ${at}`],
      ],
    ])
  })

  test('with the new words for tuples', () => {
    const first = (prefixItems: readonly unknown[], items: unknown) => modern({ type: 'array', prefixItems, items })
    check([
      [
        first([text], false),
        first([text, flag], false),
        ['ITEM_ADDED_TO_CLOSED_CONTENT_MODEL #/items/1'],
        ['!ITEM_REMOVED_FROM_CLOSED_CONTENT_MODEL #/items/1'],
      ],
      [
        first([text], true),
        first([text], text),
        ['!ADDITIONAL_ITEMS_NARROWED #/additionalItems'],
        ['ADDITIONAL_ITEMS_EXTENDED #/additionalItems'],
      ],
      [first([text], flag), first([flag], flag), ['!TYPE_CHANGED #/items/0'], ['!TYPE_CHANGED #/items/0']],
    ])
  })

  test('with the rest of a tuple', () => {
    const at = '#/additionalItems'
    check([
      [tuple([text]), tuple([text], false), [`!ADDITIONAL_ITEMS_REMOVED ${at}`], [`ADDITIONAL_ITEMS_ADDED ${at}`]],
      [tuple([text]), tuple([text], flag), [`!ADDITIONAL_ITEMS_NARROWED ${at}`], [`ADDITIONAL_ITEMS_EXTENDED ${at}`]],
      [tuple([text], text), tuple([text], flag), [`!TYPE_CHANGED ${at}`], [`!TYPE_CHANGED ${at}`]],
    ])
  })

  test('with items that nothing has evaluated', () => {
    const array = (unevaluatedItems?: unknown) => modern({ type: 'array', unevaluatedItems })
    const at = '#/unevaluatedItems'
    check([
      [array(), array(false), [`!UNEVALUATED_ITEMS_REMOVED ${at}`], [`UNEVALUATED_ITEMS_ADDED ${at}`]],
      [array(true), array(false), [`!UNEVALUATED_ITEMS_REMOVED ${at}`], [`UNEVALUATED_ITEMS_ADDED ${at}`]],
      [array(), array(text), [`!UNEVALUATED_ITEMS_NARROWED ${at}`], [`UNEVALUATED_ITEMS_EXTENDED ${at}`]],
      [array(true), array(text), [`!UNEVALUATED_ITEMS_NARROWED ${at}`], [`UNEVALUATED_ITEMS_EXTENDED ${at}`]],
      [array(text), array(flag), [`!TYPE_CHANGED ${at}`], [`!TYPE_CHANGED ${at}`]],
    ])
  })
})
