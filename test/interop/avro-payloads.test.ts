/**
 * Payloads of Avro beside Apache Avro's in Java and fastavro's in Python: the same bytes are written, each reads what the others wrote, and
 * what is read with another schema than it was written with is what Java reads. `UPDATE=1` makes the jar of the Java program anew.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import type { AvroType } from '../../src/registry/avro/avro-type.ts'
import { avroCodec } from '../../src/registry/serdes/avro-codec.ts'
import type { WholeSchema } from '../../src/registry/serdes/codec.ts'
import { type Exact, fromOurs, toOurs } from './avro-exact.ts'
import {
  defaultCases,
  type PairCase,
  type PayloadCase,
  pairCases,
  payloadCases,
  promotionCases,
  valuesEach,
} from './avro-payload-cases.ts'
import { askFastavro, askJava, avroPayloads } from './avro-payload-programs.ts'
import { records } from './kit.ts'

const count = records(1000)
const seed = Number(process.env['ODRADEK_SEED'] ?? 0)
const cases = [...payloadCases({ seed, count: count / valuesEach })]

const whole = (schema: string): WholeSchema => ({ schema, references: [], resolved: [] })
const about = (index: number, ...shown: readonly unknown[]): string =>
  `ODRADEK_SEED=${seed} ${index}: ${shown.map((it) => (typeof it === 'string' ? it : JSON.stringify(it))).join(' / ')}`

function written({ schema, type, longs, values }: PayloadCase): string[] {
  const { encode } = avroCodec({ longs }).encoder(whole(schema))
  return values.map((value) => Buffer.from(encode(toOurs(type, value, longs))).toString('hex'))
}

function reader({ schema, type, longs }: PayloadCase): (payload: string) => Exact {
  const decode = avroCodec({ longs }).decoder(whole(schema), undefined)
  return (payload) => fromOurs(type, decode(Buffer.from(payload, 'hex')), longs)
}

const questions = cases.map(({ schema, values }) => ({ schema, values }))

test('the schemas have every type of Avro', () => {
  const kinds = new Set<string>()
  const seen = new Set<AvroType>()
  const gather = (type: AvroType): void => {
    if (seen.has(type)) return
    seen.add(type)
    kinds.add(type.kind)
    if (type.kind === 'array') gather(type.items.type)
    if (type.kind === 'map') gather(type.values.type)
    if (type.kind === 'union') for (const slot of type.branches) gather(slot.type)
    if (type.kind === 'record') for (const { slot } of type.fields) gather(slot.type)
  }
  for (const { type } of cases) gather(type)
  assert.equal(kinds.size, 14, [...kinds].join())
})

test(`${count} values: we write the bytes that Java writes, and read what it writes, also in blocks with sizes`, async () => {
  const theirs = await askJava(questions)
  for (const [i, one] of cases.entries()) {
    const their = theirs[i] ?? {}
    assert.deepEqual(written(one), their.payloads, about(i, one.schema, one.values, their))
    const read = reader(one)
    assert.deepEqual(their.payloads?.map(read), one.values, about(i, one.schema))
    assert.deepEqual(their.blocks?.map(read), one.values, about(i, one.schema))
  }
})

test(`${count} values: Java reads what we write`, async () => {
  const theirs = await askJava(cases.map((one) => ({ schema: one.schema, payloads: written(one) })))
  for (const [i, { schema, values }] of cases.entries())
    assert.deepEqual(
      theirs[i]?.read,
      values.map((value) => [value]),
      about(i, schema, theirs[i]),
    )
})

test(`${count} values: fastavro in Python writes the same bytes, and reads ours`, async () => {
  const [theirs, read] = await Promise.all([
    askFastavro(questions),
    askFastavro(cases.map((one) => ({ schema: one.schema, payloads: written(one), like: one.values }))),
  ])
  for (const [i, one] of cases.entries()) {
    assert.deepEqual(written(one), theirs[i]?.payloads, about(i, one.schema, one.values, theirs[i]))
    assert.deepEqual(theirs[i]?.payloads?.map(reader(one)), one.values, about(i, one.schema))
    assert.deepEqual(
      read[i]?.read,
      one.values.map((value) => [value]),
      about(i, one.schema, read[i]),
    )
  }
})

/**
 * Where we refuse a schema that Java takes: a default of an enum that is none of its symbols, and a name before its definition. By the
 * specification neither is a schema.
 */
const isStricter = (error: string): boolean => /incompatible field default "|undefined type name/.test(error)

/** Where Java fails on a payload that is as it should be: it reckons how many bytes an array needs by the reader's schema. */
const isMiscounted = (error: string): boolean => /^Collection claims \d+ elements/.test(error)

/** Bytes that are no text are read as one all the same, and how many characters stand for what is wrong each has its own way. */
const textual = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value), (_, it: unknown) =>
    typeof it === 'string' ? it.replace(/\ufffd+/g, '\ufffd') : it,
  )

function readEvolved({ writer, reader: text, readerType }: PairCase, payloads: readonly string[]): Exact[] | string {
  let decode: (payload: Buffer) => unknown
  try {
    decode = avroCodec({ longs: writer.longs }).decoder(whole(writer.schema), whole(text))
  } catch (error) {
    return String(error)
  }
  return payloads.map((payload) => fromOurs(readerType, decode(Buffer.from(payload, 'hex')), writer.longs))
}

/** How many values were the same. */
async function sameReadings(pairs: readonly PairCase[]): Promise<number> {
  const theirs = await askJava(
    pairs.map(({ writer: { schema, values }, reader: text }) => ({ schema, values, reader: text })),
  )
  let same = 0
  for (const [i, pair] of pairs.entries()) {
    const their = theirs[i] ?? {}
    // A default that has itself within.
    if (their.error === 'out of stack') continue
    const our = readEvolved(pair, their.payloads ?? [])
    const shown = about(i, `${pair.reader} reads ${pair.writer.schema}`, pair.writer.values, our, their)
    if (typeof our === 'string') {
      assert.ok(isStricter(our), shown)
      continue
    }
    assert.equal(their.read?.length, our.length, shown)
    for (const [j, answer] of (their.read ?? []).entries()) {
      if ('error' in answer) assert.ok(isMiscounted(answer.error), shown)
      else assert.deepEqual(textual(our[j]), textual(answer[0]), shown)
      same += 'error' in answer ? 0 : 1
    }
  }
  return same
}

test(`${count} values read with another schema: as Java reads them`, async () => {
  const pairs = [...pairCases({ seed, count: count / valuesEach })]
  assert.ok((await sameReadings(pairs)) > count / 2)
})

test('every promotion, in every place', async () => {
  const pairs = [...promotionCases({ seed, count: records(6) })]
  assert.ok((await sameReadings(pairs)) > 0.95 * pairs.length * valuesEach)
})

test('defaults of every type, of any branch of a union, and of the longest longs', async () => {
  const pairs = [...defaultCases(seed)]
  assert.equal(await sameReadings(pairs), pairs.length * valuesEach)
})

test('the jar is of this source', async () => {
  if (process.env['UPDATE'] === '1') await avroPayloads.ship()
  assert.ok(existsSync(avroPayloads.shippedJar), 'UPDATE=1 makes it')
})
