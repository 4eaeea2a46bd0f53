/**
 * Values that are copied as JSON would have them back, faster than by writing and reading their text. Each property is asked for once, so
 * that what is checked is what is written.
 */

/** Arrays and objects in each other; what is deeper may be in itself. */
const depthMax = 100
/** Values in each other; one that is in itself twice would have no end. */
const valuesMax = 100_000

/** JSON has something else for it, or nothing: a Date, what has a `toJSON`, NaN, undefined, a class. It is for the text to tell. */
export const notPlain = Symbol('not plain')

let valuesLeft = 0

/** Or `notPlain`. What is no plain object or array, as a Map, or an object of a class, counts as such too. */
export function plainCopy(value: unknown): unknown {
  valuesLeft = valuesMax
  return copyOf(value, 0)
}

function copyOf(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return value
    case 'number':
      return Number.isFinite(value) ? value : notPlain
    case 'object':
      if (value === null) return null
      return Array.isArray(value) ? arrayOf(value, depth) : objectOf(value, depth)
    default:
      return notPlain
  }
}

/** JSON asks for it everywhere. */
interface Own {
  readonly toJSON?: unknown
}

function arrayOf(value: readonly unknown[] & Own, depth: number): unknown {
  if (depth === depthMax || value.toJSON !== undefined) return notPlain
  const { length } = value
  valuesLeft -= length
  if (valuesLeft < 0) return notPlain
  const copy: unknown[] = []
  for (let i = 0; i < length; i++) {
    const given = value[i]
    const inner = typeof given === 'string' ? given : copyOf(given, depth + 1)
    if (inner === notPlain) return notPlain
    copy.push(inner)
  }
  return copy
}

function objectOf(value: object & Own, depth: number): unknown {
  if (--valuesLeft < 0) return notPlain
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return notPlain
  // `JSON.rawJSON`, a number as it is written, is an object like that.
  if (prototype === null && Object.isFrozen(value)) return notPlain
  if (depth === depthMax || value.toJSON !== undefined) return notPlain
  const copy: Record<string, unknown> = { ...value }
  let count = 0
  for (const key in copy) {
    count++
    const given = copy[key]
    if (typeof given === 'string') continue
    const inner = copyOf(given, depth + 1)
    if (inner === notPlain) return notPlain
    if (inner !== given) copy[key] = inner
  }
  valuesLeft -= count
  return valuesLeft < 0 ? notPlain : copy
}
