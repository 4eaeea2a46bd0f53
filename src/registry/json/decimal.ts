/** Numbers of any size, exactly: what is 0.1 in a schema is not the nearest number of 53 bits. */

/** `unscaled` times ten to the power of minus `scale`. */
export interface Decimal {
  readonly unscaled: bigint
  readonly scale: number
}

/** Of a number as JSON writes it. */
export const decimalOf = (source: string): Decimal => {
  const [mantissa = '0', exponent = '0'] = source.toLowerCase().split('e')
  const [whole = '0', fraction = ''] = mantissa.split('.')
  return { unscaled: BigInt(whole + fraction), scale: fraction.length - Number(exponent) }
}

/** Of equal value and the fewest digits: 1.50 and 15e-1 give the same. */
const reduced = ({ unscaled, scale }: Decimal): Decimal => {
  if (unscaled === 0n) return { unscaled, scale: 0 }
  const digits = String(unscaled)
  const kept = digits.replace(/0+$/, '')
  return { unscaled: BigInt(kept), scale: scale - (digits.length - kept.length) }
}

/** The same text for equal values. */
export const valueText = (source: string): string => {
  const { unscaled, scale } = reduced(decimalOf(source))
  return scale === 0 ? String(unscaled) : `${unscaled}e${-scale}`
}

const signOf = (value: bigint): number => (value > 0n ? 1 : value < 0n ? -1 : 0)
const digitsOf = (value: bigint): number => String(value < 0n ? -value : value).length

/** Negative where the first is less. Compares the orders of magnitude first, so that 1e100000 costs nothing. */
export const compareDecimals = (a: Decimal, b: Decimal): number => {
  const sign = signOf(a.unscaled)
  if (sign !== signOf(b.unscaled)) return sign - signOf(b.unscaled)
  if (sign === 0) return 0
  const order = digitsOf(a.unscaled) - a.scale - (digitsOf(b.unscaled) - b.scale)
  if (order !== 0) return order * sign
  const scale = Math.max(a.scale, b.scale)
  return signOf(a.unscaled * 10n ** BigInt(scale - a.scale) - b.unscaled * 10n ** BigInt(scale - b.scale))
}

/** Ten to the power of `exponent`, modulo `modulus`. */
const powerOfTen = (exponent: number, modulus: bigint): bigint => {
  let result = 1n % modulus
  let base = 10n % modulus
  for (let rest = exponent; rest > 0; rest = Math.floor(rest / 2)) {
    if (rest % 2 === 1) result = (result * base) % modulus
    base = (base * base) % modulus
  }
  return result
}

/** Whether `value` is a whole multiple of `step`. */
export const isMultiple = (value: Decimal, step: Decimal): boolean => {
  if (value.unscaled === 0n) return true
  if (step.unscaled === 0n) return false
  const [{ unscaled: dividend, scale: dividendScale }, { unscaled: divisor, scale: divisorScale }] = [
    reduced(value),
    reduced(step),
  ]
  const modulus = divisor < 0n ? -divisor : divisor
  const shift = divisorScale - dividendScale
  if (shift >= 0) return (dividend * powerOfTen(shift, modulus)) % modulus === 0n
  // A reduced number does not end in zero, so it cannot be a multiple of ten.
  return false
}

/** As Java's BigDecimal writes it, which is how Confluent's registry writes what has a fraction or an exponent. */
export const javaText = (source: string): string => {
  if (!/[.eE]/.test(source)) return source === '-0' ? '0' : source
  const { unscaled, scale } = decimalOf(source)
  const sign = unscaled < 0n ? '-' : ''
  const digits = String(unscaled < 0n ? -unscaled : unscaled)
  const exponent = digits.length - 1 - scale
  if (scale >= 0 && exponent >= -6) {
    if (scale === 0) return sign + digits
    const padded = digits.padStart(scale + 1, '0')
    return `${sign}${padded.slice(0, -scale)}.${padded.slice(-scale)}`
  }
  const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`
  return `${sign}${mantissa}${exponent === 0 ? '' : `E${exponent < 0 ? '' : '+'}${exponent}`}`
}
