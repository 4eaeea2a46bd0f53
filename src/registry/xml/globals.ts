/** The documents that make up a schema (by include and import), and the components at their top by kind and name. */
import { InvalidSchemaError, type SchemaSource } from '../formats/format.ts'
import { schemaNamespace } from './built-in-types.ts'
import { checkGrammar } from './grammar.ts'
import type { Prefixes } from './values.ts'
import {
  elementsOf,
  fullName,
  isNcName,
  namespaceOf,
  readXml,
  type XmlAttribute,
  type XmlElement,
  XmlError,
  xmlNamespace,
} from './xml-tree.ts'

export interface SchemaDocument {
  /** Its schemaLocation; undefined: it is the schema itself. */
  readonly name: string | undefined
  readonly root: XmlElement
  /** Its own, or that of the document that includes it; empty: none. */
  readonly namespace: string
  /** It has none itself: names without one are of the namespace of the other document. */
  readonly isChameleon: boolean
}

/** An element of a schema, and the document that it stands in. */
export interface Site {
  readonly element: XmlElement
  readonly document: SchemaDocument
}

export type Kind = 'type' | 'element' | 'attribute' | 'group' | 'attributeGroup' | 'notation'

const kinds: ReadonlyMap<string, Kind> = new Map([
  ['simpleType', 'type'],
  ['complexType', 'type'],
  ['element', 'element'],
  ['attribute', 'attribute'],
  ['group', 'group'],
  ['attributeGroup', 'attributeGroup'],
  ['notation', 'notation'],
])

const documentsMax = 1_000

/** What is wrong may be as long as the text itself. */
const shortened = (message: string): string => (message.length > 500 ? `${message.slice(0, 500)}...` : message)

export function fail(site: Site, message: string): never {
  const { element, document } = site
  const where = document.name === undefined ? '' : ` of ${document.name}`
  throw new InvalidSchemaError(shortened(`line ${element.line}${where}, <${shortened(element.name)}>: ${message}`))
}

export const childSites = ({ element, document }: Site): readonly Site[] =>
  elementsOf(element)
    .filter(({ local }) => local !== 'annotation')
    .map((child) => ({ element: child, document }))

const attributeNamed = ({ element }: Site, name: string): XmlAttribute | undefined =>
  element.attributes.find(({ local, namespace }) => namespace === '' && local === name)

export const attributeOf = (site: Site, name: string): string | undefined => attributeNamed(site, name)?.value

/** With white space taken away. */
export const trimmedOf = (site: Site, name: string): string | undefined => attributeOf(site, name)?.trim()

export function booleanOf(site: Site, name: string): boolean {
  const value = trimmedOf(site, name) ?? 'false'
  if (value !== 'true' && value !== 'false' && value !== '1' && value !== '0')
    fail(site, `${name}="${value}" is no boolean`)
  return value === 'true' || value === '1'
}

export function oneOf<T extends string>(site: Site, name: string, choices: readonly T[]): T | undefined {
  const value = trimmedOf(site, name)
  const found = choices.find((choice) => choice === value)
  if (value !== undefined && found === undefined) fail(site, `${name}="${value}" is none of ${choices.join(', ')}`)
  return found
}

/** Names of ways of deriving, or `#all`, with the document's default. */
export function closedWays(site: Site, name: 'block' | 'final', choices: readonly string[]): ReadonlySet<string> {
  const own = attributeOf(site, name)
  const { document } = site
  const text = own ?? attributeOf({ element: document.root, document }, `${name}Default`) ?? ''
  const all = text.split(/\s+/u).filter((word) => word !== '')
  if (all.length === 1 && all[0] === '#all') return new Set(choices)
  const wrong = own === undefined ? undefined : all.find((word) => !choices.includes(word))
  if (wrong !== undefined) fail(site, `${name} may not name "${wrong}"`)
  return new Set(all.filter((word) => choices.includes(word)))
}

export function nameOf(site: Site): string {
  const name = trimmedOf(site, 'name')
  if (name === undefined) return fail(site, 'the name is missing')
  return isNcName(name) ? name : fail(site, `"${name}" is no name`)
}

export const prefixesAt =
  (element: XmlElement): Prefixes =>
  (prefix) =>
    namespaceOf(element, prefix)

/** The full name that a qualified one, as it is written, stands for. */
export function resolvedName(site: Site, written: string): string {
  const { element, document } = site
  const parts = written.split(':')
  const [first = '', second] = parts
  const isQualified = parts.length <= 2 && parts.every((part) => isNcName(part))
  if (!isQualified) return fail(site, `"${written}" is no qualified name`)
  const namespace = namespaceOf(element, second === undefined ? '' : first)
  if (namespace === undefined) return fail(site, `the prefix of "${written}" is not declared`)
  const isOwn = namespace === '' && document.isChameleon
  return fullName(isOwn ? document.namespace : namespace, second ?? first)
}

export const referenceOf = (site: Site, attribute: string): string | undefined => {
  const written = trimmedOf(site, attribute)
  return written === undefined ? undefined : resolvedName(site, written)
}

export class Globals {
  readonly main: SchemaDocument
  readonly #byKind = new Map<Kind, Map<string, Site>>()

  /** Throws InvalidSchemaError. */
  constructor(source: SchemaSource) {
    const documents = new Documents(source).all()
    const [main] = documents
    if (main === undefined) throw new InvalidSchemaError('there is no schema')
    this.main = main
    for (const document of documents) {
      for (const site of childSites({ element: document.root, document })) {
        const kind = kinds.get(site.element.local)
        if (kind !== undefined) this.#add(kind, site)
      }
    }
  }

  get(kind: Kind, name: string): Site | undefined {
    return this.#byKind.get(kind)?.get(name)
  }

  all(kind: Kind): ReadonlyMap<string, Site> {
    return this.#byKind.get(kind) ?? new Map()
  }

  #add(kind: Kind, site: Site): void {
    const name = fullName(site.document.namespace, nameOf(site))
    const byName = this.#byKind.get(kind) ?? new Map<string, Site>()
    this.#byKind.set(kind, byName)
    if (byName.has(name)) fail(site, `the ${kind} ${name} is there twice`)
    byName.set(name, site)
  }
}

class Documents {
  readonly #source: SchemaSource
  readonly #byKey = new Map<string, SchemaDocument>()
  readonly #roots = new Map<string, XmlElement>()
  readonly #references: ReadonlyMap<string, string>
  #main: XmlElement | undefined

  constructor(source: SchemaSource) {
    this.#source = source
    this.#references = new Map(source.references.map(({ name, text }) => [name, text]))
  }

  /** The schema itself first. */
  all(): readonly SchemaDocument[] {
    const root = readDocument(this.#source.text, undefined)
    this.#main = root
    const namespace = targetOf(root)
    const main: SchemaDocument = { name: undefined, root, namespace, isChameleon: false }
    const documents = [main]
    this.#byKey.set('', main)
    // The array grows while it is gone through.
    for (const document of documents) {
      for (const site of childSites({ element: document.root, document })) documents.push(...this.#from(site))
      if (documents.length > documentsMax)
        fail({ element: root, document }, `there are more than ${documentsMax} documents`)
    }
    return documents
  }

  /** Those that are new. */
  #from(site: Site): readonly SchemaDocument[] {
    switch (site.element.local) {
      case 'redefine':
        return fail(site, 'redefine is not supported: define the types under names of their own')
      case 'include':
        return this.#included(site)
      case 'import':
        return this.#imported(site)
      default:
        return []
    }
  }

  #included(site: Site): readonly SchemaDocument[] {
    const location = trimmedOf(site, 'schemaLocation') ?? fail(site, 'the schemaLocation is missing')
    const root = this.#root(location) ?? fail(site, `the schema "${location}" is not among the references`)
    const own = targetOf(root)
    const { namespace } = site.document
    if (own !== '' && own !== namespace) fail(site, `"${location}" is of the namespace ${own}, not of ${namespace}`)
    return this.#added({ name: location, root, namespace, isChameleon: own === '' && namespace !== '' })
  }

  #imported(site: Site): readonly SchemaDocument[] {
    const namespace = attributeOf(site, 'namespace') ?? ''
    const location = trimmedOf(site, 'schemaLocation')
    if (namespace === site.document.namespace) fail(site, 'a schema does not import its own namespace')
    if (location === undefined) return this.#ofNamespace(namespace)
    const root = this.#root(location)
    if (root === undefined) {
      // Its four attributes are known without a document.
      if (namespace === xmlNamespace) return []
      return fail(site, `the schema "${location}" is not among the references`)
    }
    const own = targetOf(root)
    if (own !== namespace) fail(site, `"${location}" is of the namespace "${own}", not of "${namespace}"`)
    return this.#added({ name: location, root, namespace, isChameleon: false })
  }

  /** An import that does not say where: all that is of the namespace. */
  #ofNamespace(namespace: string): readonly SchemaDocument[] {
    return [...this.#references.keys()].flatMap((name) => {
      const root = this.#root(name)
      const isMeant = root !== undefined && targetOf(root) === namespace
      return isMeant ? this.#added({ name, root, namespace, isChameleon: false }) : []
    })
  }

  #added(document: SchemaDocument): readonly SchemaDocument[] {
    const key = `${document.namespace} ${document.name}`
    // Documents may include each other, and the same one again under another name.
    const isKnown = this.#byKey.has(key) || [...this.#byKey.values()].some((each) => isSame(each, document))
    if (isKnown) return []
    this.#byKey.set(key, document)
    return [document]
  }

  #root(name: string): XmlElement | undefined {
    const known = this.#roots.get(name)
    const text = this.#references.get(name)
    if (known !== undefined || text === undefined) return known
    const root = text === this.#source.text ? this.#main : readDocument(text, name)
    if (root !== undefined) this.#roots.set(name, root)
    return root
  }
}

const isSame = (one: SchemaDocument, other: SchemaDocument): boolean =>
  one.root === other.root && one.namespace === other.namespace

const targetOf = (root: XmlElement): string =>
  root.attributes.find(({ name }) => name === 'targetNamespace')?.value ?? ''

function readDocument(text: string, name: string | undefined): XmlElement {
  try {
    const root = readXml(text)
    const document = { name, root, namespace: '', isChameleon: false }
    checkGrammar(root, (element, message) => fail({ element, document }, message))
    const target = root.attributes.find((attribute) => attribute.name === 'targetNamespace')?.value
    const isWrong = target === '' || target === schemaNamespace
    if (isWrong) fail({ element: root, document }, `"${target}" is no namespace for a schema`)
    return root
  } catch (error) {
    if (!(error instanceof XmlError)) throw error
    throw new InvalidSchemaError(shortened(`${name === undefined ? '' : `${name}: `}${error.message}`))
  }
}
