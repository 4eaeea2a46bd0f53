/** What is told of schemas: the fields of Confluent's REST interface, those without a value left out. */
import { compact } from '../json-fields.ts'
import type { StoredSchema } from '../stored-schema.ts'

/** Of what was not kept yet the time is not known. */
const time = ({ timestampMs }: StoredSchema): { readonly ts?: number } => (timestampMs < 0 ? {} : { ts: timestampMs })

const contentOf = ({ references, metadata, ruleSet }: StoredSchema): object =>
  compact({ references: references.length > 0 ? references : undefined, metadata, ruleSet })

/** Of a version of a subject. */
export function versionReply(schema: StoredSchema): object {
  const { subject, version, id, guid, schemaType, schema: text, deleted } = schema
  return { subject, version, id, guid, schemaType, ...contentOf(schema), schema: text, ...time(schema), deleted }
}

/** Of a schema, whoever has it. */
export function schemaReply(schema: StoredSchema, { withSubject }: { readonly withSubject: boolean }): object {
  const { subject, version, guid, schemaType, schema: text, deleted } = schema
  const place = withSubject ? { subject, version } : {}
  return { ...place, guid, schemaType, schema: text, ...contentOf(schema), ...time(schema), deleted }
}

export function registeredReply(schema: StoredSchema): object {
  const { id, version, guid, schemaType, schema: text } = schema
  return { id, version, guid, schemaType, ...contentOf(schema), schema: text }
}
