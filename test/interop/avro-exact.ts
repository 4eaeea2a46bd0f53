/**
 * Values of Avro as JSON in which nothing is lost, so that they can be compared between languages: a long is a string of digits, a float
 * its bits in eight hexadecimal digits, a double in sixteen, bytes are hexadecimal, and a value of a union is [index of the branch, value].
 */
import assert from 'node:assert/strict'
import { type AvroType, fullNameOf, type UnionType } from '../../src/registry/avro/avro-type.ts'
import type { Longs } from '../../src/registry/serdes/avro-numbers.ts'

export type Exact = null | boolean | number | string | Exact[] | { [name: string]: Exact }

export function floatBits(value: number): string {
  const bytes = Buffer.alloc(4)
  bytes.writeFloatBE(value)
  return bytes.toString('hex')
}

export function doubleBits(value: number): string {
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.toString('hex')
}

/** Branches of a union that look alike in JavaScript are told by name. */
const looks: Readonly<Record<string, string>> = {
  ...{ int: 'number', long: 'number', float: 'number', double: 'number' },
  ...{ bytes: 'bytes', fixed: 'bytes', string: 'text', enum: 'text', map: 'object', record: 'object' },
}

interface Branches {
  readonly types: readonly AvroType[]
  readonly looks: readonly string[]
  readonly areNamed: boolean
}

function branchesOf({ branches }: UnionType, longs: Longs): Branches {
  const types = branches.map((slot) => slot.type)
  const all = types.map(({ kind }) => (kind === 'long' && longs === 'bigint' ? 'bigint' : (looks[kind] ?? kind)))
  return { types, looks: all, areNamed: new Set(all).size < all.length }
}

function itemsOf(value: Exact): Exact[] {
  assert.ok(Array.isArray(value))
  return value
}

function entriesOf(value: Exact): [string, Exact][] {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return Object.entries(value)
}

/** As our serde takes it. */
export function toOurs(type: AvroType, value: Exact, longs: Longs): unknown {
  switch (type.kind) {
    case 'long':
      return longs === 'bigint' ? BigInt(String(value)) : Number(value)
    case 'float':
      return Buffer.from(String(value), 'hex').readFloatBE()
    case 'double':
      return Buffer.from(String(value), 'hex').readDoubleBE()
    case 'bytes':
    case 'fixed':
      return Buffer.from(String(value), 'hex')
    case 'array':
      return itemsOf(value).map((item) => toOurs(type.items.type, item, longs))
    case 'map':
      return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, toOurs(type.values.type, item, longs)]))
    case 'record':
      return Object.fromEntries(
        entriesOf(value).map(([name, item]) => {
          const slot = type.fieldsByName.get(name)?.slot
          assert.ok(slot !== undefined, name)
          return [name, toOurs(slot.type, item, longs)]
        }),
      )
    case 'union':
      return branchToOurs(type, itemsOf(value), longs)
    default:
      return value
  }
}

function branchToOurs(union: UnionType, [index, value]: Exact[], longs: Longs): unknown {
  const { types, areNamed } = branchesOf(union, longs)
  const type = types[Number(index)]
  assert.ok(type !== undefined && value !== undefined)
  const ours = toOurs(type, value, longs)
  return areNamed && type.kind !== 'null' ? { [fullNameOf(type)]: ours } : ours
}

/** Of what our serde gave; throws where that is no value of the type. */
export function fromOurs(type: AvroType, value: unknown, longs: Longs): Exact {
  switch (type.kind) {
    case 'null':
      assert.equal(value, null)
      return null
    case 'boolean':
      assert.ok(typeof value === 'boolean')
      return value
    case 'int':
      assert.ok(typeof value === 'number' && (value | 0) === value && !Object.is(value, -0))
      return value
    case 'long':
      assert.ok(longs === 'bigint' ? typeof value === 'bigint' : Number.isSafeInteger(value) && !Object.is(value, -0))
      return String(value)
    case 'float':
      assert.ok(typeof value === 'number')
      assert.ok(Object.is(Math.fround(value), value), `${value} is no float`)
      return floatBits(value)
    case 'double':
      assert.ok(typeof value === 'number')
      return doubleBits(value)
    case 'string':
    case 'enum':
      assert.ok(typeof value === 'string')
      return value
    case 'bytes':
    case 'fixed':
      assert.ok(Buffer.isBuffer(value))
      return value.toString('hex')
    case 'array':
      assert.ok(Array.isArray(value))
      return value.map((item: unknown) => fromOurs(type.items.type, item, longs))
    case 'map':
      return Object.fromEntries(givenOf(value).map(([key, item]) => [key, fromOurs(type.values.type, item, longs)]))
    case 'record': {
      const given = new Map(givenOf(value))
      assert.deepEqual([...given.keys()].sort(), [...type.fieldsByName.keys()].sort())
      return Object.fromEntries(
        type.fields.map(({ name, slot }) => [name, fromOurs(slot.type, given.get(name), longs)]),
      )
    }
    case 'union':
      return branchFromOurs(type, value, longs)
  }
}

function givenOf(value: unknown): [string, unknown][] {
  assert.ok(typeof value === 'object' && value !== null && !Array.isArray(value))
  return Object.entries(value)
}

function branchFromOurs(union: UnionType, value: unknown, longs: Longs): Exact {
  const { types, looks: all, areNamed } = branchesOf(union, longs)
  const [[name, held] = []] = areNamed && value !== null ? givenOf(value) : [['', value] as const]
  const index =
    areNamed && value !== null ? types.findIndex((type) => fullNameOf(type) === name) : all.indexOf(lookOf(value))
  const type = types[index]
  assert.ok(type !== undefined, `${String(name)} is no branch`)
  return [index, fromOurs(type, held, longs)]
}

function lookOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  if (Buffer.isBuffer(value)) return 'bytes'
  return typeof value === 'string' ? 'text' : typeof value
}
