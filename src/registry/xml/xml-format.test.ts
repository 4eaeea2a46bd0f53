import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSchemaError } from '../formats/format.ts'
import { xml } from './xml-format.ts'

const schema = (inside: string, attributes = ''): string =>
  `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"${attributes}>${inside}</xs:schema>`

const parse = (text: string, references: readonly { name: string; text: string }[] = []) =>
  xml.parse({ text, references })

const refused = (inside: string, message: RegExp): void => {
  assert.throws(
    () => parse(schema(inside)),
    (error: unknown) => {
      assert.ok(error instanceof InvalidSchemaError, String(error))
      assert.match(error.message, message)
      return true
    },
  )
}

test('the first global element gives the name', () => {
  const text = schema('<xs:simpleType name="s"><xs:list itemType="xs:int"/></xs:simpleType><xs:element name="order"/>')
  assert.equal(parse(text).name, 'order')
  assert.equal(parse(text.replace('<xs:schema', '<xs:schema targetNamespace="urn:o"')).name, '{urn:o}order')
  assert.equal(parse(schema('')).name, undefined)
})

test('the canonical text has nothing that means nothing', () => {
  const text = `<?xml version="1.0"?>
    <!-- orders -->
    <xs:schema version="2" xmlns:xs='http://www.w3.org/2001/XMLSchema' attributeFormDefault="qualified">
      <?pi here?>
      <xs:element   type="xs:string" name = "a&amp;b"></xs:element>
    </xs:schema>`
  assert.throws(() => parse(text), InvalidSchemaError)
  assert.equal(
    parse(text.replace('a&amp;b', 'ab')).canonical,
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" attributeFormDefault="qualified" version="2">' +
      '<xs:element name="ab" type="xs:string"/></xs:schema>',
  )
})

test('the canonical text of a canonical text is the same, and so is its normalized one', () => {
  const text = schema(
    `<xs:annotation><xs:documentation>One &lt;b&gt;
      <b xmlns="urn:h">two</b></xs:documentation></xs:annotation>
     <xs:element name="a"><xs:complexType><xs:sequence minOccurs="01"><xs:element name="b" type="xs:int" maxOccurs="1"/></xs:sequence></xs:complexType></xs:element>`,
  )
  const { canonical, normalized } = parse(text)
  assert.match(canonical, /<xs:documentation>One &lt;b&gt;\n {6}<b xmlns="urn:h">two<\/b><\/xs:documentation>/u)
  assert.equal(parse(canonical).canonical, canonical)
  assert.equal(parse(normalized).normalized, normalized)
  assert.equal(parse(normalized).canonical, normalized)
  assert.doesNotMatch(normalized, /annotation|Occurs/u)
})

test('texts of the same meaning have the same normalized text', () => {
  const one = `<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:o="urn:o" targetNamespace="urn:o">
    <element name="order" type="o:T" nillable="0"/><element name="b"/>
    <complexType name="T"><sequence><element name="n" type="int" maxOccurs="1"/></sequence>
      <attribute name="q"/><attribute name="p" use="optional"/></complexType></schema>`
  const other = `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:o" xmlns="urn:o">
    <xs:complexType name="T"><xs:annotation/><xs:sequence><xs:element type="xs:int" name="n"/></xs:sequence>
      <xs:attribute name="p"/><xs:attribute name="q"/></xs:complexType>
    <xs:element name="order" type="T"/><xs:element name="b"/></xs:schema>`
  assert.equal(parse(one).normalized, parse(other).normalized)
  assert.notEqual(parse(one).canonical, parse(other).canonical)
  const changed = other.replace('xs:int', 'xs:long')
  assert.notEqual(parse(one).normalized, parse(changed).normalized)
})

test('normalizing keeps what prefixes in paths and in values mean', () => {
  const text = `<schema xmlns="http://www.w3.org/2001/XMLSchema" xmlns:o="urn:o" targetNamespace="urn:o" elementFormDefault="qualified">
    <simpleType name="Q"><restriction base="QName"><enumeration value="o:x"/></restriction></simpleType>
    <element name="order"><complexType><sequence><element name="n" type="o:Q" maxOccurs="9"/></sequence></complexType>
      <key name="k"><selector xpath="o:n"/><field xpath="@id"/></key></element></schema>`
  const { normalized } = parse(text)
  assert.match(normalized, /xpath="tns:n"/u)
  assert.match(normalized, /xmlns:o="urn:o"/u)
  assert.deepEqual(parse(text).incompatibilities(parse(normalized)), [])
  assert.deepEqual(parse(normalized).incompatibilities(parse(text)), [])
})

test('document types and entities are refused', () => {
  const root = schema('<xs:element name="a"/>')
  for (const before of [
    '<!DOCTYPE a>',
    '<!-- x --><!DOCTYPE a [<!ENTITY b "c">]>',
    '<!DOCTYPE a SYSTEM "file:///etc/passwd">',
  ]) {
    assert.throws(() => parse(`${before}${root}`), /refused/u)
  }
  assert.throws(() => parse(schema('<xs:element name="&b;"/>')), /no entity "&b;"/u)
  assert.throws(() => parse(schema('<xs:element name="&#0;"/>')), /no character of XML/u)
})

test('what is not well-formed, or not a schema, is refused', () => {
  for (const text of [
    '',
    ' ',
    'x',
    '<a>',
    '<a/>',
    '{"type":"string"}',
    '<a><b></a></b>',
    '\u0000',
    '<x:a/>',
    `${schema('')}x`,
    schema('') + schema(''),
  ]) {
    assert.throws(() => parse(text), InvalidSchemaError, text)
  }
  refused('<xs:elemnt name="a"/>', /<xs:elemnt> does not belong/u)
  refused('<xs:element nam="a"/>', /no attribute "nam"/u)
  refused('\n\n<xs:element name="1a"/>', /^line 3, <xs:element>: "1a" is no name/u)
})

test('names that are not found, and those that are there twice, are refused', () => {
  refused('<xs:element name="a" type="T"/>', /no type T/u)
  refused('<xs:element name="a" type="xs:strin"/>', /no type \{http.*\}strin/u)
  refused('<xs:element name="a" type="y:T"/>', /prefix of "y:T" is not declared/u)
  refused('<xs:element name="a"/><xs:element name="a"/>', /element a is there twice/u)
  refused('<xs:complexType name="T"><xs:sequence><xs:element ref="b"/></xs:sequence></xs:complexType>', /no element b/u)
  refused(
    '<xs:complexType name="T"><xs:attribute name="p"/><xs:attribute name="p"/></xs:complexType>',
    /attribute p is there twice/u,
  )
  refused('<xs:complexType name="T"><xs:group ref="g"/></xs:complexType>', /no group g/u)
})

test('circles of groups and of derivations are refused', () => {
  refused('<xs:group name="g"><xs:sequence><xs:group ref="g"/></xs:sequence></xs:group>', /g contains itself/u)
  refused('<xs:attributeGroup name="g"><xs:attributeGroup ref="g"/></xs:attributeGroup>', /g contains itself/u)
  refused('<xs:simpleType name="s"><xs:restriction base="s"/></xs:simpleType>', /s is derived from itself/u)
  refused('<xs:simpleType name="s"><xs:union memberTypes="xs:int s"/></xs:simpleType>', /s is derived from itself/u)
  const extension = (name: string, base: string): string =>
    `<xs:complexType name="${name}"><xs:complexContent><xs:extension base="${base}"/></xs:complexContent></xs:complexType>`
  refused(extension('A', 'B') + extension('B', 'A'), /A is derived from itself/u)
  refused(
    '<xs:element name="a" substitutionGroup="b"/><xs:element name="b" substitutionGroup="a"/>',
    /contains itself/u,
  )
})

test('facets and bounds that contradict each other are refused', () => {
  const facets = (base: string, inside: string): string =>
    `<xs:simpleType name="s"><xs:restriction base="xs:${base}">${inside}</xs:restriction></xs:simpleType>`
  refused(
    facets('string', '<xs:minLength value="3"/><xs:maxLength value="2"/>'),
    /minLength 3 is more than maxLength 2/u,
  )
  refused(facets('int', '<xs:minInclusive value="3"/><xs:maxExclusive value="3"/>'), /minimum 3/u)
  refused(facets('byte', '<xs:maxInclusive value="200"/>'), /allows more than that of the base/u)
  refused(facets('int', '<xs:enumeration value="x"/>'), /no int/u)
  refused(facets('int', '<xs:length value="1"/>'), /facet length is not there/u)
  refused(facets('string', '<xs:pattern value="[b-a]"/>'), /wrong way round/u)
  refused(facets('decimal', '<xs:totalDigits value="1"/><xs:fractionDigits value="2"/>'), /fractionDigits 2/u)
  refused('<xs:element name="a" type="xs:int" default="x"/>', /not valid/u)
  refused('<xs:element name="a" default="x" fixed="x"/>', /exclude each other/u)
  const occurs = (bounds: string): string =>
    `<xs:complexType name="T"><xs:sequence><xs:element name="a" ${bounds}/></xs:sequence></xs:complexType>`
  refused(occurs('minOccurs="2"'), /minOccurs 2 is more than maxOccurs 1/u)
  refused(occurs('maxOccurs="-1"'), /no count/u)
})

test('ambiguous contents, and names with two types, are refused', () => {
  const sequence = (inside: string): string =>
    `<xs:complexType name="T"><xs:sequence>${inside}</xs:sequence></xs:complexType>`
  refused(sequence('<xs:element name="a" minOccurs="0"/><xs:element name="a"/>'), /ambiguous.*declarations of a/u)
  refused(sequence('<xs:any minOccurs="0"/><xs:element name="a"/>'), /ambiguous.*wildcard/u)
  refused(
    sequence('<xs:element name="a" type="xs:int"/><xs:element name="b"/><xs:element name="a" type="xs:string"/>'),
    /different types/u,
  )
  parse(schema(sequence('<xs:element name="a" minOccurs="2" maxOccurs="4"/><xs:any namespace="##other"/>')))
})

test('include and import are found among the references', () => {
  const common = {
    name: 'common.xsd',
    text: schema(
      '<xs:simpleType name="Sku"><xs:restriction base="xs:string"><xs:maxLength value="3"/></xs:restriction></xs:simpleType>',
    ),
  }
  const main = schema(
    '<xs:include schemaLocation="common.xsd"/><xs:element name="a" type="t:Sku"/>',
    ' xmlns:t="urn:t" targetNamespace="urn:t"',
  )
  assert.equal(parse(main, [common]).name, '{urn:t}a')
  assert.throws(() => parse(main), /"common.xsd" is not among the references/u)
  const imported = main
    .replace('<xs:include', '<xs:import namespace="urn:c"')
    .replaceAll('t:Sku', 'c:Sku')
    .replace('xmlns:t', 'xmlns:c="urn:c" xmlns:t')
  assert.throws(() => parse(imported, [common]), /is of the namespace ""/u)
  const withNamespace = { ...common, text: common.text.replace('<xs:schema', '<xs:schema targetNamespace="urn:c"') }
  assert.equal(parse(imported, [withNamespace]).name, '{urn:t}a')
  assert.throws(
    () => parse(schema('<xs:redefine schemaLocation="common.xsd"/>'), [common]),
    /redefine is not supported/u,
  )
  const circle = {
    name: 'circle.xsd',
    text: schema('<xs:include schemaLocation="circle.xsd"/><xs:include schemaLocation="common.xsd"/>'),
  }
  assert.equal(
    parse(
      schema(
        '<xs:include schemaLocation="circle.xsd"/><xs:include schemaLocation="common.xsd"/><xs:element name="b" type="Sku"/>',
      ),
      [common, circle],
    ).name,
    'b',
  )
})

test('names that are names of properties in JavaScript are names as all others', () => {
  const text = schema(
    '<xs:element name="constructor"><xs:complexType><xs:sequence><xs:element name="__proto__"/></xs:sequence><xs:attribute name="toString"/></xs:complexType></xs:element>',
  )
  assert.equal(parse(text).name, 'constructor')
})
