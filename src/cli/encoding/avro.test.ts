/** Values of Avro as JSON, and back, by the serdes' own codec. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { avroCodec } from '../../registry/serdes/avro-codec.ts'
import { avroShape } from './avro.ts'
import { readJson, writeJson } from './json.ts'
import { Place } from './place.ts'

const codec = avroCodec<unknown>({ longs: 'bigint' })

/** Of one schema, as the command line has it. */
function stage(schema: unknown, resolved: readonly { readonly name: string; readonly text: string }[] = []) {
  const text = JSON.stringify(schema)
  const whole = { schema: text, references: [], resolved }
  const { shape } = avroShape(
    text,
    resolved.map((it) => it.text),
  )
  const encoder = codec.encoder(whole)
  const decode = codec.decoder(whole, undefined)
  return {
    write: (json: string): Buffer => Buffer.from(encoder.encode(shape.ofJson(readJson(json), new Place()))),
    read: (payload: Buffer): string => writeJson(shape.toJson(decode(payload))),
    encode: (value: unknown): Buffer => Buffer.from(encoder.encode(value)),
  }
}

/** What is read of what was written, where it is not what is given. */
function check(schema: unknown, pairs: readonly (readonly [given: string, read?: string])[]): void {
  const { write, read } = stage(schema)
  for (const [given, wanted = given] of pairs) assert.equal(read(write(given)), wanted, given)
}

function refused(schema: unknown, pairs: readonly (readonly [given: string, why: RegExp])[]): void {
  const { write } = stage(schema)
  for (const [given, why] of pairs) assert.throws(() => write(given), why, given)
}

const record = (name: string, ...fields: object[]): object => ({ type: 'record', name, fields })

test('numbers keep their digits', () => {
  check('long', [
    ['9223372036854775807'],
    ['-9223372036854775808'],
    ['9007199254740993'],
    ['1234567890123456800'],
    ['5.0', '5'],
    ['1e3', '1000'],
  ])
  check('double', [['0.1'], ['-0'], ['1e+300'], ['"NaN"'], ['"-Infinity"'], ['5'], ['5.50', '5.5']])
  check('float', [['0.1'], ['3.4028235e+38'], ['16777216'], ['"Infinity"'], ['0.3333333432674408', '0.33333334']])
  refused('long', [
    ['9223372036854775808', /^MisfitError: the value: 9223372036854775808 does not fit long$/],
    ['1.5', /does not fit/],
    ['"5"', /"5" does not fit long/],
  ])
  refused('int', [
    ['2147483648', /does not fit int/],
    ['true', /does not fit int/],
  ])
  refused('float', [
    ['1e39', /does not fit float/],
    ['"nan"', /does not fit float/],
  ])
  refused('double', [['1e400', /does not fit double/]])
})

test('decimals are numbers, of which nothing is rounded', () => {
  const decimal = { type: 'bytes', logicalType: 'decimal', precision: 30, scale: 2 }
  check(decimal, [
    ['12.30'],
    ['-0.01'],
    ['0.00'],
    ['1234567890123456789012345678.90'],
    ['5', '5.00'],
    ['1.5e2', '150.00'],
    ['1.20e1', '12.00'],
    ['-1.28'],
    ['1.28'],
  ])
  assert.deepEqual(stage(decimal).write('-1.28'), Buffer.of(2, 0x80))
  assert.deepEqual(stage(decimal).write('1.28'), Buffer.of(4, 0, 0x80))
  refused(decimal, [
    ['1.234', /more than 2 digits behind the point/],
    ['1e29', /more than 30 digits/],
    ['1e-3', /behind the point/],
    ['1e999999', /more than 30/],
    ['"1"', /"1" does not fit decimal\(30, 2\)/],
  ])
  const fixed = { type: 'fixed', name: 'D', size: 3, logicalType: 'decimal', precision: 9, scale: 0 }
  check(fixed, [['8388607'], ['-8388608'], ['-1']])
  refused(fixed, [['8388608', /does not fit D, which has 3 bytes/]])
  check({ ...decimal, scale: 31 }, [['"\\u0001Aÿ"']])
})

test('bytes are strings with a character for each', () => {
  check('bytes', [['"\\u0000A\u00ff"'], ['""']])
  refused('bytes', [
    ['"\u0100"', /up to U\+00FF/],
    ['5', /5 does not fit bytes/],
  ])
  check({ type: 'fixed', name: 'F', size: 2 }, [['"\u00fe\u00ff"']])
  refused({ type: 'fixed', name: 'F', size: 2 }, [['"a"', /1 bytes do not fit F, which has 2/]])
})

describe('unions', () => {
  test('plain where the kind of JSON tells the branch, and both ways are read', () => {
    check(['null', 'string', 'long'], [['null'], ['"x"'], ['5'], ['{"string":"x"}', '"x"'], ['{"long":5}', '5']])
    check(['null', record('shop.R', { name: 'a', type: 'int' })], [['{"a":1}'], ['{"shop.R":{"a":1}}', '{"a":1}']])
  })

  test('named where it does not', () => {
    check(['long', 'double'], [['{"long":5}'], ['{"double":5}'], ['1.5', '{"double":1.5}'], ['"NaN"', '"NaN"']])
    check(['bytes', 'string'], [['{"bytes":"x"}'], ['{"string":"x"}'], ['"\u0100"', '{"string":"\u0100"}']])
    check(
      ['string', { type: 'enum', name: 'n.E', symbols: ['A'] }],
      [['{"n.E":"A"}'], ['{"string":"A"}'], ['"B"', '{"string":"B"}']],
    )
    check(['double', 'string'], [['"x"'], ['{"string":"NaN"}'], ['{"double":"NaN"}'], ['1']])
    check(
      [{ type: 'map', values: 'int' }, record('R', { name: 'a', type: 'int' })],
      [['{"map":{"a":1}}'], ['{"R":{"a":1}}'], ['{"b":1}', '{"map":{"b":1}}']],
    )
    refused(
      ['null', 'int', 'double'],
      [['5', /the value: it fits int, double: name the one that is meant, as \{"int": \.\.\.\}/]],
    )
  })

  test('an object that looks as if it named a branch is named itself', () => {
    check(
      ['string', { type: 'map', values: 'string' }],
      [
        ['{"map":{"string":"x"}}'],
        ['{"string":"x"}', '"x"'],
        ['{"a":"x"}'],
        ['{"map":{"map":"x"}}'],
        ['{"map":{}}', '{}'],
      ],
    )
    check(['string', { type: 'map', values: 'int' }], [['{"string":5}', '{"map":{"string":5}}']])
  })

  test('what does not fit is told by its path', () => {
    const inner = record('I', { name: 'n', type: ['null', 'long'], default: null }, { name: 'k_k', type: 'int' })
    const schema = record(
      'O',
      { name: 'all', type: { type: 'array', items: ['null', inner] } },
      { name: 'm', type: { type: 'map', values: 'int' } },
    )
    refused(schema, [
      ['{"all":[null,{"n":"x","k_k":1}],"m":{}}', /^MisfitError: all\[1\]\.n: "x" does not fit any of null, long$/],
      ['{"all":[{"n":5}],"m":{}}', /: all\[0\]\.k_k: it is missing/],
      ['{"all":[{"I":{"k_k":"x"}}],"m":{}}', /: all\[0\]\.I: record I has no such field/],
      ['{"all":[],"m":{"a b":1.5}}', /: m\."a b": 1\.5 does not fit int/],
      ['{"all":[],"m":{},"more":1}', /: more: record O has no such field/],
      ['[]', /: the value: a list does not fit record O/],
    ])
  })

  test('a value that could be read in very many ways is given up', () => {
    const node = (name: string): object =>
      record(name, { name: 'next', type: ['null', 'A', 'B'], default: null }, { name: 'n', type: 'int' })
    const a = record('A', { name: 'next', type: ['null', 'A', node('B')], default: null }, { name: 'n', type: 'int' })
    let json = '{"n":"x"}'
    for (let i = 0; i < 60; i++) json = `{"n":1,"next":${json}}`
    refused(a, [[json, /too many ways/]])
  })
})

test('names: of namespaces, of schemas that are referred to, and of what refers to itself', () => {
  const resolved = [
    { name: 'a.Money', text: JSON.stringify({ ...record('Money', { name: 'cents', type: 'long' }), namespace: 'a' }) },
  ]
  const schema = {
    ...record(
      'Order',
      { name: 'price', type: 'Money' },
      { name: 'next', type: ['null', 'Order'], default: null },
      { name: 'other', type: 'a.Money' },
    ),
    namespace: 'a',
  }
  const { write, read } = stage(schema, resolved)
  const json =
    '{"price":{"cents":5},"next":{"price":{"cents":9007199254740993},"next":null,"other":{"cents":1}},"other":{"cents":2}}'
  assert.equal(read(write(json)), json)
  assert.equal(
    avroShape(
      JSON.stringify(schema),
      resolved.map(({ text }) => text),
    ).name,
    'a.Order',
  )
  assert.equal(avroShape('string', []).name, undefined)
  assert.throws(() => avroShape('"nothing"', []), /no type 'nothing'/)
})

test('keys and fields that objects have anyway', () => {
  check({ type: 'map', values: 'int' }, [['{"__proto__":1,"constructor":2}']])
  refused(record('R', { name: 'constructor', type: 'int' }), [['{}', /constructor: it is missing/]])
  refused(['null', 'string'], [['{"constructor":"x"}', /an object does not fit any of null, string/]])
})

/** Numbers that come again: a failure names its seed. */
function randomOf(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

type Make = () => unknown

/** A value of each type, as the codec wants it, for random numbers. */
function makers(random: (below: number) => number): Readonly<Record<string, Make>> {
  const bytes = (size: number): Buffer => Buffer.from(Array.from({ length: size }, () => random(256)))
  const pick = <T>(...all: readonly T[]): T | undefined => all[random(all.length)]
  const long = (): bigint =>
    BigInt.asIntN(64, (BigInt(random(2 ** 32)) << BigInt(random(33))) - BigInt(random(2 ** 31)))
  return {
    boolean: () => random(2) === 0,
    int: () => random(2 ** 32) - 2 ** 31,
    long,
    float: () =>
      pick(
        Math.fround((random(2 ** 32) - 2 ** 31) * 10 ** (random(60) - 40)),
        -0,
        Number.NaN,
        Number.NEGATIVE_INFINITY,
      ),
    double: () =>
      pick((random(2 ** 32) - 2 ** 31) * 10 ** (random(600) - 300), 7, -0, Number.NaN, Number.POSITIVE_INFINITY),
    bytes: () => bytes(random(5)),
    string: () => pick('', 'NaN', 'string', 'ä\u{1f600}"\\\n', String(random(1000))),
    decimal: () => {
      const value = random(2 ** 32) * (random(2) === 0 ? -1 : 1)
      for (let size = 1; ; size++) {
        const room = Buffer.alloc(8)
        room.writeBigInt64BE(BigInt(value))
        if (BigInt.asIntN(size * 8, BigInt(value)) === BigInt(value)) return room.subarray(8 - size)
      }
    },
    fixed: () => bytes(3),
    enum: () => pick('A', 'B', 'NaN'),
    time: long,
  }
}

const types: Readonly<Record<string, unknown>> = {
  boolean: 'boolean',
  int: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  bytes: 'bytes',
  string: 'string',
  decimal: { type: 'bytes', logicalType: 'decimal', precision: 12, scale: 4 },
  fixed: { type: 'fixed', name: 'F', size: 3 },
  enum: { type: 'enum', name: 'E', symbols: ['A', 'B', 'NaN'] },
  time: { type: 'long', logicalType: 'timestamp-micros' },
}

test('what is written of a value is read as the very same bytes, for all types alone, in all containers and in unions', () => {
  const again = (name: string): unknown => (name === 'fixed' ? 'F' : name === 'enum' ? 'E' : types[name])
  const fields = Object.keys(types).flatMap((name) => [
    { name: `${name}_1`, type: types[name] },
    { name: `${name}_n`, type: ['null', again(name)] },
    { name: `${name}_l`, type: { type: 'array', items: again(name) } },
    { name: `${name}_m`, type: { type: 'map', values: again(name) } },
    { name: `${name}_u`, type: ['null', again(name), record(`Only_${name}`, { name: 'string', type: again(name) })] },
  ])
  const unions = [
    { name: 'numbers', type: ['int', 'long', 'float', 'double', 'boolean'] },
    { name: 'texts', type: ['string', 'E', 'double', 'bytes', 'F'] },
    {
      name: 'objects',
      type: ['string', { type: 'map', values: 'string' }, { type: 'array', items: ['null', 'long', 'string'] }],
    },
    { name: 'plain', type: ['null', 'string', 'long', 'boolean', { type: 'map', values: 'long' }] },
  ]
  const { write, read, encode } = stage(record('All', ...fields, ...unions))
  for (let seed = 1; seed <= 300; seed++) {
    const random = randomOf(seed * 7919)
    const make = makers(random)
    const value: Record<string, unknown> = {}
    const of = (name: string): unknown => make[name]?.()
    for (const name of Object.keys(types)) {
      value[`${name}_1`] = of(name)
      value[`${name}_n`] = random(3) === 0 ? null : of(name)
      value[`${name}_l`] = Array.from({ length: random(3) }, () => of(name))
      value[`${name}_m`] = { a: of(name), [`Only_${name}`]: of(name) }
      value[`${name}_u`] = random(2) === 0 ? { string: of(name) } : of(name)
    }
    const named = (...names: string[]): object => {
      const name = names[random(names.length)] ?? ''
      return { [{ fixed: 'F', enum: 'E' }[name] ?? name]: of(name) }
    }
    // The serde tells a bigint from the numbers, which are named for each other.
    value['numbers'] = named('int', 'long', 'float', 'double')
    value['texts'] = named('string', 'enum', 'double', 'bytes', 'fixed')
    value['objects'] = [of('string'), { [String(of('string'))]: 'x' }, [null, of('long'), of('string')]][random(3)]
    value['plain'] = [null, of('string'), of('long'), true, { long: of('long') }, {}][random(6)]
    const payload = encode(value)
    const json = read(payload)
    assert.deepEqual(write(json), payload, `seed ${seed}: ${json}`)
  }
})
