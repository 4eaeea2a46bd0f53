/** What a field is worth where it is missing, as a descriptor has it: all values as text. */
import { isScalar, type OptionValue } from './model.ts'
import { floatOf, integerOf } from './scalar-writer.ts'

/** undefined: it is no value of that type. */
export function defaultText(type: string, value: OptionValue): string | undefined {
  if (value.kind === 'list' || value.kind === 'map') return undefined
  if (type === 'string') return value.text
  if (type === 'bytes') return escapedBytes(Buffer.from(value.text, isBinary(value) ? 'latin1' : 'utf8'))
  if (!isScalar(type) || type === 'bool') return value.text
  if (type !== 'double' && type !== 'float') return integerOf(value.text)?.toString()
  const number = floatOf(value.text)
  return number === undefined ? undefined : floatText(number, type)
}

function isBinary(value: OptionValue): boolean {
  return value.kind === 'string' && value.isBinary
}

const ESCAPES: ReadonlyMap<number, string> = new Map([
  [9, '\\t'],
  [10, '\\n'],
  [13, '\\r'],
  [34, '\\"'],
  [39, "\\'"],
  [92, '\\\\'],
])

function escapedBytes(bytes: Uint8Array): string {
  const escaped = [...bytes].map((byte) => {
    const plain = byte >= 32 && byte < 127 ? String.fromCharCode(byte) : `\\${byte.toString(8).padStart(3, '0')}`
    return ESCAPES.get(byte) ?? plain
  })
  return escaped.join('')
}

/** With as few digits as protoc needs to say the same number. */
function floatText(value: number, type: 'double' | 'float'): string {
  if (Number.isNaN(value)) return 'nan'
  const stored = type === 'float' ? Math.fround(value) : value
  if (!Number.isFinite(stored)) return stored < 0 ? '-inf' : 'inf'
  const [few, many] = type === 'float' ? [6, 9] : [15, 17]
  const short = withDigits(stored, few)
  const read = type === 'float' ? Math.fround(Number(short)) : Number(short)
  return read === stored ? short : withDigits(stored, many)
}

/** As `%.<digits>g` of C: no zeros at the end, and an exponent, of two digits at least, where the number is small or large. */
function withDigits(value: number, digits: number): string {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  const [mantissa = '', exponentText = '0'] = value.toExponential(digits - 1).split('e')
  const exponent = Number(exponentText)
  if (exponent >= -4 && exponent < digits) return withoutZeros(value.toFixed(digits - 1 - exponent))
  const size = String(Math.abs(exponent)).padStart(2, '0')
  return `${withoutZeros(mantissa)}e${exponent < 0 ? '-' : '+'}${size}`
}

function withoutZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text
}
