import assert from 'node:assert/strict'
import { test } from 'node:test'
import { InvalidSchemaError, type ParsedSchema } from '../formats/format.ts'
import { avro } from './avro-format.ts'

const textMax = 1_000_000

const parse = (text: string, ...references: readonly string[]): ParsedSchema => {
  assert.ok(text.length <= textMax)
  return avro.parse({ text, references: references.map((it, i) => ({ name: `ref${i}`, text: it })) })
}

const record = (name: string, fields: readonly string[]): string =>
  `{"type":"record","name":"${name}","fields":[${fields.join(',')}]}`
const field = (name: string, type: string, rest = ''): string => `{"name":"${name}","type":${type}${rest}}`
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

const invalid = (message: RegExp) => ({ name: 'InvalidSchemaError', message })

/** Far more than any of these takes, and far less than one without a bound would. */
function soon<T>(work: () => T): T {
  const begin = performance.now()
  const result = work()
  const ms = performance.now() - begin
  assert.ok(ms < 5000, `${ms} ms`)
  return result
}

test('types nested too deep are refused, in the text and by their names', () => {
  const arrays = (depth: number): string => `${'{"type":"array","items":'.repeat(depth)}"int"${'}'.repeat(depth)}`
  for (const depth of [201, 30_000]) assert.throws(() => parse(arrays(depth)), invalid(/deeper than 200/))
  // Each one uses the next, which comes behind it.
  const chain = numbers(10_000).map((i) => field(`f${i}`, record(`A${i}`, [field('a', `"A${i + 1}"`)])))
  const text = record('R', [...chain, field('last', record('A10000', []))])
  assert.throws(() => soon(() => parse(text)), invalid(/deeper than 200/))
  // As deep as can be: what is written is read again.
  const deep = parse(arrays(200))
  assert.equal(parse(deep.canonical).canonical, deep.canonical)
})

test('a text that would be too deep once its types are put where they are used first is refused', () => {
  const array = `${'{"type":"array","items":'.repeat(150)}"S"${'}'.repeat(150)}`
  const inner = `{"type":"fixed","name":"S","size":1,"x":${'['.repeat(100)}${']'.repeat(100)}}`
  assert.throws(() => parse(record('R', [field('f', array), field('g', inner)])), invalid(/deeper than 200/))
})

test('a chain of types of which each has the one before is read, and compared', () => {
  const chain = numbers(10_000).map((i) =>
    field(`f${i}`, record(`A${i}`, [field('a', i === 0 ? '"int"' : `"A${i - 1}"`)])),
  )
  const text = record('R', chain)
  const schema = soon(() => parse(text))
  assert.equal(schema.canonical, text)
  assert.deepEqual(
    soon(() => schema.incompatibilities(parse(text))),
    [],
  )
})

test('a comparison that would go too deep, or on for ever, ends', () => {
  // The chain is compared with one type, which stands for each of its own.
  const chain = numbers(5000).map((i) =>
    field(`f${i}`, record(`A${i}`, [field('a', i === 0 ? '"int"' : `"A${i - 1}"`)])),
  )
  const union = `["null",${chain.map((it) => it.slice(it.indexOf('{"type"'), -1)).join(',')}]`
  const reader = parse(record('R', [field('all', union, ',"default":null'), field('end', '"A4999"')]))
  const writer = parse(record('R', [field('end', record('W', [field('a', '["W"]')]))]))
  const [deep] = soon(() => reader.incompatibilities(writer))
  assert.match(deep?.description ?? '', /too large/)
  const branches = (prefix: string): string =>
    `[${numbers(9000)
      .map((i) => record(`${prefix}${i}`, []))
      .join(',')}]`
  const [wide] = soon(() => parse(branches('A')).incompatibilities(parse(branches('B'))))
  assert.match(wide?.description ?? '', /too large/)
})

test('what is wrong in many places at once is told so often, and not for ever', () => {
  // Each type has the one before it twice: the last int is met in 2^30 places.
  const doubled = (leaf: string): string =>
    record(
      'R',
      numbers(30).map((i) =>
        field(
          `f${i}`,
          record(`A${i}`, [field('a', i === 0 ? leaf : `"A${i - 1}"`), field('b', i === 0 ? leaf : `"A${i - 1}"`)]),
        ),
      ),
    )
  const told = soon(() => parse(doubled('"int"')).incompatibilities(parse(doubled('"string"'))))
  assert.ok(told.length > 100 && told.length <= 1000, String(told.length))
  const symbols = (prefix: string): string =>
    `{"type":"enum","name":"E","symbols":[${numbers(60_000)
      .map((i) => `"${prefix}${i}"`)
      .join(',')}]}`
  const [missing] = soon(() => parse(symbols('A')).incompatibilities(parse(symbols('B'))))
  assert.ok(missing !== undefined && missing.description.length < 20_000)
})

test('defaults within defaults take no time, and end', () => {
  // A value of each of the two branches, for each of the two branches within, and at last of none.
  const levels = numbers(40).toReversed()
  const branch = (i: number, side: string): string =>
    record(`${side}${i}`, [field('v', i === 0 ? '"int"' : `["A${i - 1}","B${i - 1}"]`)])
  const fields = levels.toReversed().flatMap((i) => [field(`a${i}`, branch(i, 'A')), field(`b${i}`, branch(i, 'B'))])
  const value = `${'{"v":'.repeat(40)}"no"${'}'.repeat(40)}`
  const text = record('R', [...fields, field('last', '["A39","B39"]', `,"default":${value}`)])
  assert.throws(() => soon(() => parse(text)), invalid(/is no default for a field 'last'/))
  // Each default is empty: what it lacks is the default of the field, and so on down the chain.
  const link = (i: number): string => record(`A${i}`, i === 0 ? [] : [field('a', `"A${i - 1}"`, ',"default":{}')])
  const chain = numbers(5000).map((i) => field(`f${i}`, link(i), ',"default":{}'))
  const reference = record('x.R', chain)
  assert.ok(soon(() => parse(record('S', [field('f', '"x.R"', ',"default":{}')]), reference)))
})

test('defaults of which each may be of many types end', () => {
  const union = `[${numbers(9000)
    .map((i) => record(`A${i}`, [field('a', '"int"')]))
    .join(',')}]`
  const fields = numbers(3000).map((i) => field(`f${i}`, '"U"', ',"default":{"u":{}}'))
  const text = record('R', [field('u', record('U', [field('u', union)])), ...fields])
  assert.throws(() => soon(() => parse(text)), InvalidSchemaError)
})

test('aliases of which each may be one of many types end', () => {
  const aliases = numbers(80_000).map((i) => `"a${i}"`)
  const reader = parse(`["null",{"type":"record","name":"R","aliases":[${aliases.join(',')}],"fields":[]}]`)
  const writer = parse(`[${numbers(15_000).map((i) => record(`W${i}`, []))}]`)
  assert.match(soon(() => reader.incompatibilities(writer))[0]?.description ?? '', /too large/)
})

test('texts made to be slow are refused soon', () => {
  const texts = [
    ...[
      '"'.padEnd(textMax, '\\'),
      '['.repeat(textMax),
      '/'.repeat(textMax),
      '/*'.padEnd(textMax, '*'),
      '-'.padEnd(textMax, '1'),
    ],
    ...[
      record('R', [field('f', '"double"', `,"default":"${'1'.repeat(900_000)}x"`)]),
      `{"type":"record","name":"${'a.'.repeat(400_000)}"}`,
    ],
    `[${'"int",'.repeat(160_000)}"int"]`,
  ]
  for (const text of texts) {
    const error = soon(() => {
      try {
        parse(text)
      } catch (caught) {
        return caught
      }
    })
    assert.ok(error instanceof Error && error.name === 'InvalidSchemaError', text.slice(0, 20))
    assert.ok(error.message.length < 1000)
  }
})

test('a definition that comes many times is compared in time', () => {
  const type = record(
    'S',
    numbers(100).map((i) => field(`f${i}`, '"int"')),
  )
  const text = record(
    'R',
    numbers(200).map((i) => field(`g${i}`, type)),
  )
  const schema = soon(() => parse(text))
  assert.equal(
    schema.canonical,
    record('R', [field('g0', type), ...numbers(199).map((i) => field(`g${i + 1}`, '"S"'))]),
  )
})
