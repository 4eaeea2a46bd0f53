/** Schemas that were made to take long, or to break something: each ends soon, and in the one error that is allowed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSchemaError } from '../formats/format.ts'
import { readPattern } from './pattern.ts'
import { xml } from './xml-format.ts'

const schema = (inside: string): string =>
  `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">${inside}</xs:schema>`
const times = (count: number, made: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => made(index)).join('')
const group = (name: string, inside: string): string =>
  `<xs:group name="${name}"><xs:sequence>${inside}</xs:sequence></xs:group>`
const union = (name: string, members: string): string =>
  `<xs:simpleType name="${name}"><xs:restriction><xs:simpleType><xs:union memberTypes="${members}"/></xs:simpleType><xs:pattern value=".*${name}"/></xs:restriction></xs:simpleType>`

const texts: ReadonlyMap<string, string> = new Map([
  ['nested', '<a>'.repeat(150_000)],
  ['quotes', `<a ${'x="'.repeat(200_000)}`],
  ['comments', `<a>${'<!--'.repeat(200_000)}`],
  ['instructions', `<a>${'<?'.repeat(300_000)}`],
  ['ampersands', schema('').replace('><', `>${'&'.repeat(300_000)}<`)],
  ['attributes', `<a ${times(60_000, (index) => `a${index}="1" `)}/>`],
  ['long name', `<${'a'.repeat(900_000)}/>`],
  ['spaces behind', `${schema('')}${' '.repeat(900_000)}x`],
  [
    'deep groups',
    schema(`<xs:complexType name="T">${'<xs:sequence>'.repeat(190)}${'</xs:sequence>'.repeat(190)}</xs:complexType>`),
  ],
  [
    'doubled groups',
    schema(
      group('g0', '<xs:element name="a" minOccurs="0"/>') +
        times(60, (index) => group(`g${index + 1}`, `<xs:group ref="g${index}"/><xs:group ref="g${index}"/>`)) +
        '<xs:complexType name="T"><xs:group ref="g60"/></xs:complexType>',
    ),
  ],
  [
    'doubled unions',
    schema(
      union('u0', 'xs:int xs:date') +
        union('v0', 'xs:int xs:date') +
        times(
          30,
          (index) => union(`u${index + 1}`, `u${index} v${index}`) + union(`v${index + 1}`, `u${index} v${index}`),
        ),
    ),
  ],
  [
    'long chain',
    schema(
      times(
        5_000,
        (index) =>
          `<xs:simpleType name="s${index}"><xs:restriction base="${index === 4_999 ? 'xs:int' : `s${index + 1}`}"/></xs:simpleType>`,
      ),
    ),
  ],
  [
    'wide sequence',
    schema(
      `<xs:complexType name="T"><xs:sequence>${times(15_000, (index) => `<xs:element name="e${index}" minOccurs="0"/>`)}</xs:sequence></xs:complexType>`,
    ),
  ],
  [
    'wide all',
    schema(
      `<xs:complexType name="T"><xs:all>${times(5_000, (index) => `<xs:element name="e${index}" minOccurs="0"/>`)}</xs:all></xs:complexType>`,
    ),
  ],
  [
    'nested counts',
    schema(
      `<xs:complexType name="T">${times(20, () => '<xs:sequence minOccurs="0" maxOccurs="99999">')}<xs:element name="a" minOccurs="0" maxOccurs="99999"/>${'</xs:sequence>'.repeat(20)}</xs:complexType>`,
    ),
  ],
  [
    'slow pattern',
    schema(
      `<xs:simpleType name="s"><xs:restriction base="xs:string"><xs:pattern value="(a*)*b|((a+)+){9,99}c"/></xs:restriction></xs:simpleType><xs:element name="e" type="s" default="${'a'.repeat(5_000)}"/>`,
    ),
  ],
  [
    'pattern of groups',
    schema(
      `<xs:simpleType name="s"><xs:restriction base="xs:string"><xs:pattern value="${'('.repeat(4_000)}"/></xs:restriction></xs:simpleType>`,
    ),
  ],
])

for (const [name, text] of texts) {
  test(`${name}: soon over`, { timeout: 20_000 }, () => {
    const began = performance.now()
    try {
      const parsed = xml.parse({ text, references: [] })
      assert.ok(Array.isArray(parsed.incompatibilities(parsed)))
    } catch (error) {
      assert.ok(error instanceof InvalidSchemaError, String(error))
      assert.ok(error.message.length < 2_000, 'the message is short')
    }
    assert.ok(performance.now() - began < 8_000, `it took ${performance.now() - began} ms`)
  })
}

test('patterns match whole texts, in time that does not explode', () => {
  const cases: readonly (readonly [string, string, boolean])[] = [
    ['(a|aa)+', 'a'.repeat(3_000), true],
    ['(a*)*b', 'a'.repeat(3_000), false],
    ['[a-z-[aeiou]]+', 'xyz', true],
    ['[a-z-[aeiou]]+', 'xyza', false],
    ['\\d{3}-\\d{4}', '555-1234', true],
    ['a{0,100000}', 'a'.repeat(1_000), true],
    ['^a$', 'a', false],
    ['\\p{Lu}\\P{Lu}*', 'Abc', true],
    ['\\i\\c*', 'x1', true],
    ['[^\\s\\d]', 'x', true],
    ['', '', true],
    ['a.b', 'a\nb', false],
  ]
  for (const [pattern, text, matches] of cases)
    assert.equal(readPattern(pattern).matches(text), matches, `${pattern} ${text.slice(0, 9)}`)
})
