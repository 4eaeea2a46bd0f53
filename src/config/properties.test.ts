import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { ConfigError } from './config-error.ts'
import { formatProperties, parseProperties } from './properties.ts'

// The cases of the javadoc of java.util.Properties.load, and what server.properties files hold in the wild.
const cases: readonly (readonly [text: string, expected: Record<string, string>])[] = [
  ['a=1\nb=2\n', { a: '1', b: '2' }],
  ['a=1\r\nb=2\r\n', { a: '1', b: '2' }],
  ['a=1\rb=2', { a: '1', b: '2' }],
  ['  # comment\n! other\n\n \t\na=1', { a: '1' }],
  ['Truth = Beauty', { Truth: 'Beauty' }],
  ['  Truth:Beauty', { Truth: 'Beauty' }],
  ['Truth   :Beauty', { Truth: 'Beauty' }],
  ['Truth Beauty', { Truth: 'Beauty' }],
  ['Truth\tBeauty', { Truth: 'Beauty' }],
  ['fruits  apple, banana, pear, \\\n    cantaloupe, \\\n   kiwi', { fruits: 'apple, banana, pear, cantaloupe, kiwi' }],
  ['cheeses', { cheeses: '' }],
  ['a=', { a: '' }],
  ['=v', { '': 'v' }],
  ['a==b', { a: '=b' }],
  ['a: =b', { a: '=b' }],
  ['a=x=y:z', { a: 'x=y:z' }],
  ['a=1\na=2', { a: '2' }],
  ['a=value  ', { a: 'value  ' }],
  ['a\\=b=c', { 'a=b': 'c' }],
  ['a\\:b\\ c=d', { 'a:b c': 'd' }],
  ['a=\\t\\n\\r\\f\\\\', { a: '\t\n\r\f\\' }],
  ['a=\\u00e4\\u20AC', { a: 'ä€' }],
  ['a=\\b\\z\\"', { a: 'bz"' }],
  ['dir=C:\\\\kafka\\\\logs', { dir: 'C:\\kafka\\logs' }],
  ['a=b\\\\\nc=d', { a: 'b\\', c: 'd' }],
  ['a=b\\\n#c', { a: 'b#c' }],
  ['a=b # not a comment', { a: 'b # not a comment' }],
  ['a=b\\', { a: 'b' }],
  ['a=1\\\n\nb=2', { a: '1', b: '2' }],
  ['listeners=PLAINTEXT://:9092,CONTROLLER://:9093', { listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093' }],
]

describe('properties', () => {
  for (const [text, expected] of cases) {
    it(`reads ${JSON.stringify(text)}`, () => assert.deepEqual(Object.fromEntries(parseProperties(text)), expected))
  }

  it('refuses a malformed unicode escape', () => assert.throws(() => parseProperties('a=\\u00g0'), ConfigError))

  it('writes as java does', () => {
    const text = formatProperties(
      new Map([
        ['cluster.id', 'oEZm2ChsTTWQL1VRiNKnLQ'],
        ['a b', ' x y=z:#!\\\u00e4\t'],
      ]),
      { comments: ['', 'Tue Nov 24 00:00:00 UTC 2026'] },
    )
    assert.equal(
      text,
      '#\n#Tue Nov 24 00:00:00 UTC 2026\ncluster.id=oEZm2ChsTTWQL1VRiNKnLQ\na\\ b=\\ x y\\=z\\:\\#\\!\\\\\\u00E4\\t\n',
    )
  })

  it('reads what it wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))), (entries) => {
        const properties = new Map(entries)
        assert.deepEqual([...parseProperties(formatProperties(properties))], [...properties])
      }),
    )
  })
})
