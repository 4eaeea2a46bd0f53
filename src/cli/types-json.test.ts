/** Types of JSON Schemas: what is written of them, as it is. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { declared, type Given } from './types/testdata/given.ts'

const json = (schema: unknown, more: Partial<Given> = {}): Given => ({ schemaType: 'JSON', schema, ...more })

/** Without the constants. */
const typesOf = (...given: Parameters<typeof declared>): string =>
  declared(...given).replace(/^\/\/.*\n\n|\n\/\*\* The schema of [\s\S]*?\n\} as const\n/g, '')

test('an object with its texts, and what it refers to', () => {
  const schema = {
    title: 'A click',
    type: 'object',
    properties: {
      page: { type: 'string', description: 'Where it was.' },
      button: { enum: ['left', 'right', null] },
      'of-day': { $ref: '#/$defs/time of day', description: 'When.' },
      path: { type: 'array', items: { $ref: '#/$defs/Point' } },
    },
    required: ['page', 'of-day'],
    $defs: {
      Point: { type: 'array', prefixItems: [{ type: 'number' }, { type: 'number' }], minItems: 1 },
      'time of day': { type: ['integer', 'string'], description: 'Of the morning.' },
    },
  }
  assert.equal(
    typesOf([json(schema)]),
    `/**
 * A click
 *
 * Values of subject s1, version 1, id 1.
 */
export interface S1 {
  /** Where it was. */
  page: string
  button?: 'left' | 'right' | null
  /** When. */
  'of-day': TimeOfDay
  path?: Point[]
}

/** Of the morning. */
export type TimeOfDay = number | string

export type Point = [number, number?]
`,
  )
})

/** The type of a schema that is not an object with properties. */
const typeText = (schema: object): string | undefined => /^export type S1 = (.*)$/m.exec(typesOf([json(schema)]))?.[1]

test('each schema is the type that the compiler tells of it', () => {
  const cases: readonly (readonly [object, string])[] = [
    [{}, 'unknown'],
    [{ const: { a: [1, 'x'] } }, "{ readonly a: readonly [1, 'x'] }"],
    [{ type: 'array' }, 'unknown[]'],
    [{ items: [{ type: 'string' }], additionalItems: { type: 'boolean' } }, '[string?, ...boolean[]]'],
    [{ anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#' } }] }, 'string | S1[]'],
    [{ oneOf: [{ type: 'object' }, { type: 'null' }] }, '{ [key: string]: unknown } | null'],
    [{ allOf: [{ type: 'object' }], required: ['a'] }, 'Flat<{ a: {} | null } & { [key: string]: unknown }>'],
    [
      { properties: { a: { type: 'string' } }, additionalProperties: { type: 'number' } },
      '{ a?: string } & { [key: string]: number | string }',
    ],
    [{ anyOf: [] }, 'never'],
    [{ $ref: 'other.json' }, 'unknown'],
    [{ $ref: '#/$defs/none' }, 'unknown'],
  ]
  for (const [schema, expected] of cases) assert.equal(typeText(schema), expected)
})

test('what is nothing but itself is unknown', () => {
  assert.equal(typeText({ $ref: '#' }), 'unknown')
  const ring = { $ref: '#/$defs/A', $defs: { A: { $ref: '#/$defs/B' }, B: { $ref: '#/$defs/A' } } }
  assert.match(typesOf([json(ring)]), /type S1 = A\n\nexport type A = B\n\nexport type B = unknown\n/)
  const list = { anyOf: [{ type: 'string' }, { allOf: [{ items: { $ref: '#' } }], type: 'array' }] }
  assert.equal(typeText(list), 'string | Flat<unknown[] & unknown[]>')
})

test('names that only the JSON has are properties', () => {
  const properties = JSON.parse(
    '{ "__proto__": { "type": "string" }, "": { "type": "null" }, "1a": true, "it\'s": true }',
  )
  assert.equal(
    typesOf([json({ properties })])
      .split('\n')
      .slice(1, 6)
      .join('\n'),
    "export interface S1 {\n  ['__proto__']?: string\n  ''?: null\n  '1a'?: unknown\n  'it\\'s'?: unknown",
  )
})

test('other documents are referred to by name and by address, in whole and in part', () => {
  const schema = {
    properties: { a: { $ref: 'point.json' }, b: { $ref: 'https://shop/point' }, c: { $ref: 'point.json#/$defs/Axis' } },
  }
  const references = [{ name: 'point.json', subject: 'point', version: 1 }]
  const point = {
    $id: 'https://shop/point',
    properties: { x: { $ref: '#/$defs/Axis' } },
    $defs: { Axis: { type: 'number' } },
  }
  const others = [json(point, { subject: 'point' })]
  const text = typesOf([json(schema, { references })], { others })
  assert.match(text, /export interface S1 \{\n {2}a\?: Point\n {2}b\?: Point\n {2}c\?: Axis\n\}/)
  assert.match(text, /export interface Point \{\n {2}x\?: Axis\n\}/)
  assert.equal(text.match(/export type Axis = number/g)?.length, 1)
  const both = typesOf([...others, json(schema, { subject: 'shape', references })])
  assert.equal(both.match(/export interface Point /g)?.length, 1)
})

test('a type that would have no end for its size is refused', () => {
  let schema: object = { type: 'string' }
  for (let i = 0; i < 60; i++) schema = { properties: { a: schema }, additionalProperties: { type: 'null' } }
  assert.throws(() => declared([json(schema)]), {
    message: 's1, version 1: its type would have more than 200000 parts',
  })
})
