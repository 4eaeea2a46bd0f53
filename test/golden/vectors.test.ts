import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, Reader, uuidToString, Writer } from '../../src/base/index.ts'
import { compile } from '../../src/protocol/emit.ts'
import type { Fields, Word } from '../../src/protocol/index.ts'
import { asArray, asRecord, goldenLines } from './golden.ts'
import { messages } from './messages.ts'

interface Vector {
  readonly name: string
  readonly version: number
  readonly json: unknown
  readonly bytes: Buffer
}

const vectors = (file: string): Vector[] =>
  goldenLines(file).map((line) => {
    const { name, version, json, hex } = asRecord(line)
    return { name: String(name), version: Number(version), json, bytes: Buffer.from(String(hex), 'hex') }
  })

const codecs = new Map(
  [...messages].map(([name, message]) => {
    const { versions, flexible, fields } = message
    return [name, { fields, exact: compile(fields, { versions, flexible, exact: true }), plain: message }]
  }),
)
const codecOf = (name: string) => {
  const codec = codecs.get(name)
  assert.ok(codec, `${name} is declared`)
  return codec
}

/** Holds a decoded value against Kafka's JSON form, field by field. */
function same(field: Word<unknown>, value: unknown, json: unknown, path: string): void {
  if (json === null) assert.equal(value, null, path)
  else if (field.kind === 'struct') sameFields(field.fields ?? {}, value, json, path)
  else if (field.kind === 'list') {
    const [values, jsons] = [asArray(value), asArray(json)]
    assert.equal(values.length, jsons.length, path)
    const { of } = field
    assert.ok(of)
    values.forEach((element, i) => {
      same(of, element, jsons[i], `${path}[${i}]`)
    })
  } else if (value instanceof Uint8Array) assert.equal(Buffer.from(value).toString('base64'), json, path)
  else if (field.kind === 'uuid') assert.equal(uuidToString(value as Parameters<typeof uuidToString>[0]), json, path)
  else if (typeof value === 'bigint')
    assert.equal(value, BigInt(Number.isSafeInteger(json) ? Number(json) : (json as bigint)), path)
  else assert.equal(value, json, path)
}

function sameFields(fields: Fields, value: unknown, json: unknown, path: string): void {
  const object = asRecord(value)
  const entries = Object.entries(asRecord(json))
  for (const [name, expected] of entries) {
    const field = fields[name]
    assert.ok(field, `${path}.${name} is declared`)
    same(field, object[name], expected, `${path}.${name}`)
  }
}

const encoded = (write: (writer: Writer) => void): string => {
  const writer = new Writer(64)
  write(writer)
  return writer.finishAsOne().toString('hex')
}

test('2,184 vectors: the value is Kafka\u2019s, and the bytes come back', () => {
  const all = vectors('vectors.ndjson')
  assert.equal(all.length, 2184)
  for (const { name, version, json, bytes } of all) {
    const { fields, exact, plain } = codecOf(name)
    const reader = new Reader(bytes)
    const value = exact.decode(reader, version)
    assert.equal(reader.remaining, 0, `${name} v${version}`)
    sameFields(fields, value, json, `${name} v${version}`)
    const hex = bytes.toString('hex')
    assert.equal(
      encoded((writer) => exact.encode(writer, version, value)),
      hex,
      `${name} v${version}`,
    )
    const own = plain.decode(new Reader(bytes), version)
    assert.equal(
      encoded((writer) => plain.encode(writer, version, own)),
      hex,
      `${name} v${version}, as served`,
    )
  }
})

test('247 vectors with extreme integers: nothing is lost, and as served they never fail', () => {
  const all = vectors('vectors-int64.ndjson')
  assert.equal(all.length, 247)
  for (const { name, version, json, bytes } of all) {
    const { fields, exact, plain } = codecOf(name)
    const value = exact.decode(new Reader(bytes), version)
    sameFields(fields, value, json, `${name} v${version}`)
    assert.equal(
      encoded((writer) => exact.encode(writer, version, value)),
      bytes.toString('hex'),
      `${name} v${version}`,
    )
    const own = plain.decode(new Reader(bytes), version)
    assert.equal(
      encoded((writer) => plain.encode(writer, version, own)).length,
      bytes.length * 2,
      `${name} v${version}`,
    )
  }
})

test('mutated vectors are read or refused, never worse', () => {
  let random = 12345
  const next = (bound: number): number => {
    random = (Math.imul(random, 1103515245) + 12345) >>> 0
    return (random >>> 8) % bound
  }
  let refused = 0
  for (const { name, version, bytes } of vectors('vectors.ndjson')) {
    const { plain } = codecOf(name)
    if (bytes.length === 0) continue
    for (let round = 0; round < 8; round++) {
      const mutant = Buffer.from(bytes.subarray(0, round % 2 === 0 ? bytes.length : next(bytes.length + 1)))
      for (let flips = next(3) + 1; flips > 0 && mutant.length > 0; flips--) mutant[next(mutant.length)] = next(256)
      try {
        plain.decode(new Reader(mutant), version)
      } catch (error) {
        assert.ok(error instanceof MalformedError, `${name} v${version}: ${String(error)}`)
        refused++
      }
    }
  }
  assert.ok(refused > 1000)
})
