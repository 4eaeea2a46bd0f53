/** Restriction of simple types: which facets a type may have, and that they say no more than the base allows and do not contradict each other. */
import { type Pattern, PatternError, readPattern } from './pattern.ts'
import {
  type Bound,
  type EnumerationValue,
  type Facets,
  interpret,
  normalizedText,
  type SimpleType,
  valueKey,
  type WhiteSpace,
} from './simple-type.ts'
import { compareValues, type Prefixes, primitiveValue } from './values.ts'

/** As it is written in a schema. */
export interface WrittenFacet {
  readonly name: string
  readonly value: string
  readonly isFixed: boolean
  readonly prefixes: Prefixes
}

export class FacetError extends Error {
  override readonly name = 'FacetError'
}

export const facetNames: ReadonlySet<string> = new Set([
  'length',
  'minLength',
  'maxLength',
  'pattern',
  'enumeration',
  'whiteSpace',
  'totalDigits',
  'fractionDigits',
  'minInclusive',
  'minExclusive',
  'maxInclusive',
  'maxExclusive',
])

const always = ['pattern', 'whiteSpace']
const lengths = ['length', 'minLength', 'maxLength']
const bounds = ['minInclusive', 'minExclusive', 'maxInclusive', 'maxExclusive']

function allowedFacets(type: SimpleType): readonly string[] {
  switch (type.variety) {
    case 'any':
      return []
    case 'union':
      return ['pattern', 'enumeration']
    case 'list':
      return [...always, ...lengths, 'enumeration']
    case 'atomic':
      switch (type.primitive) {
        case 'boolean':
          return always
        case 'decimal':
          return [...always, ...bounds, 'enumeration', 'totalDigits', 'fractionDigits']
        case 'string':
        case 'anyURI':
        case 'hexBinary':
        case 'base64Binary':
        case 'QName':
        case 'NOTATION':
          return [...always, ...lengths, 'enumeration']
        default:
          return [...always, ...bounds, 'enumeration']
      }
  }
}

/** What a base and further facets come to. Throws FacetError. */
export function restrictedFacets(base: SimpleType, written: readonly WrittenFacet[]): Facets {
  const allowed = allowedFacets(base)
  const seen = new Set<string>()
  for (const { name } of written) {
    if (!allowed.includes(name)) throw new FacetError(`the facet ${name} is not there for such a type`)
    const isRepeated = name !== 'pattern' && name !== 'enumeration' && seen.has(name)
    if (isRepeated) throw new FacetError(`the facet ${name} is there twice`)
    seen.add(name)
  }
  for (const edge of ['min', 'max']) {
    const hasBoth = seen.has(`${edge}Inclusive`) && seen.has(`${edge}Exclusive`)
    if (hasBoth) throw new FacetError(`${edge}Inclusive and ${edge}Exclusive exclude each other`)
  }
  const facets = new Restriction(base, written).facets()
  checkConsistent(facets)
  checkKept(base.facets, facets)
  return facets
}

class Restriction {
  readonly #base: SimpleType
  readonly #written: readonly WrittenFacet[]

  constructor(base: SimpleType, written: readonly WrittenFacet[]) {
    this.#base = base
    this.#written = written
  }

  facets(): Facets {
    const { facets: base } = this.#base
    const whiteSpace = this.#whiteSpace(base.whiteSpace)
    const minimum = this.#bound('minInclusive', 'minExclusive') ?? base.minimum
    const maximum = this.#bound('maxInclusive', 'maxExclusive') ?? base.maximum
    const enumeration = this.#enumeration() ?? base.enumeration
    const patterns = this.#patterns()
    const counts: { [name: string]: number } = {}
    for (const name of ['length', 'minLength', 'maxLength', 'totalDigits', 'fractionDigits'] as const) {
      const count = this.#count(name) ?? base[name]
      if (count !== undefined) counts[name] = count
    }
    const fixed = this.#written.filter(({ isFixed }) => isFixed).map(({ name }) => name)
    return {
      ...counts,
      whiteSpace,
      patterns: patterns.length === 0 ? base.patterns : [...base.patterns, patterns],
      fixed: new Set([...base.fixed, ...fixed]),
      ...(minimum === undefined ? {} : { minimum }),
      ...(maximum === undefined ? {} : { maximum }),
      ...(enumeration === undefined ? {} : { enumeration }),
    }
  }

  #find(name: string): WrittenFacet | undefined {
    return this.#written.find((facet) => facet.name === name)
  }

  #count(name: string): number | undefined {
    const facet = this.#find(name)
    if (facet === undefined) return undefined
    const text = normalizedText(facet.value, 'collapse')
    const isCount = /^\+?[0-9]{1,15}$/u.test(text) && !(name === 'totalDigits' && Number(text) === 0)
    if (!isCount) throw new FacetError(`"${facet.value}" is no ${name}`)
    return Number(text)
  }

  #whiteSpace(base: WhiteSpace): WhiteSpace {
    const facet = this.#find('whiteSpace')
    if (facet === undefined) return base
    const { value } = facet
    if (value !== 'preserve' && value !== 'replace' && value !== 'collapse') {
      throw new FacetError(`"${value}" is no whiteSpace`)
    }
    if (strength(value) < strength(base)) throw new FacetError(`whiteSpace ${value} is weaker than ${base} of the base`)
    return value
  }

  #bound(inclusive: string, exclusive: string): Bound | undefined {
    const facet = this.#find(inclusive) ?? this.#find(exclusive)
    if (facet === undefined || this.#base.variety !== 'atomic') return undefined
    const text = normalizedText(facet.value, 'collapse')
    const value = primitiveValue(this.#base.primitive, text)
    if (value === undefined) throw new FacetError(`"${facet.value}" is no value of the base`)
    return { text, value, isExclusive: facet.name === exclusive }
  }

  #patterns(): readonly Pattern[] {
    try {
      return this.#written.filter(({ name }) => name === 'pattern').map(({ value }) => readPattern(value))
    } catch (error) {
      if (error instanceof PatternError) throw new FacetError(`the pattern is wrong: ${error.message}`)
      throw error
    }
  }

  #enumeration(): ReadonlyMap<string, EnumerationValue> | undefined {
    const written = this.#written.filter(({ name }) => name === 'enumeration')
    if (written.length === 0) return undefined
    const values = new Map<string, EnumerationValue>()
    for (const { value: text, prefixes } of written) {
      const found = interpret(this.#base, text, prefixes)
      if ('error' in found) throw new FacetError(`a value of the enumeration is not valid by the base: ${found.error}`)
      const { value } = found
      values.set(valueKey(value), { text: normalizedText(text, this.#base.facets.whiteSpace), value, prefixes })
    }
    return values
  }
}

export const strength = (whiteSpace: WhiteSpace): number => ['preserve', 'replace', 'collapse'].indexOf(whiteSpace)

function checkConsistent(facets: Facets): void {
  const { length, minLength, maxLength, totalDigits, fractionDigits, minimum, maximum } = facets
  const isCrossed = minLength !== undefined && maxLength !== undefined && minLength > maxLength
  if (isCrossed) throw new FacetError(`minLength ${minLength} is more than maxLength ${maxLength}`)
  const isOutside = length !== undefined && ((minLength ?? 0) > length || (maxLength ?? length) < length)
  if (isOutside) throw new FacetError(`length ${length} is not between minLength and maxLength`)
  const isTooFine = totalDigits !== undefined && fractionDigits !== undefined && fractionDigits > totalDigits
  if (isTooFine) throw new FacetError(`fractionDigits ${fractionDigits} is more than totalDigits ${totalDigits}`)
  if (minimum === undefined || maximum === undefined) return
  const order = compareValues(minimum.value, maximum.value)
  const isEmpty = order === undefined || order > 0 || (order === 0 && minimum.isExclusive !== maximum.isExclusive)
  if (isEmpty) throw new FacetError(`the minimum ${minimum.text} is more than the maximum ${maximum.text} allows`)
}

/** A restriction may say more than its base, never less. */
function checkKept(base: Facets, facets: Facets): void {
  const fail = (name: string): never => {
    throw new FacetError(`the facet ${name} allows more than that of the base`)
  }
  if (base.length !== undefined && facets.length !== base.length) fail('length')
  if ((facets.minLength ?? 0) < (base.minLength ?? 0)) fail('minLength')
  for (const name of ['maxLength', 'totalDigits', 'fractionDigits'] as const) {
    if ((facets[name] ?? Number.POSITIVE_INFINITY) > (base[name] ?? Number.POSITIVE_INFINITY)) fail(name)
  }
  if (base.minimum !== undefined && !isTighter(facets.minimum, base.minimum, 1)) fail('minimum')
  if (base.maximum !== undefined && !isTighter(facets.maximum, base.maximum, -1)) fail('maximum')
  if (base.minimum !== undefined && facets.maximum !== undefined) checkReached(base.minimum, facets.maximum, 1)
  if (base.maximum !== undefined && facets.minimum !== undefined) checkReached(base.maximum, facets.minimum, -1)
  for (const name of base.fixed) {
    if (!isKept(base, facets, name)) throw new FacetError(`the facet ${name} of the base is fixed`)
  }
}

/** Whether all that one bound leaves is left by the other one as well; the direction is 1 for a minimum. */
export function isTighter(bound: Bound | undefined, than: Bound, direction: 1 | -1): boolean {
  const order = bound === undefined ? undefined : compareValues(bound.value, than.value)
  if (bound === undefined || order === undefined) return false
  return order === 0 ? bound.isExclusive || !than.isExclusive : order * direction > 0
}

function checkReached(edge: Bound, bound: Bound, direction: 1 | -1): void {
  const order = compareValues(bound.value, edge.value)
  const isOutside = order === undefined || order * direction < 0
  if (isOutside) throw new FacetError(`${bound.text} is outside of what the base allows`)
}

function isKept(base: Facets, facets: Facets, name: string): boolean {
  switch (name) {
    case 'whiteSpace':
    case 'length':
    case 'minLength':
    case 'maxLength':
    case 'totalDigits':
    case 'fractionDigits':
      return base[name] === facets[name]
    case 'minInclusive':
    case 'minExclusive':
      return isSameBound(base.minimum, facets.minimum)
    case 'maxInclusive':
    case 'maxExclusive':
      return isSameBound(base.maximum, facets.maximum)
    default:
      return true
  }
}

const isSameBound = (one: Bound | undefined, other: Bound | undefined): boolean =>
  one === other ||
  (one !== undefined &&
    other !== undefined &&
    one.isExclusive === other.isExclusive &&
    compareValues(one.value, other.value) === 0)
