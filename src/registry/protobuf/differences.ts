/**
 * All that is different between two schemas, as Confluent's registry counts it, whether it hinders a reader or not. Types of imported
 * files take part where a field of the schema leads to them. Each pair of messages is compared once, so that it ends where types hold
 * each other.
 */
import { complaint, type Difference } from './difference.ts'
import { type Comparison, compareMessages, compareTypeLists, type Sides } from './message-differences.ts'
import type { ProtoFile } from './model.ts'
import type { MessageType, Names } from './names.ts'

export interface NamedFile {
  readonly file: ProtoFile
  /** Of the file, of what it imports, and of what is known to all. */
  readonly names: Names
}

/** A pair of messages, and what depends on whether they go together. */
interface Node {
  readonly differences: readonly Difference[]
  readonly dependents: Dependent[]
  isIncompatible: boolean
}

interface Dependent {
  readonly node: Node
  readonly fieldPath: string | undefined
}

export function differencesBetween(original: NamedFile, update: NamedFile): readonly Difference[] {
  return new PairWalk({ original: original.names, update: update.names }).walk(original, update)
}

class PairWalk {
  readonly #sides: Sides
  readonly #nodes: Node[] = []
  readonly #nodesByPair = new Map<MessageType, Map<MessageType, Node>>()
  /** Pairs that are compared, whose inner ones are not yet. */
  readonly #open: { readonly node: Node; readonly comparison: Comparison }[] = []

  constructor(sides: Sides) {
    this.#sides = sides
  }

  walk(original: NamedFile, update: NamedFile): readonly Difference[] {
    this.#add(compareFiles(original, update))
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      for (const { original: one, update: other, fieldPath } of next.comparison.inner) {
        this.#node(one, other).dependents.push({ node: next.node, fieldPath })
      }
    }
    const changedFields = this.#changedFields()
    return [...this.#nodes.flatMap(({ differences }) => differences), ...changedFields]
  }

  #node(original: MessageType, update: MessageType): Node {
    const byUpdate = this.#nodesByPair.get(original) ?? new Map<MessageType, Node>()
    this.#nodesByPair.set(original, byUpdate)
    const known = byUpdate.get(update)
    if (known !== undefined) return known
    const node = this.#add(compareMessages(this.#sides, original, update))
    byUpdate.set(update, node)
    return node
  }

  #add(comparison: Comparison): Node {
    const { differences } = comparison
    const isIncompatible = differences.some((difference) => complaint(difference) !== undefined)
    const node: Node = { differences, dependents: [], isIncompatible }
    this.#nodes.push(node)
    this.#open.push({ node, comparison })
    return node
  }

  /** A field is of another type where the messages that it had and has do not go together, and so on outwards. */
  #changedFields(): readonly Difference[] {
    const changed = new Set<string>()
    const spreading = this.#nodes.filter(({ isIncompatible }) => isIncompatible)
    for (let node = spreading.pop(); node !== undefined; node = spreading.pop()) {
      for (const { node: outer, fieldPath } of node.dependents) {
        if (fieldPath !== undefined) changed.add(fieldPath)
        if (outer.isIncompatible) continue
        outer.isIncompatible = true
        spreading.push(outer)
      }
    }
    return [...changed].map((path) => ({ kind: 'FIELD_NAMED_TYPE_CHANGED', path }))
  }
}

function compareFiles(original: NamedFile, update: NamedFile): Comparison {
  const comparison: Comparison = { differences: [], inner: [] }
  if (original.file.packageName !== update.file.packageName) {
    comparison.differences.push({ kind: 'PACKAGE_CHANGED', path: '#/' })
  }
  compareTypeLists(
    { ...original.file, scope: original.names.packageScope(original.file) },
    { ...update.file, scope: update.names.packageScope(update.file) },
    '#',
    comparison,
  )
  return comparison
}
