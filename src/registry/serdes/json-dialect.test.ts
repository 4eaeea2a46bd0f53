/** What the published test suite of JSON Schema, which an interop suite runs, found to be wrong when it came to be run. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { jsonCodec } from './json-codec.ts'

const drafts = {
  four: 'http://json-schema.org/draft-04/schema#',
  six: 'http://json-schema.org/draft-06/schema#',
  seven: 'http://json-schema.org/draft-07/schema#',
  nineteen: 'https://json-schema.org/draft/2019-09/schema',
  twenty: 'https://json-schema.org/draft/2020-12/schema',
}
type Draft = keyof typeof drafts
const old: readonly Draft[] = ['four', 'six', 'seven']
const modern: readonly Draft[] = ['nineteen', 'twenty']
const all: readonly Draft[] = [...old, ...modern]

interface Expected {
  readonly valid: readonly unknown[]
  readonly invalid: readonly unknown[]
  readonly references?: Readonly<Record<string, unknown>>
}

/** The values as texts: a literal would take `__proto__` for something else. */
function check(draft: Draft, schema: object | string, { valid, invalid, references = {} }: Expected): void {
  const rest = typeof schema === 'string' ? schema : JSON.stringify(schema)
  const text = rest.replace('{', `{"$schema":"${drafts[draft]}"${rest === '{}' ? '' : ','}`)
  const resolved = Object.entries(references).map(([name, other]) => ({ name, text: JSON.stringify(other) }))
  const decode = jsonCodec().decoder({ schema: text, references: [], resolved }, undefined)
  const payload = (value: unknown) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  for (const value of valid) assert.doesNotThrow(() => decode(payload(value)), `${draft} ${text} ${value}`)
  for (const value of invalid) assert.throws(() => decode(payload(value)), /not valid/, `${draft} ${text} ${value}`)
}

describe('references', () => {
  test('in the old drafts nothing counts beside one, in the new ones all does', () => {
    const schema = {
      definitions: { list: { type: 'array' } },
      properties: { p: { $ref: '#/definitions/list', maxItems: 1 } },
    }
    for (const draft of old) check(draft, schema, { valid: [{ p: [1, 2] }], invalid: [{ p: 1 }] })
    for (const draft of modern) check(draft, schema, { valid: [{ p: [1] }], invalid: [{ p: [1, 2] }, { p: 1 }] })
  })

  test('an address beside one is none in the old drafts', () => {
    for (const draft of old) {
      const id = draft === 'four' ? 'id' : '$id'
      const definitions = { inner: { [id]: 'inner.json', type: 'string' }, outer: { type: 'number' } }
      const schema = {
        [id]: 'http://shop/root.json',
        definitions: { ...definitions, far: { [id]: 'http://shop/far/inner.json', type: 'boolean' } },
        allOf: [{ [id]: 'http://shop/far/', $ref: 'inner.json' }],
      }
      check(draft, schema, { valid: ['"a"'], invalid: [1, true] })
    }
  })

  test('to parts with an address, in which others are relative to that', () => {
    const part = { $id: 'part.json', $defs: { it: { type: 'string' } }, $ref: '#/$defs/it' }
    for (const draft of modern)
      check(
        draft,
        { $id: 'http://shop/root.json', $ref: 'part.json', properties: { part } },
        { valid: ['"a"'], invalid: [1] },
      )
  })

  test('to the schema of a draft', () => {
    for (const draft of all)
      check(draft, { $ref: drafts[draft] }, { valid: [{ type: 'string' }], invalid: [{ type: 1 }, { minLength: -1 }] })
  })

  test('what looks like an address where no schema stands is none', () => {
    for (const draft of all.slice(1)) {
      const it = { $id: 'http://shop/it.json', type: 'null' }
      const schema = { enum: [it, 'a'], unknown: it, definitions: { it: { ...it, type: 'string' } } }
      check(draft, { ...schema, anyOf: [{ $ref: 'http://shop/it.json' }] }, { valid: ['"a"'], invalid: [it, null] })
    }
  })

  test('a schema of another draft is read as that', () => {
    const four = { $schema: drafts.four, minimum: 5, exclusiveMinimum: true, const: 7 }
    for (const draft of all)
      check(
        draft,
        { items: { $ref: 'four.json' } },
        { valid: [[6]], invalid: [[5]], references: { 'four.json': four } },
      )
    const seven = {
      $schema: drafts.seven,
      items: [{ type: 'string' }],
      additionalItems: false,
      dependentRequired: { a: ['b'] },
    }
    check(
      'twenty',
      { $ref: 'seven.json' },
      {
        valid: [['a'], { a: 1 }],
        invalid: [[1], ['a', 'b']],
        references: { 'seven.json': seven },
      },
    )
    const twenty = { $schema: drafts.twenty, prefixItems: [{ type: 'string' }] }
    check(
      'seven',
      { $ref: 'twenty.json' },
      { valid: [['a', 1]], invalid: [[1]], references: { 'twenty.json': twenty } },
    )
  })

  test('that depend on the way to them', () => {
    const tree = {
      $id: 'http://shop/tree.json',
      $dynamicAnchor: 'node',
      type: 'object',
      properties: { name: {}, kids: { type: 'array', items: { $dynamicRef: '#node' } } },
    }
    const strict = {
      $id: 'http://shop/strict.json',
      $dynamicAnchor: 'node',
      $ref: 'tree.json',
      unevaluatedProperties: false,
    }
    const references = { 'tree.json': { $schema: drafts.twenty, ...tree } }
    const [fits, misspelt] = [{ kids: [{ name: 'a', kids: [] }] }, { kids: [{ nmae: 'a' }] }]
    check('twenty', strict, { valid: [fits], invalid: [misspelt, { kids: [{ kids: [1] }] }], references })
    check('twenty', tree, { valid: [fits, misspelt], invalid: [{ kids: [1] }] })
    const recursive = {
      ...tree,
      $recursiveAnchor: true,
      properties: { ...tree.properties, kids: { items: { $recursiveRef: '#' } } },
    }
    check(
      'nineteen',
      { ...strict, $recursiveAnchor: true },
      {
        valid: [fits],
        invalid: [misspelt],
        references: { 'tree.json': { $schema: drafts.nineteen, ...recursive } },
      },
    )
    check('nineteen', recursive, { valid: [fits, misspelt], invalid: [{ kids: [1] }] })
  })
})

test('names that each object of JavaScript has are names of properties as any other', () => {
  for (const draft of all) {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      check(draft, `{"required":["${name}"]}`, { valid: [`{"${name}":1}`], invalid: [{}] })
      const property = `{"properties":{"${name}":{"type":"number"}},"additionalProperties":false}`
      check(draft, property, { valid: [{}, `{"${name}":1}`], invalid: [`{"${name}":"a"}`, { a: 1 }] })
      const dependency = `{"dependencies":{"${name}":["a"]}}`
      check(draft, dependency, { valid: [{}, { b: 1 }, `{"${name}":1,"a":1}`], invalid: [`{"${name}":1}`] })
    }
  }
})

test('multiples are of the numbers that are written', () => {
  for (const draft of all) {
    check(
      draft,
      { multipleOf: 0.01 },
      { valid: ['19.99', '0.07', '1e22', '-4.35', '1234567.89'], invalid: ['19.999', '1e-3', '1234567.891'] },
    )
    check(draft, { multipleOf: 0.5 }, { valid: ['1e308', '0'], invalid: ['0.25'] })
    check(draft, { multipleOf: 1e-7 }, { valid: ['99999999', '0.000001', '3e-7'], invalid: ['1e-8'] })
    check(draft, { multipleOf: 0.000003 }, { valid: ['0.000006', '99999999'], invalid: ['0.000004', '0.1'] })
    check(draft, { multipleOf: 3 }, { valid: ['9', '-3'], invalid: ['10', '1.5'] })
  }
})

describe('what is evaluated', () => {
  test('by an if, with and without the others', () => {
    for (const draft of modern) {
      const a = { properties: { a: { const: 1 } }, required: ['a'] }
      const others = { unevaluatedProperties: false }
      check(draft, { if: a, ...others }, { valid: [{ a: 1 }, {}], invalid: [{ a: 2 }, { b: 1 }, { a: 1, b: 1 }] })
      check(
        draft,
        { if: a, else: { properties: { b: true } }, ...others },
        {
          valid: [{ a: 1 }, { b: 1 }],
          invalid: [
            { a: 2, b: 1 },
            { a: 1, b: 1 },
          ],
        },
      )
    }
  })

  test('by alternatives, and by contains', () => {
    const list = { anyOf: [{ items: { type: 'string' } }, true], unevaluatedItems: { type: 'boolean' } }
    for (const draft of modern) check(draft, list, { valid: [['a'], [true], []], invalid: [['a', 1], [1]] })
    const even = { contains: { multipleOf: 2 }, unevaluatedItems: false }
    check('twenty', even, { valid: [[2, 4]], invalid: [[2, 3], []] })
    check('nineteen', even, { valid: [], invalid: [[2, 4]] })
    check(
      'twenty',
      { allOf: [{ contains: { const: 'a' } }], unevaluatedItems: { type: 'number' } },
      {
        valid: [['a', 1]],
        invalid: [['a', 'b'], [1]],
      },
    )
  })

  test('by patterns, behind alternatives that do not fit', () => {
    const never = { type: 'object', properties: { b: true }, required: ['b'] }
    const schema = {
      anyOf: [never, { maxProperties: 3 }],
      patternProperties: { '^a': true },
      unevaluatedProperties: false,
    }
    for (const draft of modern)
      check(draft, schema, { valid: [{ a: 1 }, { ab: 1, b: 1 }], invalid: [{ c: 1 }, { a: 1, c: 1 }] })
  })

  test('names that each object of JavaScript has are not, unless something has seen them', () => {
    for (const draft of modern) {
      const patterns = '{"patternProperties":{"^(a|__proto__)$":true},"unevaluatedProperties":false}'
      check(draft, patterns, {
        valid: [{ a: 1 }, '{"__proto__":1}'],
        invalid: ['{"constructor":1}', '{"a":1,"toString":1}'],
      })
      const one = '{"properties":{"a":true},"required":["a"]}'
      const either = `{"anyOf":[${one},{"properties":{"toString":true}}],"unevaluatedProperties":false}`
      check(draft, either, {
        valid: [{ a: 1 }, '{"toString":1}', '{"a":1,"toString":1}'],
        invalid: ['{"constructor":1}', '{"a":1,"constructor":1}', '{"__proto__":1}'],
      })
    }
  })

  test('contains counts where there is no item', () => {
    for (const draft of ['six', 'seven', 'nineteen'] as const)
      check(draft, { items: [{ const: 1 }], contains: { const: 1 } }, { valid: [[1]], invalid: [[]] })
  })
})

test('regular expressions mean what they mean in ECMAScript', () => {
  const matches = (pattern: string, valid: readonly string[], invalid: readonly string[]): void =>
    check(
      'seven',
      { pattern },
      { valid: valid.map((it) => JSON.stringify(it)), invalid: invalid.map((it) => JSON.stringify(it)) },
    )
  matches('^\\s$', [' ', '\u000b', '\u00a0', '\ufeff', '\u2029', '\u2003'], ['a', '\u200b'])
  matches('^[\\s-]$', ['\u00a0', '-'], ['a'])
  matches('^\\S$', ['a', '🎉'], [' ', '\u00a0', '\ufeff'])
  matches('^[^\\S]$', ['\u3000'], ['a'])
  matches('^.$', ['a', '🎉'], ['\n', '\r', '\u2028'])
  matches('^[.]$', ['.'], ['a'])
  matches('^\\p{Letter}\\p{digit}\\P{Lowercase_Letter}$', ['é7A', 'A৪-'], ['17A', 'a7a'])
  matches('^\\p{Script=Greek}\\p{gc=Lu}\\p{sc=Latin}$', ['αΑa'], ['aAa'])
  matches('^[\\p{Letter}]\\uD83C\\uDF89[\\b]$', ['a🎉\b'], ['a🎉b'])
  matches('^\\\\s$', ['\\s'], [' '])
})

describe('bounds', () => {
  const encoder = (schema: object) =>
    jsonCodec().encoder({ schema: JSON.stringify(schema), references: [], resolved: [] })

  test('references that lead to nothing but references', () => {
    const definitions = { a: { $ref: '#/definitions/b' }, b: { $ref: '#/definitions/a' } }
    assert.throws(() => encoder({ definitions, $ref: '#/definitions/a' }), /leads back to itself, and to nothing else/)
    assert.throws(() => encoder({ $ref: '#/definitions/a' }), /'#\/definitions\/a' leads nowhere/)
  })

  test('a schema that comes to be many', () => {
    // Each has two ways to the next, and brings an anchor that the ways differ by.
    const part = (at: number, side: string) => ({
      $id: `http://shop/${side}${at}.json`,
      $dynamicAnchor: `n${at}`,
      anyOf: ['a', 'b'].map((next) => ({ $ref: `http://shop/${next}${at + 1}.json` })),
    })
    const parts = Array.from({ length: 20 }, (_, at) => [part(at, 'a'), part(at, 'b')]).flat()
    const ends = ['a', 'b'].map((side) => ({ $id: `http://shop/${side}20.json` }))
    const $defs = Object.fromEntries([...parts, ...ends].map((it) => [it.$id, it]))
    const begun = performance.now()
    assert.throws(() => encoder({ $schema: drafts.twenty, $ref: 'http://shop/a0.json', $defs }), /too large/)
    let nested: object = {}
    for (let depth = 0; depth < 30; depth++) nested = { contains: nested, unevaluatedItems: false }
    assert.throws(() => encoder({ $schema: drafts.twenty, ...nested }), /too large/)
    assert.ok(performance.now() - begun < 5000)
  })
})
