/** The patterns of one comparison: each is read once, as long as there is room, and what is done with them is counted. */
import type { Budget } from './budget.ts'
import { Pattern } from './pattern.ts'

/** So many steps of a machine count as much as the comparison of a pair. */
const stepsOfOne = 50
/** Of all that are kept, by what they cost. */
const costMax = 200_000

export class PatternBook {
  readonly #budget: Budget
  readonly #patterns = new Map<string, Pattern>()
  #cost = 0

  constructor(budget: Budget) {
    this.#budget = budget
  }

  /** Undefined where it cannot be told: the pattern is not known, or there was too much work. */
  finds(source: string, text: string): boolean | undefined {
    const pattern = this.#patterns.get(source) ?? this.#read(source)
    return this.#budget.spend(1 + (pattern.cost * (text.length + 1)) / stepsOfOne) ? pattern.finds(text) : undefined
  }

  #read(source: string): Pattern {
    const pattern = new Pattern(source)
    this.#budget.spend(1 + pattern.cost / stepsOfOne)
    if (this.#cost + pattern.cost > costMax) return pattern
    this.#cost += pattern.cost
    this.#patterns.set(source, pattern)
    return pattern
  }
}
