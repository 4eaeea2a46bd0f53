/**
 * What the compiler says of values whose type is the literal of a schema: lines that it must take, and lines, marked with the number of its
 * error, that it must refuse. Nothing of it is run. `types.test.ts` shows that the marks are looked at.
 */
import type { AvroLiteral, AvroValue, LongKind } from '../../src/registry/serdes/avro-value.ts'
import type { JsonLiteral, JsonValue } from '../../src/registry/serdes/json-value.ts'
import type { SchemaRegistry } from '../../src/registry/serdes/schema-registry.ts'
import {
  type Consumer,
  defineTopic,
  type Producer,
  type Serde,
  string,
  type TypedTopic,
} from '../../src/stack/client.ts'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

/** The type of what is given is exactly this one. */
declare function exactly<Expected>(): <Given>(
  given: Given & (Equal<Given, Expected> extends true ? unknown : never),
) => void

declare const registry: SchemaRegistry
declare function avro<const S extends AvroLiteral, Longs extends LongKind = 'number'>(
  schema: S,
  longs?: Longs,
): AvroValue<S, Longs>
declare function json<const S extends JsonLiteral>(schema: S): JsonValue<S>

const orders = defineTopic('orders', {
  key: string,
  value: registry.avro({
    type: 'record',
    name: 'Order',
    namespace: 'shop',
    fields: [
      { name: 'id', type: 'string' },
      { name: 'side', type: { type: 'enum', name: 'Side', symbols: ['BUY', 'SELL'] } },
      {
        name: 'price',
        type: { type: 'record', name: 'Money', fields: [{ name: 'cents', type: 'long' }] },
      },
      { name: 'paid', type: ['null', 'Money'], default: null },
      { name: 'size', type: [{ type: 'int' }, 'double'] },
      { name: 'at', type: { type: 'long', logicalType: 'timestamp-millis' } },
      { name: 'tags', type: { type: 'map', values: { type: 'array', items: 'shop.Side' } } },
    ],
  }),
})

type Side = 'BUY' | 'SELL'

interface Order {
  id: string
  side: Side
  price: { cents: number }
  paid: { cents: number } | null
  size: { int: number } | { double: number }
  at: number
  tags: Record<string, Side[]>
}

const people = defineTopic('people', {
  value: registry.avro(
    {
      type: 'record',
      name: 'Person',
      fields: [
        { name: 'number', type: 'long' },
        { name: 'friends', type: { type: 'array', items: 'Person' } },
      ],
    },
    { longs: 'bigint', registration: 'look-up' },
  ),
})

interface Person {
  number: bigint
  friends: Person[]
}

const clicks = defineTopic('clicks', {
  value: registry.json({
    type: 'object',
    properties: {
      page: { type: 'string' },
      button: { enum: ['left', 'right'] },
      at: { $ref: '#/$defs/Point' },
      path: { type: 'array', items: { $ref: '#/$defs/Point' } },
    },
    required: ['page', 'at'],
    $defs: {
      Point: { type: 'object', properties: { x: { type: 'integer' }, y: { type: 'integer' } }, required: ['x', 'y'] },
    },
  }),
})

interface Point {
  x: number
  y: number
}

interface Click {
  page: string
  button?: 'left' | 'right'
  at: Point
  path?: Point[]
}

export async function producing(producer: Producer, order: Order): Promise<void> {
  await producer.send(orders, { key: 'a', value: order })
  await producer.send(orders, {
    key: 'a',
    value: {
      id: 'a',
      side: 'BUY',
      price: { cents: 5 },
      paid: null,
      size: { double: 0.5 },
      at: Date.now(),
      tags: { x: ['SELL'] },
    },
  })
  await producer.send(people, { value: { number: 5n, friends: [{ number: 6n, friends: [] }] } })

  // A field misspelt, or one that is missing.
  // @ts-expect-error 2561
  await producer.send(orders, { key: 'a', value: { ...order, sides: 'BUY' } })
  // @ts-expect-error 2741
  await producer.send(orders, { key: 'a', value: { ...order, price: {} } })
  // @ts-expect-error 2741
  await producer.send(people, { value: { number: 5n } })
  // @ts-expect-error 2741
  await producer.send(people, { value: { number: 5n, friends: [{ number: 5n }] } })
  // Another type.
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { ...order, id: 5 } })
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { ...order, price: { cents: 5n } } })
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { ...order, at: new Date() } })
  // @ts-expect-error 2322
  await producer.send(people, { value: { number: 5, friends: [] } })
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { ...order, paid: undefined } })
  // A symbol that is none.
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { ...order, side: 'HOLD' } })
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { ...order, tags: { x: ['HOLD'] } } })
  // A branch that has to be named, and one that has not.
  // @ts-expect-error 2322
  await producer.send(orders, { key: 'a', value: { ...order, size: 5 } })
  // @ts-expect-error 2353
  await producer.send(orders, { key: 'a', value: { ...order, paid: { 'shop.Money': { cents: 5 } } } })
}

export async function producingJson(producer: Producer, click: Click): Promise<void> {
  await producer.send(clicks, { value: click })
  await producer.send(clicks, { value: { page: '/', at: { x: 1, y: 2 } } })
  await producer.send(clicks, { value: { page: '/', at: { x: 1, y: 2 }, button: 'left', path: [{ x: 1, y: 2 }] } })

  // A property misspelt, or one that is missing.
  // @ts-expect-error 2561
  await producer.send(clicks, { value: { page: '/', at: { x: 1, y: 2 }, buton: 'left' } })
  // @ts-expect-error 2741
  await producer.send(clicks, { value: { page: '/' } })
  // @ts-expect-error 2741
  await producer.send(clicks, { value: { ...click, path: [{ x: 1 }] } })
  // Another type, and a value that is none of those listed.
  // @ts-expect-error 2322
  await producer.send(clicks, { value: { ...click, at: { x: '1', y: 2 } } })
  // @ts-expect-error 2322
  await producer.send(clicks, { value: { ...click, page: null } })
  // @ts-expect-error 2322
  await producer.send(clicks, { value: { ...click, button: 'middle' } })
}

export async function consuming(consumer: Consumer): Promise<void> {
  for await (const record of consumer.subscribe([orders, people, clicks])) {
    if (record.topic === 'orders') {
      exactly<Order>()(record.value)
      const { side, size, tags } = record.value
      exactly<number>()('int' in size ? size.int : size.double)
      exactly<Side[] | undefined>()(tags['x'])
      // @ts-expect-error 2367
      if (side === 'HOLD') break
      // @ts-expect-error 2551
      record.value.prize.cents.toFixed()
      // @ts-expect-error 18047
      record.value.paid.cents.toFixed()
    } else if (record.topic === 'clicks') {
      exactly<Click>()(record.value)
      exactly<number | undefined>()(record.value.path?.[0]?.x)
      // @ts-expect-error 2367
      if (record.value.button === 'middle') break
      // @ts-expect-error 2551
      record.value.pages.toUpperCase()
      // @ts-expect-error 18048
      record.value.path.length.toFixed()
    } else {
      exactly<Person>()(record.value)
      exactly<bigint | undefined>()(record.value.friends[0]?.friends[0]?.number)
      // @ts-expect-error 2551
      record.value.friend.length.toFixed()
    }
  }
}

interface Instead {
  readonly bytes: Buffer
}

export function stating(imported: { type: string; name: string }, text: string): void {
  exactly<TypedTopic<'orders', string, Order>>()(orders)
  exactly<TypedTopic<'people', Uint8Array | null, Person>>()(people)
  exactly<TypedTopic<'clicks', Uint8Array | null, Click>>()(clicks)
  // The caller says what there is of a text, of no schema, and of one whose literal is not known.
  exactly<Order>()(valueIn(registry.avro<Order>(text)))
  exactly<Order>()(valueIn(registry.avro<Order>()))
  exactly<Order>()(valueIn(registry.avro<Order>(imported, { longs: 'bigint' })))
  exactly<unknown>()(valueIn(registry.avro(text)))
  exactly<unknown>()(valueIn(registry.avro()))
  exactly<unknown>()(valueIn(registry.avro(imported)))
  exactly<number | Instead>()(
    valueIn(registry.avro({ type: 'int' }, { deadLetter: ({ bytes }): Instead => ({ bytes }) })),
  )
  exactly<Click>()(valueIn(registry.json<Click>(text)))
  exactly<Click>()(valueIn(registry.json<Click>(imported)))
  exactly<unknown>()(valueIn(registry.json(text)))
  exactly<unknown>()(valueIn(registry.json(imported)))
  exactly<boolean>()(valueIn(registry.json({ type: 'boolean' }, { validate: false })))
  // @ts-expect-error 2769
  registry.avro({ type: 'int' }, { longs: 'biginteger' })
  // @ts-expect-error 2769
  registry.avro({ type: 'int' }, { register: false })
}

declare function valueIn<T>(serde: Serde<T>): T

interface List {
  value: bigint
  next: List | null
}

interface Tree {
  kids: Tree[]
  named: Record<string, Tree>
}

interface Even {
  odd: { even: Even | null } | null
}

export function ofAvro(): void {
  exactly<null>()(avro({ type: 'null' }))
  exactly<Buffer>()(avro({ type: 'fixed', name: 'F', size: 2, logicalType: 'duration' }))
  exactly<Record<string, boolean>[]>()(avro({ type: 'array', items: { type: 'map', values: 'boolean' } }))
  exactly<Record<string, never>>()(avro({ type: 'record', name: 'R', fields: [] }))
  // Itself.
  exactly<List>()(
    avro(
      {
        type: 'record',
        name: 'a.b.List',
        fields: [
          { name: 'value', type: { type: 'long' } },
          { name: 'next', type: ['null', 'List'] },
        ],
      },
      'bigint',
    ),
  )
  const tree = avro({
    type: 'record',
    name: 'Tree',
    namespace: 'a.b',
    fields: [
      { name: 'kids', type: { type: 'array', items: 'a.b.Tree' } },
      { name: 'named', type: { type: 'map', values: 'Tree' } },
    ],
  })
  exactly<Tree>()(tree)
  // @ts-expect-error 2551
  tree.kids[0]?.named['a']?.kid.length.toFixed()
  const odd = { type: 'record', name: 'Odd', fields: [{ name: 'even', type: ['null', 'Even'] }] } as const
  const side = { type: 'enum', name: 'Side', symbols: ['BUY', 'SELL'] } as const
  const failure = { type: 'error', name: 'shop.Failure', fields: [{ name: 'side', type: side }] } as const
  exactly<{ failure: { side: Side }; again: { side: Side }; side: Side }>()(
    avro({
      type: 'record',
      name: 'Reply',
      namespace: 'shop',
      fields: [
        { name: 'failure', type: failure },
        { name: 'again', type: 'Failure' },
        { name: 'side', type: 'Side' },
      ],
    }),
  )
  exactly<Even>()(avro({ type: 'record', name: 'Even', fields: [{ name: 'odd', type: ['null', odd] }] }))
  // Unions that are, and are not, told apart.
  const money = { type: 'record', name: 'shop.Money', fields: [{ name: 'cents', type: 'int' }] } as const
  const hash = { type: 'fixed', name: 'Hash', size: 2 } as const
  exactly<string | number | boolean | Buffer | number[] | { cents: number } | null>()(
    avro(['null', 'string', 'int', 'boolean', hash, { type: 'array', items: 'int' }, money]),
  )
  exactly<{ int: number } | { long: number } | null>()(avro(['null', 'int', 'long']))
  exactly<number | bigint | null>()(avro(['null', 'int', 'long'], 'bigint'))
  exactly<{ 'shop.Money': { cents: number } } | { map: Record<string, number> }>()(
    avro([money, { type: 'map', values: 'int' }]),
  )
  exactly<number | bigint>()(avro([{ type: 'long' }, 'int'], 'bigint'))
  exactly<{ bytes: Buffer } | { Hash: Buffer }>()(avro(['bytes', hash]))
  // What another schema defines is not known, and neither is what is no literal.
  exactly<{ other: unknown }>()(avro({ type: 'record', name: 'R', fields: [{ name: 'other', type: 'other.Record' }] }))
  exactly<unknown>()(avro(['null', 'other.One', 'other.Two']))
  exactly<unknown>()(avro({ type: 'map' as string, values: 'int' }))
}

interface Node {
  value: string
  next?: Node | null
}

interface Kids {
  name?: string
  kids: Kids[]
}

type Nested = string | Nested[]

export function ofJson(): void {
  exactly<unknown>()(json(true))
  exactly<unknown>()(json({ description: 'whatever' }))
  exactly<string | null>()(json({ type: ['string', 'null'] }))
  exactly<'a' | 1 | null>()(json({ enum: ['a', 1, null] }))
  exactly<Record<string, unknown>>()(json({ type: 'object' }))
  exactly<Record<string, number>>()(json({ type: 'object', additionalProperties: { type: 'integer' } }))
  exactly<{ a?: string }>()(
    json({ type: 'object', properties: { a: { type: 'string' } }, additionalProperties: false }),
  )
  exactly<{ a: string } & Record<string, string | number>>()(
    json({
      type: 'object',
      properties: { a: { type: 'string' } },
      required: ['a'],
      additionalProperties: { type: 'number' },
    }),
  )
  exactly<[string, number?]>()(
    json({ type: 'array', prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 1 }),
  )
  exactly<[string?, ...boolean[]]>()(
    json({ type: 'array', items: [{ type: 'string' }], additionalItems: { type: 'boolean' } }),
  )
  exactly<[string, number]>()(
    json({ prefixItems: [{ type: 'string' }, { type: 'number' }], minItems: 2, items: false }),
  )
  const kinds = [
    { properties: { kind: { const: 'a' }, x: { type: 'number' } }, required: ['kind', 'x'] },
    { properties: { kind: { const: 'b' } }, required: ['kind'] },
  ] as const
  exactly<{ id?: string; kind: 'a'; x: number } | { id?: string; kind: 'b' }>()(
    json({ type: 'object', properties: { id: { type: 'string' } }, oneOf: kinds }),
  )
  exactly<{ a: string; b?: string } | { a?: string; b: string }>()(
    json({
      type: 'object',
      properties: { a: { type: 'string' }, b: { type: 'string' } },
      anyOf: [{ required: ['a'] }, { required: ['b'] }],
    }),
  )
  const node = json({
    $ref: '#/$defs/Node',
    $defs: {
      Node: {
        type: 'object',
        properties: { value: { type: 'string' }, next: { anyOf: [{ $ref: '#/$defs/Node' }, { type: 'null' }] } },
        required: ['value'],
      },
    },
  })
  exactly<Node>()(node)
  exactly<Kids>()(
    json({
      type: 'object',
      allOf: [{ $ref: '#/definitions/Named' }, { properties: { kids: { items: { $ref: '#' } } }, required: ['kids'] }],
      definitions: { Named: { properties: { name: { type: 'string' } } } },
    }),
  )
  // @ts-expect-error 2551
  node.next?.next?.nxt.toString()
  exactly<Nested>()(json({ anyOf: [{ type: 'string' }, { type: 'array', items: { $ref: '#' } }] }))
  // Elsewhere, and by an anchor.
  exactly<{ a: unknown }>()(json({ properties: { a: { $ref: 'other.json' } }, required: ['a'] }))
  exactly<unknown>()(json({ $ref: '#anchor' }))
  exactly<unknown>()(json({ $ref: '#/$defs/None' }))
  exactly<unknown>()(json({ type: 'number' as string }))
}
