/**
 * Whether a regular expression finds something in a name, in time that grows with the two lengths only: the machine of all states at
 * once, since the engine of JavaScript can take forever with an expression made for that. Look-around and references back are not
 * known to it.
 */
import { type Expression, parsePattern } from './pattern-parser.ts'

/** Reads one character that `accepts` does, goes on at several places, stops at an edge of the text, or is done. */
type State =
  | { readonly kind: 'read'; readonly accepts: (character: string) => boolean; readonly next: number }
  | { readonly kind: 'split'; readonly targets: readonly number[] }
  | {
      readonly kind: 'edge'
      readonly isAt: (text: readonly string[], position: number) => boolean
      readonly next: number
    }
  | { readonly kind: 'done' }

/** `{1000}{1000}` would be a million of them. */
const statesMax = 2000

export class Pattern {
  /** Undefined for an expression that is not known here, or too big. */
  readonly #machine: readonly State[] | undefined
  readonly #start: number = 0
  /** Of all states together, for each character. */
  readonly cost: number = 0

  constructor(source: string) {
    const expression = parsePattern(source)
    if (expression === undefined) return
    const builder = new Builder()
    this.#start = builder.before(expression, 0)
    this.#machine = builder.isTooBig ? undefined : builder.states
    this.cost = builder.cost
  }

  /** It may begin anywhere in the text, and end anywhere; undefined where it cannot be told. */
  finds(text: string): boolean | undefined {
    const machine = this.#machine
    if (machine === undefined) return undefined
    const characters = [...text]
    let active = new Set<number>()
    for (const [position, character] of [...characters, ''].entries()) {
      active.add(this.#start)
      const reached = closure(machine, active, characters, position)
      if (reached.has(0)) return true
      active = new Set()
      for (const index of reached) {
        const state = machine[index]
        if (state?.kind === 'read' && character !== '' && state.accepts(character)) active.add(state.next)
      }
    }
    return false
  }
}

/** All that is reached without reading; a set grows while it is gone through. */
const closure = (
  machine: readonly State[],
  active: ReadonlySet<number>,
  text: readonly string[],
  position: number,
): ReadonlySet<number> => {
  const reached = new Set(active)
  for (const index of reached) {
    const state = machine[index]
    if (state?.kind === 'split') for (const target of state.targets) reached.add(target)
    if (state?.kind === 'edge' && state.isAt(text, position)) reached.add(state.next)
  }
  return reached
}

class Builder {
  readonly states: State[] = [{ kind: 'done' }]
  cost = 1

  get isTooBig(): boolean {
    return this.states.length > statesMax
  }

  /** From behind to the front: the state that reads the expression and goes on at `next`. */
  before(expression: Expression, next: number): number {
    if (this.isTooBig) return next
    switch (expression.kind) {
      case 'character':
        this.cost += expression.cost
        return this.#add({ kind: 'read', accepts: expression.accepts, next })
      case 'edge':
        return this.#add({ kind: 'edge', isAt: expression.isAt, next })
      case 'sequence':
        return expression.parts.reduceRight((behind, part) => this.before(part, behind), next)
      case 'choice':
        return this.#add({ kind: 'split', targets: expression.parts.map((part) => this.before(part, next)) })
      case 'repeat':
        return this.#repeated(expression, next)
    }
  }

  #repeated({ part, min, max }: Extract<Expression, { kind: 'repeat' }>, next: number): number {
    let start = next
    if (max === undefined) {
      const targets = [next]
      start = this.#add({ kind: 'split', targets })
      targets.push(this.before(part, start))
    }
    for (let count = min; count < (max ?? 0) && !this.isTooBig; count++) {
      start = this.#add({ kind: 'split', targets: [next, this.before(part, start)] })
    }
    for (let count = 0; count < min && !this.isTooBig; count++) start = this.before(part, start)
    return start
  }

  #add(state: State): number {
    this.cost++
    this.states.push(state)
    return this.states.length - 1
  }
}
