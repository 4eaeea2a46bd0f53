/**
 * Whether each text that is valid by one simple type is valid by another. Where it cannot be told (patterns are compared by their texts
 * alone), the answer is that it is not.
 */
import { builtInTypes } from './built-in-types.ts'
import { isTighter, strength } from './facets.ts'
import type { Pattern } from './pattern.ts'
import {
  type AtomicType,
  type EnumerationValue,
  type Facets,
  type ListType,
  lexicalChecks,
  type SimpleType,
  textError,
} from './simple-type.ts'

export interface SimpleDifference {
  readonly kind: 'TYPE_NARROWED' | 'ENUM_VALUE_REMOVED' | 'FACET_NARROWED'
  readonly message: string
}

const narrowed = (message: string): SimpleDifference => ({ kind: 'TYPE_NARROWED', message })
const facet = (message: string): SimpleDifference => ({ kind: 'FACET_NARROWED', message })

const nameFor = (type: SimpleType): string =>
  type.name?.replace(/^\{http:\/\/www\.w3\.org\/2001\/XMLSchema\}/u, 'xs:') ??
  (type.variety === 'atomic' ? `a restriction of xs:${type.builtIn}` : `a ${type.variety}`)

/** What of the writer's type the reader's does not take; undefined: it takes all. */
export class SimpleInclusion {
  /** Of pairs that were compared: unions of unions meet the same ones again. */
  readonly #known = new Map<SimpleType, Map<SimpleType, SimpleDifference | undefined>>()

  difference(reader: SimpleType, writer: SimpleType): SimpleDifference | undefined {
    const known = this.#known.get(reader) ?? new Map<SimpleType, SimpleDifference | undefined>()
    this.#known.set(reader, known)
    if (known.has(writer)) return known.get(writer)
    const found = this.#found(reader, writer)
    known.set(writer, found)
    return found
  }

  #found(reader: SimpleType, writer: SimpleType): SimpleDifference | undefined {
    if (reader === writer || takesAll(reader)) return undefined
    const enumeration = writer.facets.enumeration
    if (enumeration !== undefined) return byValues(reader, writer, enumeration)
    if (writer.variety === 'union' && reader.variety !== 'union') {
      return writer.members.map((member) => this.difference(reader, member)).find((each) => each !== undefined)
    }
    if (reader.variety === 'union') return this.#ofUnion(reader, writer)
    if (writer.variety === 'any') return narrowed(`each text was valid, and ${nameFor(reader)} takes some alone`)
    if (reader.variety === 'list') return this.#ofList(reader, writer)
    if (writer.variety === 'atomic' && reader.variety === 'atomic') return ofAtoms(reader, writer)
    return narrowed(`${nameFor(writer)} is wider than ${nameFor(reader)}`)
  }

  #ofUnion(reader: SimpleType & { readonly variety: 'union' }, writer: SimpleType): SimpleDifference | undefined {
    const { facets, members } = reader
    if (facets.enumeration !== undefined) return narrowed('the values are now in an enumeration')
    const missing = missingPattern(facets, writer.facets)
    if (missing !== undefined) return facet(missing)
    const all = writer.variety === 'union' ? writer.members : [writer]
    for (const each of all) {
      const differences = members.map((member) => this.difference(member, each))
      if (differences.every((difference) => difference !== undefined)) {
        const [only] = differences
        if (members.length === 1 && only !== undefined) return only
        return narrowed(`no member of the union takes all of ${nameFor(each)}`)
      }
    }
    return undefined
  }

  #ofList(reader: ListType, writer: SimpleType): SimpleDifference | undefined {
    if (reader.facets.enumeration !== undefined) return narrowed('the values are now in an enumeration')
    const missing = missingPattern(reader.facets, writer.facets)
    if (missing !== undefined) return facet(missing)
    if (writer.variety === 'list') {
      return this.difference(reader.item, writer.item) ?? lengthDifference(reader.facets, writer.facets)
    }
    const isWord = writer.variety === 'atomic' && isOneWord(writer)
    if (!isWord) return narrowed(`${nameFor(writer)} is not a list`)
    return this.difference(reader.item, writer) ?? lengthDifference(reader.facets, { ...writer.facets, ...oneItem })
  }
}

const oneItem = { length: 1, minLength: 1, maxLength: 1 }

/** Never empty, and without spaces inside. */
function isOneWord({ primitive, builtIn }: AtomicType): boolean {
  if (primitive === 'string') return lexicalChecks.has(builtIn)
  return primitive !== 'hexBinary' && primitive !== 'base64Binary' && primitive !== 'anyURI'
}

function takesAll({ variety, facets, ...type }: SimpleType): boolean {
  if (variety === 'any') return true
  const isText =
    variety === 'atomic' && 'primitive' in type && type.primitive === 'string' && !lexicalChecks.has(type.builtIn)
  const { length, minLength = 0, maxLength, enumeration, patterns } = facets
  return (
    isText &&
    length === undefined &&
    minLength === 0 &&
    maxLength === undefined &&
    enumeration === undefined &&
    patterns.length === 0
  )
}

/** The values of an enumeration are tried one by one; but each may have been written in other ways than in the schema. */
function byValues(
  reader: SimpleType,
  writer: SimpleType,
  enumeration: ReadonlyMap<string, EnumerationValue>,
): SimpleDifference | undefined {
  const refused: string[] = []
  for (const { text, prefixes } of enumeration.values()) {
    if (textError(reader, text, prefixes) !== undefined) refused.push(text)
  }
  const [first] = refused
  if (first !== undefined) {
    const shown = refused.slice(0, 10).map((text) => `"${text}"`)
    const more = refused.length > shown.length ? ` and ${refused.length - shown.length} more` : ''
    return { kind: 'ENUM_VALUE_REMOVED', message: `the reader does not take ${shown.join(', ')}${more}` }
  }
  return hasOneSpelling(reader, writer)
    ? undefined
    : narrowed(`the values may be written in ways that ${nameFor(reader)} does not take`)
}

/** Whether a text that was tried stands for all others of the same value. */
function hasOneSpelling(reader: SimpleType, writer: SimpleType): boolean {
  if (writer.variety !== 'atomic') return isAtomicOf(reader, writer) || isPlainPair(reader, writer)
  const isVerbatim = writer.primitive === 'string' || writer.primitive === 'anyURI'
  if (isVerbatim) return strengthsOf(reader).every((each) => each >= strength(writer.facets.whiteSpace))
  return isAtomicOf(reader, writer)
}

/** Of the same primitive: what has the same value is taken in the same way, unless a pattern looks at how it is written. */
function isAtomicOf(reader: SimpleType, writer: SimpleType): boolean {
  if (reader.variety === 'union')
    return reader.facets.patterns.length === 0 && reader.members.some((member) => isWhole(member, writer))
  return isWhole(reader, writer)
}

function isWhole(reader: SimpleType, writer: SimpleType): boolean {
  if (reader.variety !== 'atomic' || writer.variety !== 'atomic') return false
  if (reader.primitive !== writer.primitive || missingPattern(reader.facets, writer.facets) !== undefined) return false
  const isInteger = lexicalChecks.has(reader.builtIn)
  if (isInteger && !lexicalChecks.has(writer.builtIn)) return false
  // A union takes what another of its members does not; all the values of the enumeration have to be in this one.
  return [...(writer.facets.enumeration?.values() ?? [])].every(
    ({ text, prefixes }) => textError(reader, text, prefixes) === undefined,
  )
}

/** Lists and unions are the same but for what they enumerate. */
function isPlainPair(reader: SimpleType, writer: SimpleType): boolean {
  if (missingPattern(reader.facets, writer.facets) !== undefined) return false
  if (reader.variety === 'list' && writer.variety === 'list')
    return new SimpleInclusion().difference(reader.item, writer.item) === undefined
  if (reader.variety !== 'union' || writer.variety !== 'union') return false
  return writer.members.every((member, index) => {
    const counterpart = reader.members[index]
    return counterpart !== undefined && new SimpleInclusion().difference(counterpart, member) === undefined
  })
}

function strengthsOf(type: SimpleType): readonly number[] {
  return type.variety === 'union' ? type.members.flatMap(strengthsOf) : [strength(type.facets.whiteSpace)]
}

/** Each of the reader's groups of patterns has to be one of the writer's. */
function missingPattern(reader: Facets, writer: Facets): string | undefined {
  const textOf = (group: readonly Pattern[]): string =>
    group
      .map(({ text }) => text)
      .sort()
      .join('|')
  const known = new Set(writer.patterns.map(textOf))
  const missing = reader.patterns.map(textOf).find((text) => !known.has(text))
  return missing === undefined ? undefined : `the pattern ${missing} is new`
}

/** Beyond the bases that a built-in type has: each text of the one is one of the other. */
const alsoWithin: ReadonlyMap<string, readonly string[]> = new Map([
  ['Name', ['NMTOKEN']],
  ['NCName', ['NMTOKEN']],
  ['ID', ['NMTOKEN', 'ENTITY']],
  ['IDREF', ['NMTOKEN', 'ENTITY']],
  ['ENTITY', ['NMTOKEN']],
  ['language', ['NCName', 'NMTOKEN', 'Name', 'ENTITY']],
])

function ofAtoms(reader: AtomicType, writer: AtomicType): SimpleDifference | undefined {
  const told = narrowed(`${nameFor(writer)} is not within ${nameFor(reader)}`)
  if (reader.primitive !== writer.primitive) return isWidened(reader, writer) ? undefined : told
  if (!isLexicallyWithin(reader, writer)) return told
  if (reader.facets.enumeration !== undefined) return narrowed('the values are now in an enumeration')
  const missing = missingPattern(reader.facets, writer.facets)
  if (missing !== undefined) return facet(missing)
  if (reader.facets.whiteSpace !== writer.facets.whiteSpace) return spacedDifference(reader, writer)
  return lengthDifference(reader.facets, leastLengths(writer)) ?? boundDifference(reader, writer)
}

function isLexicallyWithin(reader: AtomicType, writer: AtomicType): boolean {
  if (reader.primitive === 'QName' || reader.primitive === 'NOTATION') return true
  if (!lexicalChecks.has(reader.builtIn)) return true
  // Beyond how they are written, integers differ in their bounds alone.
  if (reader.primitive === 'decimal') return lexicalChecks.has(writer.builtIn)
  if (alsoWithin.get(writer.builtIn)?.includes(reader.builtIn) === true) return true
  const own = builtInTypes.get(reader.builtIn)
  for (let at = builtInTypes.get(writer.builtIn); at !== undefined; at = at.base) if (at === own) return true
  return false
}

/** Decimals are written as floating point numbers are, too. */
function isWidened(reader: AtomicType, writer: AtomicType): boolean {
  const { minimum, maximum, enumeration, patterns } = reader.facets
  const isFree = minimum === undefined && maximum === undefined && enumeration === undefined && patterns.length === 0
  const isFloating = reader.primitive === 'double' || reader.primitive === 'float'
  return (
    isFree &&
    isFloating &&
    (writer.primitive === 'decimal' || (reader.primitive === 'double' && writer.primitive === 'float'))
  )
}

const leastLengths = ({ facets, builtIn, primitive }: AtomicType): Facets => {
  const isNeverEmpty = primitive === 'string' && lexicalChecks.has(builtIn)
  return isNeverEmpty ? { ...facets, minLength: Math.max(facets.minLength ?? 0, 1) } : facets
}

/** Taking white space away makes a text shorter, and never longer. */
function spacedDifference(reader: AtomicType, writer: AtomicType): SimpleDifference | undefined {
  const { length, minLength = 0, maxLength, patterns } = reader.facets
  const isStronger = strength(reader.facets.whiteSpace) > strength(writer.facets.whiteSpace)
  const least = writer.facets.length ?? leastLengths(writer).minLength ?? 0
  const most = writer.facets.length ?? writer.facets.maxLength ?? Number.POSITIVE_INFINITY
  if (patterns.length > 0 || length !== undefined) return facet('white space is handled in another way')
  const isWithin = isStronger
    ? minLength === 0 && most <= (maxLength ?? Number.POSITIVE_INFINITY)
    : maxLength === undefined && least >= minLength
  return isWithin ? undefined : facet('white space is handled in another way')
}

function lengthDifference(reader: Facets, writer: Facets): SimpleDifference | undefined {
  const least = writer.length ?? writer.minLength ?? 0
  const most = writer.length ?? writer.maxLength ?? Number.POSITIVE_INFINITY
  const { length, minLength = 0, maxLength = Number.POSITIVE_INFINITY } = reader
  if (length !== undefined && (least !== length || most !== length)) return facet(`the length is to be ${length}`)
  if (least < minLength) return facet(`minLength is ${minLength}, and was ${least}`)
  if (most > maxLength)
    return facet(`maxLength is ${maxLength}, and was ${most === Number.POSITIVE_INFINITY ? 'unbounded' : most}`)
  return undefined
}

function boundDifference(reader: AtomicType, writer: AtomicType): SimpleDifference | undefined {
  const { minimum, maximum, totalDigits, fractionDigits } = reader.facets
  const { facets } = writer
  if (minimum !== undefined && !isTighter(facets.minimum, minimum, 1)) {
    return facet(`the minimum is ${minimum.text}, and was ${facets.minimum?.text ?? 'none'}`)
  }
  if (maximum !== undefined && !isTighter(facets.maximum, maximum, -1)) {
    return facet(`the maximum is ${maximum.text}, and was ${facets.maximum?.text ?? 'none'}`)
  }
  const fraction = facets.fractionDigits ?? facets.totalDigits ?? Number.POSITIVE_INFINITY
  if (fractionDigits !== undefined && fraction > fractionDigits) return facet(`fractionDigits is ${fractionDigits}`)
  if (totalDigits !== undefined && digitsMost(facets) > totalDigits) return facet(`totalDigits is ${totalDigits}`)
  return undefined
}

/** Of integers the bounds tell as well how many digits there are. */
function digitsMost({ totalDigits = Number.POSITIVE_INFINITY, fractionDigits, minimum, maximum }: Facets): number {
  if (fractionDigits !== 0 || minimum === undefined || maximum === undefined) return totalDigits
  if (minimum.value.kind !== 'decimal' || maximum.value.kind !== 'decimal') return totalDigits
  return Math.min(totalDigits, Math.max(minimum.value.whole.length, maximum.value.whole.length, 1))
}
