/** Values of the primitive types of XML Schema: their texts, which are equal, and which is less. Numbers of any length are kept as digits. */

export type Primitive =
  | 'string'
  | 'boolean'
  | 'decimal'
  | 'float'
  | 'double'
  | 'duration'
  | 'dateTime'
  | 'time'
  | 'date'
  | 'gYearMonth'
  | 'gYear'
  | 'gMonthDay'
  | 'gDay'
  | 'gMonth'
  | 'hexBinary'
  | 'base64Binary'
  | 'anyURI'
  | 'QName'
  | 'NOTATION'

interface Decimal {
  readonly kind: 'decimal'
  readonly isNegative: boolean
  /** Without zeros in front. */
  readonly whole: string
  /** Without zeros at the end. */
  readonly fraction: string
}

interface Instant {
  readonly kind: 'instant'
  /** In UTC where it has a zone, as it stands otherwise. */
  readonly seconds: number
  /** Digits, without zeros at the end. */
  readonly fraction: string
  readonly isZoned: boolean
}

interface Duration {
  readonly kind: 'duration'
  readonly months: number
  readonly seconds: number
}

export type Value =
  | { readonly kind: 'text'; readonly text: string; readonly length: number }
  | { readonly kind: 'number'; readonly number: number }
  | Decimal
  | Instant
  | Duration

/** What a prefix stands for at the place of a value; undefined where it is not declared. */
export type Prefixes = (prefix: string) => string | undefined

export const noPrefixes: Prefixes = (prefix) => (prefix === '' ? '' : undefined)

/** The value of a text whose white space is already normalized; undefined where it has none. */
export function primitiveValue(primitive: Primitive, text: string, prefixes: Prefixes = noPrefixes): Value | undefined {
  switch (primitive) {
    case 'string':
    case 'anyURI':
      return textValue(text)
    case 'boolean':
      if (text === 'true' || text === '1') return textValue('true')
      return text === 'false' || text === '0' ? textValue('false') : undefined
    case 'decimal':
      return decimalOf(text)
    case 'float':
    case 'double':
      return floatingOf(text, primitive === 'float')
    case 'duration':
      return durationOf(text)
    case 'hexBinary':
      return /^(?:[0-9A-Fa-f]{2})*$/u.test(text)
        ? { kind: 'text', text: text.toUpperCase(), length: text.length / 2 }
        : undefined
    case 'base64Binary':
      return base64Of(text)
    case 'QName':
    case 'NOTATION':
      return qualifiedOf(text, prefixes)
    default:
      return instantOf(primitive, text)
  }
}

/** As Array.sort has it; undefined where neither is less, and they are not equal (dates of which one has no zone). */
export function compareValues(one: Value, other: Value): number | undefined {
  if (one.kind === 'decimal' && other.kind === 'decimal') return compareDecimals(one, other)
  if (one.kind === 'number' && other.kind === 'number') return compareNumbers(one.number, other.number)
  if (one.kind === 'instant' && other.kind === 'instant') return compareInstants(one, other)
  if (one.kind === 'duration' && other.kind === 'duration') return compareDurations(one, other)
  if (one.kind === 'text' && other.kind === 'text') return one.text === other.text ? 0 : undefined
  return undefined
}

/** In characters, or in octets for binary types. */
export const lengthOf = (value: Value): number | undefined => (value.kind === 'text' ? value.length : undefined)

export function digitsOf(value: Value): { readonly total: number; readonly fraction: number } | undefined {
  if (value.kind !== 'decimal') return undefined
  const { whole, fraction } = value
  // Zeros behind the point of 0.001 are no digits of the number, as those in front of it are none.
  const total = whole === '' ? fraction.replace(/^0+/u, '').length : whole.length + fraction.length
  return { total: Math.max(total, 1), fraction: fraction.length }
}

function textValue(text: string): Value {
  let length = 0
  for (const _ of text) length += 1
  return { kind: 'text', text, length }
}

function decimalOf(text: string): Decimal | undefined {
  const match = /^([+-]?)(?:([0-9]+)(?:\.([0-9]*))?|\.([0-9]+))$/u.exec(text)
  if (match === null) return undefined
  const whole = (match[2] ?? '').replace(/^0+/u, '')
  const fraction = withoutZeros(match[3] ?? match[4] ?? '')
  return { kind: 'decimal', isNegative: match[1] === '-' && whole + fraction !== '', whole, fraction }
}

/** A loop: what a RegExp would look for from each zero on. */
function withoutZeros(digits: string): string {
  let end = digits.length
  while (end > 0 && digits[end - 1] === '0') end -= 1
  return digits.slice(0, end)
}

function compareDecimals(one: Decimal, other: Decimal): number {
  if (one.isNegative !== other.isNegative) return one.isNegative ? -1 : 1
  const sign = one.isNegative ? -1 : 1
  if (one.whole.length !== other.whole.length) return one.whole.length < other.whole.length ? -sign : sign
  if (one.whole !== other.whole) return one.whole < other.whole ? -sign : sign
  return one.fraction === other.fraction ? 0 : one.fraction < other.fraction ? -sign : sign
}

function floatingOf(text: string, isSingle: boolean): Value | undefined {
  if (text === 'INF') return { kind: 'number', number: Number.POSITIVE_INFINITY }
  if (text === '-INF') return { kind: 'number', number: Number.NEGATIVE_INFINITY }
  if (text === 'NaN') return { kind: 'number', number: Number.NaN }
  if (!/^[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?$/u.test(text)) return undefined
  const number = Number(text)
  return { kind: 'number', number: isSingle ? Math.fround(number) : number }
}

function compareNumbers(one: number, other: number): number | undefined {
  if (Number.isNaN(one) || Number.isNaN(other)) return Number.isNaN(one) && Number.isNaN(other) ? 0 : undefined
  return one === other ? 0 : one < other ? -1 : 1
}

function base64Of(text: string): Value | undefined {
  const packed = text.replaceAll(' ', '')
  const isWhole = packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/u.test(packed)
  if (!isWhole) return undefined
  // The bits behind the last octet are to be zero.
  if (packed.endsWith('==') && !/[AQgw]==$/u.test(packed)) return undefined
  if (/[^=]=$/u.test(packed) && !/[AEIMQUYcgkosw048]=$/u.test(packed)) return undefined
  const padding = packed.endsWith('==') ? 2 : packed.endsWith('=') ? 1 : 0
  return { kind: 'text', text: packed, length: (packed.length / 4) * 3 - padding }
}

function qualifiedOf(text: string, prefixes: Prefixes): Value | undefined {
  const match = /^(?:([^:]+):)?([^:]+)$/u.exec(text)
  const namespace = match === null ? undefined : prefixes(match[1] ?? '')
  if (match === null || namespace === undefined) return undefined
  return textValue(`{${namespace}}${match[2] ?? ''}`)
}

const year = '(?<year>-?(?:[1-9][0-9]{4,8}|[0-9]{4}))'
const month = '(?<month>0[1-9]|1[0-2])'
const day = '(?<day>0[1-9]|[12][0-9]|3[01])'
const clock = '(?<hour>[01][0-9]|2[0-4]):(?<minute>[0-5][0-9]):(?<second>[0-5][0-9])(?:\\.(?<fraction>[0-9]+))?'
const zone = '(?<zone>Z|[+-](?:(?:0[0-9]|1[0-3]):[0-5][0-9]|14:00))?'

const shapes: ReadonlyMap<Primitive, RegExp> = new Map(
  (
    [
      ['dateTime', `${year}-${month}-${day}T${clock}`],
      ['date', `${year}-${month}-${day}`],
      ['time', clock],
      ['gYearMonth', `${year}-${month}`],
      ['gYear', year],
      ['gMonthDay', `--${month}-${day}`],
      ['gDay', `---${day}`],
      ['gMonth', `--${month}`],
    ] as const
  ).map(([primitive, shape]) => [primitive, new RegExp(`^${shape}${zone}$`, 'u')]),
)

const secondsOfDay = 86_400

function instantOf(primitive: Primitive, text: string): Instant | undefined {
  const parts = shapes.get(primitive)?.exec(text)?.groups
  if (parts === undefined) return undefined
  const at = (name: string, otherwise: number): number => Number(parts[name] ?? otherwise)
  const years = at('year', 2000)
  const [months, days, hours] = [at('month', 1), at('day', 1), at('hour', 0)]
  if (parts['year'] !== undefined && years === 0) return undefined
  if (days > daysOfMonth(years, months)) return undefined
  const fraction = withoutZeros(parts['fraction'] ?? '')
  const sinceMidnight = hours * 3600 + at('minute', 0) * 60 + at('second', 0)
  if (sinceMidnight > secondsOfDay || (sinceMidnight === secondsOfDay && fraction !== '')) return undefined
  const zoned = parts['zone']
  const seconds = dayNumber(years, months, days) * secondsOfDay + sinceMidnight - offsetOf(zoned)
  return { kind: 'instant', seconds, fraction, isZoned: zoned !== undefined }
}

function offsetOf(zoned: string | undefined): number {
  if (zoned === undefined || zoned === 'Z') return 0
  const offset = Number(zoned.slice(1, 3)) * 3600 + Number(zoned.slice(4, 6)) * 60
  return zoned.startsWith('-') ? -offset : offset
}

function daysOfMonth(years: number, months: number): number {
  if (months === 2) return isLeap(years) ? 29 : 28
  return months === 4 || months === 6 || months === 9 || months === 11 ? 30 : 31
}

/** There is no year 0 in XML Schema 1.0: -1 is the one before 1. */
const isLeap = (years: number): boolean => {
  const astronomical = years < 0 ? years + 1 : years
  return astronomical % 4 === 0 && (astronomical % 100 !== 0 || astronomical % 400 === 0)
}

/** Days since 0000-03-01 of the Gregorian calendar, which is taken back before its time. */
function dayNumber(years: number, months: number, days: number): number {
  const astronomical = years < 0 ? years + 1 : years
  const shifted = months > 2 ? astronomical : astronomical - 1
  const month = (months + 9) % 12
  return (
    365 * shifted +
    Math.floor(shifted / 4) -
    Math.floor(shifted / 100) +
    Math.floor(shifted / 400) +
    Math.floor((153 * month + 2) / 5) +
    days -
    1
  )
}

function compareInstants(one: Instant, other: Instant): number | undefined {
  if (one.isZoned === other.isZoned) return compareMoments(one, other)
  // The one without a zone may be anywhere within fourteen hours.
  const apart = 14 * 3600
  const [early, late] = [shiftedBy(one, one.isZoned ? 0 : -apart), shiftedBy(one, one.isZoned ? 0 : apart)]
  const [first, last] = [shiftedBy(other, other.isZoned ? 0 : -apart), shiftedBy(other, other.isZoned ? 0 : apart)]
  if (compareMoments(late, first) < 0) return -1
  return compareMoments(early, last) > 0 ? 1 : undefined
}

const shiftedBy = (instant: Instant, seconds: number): Instant => ({ ...instant, seconds: instant.seconds + seconds })

function compareMoments(one: Instant, other: Instant): number {
  if (one.seconds !== other.seconds) return one.seconds < other.seconds ? -1 : 1
  return one.fraction === other.fraction ? 0 : one.fraction < other.fraction ? -1 : 1
}

function durationOf(text: string): Duration | undefined {
  const shape =
    /^(-?)P(?:(\d{1,9})Y)?(?:(\d{1,9})M)?(?:(\d{1,9})D)?(T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9}(?:\.\d{1,12})?)S)?)?$/u
  const match = shape.exec(text)
  if (match === null || /[PT]$/u.test(text)) return undefined
  const sign = match[1] === '-' ? -1 : 1
  const at = (index: number): number => Number(match[index] ?? 0)
  const months = at(2) * 12 + at(3)
  const seconds = at(4) * secondsOfDay + at(6) * 3600 + at(7) * 60 + at(8)
  return { kind: 'duration', months: sign * months || 0, seconds: sign * seconds || 0 }
}

/** From each of these moments on it is to be less (the recommendation, 3.2.6.2). */
const references: readonly (readonly [number, number])[] = [
  [1696, 9],
  [1697, 2],
  [1903, 3],
  [1903, 7],
]

function compareDurations(one: Duration, other: Duration): number | undefined {
  const signs = references.map(([years, months]) =>
    Math.sign(secondsFrom(years, months, one) - secondsFrom(years, months, other)),
  )
  const [first] = signs
  return signs.every((sign) => sign === first) ? first : undefined
}

function secondsFrom(years: number, months: number, { months: more, seconds }: Duration): number {
  const total = years * 12 + months - 1 + more
  return dayNumber(Math.floor(total / 12), (((total % 12) + 12) % 12) + 1, 1) * secondsOfDay + seconds
}
