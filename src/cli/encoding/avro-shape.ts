/** What a type of Avro is to JSON; and those that have neither a name nor anything in them. */
import { isRaw, notFinite, numberText, rawNumber, realJson, wholeNumber } from './json.ts'
import type { Place } from './place.ts'

/** Kinds of values between which a serde of Avro tells the branches of a union; where two of them are of one, it names the branch. */
type Kind = 'null' | 'boolean' | 'number' | 'bigint' | 'bytes' | 'string' | 'list' | 'object'

export interface Shape {
  /** By which a branch of a union is named. */
  readonly name: string
  readonly kind: Kind
  /** Whether it may be one, by its kind of JSON alone. */
  readonly looks: (json: unknown) => boolean
  /** Of a value as a serde with bigints has it. */
  readonly toJson: (value: unknown) => unknown
  /** Throws MisfitError. */
  readonly ofJson: (json: unknown, place: Place) => unknown
}

/** Of a decoder that has given something else than the schema says. */
class UnexpectedValueError extends Error {
  override readonly name = 'UnexpectedValueError'
}

export function unexpected(value: unknown, name: string): never {
  throw new UnexpectedValueError(`${typeof value} was decoded of ${name}`)
}

export const looksLikeNumber = (json: unknown): boolean => typeof json === 'number' || isRaw(json)
const looksLikeReal = (json: unknown): boolean =>
  looksLikeNumber(json) || (typeof json === 'string' && notFinite.has(json))
export const looksLikeText = (json: unknown): boolean => typeof json === 'string'

const same = (value: unknown): unknown => value

const nothing: Shape = {
  name: 'null',
  kind: 'null',
  looks: (json) => json === null,
  toJson: same,
  ofJson: (json, place) => (json === null ? json : place.misfit(json, 'null')),
}

const truth: Shape = {
  name: 'boolean',
  kind: 'boolean',
  looks: (json) => typeof json === 'boolean',
  toJson: same,
  ofJson: (json, place) => (typeof json === 'boolean' ? json : place.misfit(json, 'boolean')),
}

const string: Shape = {
  name: 'string',
  kind: 'string',
  looks: looksLikeText,
  toJson: same,
  ofJson(json, place) {
    if (typeof json !== 'string') return place.misfit(json, 'string')
    return json.isWellFormed() ? json : place.refuse('the string is no Unicode: half of a surrogate pair is missing')
  },
}

const int: Shape = {
  name: 'int',
  kind: 'number',
  looks: looksLikeNumber,
  toJson: same,
  ofJson(json, place) {
    const value = wholeNumber(json)
    return value !== undefined && BigInt.asIntN(32, value) === value ? Number(value) : place.misfit(json, 'int')
  },
}

const long: Shape = {
  name: 'long',
  kind: 'bigint',
  looks: looksLikeNumber,
  toJson: (value) => rawNumber(String(value)),
  ofJson(json, place) {
    const value = wholeNumber(json)
    return value !== undefined && BigInt.asIntN(64, value) === value ? value : place.misfit(json, 'long')
  },
}

function real(name: string, toJson: (value: number) => number, round: (value: number) => number): Shape {
  return {
    name,
    kind: 'number',
    looks: looksLikeReal,
    toJson: (value) => (typeof value === 'number' ? realJson(toJson(value)) : unexpected(value, name)),
    ofJson(json, place) {
      const special = typeof json === 'string' ? notFinite.get(json) : undefined
      if (special !== undefined) return special
      const text = numberText(json)
      const value = text === undefined ? Number.NaN : round(Number(text))
      return Number.isFinite(value) ? value : place.misfit(json, name)
    },
  }
}

/** Six digits are surely kept by a float, and nine are surely enough for one: so 0.1 is not 0.10000000149011612. */
function shortFloat(value: number): number {
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    // Not by ===: the text of -0 has no sign.
    if (Object.is(Math.fround(short), value)) return short
  }
  return value
}

export const primitives: ReadonlyMap<string, Shape> = new Map(
  [nothing, truth, string, int, long, real('float', shortFloat, Math.fround), real('double', Number, Number)].map(
    (shape) => [shape.name, shape],
  ),
)
