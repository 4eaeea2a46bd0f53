/** The record that is encoded and decoded, in each format: an order of fifteen fields. */

export type Format = 'avro' | 'json' | 'protobuf'

export const formats: readonly Format[] = ['avro', 'json', 'protobuf']

/** As a registry calls it. */
export const typeOf = (format: Format): string => format.toUpperCase()

const strings = { type: 'array', items: 'string' } as const
const field = (name: string, type: unknown, rest: object = {}): object => ({ name, type, ...rest })

const avro = JSON.stringify({
  ...{ type: 'record', name: 'Order', namespace: 'shop' },
  fields: [
    field('id', 'string'),
    field('customer', 'string'),
    field('line', 'int'),
    field('quantity', 'int'),
    field('sequence', 'long'),
    field('total', 'double'),
    field('discount', 'double'),
    field('paid', 'boolean'),
    field('gift', 'boolean'),
    field('status', { type: 'enum', name: 'Status', symbols: ['OPEN', 'PAID', 'SENT', 'RETURNED'] }),
    field('note', ['null', 'string'], { default: null }),
    field('tags', strings),
    field('attributes', { type: 'map', values: 'string' }),
    field('placedAt', { type: 'long', logicalType: 'timestamp-millis' }),
    field('address', {
      ...{ type: 'record', name: 'Address' },
      fields: ['street', 'city', 'zip', 'country'].map((name) => field(name, 'string')),
    }),
  ],
})

const text = { type: 'string' }
const properties = {
  ...{ id: text, customer: text, line: { type: 'integer' }, quantity: { type: 'integer' } },
  ...{ sequence: { type: 'integer' }, total: { type: 'number' }, discount: { type: 'number' } },
  ...{ paid: { type: 'boolean' }, gift: { type: 'boolean' }, status: { enum: ['OPEN', 'PAID', 'SENT', 'RETURNED'] } },
  note: { type: ['null', 'string'] },
  tags: { type: 'array', items: text },
  attributes: { type: 'object', additionalProperties: text },
  placedAt: { type: 'integer' },
  address: {
    type: 'object',
    properties: { street: text, city: text, zip: text, country: text },
    required: ['street', 'city', 'zip', 'country'],
  },
}

const json = JSON.stringify({
  ...{ $schema: 'http://json-schema.org/draft-07/schema#', title: 'Order', type: 'object' },
  ...{ properties, required: Object.keys(properties) },
})

const protobuf = `syntax = "proto3";
package shop;

message Order {
  string id = 1;
  string customer = 2;
  int32 line = 3;
  int32 quantity = 4;
  int64 sequence = 5;
  double total = 6;
  double discount = 7;
  bool paid = 8;
  bool gift = 9;
  Status status = 10;
  optional string note = 11;
  repeated string tags = 12;
  map<string, string> attributes = 13;
  int64 placedAt = 14;
  Address address = 15;
}

enum Status {
  OPEN = 0;
  PAID = 1;
  SENT = 2;
  RETURNED = 3;
}

message Address {
  string street = 1;
  string city = 2;
  string zip = 3;
  string country = 4;
}
`

export const schemas: Readonly<Record<Format, string>> = { avro, json, protobuf }

export interface Order {
  readonly id: string
  readonly customer: string
  readonly line: number
  readonly quantity: number
  readonly sequence: number
  readonly total: number
  readonly discount: number
  readonly paid: boolean
  readonly gift: boolean
  readonly status: string
  readonly note: string | null
  readonly tags: readonly string[]
  readonly attributes: Readonly<Record<string, string>>
  readonly placedAt: number
  readonly address: Readonly<Record<'street' | 'city' | 'zip' | 'country', string>>
}

export const statuses: readonly string[] = ['OPEN', 'PAID', 'SENT', 'RETURNED']
const cities = ['Zürich', 'Bern', 'Lyon', 'Kraków', 'Oslo', 'Porto', 'Graz'] as const
const colours = ['red', 'green', 'blue', 'black', 'white'] as const

const nth = <T>(all: readonly T[], i: number): T => {
  const found = all[i % all.length]
  if (found === undefined) throw new Error('there is none')
  return found
}

/** No two the same. */
export const orders = (count: number): readonly Order[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `order-${(i * 2_654_435_761) % 2 ** 32}`,
    customer: `customer-${i % 997}`,
    line: i % 12,
    quantity: 1 + (i % 7),
    sequence: 4_000_000_000 + i * 1009,
    total: ((i * 7919) % 100_003) / 100,
    discount: (i % 20) / 100,
    paid: i % 3 === 0,
    gift: i % 11 === 0,
    status: nth(statuses, i),
    note: i % 2 === 0 ? null : `leave it with the neighbour, flat ${i % 40}`,
    tags: [`tag-${i % 13}`, `season-${i % 4}`, 'web'],
    attributes: { colour: nth(colours, i), size: String(36 + (i % 10)), channel: `shop-${i % 5}` },
    placedAt: 1_790_000_000_000 + i * 977,
    address: { street: `Long Street ${i % 211}`, city: nth(cities, i), zip: String(1000 + (i % 9000)), country: 'CH' },
  }))
