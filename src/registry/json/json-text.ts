/** Texts of a JSON node: the one that is stored, the one of all that mean the same, and the plain values that a validator wants. */
import { javaText, valueText } from './decimal.ts'
import { isArray, type JsonNode, JsonNumber } from './json-node.ts'

/** Escapes with capital digits, as Jackson has them. */
const quoted = (text: string): string =>
  JSON.stringify(text).replace(/\\(?:u[0-9a-f]{4}|.)/g, (found) =>
    found.startsWith('\\u') ? `\\u${found.slice(2).toUpperCase()}` : found,
  )

interface Style {
  readonly isSorted: boolean
  readonly number: (source: string) => string
}

const write = (node: JsonNode, style: Style): string => {
  if (node === null || typeof node === 'boolean') return String(node)
  if (typeof node === 'string') return quoted(node)
  if (node instanceof JsonNumber) return style.number(node.source)
  if (isArray(node)) return `[${node.map((item) => write(item, style)).join(',')}]`
  const keys = style.isSorted ? [...node.keys()].sort() : [...node.keys()]
  return `{${keys.map((key) => `${quoted(key)}:${write(node.get(key) ?? null, style)}`).join(',')}}`
}

export const canonicalText = (node: JsonNode): string => write(node, { isSorted: false, number: javaText })
/** Keys in the order of their UTF-16 units, as Java compares strings. */
export const sortedText = (node: JsonNode): string => write(node, { isSorted: true, number: javaText })
/** The same for values that JSON Schema takes as equal: neither the order of keys counts, nor how a number is written. */
export const equalityText = (node: JsonNode): string => write(node, { isSorted: true, number: valueText })

/** What is too big or too small for a number of JavaScript stays one, and keeps its sign. */
const plainNumber = (source: string): number => {
  const value = Number(source)
  if (!Number.isFinite(value)) return Math.sign(value) * Number.MAX_VALUE
  return value === 0 && /[1-9]/.test(source.split(/[eE]/)[0] ?? '')
    ? Number.MIN_VALUE * (source.startsWith('-') ? -1 : 1)
    : value
}

export const plainValue = (node: JsonNode): unknown => {
  if (node instanceof JsonNumber) return plainNumber(node.source)
  if (node === null || typeof node !== 'object') return node
  if (isArray(node)) return node.map(plainValue)
  // fromEntries defines the keys, so that '__proto__' is one as any other.
  return Object.fromEntries([...node].map(([key, value]) => [key, plainValue(value)]))
}
