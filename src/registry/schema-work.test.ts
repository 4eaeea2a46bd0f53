import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formats } from './formats/index.ts'
import { SchemaWorkers, schemaJobs, type TypedSource } from './schema-work.ts'

const typed = (schemaType: string, text: string, ...references: readonly string[]): TypedSource => ({
  ...{ schemaType, text },
  references: references.map((it, i) => ({ name: `r${i}`, text: it })),
})
const avro = (text: string, ...references: readonly string[]) => typed('AVRO', text, ...references)
const record = (name: string, doc = ''): string => `{"type":"record","name":"${name}","doc":"${doc}","fields":[]}`
const noHost = { readSync: () => 0, writeSync: () => 0 }

function workers() {
  const sent: string[] = []
  const jobs = schemaJobs(formats)
  const thread = {
    async run(name: string, input: unknown) {
      sent.push(name)
      // As it comes there.
      return structuredClone(jobs.get(name)?.(structuredClone(input), noHost))
    },
  }
  return {
    sent,
    workers: new SchemaWorkers({ formats, thread, clock: { afterDrain: (then) => void setImmediate(then) } }),
  }
}

test('what is small in all is done at once, everything else in the thread', async () => {
  const half = record('A', '.'.repeat(4_000))
  const rest = record('B', '.'.repeat(3_800))
  const earlierOf = (text: string) => [{ version: 1, source: avro(text) }]
  const { sent, workers: all } = workers()
  await all.run('schema-read', avro(half))
  await all.run('schema-read', avro(half, rest))
  await all.run('schema-compare', { level: 'BACKWARD', source: avro(half), earlier: earlierOf(rest) })
  await all.run('schema-read', typed('PROTOBUF', 'message A {}'))
  assert.deepEqual(sent, [])
  await all.run('schema-read', avro(half, half))
  await all.run('schema-compare', { level: 'BACKWARD', source: avro(half), earlier: earlierOf(half) })
  await all.run('schema-form', { source: avro(half, half), form: 'resolved' })
  assert.deepEqual(sent, ['schema-read', 'schema-compare', 'schema-form'])
  sent.length = 0
  const ten = Array.from({ length: 10 }, (_, i) => record(`R${i}`))
  await all.run('schema-read', avro('"int"', ...ten.slice(1)))
  assert.deepEqual(sent, [])
  await all.run('schema-read', avro('"int"', ...ten))
  await all.run('schema-read', typed('JSON', '{}'))
  await all.run('schema-read', typed('XML', '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'))
  assert.deepEqual(sent, ['schema-read', 'schema-read', 'schema-read'])
})

test('of many that are done at once others have their turn behind each few', async () => {
  const { workers: all } = workers()
  let turns = 0
  const count = (): void => {
    turns++
    immediate = setImmediate(count)
  }
  let immediate = setImmediate(count)
  const text = record('A', '.'.repeat(3_000))
  for (let i = 0; i < 2; i++) await all.run('schema-read', avro(text))
  assert.equal(turns, 0)
  await Promise.all(Array.from({ length: 8 }, () => all.run('schema-read', avro(text))))
  assert.ok(turns >= 4, `${turns}`)
  clearImmediate(immediate)
})

test('what is read depends on its format, and on what it refers to', async () => {
  const { workers: all } = workers()
  await all.run('schema-read', avro('"A"', record('A')))
  await assert.rejects(all.run('schema-read', avro('"A"')), { name: 'InvalidSchemaError' })
  await all.run('schema-read', avro('"int"'))
  await assert.rejects(all.run('schema-read', typed('JSON', '"int"')), { name: 'InvalidSchemaError' })
})

test('what is no schema is told in the same words, from wherever', async () => {
  const { sent, workers: all } = workers()
  const wrong = (spaces: number) => all.run('schema-read', avro(`{"type":"record"${' '.repeat(spaces)}}`))
  const told = { name: 'InvalidSchemaError', message: /name/ }
  await assert.rejects(wrong(1), told)
  await assert.rejects(wrong(9000), told)
  assert.equal(sent.length, 1)
})

test('of versions before, one that cannot be read is named', async () => {
  const { workers: all } = workers()
  const earlier = [avro('"int"'), avro('"integer"'), avro('"int"')].map((source, i) => ({ version: i + 7, source }))
  const comparison = { level: 'BACKWARD_TRANSITIVE', source: avro('"int"'), earlier } as const
  await assert.rejects(all.run('schema-compare', comparison), {
    message: /^version 8 before it cannot be read: .*integer/,
  })
})
