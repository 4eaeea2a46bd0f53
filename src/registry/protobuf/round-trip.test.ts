import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { InvalidSchemaError } from '../formats/format.ts'
import { parseFile } from './file-parser.ts'
import { textOf } from './file-text.ts'
import { protobuf } from './protobuf-format.ts'
import { randomFile } from './testdata/random-file.ts'

const seeds = fc.integer()
const syntaxes = fc.constantFrom('proto2' as const, 'proto3' as const, undefined)

/** Without the places in the text, which a file that was never one does not have. */
function withoutPlaces(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(value, (key, inner) => {
      if (key === 'at') return undefined
      return inner instanceof Map ? [...inner] : inner
    }),
  )
}

test('a file that is written and read again says the same', () => {
  fc.assert(
    fc.property(seeds, syntaxes, (seed, syntax) => {
      const file = randomFile(seed, syntax)
      const read = parseFile(textOf(file))
      assert.deepEqual(withoutPlaces({ ...read, text: '' }), withoutPlaces(file))
    }),
    { numRuns: 300 },
  )
})

test('the canonical text is its own canonical text', () => {
  fc.assert(
    fc.property(seeds, syntaxes, (seed, syntax) => {
      const schema = protobuf.parse({ text: textOf(randomFile(seed, syntax)), references: [] })
      assert.equal(protobuf.parse({ text: schema.canonical, references: [] }).canonical, schema.canonical)
    }),
    { numRuns: 200 },
  )
})

test('the normalized text is its own normalized text, and that of the canonical one', () => {
  fc.assert(
    fc.property(seeds, syntaxes, (seed, syntax) => {
      const schema = protobuf.parse({ text: textOf(randomFile(seed, syntax)), references: [] })
      assert.equal(protobuf.parse({ text: schema.normalized, references: [] }).normalized, schema.normalized)
      assert.equal(protobuf.parse({ text: schema.canonical, references: [] }).normalized, schema.normalized)
    }),
    { numRuns: 200 },
  )
})

test('a schema goes together with itself, in any of its texts', () => {
  fc.assert(
    fc.property(seeds, syntaxes, (seed, syntax) => {
      const schema = protobuf.parse({ text: textOf(randomFile(seed, syntax)), references: [] })
      const normalized = protobuf.parse({ text: schema.normalized, references: [] })
      assert.deepEqual(schema.incompatibilities(normalized), [])
      assert.deepEqual(normalized.incompatibilities(schema), [])
    }),
    { numRuns: 100 },
  )
})

test('what is cut off or spoilt is read or refused, and nothing else happens', () => {
  fc.assert(
    fc.property(
      seeds,
      fc.nat(),
      fc.constantFrom('', '{', '}', ';', '"', '= 1', '/*', '0x', '\\', '\u0000'),
      (seed, place, put) => {
        const text = textOf(randomFile(seed, 'proto2'))
        const at = place % text.length
        try {
          protobuf.parse({ text: text.slice(0, at) + put + text.slice(at + 1), references: [] })
        } catch (error) {
          assert.ok(error instanceof InvalidSchemaError, String(error))
        }
      },
    ),
    { numRuns: 300 },
  )
})
