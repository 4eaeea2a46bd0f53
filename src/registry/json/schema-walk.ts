/** All schemas that stand in a schema, and what each says of its own address and of others. */
import { InvalidSchemaError } from '../formats/format.ts'
import { pointerOf, resolveAddress } from './address.ts'
import { type Draft, idKeyword, isModern, listKeywords, mapKeywords, schemaKeywords } from './drafts.ts'
import { isArray, isObject, type JsonNode, type JsonObject } from './json-node.ts'

/** A schema in its place. */
export interface Placed {
  readonly node: JsonNode
  /** What its address is relative to. */
  readonly base: string
  readonly draft: Draft
}

/** `type` can name seven; a longer list is refused here, since a validator would compare each with each. */
const typesMax = 7

/** The outer before the inner. What is malformed is passed over: that is for others to say. */
export const walk = (
  placed: Placed,
  visit: (placed: Placed, steps: readonly string[]) => void,
  steps: readonly string[] = [],
): void => {
  const { node, base, draft } = placed
  if (isArray(node) || (!isObject(node) && typeof node !== 'boolean')) return
  visit(placed, steps)
  if (!isObject(node)) return
  const type = node.get('type')
  if (isArray(type) && type.length > typesMax) {
    throw new InvalidSchemaError(`not a schema: ${pointerOf(steps)}/type names more types than there are`)
  }
  const inner = { base: ownAddress(node, base, draft), draft }
  for (const [path, child] of childrenOf(node)) walk({ ...inner, node: child }, visit, [...steps, ...path])
}

function* childrenOf(node: JsonObject): Generator<readonly [readonly string[], JsonNode]> {
  for (const key of schemaKeywords) {
    const child = node.get(key)
    if (child !== undefined) yield [[key], child]
  }
  for (const key of listKeywords) {
    const list = node.get(key)
    if (isArray(list)) for (const [index, child] of list.entries()) yield [[key, String(index)], child]
  }
  for (const key of mapKeywords) {
    const map = node.get(key)
    if (isObject(map)) for (const [name, child] of map) yield [[key, name], child]
  }
}

const idOf = (node: JsonNode, draft: Draft): string | undefined => {
  // Beside a `$ref` nothing counts in the old drafts, neither does this.
  if (!isObject(node) || (node.has('$ref') && !isModern(draft))) return undefined
  const id = node.get(idKeyword(draft))
  return typeof id === 'string' ? id : undefined
}

/** What references in it are relative to: its own address where it has one, and else what it is in. */
export const ownAddress = (node: JsonNode, base: string, draft: Draft): string => {
  const id = idOf(node, draft)
  return id === undefined ? base : resolveAddress(id, base).document
}

const stringsAt = (node: JsonObject, keys: readonly string[]): readonly string[] =>
  keys.map((key) => node.get(key)).filter((value) => typeof value === 'string')

/** The names by which it is found in its document; in the old drafts the `$id` is one when it is a mere fragment. */
export const anchorsOf = (node: JsonObject, draft: Draft): readonly string[] => {
  if (isModern(draft)) return stringsAt(node, ['$anchor', '$dynamicAnchor'])
  const id = idOf(node, draft)
  return id?.startsWith('#') === true && id.length > 1 ? [id.slice(1)] : []
}

/** A dynamic one is taken for what it is where nothing replaces it. */
export const referencesOf = (node: JsonObject, draft: Draft): readonly string[] =>
  stringsAt(node, isModern(draft) ? ['$ref', '$dynamicRef', '$recursiveRef'] : ['$ref'])
