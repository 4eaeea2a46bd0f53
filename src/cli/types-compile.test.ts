/**
 * What is written compiles, whatever the schemas are, and its types are those that the serdes tell from the literals. One call of the compiler
 * is for many schemas.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { claimErrors, compileErrors } from './types/testdata/compile.ts'
import { declared, type Given } from './types/testdata/given.ts'
import { avroSchema } from './types/testdata/random-avro.ts'
import { jsonSchema } from './types/testdata/random-json.ts'

const seed = Number(process.env['FUZZ_SEED']) || Math.floor(Math.random() * 2 ** 31)

function claim(schema: unknown, schemaType: 'AVRO' | 'JSON', longs: 'number' | 'bigint' = 'number') {
  const told = schemaType === 'AVRO' ? ('AvroValue' as const) : ('JsonValue' as const)
  return { written: declared([{ schema, schemaType }], { longs }), type: 'S1', constant: 's1Schema', told, longs }
}

function assertNone(errors: readonly string[], schemas: readonly unknown[]): void {
  const at = /^claim-(\d+)/.exec(errors[0] ?? '')?.[1]
  const schema = at === undefined ? '' : JSON.stringify(schemas[Number(at)], null, 1)
  assert.equal(errors.length, 0, `FUZZ_SEED=${seed}\n${errors.slice(0, 5).join('\n')}\n${schema}`)
}

test('types of Avro are those that are told from the literal', () => {
  const schemas = fc.sample(avroSchema, { numRuns: 150, seed })
  const claims = schemas.map((schema, i) => claim(schema, 'AVRO', i % 2 === 0 ? 'number' : 'bigint'))
  assertNone(claimErrors(claims), schemas)
})

test('types of JSON Schema are those that are told from the literal', () => {
  const schemas = fc.sample(jsonSchema, { numRuns: 40, seed })
  assertNone(claimErrors(schemas.map((schema) => claim(schema, 'JSON'))), schemas)
})

test('a type that is another one is found', () => {
  const { written, ...rest } = claim({ type: 'record', name: 'R', fields: [{ name: 'a', type: 'int' }] }, 'AVRO')
  const errors = claimErrors([
    { written, ...rest },
    { written: written.replace('a: number', 'a?: number'), ...rest },
  ])
  assert.equal(errors.length, 1)
  assert.match(errors[0] ?? '', /^claim-1: .*TS2322/)
})

/** Each would do harm, or not compile, if it were written as it is. */
const hostile = [
  '*/ export const evil = 1 /*',
  '/** */ evil() /**',
  '@ts-expect-error',
  '@ts-ignore\n@ts-nocheck',
  `\`\${evil()}\` \\`,
  "'; evil(); '",
  '"; evil(); "',
  'a\u2028evil()\u2029evil()\r\nevil()\rend',
  '*',
  '*\\/',
  '\\u002a/',
  '\ud800 \u202e \0 \ufeff \u007f',
  '// </script> <!-- -->',
  '*///',
]

/** Lines of a text in which none of it may stand as code. */
function hostileSchemas(): readonly Given[] {
  return hostile.flatMap((text, i): Given[] => {
    const subject = `${i} ${text}`
    const fields = [{ name: 'f', type: { type: 'enum', name: `E${i}`, symbols: [text] }, doc: text, [text]: text }]
    const proto = `syntax = "proto3"; // ${text.replace(/[\n\r]/g, ' ')}\nmessage M { string a = 1; // ${text.replace(/[\n\r]/g, ' ')}\n}`
    const object = {
      description: text,
      type: 'object',
      properties: { [text]: { description: text, const: text }, e: { enum: [text, { [text]: [text] }] } },
      additionalProperties: { $ref: `#/$defs/${text.replaceAll('/', '')}` },
      $defs: { [text.replaceAll('/', '')]: { title: text, type: 'string' } },
    }
    return [
      { subject: `a ${subject}`, schema: { type: 'record', name: `R${i}`, doc: text, fields } },
      {
        subject: `b ${subject}`,
        schema: { type: 'record', name: text, namespace: text, fields: [{ name: text, type: text }] },
      },
      { subject: `j ${subject}`, schemaType: 'JSON', schema: object },
      { subject: `p ${subject}`, schemaType: 'PROTOBUF', schema: proto },
      {
        subject: `x ${subject}`,
        schemaType: 'XML',
        schema: text,
        references: [{ name: text, subject: text, version: 1 }],
      },
      { subject: `z ${subject}`, schemaType: text, schema: text },
    ]
  })
}

test('what others wrote never is code: it compiles, it is what it was, and nothing else is there', async () => {
  const given = hostileSchemas()
  const written = declared(given)
  assertNone(compileErrors(new Map([['hostile.ts', `${written}`]])), [])
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a reader sees nothing of these, or something else.
  assert.doesNotMatch(written, /[\0-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\ufeff]|\p{Surrogate}/u)
  const { stripTypeScriptTypes } = await import('node:module')
  const module: Record<string, unknown> = await import(
    `data:text/javascript,${encodeURIComponent(stripTypeScriptTypes(written))}`
  )
  const schemas = Object.entries(module).filter(([name]) => name.endsWith('Schema'))
  assert.equal(schemas.length, given.length)
  const asGiven = given.map(({ schema }) => (typeof schema === 'string' ? schema : JSON.stringify(schema)))
  const asWritten = schemas.map(([, it]) => (typeof it === 'string' ? it : JSON.stringify(it)))
  assert.deepEqual(asWritten.toSorted(), asGiven.toSorted())
  assert.equal(Object.keys(module).length, given.length + hostile.length)
})

test('names that are no identifiers, are taken, or are reserved', () => {
  const names = [
    'Buffer',
    'Record',
    'class',
    'await',
    'string',
    'any',
    'flat',
    'one-of',
    '1st',
    'été',
    '日本',
    'a.b',
    'a-b',
    'a_b',
    '',
    '-',
    'x'.repeat(5000),
  ]
  const given = names.map((name, i): Given => {
    const record = { type: 'record', name: 'Record', fields: [{ name, type: 'bytes' }] }
    const nested = {
      type: 'map',
      values: { type: 'record', name: 'Buffer', fields: [{ name: 'class', type: record }] },
    }
    return { subject: i % 2 === 0 ? name : `${name}.${name}`, schema: nested }
  })
  const written = declared(given)
  assertNone(compileErrors(new Map([['names.ts', written]])), [])
  assert.doesNotMatch(written, /(?:interface|type) (?:Buffer|Record|Flat|OneOf)\b/)
  assert.equal(declared(given), written)
})
