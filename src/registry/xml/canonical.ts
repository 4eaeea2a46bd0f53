/** Schemas as texts: without what has no meaning, and written in one way. */
import { schemaNamespace } from './built-in-types.ts'
import { elementsOf, fullName, isElement, namespaceOf, type XmlElement } from './xml-tree.ts'

/** The order of code units, which is the same everywhere. */
const byText = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1)

const escapedText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;')

const escapedValue = (text: string): string =>
  escapedText(text).replaceAll('"', '&quot;').replaceAll('\t', '&#9;').replaceAll('\n', '&#10;')

interface Written {
  readonly name: string
  /** Names and values, in their order. */
  readonly attributes: readonly (readonly [string, string])[]
  readonly children: readonly (Written | string)[]
}

function writtenText({ name, attributes, children }: Written): string {
  const inside = attributes.map(([key, value]) => ` ${key}="${escapedValue(value)}"`).join('')
  if (children.length === 0) return `<${name}${inside}/>`
  const content = children
    .map((child) => (typeof child === 'string' ? escapedText(child) : writtenText(child)))
    .join('')
  return `<${name}${inside}>${content}</${name}>`
}

/** The text as it came, but for white space between elements, comments, processing instructions, and the order of attributes. */
export function canonicalText(root: XmlElement): string {
  return writtenText(asWritten(root, false))
}

function asWritten(element: XmlElement, isDocumentation: boolean): Written {
  const declarations = [...element.declared].map(([prefix, namespace]): readonly [string, string] => [
    prefix === '' ? 'xmlns' : `xmlns:${prefix}`,
    namespace,
  ])
  const attributes = element.attributes.map(({ name, value }): readonly [string, string] => [name, value])
  // In documentation text counts; elsewhere there is none but white space.
  const isText = isDocumentation || (element.namespace === schemaNamespace && isAnnotationText(element.local))
  return {
    name: element.name,
    attributes: [...declarations.sort(byName), ...attributes.sort(byName)],
    children: element.children.flatMap((child): readonly (Written | string)[] => {
      if (isElement(child)) return [asWritten(child, isText)]
      return isText && /\S/u.test(child) ? [child] : []
    }),
  }
}

const isAnnotationText = (local: string): boolean => local === 'documentation' || local === 'appinfo'

const byName = ([one]: readonly [string, string], [other]: readonly [string, string]): number => byText(one, other)

/** What an attribute has when it is not there; the empty string is the default of the document's own defaults. */
const defaults: ReadonlyMap<string, string> = new Map([
  ['minOccurs', '1'],
  ['maxOccurs', '1'],
  ['use', 'optional'],
  ['nillable', 'false'],
  ['abstract', 'false'],
  ['fixed', 'false'],
  ['processContents', 'strict'],
  ['namespace', '##any'],
  ['elementFormDefault', 'unqualified'],
  ['attributeFormDefault', 'unqualified'],
  ['blockDefault', ''],
  ['finalDefault', ''],
])

/** Attributes whose values are qualified names, or lists of them. */
const nameAttributes: ReadonlySet<string> = new Set([
  'type',
  'ref',
  'base',
  'itemType',
  'memberTypes',
  'substitutionGroup',
  'refer',
])
const valueAttributes: ReadonlySet<string> = new Set(['value', 'default', 'fixed'])
const booleanAttributes: ReadonlySet<string> = new Set(['nillable', 'abstract', 'mixed'])
const countAttributes: ReadonlySet<string> = new Set(['minOccurs', 'maxOccurs'])
const facetParents: ReadonlySet<string> = new Set(['element', 'attribute'])

/** Components at the top, by kind and name; what is included and imported comes before them. */
const order: readonly string[] = [
  'include',
  'import',
  'notation',
  'simpleType',
  'complexType',
  'group',
  'attributeGroup',
  'attribute',
  'element',
]

/** Of all texts that mean the same, as far as that can be seen from the text, the same one. */
export function normalizedSchemaText(root: XmlElement): string {
  const prefixes = prefixesFor(root)
  // Without room for the prefixes that values need, the text stays as it is.
  return prefixes === undefined ? canonicalText(root) : writtenText(new Normalizer(root, prefixes).schema())
}

class Normalizer {
  readonly #root: XmlElement
  readonly #prefixes: ReadonlyMap<string, string>
  readonly #kept: ReadonlyMap<string, string>

  constructor(root: XmlElement, { byNamespace, kept }: Prefixes) {
    this.#root = root
    this.#prefixes = byNamespace
    this.#kept = kept
  }

  schema(): Written {
    const written = this.#element(this.#root)
    const own = [...this.#prefixes].map(([namespace, prefix]): readonly [string, string] => [prefix, namespace])
    const declarations = [...new Map([...own, ...this.#kept])]
      .map(([prefix, namespace]): readonly [string, string] => [`xmlns:${prefix}`, namespace])
      .sort(byName)
    const first = elementsOf(this.#root).find(({ local }) => local === 'element')
    const firstName = first?.attributes.find(({ name }) => name === 'name')?.value
    const sorted = written.children
      .filter((child) => typeof child !== 'string')
      .map((child) => ({ child, key: sortKey(child, firstName) }))
      .sort((one, other) => byText(one.key, other.key))
    return {
      ...written,
      attributes: [...declarations, ...written.attributes],
      children: sorted.map(({ child }) => child),
    }
  }

  #element(element: XmlElement): Written {
    const attributes = element.attributes.flatMap((attribute): readonly (readonly [string, string])[] => {
      const { local, namespace, name } = attribute
      if (namespace !== '') return [[this.#name(fullName(namespace, local), namespace, local), attribute.value]]
      // An id is there for who reads the text.
      if (local === 'id') return []
      const value = this.#value(element, local, attribute.value)
      const isDefault = value === defaults.get(local) && !(local === 'fixed' && facetParents.has(element.local))
      const isEmptyImport = local === 'namespace' && element.local === 'import'
      return isDefault && !isEmptyImport ? [] : [[name, value]]
    })
    const own = elementsOf(element).filter(
      ({ local, namespace }) => local !== 'annotation' || namespace !== schemaNamespace,
    )
    const { local, namespace } = element
    const children = own.map((child) => this.#element(child))
    return {
      name: this.#name(fullName(namespace, local), namespace, local),
      attributes: attributes.sort(byName),
      children: sortedChildren(local, children),
    }
  }

  #name(whole: string, namespace: string, local: string): string {
    if (namespace === '') return local
    const prefix = namespace === 'http://www.w3.org/XML/1998/namespace' ? 'xml' : this.#prefixes.get(namespace)
    return prefix === undefined ? whole : `${prefix}:${local}`
  }

  #value(element: XmlElement, name: string, value: string): string {
    if (nameAttributes.has(name)) {
      const names = value.split(/\s+/u).filter((word) => word !== '')
      return names.map((each) => this.#qualified(element, each)).join(' ')
    }
    if (name === 'xpath') {
      return value.replace(/([\w.-]+):(?!:)/gu, (written, prefix: string) => {
        const found = this.#prefixes.get(namespaceOf(element, prefix) ?? '')
        return found === undefined ? written : `${found}:`
      })
    }
    const trimmed = value.trim()
    const isBoolean = booleanAttributes.has(name) || (name === 'fixed' && !facetParents.has(element.local))
    if (isBoolean) return trimmed === '1' ? 'true' : trimmed === '0' ? 'false' : trimmed
    if (countAttributes.has(name) && trimmed !== 'unbounded') return String(Number(trimmed))
    return value
  }

  #qualified(element: XmlElement, written: string): string {
    const [first = '', second] = written.split(':')
    const namespace = namespaceOf(element, second === undefined ? '' : first) ?? ''
    return this.#name(written, namespace, second ?? first)
  }
}

interface Prefixes {
  readonly byNamespace: ReadonlyMap<string, string>
  /** Those that values may be written with (of an enumeration of QNames, say), as they are. */
  readonly kept: ReadonlyMap<string, string>
}

/**
 * `xs` for XML Schema, `tns` for the own namespace, and `ns1`, `ns2`... for others, which are sorted; undefined where a prefix in a value
 * has another meaning than one of these.
 */
function prefixesFor(root: XmlElement): Prefixes | undefined {
  const target = root.attributes.find(({ name }) => name === 'targetNamespace')?.value
  const others = new Set<string>()
  const used = new Map<string, string>()
  let isClear = true
  const keep = (prefix: string, namespace: string): void => {
    isClear &&= (used.get(prefix) ?? namespace) === namespace
    used.set(prefix, namespace)
  }
  const gather = (element: XmlElement): void => {
    for (const namespace of element.declared.values()) others.add(namespace)
    for (const { name, value } of element.attributes) {
      const prefix = valueAttributes.has(name) ? /^\s*([^\s:]+):/u.exec(value)?.[1] : undefined
      const namespace = prefix === undefined ? undefined : namespaceOf(element, prefix)
      if (prefix !== undefined && namespace !== undefined) keep(prefix, namespace)
    }
    for (const child of elementsOf(element)) gather(child)
  }
  gather(root)
  const prefixes = new Map([[schemaNamespace, 'xs']])
  if (target !== undefined) prefixes.set(target, 'tns')
  const rest = [...others].filter((namespace) => namespace !== '' && !prefixes.has(namespace)).sort(byText)
  for (const [index, namespace] of rest.entries()) prefixes.set(namespace, `ns${index + 1}`)
  for (const [namespace, prefix] of prefixes) isClear &&= (used.get(prefix) ?? namespace) === namespace
  return isClear ? { byNamespace: prefixes, kept: used } : undefined
}

/** The order of attributes, and of the values of an enumeration and of patterns, means nothing. */
function sortedChildren(local: string, children: readonly Written[]): readonly Written[] {
  const isAttribute = ({ name }: Written): boolean => name === 'xs:attribute' || name === 'xs:attributeGroup'
  const isFacet = ({ attributes }: Written): boolean => attributes.some(([name]) => name === 'value')
  const isSorted = local === 'restriction' ? (each: Written) => isAttribute(each) || isFacet(each) : isAttribute
  const sorted = children.filter(isSorted).sort((one, other) => byText(writtenText(one), writtenText(other)))
  let index = 0
  return children.map((child) => {
    if (!isSorted(child)) return child
    const replaced = sorted[index]
    index += 1
    return replaced ?? child
  })
}

function sortKey({ name, attributes }: Written, firstElement: string | undefined): string {
  const local = name.slice(name.indexOf(':') + 1)
  const value = (key: string): string => attributes.find(([each]) => each === key)?.[1] ?? ''
  const place = String(order.indexOf(local) + 1).padStart(2, '0')
  // The first element gives the schema its name, and so it stays the first one.
  const isFirst = local === 'element' && value('name') === firstElement
  return `${place} ${isFirst ? '0' : '1'} ${value('name')} ${value('namespace')} ${value('schemaLocation')}`
}
