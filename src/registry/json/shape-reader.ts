/** From the text of a schema to what it comes to: each schema in it is read once, and references are followed when all is read. */
import { InvalidSchemaError } from '../formats/format.ts'
import type { Documents } from './documents.ts'
import { type Draft, isModern } from './drafts.ts'
import { isArray, isObject, type JsonNode, type JsonObject } from './json-node.ts'
import { equalityText } from './json-text.ts'
import {
  arrayLimits,
  noNotes,
  notesOf,
  numberLimits,
  objectLimits,
  speaksOf,
  stringLimits,
  textAt,
  textsIn,
  type ValueKind,
} from './keywords.ts'
import { Sameness } from './sameness.ts'
import { ownAddress, type Placed, referencesOf } from './schema-walk.ts'
import {
  type ArrayShape,
  type CombinedShape,
  type Criterion,
  type Notes,
  type ObjectShape,
  type Part,
  ReferenceShape,
  type Rest,
  type Shape,
} from './shape.ts'

/** A part of a schema; what is said beside the constraints belongs to it where it is the only one. */
type Drawing = (notes: Notes) => Shape

const valueKinds: readonly ValueKind[] = ['array', 'object', 'number', 'string']
const criteria: readonly Criterion[] = ['allOf', 'oneOf', 'anyOf']

const everything: Rest = { isPermitted: true, shape: undefined }
const onlyNamed: Rest = { isPermitted: false, shape: undefined }

/** Throws InvalidSchemaError for a reference that leads nowhere, or to itself by nothing but references. */
export const readShape = (documents: Documents): Shape => new ShapeReader(documents).read()

class ShapeReader {
  readonly #documents: Documents
  readonly #sameness = new Sameness()
  /** By the address that references in it are relative to, and by content: what is written twice is one shape. */
  readonly #shapes = new Map<string, Map<string, Shape>>()
  readonly #open: { readonly shape: ReferenceShape; readonly reference: string; readonly from: Placed }[] = []

  constructor(documents: Documents) {
    this.#documents = documents
  }

  read(): Shape {
    const root = this.#shape(this.#documents.root)
    const references: ReferenceShape[] = []
    // Reading what one leads to may bring others.
    for (let next = this.#open.pop(); next !== undefined; next = this.#open.pop()) {
      const target = this.#documents.find(next.reference, next.from)
      if (target === undefined) throw new InvalidSchemaError(`the reference '${next.reference}' leads nowhere`)
      next.shape.lead(this.#shape(target))
      references.push(next.shape)
    }
    for (const reference of references) shorten(reference)
    return root
  }

  #shape(placed: Placed): Shape {
    const { node } = placed
    if (!isObject(node)) return { kind: node === false ? 'nothing' : 'anything', notes: noNotes }
    const base = ownAddress(node, placed.base, placed.draft)
    const shapes = this.#shapes.get(base) ?? new Map<string, Shape>()
    this.#shapes.set(base, shapes)
    const key = `${this.#sameness.numberOf(node)} ${placed.draft}`
    const known = shapes.get(key)
    if (known !== undefined) return known
    const shape = this.#assembled(node, { ...placed, base })
    shapes.set(key, shape)
    return shape
  }

  #assembled(node: JsonObject, placed: Placed): Shape {
    const notes = notesOf(node, placed.draft)
    const drawings = this.#drawings(node, placed)
    const [only, ...others] = drawings
    if (only === undefined) return { kind: 'anything', notes }
    if (others.length === 0) return only(notes)
    const parts = drawings.map((draw, index) => ({ shape: draw(noNotes), sameness: `part ${index}` }))
    return combined('allOf', parts, notes)
  }

  #drawings(node: JsonObject, placed: Placed): Drawing[] {
    const drawings = referencesOf(node, placed.draft).map((reference) => this.#reference(reference, placed))
    if (drawings.length > 0 && !isModern(placed.draft)) return drawings
    const draw = (drawing: Drawing): unknown => drawings.push(drawing)
    const values = node.get('enum')
    if (isArray(values)) {
      draw((notes) => ({ kind: 'enum', notes, values: new Set(values.map(equalityText)) }))
    }
    for (const criterion of criteria) {
      const list = node.get(criterion)
      if (isArray(list)) draw((notes) => combined(criterion, this.#parts(list, placed), notes))
    }
    const refused = node.get('not')
    if (refused !== undefined) draw((notes) => ({ kind: 'not', notes, refused: this.#child(refused, placed) }))
    const value = node.get('const')
    if (value !== undefined && placed.draft !== '4') {
      draw((notes) => ({ kind: 'const', notes, values: new Set([equalityText(value)]) }))
    }
    drawings.push(...this.#typed(node, placed))
    if (isConditional(node, placed.draft)) draw((notes) => ({ kind: 'conditional', notes }))
    return drawings
  }

  /** What `type` says, and what is said of values of other types. */
  #typed(node: JsonObject, placed: Placed): Drawing[] {
    const type = node.get('type')
    const types = typeof type === 'string' ? [type] : [...textsIn(type)]
    const ofTypes = types.map((name) => this.#ofType(name, node, placed))
    const [only] = ofTypes
    const drawings: Drawing[] = []
    if (isArray(type)) {
      const parts = () => ofTypes.map((draw, index) => ({ shape: draw(noNotes), sameness: types[index] ?? '' }))
      drawings.push((notes) => combined('anyOf', parts(), notes))
    } else if (only !== undefined) drawings.push(only)
    const named = new Set(types.map((name) => (name === 'integer' ? 'number' : name)))
    for (const kind of valueKinds) {
      if (!named.has(kind) && speaksOf(node, kind, placed.draft)) drawings.push(this.#ofType(kind, node, placed))
    }
    return drawings
  }

  #ofType(type: string, node: JsonObject, placed: Placed): Drawing {
    switch (type) {
      case 'string':
        return (notes) => ({ kind: 'string', notes, limits: stringLimits(node), pattern: textAt(node, 'pattern') })
      case 'number':
      case 'integer':
        return (notes) => ({ kind: 'number', notes, limits: numberLimits(node), isInteger: type === 'integer' })
      case 'object':
        return (notes) => this.#object(node, placed, notes)
      case 'array':
        return (notes) => this.#array(node, placed, notes)
      case 'boolean':
      case 'null':
        return (notes) => ({ kind: type, notes })
      default:
        return (notes) => ({ kind: 'anything', notes })
    }
  }

  #object(node: JsonObject, placed: Placed, notes: Notes): ObjectShape {
    const dependencies = node.get('dependencies')
    const requiredWith = new Map<string, ReadonlySet<string>>()
    const schemaWith = new Map<string, Shape>()
    for (const [name, value] of isObject(dependencies) ? dependencies : []) {
      if (isArray(value)) requiredWith.set(name, textsIn(value))
      else schemaWith.set(name, this.#child(value, placed))
    }
    if (isModern(placed.draft)) {
      const lists = node.get('dependentRequired')
      for (const [name, value] of isObject(lists) ? lists : []) requiredWith.set(name, textsIn(value))
      for (const [name, shape] of this.#children(node.get('dependentSchemas'), placed)) schemaWith.set(name, shape)
    }
    return {
      kind: 'object',
      notes,
      limits: objectLimits(node),
      properties: this.#children(node.get('properties'), placed),
      required: textsIn(node.get('required')),
      patterns: [...this.#children(node.get('patternProperties'), placed)],
      additional: this.#rest(node.get('additionalProperties'), placed),
      unevaluated: this.#unevaluated(node.get('unevaluatedProperties'), placed),
      requiredWith,
      schemaWith,
    }
  }

  #array(node: JsonObject, placed: Placed, notes: Notes): ArrayShape {
    const items = node.get('items')
    const common = {
      kind: 'array',
      notes,
      limits: arrayLimits(node, placed.draft),
      isUnique: node.get('uniqueItems') === true,
      unevaluated: this.#unevaluated(node.get('unevaluatedItems'), placed),
    } as const
    const first = node.get('prefixItems')
    if (isModern(placed.draft) && !isArray(items)) {
      const tuple = isArray(first) ? first.map((item) => this.#child(item, placed)) : []
      const hasAll = tuple.length === 0 && isObject(items)
      return {
        ...common,
        tuple,
        all: hasAll ? this.#child(items, placed) : undefined,
        additional: hasAll ? everything : this.#rest(items, placed),
      }
    }
    return {
      ...common,
      tuple: isArray(items) ? items.map((item) => this.#child(item, placed)) : [],
      all: items === undefined || isArray(items) ? undefined : this.#child(items, placed),
      // Beside a schema for all items it says nothing.
      additional: isObject(items) ? everything : this.#rest(node.get('additionalItems'), placed),
    }
  }

  #rest(node: JsonNode | undefined, placed: Placed): Rest {
    if (node === undefined || node === true) return everything
    return node === false ? onlyNamed : { isPermitted: true, shape: this.#child(node, placed) }
  }

  #unevaluated(node: JsonNode | undefined, placed: Placed): Shape | undefined {
    return node === undefined || !isModern(placed.draft) ? undefined : this.#child(node, placed)
  }

  #child(node: JsonNode, placed: Placed): Shape {
    return this.#shape({ ...placed, node })
  }

  #children(node: JsonNode | undefined, placed: Placed): Map<string, Shape> {
    const members = isObject(node) ? [...node] : []
    return new Map(members.map(([name, child]) => [name, this.#child(child, placed)]))
  }

  #parts(list: readonly JsonNode[], placed: Placed): Part[] {
    return list.map((node) => ({ shape: this.#child(node, placed), sameness: String(this.#sameness.numberOf(node)) }))
  }

  #reference(reference: string, from: Placed): Drawing {
    return (notes) => {
      const shape = new ReferenceShape(notes)
      this.#open.push({ shape, reference, from })
      return shape
    }
  }
}

const isConditional = (node: JsonObject, draft: Draft): boolean => {
  if (isModern(draft)) return node.has('if')
  return draft === '7' && ['if', 'then', 'else'].some((key) => node.has(key))
}

/** Those that say the same count once; those that are combined themselves come first. */
const combined = (criterion: Criterion, parts: readonly Part[], notes: Notes): CombinedShape => {
  const different = [...new Map(parts.map((part) => [part.sameness, part])).values()]
  const [first, then] = [true, false].map((wanted) =>
    different.filter(({ shape }) => (shape.kind === 'combined') === wanted),
  )
  return { kind: 'combined', notes, criterion, parts: [...(first ?? []), ...(then ?? [])] }
}

/** So that it leads straight to what is no reference, and all on the way as well. */
const shorten = (reference: ReferenceShape): void => {
  const way = new Set<ReferenceShape>()
  let end: Shape | undefined = reference
  while (end instanceof ReferenceShape) {
    if (way.has(end)) throw new InvalidSchemaError('references that lead to each other, and to nothing else')
    way.add(end)
    end = end.target
  }
  if (end !== undefined) for (const shape of way) shape.lead(end)
}
