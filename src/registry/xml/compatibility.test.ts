import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ParsedSchema } from '../formats/format.ts'
import { xml } from './xml-format.ts'

const parse = (inside: string): ParsedSchema =>
  xml.parse({ text: `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${inside}</xs:schema>`, references: [] })

const order = (inside: string): string =>
  `<xs:element name="order"><xs:complexType>${inside}</xs:complexType></xs:element>`
const sequence = (inside: string): string => order(`<xs:sequence>${inside}</xs:sequence>`)
const item = '<xs:element name="item" type="xs:int"/>'
const note = '<xs:element name="note" type="xs:string"/>'
const occurs = (element: string, bounds: string): string => element.replace('/>', ` ${bounds}/>`)
const restriction = (base: string, facets: string): string =>
  `<xs:simpleType><xs:restriction base="xs:${base}">${facets}</xs:restriction></xs:simpleType>`
const valued = (base: string, facets: string): string =>
  `<xs:element name="v">${restriction(base, facets)}</xs:element>`

/** Kinds and paths of what hinders a reader. */
const between = (reader: string, writer: string): readonly string[] =>
  parse(reader)
    .incompatibilities(parse(writer))
    .map(({ type, additionalInfo }) => `${type} ${additionalInfo}`)

const compatible = (reader: string, writer: string): void => assert.deepEqual(between(reader, writer), [])
const hindered = (reader: string, writer: string, ...expected: readonly string[]): void =>
  assert.deepEqual(between(reader, writer), expected)

test('elements that are added or taken away', () => {
  compatible(sequence(item + occurs(note, 'minOccurs="0"')), sequence(item))
  hindered(sequence(item + note), sequence(item), 'REQUIRED_ELEMENT_ADDED /order/note')
  hindered(sequence(note + item), sequence(item), 'REQUIRED_ELEMENT_ADDED /order/note')
  hindered(sequence(item), sequence(item + occurs(note, 'minOccurs="0"')), 'ELEMENT_REMOVED /order/note')
  hindered('<xs:element name="b"/>', '<xs:element name="a"/>', 'ROOT_ELEMENT_REMOVED /a')
  compatible('<xs:element name="a" type="xs:int"/><xs:element name="b"/>', '<xs:element name="a" type="xs:int"/>')
  // An element of any type may have had one of this name in it.
  hindered('<xs:element name="a"/><xs:element name="b"/>', '<xs:element name="a"/>', 'WILDCARD_NARROWED /a/b')
  hindered(sequence(note + item), sequence(item + note), 'CONTENT_MODEL_CHANGED /order/item')
})

test('how often elements occur', () => {
  compatible(sequence(occurs(item, 'maxOccurs="5"')), sequence(occurs(item, 'maxOccurs="3"')))
  hindered(
    sequence(occurs(item, 'maxOccurs="3"')),
    sequence(occurs(item, 'maxOccurs="5"')),
    'OCCURRENCE_NARROWED /order/item',
  )
  hindered(sequence(item), sequence(occurs(item, 'minOccurs="0"')), 'OCCURRENCE_NARROWED /order/item')
  const [many, more] = ['maxOccurs="1000000"', 'maxOccurs="2000000"']
  compatible(sequence(occurs(item, more)), sequence(occurs(item, many)))
  compatible(sequence(occurs(item, many) + note), sequence(occurs(item, many) + note))
  hindered(sequence(occurs(item, many)), sequence(occurs(item, more)), 'CONTENT_MODEL_TOO_LARGE /order')
})

test('contents are compared by what they allow, not by how they are written', () => {
  const two = sequence(item + occurs(item, 'minOccurs="0"'))
  assert.throws(() => parse(sequence(occurs(item, 'minOccurs="0"') + item)))
  compatible(sequence(occurs(item, 'maxOccurs="2"')), two)
  compatible(two, sequence(occurs(item, 'maxOccurs="2"')))
  const all = order(`<xs:all>${item}${note}</xs:all>`)
  compatible(all, sequence(note + item))
  hindered(sequence(note + item), all, 'CONTENT_MODEL_CHANGED /order/item')
  const choice = order(`<xs:choice maxOccurs="unbounded">${item}${note}</xs:choice>`)
  compatible(choice, sequence(note + item))
  compatible(choice, all)
  compatible(order('<xs:sequence><xs:any processContents="skip" maxOccurs="2"/></xs:sequence>'), sequence(note + item))
})

test('simple types by their values', () => {
  compatible('<xs:element name="v" type="xs:long"/>', '<xs:element name="v" type="xs:int"/>')
  compatible('<xs:element name="v" type="xs:string"/>', '<xs:element name="v" type="xs:int"/>')
  compatible('<xs:element name="v" type="xs:double"/>', '<xs:element name="v" type="xs:decimal"/>')
  compatible('<xs:element name="v" type="xs:NMTOKEN"/>', '<xs:element name="v" type="xs:NCName"/>')
  compatible(
    '<xs:element name="v" type="xs:unsignedByte"/>',
    valued('integer', '<xs:minInclusive value="0"/><xs:maxInclusive value="255"/>'),
  )
  hindered('<xs:element name="v" type="xs:int"/>', '<xs:element name="v" type="xs:long"/>', 'FACET_NARROWED /v')
  hindered('<xs:element name="v" type="xs:int"/>', '<xs:element name="v" type="xs:string"/>', 'TYPE_NARROWED /v')
  hindered(
    '<xs:element name="v" type="xs:integer"/>',
    valued('decimal', '<xs:fractionDigits value="0"/>'),
    'TYPE_NARROWED /v',
  )
  const [one, two] = ['<xs:enumeration value="x"/>', '<xs:enumeration value="y"/>']
  compatible(valued('string', one + two), valued('string', one))
  hindered(valued('string', one), valued('string', one + two), 'ENUM_VALUE_REMOVED /v')
  compatible(valued('string', '<xs:pattern value="[a-z]"/>'), valued('string', one + two))
  hindered(valued('string', '<xs:pattern value="[a-z]"/>'), valued('string', ''), 'FACET_NARROWED /v')
  // 1, 01 and 1.0 are one value, and three texts.
  hindered(
    valued('string', '<xs:enumeration value="1"/>'),
    valued('decimal', '<xs:enumeration value="1"/>'),
    'TYPE_NARROWED /v',
  )
  compatible(valued('string', '<xs:maxLength value="5"/>'), valued('string', '<xs:length value="5"/>'))
  hindered(
    valued('string', '<xs:maxLength value="4"/>'),
    valued('string', '<xs:maxLength value="5"/>'),
    'FACET_NARROWED /v',
  )
})

test('lists and unions', () => {
  const list = (of: string): string =>
    `<xs:element name="v"><xs:simpleType><xs:list itemType="xs:${of}"/></xs:simpleType></xs:element>`
  const union = (of: string): string =>
    `<xs:element name="v"><xs:simpleType><xs:union memberTypes="${of}"/></xs:simpleType></xs:element>`
  compatible(list('decimal'), list('int'))
  hindered(list('int'), list('decimal'), 'TYPE_NARROWED /v')
  compatible(list('int'), '<xs:element name="v" type="xs:int"/>')
  hindered('<xs:element name="v" type="xs:int"/>', list('int'), 'TYPE_NARROWED /v')
  compatible(union('xs:date xs:int'), '<xs:element name="v" type="xs:int"/>')
  compatible(union('xs:date xs:long'), union('xs:int xs:date'))
  hindered(union('xs:date'), union('xs:int xs:date'), 'TYPE_NARROWED /v')
})

test('attributes', () => {
  const attribute = (inside: string): string => order(`<xs:attribute name="sku" ${inside}/>`)
  hindered(attribute('use="required"'), attribute(''), 'REQUIRED_ATTRIBUTE_ADDED /order/@sku')
  hindered(attribute('use="required"'), order(''), 'REQUIRED_ATTRIBUTE_ADDED /order/@sku')
  compatible(attribute(''), order(''))
  hindered(order(''), attribute(''), 'ATTRIBUTE_REMOVED /order/@sku')
  hindered(order(''), attribute('use="required"'), 'ATTRIBUTE_REMOVED /order/@sku')
  compatible(order('<xs:anyAttribute processContents="lax"/>'), attribute('type="xs:int"'))
  hindered(
    attribute('type="xs:int"'),
    order('<xs:anyAttribute processContents="lax"/>'),
    'TYPE_NARROWED /order/@sku',
    'WILDCARD_NARROWED /order/@*',
  )
  hindered(
    attribute('type="xs:int" fixed="2"'),
    attribute('type="xs:int" fixed="1"'),
    'FIXED_VALUE_CHANGED /order/@sku',
  )
  compatible(attribute('type="xs:int" fixed="2"'), attribute('type="xs:int" fixed="02"'))
  compatible(attribute('type="xs:int"'), attribute('type="xs:int" fixed="1"'))
})

test('nil, defaults, text and keys', () => {
  const v = (inside: string): string => `<xs:element name="v" type="xs:int" ${inside}/>`
  hindered(v(''), v('nillable="true"'), 'NILLABLE_REMOVED /v')
  compatible(v('nillable="true"'), v(''))
  hindered(v(''), v('default="1"'), 'DEFAULT_REMOVED /v')
  hindered(v('fixed="1"'), v(''), 'FIXED_VALUE_CHANGED /v')
  const mixed = sequence(item).replace('<xs:complexType>', '<xs:complexType mixed="true">')
  hindered(sequence(item), mixed, 'TEXT_NOT_ALLOWED /order')
  compatible(mixed, sequence(item))
  const keyed = sequence(item).replace(
    '</xs:complexType>',
    '</xs:complexType><xs:unique name="u"><xs:selector xpath="item"/><xs:field xpath="."/></xs:unique>',
  )
  hindered(keyed, sequence(item), 'IDENTITY_CONSTRAINT_ADDED /order')
  compatible(sequence(item), keyed)
})

test('derived types that a document may name', () => {
  const base = '<xs:complexType name="B"><xs:sequence/></xs:complexType><xs:element name="v" type="B"/>'
  const derived = (type: string): string =>
    `${base}<xs:complexType name="D"><xs:complexContent><xs:extension base="B"><xs:attribute name="p" type="xs:${type}"/></xs:extension></xs:complexContent></xs:complexType>`
  hindered(base, derived('int'), 'TYPE_REMOVED /v[xsi:type=D]')
  compatible(derived('int'), base)
  hindered(derived('int'), derived('string'), 'TYPE_NARROWED /v[xsi:type=D]/@p')
})

test('substitution groups', () => {
  const head = '<xs:element name="head" type="xs:token"/>'
  const member = '<xs:element name="member" substitutionGroup="head"/>'
  const root = sequence('<xs:element ref="head"/>')
  compatible(root + head + member, root + head)
  hindered(root + head, root + head + member, 'ROOT_ELEMENT_REMOVED /member', 'ELEMENT_REMOVED /order/member')
})

test('recursive types come to an end, and what is wrong deep inside is found', () => {
  const tree = (type: string): string =>
    `<xs:complexType name="Tree"><xs:sequence><xs:element name="leaf" type="xs:${type}"/>` +
    '<xs:element name="branch" type="Tree" minOccurs="0" maxOccurs="unbounded"/></xs:sequence></xs:complexType>' +
    '<xs:element name="tree" type="Tree"/>'
  compatible(tree('long'), tree('int'))
  hindered(tree('int'), tree('long'), 'FACET_NARROWED /tree/leaf')
})

test('a schema of another format is one incompatibility', () => {
  const avro: ParsedSchema = {
    type: 'AVRO',
    canonical: '"int"',
    normalized: '"int"',
    name: undefined,
    incompatibilities: () => [],
  }
  assert.deepEqual(
    parse('')
      .incompatibilities(avro)
      .map(({ type }) => type),
    ['FORMAT_CHANGED'],
  )
})
