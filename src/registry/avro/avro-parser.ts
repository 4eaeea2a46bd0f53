/** Reads a schema's text, and those that it refers to, by the rules of Avro 1.12 as Java's library has them. Throws InvalidSchemaError. */
import { InvalidSchemaError, type SchemaSource } from '../formats/format.ts'
import {
  aliasesOf,
  aliasNames,
  checkedName,
  defaultOf,
  enumOf,
  fieldWords,
  fixedOf,
  headOf,
  orderOf,
  propsOf,
  required,
  schemaWords,
  textOf,
  where,
  within,
} from './attributes.ts'
import {
  type AvroType,
  type Field,
  fullNameOf,
  isNamed,
  isPrimitive,
  type NamedType,
  type RecordType,
  Slot,
  type UnionType,
} from './avro-type.ts'
import { Defaults } from './defaults.ts'
import { isArray, isObject, type Json, type JsonObject, jsonText } from './json.ts'
import { depthMax, readJson } from './json-reader.ts'
import { KnownTypes } from './known-types.ts'
import { clipped } from './messages.ts'

export interface ParsedText {
  readonly root: AvroType
  /** Those of the texts that it refers to which are types with a name: it is written by its name alone. */
  readonly referred: ReadonlySet<string>
}

export function parseAvro(source: SchemaSource): ParsedText {
  const parser = new AvroParser()
  const referred = new Set<string>()
  for (const { name, text } of source.references) {
    try {
      const type = parser.parse(text)
      if (isNamed(type)) referred.add(type.name.full)
    } catch (error) {
      if (!(error instanceof InvalidSchemaError)) throw error
      throw new InvalidSchemaError(`reference '${clipped(name)}': ${error.message}`)
    }
  }
  return { root: parser.parse(source.text), referred }
}

class AvroParser {
  readonly #known = new KnownTypes()
  readonly #defaults = new Defaults()
  /** Of the text that is being read: whether no two branches are of one type is seen when all are known. */
  #unions: { readonly union: UnionType; readonly path: string }[] = []

  readonly #settled = new Set<RecordType>()

  parse(text: string): AvroType {
    this.#defaults.begin()
    const root = this.#slot(readJson(text), undefined, '')
    const own = this.#known.settle()
    for (const { union, path } of this.#unions) checkBranches(union, path)
    this.#unions = []
    this.#defaults.settle()
    for (const type of own) this.#settle(type, 0)
    this.#settle(root.type, 0)
    return root.type
  }

  /** Inner records come before those that have them, since a default has what fields of its type have for defaults. */
  #settle(type: AvroType, depth: number): void {
    if (depth > depthMax) throw new InvalidSchemaError(`types are nested deeper than ${depthMax}`)
    if (type.kind === 'array') this.#settle(type.items.type, depth + 1)
    else if (type.kind === 'map') this.#settle(type.values.type, depth + 1)
    else if (type.kind === 'union')
      for (const branch of type.branches.toReversed()) this.#settle(branch.type, depth + 1)
    else if (type.kind === 'record' && !this.#settled.has(type)) {
      this.#settled.add(type)
      for (const field of type.fields) this.#settle(field.slot.type, depth + 1)
      for (const field of type.fields) this.#checkDefault(field, type.name.full)
      this.#defaults.done(type)
    }
  }

  #checkDefault(field: Field, path: string): void {
    if (field.default === undefined || this.#defaults.isValid(field.slot, field.default)) return
    const type = field.slot.isPending ? 'type that is defined later' : fullNameOf(field.slot.type)
    const text = clipped(jsonText(field.default))
    throw new InvalidSchemaError(`${path}: ${text} is no default for a field '${field.name}' of ${clipped(type)}`)
  }

  #slot(json: Json, space: string | undefined, path: string): Slot {
    if (typeof json === 'string') {
      if (isPrimitive(json)) return new Slot({ kind: json, props: new Map() })
      return this.#known.find(json, space, where(path))
    }
    if (isArray(json)) return new Slot(this.#union(json, space, path))
    if (isObject(json)) return new Slot(this.#object(json, space, path))
    throw new InvalidSchemaError(`${where(path)}: ${jsonText(json)} is no schema`)
  }

  #union(json: readonly Json[], space: string | undefined, path: string): UnionType {
    const branches = json.map((it, i) => this.#slot(it, space, `${path}[${i}]`))
    const union: UnionType = { kind: 'union', branches }
    checkBranches(union, where(path))
    this.#unions.push({ union, path: where(path) })
    return union
  }

  #object(json: JsonObject, space: string | undefined, path: string): AvroType {
    const kind = required(json, 'type', path)
    if (isPrimitive(kind)) return { kind, props: propsOf(json, schemaWords) }
    switch (kind) {
      case 'record':
      case 'error':
        return this.#record(json, kind === 'error', space, path)
      case 'enum':
        return this.#named(enumOf(json, space, path), path)
      case 'fixed':
        return this.#named(fixedOf(json, space, path), path)
      case 'array':
        return { kind, items: this.#part(json, 'items', space, path), props: propsOf(json, schemaWords) }
      case 'map':
        return { kind, values: this.#part(json, 'values', space, path), props: propsOf(json, schemaWords) }
      default:
        throw new InvalidSchemaError(`${within(path, 'type')}: '${clipped(kind)}' is no type with attributes`)
    }
  }

  #part(json: JsonObject, name: string, space: string | undefined, path: string): Slot {
    const part = json.get(name)
    if (part === undefined) throw new InvalidSchemaError(`${where(path)}: '${name}' is missing`)
    return this.#slot(part, space, within(path, name))
  }

  #record(json: JsonObject, isError: boolean, space: string | undefined, path: string): RecordType {
    const head = headOf(json, space, path)
    const list = json.get('fields')
    if (!isArray(list)) throw new InvalidSchemaError(`${within(path, 'fields')}: an array of fields is missing`)
    const fields = new Map<string, Field>()
    for (const [i, it] of list.entries()) {
      const at = `${within(path, 'fields')}[${i}]`
      const field = this.#field(it, head.name.space, at)
      if (fields.has(field.name)) throw new InvalidSchemaError(`${at}: there is a field '${field.name}' before it`)
      fields.set(field.name, field)
    }
    const aliases = aliasNames(json, head.name, path)
    const props = propsOf(json, schemaWords)
    return this.#named(
      { kind: 'record', ...head, aliases, props, isError, fields: [...fields.values()], fieldsByName: fields },
      path,
    )
  }

  #field(json: Json, space: string | undefined, path: string): Field {
    if (!isObject(json)) throw new InvalidSchemaError(`${path}: ${clipped(jsonText(json))} is no field`)
    const name = checkedName(required(json, 'name', path), within(path, 'name'))
    const slot = this.#part(json, 'type', space, path)
    const field: Field = {
      ...{ name, slot, doc: textOf(json, 'doc'), default: defaultOf(json, slot, path), order: orderOf(json, path) },
      ...{ aliases: [...new Set(aliasesOf(json, path))], props: propsOf(json, fieldWords) },
    }
    this.#checkDefault(field, within(path, 'default'))
    return field
  }

  #named<T extends NamedType>(type: T, path: string): T {
    for (const part of type.name.space?.split('.') ?? []) checkedName(part, within(path, 'namespace'))
    this.#known.add(type, where(path))
    return type
  }
}

function checkBranches(union: UnionType, path: string): void {
  const names = new Set<string>()
  for (const branch of union.branches) {
    if (branch.isPending) continue
    const { type } = branch
    if (type.kind === 'union') throw new InvalidSchemaError(`${path}: a union has no union within it`)
    const name = fullNameOf(type)
    if (names.has(name)) throw new InvalidSchemaError(`${path}: '${clipped(name)}' is in the union twice`)
    names.add(name)
  }
}
