/** What can be said of content models when all is read: one name has one type in each, and no document leaves open what is meant. */
import type { ComplexType, ElementDeclaration, Particle } from './components.ts'
import { ambiguity, ContentModels, leafKey } from './content-model.ts'
import { BudgetError, Expressions } from './expression.ts'
import { fail, type Site } from './globals.ts'

/** Of all content models of a schema together; what is beyond is not looked at for ambiguity. */
const stepsMax = 400_000
const stepsOfOneMax = 40_000
/** Of the expressions of all content models, as they are written. */
const expressionsMax = 2_000_000

interface Checked {
  readonly substitutes: ReadonlyMap<string, readonly ElementDeclaration[]>
  readonly complexTypes: readonly { readonly type: ComplexType; readonly site: Site }[]
}

export function checkModels({ substitutes, complexTypes }: Checked): void {
  const models = new ContentModels(new Expressions(leafKey, expressionsMax), substitutes)
  let stepsLeft = stepsMax
  for (const { type, site } of complexTypes) {
    if (type.content.kind !== 'elements') continue
    const { particle } = type.content
    checkDeclarations(models, particle, site)
    if (stepsLeft <= 0) continue
    const steps = Math.min(stepsLeft, stepsOfOneMax)
    try {
      const open = ambiguity(particle, substitutes, steps)
      if (open !== undefined) fail(site, `the content is ambiguous: it is open ${open}`)
    } catch (error) {
      if (!(error instanceof BudgetError)) throw error
      stepsLeft -= steps
    }
  }
}

function checkDeclarations(models: ContentModels, particle: Particle, site: Site): void {
  try {
    const { declarations } = models.model(particle)
    for (const [name, all] of declarations) {
      const types = new Set(all.map(({ type }) => type))
      if (types.size > 1) fail(site, `the element ${name} has different types in one content`)
    }
  } catch (error) {
    if (error instanceof BudgetError) fail(site, 'the content model is too large')
    throw error
  }
}
