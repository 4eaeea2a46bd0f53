/** The versions of JSON Schema, and what differs between them. */
import { isObject, type JsonNode } from './json-node.ts'

export type Draft = '4' | '6' | '7' | '2019-09' | '2020-12'

const drafts: ReadonlyMap<string, Draft> = new Map([
  ['json-schema.org/schema', '4'],
  ['json-schema.org/draft-04/schema', '4'],
  ['json-schema.org/draft-06/schema', '6'],
  ['json-schema.org/draft-07/schema', '7'],
  ['json-schema.org/draft/2019-09/schema', '2019-09'],
  ['json-schema.org/draft/2020-12/schema', '2020-12'],
])

/** The one that an address names, with or without an empty fragment. */
export const draftOfAddress = (address: string): Draft | undefined =>
  drafts.get(address.replace(/^https?:\/\/|#$/g, ''))

/** Draft 7 for a schema that names none, or one that is not known. */
export const draftOf = (root: JsonNode): Draft => {
  const address = isObject(root) ? root.get('$schema') : undefined
  return (typeof address === 'string' ? draftOfAddress(address) : undefined) ?? '7'
}

/** Of the modern ones: what stands beside a `$ref` counts, and `unevaluatedProperties` is known. */
export const isModern = (draft: Draft): boolean => draft === '2019-09' || draft === '2020-12'

export const idKeyword = (draft: Draft): '$id' | 'id' => (draft === '4' ? 'id' : '$id')

/** Keywords whose value is one schema. */
export const schemaKeywords: readonly string[] = [
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]
/** Whose value is a list of schemas. */
export const listKeywords: readonly string[] = ['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems']
/** Whose value is an object of schemas. */
export const mapKeywords: readonly string[] = [
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
]
