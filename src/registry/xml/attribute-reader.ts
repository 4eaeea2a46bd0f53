/** Reads attributes, groups of them and wildcards, and joins them with those of a base type. */
import { anySimpleType, builtInTypes } from './built-in-types.ts'
import type { AttributeDeclaration, AttributeUse, Namespaces, ValueConstraint, Wildcard } from './components.ts'
import {
  attributeOf,
  childSites,
  fail,
  type Globals,
  nameOf,
  oneOf,
  prefixesAt,
  referenceOf,
  type Site,
} from './globals.ts'
import type { SimpleReader, SimpleSurroundings } from './simple-reader.ts'
import type { SimpleType } from './simple-type.ts'
import { textError } from './simple-type.ts'
import { fullName, xmlNamespace } from './xml-tree.ts'

export interface Attributes {
  readonly uses: ReadonlyMap<string, AttributeUse>
  /** Names that a restriction takes away. */
  readonly prohibited: ReadonlySet<string>
  readonly wildcard: Wildcard | undefined
}

/** The four of the namespace `xml`, which are there without a document. */
const xmlAttributes: ReadonlyMap<string, AttributeDeclaration> = new Map(
  (
    [
      ['lang', 'language'],
      ['space', 'NCName'],
      ['base', 'anyURI'],
      ['id', 'ID'],
    ] as const
  ).map(([local, typeName]) => {
    const name = fullName(xmlNamespace, local)
    return [name, { name, type: builtInTypes.get(typeName) ?? anySimpleType, value: undefined }]
  }),
)

const nestingMax = 100

export class AttributeReader {
  readonly #globals: Globals
  readonly #simple: SimpleReader
  readonly #surroundings: SimpleSurroundings
  readonly #declarations = new Map<string, AttributeDeclaration>()
  readonly #groups = new Map<string, Attributes>()
  /** Of attribute groups that are being read. */
  readonly #open = new Set<string>()

  constructor(globals: Globals, simple: SimpleReader, surroundings: SimpleSurroundings) {
    this.#globals = globals
    this.#simple = simple
    this.#surroundings = surroundings
  }

  named(name: string, site: Site): AttributeDeclaration {
    const known = this.#declarations.get(name)
    if (known !== undefined) return known
    const found = this.#globals.get('attribute', name)
    if (found === undefined) return xmlAttributes.get(name) ?? fail(site, `there is no attribute ${name}`)
    const declaration = this.#declaration(found, name)
    this.#declarations.set(name, declaration)
    return declaration
  }

  /** Of all that stands in an element: `attribute`, `attributeGroup` and `anyAttribute`. */
  read(site: Site): Attributes {
    const uses = new Map<string, AttributeUse>()
    const prohibited = new Set<string>()
    let wildcard: Wildcard | undefined
    const add = (name: string, use: AttributeUse, at: Site): void => {
      if (uses.has(name)) fail(at, `the attribute ${name} is there twice`)
      uses.set(name, use)
    }
    for (const child of childSites(site)) {
      const { local } = child.element
      if (local === 'attribute') {
        const use = this.#use(child)
        const { name } = use.declaration
        if (attributeOf(child, 'use') === 'prohibited') prohibited.add(name)
        else add(name, use, child)
      } else if (local === 'attributeGroup') {
        const group = this.group(referenceOf(child, 'ref') ?? fail(child, 'the ref is missing'), child)
        for (const [name, use] of group.uses) add(name, use, child)
        if (group.wildcard !== undefined) wildcard = bothWildcards(wildcard, group.wildcard)
      } else if (local === 'anyAttribute') wildcard = bothWildcards(readWildcard(child), wildcard)
    }
    const ids = [...uses.values()].filter(({ declaration }) => isId(declaration.type))
    if (ids.length > 1) fail(site, 'two attributes are of the type ID')
    return { uses, prohibited, wildcard }
  }

  /** All there is, so that what is wrong in one that nobody uses is found as well. */
  readAll(): ReadonlyMap<string, AttributeDeclaration> {
    for (const [name, site] of this.#globals.all('attributeGroup')) this.group(name, site)
    for (const [name, site] of this.#globals.all('attribute')) this.named(name, site)
    return this.#declarations
  }

  group(name: string, site: Site): Attributes {
    const known = this.#groups.get(name)
    if (known !== undefined) return known
    const found = this.#globals.get('attributeGroup', name) ?? fail(site, `there is no attributeGroup ${name}`)
    if (this.#open.has(name)) fail(site, `the attributeGroup ${name} contains itself`)
    if (this.#open.size >= nestingMax) fail(site, `attributeGroups are nested deeper than ${nestingMax}`)
    this.#open.add(name)
    const group = this.read(found)
    this.#open.delete(name)
    this.#groups.set(name, group)
    return group
  }

  #declaration(site: Site, name: string): AttributeDeclaration {
    if (name === 'xmlns' || site.document.namespace.endsWith('XMLSchema-instance')) {
      fail(site, `an attribute ${name} must not be declared`)
    }
    const value = readValue(site)
    const declaration = { name, type: this.#type(site), value }
    checkValue(site, declaration.type, value)
    return declaration
  }

  #type(site: Site): SimpleType {
    const [inner] = childSites(site)
    const named = referenceOf(site, 'type')
    if (inner !== undefined && named !== undefined) fail(site, 'it has both a type and a simpleType in it')
    if (inner !== undefined) return this.#simple.read(inner, undefined)
    return named === undefined ? anySimpleType : this.#surroundings.simpleNamed(named, site)
  }

  #use(site: Site): AttributeUse {
    const use = oneOf(site, 'use', ['optional', 'required', 'prohibited']) ?? 'optional'
    const declaration = this.#used(site)
    const value = readValue(site)
    const hasDefault = value !== undefined && !value.isFixed
    if (hasDefault && use !== 'optional') fail(site, 'an attribute with a default is optional')
    checkValue(site, declaration.type, value)
    const { value: declared } = declaration
    const isOther =
      declared?.isFixed === true && value !== undefined && !(value.isFixed && value.text === declared.text)
    if (isOther) fail(site, `the value is not the fixed one "${declared.text}"`)
    return { declaration, isRequired: use === 'required', value: value ?? declared }
  }

  #used(site: Site): AttributeDeclaration {
    const reference = referenceOf(site, 'ref')
    const hasName = attributeOf(site, 'name') !== undefined
    if (reference === undefined) return this.#declaration(site, this.#localName(site))
    const hasMore = hasName || attributeOf(site, 'type') !== undefined || childSites(site).length > 0
    if (hasMore || attributeOf(site, 'form') !== undefined) fail(site, 'a ref leaves no room for more')
    return this.named(reference, site)
  }

  #localName(site: Site): string {
    const { document } = site
    const root = { element: document.root, document }
    const form =
      oneOf(site, 'form', ['qualified', 'unqualified']) ??
      oneOf(root, 'attributeFormDefault', ['qualified', 'unqualified'])
    return fullName(form === 'qualified' ? document.namespace : '', nameOf(site))
  }
}

const isId = (type: SimpleType): boolean => type.variety === 'atomic' && type.builtIn === 'ID'

export function readValue(site: Site): ValueConstraint | undefined {
  const initial = attributeOf(site, 'default')
  const fixed = attributeOf(site, 'fixed')
  if (initial !== undefined && fixed !== undefined) fail(site, 'default and fixed exclude each other')
  const text = fixed ?? initial
  if (text === undefined) return undefined
  return { text, isFixed: fixed !== undefined, prefixes: prefixesAt(site.element) }
}

export function checkValue(site: Site, type: SimpleType, value: ValueConstraint | undefined): void {
  if (value === undefined) return
  if (isId(type)) fail(site, 'an ID has no default and no fixed value')
  const error = textError(type, value.text, value.prefixes)
  if (error !== undefined) fail(site, `the default or fixed value is not valid: ${error}`)
}

/** Of `any` and `anyAttribute`. */
export function readWildcard(site: Site): Wildcard {
  const processContents = oneOf(site, 'processContents', ['strict', 'lax', 'skip']) ?? 'strict'
  const { namespace } = site.document
  const written = attributeOf(site, 'namespace') ?? '##any'
  const words = written.split(/\s+/u).filter((word) => word !== '')
  const is = (word: string): boolean => words.length === 1 && words[0] === word
  if (is('##any')) return { kind: 'wildcard', processContents, namespaces: { kind: 'any' } }
  if (is('##other')) return { kind: 'wildcard', processContents, namespaces: { kind: 'not', namespace } }
  const namespaces = words.map((word) => {
    if (word === '##local') return ''
    if (word === '##targetNamespace') return namespace
    return word.startsWith('##') ? fail(site, `"${written}" are no namespaces`) : word
  })
  return { kind: 'wildcard', processContents, namespaces: { kind: 'list', namespaces: new Set(namespaces) } }
}

/** What both admit, processed as the first one says. */
function bothWildcards(one: Wildcard | undefined, other: Wildcard | undefined): Wildcard | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return { ...one, namespaces: intersection(one.namespaces, other.namespaces) }
}

/** What one of them admits, processed as the first one says: a type that is extended admits what its base does. */
export function eitherWildcard(one: Wildcard | undefined, other: Wildcard | undefined): Wildcard | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return { ...one, namespaces: union(one.namespaces, other.namespaces) }
}

function intersection(one: Namespaces, other: Namespaces): Namespaces {
  if (one.kind === 'any') return other
  if (other.kind === 'any') return one
  const [list, rest] = one.kind === 'list' ? [one, other] : [other, one]
  if (list.kind === 'list') {
    const both = [...list.namespaces].filter((namespace) => isIn(rest, namespace))
    return { kind: 'list', namespaces: new Set(both) }
  }
  const isSame = rest.kind === 'not' && (list.kind !== 'not' || list.namespace === rest.namespace)
  // Two of ##other with different namespaces cannot be told in one wildcard; what both forbid is the nearest below.
  return isSame ? rest : { kind: 'list', namespaces: new Set() }
}

function union(one: Namespaces, other: Namespaces): Namespaces {
  if (one.kind === 'any' || other.kind === 'any') return { kind: 'any' }
  if (one.kind === 'list' && other.kind === 'list') {
    return { kind: 'list', namespaces: new Set([...one.namespaces, ...other.namespaces]) }
  }
  if (one.kind === 'not' && other.kind === 'not') {
    return one.namespace === other.namespace ? one : { kind: 'not', namespace: '' }
  }
  const [not, list] = one.kind === 'not' ? [one, other] : [other, one]
  if (not.kind !== 'not' || list.kind !== 'list') return not
  const hasOwn = list.namespaces.has(not.namespace)
  const hasNone = list.namespaces.has('')
  if (hasOwn && hasNone) return { kind: 'any' }
  return hasOwn ? { kind: 'not', namespace: '' } : not
}

function isIn(namespaces: Namespaces, namespace: string): boolean {
  if (namespaces.kind === 'list') return namespaces.namespaces.has(namespace)
  return namespaces.kind === 'any' || (namespace !== '' && namespace !== namespaces.namespace)
}
