/** Reads complex types: their content and attributes, with what they take over from the types that they are derived from. */
import { type AttributeReader, type Attributes, eitherWildcard } from './attribute-reader.ts'
import {
  type AttributeUse,
  admits,
  anyType,
  type ComplexType,
  type Content,
  isDerivedFrom,
  namespaceOfName,
  type Particle,
  type TypeDefinition,
} from './components.ts'
import { attributeOf, booleanOf, childSites, closedWays, fail, referenceOf, type Site } from './globals.ts'
import type { ParticleReader } from './particle-reader.ts'
import type { SimpleReader } from './simple-reader.ts'
import type { SimpleType } from './simple-type.ts'

export interface ComplexSurroundings {
  readonly simple: SimpleReader
  readonly attributes: AttributeReader
  readonly particles: ParticleReader
  readonly typeNamed: (name: string, site: Site) => TypeDefinition
}

const particleNames: readonly string[] = ['group', 'all', 'choice', 'sequence']
const attributeNames: readonly string[] = ['attribute', 'attributeGroup', 'anyAttribute']

interface Derivation {
  /** The `extension` or `restriction`. */
  readonly site: Site
  readonly isMixed: boolean
  readonly base: TypeDefinition
}

type Parts = Pick<ComplexType, 'base' | 'derivation' | 'content' | 'attributes' | 'anyAttribute'>

const emptySequence: Particle = { min: 1, max: 1, term: { kind: 'group', compositor: 'sequence', particles: [] } }

export class ComplexReader {
  readonly #surroundings: ComplexSurroundings

  constructor(surroundings: ComplexSurroundings) {
    this.#surroundings = surroundings
  }

  /** Of the element `complexType`. */
  read(site: Site, name: string | undefined): ComplexType {
    const block = closedWays(site, 'block', ['extension', 'restriction'])
    const final = closedWays(site, 'final', ['extension', 'restriction'])
    const parts = this.#parts(site)
    return { kind: 'complex', name, isAbstract: booleanOf(site, 'abstract'), block, final, ...parts }
  }

  #parts(site: Site): Parts {
    const [first, ...more] = childSites(site)
    const isMixed = booleanOf(site, 'mixed')
    if (first?.element.local === 'complexContent') {
      if (more.length > 0) fail(site, 'nothing follows the complexContent')
      return this.#complexContent(first, isMixed)
    }
    if (first?.element.local === 'simpleContent') {
      if (more.length > 0) fail(site, 'nothing follows the simpleContent')
      return this.#simpleContent(this.#derivation(first, false))
    }
    return this.#restriction({ site, isMixed, base: anyType })
  }

  #derivation(site: Site, isMixed: boolean): Derivation {
    const [inner, ...more] = childSites(site)
    if (inner === undefined || more.length > 0) return fail(site, 'it takes one of extension and restriction')
    const name = referenceOf(inner, 'base') ?? fail(inner, 'the base is missing')
    const base = this.#surroundings.typeNamed(name, inner)
    if (base.final.has(inner.element.local)) fail(inner, `the type ${name} is final`)
    return { site: inner, isMixed, base }
  }

  #complexContent(site: Site, isMixedType: boolean): Parts {
    const isMixed = attributeOf(site, 'mixed') === undefined ? isMixedType : booleanOf(site, 'mixed')
    const derivation = this.#derivation(site, isMixed)
    return derivation.site.element.local === 'extension' ? this.#extension(derivation) : this.#restriction(derivation)
  }

  #extension({ site, isMixed, base }: Derivation): Parts {
    if (base.kind === 'simple') return fail(site, 'a simple type is extended by a simpleContent')
    const own = this.#content(site, isMixed)
    const { attributes, anyAttribute } = this.#added(site, base)
    return { base, derivation: 'extension', content: extended(site, base.content, own), attributes, anyAttribute }
  }

  #restriction({ site, isMixed, base }: Derivation): Parts {
    if (base.kind === 'simple') return fail(site, 'a simple type is not restricted by a complexContent')
    const content = this.#content(site, isMixed)
    if (base.content.kind === 'simple') fail(site, 'what has simple content is restricted by a simpleContent')
    if (content.kind === 'elements' && content.isMixed && !isMixedContent(base.content)) {
      fail(site, 'the base is not mixed')
    }
    const own = this.#surroundings.attributes.read(site)
    const attributes = base === anyType ? own.uses : restricted(site, base, own)
    return { base, derivation: 'restriction', content, attributes, anyAttribute: own.wildcard }
  }

  #simpleContent({ site, base }: Derivation): Parts {
    const isExtension = site.element.local === 'extension'
    if (childSites(site).some(({ element }) => particleNames.includes(element.local))) {
      fail(site, 'simple content has no elements')
    }
    if (isExtension && base.kind === 'simple') {
      const { uses, wildcard } = this.#surroundings.attributes.read(site)
      return {
        base,
        derivation: 'extension',
        content: { kind: 'simple', type: base },
        attributes: uses,
        anyAttribute: wildcard,
      }
    }
    if (base.kind === 'simple') return fail(site, 'a simple type is restricted in a simpleType')
    if (isExtension) {
      if (base.content.kind !== 'simple') return fail(site, 'the base has no simple content')
      return { base, derivation: 'extension', content: base.content, ...this.#added(site, base) }
    }
    const own = this.#surroundings.attributes.read(site)
    const type = this.#restrictedSimple(site, base)
    const attributes = restricted(site, base, own)
    return {
      base,
      derivation: 'restriction',
      content: { kind: 'simple', type },
      attributes,
      anyAttribute: own.wildcard,
    }
  }

  /** What is in the base, or a simpleType of its own that is derived from it, narrowed by facets. */
  #restrictedSimple(site: Site, base: ComplexType): SimpleType {
    const inner = childSites(site).find(({ element }) => element.local === 'simpleType')
    const own = inner === undefined ? undefined : this.#surroundings.simple.read(inner, undefined)
    const { content } = base
    if (content.kind === 'simple') {
      if (own !== undefined && !isDerivedFrom(own, content.type))
        fail(site, 'its simpleType is not derived from the base')
      return this.#surroundings.simple.restricted(own ?? content.type, site)
    }
    const isPossible = own !== undefined && isMixedContent(content)
    return isPossible ? this.#surroundings.simple.restricted(own, site) : fail(site, 'the base has no simple content')
  }

  #added(site: Site, base: ComplexType): Pick<ComplexType, 'attributes' | 'anyAttribute'> {
    const { uses, wildcard } = this.#surroundings.attributes.read(site)
    const twice = [...uses.keys()].find((name) => base.attributes.has(name))
    if (twice !== undefined) fail(site, `the attribute ${twice} is there in the base`)
    return {
      attributes: new Map([...base.attributes, ...uses]),
      anyAttribute: eitherWildcard(wildcard, base.anyAttribute),
    }
  }

  #content(site: Site, isMixed: boolean): Content {
    const children = childSites(site)
    const own = children.filter(({ element }) => particleNames.includes(element.local))
    const known = children.every(({ element }) => [...particleNames, ...attributeNames].includes(element.local))
    if (!known) fail(site, 'facets and simple types do not belong into complex content')
    const [first, second] = own
    if (second !== undefined) fail(second, 'there is more than one group of elements')
    if (first !== undefined && children[0] !== first) fail(first, 'attributes stand behind the elements')
    const particle = first === undefined ? undefined : this.#surroundings.particles.read(first)
    if (particle === undefined || isVoid(particle)) {
      return isMixed ? { kind: 'elements', particle: emptySequence, isMixed } : { kind: 'empty' }
    }
    const { term } = particle
    const isRepeatedAll = term.kind === 'group' && term.compositor === 'all' && particle.max > 1
    if (isRepeatedAll) fail(site, 'an all does not occur more than once')
    return { kind: 'elements', particle, isMixed }
  }
}

/** No elements at all, by what is written. */
function isVoid({ max, min, term }: Particle): boolean {
  if (max === 0) return true
  if (term.kind !== 'group' || term.particles.length > 0) return false
  return term.compositor !== 'choice' || min === 0
}

const isMixedContent = (content: Content): boolean => content.kind === 'elements' && content.isMixed

const isAll = ({ term }: Particle): boolean => term.kind === 'group' && term.compositor === 'all'

function extended(site: Site, base: Content, own: Content): Content {
  if (base.kind === 'simple')
    return own.kind === 'empty' ? base : fail(site, 'what has simple content is extended by a simpleContent')
  if (own.kind !== 'elements') return base
  if (base.kind === 'empty') return own
  // An extension that adds no elements takes over what the base has.
  if (own.particle === emptySequence) return base.isMixed ? base : fail(site, 'the base is not mixed')
  if (base.isMixed !== own.isMixed) fail(site, 'the base and its extension are mixed both or none')
  if (base.particle === emptySequence) return own
  if (isAll(base.particle) || isAll(own.particle)) fail(site, 'an all stands alone: it is not extended')
  const term = { kind: 'group' as const, compositor: 'sequence' as const, particles: [base.particle, own.particle] }
  return { kind: 'elements', particle: { min: 1, max: 1, term }, isMixed: own.isMixed }
}

/** The attributes of the base, with those that the restriction writes anew in their places. */
function restricted(site: Site, base: ComplexType, own: Attributes): ReadonlyMap<string, AttributeUse> {
  const uses = new Map(base.attributes)
  for (const name of own.prohibited) {
    if (base.attributes.get(name)?.isRequired === true) fail(site, `the attribute ${name} is required by the base`)
    uses.delete(name)
  }
  for (const [name, use] of own.uses) {
    const before = base.attributes.get(name)
    if (before === undefined) {
      const isAdmitted = base.anyAttribute !== undefined && admits(base.anyAttribute.namespaces, namespaceOfName(name))
      if (!isAdmitted) fail(site, `the base has no attribute ${name}`)
    } else checkRestricted(site, before, use)
    uses.set(name, use)
  }
  if (own.wildcard !== undefined && base.anyAttribute === undefined) fail(site, 'the base has no anyAttribute')
  return uses
}

function checkRestricted(site: Site, before: AttributeUse, use: AttributeUse): void {
  const { name, type } = use.declaration
  if (before.isRequired && !use.isRequired) fail(site, `the attribute ${name} is required by the base`)
  if (!isDerivedFrom(type, before.declaration.type) && before.declaration.type.variety !== 'any') {
    fail(site, `the type of the attribute ${name} is not derived from that of the base`)
  }
  const isFreed =
    before.value?.isFixed === true && !(use.value?.isFixed === true && use.value.text === before.value.text)
  if (isFreed) fail(site, `the attribute ${name} has a fixed value in the base`)
}
