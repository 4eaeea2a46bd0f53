/**
 * A text of XML as a tree of elements with their namespaces. fast-xml-parser takes it apart; what it is more lenient about than XML is
 * (two roots, a `<` in an attribute, unknown entities, prefixes) is checked here. A document type is refused, so nothing is ever expanded.
 */
import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** Deeper ones are refused: all that walks a tree may recurse. */
const depthMax = 200
const bytesMax = 16 * 1024 * 1024

export const xmlNamespace = 'http://www.w3.org/XML/1998/namespace'
const xmlnsNamespace = 'http://www.w3.org/2000/xmlns/'

export interface XmlAttribute {
  /** As it is written. */
  readonly name: string
  readonly local: string
  /** Empty: none, as it is for each one without a prefix. */
  readonly namespace: string
  readonly value: string
}

export interface XmlElement {
  /** As it is written. */
  readonly name: string
  readonly local: string
  readonly namespace: string
  /** Without the declarations of namespaces. */
  readonly attributes: readonly XmlAttribute[]
  /** Those that this element declares itself: a prefix (empty: the default) and its namespace. */
  readonly declared: ReadonlyMap<string, string>
  readonly children: readonly (XmlElement | string)[]
  readonly parent: XmlElement | undefined
  readonly line: number
}

/** A text that is no XML, or that is refused. */
export class XmlError extends Error {
  override readonly name = 'XmlError'
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  // The marks keep names such as `constructor` and `__proto__`, which are legal in XML, from being names of properties.
  attributeNamePrefix: '@',
  transformTagName: (name) => `=${name}`,
  trimValues: false,
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  cdataPropName: '#cdata',
  captureMetaData: true,
  ignorePiTags: true,
  ignoreDeclaration: true,
  maxNestedTags: depthMax + 2,
})

const nameStart =
  ':A-Z_a-z\\u00C0-\\u00D6\\u00D8-\\u00F6\\u00F8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F'
const nameStartMore = '\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}'
const nameMore = '\\-.0-9\\u00B7\\u0300-\\u036F\\u203F\\u2040'
export const nameStartClass = `${nameStart}${nameStartMore}`
export const nameClass = `${nameStartClass}${nameMore}`
const namePattern = new RegExp(`^[${nameStartClass}][${nameClass}]*$`, 'u')

export const isName = (text: string): boolean => namePattern.test(text)
export const isNcName = (text: string): boolean => isName(text) && !text.includes(':')

/** `{namespace}local`, or the local name alone: the form in which names are compared and told. */
export const fullName = (namespace: string, local: string): string =>
  namespace === '' ? local : `{${namespace}}${local}`

export const isElement = (child: XmlElement | string): child is XmlElement => typeof child !== 'string'

export const elementsOf = (element: XmlElement): readonly XmlElement[] => element.children.filter(isElement)

export const textOf = (element: XmlElement): string =>
  element.children.filter((child) => typeof child === 'string').join('')

/** The namespace of a prefix (empty: the default) where an element stands; undefined where it is not declared. */
export function namespaceOf(element: XmlElement, prefix: string): string | undefined {
  if (prefix === 'xml') return xmlNamespace
  for (let at: XmlElement | undefined = element; at !== undefined; at = at.parent) {
    const found = at.declared.get(prefix)
    if (found !== undefined) return found === '' && prefix !== '' ? undefined : found
  }
  return prefix === '' ? '' : undefined
}

/** Throws XmlError. */
export function readXml(source: string): XmlElement {
  if (source.length > bytesMax) throw new XmlError(`a text of ${source.length} characters is more than ${bytesMax}`)
  const text = source
    .replace(/^\uFEFF/u, '')
    .replaceAll('\r\n', '\n')
    .replaceAll('\r', '\n')
  const lines = new Lines(text)
  checkMarkup(text, lines)
  const { roots, startIndex } = parsed(text)
  const elements: { readonly tag: string; readonly node: RawNode }[] = []
  for (const node of roots) {
    const tag = tagOf(node)
    if (tag !== undefined) elements.push({ tag, node })
    else if ('#cdata' in node) throw new XmlError('text stands outside of the root element')
  }
  const [root, second] = elements
  if (root === undefined) throw new XmlError('there is no root element')
  if (second !== undefined)
    throw new XmlError(`line ${lines.at(startIndex(second.node))}: there is a second root element`)
  const last = text.replace(/(?:\s|<!--(?:[^-]|-(?!->))*-->|<\?(?:[^?]|\?(?!>))*\?>)+$/u, '')
  if (!last.endsWith('>')) throw new XmlError(`line ${lines.at(text.length)}: text stands behind the root element`)
  return new TreeBuilder(lines, startIndex).element(root.tag, root.node, undefined, 1)
}

/** What the parser gives of each thing: an object with its tag or kind as the one key, and `:@` for attributes. */
type RawNode = Readonly<Record<string, unknown>>

const isRawNode = (value: unknown): value is RawNode => typeof value === 'object' && value !== null

const isRawNodes = (value: unknown): value is readonly RawNode[] => Array.isArray(value) && value.every(isRawNode)

const tagOf = (node: RawNode): string | undefined => Object.keys(node).find((key) => key.startsWith('='))

function parsed(text: string): { readonly roots: readonly RawNode[]; readonly startIndex: (node: RawNode) => number } {
  const validity = XMLValidator.validate(text)
  if (validity !== true) throw new XmlError(`line ${validity.err.line}: ${shortened(validity.err.msg)}`)
  let roots: unknown
  try {
    roots = parser.parse(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (/nested tags/iu.test(message)) throw new XmlError(`elements are nested deeper than ${depthMax}`)
    throw new XmlError(shortened(message))
  }
  if (!isRawNodes(roots)) throw new XmlError('the text has no elements')
  const symbol: unknown = XMLParser.getMetaDataSymbol()
  const startIndex = (node: RawNode): number => {
    const data: unknown = typeof symbol === 'symbol' ? Reflect.get(node, symbol) : undefined
    return isRawNode(data) && typeof data['startIndex'] === 'number' ? data['startIndex'] : 0
  }
  return { roots, startIndex }
}

const shortened = (message: string): string => (message.length > 300 ? `${message.slice(0, 300)}...` : message)

/** What the parser skips, or takes for something else, in one pass over the beginnings of markup. */
function checkMarkup(text: string, lines: Lines): void {
  const fail = (at: number, message: string): never => {
    throw new XmlError(`line ${lines.at(at)}: ${message}`)
  }
  const bad = /[^\t\n\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/u.exec(text)
  if (bad !== null)
    fail(bad.index, `the character U+${(bad[0].codePointAt(0) ?? 0).toString(16)} is not allowed in XML`)
  const closeOf = (at: number, mark: string, what: string): number => {
    const end = text.indexOf(mark, at)
    return end < 0 ? fail(at, `${what} is not closed`) : end
  }
  for (let at = text.indexOf('<'); at >= 0; at = text.indexOf('<', at)) {
    if (text.startsWith('<!--', at)) {
      const end = closeOf(at + 4, '--', 'a comment')
      if (text[end + 2] !== '>') fail(at, 'a comment has "--" in it')
      at = end + 3
    } else if (text.startsWith('<![CDATA[', at)) at = closeOf(at, ']]>', 'a CDATA section') + 3
    else if (text.startsWith('<?', at)) {
      if (/^<\?xml[\s?]/u.test(text.slice(at, at + 6)) && at > 0)
        fail(at, 'the XML declaration stands at the beginning alone')
      at = closeOf(at, '?>', 'a processing instruction') + 2
    } else if (text.startsWith('<!', at)) fail(at, 'a document type (DTD) and declarations of entities are refused')
    else at += 1
  }
}

const predefined: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

function decoded(text: string, line: number): string {
  if (!text.includes('&')) return text
  return text.replace(/&([^;&\s]{0,40};)?/gu, (whole, reference: string | undefined) => {
    const name = reference?.slice(0, -1) ?? ''
    const known = predefined.get(name)
    if (known !== undefined) return known
    const number = /^#(?:x([0-9A-Fa-f]{1,8})|([0-9]{1,8}))$/u.exec(name)
    if (number === null) throw new XmlError(`line ${line}: there is no entity "${whole}"`)
    const code = number[1] === undefined ? Number(number[2]) : Number.parseInt(number[1], 16)
    if (!isXmlCharacter(code)) throw new XmlError(`line ${line}: "${whole}" is no character of XML`)
    return String.fromCodePoint(code)
  })
}

const isXmlCharacter = (code: number): boolean =>
  code === 9 ||
  code === 10 ||
  code === 13 ||
  (code >= 0x20 && code <= 0xd7ff) ||
  (code >= 0xe000 && code <= 0xfffd) ||
  (code >= 0x10000 && code <= 0x10ffff)

class TreeBuilder {
  readonly #lines: Lines
  readonly #startIndex: (node: RawNode) => number

  constructor(lines: Lines, startIndex: (node: RawNode) => number) {
    this.#lines = lines
    this.#startIndex = startIndex
  }

  element(tag: string, node: RawNode, parent: XmlElement | undefined, depth: number): XmlElement {
    const line = this.#lines.at(this.#startIndex(node))
    if (depth > depthMax) throw new XmlError(`line ${line}: elements are nested deeper than ${depthMax}`)
    const name = tag.replace(/^=+/u, '')
    const declared = new Map<string, string>()
    const written = writtenAttributes(node, line)
    for (const [key, value] of written) {
      if (key === 'xmlns') declared.set('', value)
      else if (key.startsWith('xmlns:')) declared.set(key.slice(6), value)
    }
    const attributes: XmlAttribute[] = []
    const children: (XmlElement | string)[] = []
    const scope: XmlElement = { name, local: '', namespace: '', attributes, declared, children, parent, line }
    checkDeclared(declared, line)
    const { local, namespace } = resolved(scope, name, true)
    const element: XmlElement = { ...scope, local, namespace }
    const seen = new Set<string>()
    for (const [key, value] of written) {
      if (key === 'xmlns' || key.startsWith('xmlns:')) continue
      const attribute = { name: key, value, ...resolved(element, key, false) }
      const full = fullName(attribute.namespace, attribute.local)
      if (seen.has(full)) throw new XmlError(`line ${line}: the attribute ${full} is there twice`)
      seen.add(full)
      attributes.push(attribute)
    }
    this.#addChildren(element, children, node[tag], depth)
    return element
  }

  #addChildren(parent: XmlElement, children: (XmlElement | string)[], nodes: unknown, depth: number): void {
    if (!isRawNodes(nodes)) return
    const addText = (text: string): void => {
      const last = children.at(-1)
      if (text === '') return
      if (typeof last === 'string') children[children.length - 1] = last + text
      else children.push(text)
    }
    for (const node of nodes) {
      const tag = tagOf(node)
      const text = node['#text']
      if (tag !== undefined) children.push(this.element(tag, node, parent, depth + 1))
      else if (typeof text === 'string') {
        if (text.includes(']]>'))
          throw new XmlError(`line ${parent.line}: "]]>" stands in the text of <${parent.name}>`)
        addText(decoded(text, parent.line))
      } else if ('#cdata' in node) addText(cdataOf(node['#cdata']))
    }
  }
}

function cdataOf(value: unknown): string {
  const [inner] = isRawNodes(value) ? value : []
  const text = inner?.['#text']
  return typeof text === 'string' ? text : ''
}

function writtenAttributes(node: RawNode, line: number): readonly (readonly [string, string])[] {
  const raw = node[':@']
  if (!isRawNode(raw)) return []
  return Object.entries(raw).map(([key, value]) => {
    if (typeof value !== 'string') throw new XmlError(`line ${line}: the attribute ${key.slice(1)} has no value`)
    if (value.includes('<')) throw new XmlError(`line ${line}: "<" stands in the attribute ${key.slice(1)}`)
    return [key.slice(1), decoded(value.replace(/[\t\n]/gu, ' '), line)]
  })
}

function checkDeclared(declared: ReadonlyMap<string, string>, line: number): void {
  for (const [prefix, namespace] of declared) {
    const isReserved =
      prefix === 'xmlns' || namespace === xmlnsNamespace || (prefix === 'xml') !== (namespace === xmlNamespace)
    if (isReserved) throw new XmlError(`line ${line}: the prefix "${prefix}" must not be bound to "${namespace}"`)
    if (prefix !== '' && namespace === '')
      throw new XmlError(`line ${line}: the prefix "${prefix}" is bound to nothing`)
    if (prefix !== '' && !isNcName(prefix)) throw new XmlError(`line ${line}: "${prefix}" is no prefix`)
  }
}

function resolved(scope: XmlElement, name: string, withDefault: boolean): { local: string; namespace: string } {
  const { line } = scope
  const colon = name.indexOf(':')
  const prefix = colon < 0 ? '' : name.slice(0, colon)
  const local = name.slice(colon + 1)
  if (!isNcName(local) || (colon >= 0 && !isNcName(prefix))) throw new XmlError(`line ${line}: "${name}" is no name`)
  if (colon < 0 && !withDefault) return { local, namespace: '' }
  const namespace = namespaceOf(scope, prefix)
  if (namespace === undefined) throw new XmlError(`line ${line}: the prefix "${prefix}" of "${name}" is not declared`)
  return { local, namespace }
}

/** At which line an index stands. */
class Lines {
  readonly #ends: number[] = []

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#ends.push(at)
  }

  at(index: number): number {
    let low = 0
    let high = this.#ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ends[middle] ?? 0) < index) low = middle + 1
      else high = middle
    }
    return low + 1
  }
}
