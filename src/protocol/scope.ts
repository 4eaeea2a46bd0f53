/**
 * What the emitters of readers and writers share: which structs a message has, and in which of its versions a field is
 * there, tagged, compact or nullable. Conditions are JavaScript over `v` (the version) and `x` (the version is
 * flexible), folded to `true` or `false` where the versions of the message decide them. Does not emit readers or writers.
 */
import { assert } from '../base/index.ts'
import type { Fields, Word } from './words.ts'

export interface Layout {
  readonly versions: readonly [min: number, max: number]
  /** The first version with compact lengths and tagged fields; Infinity: none. */
  readonly flexible: number
  /** Every int64 as bigint: shows that a layout loses nothing, whatever the values. */
  readonly exact?: boolean
}

export type Entry = readonly [name: string, field: Word<unknown>]

export interface Struct {
  /** Names the functions: `read0`, `write0`, ... */
  readonly id: number
  readonly all: readonly Entry[]
  /** Those that travel in order in at least one version. */
  readonly plain: readonly Entry[]
  /** Those that travel by tag in at least one version, by rising tag. */
  readonly tagged: readonly Entry[]
}

const fixedSizes: Readonly<Record<string, number>> = {
  bool: 1,
  i8: 1,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  i64: 8,
  i64Big: 8,
  f64: 8,
  uuid: 16,
}

/** Bytes of a field whose size its type tells; undefined for the others. */
export const fixedSize = (field: Word<unknown>): number | undefined => fixedSizes[field.kind]

export class Scope {
  readonly layout: Layout
  /** Every struct found so far; grows while they are emitted. */
  readonly structs: Struct[] = []
  readonly #known = new Map<Fields, Struct>()

  constructor(layout: Layout) {
    this.layout = layout
  }

  /** The id of the struct with these fields. */
  struct(fields: Fields | undefined): number {
    assert(fields !== undefined, 'a struct has fields')
    const known = this.#known.get(fields)
    if (known !== undefined) return known.id
    const all = Object.entries(fields)
    const min = this.layout.versions[0]
    const struct = {
      id: this.structs.length,
      all,
      plain: all.filter(([, field]) => field.taggedSince > Math.max(field.since, min)),
      tagged: all.filter(([, field]) => field.tag !== undefined).sort(([, a], [, b]) => (a.tag ?? 0) - (b.tag ?? 0)),
    }
    this.#known.set(fields, struct)
    this.structs.push(struct)
    return struct.id
  }

  /** The versions in which a field travels in order. */
  present(field: Word<unknown>): string {
    return this.#between(field.since, Math.min(field.until, field.taggedSince - 1), this.layout.versions[0])
  }

  /** The versions in which a field travels by tag, given that the version is flexible. */
  tagged(field: Word<unknown>): string {
    return this.#between(field.taggedSince, field.until, Math.max(this.layout.flexible, this.layout.versions[0]))
  }

  nullable(field: Word<unknown>): string {
    const min = Math.max(field.since, this.layout.versions[0])
    return this.#between(field.nullableSince, field.nullableUntil, min, field.until)
  }

  #between(since: number, until: number, min: number, last = Number.POSITIVE_INFINITY): string {
    const max = Math.min(this.layout.versions[1], last)
    if (since > max || until < min) return 'false'
    const parts: string[] = []
    if (since > min) parts.push(`v >= ${since}`)
    if (until < max) parts.push(`v <= ${until}`)
    return parts.length === 0 ? 'true' : `(${parts.join(' && ')})`
  }

  /** Whether a field has the compact form. */
  compact(field: Word<unknown>): string {
    const { versions, flexible } = this.layout
    if (field.inflexible || flexible > versions[1]) return 'false'
    return flexible <= versions[0] ? 'true' : 'x'
  }

  /** Declares `x` where the version decides it. */
  compactLine(): string {
    const { versions, flexible } = this.layout
    return flexible > versions[0] && flexible <= versions[1] ? `const x = v >= ${flexible}` : ''
  }

  get isEverFlexible(): boolean {
    return this.layout.flexible <= this.layout.versions[1]
  }

  /** The kind to read and write: in exact layouts no int64 is a number. */
  kind(field: Word<unknown>): string {
    return this.layout.exact === true && field.kind === 'i64' ? 'i64Big' : field.kind
  }

  /** The default, as an expression. */
  initial(field: Word<unknown>): string {
    const value = field.initial
    if (value === null) return 'null'
    if (this.kind(field) === 'i64Big') return `${String(value)}n`
    switch (field.kind) {
      case 'struct':
        return `p${this.struct(field.fields)}`
      case 'list':
        return '[]'
      case 'bytes':
      case 'records':
        return 'c.noBytes'
      case 'uuid':
        return 'c.zeroUuid'
      default:
        return JSON.stringify(value)
    }
  }

  /** Whether `value` is the default. Only a default of nothing is known for bytes, lists and ids. */
  isInitial(field: Word<unknown>, value: string): string {
    if (field.initial === null) return `${value} === null`
    switch (field.kind) {
      case 'list':
      case 'bytes':
      case 'records':
        return `(${value} !== null && ${value}.length === 0)`
      case 'struct':
        return `(${value} !== null && isInitial${this.struct(field.fields)}(${value}))`
      default:
        return `${value} === ${this.initial(field)}`
    }
  }
}
