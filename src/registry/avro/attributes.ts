/** Attributes of a schema in its text, each with the place that a message tells. Throw InvalidSchemaError. */
import { InvalidSchemaError } from '../formats/format.ts'
import { FullName, isPrimitive, type NamedType, type Order, type Slot } from './avro-type.ts'
import { isArray, isInteger, type Json, type JsonObject } from './json.ts'
import { clipped } from './messages.ts'

/** What a schema has attributes of its own for: the others are kept as they are. */
export const schemaWords = new Set([
  'doc',
  'fields',
  'items',
  'name',
  'namespace',
  'size',
  'symbols',
  'values',
  'type',
  'aliases',
])
const enumWords = new Set([...schemaWords, 'default'])
export const fieldWords = new Set(['default', 'doc', 'name', 'order', 'type', 'aliases'])

const namePattern = /^[A-Za-z_][A-Za-z0-9_]*$/

/** Of an array in Java. */
const fixedSizeMax = 2 ** 31 - 1 - 8

/** What `Double.parseDouble` takes, but for hexadecimal digits. */
const doublePattern = /^[+-]?(?:NaN|Infinity|(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?[fFdD]?)$/

export function where(path: string): string {
  return path === '' ? 'the schema' : path
}

export function within(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

export function textOf(json: JsonObject, name: string): string | undefined {
  const text = json.get(name)
  return typeof text === 'string' ? text : undefined
}

export function required(json: JsonObject, name: string, path: string): string {
  const text = textOf(json, name)
  if (text !== undefined) return text
  throw new InvalidSchemaError(`${where(path)}: a string for '${name}' is missing`)
}

export function propsOf(json: JsonObject, words: ReadonlySet<string>): JsonObject {
  return new Map([...json].filter(([name]) => !words.has(name)))
}

export function checkedName(name: string, path: string): string {
  if (namePattern.test(name)) return name
  throw new InvalidSchemaError(
    `${path}: '${clipped(name)}' is no name: a letter or '_' comes first, then digits as well`,
  )
}

export function headOf(
  json: JsonObject,
  space: string | undefined,
  path: string,
): { name: FullName; doc: string | undefined } {
  const name = new FullName(required(json, 'name', path), textOf(json, 'namespace') ?? space)
  checkedName(name.name, within(path, 'name'))
  if (isPrimitive(name.full))
    throw new InvalidSchemaError(`${within(path, 'name')}: '${name.full}' is a type of Avro's`)
  return { name, doc: textOf(json, 'doc') }
}

export function aliasesOf(json: JsonObject, path: string): readonly string[] {
  const list = json.get('aliases') ?? (json.has('aliases') ? null : [])
  if (isArray(list) && list.every((it) => typeof it === 'string')) return list
  throw new InvalidSchemaError(`${within(path, 'aliases')}: it is no array of strings`)
}

/** Of a name that comes twice the first one holds. */
export function aliasNames(json: JsonObject, own: FullName, path: string): readonly FullName[] {
  const names = new Map<string, FullName>()
  for (const alias of aliasesOf(json, path)) {
    const name = new FullName(alias, own.space)
    checkedName(name.name, within(path, 'aliases'))
    if (!names.has(name.full)) names.set(name.full, name)
  }
  return [...names.values()]
}

export function enumOf(json: JsonObject, space: string | undefined, path: string): NamedType {
  const head = headOf(json, space, path)
  const list = json.get('symbols')
  if (!isArray(list)) throw new InvalidSchemaError(`${within(path, 'symbols')}: an array of symbols is missing`)
  const symbols = new Set<string>()
  for (const [i, symbol] of list.entries()) {
    const at = `${within(path, 'symbols')}[${i}]`
    checkedName(typeof symbol === 'string' ? symbol : '', at)
    if (typeof symbol === 'string' && !symbols.has(symbol)) symbols.add(symbol)
    else throw new InvalidSchemaError(`${at}: there is a symbol '${clipped(String(symbol))}' before it`)
  }
  const fallback = textOf(json, 'default')
  if (fallback !== undefined && !symbols.has(fallback)) {
    throw new InvalidSchemaError(`${within(path, 'default')}: '${clipped(fallback)}' is no symbol of the enum`)
  }
  const aliases = aliasNames(json, head.name, path)
  return { kind: 'enum', ...head, aliases, symbols: [...symbols], default: fallback, props: propsOf(json, enumWords) }
}

export function fixedOf(json: JsonObject, space: string | undefined, path: string): NamedType {
  const head = headOf(json, space, path)
  const given = json.get('size')
  const size = isInteger(given, 32) ? Number(given.digits) : -1
  if (size < 0 || size > fixedSizeMax) {
    throw new InvalidSchemaError(`${within(path, 'size')}: a whole number from 0 to ${fixedSizeMax} is missing`)
  }
  return { kind: 'fixed', ...head, aliases: aliasNames(json, head.name, path), size, props: propsOf(json, schemaWords) }
}

export function orderOf(json: JsonObject, path: string): Order {
  if (!json.has('order')) return 'ascending'
  const order = textOf(json, 'order')?.toLowerCase()
  if (order === 'ascending' || order === 'descending' || order === 'ignore') return order
  throw new InvalidSchemaError(`${within(path, 'order')}: it is none of ascending, descending and ignore`)
}

/** A number that JSON has none for, as NaN, may be a string. */
export function defaultOf(json: JsonObject, slot: Slot, path: string): Json | undefined {
  const value = json.get('default')
  if (typeof value !== 'string' || slot.isPending) return value
  if (slot.type.kind !== 'float' && slot.type.kind !== 'double') return value
  const text = value.trim()
  if (doublePattern.test(text)) return { kind: 'real', value: Number(text.replace(/[fFdD]$/, '')) }
  throw new InvalidSchemaError(`${within(path, 'default')}: '${clipped(value)}' is no number`)
}
