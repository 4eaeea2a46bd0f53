import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentErrors } from './validate.ts'
import { xml } from './xml-format.ts'

const parse = (inside: string, attributes = '') =>
  xml.parse({
    text: `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" ${attributes}>${inside}</xs:schema>`,
    references: [],
  })

const order = parse(
  `<xs:element name="order" type="t:Order"/>
   <xs:complexType name="Order"><xs:sequence>
     <xs:element name="item" maxOccurs="2"><xs:complexType><xs:simpleContent><xs:extension base="xs:positiveInteger">
       <xs:attribute name="sku" use="required" type="t:Sku"/></xs:extension></xs:simpleContent></xs:complexType></xs:element>
     <xs:element name="note" type="xs:string" minOccurs="0" nillable="true"/>
     <xs:any namespace="##other" processContents="lax" minOccurs="0"/></xs:sequence>
     <xs:attribute name="id" type="xs:ID"/></xs:complexType>
   <xs:complexType name="Big"><xs:complexContent><xs:extension base="t:Order"><xs:attribute name="size" fixed="big"/></xs:extension></xs:complexContent></xs:complexType>
   <xs:simpleType name="Sku"><xs:restriction base="xs:token"><xs:pattern value="[A-Z]{2}\\d+"/></xs:restriction></xs:simpleType>`,
  'xmlns:t="urn:t" targetNamespace="urn:t" elementFormDefault="qualified"',
)

const spaces = 'xmlns="urn:t" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
const errors = (inside: string, attributes = ''): readonly string[] =>
  documentErrors(order, `<order ${spaces} ${attributes}>${inside}</order>`)
const wrong = (found: readonly string[], message: RegExp): void => {
  assert.equal(found.length, 1, found.join('\n'))
  assert.match(found[0] ?? '', message)
}
const item = '<item sku="AB1"> 7 </item>'

test('documents that are valid', () => {
  for (const inside of [
    item,
    item + item,
    `${item}<note/>`,
    `${item}<note xsi:nil="true"/>`,
    `${item}<x xmlns="urn:x"><y z="1"/></x>`,
  ]) {
    assert.deepEqual(errors(inside, 'id="a"'), [], inside)
  }
  assert.deepEqual(errors(item, 'xmlns:q="urn:t" xsi:type="q:Big" size="big"'), [])
  assert.deepEqual(
    documentErrors(
      order,
      `<?xml version="1.0"?><!-- x --><t:order xmlns:t="urn:t"><t:item sku="AB1">1</t:item></t:order>`,
    ),
    [],
  )
})

test('documents that are not, and where', () => {
  wrong(errors(''), /^\/order \(line 1\): the content is not complete: expected is \{urn:t\}item/u)
  wrong(errors(item + item + item), /^\/order\/item\[3\]/u)
  wrong(errors(`${item}text`), /text stands between/u)
  wrong(errors('<item sku="ab1">1</item>'), /^\/order\/item\/@sku .*pattern/u)
  wrong(errors('<item sku="AB1">0</item>'), /less than 1/u)
  wrong(errors('<item>1</item>'), /sku is missing/u)
  wrong(errors(`${item}<note xsi:nil="true">x</note>`), /nil is empty/u)
  wrong(errors(item, 'x="1"'), /@x .*not declared/u)
  wrong(errors(item, 'xmlns:q="urn:t" xsi:type="q:Big" size="small"'), /fixed at "big"/u)
  wrong(errors(item, 'xsi:type="Nothing"'), /no type Nothing/u)
  wrong(documentErrors(order, '<order/>'), /no element order/u)
})

test('what is no XML, or refused', () => {
  wrong(documentErrors(order, '<order>'), /line 1/u)
  wrong(documentErrors(order, `<!DOCTYPE order [<!ENTITY x "y">]><order ${spaces}>&x;</order>`), /refused/u)
  wrong(documentErrors(order, `${'<a>'.repeat(100_000)}${'</a>'.repeat(100_000)}`), /deeper than 200/u)
  wrong(documentErrors(order, '<a>'.repeat(300_000)), /./u)
})

test('IDs and what refers to them', () => {
  const schema = parse(
    '<xs:element name="a"><xs:complexType><xs:sequence><xs:element name="b" maxOccurs="9"><xs:complexType><xs:attribute name="id" type="xs:ID"/><xs:attribute name="to" type="xs:IDREFS"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>',
  )
  assert.deepEqual(documentErrors(schema, '<a><b to="y x"/><b id="x"/><b id="y"/></a>'), [])
  wrong(documentErrors(schema, '<a><b id="x"/><b id="x"/></a>'), /"x" is there twice/u)
  wrong(documentErrors(schema, '<a><b id="x"/><b to="z"/></a>'), /no ID "z"/u)
})

test('large counts take no room, and long documents little time', () => {
  const schema = parse(
    '<xs:element name="a"><xs:complexType><xs:sequence minOccurs="3" maxOccurs="999999999"><xs:element name="b" minOccurs="2" maxOccurs="2"/></xs:sequence></xs:complexType></xs:element>',
  )
  const document = (count: number): string => `<a>${'<b/>'.repeat(count)}</a>`
  assert.deepEqual(documentErrors(schema, document(6)), [])
  assert.deepEqual(documentErrors(schema, document(20_000)), [])
  wrong(documentErrors(schema, document(5)), /not complete/u)
  wrong(documentErrors(schema, document(7)), /not complete/u)
})
