/** Defaults of fields: whether one is a value of the field's type. */
import { InvalidSchemaError } from '../formats/format.ts'
import type { AvroType, RecordType, Slot } from './avro-type.ts'
import { isArray, isInteger, isNumber, isObject, type Json } from './json.ts'

const depthMax = 1000

/** How many values are looked at, once for each type that they may be of: more is made to be slow. */
const stepsMax = 1_000_000

type Memo = Map<AvroType, Map<Json, boolean>>

export class Defaults {
  /** Each pair is looked at once: branches of unions within branches of unions would take for ever. */
  readonly #settled: Memo = new Map()
  /** Of the text that is being read: with what it has not defined yet. */
  #draft: Memo = new Map()
  readonly #done = new Set<RecordType>()
  #isDraft = false
  #depth = 0
  #steps = 0

  /** A text is going to be read. What comes later in it is taken for a record; whether it is one is looked at when it is there. */
  begin(): void {
    this.#isDraft = true
    this.#draft = new Map()
  }

  /** All types of the text are known. From here a default may not have a value of the type that it is within. */
  settle(): void {
    this.#isDraft = false
    this.#draft = new Map()
  }

  /** Throws InvalidSchemaError where it cannot be told. */
  isValid(slot: Slot, value: Json): boolean {
    this.#depth = 0
    return this.#isValid(slot, value)
  }

  /** All defaults of its own fields are valid. */
  done(record: RecordType): void {
    this.#done.add(record)
  }

  #isValid(slot: Slot, value: Json): boolean {
    if (slot.isPending) return isObject(value)
    if (++this.#steps > stepsMax) throw new InvalidSchemaError('its defaults are too many to be looked at')
    const { type } = slot
    // Of no parts: looked at sooner than looked up.
    if (typeof value !== 'object' || value === null) return this.#isOf(type, value)
    const known = this.#settled.get(type)?.get(value) ?? this.#draft.get(type)?.get(value)
    if (known !== undefined) return known
    if (++this.#depth > depthMax) throw new InvalidSchemaError('defaults are nested too deep')
    const isValid = this.#isOf(type, value)
    this.#depth--
    const memo = this.#isDraft ? this.#draft : this.#settled
    const values = memo.get(type) ?? new Map<Json, boolean>()
    memo.set(type, values.set(value, isValid))
    return isValid
  }

  #isOf(type: AvroType, value: Json): boolean {
    switch (type.kind) {
      case 'null':
        return value === null
      case 'boolean':
        return typeof value === 'boolean'
      case 'int':
        return isInteger(value, 32)
      case 'long':
        return isInteger(value, 64)
      case 'float':
      case 'double':
        return isNumber(value)
      case 'string':
      case 'bytes':
      case 'enum':
      case 'fixed':
        return typeof value === 'string'
      case 'array':
        return isArray(value) && value.every((it) => this.#isValid(type.items, it))
      case 'map':
        return isObject(value) && [...value.values()].every((it) => this.#isValid(type.values, it))
      case 'union':
        return type.branches.some((branch) => this.#isValid(branch, value))
      case 'record':
        return isObject(value) && this.#isRecord(type, value)
    }
  }

  #isRecord(record: RecordType, value: ReadonlyMap<string, Json>): boolean {
    if (!this.#isDraft && !this.#done.has(record)) {
      throw new InvalidSchemaError(`a default has a value of the type that it is within, '${record.name.full}'`)
    }
    return record.fields.every((field) => {
      const own = value.get(field.name) ?? (value.has(field.name) ? null : field.default)
      return own !== undefined && this.#isValid(field.slot, own)
    })
  }
}
