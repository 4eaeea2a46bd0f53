/** The schema and those that it refers to: under which addresses they and their parts are found. Nothing is ever fetched. */
import { InvalidSchemaError, type ResolvedReference } from '../formats/format.ts'
import { addressOfNothing, pointerOf, pointerSteps, resolveAddress } from './address.ts'
import { draftOf } from './drafts.ts'
import { isArray, isObject, type JsonNode, type JsonObject, parseJson } from './json-node.ts'
import { metaSchemaAt } from './meta-schemas.ts'
import { anchorsOf, ownAddress, type Placed, referencesOf, walk } from './schema-walk.ts'

export class Documents {
  readonly root: Placed
  /** Whole documents, and parts that have an address of their own. */
  readonly #byAddress = new Map<string, Placed>()
  /** By the name that the schema calls them by. */
  readonly #byName = new Map<string, Placed>()
  /** Parts with a name of their own, by the address that they are in, and that name. */
  readonly #byAnchor = new Map<string, Placed>()
  /** What references inside of a schema are relative to, of those that stand where schemas do. */
  readonly #bases = new Map<JsonObject, string>()

  /** Throws InvalidSchemaError for a reference that is not JSON. */
  constructor(root: JsonNode, references: readonly ResolvedReference[]) {
    const draft = draftOf(root)
    const base = ownAddress(root, addressOfNothing, draft)
    this.root = { node: root, base, draft }
    for (const { name, text } of references) this.#addReference(name, text)
    this.#add(this.root, addressOfNothing)
    this.#byAddress.set(base, this.root)
  }

  /** Throws InvalidSchemaError for a `$ref` of the schema itself that leads nowhere, wherever it stands. */
  check(): void {
    walk(this.root, (placed, steps) => {
      if (!isObject(placed.node)) return
      for (const reference of referencesOf(placed.node, placed.draft)) {
        if (this.find(reference, placed) !== undefined) continue
        throw new InvalidSchemaError(`the reference '${reference}' at ${pointerOf(steps)} leads nowhere`)
      }
    })
  }

  /** What a `$ref` leads to; undefined where that is nowhere, or no schema. */
  find(reference: string, from: Placed): Placed | undefined {
    const { document, fragment } = resolveAddress(reference, this.#baseOf(from))
    const home = this.#document(document, reference)
    if (home === undefined) return undefined
    const steps = pointerSteps(fragment)
    if (steps === undefined) return this.#byAnchor.get(anchorKey(this.#baseOf(home), fragment))
    // As in Confluent's registry, definitions are found under the new name for them as well.
    const found =
      this.#descend(home, steps) ??
      (steps[0] === '$defs' ? this.#descend(home, ['definitions', ...steps.slice(1)]) : undefined)
    return found !== undefined && (isObject(found.node) || typeof found.node === 'boolean') ? found : undefined
  }

  #baseOf({ node, base }: Placed): string {
    return (isObject(node) ? this.#bases.get(node) : undefined) ?? base
  }

  #document(address: string, reference: string): Placed | undefined {
    const name = reference.split('#', 1)[0] ?? ''
    const known = this.#byAddress.get(address) ?? this.#byName.get(reference) ?? this.#byName.get(name)
    if (known !== undefined) return known
    const text = metaSchemaAt(address)
    if (text === undefined) return undefined
    const node = parseJson(text)
    this.#add({ node, base: address, draft: draftOf(node) }, address)
    return this.#byAddress.get(address)
  }

  /** Step by step, since a part on the way may have an address of its own. */
  #descend(home: Placed, steps: readonly string[]): Placed | undefined {
    let placed = home
    for (const step of steps) {
      const node = childOf(placed.node, step)
      if (node === undefined) return undefined
      placed = { draft: placed.draft, base: this.#baseOf(placed), node }
    }
    return placed
  }

  #addReference(name: string, text: string): void {
    const node = referenceNode(name, text)
    const address = resolveAddress(name, this.root.base).document
    const draft = isObject(node) && node.has('$schema') ? draftOf(node) : this.root.draft
    const placed = { node, base: address, draft }
    this.#byName.set(name, placed)
    this.#add(placed, address)
  }

  #add(root: Placed, address: string): void {
    this.#byAddress.set(address, root)
    walk(root, (placed) => {
      const { node, draft } = placed
      if (!isObject(node)) return
      const base = ownAddress(node, placed.base, draft)
      this.#bases.set(node, base)
      if (base !== placed.base) this.#byAddress.set(base, placed)
      for (const anchor of anchorsOf(node, draft)) this.#byAnchor.set(anchorKey(base, anchor), placed)
    })
  }
}

const anchorKey = (document: string, anchor: string): string => `${document}#${anchor}`

const referenceNode = (name: string, text: string): JsonNode => {
  try {
    return parseJson(text)
  } catch (error) {
    if (!(error instanceof InvalidSchemaError)) throw error
    throw new InvalidSchemaError(`the reference '${name}' is ${error.message}`)
  }
}

const childOf = (node: JsonNode, step: string): JsonNode | undefined => {
  if (isObject(node)) return node.get(step)
  return isArray(node) && /^(?:0|[1-9][0-9]*)$/.test(step) ? node[Number(step)] : undefined
}
