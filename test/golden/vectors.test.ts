import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MalformedError, Reader, Writer } from '../../src/base/index.ts'
import { compile } from '../../src/protocol/emit.ts'
import { asRecord, goldenLines } from './golden.ts'
import { messages } from './messages.ts'
import { sameFields } from './same.ts'

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
    assert.deepEqual(plain.create(own), own, `${name} v${version}, made anew`)
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

/** Messages whose int64 fields a peer may fill with anything, and that are stored, echoed or compared as they came. */
const wholeAsServed = [
  'ConsumerGroupMetadataValue',
  'LegacyOffsetCommitValue',
  'ListOffsetsRequest',
  'OffsetCommitValue',
  'OffsetFetchResponse',
  'ShareGroupMetadataValue',
]

test('what is stored or echoed is whole as served, too', () => {
  const found = new Set<string>()
  for (const { name, version, bytes } of vectors('vectors-int64.ndjson')) {
    if (!wholeAsServed.includes(name)) continue
    found.add(name)
    const { plain } = codecOf(name)
    const own = plain.decode(new Reader(bytes), version)
    const again = encoded((writer) => plain.encode(writer, version, own))
    assert.equal(again, bytes.toString('hex'), `${name} v${version}`)
  }
  assert.deepEqual([...found].sort(), wholeAsServed)
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
