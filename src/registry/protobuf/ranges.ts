import type { NumberRange, OneNumber, ReservedName } from './model.ts'

interface Range {
  readonly at: number
  readonly first: number
  readonly last: number
}

/** Numbers that a message or an enum keeps free or gives to extensions. */
export class Ranges {
  /** By where they begin. */
  readonly #sorted: readonly Range[]

  constructor(
    statements: readonly {
      readonly at: number
      readonly values: readonly (OneNumber | NumberRange | ReservedName)[]
    }[],
  ) {
    const ranges: Range[] = []
    for (const { at, values } of statements) {
      for (const value of values) {
        if (value.kind === 'number') ranges.push({ at, first: value.number, last: value.number })
        else if (value.kind === 'range') ranges.push({ at, first: value.first, last: value.last })
      }
    }
    this.#sorted = ranges.toSorted((a, b) => a.first - b.first)
  }

  /** The first one that has a number which another one has as well. */
  get overlap(): Range | undefined {
    return this.#sorted.find((range, index) => {
      const before = this.#sorted[index - 1]
      return before !== undefined && before.last >= range.first
    })
  }

  /** Of ranges that do not overlap. */
  has(number: number): boolean {
    let [low, high] = [0, this.#sorted.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      const range = this.#sorted[middle]
      if (range === undefined || range.first > number) high = middle
      else if (range.last >= number) return true
      else low = middle + 1
    }
    return false
  }
}
