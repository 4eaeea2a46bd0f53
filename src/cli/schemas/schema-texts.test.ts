/** How schemas, what is wrong with them, and what differs between them are shown. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { placeOf } from '../registry-client/subject-place.ts'
import { diffText, lineDiff } from './line-diff.ts'
import { prettySchema } from './pretty-schema.ts'
import { problemLines } from './problem-text.ts'

describe('a schema', () => {
  test('says what it said: numbers, names, their order, and what stands in strings', () => {
    const text =
      '{"b": 1e400, "10": -0, "2": 12345678901234567890, "b": "a\\"{\\u0041,]\\n", "e": [], "o": {}, "t": true}'
    const shown = prettySchema('JSON', text)
    const joined = shown.replace(/\n */g, '').replaceAll(',"', ', "')
    assert.equal(joined.replaceAll(' ', ''), text.replaceAll(' ', ''))
    assert.match(shown, /^ {2}"2": 12345678901234567890,$/m)
  })

  test('is in one line where it is short, and holds no other', () => {
    assert.equal(prettySchema('AVRO', ' "string" '), '"string"')
    assert.equal(prettySchema('AVRO', '{"type":"array","items":"int"}'), '{ "type": "array", "items": "int" }')
    assert.equal(prettySchema('JSON', '{"enum":["{",[1,[]]]}'), '{ "enum": ["{", [1, []]] }')
    const long = `["${'a'.repeat(50)}","${'b'.repeat(50)}"]`
    assert.equal(prettySchema('JSON', long), long.replace('[', '[\n  ').replace(',', ',\n  ').replace(']', '\n]'))
  })

  test('that is no JSON, or nests too deep, stays as it is', () => {
    assert.equal(prettySchema('AVRO', '{"type":'), '{"type":')
    const deep = `${'['.repeat(5000)}1${']'.repeat(5000)}`
    assert.equal(prettySchema('JSON', deep), deep)
    assert.equal(prettySchema('JSON', `${'['.repeat(190)}1${']'.repeat(190)}`).split('\n').length, 381)
  })

  test('of XML has a line for each element, but among text', () => {
    const text =
      '<?xml version="1.0"?><!-- a > b --><s x=">"><a/> <b y=\'"\'><d>Some <i>of</i> <i>it</i></d>\n<c></c></b><e><![CDATA[<]]></e></s>'
    assert.deepEqual(prettySchema('XML', text).split('\n'), [
      ...['<?xml version="1.0"?>', '<!-- a > b -->', '<s x=">">', '  <a/>', "  <b y='\"'>"],
      ...['    <d>Some <i>of</i> <i>it</i></d>', '    <c></c>', '  </b>', '  <e><![CDATA[<]]></e>', '</s>'],
    ])
    for (const bad of ['<a>', '</a>', '<a></a></b>', '<a x="><b/></a>', `${'<a>'.repeat(300)}${'</a>'.repeat(300)}`])
      assert.equal(prettySchema('XML', bad), bad)
  })

  test('cannot write to the terminal what is no text', () => {
    assert.equal(prettySchema('PROTOBUF', 'a\u001b[31m\u009b\r\n\tb\u0007\n'), 'a?[31m?\n\tb?')
  })
})

describe('a diff', () => {
  const show = (before: string, after: string): string => diffText(lineDiff(before, after))

  test('has what was removed and added, with three lines around it', () => {
    const lines = [...'abcdefghijklmnopqrst']
    const before = lines.join('\n')
    assert.equal(show(before, before), '')
    const after = lines.flatMap((it) => (it === 'j' ? ['J', 'K'] : it === 's' ? [] : [it])).join('\n')
    const wanted = ['...', '  g', '  h', '  i', '- j', '+ J', '+ K', '  k', '  l', '  m', '...', '  p', '  q', '  r']
    assert.equal(show(before, after), [...wanted, '- s', '  t', ''].join('\n'))
  })

  test('gives both texts, and is as short as can be', () => {
    // Every pair of texts of up to five lines, each of two kinds.
    const texts = ['']
    for (const it of texts) if (it.length < 5) texts.push(`${it}x`, `${it}y`)
    for (const a of texts) {
      for (const b of texts) {
        const lines = lineDiff([...a].join('\n'), [...b].join('\n'))
        const side = (kind: string): string =>
          lines
            .filter((it) => it.kind === 'same' || it.kind === kind)
            .map(({ text }) => text)
            .join('\n')
        assert.deepEqual([side('removed'), side('added')], [[...a].join('\n'), [...b].join('\n')])
        if (a !== '' && b !== '')
          assert.equal(lines.filter(({ kind }) => kind === 'same').length, longestCommon(a, b), `${a} ${b}`)
      }
    }
  })

  test('of what is too large has the whole of both', () => {
    const many = (first: string): string =>
      ['same', ...Array.from({ length: 3000 }, (_, i) => `${first}${i}`)].join('\n')
    const lines = lineDiff(many('a'), many('b'))
    assert.deepEqual(
      [lines.length, lines[0]?.kind, lines[1]?.kind, lines.at(-1)?.kind],
      [6001, 'same', 'removed', 'added'],
    )
  })
})

/** By trying every way. */
function longestCommon(a: string, b: string): number {
  if (a === '' || b === '') return 0
  if (a[0] === b[0]) return 1 + longestCommon(a.slice(1), b.slice(1))
  return Math.max(longestCommon(a.slice(1), b), longestCommon(a, b.slice(1)))
}

test('what is wrong is told in lines, in the forms of several registries, and what is unknown as it came', () => {
  const told = problemLines([
    `{errorType:'MISSING', description:'a field 'x' is missing', additionalInfo:'y'}`,
    `{errorType:"ADDED", description:"an attribute was added"}`,
    '{oldSchemaVersion: 3}',
    `{oldSchema: '"string"'}`,
    `{validateFields: 'false', compatibility: 'FULL'}`,
    'anything\n  else\u0007',
    'z'.repeat(5000),
  ])
  assert.deepEqual(told.split('\n'), [
    `  MISSING: a field 'x' is missing (y)`,
    '  ADDED: an attribute was added',
    '  compared with version 3',
    '  compatibility: FULL',
    '  anything else?',
    `  ${'z'.repeat(1000)}...`,
    '',
  ])
})

test('a version stands behind the last @', () => {
  assert.deepEqual(placeOf('a'), { subject: 'a', version: undefined })
  assert.deepEqual(placeOf('a@7'), { subject: 'a', version: 7 })
  assert.deepEqual(placeOf('a@7@latest'), { subject: 'a@7', version: 'latest' })
  assert.deepEqual(placeOf('a@b'), { subject: 'a@b', version: undefined })
  assert.deepEqual(placeOf('@1'), { subject: '@1', version: undefined })
  assert.throws(() => placeOf('a@0'), /'0' is no version/)
})
