/** Reading the keywords of one schema. What is not of the type that it should be is passed over: a meta-schema has checked it. */
import { type Decimal, decimalOf } from './decimal.ts'
import { type Draft, idKeyword, isModern } from './drafts.ts'
import { isArray, isObject, type JsonNode, JsonNumber, type JsonObject } from './json-node.ts'
import { equalityText } from './json-text.ts'
import type { Limits, Notes } from './shape.ts'

export const noNotes: Notes = {
  id: undefined,
  title: undefined,
  description: undefined,
  default: undefined,
  connectType: undefined,
}

export const textAt = (node: JsonObject, key: string): string | undefined => {
  const value = node.get(key)
  return typeof value === 'string' ? value : undefined
}

export const textsIn = (node: JsonNode | undefined): ReadonlySet<string> =>
  new Set(isArray(node) ? node.filter((item) => typeof item === 'string') : [])

export const notesOf = (node: JsonObject, draft: Draft): Notes => {
  const value = node.get('default')
  return {
    id: textAt(node, idKeyword(draft)),
    title: textAt(node, 'title'),
    description: textAt(node, 'description'),
    default: value === undefined ? undefined : equalityText(value),
    connectType: textAt(node, 'connect.type'),
  }
}

const numberAt = (node: JsonObject, key: string): Decimal | undefined => {
  const value = node.get(key)
  return value instanceof JsonNumber ? decimalOf(value.source) : undefined
}

const limitsAt = (node: JsonObject, keys: readonly string[]): Map<string, Decimal> => {
  const limits = new Map<string, Decimal>()
  for (const key of keys) {
    const value = numberAt(node, key)
    if (value !== undefined) limits.set(key, value)
  }
  return limits
}

export const stringLimits = (node: JsonObject): Limits => limitsAt(node, ['maxLength', 'minLength'])

export const objectLimits = (node: JsonObject): Limits => limitsAt(node, ['maxProperties', 'minProperties'])

export const numberLimits = (node: JsonObject): Limits => {
  const limits = limitsAt(node, ['maximum', 'minimum', 'exclusiveMaximum', 'exclusiveMinimum', 'multipleOf'])
  // In draft 4 that a bound is exclusive is said by the side of the bound.
  for (const [flag, bound] of [
    ['exclusiveMaximum', 'maximum'],
    ['exclusiveMinimum', 'minimum'],
  ] as const) {
    const value = limits.get(bound)
    if (node.get(flag) === true && value !== undefined) limits.set(flag, value)
  }
  return limits
}

export const arrayLimits = (node: JsonObject, draft: Draft): Limits => {
  const limits = limitsAt(node, ['maxItems', 'minItems', 'maxContains', 'minContains'])
  if (!isModern(draft)) return limits
  if (!node.has('contains')) {
    limits.delete('maxContains')
    limits.delete('minContains')
  } else if (!limits.has('minContains')) limits.set('minContains', decimalOf('1'))
  return limits
}

/** The kinds of values that keywords speak of. */
export type ValueKind = 'array' | 'object' | 'number' | 'string'

const oldKeywords: Readonly<Record<ValueKind, readonly string[]>> = {
  array: ['items', 'additionalItems', 'minItems', 'maxItems', 'uniqueItems', 'contains'],
  object: [
    'properties',
    'required',
    'minProperties',
    'maxProperties',
    'dependencies',
    'patternProperties',
    'additionalProperties',
    'propertyNames',
  ],
  number: ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf'],
  string: ['minLength', 'maxLength', 'pattern', 'format'],
}

const modernKeywords: Readonly<Record<ValueKind, readonly string[]>> = {
  ...oldKeywords,
  array: ['prefixItems', 'items', 'minItems', 'maxItems', 'uniqueItems', 'contains', 'unevaluatedItems'],
  object: [...oldKeywords.object, 'dependentRequired', 'dependentSchemas', 'unevaluatedProperties'],
  string: ['minLength', 'maxLength', 'pattern'],
}

/** With the newest drafts what says nothing is not there. */
const saysNothing = (value: JsonNode): boolean =>
  isObject(value) ? value.size === 0 : isArray(value) && value.length === 0

/** Those of which that is so. */
const groups: ReadonlySet<string> = new Set(['properties', 'patternProperties', 'dependencies'])

/** Whether a schema speaks of such values without naming the type. */
export const speaksOf = (node: JsonObject, kind: ValueKind, draft: Draft): boolean => {
  if (!isModern(draft)) return oldKeywords[kind].some((key) => node.has(key) && (key !== 'contains' || draft !== '4'))
  return modernKeywords[kind].some((key) => {
    const value = node.get(key)
    return value !== undefined && !(groups.has(key) && saysNothing(value))
  })
}
