/** Schemas of Avro as they are held here: all that a text says of them, with names resolved. */
import { InvalidSchemaError } from '../formats/format.ts'
import type { Json, JsonObject } from './json.ts'

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string'] as const

export type Primitive = (typeof primitives)[number]

/** A name of these is written in full wherever it stands, so that it is not taken for a type of Avro's. */
const typeNames: ReadonlySet<string> = new Set([...primitives, 'record', 'enum', 'array', 'map', 'union', 'fixed'])

export function isPrimitive(name: string): name is Primitive {
  return primitives.some((it) => it === name)
}

export class FullName {
  /** Without its namespace. */
  readonly name: string
  readonly space: string | undefined
  readonly full: string

  /** A name with dots has its namespace with it, another one is in `space`. */
  constructor(name: string, space: string | undefined) {
    const dot = name.lastIndexOf('.')
    const own = dot < 0 ? space : name.slice(0, dot)
    this.name = name.slice(dot + 1)
    this.space = own === '' ? undefined : own
    this.full = this.space === undefined ? this.name : `${this.space}.${this.name}`
  }

  /** How it is written where names without one are in `space`. */
  within(space: string | undefined): string {
    return this.space !== undefined && this.space === space && !typeNames.has(this.name) ? this.name : this.full
  }
}

/** The place of a type within another one. A type that a text uses before it defines it comes into its place later. */
export class Slot {
  #type: AvroType | undefined

  constructor(type: AvroType | undefined) {
    this.#type = type
  }

  get isPending(): boolean {
    return this.#type === undefined
  }

  get type(): AvroType {
    if (this.#type === undefined) throw new InvalidSchemaError('a type is used before it is known')
    return this.#type
  }

  resolve(type: AvroType): void {
    this.#type = type
  }
}

interface PrimitiveType {
  readonly kind: Primitive
  readonly props: JsonObject
}

interface ArrayType {
  readonly kind: 'array'
  readonly items: Slot
  readonly props: JsonObject
}

interface MapType {
  readonly kind: 'map'
  readonly values: Slot
  readonly props: JsonObject
}

export interface UnionType {
  readonly kind: 'union'
  readonly branches: readonly Slot[]
}

interface Named {
  readonly name: FullName
  readonly doc: string | undefined
  readonly aliases: readonly FullName[]
  /** All attributes that Avro has no meaning for, and those of logical types. */
  readonly props: JsonObject
}

export type Order = 'ascending' | 'descending' | 'ignore'

export interface Field {
  readonly name: string
  readonly slot: Slot
  readonly doc: string | undefined
  /** Undefined where there is none; null is one. */
  readonly default: Json | undefined
  readonly order: Order
  readonly aliases: readonly string[]
  readonly props: JsonObject
}

export interface RecordType extends Named {
  readonly kind: 'record'
  /** Declared as an `error` of a protocol, which is a record in all else. */
  readonly isError: boolean
  readonly fields: readonly Field[]
  readonly fieldsByName: ReadonlyMap<string, Field>
}

export interface EnumType extends Named {
  readonly kind: 'enum'
  readonly symbols: readonly string[]
  readonly default: string | undefined
}

export interface FixedType extends Named {
  readonly kind: 'fixed'
  readonly size: number
}

export type NamedType = RecordType | EnumType | FixedType
export type AvroType = PrimitiveType | ArrayType | MapType | UnionType | NamedType

export function isNamed(type: AvroType): type is NamedType {
  return type.kind === 'record' || type.kind === 'enum' || type.kind === 'fixed'
}

/** By which it is known in a union, and in what names of types are known. */
export function fullNameOf(type: AvroType): string {
  return isNamed(type) ? type.name.full : type.kind
}
