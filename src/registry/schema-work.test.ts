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
  return { sent, workers: new SchemaWorkers(formats, thread) }
}

test('what is small in all is done at once, everything else in the thread', async () => {
  const half = record('A', '.'.repeat(4_000))
  const rest = record('B', '.'.repeat(3_800))
  const { sent, workers: all } = workers()
  await all.run('schema-read', avro(half))
  await all.run('schema-read', avro(half, rest))
  await all.run('schema-compare', {
    level: 'BACKWARD',
    source: avro(half),
    earlier: [{ version: 1, source: avro(rest) }],
  })
  assert.deepEqual(sent, [])
  await all.run('schema-read', avro(half, half))
  await all.run('schema-compare', {
    level: 'BACKWARD',
    source: avro(half),
    earlier: [{ version: 1, source: avro(half) }],
  })
  await all.run('schema-form', { source: avro(half, half), form: 'resolved' })
  assert.deepEqual(sent, ['schema-read', 'schema-compare', 'schema-form'])
  sent.length = 0
  await all.run('schema-read', typed('JSON', '{}'))
  assert.deepEqual(sent, [])
  await all.run('schema-read', typed('JSON', `{"title":"${'.'.repeat(1000)}"}`))
  await all.run('schema-read', typed('XML', '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"/>'))
  assert.deepEqual(sent, ['schema-read', 'schema-read'])
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
