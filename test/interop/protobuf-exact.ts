/**
 * Values of Protobuf as JSON in which nothing is lost, as `protobuf-payloads.py` has them: only the fields that are there, 64 bits as a
 * string of digits, floats as their bits, bytes in hexadecimal, enums by number, maps by their keys as text.
 */
import assert from 'node:assert/strict'
import { doubleBits, type Exact, floatBits } from './avro-exact.ts'
import type { FieldModel, MessageModel, Scalar, Shape } from './protobuf-model.ts'

export interface Taste {
  readonly keepCase: boolean
}

const nameOf = ({ name }: FieldModel, { keepCase }: Taste): string =>
  keepCase ? name : name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

function exactEntries(value: Exact | undefined): [string, Exact][] {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return Object.entries(value)
}

function entriesOf(value: unknown): [string, unknown][] {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return Object.entries(value)
}

/** As our serde takes it: with a bigint for all of 64 bits, and the name of an enum's number where it has one. */
export function toOurs({ fields }: MessageModel, value: Exact, taste: Taste): object {
  const given = new Map(exactEntries(value))
  return Object.fromEntries(
    fields
      .filter(({ name }) => given.has(name))
      .map((field) => [nameOf(field, taste), fieldToOurs(field, given.get(field.name), taste)]),
  )
}

function fieldToOurs({ label, shape }: FieldModel, value: Exact | undefined, taste: Taste): unknown {
  if (label === 'map')
    return Object.fromEntries(exactEntries(value).map(([key, it]) => [key, oneToOurs(shape, it, taste)]))
  assert.ok(value !== undefined)
  if (label !== 'repeated') return oneToOurs(shape, value, taste)
  assert.ok(Array.isArray(value))
  return value.map((item) => oneToOurs(shape, item, taste))
}

function oneToOurs(shape: Shape, value: Exact, taste: Taste): unknown {
  if (shape.kind === 'message') return toOurs(shape, value, taste)
  if (shape.kind === 'enum') return shape.values.find(([, number]) => number === value)?.[0] ?? value
  if (shape.scalar.endsWith('64')) return BigInt(String(value))
  if (shape.scalar === 'float') return Buffer.from(String(value), 'hex').readFloatBE()
  if (shape.scalar === 'double') return Buffer.from(String(value), 'hex').readDoubleBE()
  return shape.scalar === 'bytes' ? Buffer.from(String(value), 'hex') : value
}

/** Of what our serde gave, by `longs: 'bigint'`; throws where that is no value of the message. */
export function fromOurs({ fields }: MessageModel, value: unknown, taste: Taste): Exact {
  const given = new Map(entriesOf(value))
  const made: [string, Exact][] = []
  for (const field of fields) {
    const name = nameOf(field, taste)
    const held = given.get(name)
    assert.ok(given.delete(name) || field.label === 'present' || field.label === 'required', `${name} is not there`)
    if (held === undefined) continue
    const exact = fieldFromOurs(field, held, taste)
    if (!isLeftOut(field, exact)) made.push([field.name, exact])
  }
  assert.deepEqual([...given.keys()], [], 'names that the message does not have')
  return Object.fromEntries(made)
}

function fieldFromOurs({ label, shape }: FieldModel, value: unknown, taste: Taste): Exact {
  if (label === 'map')
    return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, oneFromOurs(shape, item, taste)]))
  if (label !== 'repeated') return oneFromOurs(shape, value, taste)
  assert.ok(Array.isArray(value))
  return value.map((item: unknown) => oneFromOurs(shape, item, taste))
}

function oneFromOurs(shape: Shape, value: unknown, taste: Taste): Exact {
  if (shape.kind === 'message') return fromOurs(shape, value, taste)
  if (shape.kind === 'enum') {
    const number = shape.values.find(([name]) => name === value)?.[1] ?? value
    assert.ok(typeof number === 'number' && (value !== number || shape.values.every((it) => it[1] !== number)))
    return number
  }
  return scalarFromOurs(shape.scalar, value)
}

function scalarFromOurs(scalar: Scalar, value: unknown): Exact {
  switch (scalar) {
    case 'bool':
      assert.ok(typeof value === 'boolean')
      return value
    case 'string':
      assert.ok(typeof value === 'string')
      return value
    case 'bytes':
      assert.ok(Buffer.isBuffer(value))
      return value.toString('hex')
    case 'float':
    case 'double':
      assert.ok(typeof value === 'number')
      return scalar === 'float' ? floatBits(value) : doubleBits(value)
    default:
      assert.equal(typeof value, scalar.endsWith('64') ? 'bigint' : 'number')
      return typeof value === 'number' ? value : String(value)
  }
}

const zeros: readonly Exact[] = [0, '0', false, '', '00000000', '0000000000000000']

/** What is not told from what is not there. */
function isLeftOut({ label, shape }: FieldModel, value: Exact): boolean {
  if (label === 'repeated' || label === 'map') return Object.keys(Object(value)).length === 0
  if (label !== 'implicit') return false
  // A text of zeros is one.
  return shape.kind === 'scalar' && shape.scalar === 'string' ? value === '' : isZero(shape, value)
}

const isZero = (shape: Shape, value: Exact): boolean =>
  shape.kind === 'scalar' && shape.scalar === 'bytes' ? value === '' : zeros.includes(value)

/** A value by what can be told of it: without zeros where they are as good as nothing. */
export function told({ fields }: MessageModel, value: Exact): Exact {
  const given = new Map(exactEntries(value))
  const made: [string, Exact][] = []
  for (const field of fields) {
    const held = given.get(field.name)
    if (held === undefined || isLeftOut(field, held)) continue
    made.push([field.name, toldField(field, held)])
  }
  return Object.fromEntries(made)
}

function toldField({ label, shape }: FieldModel, value: Exact): Exact {
  if (shape.kind !== 'message') return value
  if (label === 'map') return Object.fromEntries(exactEntries(value).map(([key, item]) => [key, told(shape, item)]))
  return Array.isArray(value) ? value.map((item) => told(shape, item)) : told(shape, value)
}
