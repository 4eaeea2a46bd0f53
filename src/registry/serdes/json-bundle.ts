/**
 * A schema of any draft, with all that it refers to, as one document of draft 2020-12 that says the same by fewer words: each reference
 * leads to one of its definitions, so that there are neither addresses nor anchors, nor references that depend on the way to them. What
 * ajv makes of those is not always what the drafts say.
 */
import type { Documents } from '../json/documents.ts'
import { type Draft, isModern } from '../json/drafts.ts'
import { isArray, isObject, type JsonNode, type JsonObject } from '../json/json-node.ts'
import { plainValue } from '../json/json-text.ts'
import { textAt } from '../json/keywords.ts'
import { ownAddress, type Placed } from '../json/schema-walk.ts'
import { type Word, wordsOf } from './json-dialect.ts'
import { emptyScope, type Scope, Scopes } from './json-scope.ts'

export type PlainSchema = boolean | { readonly [keyword: string]: unknown }

/** Of the document that is made, in values: what is referred to from within may be there twice, and once more for each scope. */
const valuesMax = 40_000

/** A schema, and by which way it was come to. */
interface Seen {
  readonly placed: Placed
  readonly scope: Scope
}

export interface WholeBundle {
  readonly schema: PlainSchema
  /** Whether it matters which parts of a value a schema has evaluated. */
  readonly hasUnevaluated: boolean
}

/** Throws TypeError for a reference that leads nowhere, or to itself by nothing but references, and for a document too large. */
export function bundleOf(documents: Documents): WholeBundle {
  return new Bundle(documents).whole()
}

class Bundle {
  readonly #documents: Documents
  readonly #scopes: Scopes
  readonly #names = new Map<JsonNode, Map<string, string>>()
  readonly #definitions: PlainSchema[] = []
  readonly #open: Seen[] = []
  #values = 0
  #hasUnevaluated = false

  constructor(documents: Documents) {
    this.#documents = documents
    this.#scopes = new Scopes(documents)
  }

  whole(): WholeBundle {
    const $ref = this.#definition({ placed: this.#documents.root, scope: emptyScope })
    // Writing one may bring others.
    for (let at = 0; at < this.#open.length; at++) {
      const seen = this.#open[at]
      if (seen !== undefined) this.#definitions.push(this.#written(seen))
    }
    checkEnds(this.#definitions)
    return { schema: { $ref, $defs: { ...this.#definitions } }, hasUnevaluated: this.#hasUnevaluated }
  }

  /** The reference by which it is found. */
  #definition(seen: Seen): string {
    const { node } = seen.placed
    // Of `true` and `false` there are but two.
    const names = this.#names.get(node) ?? new Map<string, string>()
    this.#names.set(node, names)
    const known = names.get(seen.scope.key)
    if (known !== undefined) return known
    const name = referenceTo(this.#open.length)
    names.set(seen.scope.key, name)
    this.#open.push(seen)
    return name
  }

  #written({ placed, scope: outer }: Seen): PlainSchema {
    const { node, draft } = placed
    this.#count(1)
    if (typeof node === 'boolean') return node
    if (!isObject(node)) throw new TypeError('a JSON Schema is an object or a boolean')
    const seen = this.#entered(node, placed, outer)
    const references = this.#references(node, seen)
    // In the old drafts nothing counts beside a reference.
    if (references.length > 0 && !isModern(draft)) return { $ref: references[0] }
    const members = wordsOf(node, draft).map((word) => [word.keyword, this.#word(word, seen)])
    return withReferences(withContained(Object.fromEntries(members), this.#contained(node, seen)), references)
  }

  #entered(node: JsonObject, { base, draft }: Placed, outer: Scope): Seen {
    const placed = { node, draft, base: ownAddress(node, base, draft) }
    return { placed, scope: this.#scopes.within(outer, placed) }
  }

  /**
   * In 2020-12 items that are there by `contains` count as evaluated: here by any that the schema has or comes to for the same array, so
   * also by one in a branch that this array does not take.
   */
  #contained(node: JsonObject, seen: Seen): PlainSchema[] {
    if (seen.placed.draft !== '2020-12' || !node.has('unevaluatedItems')) return []
    const found: PlainSchema[] = []
    const visited = new Set<JsonNode>()
    const open = [seen]
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const schema = next.placed.node
      if (!isObject(schema) || visited.has(schema)) continue
      visited.add(schema)
      this.#count(1)
      const within = this.#entered(schema, next.placed, next.scope)
      const contains = schema.get('contains')
      if (contains !== undefined) found.push(this.#inner(contains, within))
      for (const part of partsOf(schema)) open.push({ ...within, placed: { ...within.placed, node: part } })
      open.push(...this.#targets(schema, within))
    }
    return found
  }

  #inner(node: JsonNode, seen: Seen): PlainSchema {
    return this.#written({ ...seen, placed: { ...seen.placed, node } })
  }

  #references(node: JsonObject, seen: Seen): string[] {
    return this.#targets(node, seen).map((target) => this.#definition(target))
  }

  #targets(node: JsonObject, seen: Seen): Seen[] {
    return ['$ref', ...dynamicKeywords[seen.placed.draft]].flatMap((keyword) => {
      const reference = textAt(node, keyword)
      if (reference === undefined) return []
      const placed = this.#scopes.find(keyword, reference, seen)
      if (placed === undefined) throw new TypeError(`the reference '${reference.slice(0, 200)}' leads nowhere`)
      return [{ placed, scope: seen.scope }]
    })
  }

  #word({ keyword, kind, value }: Word, seen: Seen): unknown {
    if (keyword.startsWith('unevaluated')) this.#hasUnevaluated = true
    const inner = (node: JsonNode) => this.#inner(node, seen)
    if (kind === 'schema') return inner(value)
    if (kind === 'list' && isArray(value)) return value.map(inner)
    if (kind === 'map' && isObject(value))
      return Object.fromEntries([...value].map(([name, node]) => [name, inner(node)]))
    return this.#plain(value)
  }

  #plain(node: JsonNode): unknown {
    const rest = [node]
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      this.#count(1)
      if (isArray(next)) for (const item of next) rest.push(item)
      else if (isObject(next)) for (const item of next.values()) rest.push(item)
    }
    return plainValue(node)
  }

  #count(values: number): void {
    this.#values += values
    if (this.#values > valuesMax) throw new TypeError('the schema is too large, with all that its references lead to')
  }
}

const prefix = '#/$defs/'
const referenceTo = (index: number): string => `${prefix}${index}`

type Members = Readonly<Record<string, unknown>>

function withContained(schema: Members, contained: readonly PlainSchema[]): Members {
  return contained.length === 0
    ? schema
    : { ...schema, unevaluatedItems: { anyOf: [...contained, schema['unevaluatedItems']] } }
}

const dynamicKeywords: Readonly<Record<Draft, readonly string[]>> = {
  '4': [],
  '6': [],
  '7': [],
  '2019-09': ['$recursiveRef'],
  '2020-12': ['$dynamicRef'],
}

/** The schemas in one that speak of the same value. */
function partsOf(schema: JsonObject): JsonNode[] {
  const ones = ['if', 'then', 'else'].flatMap((keyword) => schema.get(keyword) ?? [])
  const lists = ['allOf', 'anyOf', 'oneOf'].flatMap((keyword) => {
    const list = schema.get(keyword)
    return isArray(list) ? list : []
  })
  return [...ones, ...lists]
}

/** One can be said as it is. */
function withReferences(schema: Members, references: readonly string[]): PlainSchema {
  const [$ref, ...others] = references
  if ($ref === undefined) return schema
  if (others.length === 0) return { $ref, ...schema }
  const all = isArrayOf(schema['allOf']) ? schema['allOf'] : []
  return { ...schema, $ref, allOf: [...all, ...others.map((it) => ({ $ref: it }))] }
}

const isArrayOf = (value: unknown): value is readonly unknown[] => Array.isArray(value)

/** Ajv would go round and round. */
function checkEnds(definitions: readonly PlainSchema[]): void {
  for (const [start, first] of definitions.entries()) {
    let next = soleReference(first)
    for (let steps = 0; next !== undefined; steps++) {
      if (next === start || steps > definitions.length)
        throw new TypeError('a reference of the schema leads back to itself, and to nothing else')
      next = soleReference(definitions[next] ?? true)
    }
  }
}

function soleReference(schema: PlainSchema): number | undefined {
  if (typeof schema === 'boolean' || Object.keys(schema).length !== 1) return undefined
  const { $ref } = schema
  return typeof $ref === 'string' ? Number($ref.slice(prefix.length)) : undefined
}
