/** Content models as expressions over the names of elements and over wildcards, with the declarations that the names stand for. */
import { admits, type ElementDeclaration, namespaceOfName, type Particle, type Wildcard } from './components.ts'
import { type AllItem, type Expression, Expressions } from './expression.ts'

export type Leaf = { readonly kind: 'element'; readonly name: string } | Wildcard

export interface ContentModel {
  readonly expression: Expression<Leaf>
  /** By name; there is more than one where they differ in something other than the type. */
  readonly declarations: ReadonlyMap<string, readonly ElementDeclaration[]>
}

type Substitutes = ReadonlyMap<string, readonly ElementDeclaration[]>

export function leafKey(leaf: Leaf): string {
  if (leaf.kind === 'element') return `e${leaf.name}`
  const { namespaces, processContents } = leaf
  if (namespaces.kind === 'any') return `*${processContents}`
  if (namespaces.kind === 'not') return `!${processContents} ${namespaces.namespace}`
  return `+${processContents} ${[...namespaces.namespaces].sort().join(' ')}`
}

export const leafAdmits = (leaf: Leaf, name: string): boolean =>
  leaf.kind === 'element' ? leaf.name === name : admits(leaf.namespaces, namespaceOfName(name))

/** All that may stand where the element is declared: itself, and what substitutes it. */
function standIns(element: ElementDeclaration, substitutes: Substitutes): readonly ElementDeclaration[] {
  const isOpen = element.isGlobal && !element.block.has('substitution')
  const others = isOpen ? (substitutes.get(element.name) ?? []) : []
  return [element, ...others].filter((each) => !each.isAbstract)
}

/** Those of one schema, of which each is made once. */
export class ContentModels {
  readonly expressions: Expressions<Leaf>
  readonly #substitutes: Substitutes
  readonly #models = new Map<Particle, ContentModel>()

  constructor(expressions: Expressions<Leaf>, substitutes: Substitutes) {
    this.expressions = expressions
    this.#substitutes = substitutes
  }

  /** Throws BudgetError. */
  model(particle: Particle): ContentModel {
    const known = this.#models.get(particle)
    if (known !== undefined) return known
    const declarations = new Map<string, ElementDeclaration[]>()
    const expression = expressionOf(particle, {
      expressions: this.expressions,
      element: (element) => {
        const alternatives = standIns(element, this.#substitutes)
        for (const each of alternatives) {
          const same = declarations.get(each.name)
          if (same === undefined) declarations.set(each.name, [each])
          else if (!same.includes(each)) same.push(each)
        }
        return this.expressions.choice(alternatives.map(({ name }) => this.expressions.term({ kind: 'element', name })))
      },
      wildcard: (wildcard) => this.expressions.term(wildcard),
    })
    const model = { expression, declarations }
    this.#models.set(particle, model)
    return model
  }
}

interface Alphabet<L> {
  readonly expressions: Expressions<L>
  readonly element: (element: ElementDeclaration, particle: Particle) => Expression<L>
  readonly wildcard: (wildcard: Wildcard, particle: Particle) => Expression<L>
}

/** Groups that are used in many places are gone through once. */
function expressionOf<L>(whole: Particle, alphabet: Alphabet<L>): Expression<L> {
  const { expressions } = alphabet
  const known = new Map<Particle, Expression<L>>()
  const made = (particle: Particle): Expression<L> => {
    const before = known.get(particle)
    if (before !== undefined) return before
    const { min, max, term } = particle
    const expression = max === 0 ? expressions.empty : expressions.repeat(once(particle, term), min, max)
    known.set(particle, expression)
    return expression
  }
  const once = (particle: Particle, term: Particle['term']): Expression<L> => {
    if (term.kind === 'element') return alphabet.element(term, particle)
    if (term.kind === 'wildcard') return alphabet.wildcard(term, particle)
    if (term.compositor === 'sequence') return expressions.sequence(term.particles.map(made))
    if (term.compositor === 'choice') return expressions.choice(term.particles.filter(({ max }) => max > 0).map(made))
    return expressions.all(term.particles.flatMap((item): readonly AllItem<L>[] => allItem(item, made)))
  }
  return made(whole)
}

/** An optional one is the element itself, which may be left out: so that narrower and wider ones have the same items. */
function allItem<L>(item: Particle, made: (particle: Particle) => Expression<L>): readonly AllItem<L>[] {
  if (item.max === 0) return []
  const isOptional = item.min === 0 && item.max === 1
  const expression = made(isOptional ? { ...item, min: 1 } : item)
  return [{ expression, isRequired: !isOptional }]
}

interface MarkedLeaf {
  readonly particle: Particle
  readonly leaf: Leaf
}

/**
 * Two particles between which a document leaves the choice open, which XML Schema forbids ("unique particle attribution"); undefined where
 * there are none within the states that are looked at. Throws BudgetError.
 */
export function ambiguity(whole: Particle, substitutes: Substitutes, stepsMax: number): string | undefined {
  const ids = new Map<Particle, number>()
  const idOf = (particle: Particle): number => {
    const id = ids.get(particle) ?? ids.size
    ids.set(particle, id)
    return id
  }
  const key = ({ particle, leaf }: MarkedLeaf): string => `${idOf(particle)} ${leafKey(leaf)}`
  const expressions = new Expressions<MarkedLeaf>(key, stepsMax)
  const start = expressionOf(whole, {
    expressions,
    element: (element, particle) =>
      expressions.choice(
        standIns(element, substitutes).map(({ name }) =>
          expressions.term({ particle, leaf: { kind: 'element', name } }),
        ),
      ),
    wildcard: (leaf, particle) => expressions.term({ particle, leaf }),
  })
  const seen = new Set([start.id])
  const queue = [start]
  for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
    const steps = expressions.steps(at)
    const found = overlap(steps.map(({ leaf }) => leaf))
    if (found !== undefined) return found
    for (const { next } of steps) {
      if (seen.has(next.id)) continue
      seen.add(next.id)
      queue.push(next)
    }
  }
  return undefined
}

function overlap(leaves: readonly MarkedLeaf[]): string | undefined {
  const byName = new Map<string, Particle>()
  const wildcards = leaves.filter(({ leaf }) => leaf.kind === 'wildcard')
  for (const { leaf, particle } of leaves) {
    if (leaf.kind === 'wildcard') continue
    const other = byName.get(leaf.name)
    if (other !== undefined && other !== particle) return `which of two declarations of ${leaf.name} is meant`
    byName.set(leaf.name, particle)
    const isBoth = wildcards.some((each) => each.particle !== particle && leafAdmits(each.leaf, leaf.name))
    if (isBoth) return `whether ${leaf.name} stands for its declaration or for a wildcard`
  }
  for (const [index, one] of wildcards.entries()) {
    for (const other of wildcards.slice(index + 1)) {
      if (one.particle !== other.particle && meet(one.leaf, other.leaf)) return 'which of two wildcards is meant'
    }
  }
  return undefined
}

function meet(one: Leaf, other: Leaf): boolean {
  if (one.kind !== 'wildcard' || other.kind !== 'wildcard') return false
  const [first, second] = [one.namespaces, other.namespaces]
  if (first.kind === 'list') return [...first.namespaces].some((namespace) => admits(second, namespace))
  if (second.kind === 'list') return [...second.namespaces].some((namespace) => admits(first, namespace))
  return true
}
