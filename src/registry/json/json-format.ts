/**
 * JSON Schema as a format of the registry. A schema is of the draft that its `$schema` names, and of draft 7 without one. References lead
 * to what was given with it, and nothing is fetched. Regular expressions are never given to the engine.
 */
import {
  type Incompatibility,
  InvalidSchemaError,
  type ParsedSchema,
  type SchemaFormat,
  type SchemaSource,
} from '../formats/format.ts'
import { differencesBetween } from './comparison.ts'
import { describe, isCompatible } from './difference.ts'
import { Documents } from './documents.ts'
import { isObject, type JsonNode, parseJson } from './json-node.ts'
import { canonicalText, sortedText } from './json-text.ts'
import { textAt } from './keywords.ts'
import { checkAgainstDraft } from './meta-schemas.ts'
import type { Shape } from './shape.ts'
import { readShape } from './shape-reader.ts'

class JsonSchema implements ParsedSchema {
  readonly type = 'JSON'
  readonly canonical: string
  readonly normalized: string
  readonly name: string | undefined
  readonly #shape: Shape

  constructor(root: JsonNode, shape: Shape) {
    this.canonical = canonicalText(root)
    this.normalized = sortedText(root)
    this.name = isObject(root) ? textAt(root, 'title') : undefined
    this.#shape = shape
  }

  incompatibilities(writer: ParsedSchema): readonly Incompatibility[] {
    if (!(writer instanceof JsonSchema)) {
      const description = `a schema of JSON cannot read what was written with one of ${writer.type}`
      return [{ type: 'SCHEMA_TYPE_CHANGED', description, additionalInfo: '' }]
    }
    return differencesBetween(writer.#shape, this.#shape)
      .filter((difference) => !isCompatible(difference))
      .map((difference) => ({
        type: difference.type,
        description: describe(difference),
        additionalInfo: '',
      }))
  }
}

const parse = ({ text, references }: SchemaSource): ParsedSchema => {
  const root = parseJson(text)
  if (!isObject(root) && typeof root !== 'boolean') {
    throw new InvalidSchemaError('not a schema: it has to be an object or a boolean')
  }
  const documents = new Documents(root, references)
  checkAgainstDraft(root, documents.root.draft)
  documents.check()
  return new JsonSchema(root, readShape(documents))
}

export const json: SchemaFormat = { type: 'JSON', quickLengthMax: 0, parse }
