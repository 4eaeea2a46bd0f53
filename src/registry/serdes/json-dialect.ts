/**
 * What each draft of JSON Schema has for keywords, and how what it says is said in draft 2020-12. What is not here means nothing for
 * whether a value is valid.
 */
import type { Draft } from '../json/drafts.ts'
import { isArray, isObject, type JsonNode, type JsonObject } from '../json/json-node.ts'

/** What the value of a keyword is: no schema, one, or a list or an object of such. */
type WordKind = 'plain' | 'schema' | 'list' | 'map'

export interface Word {
  readonly keyword: string
  readonly kind: WordKind
  readonly value: JsonNode
}

const ages: Readonly<Record<Draft, number>> = { '4': 4, '6': 6, '7': 7, '2019-09': 8, '2020-12': 9 }

/** The keywords of one kind that are new in a draft. */
const words: readonly (readonly [WordKind, Draft, readonly string[]])[] = [
  ['plain', '4', ['type', 'enum', 'format', 'pattern', 'minLength', 'maxLength', 'minimum', 'maximum', 'multipleOf']],
  ['plain', '4', ['minItems', 'maxItems', 'uniqueItems', 'minProperties', 'maxProperties', 'required']],
  ['plain', '6', ['const', 'exclusiveMinimum', 'exclusiveMaximum']],
  ['plain', '2019-09', ['minContains', 'maxContains']],
  ['schema', '4', ['not', 'additionalProperties']],
  ['schema', '6', ['contains', 'propertyNames']],
  ['schema', '7', ['if', 'then', 'else']],
  ['schema', '2019-09', ['unevaluatedItems', 'unevaluatedProperties']],
  ['list', '4', ['allOf', 'anyOf', 'oneOf']],
  ['list', '2020-12', ['prefixItems']],
  ['map', '4', ['properties', 'patternProperties']],
]

const known = new Map(words.flatMap(([kind, since, keywords]) => keywords.map((it) => [it, { kind, since }] as const)))

/** What a schema says of values, but for its references. */
export function wordsOf(schema: JsonObject, draft: Draft): Word[] {
  const found: Word[] = []
  for (const [keyword, value] of schema) {
    const word = known.get(keyword)
    if (word !== undefined && ages[draft] >= ages[word.since]) found.push({ keyword, kind: word.kind, value })
  }
  found.push(...itemWords(schema, draft), ...dependencyWords(schema, draft), ...hiddenWords(schema))
  return draft === '4' ? found.flatMap((word) => withExclusion(word, schema)) : found
}

/** Before 2020-12 a list of schemas is `items`, and what is behind it `additionalItems`. */
function itemWords(schema: JsonObject, draft: Draft): Word[] {
  const items = schema.get('items')
  const additional = schema.get('additionalItems')
  if (items === undefined) return []
  if (!isArray(items) || draft === '2020-12') return [{ keyword: 'items', kind: 'schema', value: items }]
  const first: Word = { keyword: 'prefixItems', kind: 'list', value: items }
  // There it may be empty, and then it says nothing.
  const tuple = items.length === 0 ? [] : [first]
  return additional === undefined ? tuple : [...tuple, { keyword: 'items', kind: 'schema', value: additional }]
}

/** Ajv passes over a property of this name, but not over a pattern for it. */
const hidden = '__proto__'

function hiddenWords(schema: JsonObject): Word[] {
  const properties = schema.get('properties')
  const property = isObject(properties) ? properties.get(hidden) : undefined
  if (property === undefined) return []
  const patterns = schema.get('patternProperties')
  const value = new Map([...(isObject(patterns) ? patterns : []), [`^(?:${hidden})$`, property]])
  return [{ keyword: 'patternProperties', kind: 'map', value }]
}

/** Each of `dependencies` is a list of names or a schema; the newest drafts have a keyword for each, which counts before the old one. */
function dependencyWords(schema: JsonObject, draft: Draft): Word[] {
  const old = membersOf(schema.get('dependencies'))
  const isNew = ages[draft] >= ages['2019-09']
  const [names, schemas] = ['dependentRequired', 'dependentSchemas'].map((it) => membersOf(isNew && schema.get(it)))
  const required = new Map([...old.filter(([, value]) => isArray(value)), ...(names ?? [])])
  const others = new Map([...old.filter(([, value]) => !isArray(value)), ...(schemas ?? [])])
  return [
    ...(required.size > 0 ? [{ keyword: 'dependentRequired', kind: 'plain', value: required } as const] : []),
    ...(others.size > 0 ? [{ keyword: 'dependentSchemas', kind: 'map', value: others } as const] : []),
  ]
}

const membersOf = (node: JsonNode | undefined): (readonly [string, JsonNode])[] => (isObject(node) ? [...node] : [])

/** In draft 4 that a bound is exclusive is said by the side of the bound. */
function withExclusion(word: Word, schema: JsonObject): Word[] {
  if (word.keyword === 'minimum' && schema.get('exclusiveMinimum') === true)
    return [{ ...word, keyword: 'exclusiveMinimum' }]
  if (word.keyword === 'maximum' && schema.get('exclusiveMaximum') === true)
    return [{ ...word, keyword: 'exclusiveMaximum' }]
  return [word]
}
