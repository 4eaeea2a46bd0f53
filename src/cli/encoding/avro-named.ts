/** Enums, bytes and decimals of Avro as JSON. Bytes are a string with a character for each, as in Avro's own encoding. */
import { looksLikeNumber, looksLikeText, type Shape, unexpected } from './avro-shape.ts'
import { numberText, rawNumber } from './json.ts'
import type { Place } from './place.ts'

export function enumShape(name: string, symbols: readonly string[]): Shape {
  const known = new Set<unknown>(symbols)
  return {
    name,
    kind: 'string',
    looks: looksLikeText,
    toJson: (value) => value,
    ofJson: (json, place) => (known.has(json) ? json : place.misfit(json, `enum ${name} (${someOf(symbols)})`)),
  }
}

const shownMax = 10

const someOf = (symbols: readonly string[]): string =>
  symbols.length <= shownMax ? symbols.join(', ') : `${symbols.slice(0, shownMax).join(', ')}, ...`

const beyondByte = /[^\0-\u00ff]/

const latin1 = (value: unknown, name: string): unknown =>
  Buffer.isBuffer(value) ? value.toString('latin1') : unexpected(value, name)

function bytesOf(json: unknown, place: Place, what: string): Buffer {
  if (typeof json !== 'string') place.misfit(json, what)
  if (beyondByte.test(json)) place.refuse('bytes are a string with a character up to U+00FF for each')
  return Buffer.from(json, 'latin1')
}

/** Without a name of its own. */
const bytes = 'bytes'

export const bytesShape: Shape = {
  name: bytes,
  kind: 'bytes',
  looks: looksLikeText,
  toJson: (value) => latin1(value, bytes),
  ofJson: (json, place) => bytesOf(json, place, bytes),
}

export function fixedShape(name: string, size: number): Shape {
  return {
    name,
    kind: 'bytes',
    looks: looksLikeText,
    toJson: (value) => latin1(value, name),
    ofJson(json, place) {
      const made = bytesOf(json, place, name)
      return made.length === size ? made : place.refuse(`${made.length} bytes do not fit ${name}, which has ${size}`)
    },
  }
}

export interface DecimalOptions {
  readonly precision: number
  readonly scale: number
  /** Undefined: in bytes, as many as are needed. */
  readonly fixed: { readonly name: string; readonly size: number } | undefined
}

/** Beyond it a number of a payload is made to be slow. */
const decimalBytesMax = 1000

/** A number with as many digits behind the point as the scale says. */
export function decimalShape({ precision, scale, fixed }: DecimalOptions): Shape {
  const name = fixed?.name ?? bytes
  return {
    name,
    kind: 'bytes',
    looks: looksLikeNumber,
    toJson(value) {
      if (!Buffer.isBuffer(value)) return unexpected(value, name)
      if (value.length > decimalBytesMax)
        throw new RangeError(`a decimal has ${value.length} bytes, and ${decimalBytesMax} at most`)
      return rawNumber(pointed(signedOf(value), scale))
    },
    ofJson(json, place) {
      const unscaled = unscaledOf(json, place, { precision, scale })
      return fixed === undefined ? bytesOfSigned(unscaled) : sized(unscaled, place, fixed)
    },
  }
}

function signedOf(value: Buffer): bigint {
  return value.length === 0 ? 0n : BigInt.asIntN(value.length * 8, BigInt(`0x${value.toString('hex')}`))
}

function pointed(unscaled: bigint, scale: number): string {
  if (scale === 0) return String(unscaled)
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  return `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`
}

const decimal = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,6}))?$/

function unscaledOf(
  json: unknown,
  place: Place,
  { precision, scale }: Pick<DecimalOptions, 'precision' | 'scale'>,
): bigint {
  const what = `decimal(${precision}, ${scale})`
  const [text, sign = '', before = '', behind = '', exponent = '0'] = decimal.exec(numberText(json) ?? '') ?? []
  if (text === undefined) place.misfit(json, what)
  const digits = (before + behind).replace(/^0+/, '')
  if (digits === '') return 0n
  const zeros = scale - behind.length + Number(exponent)
  const cut = zeros < 0 ? digits.slice(zeros) : ''
  if (/[1-9]/.test(cut)) place.refuse(`${text} has more than ${scale} digits behind the point`)
  if (digits.length + zeros > precision) place.refuse(`${text} has more than ${precision} digits, as ${what} has them`)
  const unscaled = BigInt(zeros < 0 ? digits.slice(0, zeros) : digits + '0'.repeat(zeros))
  return sign === '' ? unscaled : -unscaled
}

/** As few as there can be. */
function bytesOfSigned(value: bigint): Buffer {
  // Of a negative number those of what it is the complement of.
  const magnitude = value < 0n ? -value - 1n : value
  return twosComplement(value, Math.floor(magnitude.toString(2).length / 8) + 1)
}

const twosComplement = (value: bigint, size: number): Buffer =>
  Buffer.from(
    BigInt.asUintN(size * 8, value)
      .toString(16)
      .padStart(size * 2, '0'),
    'hex',
  )

function sized(value: bigint, place: Place, { name, size }: { readonly name: string; readonly size: number }): Buffer {
  if (BigInt.asIntN(size * 8, value) !== value) place.refuse(`the number does not fit ${name}, which has ${size} bytes`)
  return twosComplement(value, size)
}
