/** What is called compatible is tried out: documents that are valid under the writer's schema are to be valid under the reader's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSchemaError, type ParsedSchema } from '../formats/format.ts'
import {
  changed,
  type Dice,
  DocumentWriter,
  diceOf,
  randomSketch,
  type Sketch,
  schemaText,
} from './testdata/generator.ts'
import { documentErrors } from './validate.ts'
import { xml } from './xml-format.ts'

/** Some are ambiguous, which is no schema. */
function parsed(sketch: Sketch): ParsedSchema | undefined {
  try {
    return xml.parse({ text: schemaText(sketch), references: [] })
  } catch (error) {
    if (error instanceof InvalidSchemaError) return undefined
    throw error
  }
}

interface Side {
  readonly schema: ParsedSchema
  readonly sketch: Sketch
}

/** A document that the writer's schema allows, and the reader's does not. */
function witness(dice: Dice, reader: Side, writer: Side): string | undefined {
  for (let index = 0; index < 40; index += 1) {
    const document = new DocumentWriter(dice, index % 2 === 0 ? writer.sketch : reader.sketch).document()
    const isWitness =
      documentErrors(writer.schema, document).length === 0 && documentErrors(reader.schema, document).length > 0
    if (isWitness) return document
  }
  return undefined
}

test('readers that are called compatible take what the writer allows; for most others there is a witness', () => {
  const counts = { compatible: 0, incompatible: 0, witnessed: 0 }
  for (let seed = 1; seed <= 250; seed += 1) {
    const dice = diceOf(seed)
    const sketch = randomSketch(dice)
    const other = changed(dice, sketch)
    const [one, two] = [parsed(sketch), parsed(other)]
    if (one === undefined || two === undefined) continue
    assert.deepEqual(one.incompatibilities(one), [], `seed ${seed}: a schema reads what it has written`)
    const sides = [
      { schema: one, sketch },
      { schema: two, sketch: other },
    ] as const
    for (const [reader, writer] of [sides, [sides[1], sides[0]]] as const) {
      const found = reader.schema.incompatibilities(writer.schema)
      const document = witness(dice, reader, writer)
      if (found.length === 0) {
        counts.compatible += 1
        assert.equal(document, undefined, `seed ${seed}`)
      } else {
        counts.incompatible += 1
        if (document !== undefined) counts.witnessed += 1
      }
    }
  }
  assert.ok(counts.compatible > 50 && counts.incompatible > 50, JSON.stringify(counts))
  assert.ok(counts.witnessed / counts.incompatible > 0.6, JSON.stringify(counts))
})

test('a normalized schema and a canonical one mean what the schema means', () => {
  for (let seed = 1000; seed < 1060; seed += 1) {
    const dice = diceOf(seed)
    const schema = parsed(randomSketch(dice))
    if (schema === undefined) continue
    for (const text of [schema.canonical, schema.normalized]) {
      const again = xml.parse({ text, references: [] })
      assert.deepEqual(again.incompatibilities(schema), [], `seed ${seed}`)
      assert.deepEqual(schema.incompatibilities(again), [], `seed ${seed}`)
      assert.equal(again.normalized, schema.normalized, `seed ${seed}`)
    }
  }
})
