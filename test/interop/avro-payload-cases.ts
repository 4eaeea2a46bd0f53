/** Schemas by chance, and pairs of them, with values of what is written. */
import { avro } from '../../src/registry/avro/avro-format.ts'
import { parseAvro } from '../../src/registry/avro/avro-parser.ts'
import type { AvroType } from '../../src/registry/avro/avro-type.ts'
import { SchemaGenerator } from '../../src/registry/avro/testdata/schema-fixture.ts'
import { InvalidSchemaError } from '../../src/registry/formats/format.ts'
import type { Longs } from '../../src/registry/serdes/avro-numbers.ts'
import type { Exact } from './avro-exact.ts'
import { AvroValues } from './avro-values.ts'
import { Chance } from './chance.ts'

/** Of each schema. */
export const valuesEach = 5

export interface PayloadCase {
  readonly schema: string
  readonly type: AvroType
  readonly longs: Longs
  readonly values: readonly Exact[]
}

/** Written with one schema, and read with another. */
export interface PairCase {
  readonly writer: PayloadCase
  readonly reader: string
  readonly readerType: AvroType
}

interface Options {
  readonly seed: number
  readonly count: number
}

/** Undefined: it is no schema, as some of those by chance. */
function typeOf(text: string): AvroType | undefined {
  try {
    return parseAvro({ text, references: [] }).root
  } catch (error) {
    if (error instanceof InvalidSchemaError) return undefined
    throw error
  }
}

/** Undefined: no value fits the schema, or it is none. Every other one has longs that only a bigint is exact for. */
function caseOf(schema: string, chance: Chance): PayloadCase | undefined {
  const type = typeOf(schema)
  if (type === undefined) return undefined
  const longs = chance.is(0.5) ? 'bigint' : 'number'
  const maker = new AvroValues(chance, { longs: longs === 'bigint' ? 'all' : 'safe' })
  const values = Array.from({ length: valuesEach }, () => maker.of(type)).filter((it) => it !== undefined)
  return values.length === valuesEach ? { schema, type, longs, values } : undefined
}

const primitives = ['null', 'boolean', 'int', 'long', 'float', 'double', 'bytes', 'string']
const everything = JSON.stringify({
  ...{ type: 'record', name: 'Everything' },
  fields: [
    ...primitives.map((type) => ({ name: `a_${type}`, type })),
    { name: 'fixed', type: { type: 'fixed', name: 'F', size: 5 } },
    { name: 'enum', type: { type: 'enum', name: 'E', symbols: ['A', 'B', 'C'] } },
    { name: 'array', type: { type: 'array', items: primitives } },
    { name: 'map', type: { type: 'map', values: ['F', 'E', 'null', 'Everything'] } },
  ],
})

/** The first is of every type, whatever the chance. */
export function* payloadCases({ seed, count }: Options): Generator<PayloadCase> {
  const schemas = new SchemaGenerator(seed)
  const chance = new Chance(seed)
  for (let left = count; left > 0; ) {
    const made = caseOf(left === count ? everything : schemas.text(), chance)
    if (made === undefined) continue
    yield made
    left--
  }
}

function isCompatible(reader: string, writer: string): boolean {
  const parse = (text: string) => avro.parse({ text, references: [] })
  return parse(reader).incompatibilities(parse(writer)).length === 0
}

/** A field that another one has the name of as an alias: implementations do not agree on which of the two it is. */
function hasUnclearAliases(text: string): boolean {
  let isUnclear = false
  JSON.parse(text, (key, value: unknown) => {
    if (key !== 'fields' || !Array.isArray(value)) return value
    const names = value.flatMap((field: unknown) => [Object(field).name, ...(Object(field).aliases ?? [])])
    isUnclear ||= new Set(names).size < names.length
    return value
  })
  return isUnclear
}

/** Of two different schemas that go together. */
export function* pairCases({ seed, count }: Options): Generator<PairCase> {
  const schemas = new SchemaGenerator(seed)
  const chance = new Chance(seed)
  for (let left = count; left > 0; ) {
    const pair = schemas.pair()
    if (pair.reader === pair.writer || hasUnclearAliases(pair.reader)) continue
    const readerType = typeOf(pair.reader)
    const writer = caseOf(pair.writer, chance)
    if (readerType === undefined || writer === undefined || !isCompatible(pair.reader, pair.writer)) continue
    yield { writer, reader: pair.reader, readerType }
    left--
  }
}

const promotions: readonly (readonly [writer: string, readers: readonly string[]])[] = [
  ['int', ['int', 'long', 'float', 'double']],
  ['long', ['long', 'float', 'double']],
  ['float', ['float', 'double']],
  ['double', ['double']],
  ['string', ['string', 'bytes']],
  ['bytes', ['bytes', 'string']],
]

const holders: readonly ((type: unknown) => unknown)[] = [
  (type) => type,
  (items) => ({ type: 'array', items }),
  (values) => ({ type: 'map', values }),
  (type) => ({ type: 'record', name: 'R', fields: [{ name: 'f', type }] }),
  (type) => ['null', type],
  (type) => ['boolean', type, { type: 'fixed', name: 'F', size: 2 }],
]

/** Every promotion, in every place, and into unions. So many times that each edge comes up. */
export function* promotionCases({ seed, count }: Options): Generator<PairCase> {
  const chance = new Chance(seed)
  const pairs = promotions.flatMap(([written, readers]) => readers.map((read) => [written, read] as const))
  for (let left = count; left > 0; left--)
    for (const [written, read] of pairs)
      for (const hold of holders)
        for (const readerSchema of [hold(read), hold(written === read ? ['null', read] : [read, written])]) {
          const writer = caseOf(JSON.stringify(hold(written)), chance)
          const reader = JSON.stringify(readerSchema)
          const readerType = typeOf(reader)
          if (writer !== undefined && readerType !== undefined) yield { writer, reader, readerType }
        }
}

const field = (type: unknown, value: unknown) => ({ name: 'new', type, default: value })
const point = { type: 'record', name: 'Point', fields: [{ name: 'x', type: 'long' }, field(['null', 'int'], 7)] }

/** Fields that only the reader has. */
const added: readonly object[] = [
  field('null', null),
  field('boolean', true),
  field('int', -(2 ** 31)),
  field('float', 0.1),
  field('float', 16_777_217),
  field('double', 1e300),
  field('double', 5),
  field('string', 'é😀"\\\u0000'),
  field('bytes', '\u0000ÿé'),
  field({ type: 'fixed', name: 'F', size: 3 }, '\u0001ÿ~'),
  field({ type: 'enum', name: 'E', symbols: ['A', 'B'] }, 'B'),
  field({ type: 'array', items: 'int' }, [1, 2, 3]),
  field({ type: 'array', items: ['string', 'null'] }, ['a']),
  field({ type: 'map', values: 'double' }, { a: 0.5, '': -1 }),
  field(point, { x: 5, new: 6 }),
  field(point, { x: 5 }),
  field(['null', 'string'], null),
  field(['string', 'null'], 'a'),
  // Of another branch than the first one.
  field(['null', 'string'], 'a'),
  field(['null', 'int', 'long', 'string'], 5),
  // Java takes 0.5 for an int, if there is one before, and makes a zero of it.
  field(['null', 'double', 'int'], 0.5),
  field(['boolean', { type: 'array', items: 'string' }], ['a', 'b']),
  field(['null', point], { x: 5, new: null }),
]

/** Longs that JSON of JavaScript would round. */
const longDefaults = ['9223372036854775807', '-9223372036854775808', '9007199254740993', '5', '-9007199254740991']

export function* defaultCases(seed: number): Generator<PairCase> {
  const chance = new Chance(seed)
  const recordOf = (...fields: readonly object[]) => JSON.stringify({ type: 'record', name: 'R', fields })
  const longs = longDefaults.map((text) => recordOf(field('long', 0)).replace(/:0\}/, `:${text}}`))
  for (const reader of [...added.map((one) => recordOf(one)), ...longs]) {
    const writer = caseOf(recordOf({ name: 'old', type: 'string' }), chance)
    const readerType = typeOf(reader)
    if (writer === undefined || readerType === undefined) throw new Error(`no schema: ${reader}`)
    yield { writer: { ...writer, longs: 'bigint' }, reader, readerType }
  }
}
