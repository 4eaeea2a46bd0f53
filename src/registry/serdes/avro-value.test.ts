/** What the types tell of values is what `avsc` takes and gives: the values here are checked by the compiler, and then written and read. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { avroCodec } from './avro-codec.ts'
import type { AvroLiteral, AvroValue, LongKind } from './avro-value.ts'

function codecOf<T>(schema: AvroLiteral, longs: LongKind) {
  const whole = { schema: JSON.stringify(schema), references: [], resolved: [] }
  const codec = avroCodec<T>({ longs })
  return { encode: codec.encoder(whole).encode, decode: codec.decoder(whole, undefined) }
}

/** What is read stands in objects of classes that `avsc` makes. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null || Buffer.isBuffer(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]))
}

/** None of these is a value for the compiler. */
type NoneOf<Refused, Value> = { readonly [I in keyof Refused]: Refused[I] extends Value ? never : unknown }

/** The values come back as they are. What is refused the compiler refuses as well as `avsc`. */
function fits<const S extends AvroLiteral, const Refused extends readonly unknown[], Longs extends LongKind = 'number'>(
  schema: S,
  values: readonly AvroValue<S, Longs>[],
  options: { readonly longs?: Longs; readonly refused?: Refused & NoneOf<Refused, AvroValue<S, Longs>> } = {},
): void {
  const { longs = 'number', refused = [] } = options
  const { encode, decode } = codecOf<unknown>(schema, longs)
  for (const value of values) assert.deepEqual(plain(decode(Buffer.from(encode(value)))), value)
  for (const value of refused) assert.throws(() => encode(value), inspect(value))
}

const money = { type: 'record', name: 'shop.Money', fields: [{ name: 'cents', type: 'int' }] } as const
const point = { type: 'record', name: 'Point', fields: [{ name: 'x', type: 'int' }] } as const
const side = { type: 'enum', name: 'Side', symbols: ['BUY', 'SELL'] } as const
const hash = { type: 'fixed', name: 'Hash', size: 2 } as const

describe('values of a schema', () => {
  test('primitives', () => {
    fits({ type: 'null' }, [null], { refused: [0] })
    fits({ type: 'boolean' }, [true], { refused: ['true'] })
    fits({ type: 'int' }, [5], { refused: [5n, '5'] })
    fits({ type: 'float' }, [0.5])
    fits({ type: 'double' }, [0.1])
    fits({ type: 'string' }, ['a'], { refused: [5] })
    fits({ type: 'bytes' }, [Buffer.from('a')], { refused: ['a', [1]] })
    fits({ type: 'array', items: 'long' }, [[5]], { refused: [[5n]] })
    fits({ type: 'array', items: 'long' }, [[5n]], { longs: 'bigint', refused: [[5]] })
  })

  test('lists, maps, enums, and bytes of a fixed size', () => {
    fits({ type: 'array', items: { type: 'map', values: 'string' } }, [[], [{ a: 'b' }, {}]], { refused: [{}, ['a']] })
    fits({ type: 'map', values: side }, [{ a: 'BUY', b: 'SELL' }], { refused: [{ a: 'HOLD' }, { a: 0 }] })
    fits(hash, [Buffer.from('ab')], { refused: ['ab'] })
  })

  test('what a logical type stands on', () => {
    const at = { type: 'int', logicalType: 'date' } as const
    const sum = { type: 'bytes', logicalType: 'decimal', precision: 4, scale: 2 } as const
    const fields = [
      { name: 'at', type: at },
      { name: 'sum', type: sum },
    ] as const
    fits({ type: 'record', name: 'R', fields }, [{ at: 5, sum: Buffer.of(1) }], { refused: [{ at: '5', sum: '1' }] })
  })

  test('records, of names that stand in another namespace, or in that of who names them', () => {
    const fields = [
      { name: 'price', type: money },
      { name: 'side', type: side },
      { name: 'other', type: 'shop.orders.Side' },
      { name: 'paid', type: ['null', 'shop.Money'] },
      { name: 'hash', type: { ...hash, namespace: 'x' } },
      { name: 'hashes', type: { type: 'array', items: 'x.Hash' } },
      {
        name: 'inner',
        type: { type: 'record', name: 'y.z.Inner', fields: [{ name: 'leaf', type: { ...side, name: 'Leaf' } }] },
      },
      { name: 'leaf', type: 'y.z.Leaf' },
      { name: 'none', type: { type: 'record', name: 'None', namespace: '', fields: [{ name: 'point', type: point }] } },
      { name: 'point', type: { type: 'map', values: '.Point' } },
    ] as const
    const value = {
      price: { cents: 5 },
      side: 'BUY',
      other: 'SELL',
      paid: { cents: 6 },
      hash: Buffer.from('ab'),
      hashes: [Buffer.from('cd')],
      inner: { leaf: 'BUY' },
      leaf: 'SELL',
      none: { point: { x: 1 } },
      point: { a: { x: 2 } },
    } as const
    const schema = { type: 'record', name: 'Order', namespace: 'shop.orders', fields } as const
    fits(
      schema,
      [
        { ...value, hashes: [...value.hashes] },
        { ...value, hashes: [], paid: null },
      ],
      {
        refused: [
          { ...value, leaf: 'HOLD' },
          { ...value, point: { a: { x: '2' } } },
          { ...value, price: undefined },
        ],
      },
    )
  })

  test('what refers to itself', () => {
    const next = { name: 'next', type: ['null', 'List'] } as const
    fits({ type: 'record', name: 'List', fields: [{ name: 'value', type: 'int' }, next] }, [
      { value: 1, next: { value: 2, next: { value: 3, next: null } } },
    ])
    const kids = { name: 'kids', type: { type: 'array', items: 'Tree' } } as const
    const named = { name: 'named', type: { type: 'map', values: 'Tree' } } as const
    fits({ type: 'record', name: 'Tree', fields: [kids, named] }, [
      { kids: [{ kids: [], named: {} }], named: { a: { kids: [], named: { b: { kids: [], named: {} } } } } },
    ])
  })
})

describe('unions', () => {
  test('whose branches are told apart hold the values as they are', () => {
    fits(['null', 'string'], [null, 'a'], { refused: [{ string: 'a' }] })
    fits(
      ['string', 'null', 'boolean', 'int', 'bytes', money, { type: 'array', items: 'int' }],
      ['a', null, true, 5, Buffer.from('a'), { cents: 5 }, [5]],
    )
    fits(['null', side], ['BUY', null], { refused: [{ Side: 'BUY' }] })
    fits([hash, 'string'], [Buffer.from('ab'), 'a'])
    fits([{ type: 'map', values: 'int' }, { type: 'string' }], [{ a: 5 }, 'a'])
  })

  test('whose branches are numbers name the branch', () => {
    fits(['null', 'int', 'long'], [null, { int: 5 }, { long: 5 }], { refused: [5, { short: 5 }] })
    fits(['float', { type: 'double' }], [{ float: 0.5 }, { double: 0.1 }], { refused: [0.5] })
    fits([{ type: 'null' }, { type: 'int' }, 'double'], [null, { int: 1 }, { double: 2 }], { refused: [1] })
  })

  test('so do those of objects, texts and bytes that look alike', () => {
    fits([money, point], [{ 'shop.Money': { cents: 5 } }, { Point: { x: 1 } }], { refused: [{ cents: 5 }, { x: 1 }] })
    fits(['null', point, { type: 'map', values: 'int' }], [null, { Point: { x: 1 } }, { map: { x: 1 } }], {
      refused: [{ x: 1 }],
    })
    fits(['string', side], [{ string: 'a' }, { Side: 'BUY' }], { refused: ['a', { Side: 'HOLD' }] })
    fits(['bytes', { ...hash, namespace: 'a.b' }], [{ bytes: Buffer.from('a') }, { 'a.b.Hash': Buffer.from('ab') }], {
      refused: [Buffer.from('ab')],
    })
    fits([{ type: 'array', items: 'int' }, 'int', 'long'], [{ array: [5] }, { int: 5 }], { refused: [[5]] })
  })

  test('by names that are in the namespace of the record, and known by then or later', () => {
    const both = { name: 'both', type: ['null', 'Money', 'Event'] } as const
    const own = { name: 'own', type: [{ type: 'error', name: 'Failure', fields: [both] }, 'Event'] } as const
    const schema = {
      type: 'record',
      name: 'Event',
      namespace: 'shop',
      fields: [{ name: 'm', type: money }, own],
    } as const
    fits(
      schema,
      [
        { m: { cents: 1 }, own: { 'shop.Failure': { both: null } } },
        { m: { cents: 1 }, own: { 'shop.Failure': { both: { 'shop.Money': { cents: 2 } } } } },
        {
          m: { cents: 1 },
          own: { 'shop.Event': { m: { cents: 1 }, own: { 'shop.Failure': { both: null } } } },
        },
      ],
      {
        refused: [
          { m: { cents: 1 }, own: { both: null } },
          { m: { cents: 1 }, own: { Failure: { both: null } } },
        ],
      },
    )
  })

  test('a bigint is none of the numbers', () => {
    const at = { type: 'long', logicalType: 'timestamp-millis' } as const
    fits(at, [5n], { longs: 'bigint', refused: [5] })
    fits([at, 'int', 'null'], [5n, 5, null], { longs: 'bigint', refused: [{ long: 5n }] })
    fits(['null', 'int', 'long'], [null, 5, 5n], { longs: 'bigint', refused: [{ int: 5 }, { long: 5n }] })
    fits(['long', 'float', 'double'], [{ long: 5n }, { float: 0.5 }], { longs: 'bigint', refused: [5n, { long: 5 }] })
  })
})

test('the name of a record that is left out does no harm', () => {
  fits({ type: 'record', fields: [{ name: 'a', type: ['int', 'double'] }] }, [{ a: { int: 1 } }])
  fits([{ type: 'record', fields: [{ name: 'a', type: 'int' }] }, money], [{ record: { a: 1 } }], {
    refused: [{ a: 1 }],
  })
})
