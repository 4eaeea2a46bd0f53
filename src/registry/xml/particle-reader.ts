/** Reads the elements of content models: groups, wildcards and declarations of elements, whose types are read later. */
import { readWildcard } from './attribute-reader.ts'
import type { ElementDeclaration, ModelGroup, Namespaces, Particle } from './components.ts'
import { attributeOf, childSites, fail, type Globals, referenceOf, type Site, trimmedOf } from './globals.ts'

export interface ParticleSurroundings {
  readonly globals: Globals
  readonly elementNamed: (name: string, site: Site) => ElementDeclaration
  readonly localElement: (site: Site) => ElementDeclaration
}

const nestingMax = 100
const occursMax = 1_000_000_000

export class ParticleReader {
  readonly #surroundings: ParticleSurroundings
  /** Of all that were read. */
  readonly wildcards: Namespaces[] = []
  readonly #groups = new Map<string, ModelGroup>()
  /** Of groups that are being read. */
  readonly #open = new Set<string>()

  constructor(surroundings: ParticleSurroundings) {
    this.#surroundings = surroundings
  }

  read(site: Site): Particle {
    const { element } = site
    const { min, max } = occurs(site)
    switch (element.local) {
      case 'element':
        return { min, max, term: this.#element(site) }
      case 'any': {
        const term = readWildcard(site)
        this.wildcards.push(term.namespaces)
        return { min, max, term }
      }
      case 'group': {
        const name = referenceOf(site, 'ref') ?? fail(site, 'the ref is missing')
        return { min, max, term: this.group(name, site) }
      }
      default:
        return { min, max, term: this.#group(site) }
    }
  }

  /** All there is, so that what is wrong in one that nobody uses is found as well. */
  readAll(): readonly ModelGroup[] {
    const all = [...this.#surroundings.globals.all('group')]
    return all.map(([name, site]) => this.group(name, site))
  }

  group(name: string, site: Site): ModelGroup {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const found = this.#surroundings.globals.get('group', name) ?? fail(site, `there is no group ${name}`)
    if (this.#open.has(name)) fail(site, `the group ${name} contains itself`)
    if (this.#open.size >= nestingMax) fail(site, `groups are nested deeper than ${nestingMax}`)
    this.#open.add(name)
    const [inner, ...more] = childSites(found)
    if (inner === undefined || more.length > 0) return fail(found, 'it takes one of sequence, choice and all')
    const hasOccurs = attributeOf(inner, 'minOccurs') !== undefined || attributeOf(inner, 'maxOccurs') !== undefined
    if (hasOccurs) fail(inner, 'how often it occurs is said where the group is used')
    const group = this.#group(inner)
    this.#open.delete(name)
    this.#groups.set(name, group)
    return group
  }

  #group(site: Site): ModelGroup {
    const { local } = site.element
    const compositor = local === 'choice' || local === 'all' ? local : 'sequence'
    const particles = childSites(site).map((child) => this.read(child))
    if (compositor === 'all') {
      const { max } = occurs(site)
      if (max > 1) fail(site, 'an all does not occur more than once')
      const isRepeated = particles.some((particle) => particle.max > 1)
      if (isRepeated) fail(site, 'an element of an all does not occur more than once')
    }
    const inner = particles.find(({ term }) => term.kind === 'group' && term.compositor === 'all')
    if (inner !== undefined) fail(site, 'an all stands alone, not in another group')
    return { kind: 'group', compositor, particles }
  }

  #element(site: Site): ElementDeclaration {
    const reference = referenceOf(site, 'ref')
    if (reference === undefined) return this.#surroundings.localElement(site)
    const more = ['name', 'type', 'default', 'fixed', 'nillable', 'form', 'block']
    const isMore = more.some((name) => attributeOf(site, name) !== undefined) || childSites(site).length > 0
    if (isMore) fail(site, 'a ref leaves room for minOccurs and maxOccurs alone')
    return this.#surroundings.elementNamed(reference, site)
  }
}

function occurs(site: Site): { readonly min: number; readonly max: number } {
  const min = countOf(site, 'minOccurs')
  const isUnbounded = trimmedOf(site, 'maxOccurs') === 'unbounded'
  const max = isUnbounded ? Number.POSITIVE_INFINITY : countOf(site, 'maxOccurs')
  if (min > max) fail(site, `minOccurs ${min} is more than maxOccurs ${max}`)
  return { min, max }
}

function countOf(site: Site, name: string): number {
  const text = trimmedOf(site, name) ?? '1'
  const isCount = /^\+?[0-9]{1,20}$/u.test(text)
  if (!isCount) return fail(site, `${name}="${text}" is no count`)
  const count = Number(text)
  return count > occursMax ? fail(site, `${name}="${text}" is more than ${occursMax}`) : count
}
