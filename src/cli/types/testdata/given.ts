/** Schemas for tests, as a registry would have them, and the declarations of them. */
import { declarationsText } from '../declarations.ts'
import type { SchemaReference } from '../../../registry/index.ts'
import { Documents, type SchemaDocument } from '../schema-document.ts'
import type { ShapeOptions } from '../schema-shapes.ts'

export interface Given extends Partial<Omit<SchemaDocument, 'text'>> {
  /** JSON, or a text. */
  readonly schema: unknown
  readonly references?: readonly SchemaReference[]
}

/** Ids count from 1; version 1, Avro and subjects `s1`, `s2` unless told. */
function documentOf({ schema, ...given }: Given, index = 0): SchemaDocument {
  const text = typeof schema === 'string' ? schema : JSON.stringify(schema)
  return { subject: `s${index + 1}`, version: 1, id: index + 1, schemaType: 'AVRO', references: [], ...given, text }
}

/** Those of `given` are written; they may refer to `others`. */
export function declared(
  given: readonly Given[],
  { others = [], ...options }: Partial<ShapeOptions> & { readonly others?: readonly Given[] } = {},
): string {
  const found = given.map(documentOf)
  const documents = new Documents()
  for (const document of [...found, ...others.map((it, i) => documentOf(it, given.length + i))]) documents.add(document)
  return declarationsText({ found, documents }, { longs: 'number', keepCase: false, ...options })
}
