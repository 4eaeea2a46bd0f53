/**
 * What `$dynamicRef` and `$recursiveRef` lead to: of the documents that the way to them came through, the first that has such an anchor
 * counts. It is the same for each value, so that it can be told before there is one.
 */
import type { Documents } from '../json/documents.ts'
import { isModern } from '../json/drafts.ts'
import { isObject, type JsonObject } from '../json/json-node.ts'
import { textAt } from '../json/keywords.ts'
import { type Placed, walk } from '../json/schema-walk.ts'

/** That of `$recursiveAnchor`, which has none. No other one is empty. */
const recursive = ''

export interface Scope {
  /** The same where all dynamic references lead to the same. */
  readonly key: string
  readonly anchors: ReadonlyMap<string, Placed>
}

export const emptyScope: Scope = { key: '', anchors: new Map() }

/** A document, or a part of one that has an address of its own. */
interface Resource {
  readonly number: number
  readonly anchors: ReadonlyMap<string, Placed>
}

export class Scopes {
  readonly #documents: Documents
  readonly #resources = new Map<JsonObject, Resource>()

  constructor(documents: Documents) {
    this.#documents = documents
  }

  /** Seen from a schema in it. */
  within(scope: Scope, placed: Placed): Scope {
    if (!isModern(placed.draft)) return scope
    const { number, anchors } = this.#resourceOf(placed)
    const added = [...anchors].filter(([name]) => !scope.anchors.has(name))
    if (added.length === 0) return scope
    const names = added.map(([name]) => `${name}=${number}`)
    return { key: [scope.key, ...names].join(), anchors: new Map([...scope.anchors, ...added]) }
  }

  /** What the reference leads to there; undefined for nowhere. */
  find(keyword: string, reference: string, { placed, scope }: { placed: Placed; scope: Scope }): Placed | undefined {
    const found = this.#documents.find(reference, placed)
    if (found === undefined || keyword === '$ref') return found
    const name = keyword === '$recursiveRef' ? recursive : (reference.split('#')[1] ?? '')
    return dynamicNames(found).includes(name) ? (scope.anchors.get(name) ?? found) : found
  }

  #resourceOf(placed: Placed): Resource {
    const root = this.#documents.find('#', placed)
    if (root === undefined || !isObject(root.node)) return { number: -1, anchors: new Map() }
    const known = this.#resources.get(root.node)
    if (known !== undefined) return known
    const anchors = new Map<string, Placed>()
    walk(root, (inner) => {
      for (const name of dynamicNames(inner)) {
        if (this.#documents.find('#', inner)?.node === root.node) anchors.set(name, inner)
      }
    })
    const resource = { number: this.#resources.size, anchors }
    this.#resources.set(root.node, resource)
    return resource
  }
}

function dynamicNames({ node, draft }: Placed): string[] {
  if (!isObject(node)) return []
  if (draft === '2019-09') return node.get('$recursiveAnchor') === true ? [recursive] : []
  const name = draft === '2020-12' ? textAt(node, '$dynamicAnchor') : undefined
  return name === undefined ? [] : [name]
}
