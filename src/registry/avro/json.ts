/**
 * JSON as a schema's text has it: in order, with whole numbers told from others and kept to the last digit, which `JSON.parse` does not do.
 * Written as Java's Avro library writes it, so that both registries store the same text.
 */

export type Json = null | boolean | string | JsonNumber | readonly Json[] | JsonObject
export type JsonObject = ReadonlyMap<string, Json>

export type JsonNumber =
  /** In decimal digits, of any size. */
  { readonly kind: 'integer'; readonly digits: string } | { readonly kind: 'real'; readonly value: number }

export function isObject(value: Json | undefined): value is JsonObject {
  return value instanceof Map
}

export function isArray(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value)
}

export function isNumber(value: Json | undefined): value is JsonNumber {
  return typeof value === 'object' && value !== null && !isObject(value) && !isArray(value)
}

/** A whole number within signed integers of so many bits. */
export function isInteger(value: Json | undefined, bits: 32 | 64): value is JsonNumber & { kind: 'integer' } {
  return (
    isNumber(value) && value.kind === 'integer' && BigInt.asIntN(bits, BigInt(value.digits)) === BigInt(value.digits)
  )
}

export function numberOf(value: JsonNumber): number {
  return value.kind === 'real' ? value.value : Number(value.digits)
}

/** Objects are equal in any order; 1 and 1.0 are two values. */
export function equalJson(a: Json, b: Json): boolean {
  if (a === b) return true
  if (isObject(a)) return isObject(b) && equalProps(a, b)
  if (isArray(a)) return isArray(b) && a.length === b.length && a.every((it, i) => equalJson(it, b[i] ?? null))
  return isNumber(a) && isNumber(b) && a.kind === b.kind && numberText(a) === numberText(b)
}

export function equalProps(a: JsonObject, b: JsonObject): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) {
    const other = b.get(name)
    if (other === undefined || !equalJson(value, other)) return false
  }
  return true
}

/** Everything with its names in order. */
export function sortedJson(value: Json): Json {
  if (isArray(value)) return value.map(sortedJson)
  return isObject(value) ? sortedProps(value) : value
}

export function sortedProps(props: JsonObject): JsonObject {
  const sorted = [...props.keys()].sort()
  return new Map(sorted.map((name) => [name, sortedJson(props.get(name) ?? null)]))
}

export function jsonDepth(value: Json): number {
  if (isArray(value)) return 1 + deepest(value)
  return isObject(value) ? 1 + deepest(value.values()) : 0
}

function deepest(values: Iterable<Json>): number {
  let depth = 0
  for (const value of values) depth = Math.max(depth, jsonDepth(value))
  return depth
}

export function jsonText(value: Json): string {
  if (typeof value === 'string') return quoted(value)
  if (isArray(value)) return `[${value.map(jsonText).join(',')}]`
  if (isObject(value)) return `{${Array.from(value, ([name, it]) => `${quoted(name)}:${jsonText(it)}`).join(',')}}`
  return isNumber(value) ? numberText(value) : String(value)
}

/** With the escapes that Jackson has: as JavaScript's, but for the case of hexadecimal digits. */
export function quoted(text: string): string {
  return JSON.stringify(text).replace(/\\(?:u([0-9a-f]{4})|.)/g, (all, hex) =>
    hex === undefined ? all : `\\u${hex.toUpperCase()}`,
  )
}

function numberText(number: JsonNumber): string {
  return number.kind === 'integer' ? number.digits : doubleText(number.value)
}

/** As `Double.toString` in Java. What JSON has no number for is a string, as Jackson writes it. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const size = Math.abs(value)
  if (size >= 1e-3 && size < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const shortest = value.toExponential()
  // Java gives two digits at least, and has them as near as it can.
  const [digits, exponent] = (shortest.includes('.') ? shortest : value.toExponential(1)).split('e')
  return `${digits}E${Number(exponent)}`
}

/** The number whose shortest digits are those of the nearest `float`. */
export function floatOf(value: number): number {
  const float = Math.fround(value)
  for (let digits = 1; digits < 10; digits++) {
    const short = Number(float.toExponential(digits))
    if (Math.fround(short) === float) return short
  }
  return float
}
