/** Plain values of messages of protobufjs. */
import protobufjs from 'protobufjs'
import { isUnsigned, keyTypeOf, readingCode, TypeCodes } from './protobuf-code.ts'

export type Longs = 'number' | 'bigint'

/** For each kind of longs. */
const codes: Readonly<Record<Longs, TypeCodes<(message: object) => object>>> = {
  number: new TypeCodes(),
  bigint: new TypeCodes(),
}

/**
 * What has presence and is not there is left out; what has none is always there: zero, empty. `message` is one of protobufjs, which has
 * refused what is nested too deeply. Throws RangeError for what is beyond 2^53, where it should be a number.
 */
export function plainValue(type: protobufjs.Type, message: object, longs: Longs): object {
  const code = codes[longs].of(type, () =>
    readingCode(type, {
      field: (field, within) => fieldOf(field, within, longs),
      single: (field, given) => single(field, given, longs),
      isEntries: (field) => entryOf(field) !== undefined,
    }),
  )
  return code(message)
}

/** Undefined: it is not there. */
function fieldOf(field: protobufjs.Field, message: object, longs: Longs): unknown {
  const { name } = field
  const given: unknown = Object.hasOwn(message, name) ? Reflect.get(message, name) : undefined
  if (field.map) return mapOf(field, given, longs)
  if (entryOf(field) !== undefined) return entriesOf(field, given, longs)
  if (field.repeated) return Array.isArray(given) ? given.map((item: unknown) => single(field, item, longs)) : []
  if (given !== undefined) return single(field, given, longs)
  return field.hasPresence || field.resolvedType instanceof protobufjs.Type
    ? undefined
    : single(field, field.typeDefault, longs)
}

function mapOf(field: protobufjs.Field, given: unknown, longs: Longs): object {
  const keyType = keyTypeOf(field)
  const entries = typeof given === 'object' && given !== null ? Object.entries(given) : []
  return Object.fromEntries(
    entries.map(([key, item]: [string, unknown]) => [keyOf(keyType, key), single(field, item, longs)]),
  )
}

/** As descriptors have a map, and texts that are made of them: a list of messages of this type. */
export function entryOf({ repeated, resolvedType }: protobufjs.Field): protobufjs.Type | undefined {
  if (!repeated || !(resolvedType instanceof protobufjs.Type)) return undefined
  const { options, fields } = resolvedType
  return options?.['map_entry'] === true && 'key' in fields && 'value' in fields ? resolvedType : undefined
}

function entriesOf(field: protobufjs.Field, given: unknown, longs: Longs): object {
  const entries: readonly unknown[] = Array.isArray(given) ? given : []
  return Object.fromEntries(
    entries.map((entry) => {
      const { key, value = emptyValue(field, longs) }: { key?: unknown; value?: unknown } = Object(
        single(field, entry, longs),
      )
      return [String(key), value]
    }),
  )
}

/** Of an entry without a value, which only a message can be. */
function emptyValue({ resolvedType }: protobufjs.Field, longs: Longs): object {
  const type = resolvedType instanceof protobufjs.Type ? resolvedType.fields['value']?.resolvedType : null
  return type instanceof protobufjs.Type ? plainValue(type, type.create(), longs) : {}
}

/** Of 64 bits protobufjs makes eight characters of a byte each; of a key that was left out, as a zero may be, just that. */
function keyOf(type: string, key: string): string {
  if (!type.endsWith('64') || key === '0') return key
  const bytes = Buffer.from(key, 'latin1')
  return String(isUnsigned(type) ? bytes.readBigUInt64LE() : bytes.readBigInt64LE())
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null

function single(field: protobufjs.Field, given: unknown, longs: Longs): unknown {
  const { resolvedType, type } = field
  if (resolvedType instanceof protobufjs.Type)
    return plainValue(resolvedType, isObject(given) ? given : resolvedType.create(), longs)
  if (resolvedType instanceof protobufjs.Enum)
    return typeof given === 'number' ? (resolvedType.valuesById[given] ?? given) : given
  if (given instanceof Uint8Array) return Buffer.from(given.buffer, given.byteOffset, given.length)
  if (type === 'bytes') return Buffer.alloc(0)
  return type.endsWith('64') ? longOf(field, given, longs) : given
}

function longOf(field: protobufjs.Field, given: unknown, longs: Longs): number | bigint {
  const near = longs === 'number' ? nearestNumber(given, isUnsigned(field.type)) : Number.NaN
  if (Number.isSafeInteger(near)) return near
  const exact = bigintOf(given, isUnsigned(field.type))
  if (longs === 'bigint') return exact
  const number = Number(exact)
  if (Number.isSafeInteger(number)) return number
  throw new RangeError(`${field.name}: ${exact} is beyond 2^53, and not exact as a number; say longs: 'bigint'`)
}

/** Exact, where it is safe. */
function nearestNumber(given: unknown, unsigned: boolean): number {
  if (typeof given === 'number') return given
  const { high, low } = Object(given)
  return (unsigned ? high >>> 0 : high | 0) * 2 ** 32 + (low >>> 0)
}

/** A Long has two halves; a default is a number where it can be. */
function bigintOf(given: unknown, unsigned: boolean): bigint {
  if (typeof given === 'number') return BigInt(given)
  const { high, low } = Object(given)
  const bits = (BigInt(high) << 32n) | BigInt(low >>> 0)
  return unsigned ? BigInt.asUintN(64, bits) : BigInt.asIntN(64, bits)
}
