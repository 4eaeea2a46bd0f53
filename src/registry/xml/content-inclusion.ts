/**
 * Whether each order of elements that one content model allows is allowed by another. Both are gone through side by side; where that takes
 * too many steps, they are laid beside each other by their structure, and if that does not tell it, the answer is that it cannot be told.
 */
import { type ContentModel, type Leaf, leafAdmits, leafKey } from './content-model.ts'
import { BudgetError, type Expression, type Expressions } from './expression.ts'

/** What stands for the same element in a document. */
export interface LeafPair {
  readonly name: string
  readonly writer: Leaf
  readonly reader: Leaf
}

export interface ContentDifference {
  readonly kind:
    | 'ELEMENT_REMOVED'
    | 'REQUIRED_ELEMENT_ADDED'
    | 'OCCURRENCE_NARROWED'
    | 'CONTENT_MODEL_CHANGED'
    | 'WILDCARD_NARROWED'
    | 'CONTENT_MODEL_TOO_LARGE'
  readonly message: string
  /** The element that it is about. */
  readonly name: string | undefined
}

export interface ContentComparison {
  readonly differences: readonly ContentDifference[]
  readonly pairs: readonly LeafPair[]
}

interface Compared {
  readonly expressions: Expressions<Leaf>
  readonly reader: ContentModel
  readonly writer: ContentModel
  /** The names of elements that a wildcard may stand for, as far as they make a difference. */
  readonly namesWithin: (wildcard: Leaf) => readonly string[]
}

interface State {
  readonly writer: Expression<Leaf>
  readonly reader: readonly Expression<Leaf>[]
  readonly before: State | undefined
  readonly name: string | undefined
}

const statesMax = 20_000

export function compareContents(compared: Compared): ContentComparison {
  const { reader, writer } = compared
  try {
    return new SideBySide(compared).comparison()
  } catch (error) {
    if (!(error instanceof BudgetError)) throw error
    const pairs = new Structure(compared).pairs(writer.expression, reader.expression)
    if (pairs !== undefined) return { differences: [], pairs }
    const message = 'the content models have too many states to be compared'
    return { differences: [{ kind: 'CONTENT_MODEL_TOO_LARGE', message, name: undefined }], pairs: [] }
  }
}

class SideBySide {
  readonly #compared: Compared
  readonly #pairs = new Map<string, LeafPair>()
  readonly #differences = new Map<string, ContentDifference>()
  readonly #seen = new Set<string>()
  readonly #queue: State[] = []

  constructor(compared: Compared) {
    this.#compared = compared
  }

  comparison(): ContentComparison {
    const { writer, reader } = this.#compared
    this.#visit({ writer: writer.expression, reader: [reader.expression], before: undefined, name: undefined })
    for (let index = 0; index < this.#queue.length; index += 1) {
      const state = this.#queue[index]
      if (state !== undefined) this.#compare(state)
    }
    return { differences: [...this.#differences.values()], pairs: [...this.#pairs.values()] }
  }

  #visit(state: State): void {
    const ids = state.reader.map(({ id }) => id).sort((one, other) => one - other)
    const key = `${state.writer.id} ${ids.join(',')}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    if (this.#seen.size > statesMax) throw new BudgetError('too many states')
    this.#queue.push(state)
  }

  #compare(state: State): void {
    const { writer, reader } = state
    if (writer.isNullable && !reader.some(({ isNullable }) => isNullable)) this.#report(this.#ended(state))
    const { expressions, namesWithin } = this.#compared
    const readerSteps = reader.flatMap((each) => expressions.steps(each))
    for (const { leaf, next } of expressions.steps(writer)) {
      for (const name of leaf.kind === 'element' ? [leaf.name] : namesWithin(leaf)) {
        const matching = readerSteps.filter((step) => leafAdmits(step.leaf, name))
        if (matching.length === 0) {
          this.#report(leaf.kind === 'element' ? this.#unexpected(state, name) : wildcardNarrowed(name))
          continue
        }
        for (const step of matching) this.#pair({ name, writer: leaf, reader: step.leaf })
        const after = new Map(matching.map((step) => [step.next.id, step.next]))
        this.#visit({ writer: next, reader: [...after.values()], before: state, name })
      }
    }
  }

  #pair(pair: LeafPair): void {
    this.#pairs.set(`${pair.name} ${leafKey(pair.writer)} ${leafKey(pair.reader)}`, pair)
  }

  #report(difference: ContentDifference): void {
    const key = `${difference.kind} ${difference.name}`
    if (!this.#differences.has(key)) this.#differences.set(key, difference)
  }

  #expected({ reader }: State): readonly string[] {
    const leaves = reader.flatMap((each) => this.#compared.expressions.steps(each)).map(({ leaf }) => leaf)
    return [...new Set(leaves.map((leaf) => (leaf.kind === 'element' ? leaf.name : 'any element')))]
  }

  #isNew(name: string): boolean {
    return !this.#compared.writer.declarations.has(name)
  }

  /** The writer may end where the reader has to go on. */
  #ended(state: State): ContentDifference {
    const expected = this.#expected(state)
    const [first] = expected
    if (expected.length > 0 && expected.every((name) => this.#isNew(name))) return added(expected)
    const message = `${pathOf(state)} the reader goes on with ${expected.join(' or ')}`
    return { kind: 'OCCURRENCE_NARROWED', message, name: first }
  }

  /** The writer goes on with an element which the reader has no place for. */
  #unexpected(state: State, name: string): ContentDifference {
    const { declarations } = this.#compared.reader
    const expected = this.#expected(state)
    const isEnd = state.reader.some(({ isNullable }) => isNullable)
    if (!declarations.has(name)) return { kind: 'ELEMENT_REMOVED', message: 'the reader has no such element', name }
    if (!isEnd && expected.length > 0 && expected.every((each) => this.#isNew(each))) return added(expected)
    const wanted = [...expected, ...(isEnd ? ['the end'] : [])].join(' or ')
    const message = `${pathOf(state)} the reader does not take it, but ${wanted}`
    const isCount = state.name === name
    return { kind: isCount ? 'OCCURRENCE_NARROWED' : 'CONTENT_MODEL_CHANGED', message, name }
  }
}

const added = (expected: readonly string[]): ContentDifference => ({
  kind: 'REQUIRED_ELEMENT_ADDED',
  message: `the reader asks for ${expected.join(' or ')}`,
  name: expected[0],
})

const wildcardNarrowed = (name: string): ContentDifference => ({
  kind: 'WILDCARD_NARROWED',
  message: `the writer takes any element, such as ${name}, and the reader does not`,
  name: undefined,
})

function pathOf(state: State): string {
  const names: string[] = []
  for (let at: State | undefined = state; at?.name !== undefined && names.length < 12; at = at.before)
    names.unshift(at.name)
  return names.length === 0 ? 'at the beginning' : `behind ${names.join(', ')}`
}

/** Sound, and no more: items are laid beside each other in their order. */
class Structure {
  readonly #compared: Compared
  readonly #pairs = new Map<string, LeafPair>()
  readonly #known = new Map<string, boolean>()
  #budget = 200_000

  constructor(compared: Compared) {
    this.#compared = compared
  }

  pairs(writer: Expression<Leaf>, reader: Expression<Leaf>): readonly LeafPair[] | undefined {
    try {
      return this.#isWithin(writer, reader) ? [...this.#pairs.values()] : undefined
    } catch (error) {
      if (error instanceof BudgetError) return undefined
      throw error
    }
  }

  #isWithin(writer: Expression<Leaf>, reader: Expression<Leaf>): boolean {
    const key = `${writer.id} ${reader.id}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    this.#budget -= 1
    if (this.#budget < 0) throw new BudgetError('too many pairs')
    const isWithin = this.#compare(writer, reader)
    this.#known.set(key, isWithin)
    return isWithin
  }

  #compare(writer: Expression<Leaf>, reader: Expression<Leaf>): boolean {
    if (writer.kind === 'empty') return reader.isNullable
    if (writer.kind === 'choice') return writer.items.every((item) => this.#isWithin(item, reader))
    if (writer.kind === 'term' && reader.kind === 'term') return this.#isLeafWithin(writer.leaf, reader.leaf)
    if (writer.kind === 'sequence' && reader.kind === 'sequence') return this.#isSequenceWithin(writer, reader)
    if (writer.kind === 'all' && reader.kind === 'all') return this.#isAllWithin(writer, reader)
    if (reader.kind === 'choice') return reader.items.some((item) => this.#isWithin(writer, item))
    if (reader.kind !== 'repeat') return false
    if (writer.kind === 'repeat') {
      return writer.min >= reader.min && writer.max <= reader.max && this.#isWithin(writer.inner, reader.inner)
    }
    return reader.min <= 1 && reader.max >= 1 && this.#isWithin(writer, reader.inner)
  }

  #isSequenceWithin(writer: Expression<Leaf>, reader: Expression<Leaf>): boolean {
    let [left, right] = [writer, reader]
    while (left.kind === 'sequence' && right.kind === 'sequence') {
      if (!this.#isWithin(left.head, right.head)) return false
      left = left.tail
      right = right.tail
    }
    return this.#isWithin(left, right)
  }

  #isAllWithin(
    writer: Expression<Leaf> & { readonly kind: 'all' },
    reader: Expression<Leaf> & { readonly kind: 'all' },
  ): boolean {
    const left = new Set(reader.items)
    for (const { expression, isRequired } of writer.items) {
      const counterpart = [...left].find((item) => item.expression === expression)
      if (counterpart === undefined || (counterpart.isRequired && !isRequired)) return false
      if (!this.#isWithin(expression, counterpart.expression)) return false
      left.delete(counterpart)
    }
    return [...left].every(({ isRequired, expression }) => !isRequired || expression.isNullable)
  }

  #isLeafWithin(writer: Leaf, reader: Leaf): boolean {
    const names = writer.kind === 'element' ? [writer.name] : this.#compared.namesWithin(writer)
    for (const name of names) {
      if (!leafAdmits(reader, name)) return false
      const pair = { name, writer, reader }
      this.#pairs.set(`${name} ${leafKey(writer)} ${leafKey(reader)}`, pair)
    }
    return true
  }
}
