/**
 * Numbers as Java reads and prints them, since configs travel as text between us and Kafka's tools.
 */

/** Digits of an int, short or long; undefined if Java would not parse it. */
export function parseInteger(text: string): bigint | undefined {
  if (!/^[+-]?[0-9]+$/.test(text) || text.length > 32) return undefined
  return text.startsWith('+') ? BigInt(text.slice(1)) : BigInt(text)
}

export function parseDouble(text: string): number | undefined {
  const trimmed = text.trim()
  if (/^[+-]?Infinity$/.test(trimmed) || trimmed === 'NaN') return Number(trimmed)
  if (!/^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?[dDfF]?$/.test(trimmed)) return undefined
  return Number(trimmed.replace(/[dDfF]$/, ''))
}

/** As `Double.toString`: always a fraction, an exponent outside [10^-3, 10^7). */
export function doubleToText(value: number): string {
  if (!Number.isFinite(value)) return String(value)
  if (value === 0) return Object.is(value, -0) ? '-0.0' : '0.0'
  const magnitude = Math.abs(value)
  if (magnitude >= 1e-3 && magnitude < 1e7) return Number.isInteger(value) ? `${value}.0` : String(value)
  const [mantissa = '', exponent = ''] = value.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${exponent.replace('+', '')}`
}

/** A long as a number: exact where a number can be, else the nearest safe one. `Long.MAX_VALUE` means "never" or "no limit". */
export function saturate(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER
  if (value < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER
  return Number(value)
}
