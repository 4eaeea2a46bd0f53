/**
 * Messages of Protobuf as JSON, and back: bytes are in base64, integers are numbers with all their digits, and what is no number is
 * "NaN", as in Protobuf's own JSON. Which fields there are, and what fits them, is for the serde to say.
 */
import protobufjs from 'protobufjs'
import { isList, isObject, isRaw, notFinite, numberText, rawNumber, realJson, wholeNumber } from './json.ts'
import { Place } from './place.ts'

/** Of a message as a serde with bigints has it. */
export function messageJson(value: unknown): unknown {
  if (typeof value === 'bigint') return rawNumber(String(value))
  if (typeof value === 'number') return realJson(value)
  if (Buffer.isBuffer(value)) return value.toString('base64')
  if (isList(value)) return value.map(messageJson)
  if (!isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, messageJson(item)]))
}

/** What registries know that protobufjs does not, and has bytes in it. */
const decimal =
  'syntax = "proto3"; package confluent.type; message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }'

export class MessageReader {
  readonly #type: protobufjs.Type

  /** `message` is its name, in full or without the package; undefined: the first one of the file. Throws where there is none. */
  constructor(text: string, resolved: readonly string[], message: string | undefined) {
    const own = protobufjs.parse(text, new protobufjs.Root())
    const root = new protobufjs.Root()
    const imports = new Set<string>()
    for (const each of [...resolved, text]) {
      const file = protobufjs.parse(each, root)
      for (const name of [...(file.imports ?? []), ...(file.weakImports ?? [])]) imports.add(name)
    }
    for (const name of imports) addKnown(root, name)
    const space = own.root.lookup(own.package ?? '') ?? own.root
    this.#type = message === undefined ? root.lookupType(firstIn(space)) : typeNamed(root, message, own.package)
  }

  /** In full. */
  get name(): string {
    return this.#type.fullName.replace(/^\./, '')
  }

  /** Throws MisfitError. */
  read(json: unknown): unknown {
    const place = new Place()
    return isObject(json) ? this.#message(this.#type, json, place) : place.misfit(json, `message ${this.#type.name}`)
  }

  #message(type: protobufjs.Type, json: Readonly<Record<string, unknown>>, place: Place): object {
    const made = Object.entries(json).map(([name, item]): [string, unknown] => {
      const field = fieldOf(type, name)
      return field === undefined ? [name, loose(item)] : [field.name, this.#field(field, item, place.within(name))]
    })
    return Object.fromEntries(made)
  }

  #field(field: protobufjs.Field, json: unknown, place: Place): unknown {
    if (isList(json)) return json.map((item, index) => this.#single(field, item, place.within(index)))
    const value = isObject(json) ? valueField(field) : undefined
    if (value === undefined || !isObject(json)) return this.#single(field, json, place)
    return Object.fromEntries(
      Object.entries(json).map(([key, item]) => [key, this.#single(value, item, place.within(key))]),
    )
  }

  #single(field: protobufjs.Field, json: unknown, place: Place): unknown {
    const resolved = resolvedOf(field)
    if (isObject(json)) return resolved instanceof protobufjs.Type ? this.#message(resolved, json, place) : loose(json)
    if (field.type === 'bytes') return typeof json === 'string' ? fromBase64(json, place) : loose(json)
    if (field.type === 'double' || field.type === 'float') return real(json)
    return field.type.endsWith('64') ? integer(json) : loose(json)
  }
}

function addKnown(root: protobufjs.Root, name: string): void {
  const known = protobufjs.common.get(name)
  if (known?.nested !== undefined) root.addJSON(known.nested)
  else if (name === 'confluent/type/decimal.proto') protobufjs.parse(decimal, root)
}

class NoMessageError extends Error {
  override readonly name = 'NoMessageError'
}

/** Groups are no messages of their own, as serdes have it. */
function firstIn(space: protobufjs.ReflectionObject): string {
  const all = space instanceof protobufjs.Namespace ? space.nestedArray : []
  const found = all.find((it) => it instanceof protobufjs.Type && Reflect.get(it, 'group') !== true)
  if (found === undefined) throw new NoMessageError('the schema has no message')
  return found.fullName
}

function typeNamed(root: protobufjs.Root, message: string, space: string | undefined): protobufjs.Type {
  const wanted = message.replace(/^\./, '')
  for (const name of [wanted, `${space}.${wanted}`]) {
    const found = root.lookup(name.split('.'), [protobufjs.Type])
    if (found instanceof protobufjs.Type) return found
  }
  throw new NoMessageError(`the schema has no message '${message}'`)
}

/** By the name that the serde has, or by that of the file. */
function fieldOf(type: protobufjs.Type, name: string): protobufjs.Field | undefined {
  if (Object.hasOwn(type.fields, name)) return type.fields[name]
  const camel = protobufjs.util.camelCase(name)
  return Object.hasOwn(type.fields, camel) ? type.fields[camel] : undefined
}

/** Of a map, also of one that stands as a list of entries, what its values are. */
function valueField(field: protobufjs.Field): protobufjs.Field | undefined {
  if (field instanceof protobufjs.MapField) return field
  const resolved = resolvedOf(field)
  return resolved instanceof protobufjs.Type && resolved.options?.['map_entry'] === true
    ? resolved.fields['value']
    : undefined
}

/** Undefined: it is a scalar, or of a file that is known to the serde alone. */
function resolvedOf(field: protobufjs.Field): protobufjs.Type | protobufjs.Enum | undefined {
  try {
    return field.resolve().resolvedType ?? undefined
  } catch {
    return undefined
  }
}

/** Of what is not known more closely: numbers that the serde takes. */
function loose(json: unknown): unknown {
  if (isList(json)) return json.map(loose)
  if (isObject(json)) return Object.fromEntries(Object.entries(json).map(([name, item]) => [name, loose(item)]))
  return typeof json === 'number' || isRaw(json) ? integer(json) : json
}

/** As Protobuf's own JSON has it, in a string, is good as well. */
function integer(json: unknown): unknown {
  if (typeof json === 'string' && /^-?\d{1,20}$/.test(json)) return BigInt(json)
  if (typeof json === 'number' && (Number.isSafeInteger(json) || !Number.isInteger(json))) return json
  return wholeNumber(json) ?? real(json)
}

function real(json: unknown): unknown {
  if (typeof json === 'string') return notFinite.get(json) ?? json
  const text = numberText(json)
  return text === undefined ? json : Number(text)
}

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/

function fromBase64(json: string, place: Place): Buffer {
  return base64.test(json) ? Buffer.from(json, 'base64') : place.refuse('bytes are in base64')
}
