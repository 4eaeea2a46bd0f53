/** Of what may be missing, or always is. */
import type { Serde } from './serde.ts'

/**
 * As `serde`, for records that may have none: null is written as null, and read as null. A topic that is compacted has records without
 * a value, many topics have records without a key.
 *
 * Without it a serde has no value for null: it says so when it meets one, and the type of a record need not be looked at for null by
 * those whose topics have none.
 */
export function orNull<T>(serde: Serde<T>): Serde<T | null> {
  return {
    serialize: (value, context) => (value === null ? null : serde.serialize(value, context)),
    deserialize: (bytes, context) => (bytes === null ? null : serde.deserialize(bytes, context)),
  }
}

/** Never any bytes, as Java's `VoidSerializer` has it: for keys, or values, that nobody gives. */
export const voidSerde: Serde<null> = {
  serialize(value) {
    if (value !== null) throw new TypeError('void: there must be no value')
    return null
  },
  deserialize(bytes) {
    if (bytes !== null) throw new RangeError(`void: there are ${bytes.length} bytes, and there should be none`)
    return null
  },
}
