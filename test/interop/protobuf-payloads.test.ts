/**
 * Payloads of Protobuf beside those of protoc and Google's Protobuf for Python: of each other's payloads the same values are read, and where
 * the order of bytes is given they are the same.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import { runOrThrow } from '../../bench/child.ts'
import { protobuf } from '../../src/registry/protobuf/protobuf-format.ts'
import type { WholeSchema } from '../../src/registry/serdes/codec.ts'
import { protobufCodec } from '../../src/registry/serdes/protobuf-codec.ts'
import type { Exact } from './avro-exact.ts'
import { Chance } from './chance.ts'
import { python, records } from './kit.ts'
import { type Edge, edges } from './protobuf-edges.ts'
import { fromOurs, told, toOurs } from './protobuf-exact.ts'
import type { MessageModel } from './protobuf-model.ts'
import { filesByChance } from './protobuf-models.ts'
import { MessageValues } from './protobuf-values.ts'

const count = records(600)
const valuesEach = 6
const seed = Number(process.env['ODRADEK_SEED'] ?? 0)

interface Case {
  readonly texts: Readonly<Record<string, string>>
  readonly main: string
  readonly model: MessageModel
  readonly keepCase: boolean
  /** In a message that has groups, which descriptors count and texts do not. */
  readonly isBesideGroups: boolean
  readonly values: readonly Exact[]
}

function* casesByChance(): Generator<Case> {
  const chance = new Chance(seed)
  const values = new MessageValues(chance)
  let left = count
  for (let at = 0; left > 0; at++) {
    const { texts, main, messages } = filesByChance(chance, `t${at}`)
    for (const model of messages) {
      const outer = messages.filter(({ fullName }) => model.fullName.startsWith(`${fullName}.`))
      const isBesideGroups = outer.some(({ fields }) => fields.some(({ isGroup }) => isGroup))
      const of = Array.from({ length: valuesEach }, () => values.of(model))
      yield { texts, main, model, keepCase: chance.is(0.5), isBesideGroups, values: of }
      left -= valuesEach
    }
  }
}

interface Question {
  readonly files: Readonly<Record<string, string>>
  readonly main: string
  readonly message: string
  readonly values: readonly Exact[]
  readonly payloads: readonly string[]
}

interface Answer {
  readonly payloads: readonly string[]
  readonly counted: readonly string[]
  readonly read: readonly (readonly [Exact] | { readonly error: string })[]
  readonly descriptor: string
}

async function ask(questions: readonly Question[]): Promise<readonly Answer[]> {
  const args = [join(import.meta.dirname, 'protobuf-payloads.py')]
  const input = JSON.stringify(questions)
  return JSON.parse(await runOrThrow({ command: python(), args, input, timeoutMs: 120_000 }))
}

function whole({ texts, main }: Case): WholeSchema {
  const resolved = Object.entries(texts).filter(([name]) => name !== main)
  return { schema: texts[main] ?? '', references: [], resolved: resolved.map(([name, text]) => ({ name, text })) }
}

function written(one: Case): string[] {
  const { model, keepCase } = one
  const { place, encode } = protobufCodec({ message: model.fullName, keepCase }).encoder(whole(one))
  return one.values.map((value) =>
    Buffer.concat([place ?? empty, encode(toOurs(model, value, { keepCase }))]).toString('hex'),
  )
}

const empty = Buffer.alloc(0)
const cases = [...casesByChance()]
const about = (one: Case, at: number): string =>
  `ODRADEK_SEED=${seed}: ${one.model.fullName} ${JSON.stringify(one.values[at])} in ${JSON.stringify(one.texts)}`

/** What each payload is read as; with another text for the schema, as it says. */
function readings(one: Case, payloads: readonly string[], schema = whole(one)): Exact[] {
  const { model, keepCase } = one
  const decode = protobufCodec({ message: model.fullName, keepCase, longs: 'bigint' }).decoder(schema, undefined)
  return payloads.map((payload) => fromOurs(model, decode(Buffer.from(payload, 'hex')), { keepCase }))
}

/** No two of it can be written in another order, and nothing in it may be left out. */
function hasOneForm(model: MessageModel, value: Exact): boolean {
  if (JSON.stringify(told(model, value)) !== JSON.stringify(value)) return false
  return model.fields.every(({ name, label, shape }) => {
    const held: unknown = Object(value)[name]
    if (held === undefined) return true
    const items = label === 'map' || label === 'repeated' ? Object.values(Object(held)) : [held]
    if (label === 'map' && items.length > 1) return false
    return shape.kind !== 'message' || items.every((item) => hasOneForm(shape, JSON.parse(JSON.stringify(item))))
  })
}

describe(`${count} messages by chance`, () => {
  let ours: readonly (readonly string[])[] = []
  let theirs: readonly Answer[] = []

  before(async () => {
    ours = cases.map(written)
    theirs = await ask(
      cases.map(({ texts, main, model, values }, i) => ({
        ...{ files: texts, main, message: model.fullName },
        ...{ values, payloads: ours[i] ?? [] },
      })),
    )
  })

  test('Python reads what we write, at the place that we say', () => {
    for (const [i, one] of cases.entries())
      for (const [j, value] of one.values.entries())
        assert.deepEqual(theirs[i]?.read[j], [told(one.model, value)], about(one, j))
  })

  test('we read what Python writes', () => {
    for (const [i, one] of cases.entries())
      for (const [j, read] of readings(one, theirs[i]?.payloads ?? []).entries())
        assert.deepEqual(read, told(one.model, one.values[j] ?? null), about(one, j))
  })

  test('the bytes are the same where no order is free', () => {
    let same = 0
    for (const [i, one] of cases.entries())
      for (const [j, value] of one.values.entries()) {
        if (!hasOneForm(one.model, value)) continue
        assert.equal(ours[i]?.[j], theirs[i]?.payloads[j], about(one, j))
        same++
      }
    assert.ok(same > count / 3, String(same))
  })

  // Not beside groups: there an index can mean one message by the descriptor and another one by the text, and nothing tells which is meant.
  test('we read what a client writes that has registered its descriptor, by the text that the registry makes of it', () => {
    for (const [i, one] of cases.entries()) {
      if (one.isBesideGroups) continue
      const { resolved } = whole(one)
      const { descriptor = '', counted = [] } = theirs[i] ?? {}
      const schema = protobuf.parse({ text: descriptor, references: resolved }).canonical
      for (const [j, read] of readings(one, counted, { schema, references: [], resolved }).entries())
        assert.deepEqual(read, told(one.model, one.values[j] ?? null), about(one, j))
    }
  })
})

describe('payloads at the edges', () => {
  /** A file for each: in one run of protoc no two may define the same. */
  const fileOf = ({ syntax, fields, more = '' }: Edge, scope: string): string =>
    `syntax = "${syntax}"; package ${scope}; message M { ${fields} } ${more}`
  const named = (value: unknown, scope: string): unknown =>
    JSON.parse(JSON.stringify(value).replaceAll(`[${scope}.`, '[edge.'))
  let theirs: readonly Answer[] = []

  before(async () => {
    theirs = await ask(
      edges.map((edge, i) => ({
        ...{ files: { [`edge${i}.proto`]: fileOf(edge, `edge${i}`) }, main: `edge${i}.proto`, message: `edge${i}.M` },
        ...{ values: [], payloads: [`00${edge.payload}`] },
      })),
    )
  })

  for (const [i, edge] of edges.entries())
    test(edge.what, () => {
      const read = theirs[i]?.read[0] ?? { error: 'no answer' }
      if (edge.python === undefined) assert.ok('error' in read && /DecodeError/.test(read.error), JSON.stringify(read))
      else assert.deepEqual(named(read, `edge${i}`), [edge.python])
      const schema: WholeSchema = { schema: fileOf(edge, 'edge'), references: [], resolved: [] }
      const decode = protobufCodec({ longs: 'bigint' }).decoder(schema, undefined)
      const payload = Buffer.from(`00${edge.payload}`, 'hex')
      if (edge.ours === undefined) assert.throws(() => decode(payload))
      else assert.deepEqual(decode(payload), edge.ours)
    })
})

describe('what one schema wrote and another reads', () => {
  const newer = {
    name: 'newer.proto',
    text: `syntax = "proto3"; package newer; message Before { } message Order { int64 id = 1; string note = 2; E kind = 3;
      repeated int32 counts = 4; Line line = 5; oneof paid { string card = 6; int32 cash = 7; } map<string, int32> by = 8; int32 small = 9; }
      message Line { int32 x = 1; string y = 2; } enum E { NONE = 0; GOOD = 1; BEST = 2; }`,
  }
  const older = `syntax = "proto3"; package newer; message Order { uint64 id = 1; E kind = 3; repeated int32 counts = 4 [packed = false];
    Line line = 5; oneof paid { string card = 6; } sfixed32 added = 20; bool small = 9; } message Line { int32 x = 1; } enum E { NONE = 0; GOOD = 1; }`
  const value = {
    ...{ id: '5', note: 'n', kind: 2, counts: [1, -2], line: { x: 3, y: 'gone' }, cash: 9, by: { a: 1 }, small: 1 },
  }

  test('fields that are not known are dropped, and what is not there is zero; an unknown number stays one', async () => {
    const question = { files: { [newer.name]: newer.text }, main: newer.name, message: 'newer.Order' }
    const [answer] = await ask([{ ...question, values: [value], payloads: [] }])
    const schema = (text: string): WholeSchema => ({ schema: text, references: [], resolved: [] })
    const decode = protobufCodec().decoder(schema(newer.text), schema(older))
    assert.deepEqual(decode(Buffer.from(answer?.payloads[0] ?? '', 'hex')), {
      ...{ id: 5, kind: 2, counts: [1, -2], line: { x: 3 }, added: 0, small: true },
    })
  })
})

test('a oneof in a group is refused when the schema is read: protobufjs does not know it there', () => {
  const schema = 'syntax = "proto2"; message M { optional group G = 1 { oneof o { int32 x = 1; } } }'
  assert.throws(() => protobufCodec().encoder({ schema, references: [], resolved: [] }), /illegal token 'oneof'/)
})
