/** The flags of a command line, once it is parsed. */
import { UsageError } from './usage-error.ts'

/** What the flags of a command line say, by name; a flag that is not there is undefined. */
export class Given {
  readonly #values: Readonly<Record<string, unknown>>

  constructor(values: Readonly<Record<string, unknown>>) {
    this.#values = values
  }

  has(flag: string): boolean {
    return this.#values[flag] === true
  }

  text(flag: string): string | undefined {
    const value = this.#values[flag]
    return typeof value === 'string' ? value : undefined
  }

  texts(flag: string): readonly string[] {
    const value = this.#values[flag]
    return Array.isArray(value) ? value.filter((it) => typeof it === 'string') : []
  }

  /** Undefined where it is not told. Throws UsageError. */
  number(flag: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const text = this.text(flag)
    if (text === undefined) return undefined
    const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new UsageError(`--${flag} is a number from ${min} to ${max}, not '${text}'`)
  }

  /** `NAME=VALUE` each. Throws UsageError. */
  pairs(flag: string): Readonly<Record<string, string>> {
    return Object.fromEntries(this.texts(flag).map((pair) => pairOf(flag, pair)))
  }
}

function pairOf(flag: string, pair: string): [string, string] {
  const equals = pair.indexOf('=')
  if (equals <= 0) throw new UsageError(`--${flag} takes NAME=VALUE, not '${pair}'`)
  return [pair.slice(0, equals).trim(), pair.slice(equals + 1).trim()]
}
