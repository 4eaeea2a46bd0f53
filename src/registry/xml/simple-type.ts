/** Simple types: how texts become values, and which texts are valid. Facets are those in force, with all that the bases have laid down. */
import type { Pattern } from './pattern.ts'
import {
  compareValues,
  digitsOf,
  lengthOf,
  noPrefixes,
  type Prefixes,
  type Primitive,
  primitiveValue,
  type Value,
} from './values.ts'
import { isName, isNcName, nameClass } from './xml-tree.ts'

export type WhiteSpace = 'preserve' | 'replace' | 'collapse'

export interface Bound {
  readonly text: string
  readonly value: Value
  readonly isExclusive: boolean
}

export type SimpleValue = Value | { readonly kind: 'list'; readonly items: readonly SimpleValue[] }

export interface EnumerationValue {
  readonly text: string
  readonly value: SimpleValue
  /** What the prefixes in it meant where it was written. */
  readonly prefixes: Prefixes
}

export interface Facets {
  readonly whiteSpace: WhiteSpace
  readonly length?: number
  readonly minLength?: number
  readonly maxLength?: number
  readonly totalDigits?: number
  readonly fractionDigits?: number
  readonly minimum?: Bound
  readonly maximum?: Bound
  /** One of each group has to match. */
  readonly patterns: readonly (readonly Pattern[])[]
  /** By the keys of the values. */
  readonly enumeration?: ReadonlyMap<string, EnumerationValue>
  /** Names of facets that no type derived from it may change. */
  readonly fixed: ReadonlySet<string>
}

interface Common {
  readonly kind: 'simple'
  /** In full; undefined: it stands where it is used. */
  readonly name: string | undefined
  readonly base: SimpleType | undefined
  readonly facets: Facets
  /** Ways of deriving that are closed: `restriction`, `list`, `union`, `extension`. */
  readonly final: ReadonlySet<string>
}

export interface AtomicType extends Common {
  readonly variety: 'atomic'
  readonly primitive: Primitive
  /** The nearest type of XML Schema itself that it comes from. */
  readonly builtIn: string
}

export interface ListType extends Common {
  readonly variety: 'list'
  readonly item: SimpleType
}

interface UnionType extends Common {
  readonly variety: 'union'
  readonly members: readonly SimpleType[]
}

/** `anySimpleType`: each text is valid. */
interface AnySimpleType extends Common {
  readonly variety: 'any'
}

export type SimpleType = AtomicType | ListType | UnionType | AnySimpleType

export function normalizedText(text: string, whiteSpace: WhiteSpace): string {
  if (whiteSpace === 'preserve') return text
  const replaced = text.replace(/[\t\n\r]/gu, ' ')
  if (whiteSpace === 'replace') return replaced
  return replaced
    .split(' ')
    .filter((word) => word !== '')
    .join(' ')
}

const languagePattern = /^[a-zA-Z]{1,8}(?:-[a-zA-Z0-9]{1,8})*$/u
const tokenPattern = new RegExp(`^[${nameClass}]+$`, 'u')
const integerPattern = /^[+-]?[0-9]+$/u

/** What the built-in types ask for beyond what a facet can say. */
export const lexicalChecks: ReadonlyMap<string, (text: string) => boolean> = new Map([
  ['language', (text: string) => languagePattern.test(text)],
  ['NMTOKEN', (text: string) => tokenPattern.test(text)],
  ['Name', isName],
  ...['NCName', 'ID', 'IDREF', 'ENTITY'].map((name) => [name, isNcName] as const),
  ['QName', isQualified],
  ['NOTATION', isQualified],
  ...[
    'integer',
    'nonPositiveInteger',
    'negativeInteger',
    'long',
    'int',
    'short',
    'byte',
    'nonNegativeInteger',
    'unsignedLong',
    'unsignedInt',
    'unsignedShort',
    'unsignedByte',
    'positiveInteger',
  ].map((name) => [name, (text: string) => integerPattern.test(text)] as const),
])

function isQualified(text: string): boolean {
  const [first = '', second, ...more] = text.split(':')
  return more.length === 0 && isNcName(first) && (second === undefined || isNcName(second))
}

export type Interpretation = { readonly value: SimpleValue; readonly type: SimpleType } | { readonly error: string }

/** The value of a text as it stands in a document, or why it has none. */
export function interpret(type: SimpleType, text: string, prefixes: Prefixes = noPrefixes): Interpretation {
  const normalized = normalizedText(text, type.facets.whiteSpace)
  const found = byVariety(type, normalized, prefixes)
  if ('error' in found) return found
  const error = facetError(type, normalized, found.value)
  return error === undefined ? found : { error }
}

export const textError = (type: SimpleType, text: string, prefixes?: Prefixes): string | undefined => {
  const found = interpret(type, text, prefixes)
  return 'error' in found ? found.error : undefined
}

function byVariety(type: SimpleType, text: string, prefixes: Prefixes): Interpretation {
  switch (type.variety) {
    case 'any':
      return { value: { kind: 'text', text, length: text.length }, type }
    case 'atomic': {
      const isLexical = lexicalChecks.get(type.builtIn)?.(text) ?? true
      const value = isLexical ? primitiveValue(type.primitive, text, prefixes) : undefined
      return value === undefined ? { error: `${told(text)} is no ${type.builtIn}` } : { value, type }
    }
    case 'list': {
      const items: SimpleValue[] = []
      for (const word of text === '' ? [] : text.split(' ')) {
        const item = interpret(type.item, word, prefixes)
        if ('error' in item) return item
        items.push(item.value)
      }
      return { value: { kind: 'list', items }, type }
    }
    case 'union':
      for (const member of type.members) {
        const found = interpret(member, text, prefixes)
        if (!('error' in found)) return found
      }
      return { error: `${told(text)} is valid by no member of the union` }
  }
}

/** Of equal values the same, and of others another one. */
export function valueKey(value: SimpleValue): string {
  switch (value.kind) {
    case 'text':
      return `t${value.text}`
    case 'number':
      return `n${value.number}`
    case 'decimal':
      return `d${value.isNegative ? '-' : ''}${value.whole}.${value.fraction}`
    case 'instant':
      return `i${value.seconds}.${value.fraction}${value.isZoned ? 'Z' : ''}`
    case 'duration':
      return `p${value.months} ${value.seconds}`
    case 'list':
      return value.items.map((item) => `[${valueKey(item)}]`).join('')
  }
}

function facetError(type: SimpleType, text: string, value: SimpleValue): string | undefined {
  const { facets } = type
  for (const group of facets.patterns) {
    if (!group.some((pattern) => pattern.matches(text))) {
      return `${told(text)} does not match the pattern ${group.map((pattern) => pattern.text).join('|')}`
    }
  }
  if (facets.enumeration?.has(valueKey(value)) === false) {
    return `${told(text)} is not in the enumeration`
  }
  const isQualifiedName = type.variety === 'atomic' && (type.primitive === 'QName' || type.primitive === 'NOTATION')
  const length = value.kind === 'list' ? value.items.length : isQualifiedName ? undefined : lengthOf(value)
  if (type.variety !== 'union' && length !== undefined) {
    const error = lengthError(facets, length)
    if (error !== undefined) return `${told(text)} ${error}`
  }
  return value.kind === 'list' ? undefined : boundError(facets, text, value)
}

function lengthError(facets: Facets, length: number): string | undefined {
  const { length: exact, minLength, maxLength } = facets
  if (exact !== undefined && length !== exact) return `has the length ${length}, not ${exact}`
  if (minLength !== undefined && length < minLength) return `has the length ${length}, less than ${minLength}`
  if (maxLength !== undefined && length > maxLength) return `has the length ${length}, more than ${maxLength}`
  return undefined
}

function boundError(facets: Facets, text: string, value: Value): string | undefined {
  const { minimum, maximum, totalDigits, fractionDigits } = facets
  if (minimum !== undefined && !isWithin(compareValues(minimum.value, value), minimum.isExclusive)) {
    return `${told(text)} is less than ${minimum.text} allows`
  }
  if (maximum !== undefined && !isWithin(compareValues(value, maximum.value), maximum.isExclusive)) {
    return `${told(text)} is more than ${maximum.text} allows`
  }
  const digits = digitsOf(value)
  if (digits === undefined) return undefined
  if (totalDigits !== undefined && digits.total > totalDigits)
    return `${told(text)} has more than ${totalDigits} digits`
  if (fractionDigits !== undefined && digits.fraction > fractionDigits) {
    return `${told(text)} has more than ${fractionDigits} digits behind the point`
  }
  return undefined
}

const isWithin = (order: number | undefined, isExclusive: boolean): boolean =>
  order !== undefined && (isExclusive ? order < 0 : order <= 0)

const told = (text: string): string => `"${text.length > 60 ? `${text.slice(0, 60)}...` : text}"`
