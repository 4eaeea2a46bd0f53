/**
 * Bounds what a payload of Avro may cost. It tells in a few bytes how many items an array has, and `avsc` makes room for as many, and reads
 * on behind the end: here are arrays and maps that count.
 */
import avsc from 'avsc'

/** What takes no bytes, as `null`, may be in arrays so often; of all else there is no more than there are bytes. */
const spareItems = 100_000

/** Of one payload. */
export class ItemBudget {
  #left = 0

  /** A payload begins. */
  reset(payload: Buffer): void {
    this.#left = payload.length + spareItems
  }

  /** Throws RangeError. */
  take(count: number): void {
    this.#left -= count
    if (!(this.#left >= 0))
      throw new RangeError(`an array or map has ${count} items, more than the payload has room for`)
  }
}

/** As `avsc` has it inside; the types that it publishes leave it out. */
interface Tap {
  readonly readLong: () => number
  readonly skipLong: () => void
  readonly readString: () => string
  readonly skipString: () => void
}

interface Inner {
  readonly _read: (tap: Tap) => unknown
  readonly _skip: (tap: Tap) => void
}

/** The size of a block stands behind a negative count; what is in it is passed over one by one, since the size may be a lie. */
function* blocks(tap: Tap, budget: ItemBudget): Generator<void> {
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0) tap.skipLong()
    budget.take(Math.abs(count))
    for (let left = Math.abs(count); left > 0; left--) yield
  }
}

/** What makes an array or map of the schema, if it is one, that is read within the budget, by those who resolve to it as well. */
export function countedTypes(budget: ItemBudget): (schema: avsc.Schema, options: unknown) => avsc.Type | undefined {
  class CountedArray extends avsc.types.ArrayType {
    _read(this: { readonly itemsType: Inner }, tap: Tap): unknown[] {
      const items: unknown[] = []
      for (const _ of blocks(tap, budget)) items.push(this.itemsType._read(tap))
      return items
    }

    _skip(this: { readonly itemsType: Inner }, tap: Tap): void {
      for (const _ of blocks(tap, budget)) this.itemsType._skip(tap)
    }
  }

  class CountedMap extends avsc.types.MapType {
    _read(this: { readonly valuesType: Inner }, tap: Tap): object {
      const entries: [string, unknown][] = []
      for (const _ of blocks(tap, budget)) entries.push([tap.readString(), this.valuesType._read(tap)])
      // fromEntries defines the keys, so that '__proto__' is one as any other.
      return Object.fromEntries(entries)
    }

    _skip(this: { readonly valuesType: Inner }, tap: Tap): void {
      for (const _ of blocks(tap, budget)) {
        tap.skipString()
        this.valuesType._skip(tap)
      }
    }
  }

  return (schema, options) => {
    const name: unknown = typeof schema === 'object' && 'type' in schema ? schema.type : undefined
    if (name === 'array') return new CountedArray(schema, options)
    return name === 'map' ? new CountedMap(schema, options) : undefined
  }
}
