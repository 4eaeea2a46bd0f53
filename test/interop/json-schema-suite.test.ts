/** What our serdes and our registry make of JSON Schemas: by the published test suite, and beside Python's jsonschema. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { runOrThrow } from '../../bench/child.ts'
import { json } from '../../src/registry/json/json-format.ts'
import type { WholeSchema } from '../../src/registry/serdes/codec.ts'
import { jsonCodec } from '../../src/registry/serdes/json-codec.ts'
import { differences } from './json-schema-differences.ts'
import { type Sample, samples } from './json-schema-samples.ts'
import { bringSuite, draftNames, type Group, readSuite } from './json-schema-suite.ts'
import { isShortRun, python } from './kit.ts'

const suite = readSuite(await bringSuite())
const seed = Number(process.env['ODRADEK_SEED'] ?? 1)

/** Of each value whether it is valid; an error where the schema is not taken. */
function answers(schema: Omit<WholeSchema, 'references'>, values: readonly unknown[]): boolean[] {
  const decode = jsonCodec().decoder({ ...schema, references: [] }, undefined)
  return values.map((value) => {
    const payload = Buffer.from(JSON.stringify(value))
    try {
      decode(payload)
      return true
    } catch (error) {
      assert.match(String(error), /not valid by the schema/)
      return false
    }
  })
}

/** The cases of which the answer is another one, by their names. */
function otherAnswers({ name, schema, references, cases }: Group): string[] {
  const values = cases.map(({ data }) => data)
  const found = attempt(() => answers({ schema, resolved: references }, values))
  return cases.flatMap(({ valid }, index) => (Array.isArray(found) && found[index] === valid ? [] : `${name} ${index}`))
}

function attempt<T>(work: () => T): T | Error {
  try {
    return work()
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error))
  }
}

const known: ReadonlySet<string> = new Set(
  differences.flatMap(({ drafts, cases }) =>
    drafts.flatMap((draft) =>
      Object.entries(cases).flatMap(([file, indexes]) =>
        indexes.split(' ').map((index) => `${draft}/${file} ${index}`),
      ),
    ),
  ),
)

/** What the suite calls the case, for one who has to look it up. */
function described(name: string): string {
  const [group = '', index = ''] = name.split(' ')
  const found = suite.find((it) => it.name === group)
  return `${name}: ${found?.description}: ${found?.cases[Number(index)]?.description}`
}

describe('the published test suite', () => {
  for (const draft of draftNames)
    test(`${draft}: each value is valid or not, as it says, but for the differences that are known`, () => {
      const groups = suite.filter(({ name }) => name.startsWith(`${draft}/`))
      assert.ok(groups.length > 150, `${groups.length} schemas`)
      const other = new Set(groups.flatMap(otherAnswers))
      const listed = [...known].filter((name) => name.startsWith(`${draft}/`))
      const unknown = [...other].filter((name) => !known.has(name)).map(described)
      const mended = listed.filter((name) => !other.has(name)).map(described)
      assert.deepEqual({ unknown, mended }, { unknown: [], mended: [] })
    })

  test('the registry takes each schema, and each is compatible with itself', () => {
    for (const { name, description, schema, references } of suite)
      assert.deepEqual(
        attempt(() => incompatibilities(schema, references)),
        [],
        `${name}: ${description}`,
      )
  })
})

function incompatibilities(text: string, references: Group['references']): readonly unknown[] {
  const parse = () => json.parse({ text, references })
  return parse().incompatibilities(parse())
}

describe('beside Python', () => {
  const drawn = samples({ seed, count: isShortRun ? 100 : 400 })
  const shown = (sample: Sample) => `seed ${seed}: ${JSON.stringify(sample.schema)}`

  test('schemas with every keyword of each draft: the same values are valid', async () => {
    const input = drawn.map((sample) => `${JSON.stringify(sample)}\n`).join('')
    const script = join(import.meta.dirname, 'json-schema.py')
    const said = await runOrThrow({ command: python(), args: [script], input, timeoutMs: 120_000 })
    const theirs: (boolean | null)[][] = said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    assert.equal(theirs.length, drawn.length)
    const counts = { valid: 0, other: 0 }
    for (const [index, sample] of drawn.entries()) {
      const ours = attempt(() => answers({ schema: JSON.stringify(sample.schema), resolved: [] }, sample.values))
      // Where Python has no answer there is nothing to compare.
      const expected = theirs[index]?.map((it, at) => it ?? (Array.isArray(ours) && ours[at]))
      assert.deepEqual(ours, expected, `${shown(sample)}\n${JSON.stringify(sample.values)}`)
      for (const isValid of Array.isArray(ours) ? ours : []) counts[isValid ? 'valid' : 'other']++
    }
    // Both kinds are there, or nothing would have been compared.
    assert.ok(counts.valid > drawn.length && counts.other > drawn.length, JSON.stringify(counts))
  })

  test('the registry takes each of them, and each is compatible with itself', () => {
    for (const sample of drawn)
      assert.deepEqual(
        attempt(() => incompatibilities(JSON.stringify(sample.schema), [])),
        [],
        shown(sample),
      )
  })
})
