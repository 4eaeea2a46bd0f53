/** Types of the messages of Protobuf, as `registry.protobuf` gives and takes them. */
import protobufjs from 'protobufjs'
import type { Longs } from './avro-types.ts'
import { typeName } from './names.ts'
import { type ProtoFile, type ProtoType, readProto } from './proto-files.ts'
import type { Documents, SchemaDocument } from './schema-document.ts'
import { type Declared, intersection, never, type Property, type Shape, text, union, unknown } from './shape.ts'
import { stringText } from './texts.ts'

export interface ProtoOptions {
  readonly longs: Longs
  readonly keepCase: boolean
}

export class ProtoTypes {
  readonly #documents: Documents
  readonly #options: ProtoOptions

  constructor(documents: Documents, options: ProtoOptions) {
    this.#documents = documents
    this.#options = options
  }

  /** The first message, and with it all that the file has. Throws TypesError. */
  shapesOf(document: SchemaDocument): { readonly first: Shape; readonly all: readonly Declared[] } {
    const file = readProto(document, this.#documents, this.#options.keepCase)
    const reader = new ProtoReader(file, document, this.#options.longs)
    const own = file.types.filter((it) => !isEntry(it))
    const all = own.map((it) => reader.declared(it))
    reader.fill()
    const first = own.findIndex((it) => it instanceof protobufjs.Type && Reflect.get(it, 'group') !== true)
    const to = all[first]
    return { first: to === undefined ? unknown : { kind: 'named', to }, all }
  }
}

const isEntry = (type: ProtoType | null): boolean =>
  type instanceof protobufjs.Type &&
  type.options?.['map_entry'] === true &&
  'key' in type.fields &&
  'value' in type.fields

class ProtoReader {
  readonly #file: ProtoFile
  readonly #document: SchemaDocument
  readonly #longs: Longs
  readonly #known = new Map<ProtoType, Declared>()
  /** Messages whose shape is not told yet. */
  readonly #open: protobufjs.Type[] = []

  constructor(file: ProtoFile, document: SchemaDocument, longs: Longs) {
    this.#file = file
    this.#document = document
    this.#longs = longs
  }

  declared(type: ProtoType): Declared {
    const known = this.#known.get(type)
    if (known !== undefined) return known
    const { subject, version } = this.#file.sourceOf(type) ?? this.#document
    const within = `${typeName(subject)}${typeName(type.name)}`
    const names = [typeName(type.name), nestedName(type), typeName(type.fullName.replaceAll('.', ' ')), within]
    const declared: Declared = {
      names: [...names, `${within}V${version}`],
      identity: type.fullName,
      doc: type.comment ?? undefined,
      shape: type instanceof protobufjs.Enum ? enumShape(type) : unknown,
    }
    this.#known.set(type, declared)
    if (type instanceof protobufjs.Type) this.#open.push(type)
    return declared
  }

  fill(): void {
    for (let type = this.#open.pop(); type !== undefined; type = this.#open.pop()) {
      this.declared(type).shape = this.#message(type)
    }
  }

  /** What is written needs all that is there in what is read. */
  #message(type: protobufjs.Type): Shape {
    const oneofs = type.oneofsArray.filter((it) => !it.isProto3Optional)
    const single = type.fieldsArray.filter((it) => it.partOf === null || it.partOf.isProto3Optional)
    // An object without properties would be any at all.
    if (type.fieldsArray.length === 0) return { kind: 'index', values: never }
    const object: Shape = { kind: 'object', properties: single.map((it) => this.#property(it)) }
    const alternatives = oneofs.map((oneof): Shape => {
      const properties = oneof.fieldsArray.map((it) => ({ ...this.#property(it), isOptional: false }))
      return { kind: 'helped', helper: 'OneOf', of: { kind: 'object', properties } }
    })
    return intersection([...(single.length === 0 ? [] : [object]), ...alternatives])
  }

  #property(field: protobufjs.Field): Property {
    const { name, comment, required } = field
    const isMessage = field.resolvedType instanceof protobufjs.Type
    const isOptional = !field.repeated && !field.map && !required && (field.hasPresence || isMessage)
    const doc = comment ?? undefined
    return { name, doc, isOptional: isOptional || this.#file.unresolved.has(field), shape: this.#fieldShape(field) }
  }

  #fieldShape(field: protobufjs.Field): Shape {
    const single = this.#single(field)
    if (field.map) return { kind: 'index', values: single }
    if (!field.repeated) return single
    const { resolvedType } = field
    if (!(resolvedType instanceof protobufjs.Type) || !isEntry(resolvedType)) return { kind: 'list', items: single }
    const value = resolvedType.fields['value']
    return { kind: 'index', values: value === undefined ? unknown : this.#single(value) }
  }

  #single(field: protobufjs.Field): Shape {
    if (this.#file.unresolved.has(field)) return unknown
    const { resolvedType, type } = field
    if (resolvedType instanceof protobufjs.Type || resolvedType instanceof protobufjs.Enum) {
      return isEntry(resolvedType) ? unknown : { kind: 'named', to: this.declared(resolvedType) }
    }
    if (type === 'string') return text('string')
    if (type === 'bool') return text('boolean')
    if (type === 'bytes') return text('Buffer')
    return text(type.endsWith('64') ? this.#longs : 'number')
  }
}

/** Of a number that an open one has no name for, the number is there. */
function enumShape(type: protobufjs.Enum): Shape {
  const names = Object.keys(type.values).map((it) => text(stringText(it)))
  const isClosed = Object(Reflect.get(type, '_features')).enum_type === 'CLOSED'
  return union(isClosed ? names : [...names, text('number')])
}

/** With the messages that it is in. */
function nestedName(type: protobufjs.ReflectionObject): string {
  let name = typeName(type.name)
  for (let { parent } = type; parent instanceof protobufjs.Type; { parent } = parent)
    name = typeName(parent.name) + name
  return name
}
