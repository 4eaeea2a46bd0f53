/** For tests: random small schemas, changes to them, and documents that may be valid under them. */

/** Numbers below a bound. */
export type Dice = (bound: number) => number

/** A generator of numbers by Mulberry, from a seed. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0
  return (bound) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % bound
  }
}

interface Facet {
  readonly name: string
  readonly value: string
}

export type Simple =
  | { readonly kind: 'built-in'; readonly name: string }
  | { readonly kind: 'restriction'; readonly base: string; readonly facets: readonly Facet[] }
  | { readonly kind: 'list'; readonly item: string }
  | { readonly kind: 'union'; readonly members: readonly string[] }

interface Attribute {
  readonly name: string
  readonly type: Simple
  readonly use: 'required' | 'optional'
  readonly fixed: string | undefined
}

export type Node =
  | { readonly kind: 'element'; readonly name: string; readonly min: number; readonly max: number }
  | {
      readonly kind: 'any'
      readonly process: string
      readonly namespace: string
      readonly min: number
      readonly max: number
    }
  | {
      readonly kind: 'sequence' | 'choice' | 'all'
      readonly items: readonly Node[]
      readonly min: number
      readonly max: number
    }

export interface ElementType {
  readonly simple: Simple | undefined
  readonly content: Node | undefined
  readonly isMixed: boolean
  readonly isNillable: boolean
  readonly initial: string | undefined
  readonly attributes: readonly Attribute[]
}

/** Global elements by name; the first one is the root, and local elements refer to the others. */
export type Sketch = ReadonlyMap<string, ElementType>

const names = ['a', 'b', 'c', 'd', 'e']
const builtIns = [
  'string',
  'token',
  'int',
  'integer',
  'decimal',
  'boolean',
  'date',
  'NMTOKEN',
  'byte',
  'double',
  'unsignedByte',
  'NCName',
  'language',
  'hexBinary',
  'anyURI',
  'dateTime',
  'long',
  'float',
  'normalizedString',
  'time',
  'gYear',
  'duration',
]
const samples = [
  '',
  '1',
  '-1',
  '7',
  '42',
  '127',
  '128',
  '300',
  '1.50',
  '+05',
  'x',
  'abc',
  'abc def',
  ' x ',
  'true',
  '0',
  '2024-02-29',
  '2023-02-29',
  '2024-01-31Z',
  'a-b',
  '1e3',
  'INF',
  'ab',
  'abcd',
  '0A',
  '12:00:00',
  '2024-02-29T12:00:00',
  '99999999999',
  'P1Y',
  '2024',
  'x:y',
  '-0',
  '00',
  '10.00',
  '.5',
  '5.',
  'a\tb',
]

const oneOf = <T>(dice: Dice, all: readonly [T, ...T[]] | readonly T[]): T => {
  const found = all[dice(all.length)]
  if (found === undefined) throw new Error('nothing to choose from')
  return found
}

const facetsFor: ReadonlyMap<string, readonly (readonly Facet[])[]> = new Map([
  [
    'string',
    [
      [{ name: 'maxLength', value: '3' }],
      [{ name: 'maxLength', value: '5' }],
      [{ name: 'minLength', value: '1' }],
      [{ name: 'length', value: '3' }],
      [{ name: 'pattern', value: '[a-z]+' }],
      [{ name: 'pattern', value: '[a-z]*( [a-z]+)?' }],
      [
        { name: 'enumeration', value: 'x' },
        { name: 'enumeration', value: 'abc' },
      ],
      [{ name: 'enumeration', value: 'x' }],
      [{ name: 'whiteSpace', value: 'collapse' }],
      [
        { name: 'enumeration', value: 'x' },
        { name: 'enumeration', value: 'abc' },
        { name: 'enumeration', value: 'ab' },
      ],
      [{ name: 'pattern', value: '\\p{L}{2,3}' }],
      [{ name: 'pattern', value: '\\i\\c*|\\d+' }],
    ],
  ],
  [
    'integer',
    [
      [{ name: 'minInclusive', value: '0' }],
      [{ name: 'maxInclusive', value: '127' }],
      [
        { name: 'minExclusive', value: '0' },
        { name: 'maxExclusive', value: '128' },
      ],
      [{ name: 'totalDigits', value: '2' }],
      [{ name: 'totalDigits', value: '3' }],
      [
        { name: 'enumeration', value: '1' },
        { name: 'enumeration', value: '42' },
      ],
      [{ name: 'pattern', value: '\\d+' }],
      [{ name: 'pattern', value: '[+\\-]?[0-9]{1,2}' }],
    ],
  ],
  [
    'decimal',
    [
      [{ name: 'fractionDigits', value: '1' }],
      [{ name: 'fractionDigits', value: '0' }],
      [{ name: 'totalDigits', value: '3' }],
      [{ name: 'maxExclusive', value: '42' }],
      [
        { name: 'enumeration', value: '1.5' },
        { name: 'enumeration', value: '7' },
      ],
    ],
  ],
  ['date', [[{ name: 'minInclusive', value: '2024-01-01' }], [{ name: 'maxExclusive', value: '2024-02-29' }]]],
  [
    'token',
    [
      [
        { name: 'enumeration', value: 'x' },
        { name: 'enumeration', value: 'abc def' },
      ],
      [{ name: 'maxLength', value: '3' }],
    ],
  ],
])

function randomSimple(dice: Dice): Simple {
  const roll = dice(10)
  if (roll < 4) return { kind: 'built-in', name: oneOf(dice, builtIns) }
  if (roll < 8) {
    const base = oneOf(dice, [...facetsFor.keys()])
    return { kind: 'restriction', base, facets: oneOf(dice, facetsFor.get(base) ?? [[]]) }
  }
  if (roll < 9) return { kind: 'list', item: oneOf(dice, ['int', 'NMTOKEN', 'decimal', 'boolean']) }
  return {
    kind: 'union',
    members: oneOf(dice, [
      ['int', 'boolean'],
      ['date', 'NMTOKEN'],
      ['integer', 'decimal'],
      ['byte', 'token'],
    ]),
  }
}

function randomAttribute(dice: Dice, name: string): Attribute {
  const type = randomSimple(dice)
  return { name, type, use: dice(3) === 0 ? 'required' : 'optional', fixed: undefined }
}

const bounds = (dice: Dice): { min: number; max: number } =>
  oneOf(dice, [
    { min: 1, max: 1 },
    { min: 1, max: 1 },
    { min: 0, max: 1 },
    { min: 0, max: Number.POSITIVE_INFINITY },
    { min: 1, max: 3 },
    { min: 2, max: 4 },
    { min: 0, max: 2 },
  ])

function randomNode(dice: Dice, depth: number): Node {
  const roll = dice(depth === 0 ? 5 : 9)
  if (roll < 4) return { kind: 'element', name: oneOf(dice, names.slice(1)), ...bounds(dice) }
  if (roll === 4) {
    const process = oneOf(dice, ['lax', 'skip', 'strict'])
    const namespace = oneOf(dice, ['##any', '##other', '##local', '##targetNamespace'])
    return { kind: 'any', process, namespace, ...bounds(dice) }
  }
  const kind = roll < 7 ? 'sequence' : 'choice'
  const items = Array.from({ length: 1 + dice(3) }, () => randomNode(dice, depth - 1))
  return { kind, items, ...bounds(dice) }
}

function randomContent(dice: Dice): Node {
  if (dice(6) === 0) {
    const items = names
      .slice(1)
      .filter(() => dice(2) === 0)
      .map((name): Node => ({ kind: 'element', name, min: dice(2), max: 1 }))
    return { kind: 'all', items, min: 1, max: 1 }
  }
  const items = Array.from({ length: 1 + dice(3) }, () => randomNode(dice, 1))
  return { kind: dice(3) === 0 ? 'choice' : 'sequence', items, ...(dice(3) === 0 ? bounds(dice) : { min: 1, max: 1 }) }
}

function randomType(dice: Dice, isRoot: boolean): ElementType {
  const isSimple = !isRoot && dice(4) < 3
  const attributes = ['p', 'q'].filter(() => dice(3) === 0).map((name) => randomAttribute(dice, name))
  return {
    simple: isSimple ? randomSimple(dice) : undefined,
    content: isSimple || (!isRoot && dice(3) === 0) ? undefined : randomContent(dice),
    isMixed: !isSimple && dice(5) === 0,
    isNillable: dice(6) === 0,
    initial: undefined,
    attributes,
  }
}

export const randomSketch = (dice: Dice): Sketch =>
  new Map(names.map((name, index) => [name, randomType(dice, index === 0)]))

/** One change, or a few, at random. */
export function changed(dice: Dice, sketch: Sketch): Sketch {
  const name = dice(2) === 0 ? 'a' : oneOf(dice, names)
  const type = sketch.get(name)
  if (type === undefined) return sketch
  const next = new Map(sketch).set(name, changedType(dice, type))
  return dice(3) === 0 ? changed(dice, next) : next
}

function changedType(dice: Dice, type: ElementType): ElementType {
  switch (dice(6)) {
    case 0:
      return { ...type, attributes: changedAttributes(dice, type.attributes) }
    case 1:
      return { ...type, isMixed: !type.isMixed && type.simple === undefined }
    case 2:
      return { ...type, isNillable: !type.isNillable }
    default:
      if (type.simple !== undefined) return { ...type, simple: randomSimple(dice) }
      return type.content === undefined ? type : { ...type, content: changedNode(dice, type.content) }
  }
}

function changedAttributes(dice: Dice, attributes: readonly Attribute[]): readonly Attribute[] {
  const [first, ...rest] = attributes
  if (first === undefined) return [randomAttribute(dice, 'p')]
  const roll = dice(4)
  if (roll === 0) return rest
  if (roll === 1) return [{ ...first, use: first.use === 'required' ? 'optional' : 'required' }, ...rest]
  if (roll === 2) return [{ ...first, type: randomSimple(dice) }, ...rest]
  return attributes.some(({ name }) => name === 'r') ? attributes : [...attributes, randomAttribute(dice, 'r')]
}

function changedNode(dice: Dice, node: Node): Node {
  if (node.kind === 'element') {
    return dice(3) === 0 ? { ...node, name: oneOf(dice, names.slice(1)) } : { ...node, ...bounds(dice) }
  }
  if (node.kind === 'any') return randomNode(dice, 0)
  if (node.kind === 'all') {
    return { ...node, items: node.items.map((item) => ({ ...item, min: dice(3) === 0 ? 1 - item.min : item.min })) }
  }
  const at = dice(node.items.length)
  const roll = dice(7)
  if (roll === 0) return { ...node, items: node.items.filter((_, index) => index !== at || node.items.length === 1) }
  if (roll === 1) return { ...node, items: [...node.items, randomNode(dice, 0)] }
  if (roll === 2) return { ...node, kind: node.kind === 'sequence' ? 'choice' : 'sequence' }
  if (roll === 3) return { ...node, ...bounds(dice) }
  return { ...node, items: node.items.map((item, index) => (index === at ? changedNode(dice, item) : item)) }
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;').replaceAll('\t', '&#9;')

const occursText = ({ min, max }: { readonly min: number; readonly max: number }): string =>
  `${min === 1 ? '' : ` minOccurs="${min}"`}${max === 1 ? '' : ` maxOccurs="${max === Number.POSITIVE_INFINITY ? 'unbounded' : max}"`}`

function simpleText(type: Simple): string {
  switch (type.kind) {
    case 'built-in':
      return `<xs:simpleType><xs:restriction base="xs:${type.name}"/></xs:simpleType>`
    case 'restriction': {
      const facets = type.facets.map(({ name, value }) => `<xs:${name} value="${escaped(value)}"/>`).join('')
      return `<xs:simpleType><xs:restriction base="xs:${type.base}">${facets}</xs:restriction></xs:simpleType>`
    }
    case 'list':
      return `<xs:simpleType><xs:list itemType="xs:${type.item}"/></xs:simpleType>`
    case 'union':
      return `<xs:simpleType><xs:union memberTypes="${type.members.map((name) => `xs:${name}`).join(' ')}"/></xs:simpleType>`
  }
}

function nodeText(node: Node): string {
  if (node.kind === 'element') return `<xs:element ref="t:${node.name}"${occursText(node)}/>`
  if (node.kind === 'any') {
    return `<xs:any processContents="${node.process}" namespace="${node.namespace}"${occursText(node)}/>`
  }
  return `<xs:${node.kind}${occursText(node)}>${node.items.map(nodeText).join('')}</xs:${node.kind}>`
}

function typeText(type: ElementType): string {
  const attributes = type.attributes
    .map(({ name, type: own, use }) => `<xs:attribute name="${name}" use="${use}">${simpleText(own)}</xs:attribute>`)
    .join('')
  if (type.simple !== undefined && attributes === '') return simpleText(type.simple)
  if (type.simple !== undefined) {
    return `<xs:complexType><xs:simpleContent><xs:extension base="t:T">${attributes}</xs:extension></xs:simpleContent></xs:complexType>`
  }
  const content = type.content === undefined ? '' : nodeText(type.content)
  return `<xs:complexType${type.isMixed ? ' mixed="true"' : ''}>${content}${attributes}</xs:complexType>`
}

export function schemaText(sketch: Sketch): string {
  const elements = [...sketch].map(([name, type]) => {
    const isSplit = type.simple !== undefined && type.attributes.length > 0
    const named =
      isSplit && type.simple !== undefined
        ? simpleText(type.simple).replace('<xs:simpleType>', `<xs:simpleType name="T${name}">`)
        : ''
    const nillable = type.isNillable ? ' nillable="true"' : ''
    const inner = typeText(type).replace('t:T', `t:T${name}`)
    return `${named}<xs:element name="${name}"${nillable}>${inner}</xs:element>`
  })
  return `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified">${elements.join('')}</xs:schema>`
}

/** A document that is valid more often than not. */
export class DocumentWriter {
  readonly #dice: Dice
  readonly #sketch: Sketch
  #left = 40

  constructor(dice: Dice, sketch: Sketch) {
    this.#dice = dice
    this.#sketch = sketch
  }

  document(): string {
    const root = this.#dice(4) === 0 ? oneOf(this.#dice, names) : 'a'
    const text = this.#element(root, 5)
    return text.replace(/^<t:(\w+)/u, '<t:$1 xmlns:t="urn:t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"')
  }

  #element(name: string, depth: number): string {
    const type = this.#sketch.get(name)
    this.#left -= 1
    if (type === undefined) return `<t:${name}/>`
    const attributes = type.attributes
      .filter(({ use }) => (use === 'required' ? this.#dice(20) > 0 : this.#dice(2) === 0))
      .map(({ name: own, type: simple }) => ` ${own}="${escaped(this.#simple(simple))}"`)
      .join('')
    const isNil = type.isNillable && this.#dice(4) === 0
    if (isNil) return `<t:${name}${attributes} xsi:nil="true"/>`
    const text = type.isMixed && this.#dice(2) === 0 ? 'text' : ''
    const content =
      type.simple === undefined ? text + this.#content(type.content, depth) : escaped(this.#simple(type.simple))
    return `<t:${name}${attributes}>${content}</t:${name}>`
  }

  #simple(type: Simple): string {
    if (type.kind === 'restriction' && this.#dice(2) === 0) {
      const values = type.facets.filter(({ name }) => name === 'enumeration').map(({ value }) => value)
      if (values.length > 0) return oneOf(this.#dice, values)
    }
    if (type.kind === 'list')
      return Array.from({ length: this.#dice(3) }, () => oneOf(this.#dice, samples).trim()).join(' ')
    return oneOf(this.#dice, [...samples, ...goodFor(type), ...goodFor(type), ...goodFor(type), ...goodFor(type)])
  }

  #content(node: Node | undefined, depth: number): string {
    if (node === undefined || depth < -4 || this.#left < -200) return ''
    const isMost = depth <= 0 || this.#left <= 0
    const extra = isMost ? 0 : this.#dice(Math.min(node.max - node.min, 2) + 1)
    const count = this.#dice(30) === 0 ? node.max + 1 : node.min + extra
    return Array.from({ length: Math.min(count, 6) }, () => this.#once(node, depth)).join('')
  }

  #once(node: Node, depth: number): string {
    if (node.kind === 'element') return this.#element(node.name, depth - 1)
    if (node.kind === 'any') return this.#anything(node.namespace, depth)
    if (node.kind === 'choice') return this.#content(oneOf(this.#dice, node.items), depth)
    const items = node.kind === 'all' && this.#dice(2) === 0 ? [...node.items].reverse() : node.items
    return items.map((item) => (this.#dice(40) === 0 ? '' : this.#content(item, depth))).join('')
  }

  #anything(namespace: string, depth: number): string {
    const roll =
      namespace === '##targetNamespace' ? 0 : namespace === '##other' ? 1 : namespace === '##local' ? 2 : this.#dice(3)
    if (roll === 0) return this.#dice(4) === 0 ? '<t:unknown/>' : this.#element(oneOf(this.#dice, names), depth - 1)
    if (roll === 1) return '<o:x xmlns:o="urn:o" k="v">y</o:x>'
    return this.#dice(3) === 0 ? `<w>${this.#element(oneOf(this.#dice, names), depth - 1)}</w>` : '<w/>'
  }
}

function goodFor(type: Simple): readonly string[] {
  const base =
    type.kind === 'built-in'
      ? type.name
      : type.kind === 'restriction'
        ? type.base
        : type.kind === 'union'
          ? type.members[0]
          : ''
  switch (base) {
    case 'date':
      return ['2024-02-29', '2024-01-01', '2024-01-31Z']
    case 'boolean':
      return ['true', '0']
    case 'dateTime':
      return ['2024-02-29T12:00:00']
    case 'time':
      return ['12:00:00']
    case 'hexBinary':
      return ['0A', 'ab']
    case 'gYear':
      return ['2024']
    case 'duration':
      return ['P1Y']
    case 'string':
    case 'token':
    case 'NMTOKEN':
    case 'NCName':
    case 'language':
    case 'normalizedString':
    case 'anyURI':
      return ['x', 'abc', 'ab']
    default:
      return ['1', '42', '7', '0']
  }
}
