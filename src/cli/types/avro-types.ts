/** Types of the values of Avro schemas, as `registry.avro` gives and takes them: those that `AvroValue` tells from the literal of the schema. */
import {
  type Definition,
  definitionsIn,
  fieldsOf,
  fullName,
  fullNameOf,
  type Primitive,
  primitiveOf,
  spaceWithin,
} from './avro-names.ts'
import { isArray, isObject, type Json, literalType, part, readJson } from './json-literal.ts'
import { typeName } from './names.ts'
import type { Documents, SchemaDocument } from './schema-document.ts'
import { type Declared, never, type Shape, text, union, unknown } from './shape.ts'

export type Longs = 'number' | 'bigint'

/** A type that has a name, and how its values look. */
interface Known {
  readonly shape: Shape
  readonly kind: string
}

export class AvroTypes {
  readonly #documents: Documents
  readonly #longs: Longs
  readonly #ofDocuments = new Map<SchemaDocument, ReadonlyMap<string, Known>>()

  constructor(documents: Documents, longs: Longs) {
    this.#documents = documents
    this.#longs = longs
  }

  /** Throws TypesError. */
  shapeOf(document: SchemaDocument): Shape {
    const known = new Map<string, Known>()
    for (const { document: other } of this.#documents.referred(document)) {
      for (const [name, type] of this.#defined(other)) known.set(name, type)
    }
    for (const [name, type] of this.#defined(document)) known.set(name, type)
    return new AvroReader(known, this.#longs).shape(readJson(document.text), '')
  }

  /** What it defines itself. */
  #defined(document: SchemaDocument): ReadonlyMap<string, Known> {
    const before = this.#ofDocuments.get(document)
    if (before !== undefined) return before
    const own = new Map<string, Known>()
    this.#ofDocuments.set(document, own)
    const named = new Map<string, Known>()
    for (const { document: other } of this.#documents.referred(document)) {
      for (const [name, type] of this.#defined(other)) named.set(name, type)
    }
    const definitions = [...definitionsIn(readJson(document.text), '')]
    const begun = definitions.map((definition) => {
      const type = knownOf(definition, document)
      own.set(definition.fullName, type)
      named.set(definition.fullName, type)
      return { definition, type }
    })
    const reader = new AvroReader(named, this.#longs)
    for (const { definition, type } of begun) {
      const { schema, space } = definition
      if (type.shape.kind === 'named') type.shape.to.shape = reader.defined(schema, space)
    }
    return own
  }
}

function knownOf({ schema, fullName: full, space }: Definition, { subject, version }: SchemaDocument): Known {
  const kind = String(part(schema, 'type'))
  if (kind === 'fixed') return { kind, shape: text('Buffer') }
  const simple = typeName(full.slice(full.lastIndexOf('.') + 1))
  const within = `${typeName(subject)}${simple}`
  const doc = part(schema, 'doc')
  const names = [simple, typeName(fullNameOf(schema, space).replaceAll('.', ' ')), within, `${within}V${version}`]
  const to: Declared = { names, identity: full, doc: typeof doc === 'string' ? doc : undefined, shape: unknown }
  return { kind, shape: { kind: 'named', to } }
}

class AvroReader {
  readonly #known: ReadonlyMap<string, Known>
  readonly #longs: Longs

  constructor(known: ReadonlyMap<string, Known>, longs: Longs) {
    this.#known = known
    this.#longs = longs
  }

  shape(schema: Json, space: string): Shape {
    if (typeof schema === 'string') {
      const primitive = primitiveOf(schema)
      return primitive === undefined
        ? (this.#known.get(fullName(schema, space))?.shape ?? unknown)
        : this.#primitive(primitive)
    }
    if (isArray(schema)) return this.#union(schema, space)
    if (!isObject(schema)) return unknown
    const primitive = primitiveOf(part(schema, 'type'))
    if (primitive !== undefined) return this.#primitive(primitive)
    if (typeof part(schema, 'name') === 'string') {
      const found = this.#known.get(fullNameOf(schema, space))
      if (found !== undefined) return found.shape
    }
    return this.defined(schema, space)
  }

  /** Of what has no name, or what the name stands for. */
  defined(schema: Json, space: string): Shape {
    const type = part(schema, 'type')
    if (type === 'array') return { kind: 'list', items: this.shape(part(schema, 'items') ?? null, space) }
    if (type === 'map') return { kind: 'index', values: this.shape(part(schema, 'values') ?? null, space) }
    if (type === 'fixed') return text('Buffer')
    const symbols = part(schema, 'symbols')
    if (type === 'enum' && isArray(symbols)) return union(symbols.map((it) => text(literalType(it))))
    const fields = fieldsOf(schema)
    if (fields === undefined || !isObject(schema)) return unknown
    if (fields.length === 0) return { kind: 'index', values: never }
    const within = spaceWithin(schema, space)
    return {
      kind: 'object',
      properties: fields.map(({ name, type: its, doc }) => ({ name, doc, shape: this.shape(its, within) })),
    }
  }

  #primitive(primitive: Primitive): Shape {
    return text({ ...primitives, long: this.#longs }[primitive])
  }

  /** Branches that look alike stand in an object that names the branch. */
  #union(branches: readonly Json[], space: string): Shape {
    const looks = branches.flatMap((it) => this.#lookOf(it, space) ?? [])
    if (new Set(looks).size === looks.length) return union(branches.map((it) => this.shape(it, space)))
    return union(
      branches.map((it) => {
        const shape = this.shape(it, space)
        if (it === 'null' || part(it, 'type') === 'null') return shape
        return { kind: 'object', properties: [{ name: branchName(it, space), shape }] }
      }),
    )
  }

  /** Undefined: it cannot be told. */
  #lookOf(schema: Json, space: string): string | undefined {
    const known = typeof schema === 'string' ? this.#known.get(fullName(schema, space))?.kind : undefined
    const kind = typeof schema === 'string' ? (primitiveOf(schema) ?? known) : part(schema, 'type')
    return kind === 'long' && this.#longs === 'bigint' ? 'bigint' : looks.get(String(kind))
  }
}

function branchName(schema: Json, space: string): string {
  if (typeof schema === 'string') return primitiveOf(schema) ?? fullName(schema, space)
  if (isObject(schema) && typeof part(schema, 'name') === 'string') return fullNameOf(schema, space)
  return String(part(schema, 'type'))
}

const primitives: Readonly<Record<Primitive, string>> = {
  null: 'null',
  boolean: 'boolean',
  int: 'number',
  long: 'number',
  float: 'number',
  double: 'number',
  bytes: 'Buffer',
  string: 'string',
}

/** What has the same look cannot be told from its values. */
const looks: ReadonlyMap<string, string> = new Map([
  ...['null', 'boolean', 'string', 'bytes', 'array'].map((it) => [it, it] as const),
  ...['int', 'long', 'float', 'double'].map((it) => [it, 'number'] as const),
  ...['map', 'record', 'error'].map((it) => [it, 'object'] as const),
  ['fixed', 'bytes'],
  ['enum', 'string'],
])
