/**
 * Messages of protobufjs of plain values. What does not fit is refused, and it is told where: protobufjs itself cuts off what is too big,
 * and passes over names that it does not know.
 */
import protobufjs from 'protobufjs'
import { keyTypeOf, TypeCodes, writingCode } from './protobuf-code.ts'
import { entryOf } from './protobuf-reader.ts'

type Message = protobufjs.Message<object>

/** As protobufjs has it, for what it writes as well. */
const depthMax = 100

type Code = (value: unknown, depth: number) => Message

const codes = new TypeCodes<Code | undefined>()

/** Throws for what does not fit, which it does not tell, and for what it does not know. */
function quickMessage(type: protobufjs.Type, value: unknown, depth: number): Message {
  const code = codes.of(type, () =>
    writingCode(type, {
      depthMax,
      field: (field, given, around) => fieldValue(field, given, '', around),
      single: (field, given, around) =>
        field.resolvedType instanceof protobufjs.Type
          ? quickMessage(field.resolvedType, given, around + 1)
          : single(field, given, '', around),
      isEntries: (field) => entryOf(field) !== undefined,
    }),
  )
  return code === undefined ? slowMessage(type, value, '', depth) : code(value, depth)
}

/** Throws TypeError. */
export function messageOf(type: protobufjs.Type, value: unknown): Message {
  try {
    return quickMessage(type, value, 0)
  } catch {
    // What it does not take this one takes, or tells what is wrong with it.
    return slowMessage(type, value, '', 0)
  }
}

function slowMessage(type: protobufjs.Type, value: unknown, path: string, depth: number): Message {
  if (depth > depthMax) refuse(path, `messages are nested deeper than ${depthMax}`)
  if (!isPlain(value)) misfit(path, value, `message ${type.name}`)
  const message = type.create()
  for (const [name, given] of Object.entries(value)) {
    const field = Object.hasOwn(type.fields, name) ? type.fields[name] : undefined
    const where = within(path, name)
    if (field === undefined) refuse(where, `message ${type.name} has no such field`)
    if (given === undefined || given === null) continue
    checkAlone(field, value, where)
    Reflect.set(message, name, fieldValue(field, given, where, depth))
  }
  for (const field of type.fieldsArray) {
    if (field.required && !Object.hasOwn(message, field.name)) refuse(within(path, field.name), 'it is required')
  }
  return message
}

/** A Date has no fields: it would be written as a message where nothing is. */
const isPlain = (value: unknown): value is object => Object.prototype.toString.call(value) === '[object Object]'

const within = (path: string, name: string | number): string =>
  path === '' ? String(name) : typeof name === 'number' ? `${path}[${name}]` : `${path}.${name}`

/** Of a `oneof` there is one. */
function checkAlone(field: protobufjs.Field, value: object, where: string): void {
  for (const other of field.partOf?.fieldsArray ?? []) {
    if (other === field) continue
    const given: unknown = Object.hasOwn(value, other.name) ? Reflect.get(value, other.name) : undefined
    if (given !== undefined && given !== null)
      refuse(where, `of ${field.partOf?.name} only one field may be there, and there is ${other.name} as well`)
  }
}

function fieldValue(field: protobufjs.Field, value: unknown, path: string, depth: number): unknown {
  if (field.map) return mapValue(field, value, path, depth)
  const entry = entryOf(field)
  if (entry !== undefined && !Array.isArray(value)) return entriesOf(entry, value, path, depth)
  if (!field.repeated) return single(field, value, path, depth)
  if (!Array.isArray(value)) misfit(path, value, 'a list')
  return value.map((item: unknown, index) => single(field, item, within(path, index), depth))
}

function mapValue(field: protobufjs.Field, value: unknown, path: string, depth: number): object {
  const made: [string, unknown][] = []
  for (const [key, item] of givenEntries(value, path)) {
    const where = `${path}[${JSON.stringify(String(key))}]`
    checkKey(keyTypeOf(field), String(key), where)
    made.push([String(key), single(field, item, where, depth)])
  }
  // fromEntries defines the keys, so that '__proto__' is one as any other.
  return Object.fromEntries(made)
}

function givenEntries(value: unknown, path: string): Iterable<readonly [unknown, unknown]> {
  if (value instanceof Map) return value
  return isPlain(value) ? Object.entries(value) : misfit(path, value, 'a map, as an object')
}

/** Of a map that the schema has as a list of messages. */
function entriesOf(entry: protobufjs.Type, value: unknown, path: string, depth: number): Message[] {
  const type = entry.fields['key']?.type ?? 'string'
  return [...givenEntries(value, path)].map(([given, item]) => {
    const where = `${path}[${JSON.stringify(String(given))}]`
    checkKey(type, String(given), where)
    const key = type === 'string' ? String(given) : type === 'bool' ? String(given) === 'true' : BigInt(String(given))
    return slowMessage(entry, { key, value: item }, where, depth + 1)
  })
}

function checkKey(type: string, key: string, path: string): void {
  if (type === 'string') scalar(type, key, path)
  else if (type === 'bool') {
    if (key !== 'true' && key !== 'false') refuse(path, 'the key is neither true nor false')
  } else if (!/^(?:0|-?[1-9]\d{0,19})$/.test(key)) refuse(path, `the key is no ${type}`)
  else scalar(type, BigInt(key), path)
}

function single(field: protobufjs.Field, value: unknown, path: string, depth: number): unknown {
  const { resolvedType } = field
  if (resolvedType instanceof protobufjs.Type) return slowMessage(resolvedType, value, path, depth + 1)
  if (resolvedType instanceof protobufjs.Enum) return enumValue(resolvedType, value, path)
  return scalar(field.type, value, path)
}

/** By its name; by its number too, which may be one that a newer schema has a name for. */
function enumValue(type: protobufjs.Enum, value: unknown, path: string): number {
  const known = typeof value === 'string' && Object.hasOwn(type.values, value) ? type.values[value] : undefined
  if (known !== undefined) return known
  if (typeof value === 'number' && (value | 0) === value && value in type.valuesById) return value
  // What came of an open one, unknown as it is, can go on.
  if (typeof value === 'number' && (value | 0) === value && isOpen(type)) return value
  return misfit(path, value, `enum ${type.name}`)
}

/** Unknown numbers of a closed one would not be read again. */
const isOpen = (type: protobufjs.Enum): boolean => Object(Reflect.get(type, '_features')).enum_type !== 'CLOSED'

const ranges: Readonly<Record<string, readonly [min: bigint, max: bigint]>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
}

function scalar(type: string, value: unknown, path: string): unknown {
  const range = ranges[type]
  if (range !== undefined) return integer(type, { value, range, path })
  if (type === 'double' || type === 'float') return typeof value === 'number' ? value : misfit(path, value, type)
  if (type === 'bool') return typeof value === 'boolean' ? value : misfit(path, value, type)
  if (type === 'string') {
    if (typeof value !== 'string') misfit(path, value, type)
    return value.isWellFormed() ? value : refuse(path, 'the string is no Unicode: half of a surrogate pair is missing')
  }
  return value instanceof Uint8Array ? value : misfit(path, value, 'bytes, as a Buffer or Uint8Array')
}

interface GivenInteger {
  readonly value: unknown
  readonly range: readonly [min: bigint, max: bigint]
  readonly path: string
}

function integer(type: string, { value, range: [min, max], path }: GivenInteger): unknown {
  if (typeof value === 'number' && !Number.isSafeInteger(value)) {
    const why = Number.isInteger(value) ? 'beyond 2^53 a number is not exact, a bigint is' : 'it is no whole number'
    refuse(path, `${value} does not fit ${type}: ${why}`)
  }
  if (typeof value !== 'number' && typeof value !== 'bigint') misfit(path, value, type)
  if (typeof value === 'number' && type.endsWith('64') && (value >= 0 || min < 0n))
    return { low: value | 0, high: Math.floor(value / 2 ** 32) | 0, unsigned: min === 0n }
  if (value < min || value > max) refuse(path, `${value} does not fit ${type}`)
  if (!type.endsWith('64')) return Number(value)
  const bits = BigInt.asUintN(64, BigInt(value))
  return { low: Number(bits & 0xffffffffn) | 0, high: Number(bits >> 32n) | 0, unsigned: min === 0n }
}

function misfit(path: string, value: unknown, what: string): never {
  const shown =
    value === null
      ? 'null'
      : Array.isArray(value)
        ? 'a list'
        : typeof value === 'object'
          ? 'an object'
          : `${typeof value} ${String(value).slice(0, 100)}`
  refuse(path, `${shown} does not fit ${what}`)
}

function refuse(path: string, why: string): never {
  throw new TypeError(`${path === '' ? 'the value' : path}: ${why}`)
}
