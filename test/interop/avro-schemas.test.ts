/**
 * Schemas of Avro beside Apache Avro's own classes: the same texts are schemas, they are written in the same way, and of the same pairs the
 * same is incompatible, at the same places and with the same details. `UPDATE=1` makes the jar of the Java program anew.
 */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { avro } from '../../src/registry/avro/avro-format.ts'
import { SchemaGenerator } from '../../src/registry/avro/testdata/schema-fixture.ts'
import { malformed, wellFormed } from '../../src/registry/avro/testdata/text-fixture.ts'
import { InvalidSchemaError, type ParsedSchema } from '../../src/registry/formats/format.ts'
import { type Answer, askAvro, avroSchemas, type Question } from './avro-program.ts'
import { records } from './kit.ts'

const count = records(2000)
const seed = Number(process.env['ODRADEK_SEED'] ?? 0)
const generator = (): SchemaGenerator => new SchemaGenerator(seed)
const many = <T>(make: () => T): readonly T[] => Array.from({ length: count }, make)

function parse(text: string, references: readonly string[] = []): ParsedSchema {
  return avro.parse({ text, references: references.map((it, i) => ({ name: `r${i}`, text: it })) })
}

function answered(work: () => Answer): Answer {
  try {
    return work()
  } catch (error) {
    assert.ok(error instanceof InvalidSchemaError, String(error))
    return { error: error.message }
  }
}

const place = (description: string): string => /\(path '([^']*)'\)/.exec(description)?.[1] ?? ''

function compared(reader: string, writer: string): Answer {
  const found = parse(reader).incompatibilities(parse(writer))
  return {
    compatible: found.length === 0,
    found: found.map(({ type, description, additionalInfo }) => [type, place(description), additionalInfo]),
  }
}

/** Where Java throws, since a field of the reader stands for several of the writer's, one incompatibility says so. */
const isAmbiguous = ({ error }: Answer): boolean => /^Reader record field .* matches multiple fields/.test(error ?? '')

test(`${count} pairs of schemas of which one is a change of the other: the same incompatibilities`, async () => {
  const chance = generator()
  const pairs = many(() => chance.pair())
  const theirs = await askAvro(pairs)
  assert.equal(theirs.length, count)
  const kinds = new Set<string>()
  let compatible = 0
  for (const [i, { reader, writer }] of pairs.entries()) {
    const their = theirs[i] ?? {}
    const our = answered(() => compared(reader, writer))
    const about = `ODRADEK_SEED=${seed} ${i}: ${reader} reads ${writer}`
    if (isAmbiguous(their))
      assert.deepEqual(
        our.found?.map(([kind]) => kind),
        ['NAME_MISMATCH'],
        about,
      )
    else if (their.error !== undefined) assert.ok(our.error !== undefined, about)
    else assert.deepEqual(our, their, about)
    for (const [kind = ''] of their.found ?? []) kinds.add(kind)
    if (their.compatible === true) compatible++
  }
  assert.equal(kinds.size, 6)
  assert.ok(compatible > count / 4 && compatible < (3 * count) / 4, String(compatible))
})

/** Both refuse it, or write it in the same way. How many were written. */
async function sameTexts(questions: readonly (Question & { readonly text: string })[]): Promise<number> {
  const theirs = await askAvro(questions)
  assert.equal(theirs.length, questions.length)
  let written = 0
  for (const [i, { text, references }] of questions.entries()) {
    const their = theirs[i] ?? {}
    const our = answered(() => ({ canonical: parse(text, references).canonical }))
    const about = `ODRADEK_SEED=${seed} ${i}: ${text} with ${references}: ${their.error} / ${our.error}`
    assert.equal(our.canonical, their.canonical, about)
    if (their.canonical !== undefined) written++
  }
  return written
}

test(`${count} schemas are written in the same way, and so are ${count} with references`, async () => {
  const chance = generator()
  assert.ok((await sameTexts(many(() => ({ text: chance.text() })))) > count / 2)
  assert.ok((await sameTexts(many(() => chance.referring()))) > count / 2)
})

test(`${count} texts with a flaw are refused by both, or written in the same way`, async () => {
  const chance = generator()
  const written = await sameTexts(many(() => ({ text: chance.mutant() })))
  assert.ok(written > count / 10 && written < count / 2, String(written))
})

test('texts at the edges: the same ones are schemas', async () => {
  const question = (it: (typeof malformed)[number]) => (typeof it === 'string' ? { text: it } : it)
  assert.equal(await sameTexts(malformed.map(question)), 0)
  assert.equal(await sameTexts(wellFormed.map(question)), wellFormed.length)
})

test('the jar is of this source', async () => {
  if (process.env['UPDATE'] === '1') await avroSchemas.ship()
  assert.ok(existsSync(avroSchemas.shippedJar), 'UPDATE=1 makes it')
})
