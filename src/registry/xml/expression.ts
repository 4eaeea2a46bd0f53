/**
 * Regular expressions over any alphabet: of names of elements (content models), and of characters (patterns). What may follow is found as it
 * is asked for, by partial derivatives (Antimirov): counts such as {0,100000} need no room, and nothing backtracks. Equal expressions of one
 * table are the same object.
 */

interface TermNode<L> {
  readonly kind: 'term'
  readonly id: number
  readonly isNullable: false
  readonly leaf: L
}

interface EmptyNode {
  readonly kind: 'empty'
  readonly id: number
  readonly isNullable: true
}

interface NothingNode {
  readonly kind: 'nothing'
  readonly id: number
  readonly isNullable: false
}

interface SequenceNode<L> {
  readonly kind: 'sequence'
  readonly id: number
  readonly isNullable: boolean
  readonly head: Expression<L>
  readonly tail: Expression<L>
}

interface ChoiceNode<L> {
  readonly kind: 'choice'
  readonly id: number
  readonly isNullable: boolean
  readonly items: readonly Expression<L>[]
}

interface RepeatNode<L> {
  readonly kind: 'repeat'
  readonly id: number
  readonly isNullable: boolean
  readonly inner: Expression<L>
  readonly min: number
  /** Infinity: unbounded. */
  readonly max: number
}

/** All of these, each once, in any order; the optional ones may be left out. */
interface AllNode<L> {
  readonly kind: 'all'
  readonly id: number
  readonly isNullable: boolean
  readonly items: readonly AllItem<L>[]
}

export interface AllItem<L> {
  readonly expression: Expression<L>
  readonly isRequired: boolean
}

export type Expression<L> =
  | TermNode<L>
  | EmptyNode
  | NothingNode
  | SequenceNode<L>
  | ChoiceNode<L>
  | RepeatNode<L>
  | AllNode<L>

export interface Step<L> {
  readonly leaf: L
  readonly next: Expression<L>
}

/** More work was asked for than is given. */
export class BudgetError extends Error {
  override readonly name = 'BudgetError'
}

export class Expressions<L> {
  readonly #leafKey: (leaf: L) => string
  readonly #byKey = new Map<string, Expression<L>>()
  readonly #steps = new Map<number, readonly Step<L>[]>()
  readonly empty: Expression<L> = { kind: 'empty', id: 0, isNullable: true }
  readonly nothing: Expression<L> = { kind: 'nothing', id: 1, isNullable: false }
  #nextId = 2
  /** Of steps that may still be made out. */
  #budget: number

  constructor(leafKey: (leaf: L) => string, budget: number) {
    this.#leafKey = leafKey
    this.#budget = budget
  }

  /** How many expressions it keeps. */
  get size(): number {
    return this.#byKey.size
  }

  term(leaf: L): Expression<L> {
    return this.#interned(`t${this.#leafKey(leaf)}`, (id) => ({ kind: 'term', id, isNullable: false, leaf }))
  }

  sequence(items: readonly Expression<L>[]): Expression<L> {
    return items.reduceRight((tail, head) => this.#pair(head, tail), this.empty)
  }

  choice(items: readonly Expression<L>[]): Expression<L> {
    const byId = new Map<number, Expression<L>>()
    for (const item of items) {
      const parts = item.kind === 'choice' ? item.items : item.kind === 'nothing' ? [] : [item]
      for (const part of parts) byId.set(part.id, part)
    }
    const parts = [...byId.values()].sort((one, other) => one.id - other.id)
    const [first] = parts
    if (first === undefined) return this.nothing
    if (parts.length === 1) return first
    const isNullable = parts.some((part) => part.isNullable)
    return this.#interned(`c${parts.map(({ id }) => id).join(',')}`, (id) => ({
      kind: 'choice',
      id,
      isNullable,
      items: parts,
    }))
  }

  repeat(inner: Expression<L>, min: number, max: number): Expression<L> {
    if (max === 0 || inner.kind === 'empty') return this.empty
    if (inner.kind === 'nothing') return min === 0 ? this.empty : this.nothing
    if (min === 1 && max === 1) return inner
    // Of something that may be empty each count may be made up with nothing.
    const least = inner.isNullable ? 0 : min
    return this.#interned(`r${inner.id},${least},${max}`, (id) => ({
      kind: 'repeat',
      id,
      isNullable: least === 0,
      inner,
      min: least,
      max,
    }))
  }

  all(items: readonly AllItem<L>[]): Expression<L> {
    if (items.length === 0) return this.empty
    // Each of them has a key as long as itself.
    this.#spend(items.length)
    const sorted = [...items].sort((one, other) => one.expression.id - other.expression.id)
    const key = sorted.map(({ expression, isRequired }) => `${expression.id}${isRequired ? '!' : ''}`).join(',')
    const isNullable = sorted.every(({ isRequired, expression }) => !isRequired || expression.isNullable)
    return this.#interned(`a${key}`, (id) => ({ kind: 'all', id, isNullable, items: sorted }))
  }

  /** What may come first, and what is left to come behind it. Throws BudgetError. */
  steps(expression: Expression<L>): readonly Step<L>[] {
    const known = this.#steps.get(expression.id)
    if (known !== undefined) return known
    const steps = this.#unique(this.#stepsOf(expression))
    this.#spend(steps.length + 1)
    this.#steps.set(expression.id, steps)
    return steps
  }

  #stepsOf(expression: Expression<L>): readonly Step<L>[] {
    switch (expression.kind) {
      case 'empty':
      case 'nothing':
        return []
      case 'term':
        return [{ leaf: expression.leaf, next: this.empty }]
      case 'choice':
        return expression.items.flatMap((item) => this.steps(item))
      case 'repeat': {
        const { inner, min, max } = expression
        const rest = this.repeat(inner, Math.max(min - 1, 0), max - 1)
        return this.steps(inner).map(({ leaf, next }) => ({ leaf, next: this.#pair(next, rest) }))
      }
      case 'all':
        return expression.items.flatMap((item) => {
          const rest = this.all(expression.items.filter((other) => other !== item))
          return this.steps(item.expression).map(({ leaf, next }) => ({ leaf, next: this.#pair(next, rest) }))
        })
      case 'sequence':
        return this.#stepsOfSequence(expression)
    }
  }

  /** A loop over the tails: a sequence may have as many items as a text has room for. */
  #stepsOfSequence(sequence: SequenceNode<L>): readonly Step<L>[] {
    const steps: Step<L>[] = []
    let at: Expression<L> = sequence
    while (at.kind === 'sequence') {
      const { head, tail }: SequenceNode<L> = at
      for (const { leaf, next } of this.steps(head)) steps.push({ leaf, next: this.#pair(next, tail) })
      if (!head.isNullable) return steps
      at = tail
    }
    for (const step of this.steps(at)) steps.push(step)
    return steps
  }

  #spend(cost: number): void {
    this.#budget -= cost
    if (this.#budget < 0) throw new BudgetError('the expression has too many states')
  }

  #unique(steps: readonly Step<L>[]): readonly Step<L>[] {
    if (steps.length < 2) return steps
    const byKey = new Map<string, Step<L>>()
    for (const step of steps) byKey.set(`${step.next.id} ${this.#leafKey(step.leaf)}`, step)
    return byKey.size === steps.length ? steps : [...byKey.values()]
  }

  #pair(head: Expression<L>, tail: Expression<L>): Expression<L> {
    if (head.kind === 'empty') return tail
    if (tail.kind === 'empty') return head
    if (head.kind === 'nothing' || tail.kind === 'nothing') return this.nothing
    const isNullable = head.isNullable && tail.isNullable
    return this.#interned(`s${head.id},${tail.id}`, (id) => ({ kind: 'sequence', id, isNullable, head, tail }))
  }

  #interned(key: string, make: (id: number) => Expression<L>): Expression<L> {
    const known = this.#byKey.get(key)
    if (known !== undefined) return known
    this.#spend(1)
    const made = make(this.#nextId)
    this.#nextId += 1
    this.#byKey.set(key, made)
    return made
  }
}
