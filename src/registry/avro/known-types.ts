/** The named types that a text can use: of what it refers to, and its own. */
import { InvalidSchemaError } from '../formats/format.ts'
import { type AvroType, type Field, type NamedType, type RecordType, Slot } from './avro-type.ts'
import { equalJson, equalProps } from './json.ts'
import { clipped } from './messages.ts'

export class KnownTypes {
  readonly #types = new Map<string, NamedType>()
  #pending: { readonly name: string; readonly slot: Slot; readonly path: string }[] = []
  #own: NamedType[] = []

  /** A name without dots is looked for in `space`, and then in no namespace; one that is not known yet is to be defined further on. */
  find(name: string, space: string | undefined, path: string): Slot {
    const full = space === undefined || name.includes('.') ? name : `${space}.${name}`
    const known = this.#types.get(full) ?? this.#types.get(name)
    const slot = new Slot(known)
    if (known === undefined) this.#pending.push({ name: full, slot, path })
    return slot
  }

  /** The same definition may come twice. Throws InvalidSchemaError where there is another one of that name. */
  add(type: NamedType, path: string): void {
    const { full } = type.name
    const known = this.#types.get(full)
    if (known === undefined) {
      this.#types.set(full, type)
      this.#own.push(type)
    } else if (!new Equality().equal(known, type)) {
      throw new InvalidSchemaError(`${path}: '${clipped(full)}' is defined before, and in another way`)
    }
  }

  /** Once a text is read: what it used before it was defined comes into its place. The types that it defines, in order. */
  settle(): readonly NamedType[] {
    for (const { name, slot, path } of this.#pending) {
      const type = this.#types.get(name)
      if (type === undefined) throw new InvalidSchemaError(`${path}: there is no type '${clipped(name)}'`)
      slot.resolve(type)
    }
    const own = this.#own
    this.#pending = []
    this.#own = []
    return own
  }
}

/** Documentation, aliases and the default of an enum do not tell two definitions apart, as they do not in Java. */
class Equality {
  readonly #seen = new Map<RecordType, Set<RecordType>>()

  equal(a: AvroType, b: AvroType): boolean {
    if (a === b) return true
    if (a.kind === 'union') return b.kind === 'union' && this.#equalSlots(a.branches, b.branches)
    if (b.kind === 'union' || !equalProps(a.props, b.props)) return false
    if (a.kind === 'array') return b.kind === 'array' && this.#equalSlot(a.items, b.items)
    if (a.kind === 'map') return b.kind === 'map' && this.#equalSlot(a.values, b.values)
    if (a.kind === 'enum') {
      if (b.kind !== 'enum' || a.name.full !== b.name.full || a.symbols.length !== b.symbols.length) return false
      return a.symbols.every((symbol, i) => symbol === b.symbols[i])
    }
    if (a.kind === 'fixed') return b.kind === 'fixed' && a.name.full === b.name.full && a.size === b.size
    if (a.kind === 'record') return b.kind === 'record' && this.#equalRecords(a, b)
    return a.kind === b.kind
  }

  #equalRecords(a: RecordType, b: RecordType): boolean {
    if (a.name.full !== b.name.full || a.fields.length !== b.fields.length) return false
    const seen = this.#seen.get(a) ?? new Set()
    // It is being looked at, or was: what is wrong with it is told there.
    if (seen.has(b)) return true
    this.#seen.set(a, seen.add(b))
    return a.fields.every((field, i) => this.#equalFields(field, b.fields[i]))
  }

  #equalFields(a: Field, b: Field | undefined): boolean {
    if (b === undefined || a.name !== b.name || a.order !== b.order || !equalProps(a.props, b.props)) return false
    const isSameDefault =
      a.default === undefined || b.default === undefined ? a.default === b.default : equalJson(a.default, b.default)
    return isSameDefault && this.#equalSlot(a.slot, b.slot)
  }

  #equalSlots(a: readonly Slot[], b: readonly Slot[]): boolean {
    if (a.length !== b.length) return false
    return a.every((slot, i) => {
      const other = b[i]
      return other !== undefined && this.#equalSlot(slot, other)
    })
  }

  /** What is not known yet is equal to nothing. */
  #equalSlot(a: Slot, b: Slot): boolean {
    return !a.isPending && !b.isPending && this.equal(a.type, b.type)
  }
}
