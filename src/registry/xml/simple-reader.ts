/** Reads simple types. Each named one is read when it is first asked for, and once. */
import { anySimpleType } from './built-in-types.ts'
import { FacetError, facetNames, restrictedFacets, type WrittenFacet } from './facets.ts'
import {
  attributeOf,
  booleanOf,
  childSites,
  closedWays,
  fail,
  prefixesAt,
  referenceOf,
  resolvedName,
  type Site,
} from './globals.ts'
import type { SimpleType } from './simple-type.ts'

/** Of types that have to be tried one after the other for a text. */
const weightMax = 1_000

export interface SimpleSurroundings {
  /** The type of a full name; fails at the site where there is none, or where it is a complex one. */
  readonly simpleNamed: (name: string, site: Site) => SimpleType
}

export class SimpleReader {
  readonly #surroundings: SimpleSurroundings
  readonly #weights = new WeakMap<SimpleType, number>()

  constructor(surroundings: SimpleSurroundings) {
    this.#surroundings = surroundings
  }

  /** Of the element `simpleType`. */
  read(site: Site, name: string | undefined): SimpleType {
    const final = closedWays(site, 'final', ['restriction', 'list', 'union'])
    const [inner, ...more] = childSites(site)
    if (inner === undefined || more.length > 0) return fail(site, 'it takes one of restriction, list and union')
    const type = this.#variety(inner, { name, final })
    const weight = this.#weightOf(type)
    if (weight > weightMax) fail(site, `the union comes to more than ${weightMax} types`)
    this.#weights.set(type, weight)
    return type
  }

  #weightOf(type: SimpleType): number {
    const known = this.#weights.get(type)
    if (known !== undefined) return known
    if (type.variety === 'list') return this.#weightOf(type.item) + 1
    if (type.variety === 'union') return type.members.reduce((sum, member) => sum + this.#weightOf(member), 1)
    return 1
  }

  #variety(site: Site, about: Pick<SimpleType, 'name' | 'final'>): SimpleType {
    switch (site.element.local) {
      case 'restriction':
        return { ...this.restricted(this.#base(site), site), ...about }
      case 'list':
        return this.#list(site, about)
      default:
        return this.#union(site, about)
    }
  }

  #base(site: Site): SimpleType {
    const [base, ...more] = this.#types(site, 'base', referenceOf(site, 'base'))
    if (base === undefined || more.length > 0) return fail(site, 'it takes either a base or one simpleType')
    if (base.final.has('restriction')) fail(site, `the type ${base.name} may not be restricted`)
    if (base.variety === 'any') fail(site, 'anySimpleType may not be restricted')
    return base
  }

  #types(site: Site, attribute: string, named: string | undefined): readonly SimpleType[] {
    const inner = childSites(site).filter(({ element }) => element.local === 'simpleType')
    if (named !== undefined && inner.length > 0) fail(site, `it has both ${attribute} and a simpleType in it`)
    const byName = named === undefined ? [] : [this.#surroundings.simpleNamed(named, site)]
    return [...byName, ...inner.map((each) => this.read(each, undefined))]
  }

  #list(site: Site, about: Pick<SimpleType, 'name' | 'final'>): SimpleType {
    const [item, ...more] = this.#types(site, 'itemType', referenceOf(site, 'itemType'))
    if (item === undefined || more.length > 0) return fail(site, 'it takes either an itemType or one simpleType')
    if (item.final.has('list')) fail(site, `the type ${item.name} may not be listed`)
    const hasList = item.variety === 'list' || (item.variety === 'union' && item.members.some(isList))
    if (hasList) fail(site, 'a list of lists is none')
    const facets = { whiteSpace: 'collapse' as const, patterns: [], fixed: new Set(['whiteSpace']) }
    return { kind: 'simple', variety: 'list', base: anySimpleType, facets, item, ...about }
  }

  #union(site: Site, about: Pick<SimpleType, 'name' | 'final'>): SimpleType {
    const written = attributeOf(site, 'memberTypes') ?? ''
    const names = written.split(/\s+/u).filter((name) => name !== '')
    const named = names.map((name) => this.#surroundings.simpleNamed(resolvedName(site, name), site))
    const inner = childSites(site).map((each) => this.read(each, undefined))
    const all = [...named, ...inner]
    const closed = all.find(({ final }) => final.has('union'))
    if (closed !== undefined) fail(site, `the type ${closed.name} may not be in a union`)
    if (all.length === 0) fail(site, 'the union has no members')
    // A member that is itself a union, and no more than that, stands for its members.
    const members = new Set(all.flatMap((type) => (isBareUnion(type) ? type.members : [type])))
    const facets = { whiteSpace: 'preserve' as const, patterns: [], fixed: new Set<string>() }
    return { kind: 'simple', variety: 'union', base: anySimpleType, facets, members: [...members], ...about }
  }

  /** The type without a name that the facets in an element make of a base. */
  restricted(base: SimpleType, site: Site): SimpleType {
    const written = childSites(site).filter(({ element }) => facetNames.has(element.local))
    const facets = written.map(writtenFacet)
    try {
      const about = { name: undefined, base, facets: restrictedFacets(base, facets) }
      return { ...base, ...about, final: new Set<string>() }
    } catch (error) {
      if (error instanceof FacetError) return fail(site, error.message)
      throw error
    }
  }
}

const isList = (type: SimpleType): boolean => type.variety === 'list'

const isBareUnion = (type: SimpleType): type is SimpleType & { readonly variety: 'union' } =>
  type.variety === 'union' && type.facets.patterns.length === 0 && type.facets.enumeration === undefined

function writtenFacet(site: Site): WrittenFacet {
  const value = attributeOf(site, 'value') ?? fail(site, 'the value is missing')
  const { element } = site
  return { name: element.local, value, isFixed: booleanOf(site, 'fixed'), prefixes: prefixesAt(element) }
}
