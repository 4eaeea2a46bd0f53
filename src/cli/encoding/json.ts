/**
 * JSON whose numbers keep their digits, on the way in and on the way out: what a number of JavaScript would round, or write otherwise,
 * stays the text that it is. Values are those of `JSON.parse`, with such texts among them.
 */

/** A number as it stands in a text; `JSON.stringify` writes it so. */
export interface RawNumber {
  readonly rawJSON: string
}

declare global {
  interface JSON {
    rawJSON(text: string): RawNumber
    isRawJSON(value: unknown): value is RawNumber
    parse(
      text: string,
      reviver: (key: string, value: unknown, context: { readonly source?: string }) => unknown,
    ): unknown
  }
}

export const isRaw = (value: unknown): value is RawNumber => JSON.isRawJSON(value)

export const isList = (value: unknown): value is readonly unknown[] => Array.isArray(value)

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !isRaw(value)

/** Of 16 digits, with a fraction or an exponent, or a zero with a sign: in a text without these no number can change. */
const mayChange = /\d(?:\d{15}|[eE.])|-0/

/** Throws SyntaxError, and RangeError where it is nested too deeply. */
export function readJson(text: string): unknown {
  return mayChange.test(text) ? JSON.parse(text, kept) : JSON.parse(text)
}

const kept = (_key: string, value: unknown, { source }: { readonly source?: string }): unknown =>
  typeof value === 'number' && source !== undefined && String(value) !== source ? JSON.rawJSON(source) : value

/** On one line. Throws RangeError where it is nested too deeply. */
export const writeJson = (value: unknown): string => JSON.stringify(value)

export const rawNumber = (text: string): RawNumber => JSON.rawJSON(text)

/** As it stands, or as JavaScript writes it; undefined: it is no number. */
export function numberText(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return isRaw(value) ? value.rawJSON : undefined
}

const whole = /^-?\d{1,100}$/

/** Exactly. Undefined: it is no number, or no whole one. `2.0` is one. */
export function wholeNumber(value: unknown): bigint | undefined {
  const text = numberText(value)
  if (text === undefined) return undefined
  if (whole.test(text)) return BigInt(text)
  const number = Number(text)
  return Number.isSafeInteger(number) ? BigInt(number) : undefined
}

/** What JSON has no numbers for, as Avro and Protobuf write it. */
export const notFinite: ReadonlyMap<string, number> = new Map([
  ['NaN', Number.NaN],
  ['Infinity', Number.POSITIVE_INFINITY],
  ['-Infinity', Number.NEGATIVE_INFINITY],
])

/** A double, so that it is read again as what it is. */
export function realJson(value: number): unknown {
  if (!Number.isFinite(value)) return String(value)
  return Object.is(value, -0) ? rawNumber('-0') : value
}
