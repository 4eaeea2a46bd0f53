/** Where in a value something stands, and what is told of it where it does not fit. */
import { isList, isRaw } from './json.ts'

/** Of a value that does not fit its schema: it begins with the path. */
export class MisfitError extends Error {
  override readonly name = 'MisfitError'
}

/** So often a branch of a union is tried that does not fit, in one value: each may have others in it. */
const trialsMax = 10_000

export class Place {
  readonly #around: Place | undefined
  readonly #name: string | number
  readonly #trials: { count: number }

  constructor(around?: Place, name: string | number = '') {
    this.#around = around
    this.#name = name
    this.#trials = around === undefined ? { count: 0 } : around.#trials
  }

  within(name: string | number): Place {
    return new Place(this, name)
  }

  /** Undefined: it does not fit. Throws MisfitError where that was so too often. */
  tried<T>(read: () => T): { readonly value: T } | undefined {
    try {
      return { value: read() }
    } catch (error) {
      if (!(error instanceof MisfitError)) throw error
      if (++this.#trials.count > trialsMax) throw new RangeError('there are too many ways to read the value')
      return undefined
    }
  }

  refuse(why: string): never {
    throw new MisfitError(`${this}: ${why}`)
  }

  misfit(value: unknown, what: string): never {
    this.refuse(`${shown(value)} does not fit ${what}`)
  }

  toString(): string {
    return this.#path() || 'the value'
  }

  #path(): string {
    if (this.#around === undefined) return ''
    const before = this.#around.#path()
    if (typeof this.#name === 'number') return `${before}[${this.#name}]`
    const name = /^[\p{L}\p{N}_$-]+$/u.test(this.#name) ? this.#name : JSON.stringify(this.#name)
    return before === '' ? name : `${before}.${name}`
  }
}

const shownMax = 60

function shown(value: unknown): string {
  if (isList(value)) return 'a list'
  if (typeof value === 'object' && value !== null && !isRaw(value)) return 'an object'
  const text = JSON.stringify(value)
  return text.length > shownMax ? `${text.slice(0, shownMax)}...` : text
}
