/** Types of the values of JSON Schemas, as `registry.json` gives and takes them: those that `JsonValue` tells from the literal of the schema. */
import { isArray, isObject, type Json, type JsonObject, literalType, part, readJson } from './json-literal.ts'
import { typeName } from './names.ts'
import type { Documents, SchemaDocument } from './schema-document.ts'
import { type Declared, intersection, never, type Property, type Shape, text, union, unknown } from './shape.ts'
import { TypesError } from './types-error.ts'

/** A document that was read, with the types of those schemas in it that are referred to, by their ways through it. */
interface Read {
  readonly document: SchemaDocument
  readonly root: Json
  readonly declared: Map<string, Declared>
  /** What it refers to, by name and by `$id`. */
  readonly others: ReadonlyMap<string, SchemaDocument>
}

export class JsonTypes {
  readonly #documents: Documents
  readonly #read = new Map<SchemaDocument, Read>()
  /** What is declared, and has no shape yet. */
  readonly #open: (() => void)[] = []

  constructor(documents: Documents) {
    this.#documents = documents
  }

  /** Throws TypesError. */
  shapeOf(document: SchemaDocument): Shape {
    const shape = this.#declared(this.#readDocument(document), '', [typeName(document.subject)])
    for (let fill = this.#open.pop(); fill !== undefined; fill = this.#open.pop()) fill()
    return shape
  }

  #readDocument(document: SchemaDocument): Read {
    const before = this.#read.get(document)
    if (before !== undefined) return before
    const others = new Map<string, SchemaDocument>()
    for (const { name, document: other } of this.#documents.referred(document)) {
      const id = part(readJson(other.text), '$id')
      if (typeof id === 'string') others.set(id.replace(/#$/, ''), other)
      others.set(name, other)
    }
    const read: Read = { document, root: readJson(document.text), declared: new Map(), others }
    this.#read.set(document, read)
    return read
  }

  /** The type of the schema at a way as `/definitions/Order`; empty: of all. */
  #declared(read: Read, path: string, names: readonly string[]): Shape {
    const before = read.declared.get(path)
    if (before !== undefined) return { kind: 'named', to: before }
    const schema = at(read.root, path)
    if (!isObject(schema)) return schema === false ? never : unknown
    const doc = docOf(schema)
    const to: Declared = { names, identity: `${names[0]} ${doc}`, doc, shape: unknown }
    read.declared.set(path, to)
    this.#open.push(() => {
      to.shape = new JsonReader((ref) => this.#referred(read, ref)).shape(schema)
    })
    return { kind: 'named', to }
  }

  #referred(read: Read, ref: Json): Shape {
    if (typeof ref !== 'string') return unknown
    const [, address = '', path = ''] = /^([^#]*)#?(.*)$/s.exec(ref) ?? []
    const other = read.others.get(address)
    const within = address === '' ? read : other && this.#readDocument(other)
    if (within === undefined || (path !== '' && !path.startsWith('/'))) return unknown
    const { subject, version } = within.document
    const start = typeName(subject)
    if (path === '') return this.#declared(within, path, [start, `${start}V${version}`])
    const name = typeName(path.slice(path.lastIndexOf('/') + 1))
    return this.#declared(within, path, [name, `${start}${name}`, `${start}${name}V${version}`])
  }
}

/** Ways by plain names, as `JsonValue` goes them. */
function at(root: Json, path: string): Json | undefined {
  let schema: Json | undefined = root
  for (const key of path === '' ? [] : path.slice(1).split('/')) schema = part(schema, key)
  return schema
}

function docOf(schema: Json): string | undefined {
  const description = part(schema, 'description') ?? part(schema, 'title')
  return typeof description === 'string' ? description : undefined
}

const has = (schema: JsonObject, ...keywords: readonly string[]): boolean =>
  keywords.some((it) => Object.hasOwn(schema, it))

const listAt = (schema: JsonObject, keyword: string): readonly Json[] | undefined => {
  const list = part(schema, keyword)
  return isArray(list) ? list : undefined
}

const isOfObjects = (schema: JsonObject): boolean =>
  has(schema, 'properties', 'additionalProperties', 'patternProperties') || listAt(schema, 'required') !== undefined

const shaping = ['type', 'const', 'enum', 'items', 'prefixItems', 'allOf']
/** An object of which nothing is told; in what is taken together with other types, any object. */
const open: Shape = { kind: 'index', values: unknown }
const primitives: ReadonlyMap<Json, string> = new Map([
  ...['string', 'number', 'boolean', 'null'].map((it) => [it, it] as const),
  ['integer', 'number'],
])

/** Of the type of a schema, down to where other types with a name begin. */
const partsMax = 200_000

class JsonReader {
  readonly #referred: (ref: Json) => Shape

  #count = 0

  constructor(referred: (ref: Json) => Shape) {
    this.#referred = referred
  }

  /** Throws TypesError. */
  shape(schema: Json | undefined): Shape {
    // What stands beside an index is told twice, and so on in what is in it.
    if (++this.#count > partsMax) throw new TypesError(`its type would have more than ${partsMax} parts`)
    if (schema === false) return never
    if (isArray(schema) || !isObject(schema)) return unknown
    const allOf = listAt(schema, 'allOf')
    const anyOf = listAt(schema, 'anyOf')
    const oneOf = listAt(schema, 'oneOf')
    const ref = part(schema, '$ref')
    if (ref === undefined && (allOf ?? anyOf ?? oneOf) === undefined) return this.#own(schema, open)
    const parts = [
      ...(ref === undefined ? [] : [this.#referred(ref)]),
      ...(allOf ?? []).map((it) => this.shape(it)),
      ...(anyOf === undefined ? [] : [union(anyOf.map((it) => this.shape(it)))]),
      ...(oneOf === undefined ? [] : [union(oneOf.map((it) => this.shape(it)))]),
    ]
    if (!has(schema, ...shaping) && !isOfObjects(schema)) return intersection(parts)
    return { kind: 'helped', helper: 'Flat', of: intersection([this.#own(schema, text('object')), ...parts]) }
  }

  /** Of the schema's own keywords. */
  #own(schema: JsonObject, openObject: Shape): Shape {
    if (has(schema, 'const')) return text(literalType(part(schema, 'const') ?? null))
    const values = listAt(schema, 'enum')
    if (values !== undefined) return union(values.map((it) => text(literalType(it))))
    const type = part(schema, 'type')
    if (type !== undefined)
      return union((isArray(type) ? type : [type]).map((it) => this.#ofType(it, schema, openObject)))
    if (isOfObjects(schema)) return this.#object(schema)
    return has(schema, 'items', 'prefixItems') ? this.#array(schema) : unknown
  }

  #ofType(type: Json, schema: JsonObject, openObject: Shape): Shape {
    const primitive = primitives.get(type)
    if (primitive !== undefined) return text(primitive)
    if (type === 'object') return isOfObjects(schema) ? this.#object(schema) : openObject
    return type === 'array' ? this.#array(schema) : unknown
  }

  #object(schema: JsonObject): Shape {
    const properties = part(schema, 'properties')
    const given = isObject(properties) ? Object.entries(properties) : []
    const list = listAt(schema, 'required')
    const required = list?.every((it) => typeof it === 'string') ? new Set(list) : new Set<string>()
    const named: Property[] = given.map(([name, it]) => ({
      name,
      shape: this.shape(it),
      doc: isReference(it) ? part(it, 'description')?.toString() : docOf(it),
      isOptional: !required.has(name),
    }))
    for (const name of required) {
      if (isObject(properties) && Object.hasOwn(properties, name)) continue
      named.push({ name, shape: union([text('{}'), text('null')]) })
    }
    const beside = besideOf(schema)
    const object: Shape = { kind: 'object', properties: named }
    if (beside.length === 0) return object
    const others = beside.map((it) => this.shape(it))
    if (named.length === 0) return { kind: 'index', values: union(others) }
    // An index has to take the named ones too.
    return intersection([
      object,
      { kind: 'index', values: union([...others, ...given.map(([, it]) => this.shape(it))]) },
    ])
  }

  /** What `required` is for an object, `minItems` is for a tuple. */
  #array(schema: JsonObject): Shape {
    const firsts = listAt(schema, 'prefixItems') ?? listAt(schema, 'items')
    if (firsts === undefined)
      return { kind: 'list', items: has(schema, 'items') ? this.shape(part(schema, 'items')) : unknown }
    const rest = part(schema, has(schema, 'prefixItems') ? 'items' : 'additionalItems') ?? false
    const min = part(schema, 'minItems') ?? 0
    const count = firsts.findIndex((_, i) => i === min)
    return {
      kind: 'tuple',
      items: firsts.map((it, i) => ({ shape: this.shape(it), isOptional: count >= 0 && i >= count })),
      rest: rest === false ? undefined : this.shape(rest),
    }
  }
}

const isReference = (schema: Json): boolean => part(schema, '$ref') !== undefined

/** The schemas of what is not named; none: there is to be nothing. */
function besideOf(schema: JsonObject): readonly Json[] {
  const additional = part(schema, 'additionalProperties')
  const patterns = part(schema, 'patternProperties')
  return [
    ...(additional === undefined || additional === false ? [] : [additional]),
    ...(isObject(patterns) ? Object.values(patterns) : []),
  ]
}
