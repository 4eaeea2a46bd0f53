/**
 * Compares two schemas, each pair of parts once. Recursive schemas come back to a pair that is being compared: it is taken for
 * compatible then. That can be wrong, and what was concluded from it as well, so all is done again knowing the pairs that turned out
 * incompatible, until no more do.
 */
import { Budget } from './budget.ts'
import { compareShapes } from './compare-shapes.ts'
import { type Difference, notComparable } from './difference.ts'
import { Findings } from './findings.ts'
import { PairMap } from './pair-map.ts'
import type { Pairs } from './pairs.ts'
import { PatternBook } from './pattern-book.ts'
import { ReferenceShape, type Shape, type SolidShape } from './shape.ts'

/** Over all rounds: the pairs asked for, what was found in them, and patterns that were tried. */
const workMax = 500_000
/** As parts of the comparison of a pair. */
const workOfLook = 0.1
const workOfFinding = 0.2
/** Pairs within pairs: each is some calls deep. */
const depthMax = 400

/** What an update changes. */
export const differencesBetween = (original: Shape, update: Shape): readonly Difference[] => {
  const budget = new Budget(workMax)
  const patterns = new PatternBook(budget)
  const known = new PairMap()
  for (;;) {
    const round = new Round(known, budget, patterns)
    const findings = round.compare(original, update)
    if (budget.isSpent) return isProven(round, findings) ? findings.all : [...findings.all, ...givenUp().all]
    // To know more pairs never makes the whole compatible again.
    if (!findings.isCompatible || !round.hasAssumed) return findings.all
    const before = known.size
    round.tell(known)
    if (known.size === before) return findings.all
  }
}

/** Although there was no time for more. */
const isProven = (round: Round, findings: Findings): boolean => findings.isCompatible && !round.hasAssumed

class Round implements Pairs {
  /** Something was taken for compatible before it was known. */
  hasAssumed = false
  readonly #known: PairMap
  readonly #budget: Budget
  readonly #patterns: PatternBook
  readonly #done = new PairMap()
  readonly #begun = new PairMap()
  #depth = 0
  #probes = 0

  constructor(known: PairMap, budget: Budget, patterns: PatternBook) {
    this.#known = known
    this.#budget = budget
    this.#patterns = patterns
  }

  compare(original: Shape | undefined, update: Shape | undefined): Findings {
    if (original !== undefined && update !== undefined) return this.#pair(solid(original), solid(update))
    const findings = new Findings()
    if (original !== update) findings.add(original === undefined ? 'SCHEMA_ADDED' : 'SCHEMA_REMOVED')
    return findings
  }

  get isProbing(): boolean {
    return this.#probes > 0
  }

  get isSpent(): boolean {
    return this.#budget.isSpent
  }

  fit(original: Shape, update: Shape): Findings | undefined {
    this.#probes++
    const findings = this.#pair(solid(original), solid(update))
    this.#probes--
    return findings.isCompatible ? findings : undefined
  }

  finds(pattern: string, name: string): boolean | undefined {
    return this.#patterns.finds(pattern, name)
  }

  /** Adds the pairs that are incompatible. */
  tell(known: PairMap): void {
    for (const [original, update, findings] of this.#done) {
      if (!findings.isCompatible) known.set(original, update, findings)
    }
  }

  #pair(original: SolidShape, update: SolidShape): Findings {
    const canGoOn = this.#budget.spend(workOfLook)
    const done = this.#done.get(original, update)
    if (done !== undefined && (done.isWhole || this.isProbing)) return done
    if (this.#begun.get(original, update) !== undefined) return this.#assumed(original, update)
    if (!canGoOn || this.#depth >= depthMax) return givenUp()
    this.#begun.set(original, update, new Findings())
    this.#depth++
    const findings = compareShapes(this, original, update)
    this.#depth--
    this.#begun.delete(original, update)
    findings.isWhole = findings.isCompatible || !this.isProbing
    this.#done.set(original, update, findings)
    this.#budget.spend(1 + findings.all.length * workOfFinding)
    return findings
  }

  /** It is in the middle of being compared: what is known of it from the round before, or else the best. */
  #assumed(original: SolidShape, update: SolidShape): Findings {
    const known = this.#known.get(original, update)
    this.hasAssumed ||= known === undefined
    return known ?? new Findings()
  }
}

const givenUp = (): Findings => {
  const findings = new Findings()
  findings.add(notComparable)
  return findings
}

/** What leads nowhere was refused when the schema was read. */
const solid = (shape: Shape): SolidShape => {
  let end: Shape = shape
  while (end instanceof ReferenceShape) end = end.target ?? { kind: 'anything', notes: end.notes }
  return end
}
