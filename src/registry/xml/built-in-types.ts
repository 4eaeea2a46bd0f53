/** The simple types that XML Schema brings along, by their local names. */
import type { Bound, Facets, SimpleType, WhiteSpace } from './simple-type.ts'
import { type Primitive, primitiveValue } from './values.ts'
import { fullName } from './xml-tree.ts'

export const schemaNamespace = 'http://www.w3.org/2001/XMLSchema'
export const instanceNamespace = 'http://www.w3.org/2001/XMLSchema-instance'

const open: ReadonlySet<string> = new Set()

const plain = (whiteSpace: WhiteSpace): Facets => ({ whiteSpace, patterns: [], fixed: open })

export const anySimpleType: SimpleType = {
  kind: 'simple',
  variety: 'any',
  name: fullName(schemaNamespace, 'anySimpleType'),
  base: undefined,
  facets: plain('preserve'),
  final: open,
}

const primitives: readonly Primitive[] = [
  'string',
  'boolean',
  'decimal',
  'float',
  'double',
  'duration',
  'dateTime',
  'time',
  'date',
  'gYearMonth',
  'gYear',
  'gMonthDay',
  'gDay',
  'gMonth',
  'hexBinary',
  'base64Binary',
  'anyURI',
  'QName',
  'NOTATION',
]

/** Each behind its base; the bounds are inclusive. */
const derived: readonly (readonly [name: string, base: string, minimum?: string | undefined, maximum?: string])[] = [
  ['normalizedString', 'string'],
  ['token', 'normalizedString'],
  ['language', 'token'],
  ['NMTOKEN', 'token'],
  ['Name', 'token'],
  ['NCName', 'Name'],
  ['ID', 'NCName'],
  ['IDREF', 'NCName'],
  ['ENTITY', 'NCName'],
  ['integer', 'decimal'],
  ['nonPositiveInteger', 'integer', undefined, '0'],
  ['negativeInteger', 'nonPositiveInteger', undefined, '-1'],
  ['long', 'integer', '-9223372036854775808', '9223372036854775807'],
  ['int', 'long', '-2147483648', '2147483647'],
  ['short', 'int', '-32768', '32767'],
  ['byte', 'short', '-128', '127'],
  ['nonNegativeInteger', 'integer', '0'],
  ['unsignedLong', 'nonNegativeInteger', '0', '18446744073709551615'],
  ['unsignedInt', 'unsignedLong', '0', '4294967295'],
  ['unsignedShort', 'unsignedInt', '0', '65535'],
  ['unsignedByte', 'unsignedShort', '0', '255'],
  ['positiveInteger', 'nonNegativeInteger', '1'],
]

const lists: readonly (readonly [name: string, item: string])[] = [
  ['NMTOKENS', 'NMTOKEN'],
  ['IDREFS', 'IDREF'],
  ['ENTITIES', 'ENTITY'],
]

export const builtInTypes: ReadonlyMap<string, SimpleType> = builtIns()

function builtIns(): ReadonlyMap<string, SimpleType> {
  const all = new Map<string, SimpleType>([['anySimpleType', anySimpleType]])
  for (const primitive of primitives) {
    const facets = plain(primitive === 'string' ? 'preserve' : 'collapse')
    all.set(primitive, atomic(primitive, primitive, anySimpleType, facets))
  }
  for (const [name, baseName, minimum, maximum] of derived) {
    const base = all.get(baseName)
    if (base?.variety !== 'atomic') continue
    all.set(name, atomic(name, base.primitive, base, facetsOf(name, base.facets, minimum, maximum)))
  }
  for (const [name, itemName] of lists) {
    const item = all.get(itemName)
    if (item === undefined) continue
    const facets: Facets = { ...plain('collapse'), minLength: 1 }
    const full = fullName(schemaNamespace, name)
    all.set(name, { kind: 'simple', variety: 'list', name: full, base: anySimpleType, facets, final: open, item })
  }
  return all
}

function facetsOf(name: string, base: Facets, minimum: string | undefined, maximum: string | undefined): Facets {
  const whiteSpace = name === 'normalizedString' ? 'replace' : 'collapse'
  return {
    ...base,
    whiteSpace,
    ...(minimum === undefined ? {} : { minimum: inclusive(minimum) }),
    ...(maximum === undefined ? {} : { maximum: inclusive(maximum) }),
    ...(name === 'integer' ? { fractionDigits: 0, fixed: new Set(['fractionDigits']) } : {}),
  }
}

function inclusive(text: string): Bound {
  const value = primitiveValue('decimal', text)
  if (value === undefined) throw new Error(`${text} is no decimal`)
  return { text, value, isExclusive: false }
}

function atomic(name: string, primitive: Primitive, base: SimpleType, facets: Facets): SimpleType {
  const full = fullName(schemaNamespace, name)
  return { kind: 'simple', variety: 'atomic', name: full, base, facets, final: open, primitive, builtIn: name }
}
