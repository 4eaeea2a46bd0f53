/** Keys and values by schemas of a registry: what is asked for and when, and what becomes of what cannot be decoded. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { SerdeHeader } from '../../client/index.ts'
import { createEnv } from '../../env/index.ts'
import { SchemaRegistry } from './schema-registry.ts'
import type { Undecodable } from './schema-serde.ts'
import { type Answer, type Asked, type FakeRegistry, fakeRegistry } from './testdata/registry-fixture.ts'

const { clock } = createEnv({ keepsAlive: true })

const guid = '89791762-2336-186f-66cf-a2a1b2d2a2f3'
const order = JSON.stringify({
  type: 'record',
  name: 'Order',
  namespace: 'shop',
  fields: [{ name: 'id', type: 'int' }],
})
const missing: Answer = { status: 404, body: { error_code: 40403, message: 'Schema not found' } }
const to = (topic: string, headers: SerdeHeader[] = [], isKey = false) => ({ topic, isKey, headers })
const bytes = (written: Uint8Array | null): Buffer => Buffer.from(written ?? [])
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value))

/** Knows one schema, under whatever subject, by id 1 and by a GUID. */
const knows =
  (schema: string, more: object = {}) =>
  ({ what }: Asked): Answer =>
    what.startsWith('POST')
      ? { body: { id: 1, guid } }
      : /ids\/1$|guids|latest/.test(what)
        ? { body: { id: 1, guid, schema, ...more } }
        : missing

const asked = ({ asked }: FakeRegistry): string[] => asked.map(({ what }) => what)

describe('writing', () => {
  test('registers once, however many wait for it, and then waits for nothing', async () => {
    await using server = await fakeRegistry(knows(order))
    const serde = new SchemaRegistry(server, clock).avro<{ id: number }>(order)
    const written = await Promise.all([1, 2, 3].map((id) => serde.serialize({ id }, to('orders'))))
    assert.deepEqual(
      written.map((it) => bytes(it).toString('hex')),
      ['000000000102', '000000000104', '000000000106'],
    )
    assert.ok(serde.serialize({ id: 4 }, to('orders')) instanceof Uint8Array)
    assert.deepEqual(asked(server), ['POST /subjects/orders-value/versions?normalize=false'])
    assert.deepEqual(server.asked[0]?.body, { schemaType: 'AVRO', schema: order, references: [] })
    await serde.serialize({ id: 1 }, to('orders', [], true))
    assert.equal(server.asked.length, 2)
    assert.equal(serde.serialize(null as never, to('orders')), null)
  })

  test('looks up, and fails where it is not registered; the next one asks again', async () => {
    let isThere = false
    await using server = await fakeRegistry((it) => (isThere ? knows(order)(it) : missing))
    const serde = new SchemaRegistry(server, clock).avro(order, { registration: 'look-up', normalize: true })
    await assert.rejects(async () => serde.serialize({ id: 1 }, to('orders')), { errorCode: 40403 })
    isThere = true
    assert.equal(bytes(await serde.serialize({ id: 1 }, to('orders'))).length, 6)
    assert.deepEqual(asked(server), Array(2).fill('POST /subjects/orders-value?normalize=true'))
  })

  test('by the newest version, asked for once, whatever schema is given', async () => {
    await using server = await fakeRegistry(knows('"string"'))
    const registry = new SchemaRegistry(server, clock)
    for (const serde of [registry.avro(), registry.avro(order, { registration: 'latest' })]) {
      const [first] = await Promise.all(['x', 'y'].map((it) => serde.serialize(it, to('orders'))))
      assert.equal(bytes(first ?? null).toString('hex'), '00000000010278')
    }
    assert.deepEqual(asked(server), Array(2).fill('GET /subjects/orders-value/versions/latest'))
    assert.throws(() => registry.avro(undefined, { registration: 'register' }), /needs a schema/)
    const json = registry.json(undefined)
    await assert.rejects(async () => json.serialize(1, to('orders')), /schema of type AVRO, and not JSON/)
  })

  test('with an id that is told it asks for nothing, whatever the topic', async () => {
    await using server = await fakeRegistry(() => missing)
    const registry = new SchemaRegistry(server, clock)
    const registration = { id: 258 }
    const serde = registry.avro(order, { registration })
    for (const topic of ['orders', 'others'])
      assert.equal(bytes(await serde.serialize({ id: 1 }, to(topic))).toString('hex'), '000000010202')
    assert.deepEqual(asked(server), [])
    assert.throws(() => registry.avro(undefined, { registration }), /by an id needs a schema/)
    assert.throws(() => registry.avro(order, { registration, schemaIdIn: 'header' }), /by its GUID/)
  })

  test('under the subject of each strategy', async () => {
    await using server = await fakeRegistry(knows(order))
    const registry = new SchemaRegistry(server, clock)
    for (const [subject, expected] of [
      ['record', 'shop.Order'],
      ['topic-record', 't-shop.Order'],
      [
        ({ topic, isKey, recordName }: { topic: string; isKey: boolean; recordName: string | undefined }) =>
          `${topic}.${isKey}.${recordName}`,
        't.false.shop.Order',
      ],
    ] as const) {
      const serde = registry.avro(order, { subject })
      await serde.serialize({ id: 1 }, to('t'))
      assert.ok(serde.serialize({ id: 1 }, to('t')) instanceof Uint8Array)
      assert.equal(server.asked.at(-1)?.what, `POST /subjects/${expected}/versions?normalize=false`)
    }
    assert.equal(server.asked.length, 3)
    await assert.rejects(
      async () => registry.avro('"int"', { subject: 'record' }).serialize(1, to('t')),
      /need a schema that has a name/,
    )
  })

  test('with the GUID in a header, which an older registry is asked for', async () => {
    const headers: SerdeHeader[] = []
    await using server = await fakeRegistry(({ what }) => ({
      body: what.includes('/versions') ? { id: 1 } : { id: 1, guid },
    }))
    const serde = new SchemaRegistry(server, clock).avro(order, { schemaIdIn: 'header' })
    assert.equal(bytes(await serde.serialize({ id: 1 }, to('orders', headers))).toString('hex'), '02')
    assert.deepEqual(
      headers.map(({ key }) => key),
      ['__value_schema_id'],
    )
    await using old = await fakeRegistry(() => ({ body: { id: 1 } }))
    const failing = new SchemaRegistry(old, clock).avro(order, { schemaIdIn: 'header' })
    await assert.rejects(async () => failing.serialize({ id: 1 }, to('orders')), /tells no GUIDs/)
  })

  test('messages of Protobuf: the place goes with the id; a normal form has them in an order of its own', async () => {
    const proto = (...names: string[]): string =>
      `syntax = "proto3"; ${names.map((it) => `message ${it} { int32 n = 1; }`).join(' ')}`
    const more = { schemaType: 'PROTOBUF' }
    await using server = await fakeRegistry(knows(proto('A', 'B'), more))
    const registry = new SchemaRegistry(server, clock)
    const write = async (options: object, headers: SerdeHeader[] = []): Promise<string> =>
      bytes(await registry.protobuf(proto('B', 'A'), options).serialize({ n: 1 }, to('t', headers))).toString('hex')
    assert.equal(await write({}), '0000000001000801')
    assert.equal(await write({ message: 'A' }), '000000000102020801')
    assert.equal(await write({ normalize: true }), '000000000102020801')
    assert.equal(await write({ registration: 'latest' }), '000000000102020801')
    const headers: SerdeHeader[] = []
    assert.equal(await write({ message: 'A', schemaIdIn: 'header' }, headers), '0801')
    assert.equal(Buffer.from(headers[0]?.value ?? []).toString('hex'), `01${guid.replaceAll('-', '')}0202`)
    assert.deepEqual(await registry.protobuf().deserialize(Buffer.from('0801', 'hex'), to('t', headers)), { n: 1 })
  })

  test('a value that does not fit is refused, before and after the registry is known', async () => {
    await using server = await fakeRegistry(knows(order))
    const serde = new SchemaRegistry(server, clock).avro(order)
    await assert.rejects(async () => serde.serialize({ id: 'x' }, to('t')), /id: string x does not fit int/)
    assert.throws(() => serde.serialize({ id: 'x' }, to('t')), /id: string x does not fit int/)
  })
})

describe('reading', () => {
  const five = Buffer.from('00000000010a', 'hex')

  test('asks once for a schema, and waits for nothing then; by id and by GUID', async () => {
    await using server = await fakeRegistry(knows(order))
    const serde = new SchemaRegistry(server, clock).avro()
    const values = await Promise.all([serde.deserialize(five, to('t')), serde.deserialize(five, to('t'))])
    assert.deepEqual(plain(values), [{ id: 5 }, { id: 5 }])
    assert.deepEqual(plain(serde.deserialize(five, to('t'))), { id: 5 })
    const header = { key: '__value_schema_id', value: Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex') }
    assert.deepEqual(plain(await serde.deserialize(five.subarray(5), to('t', [header]))), { id: 5 })
    assert.deepEqual(asked(server), ['GET /schemas/ids/1', `GET /schemas/guids/${guid}`])
  })

  test('by the schema of each, where they come in turns', async () => {
    const texts = ['"string"', '"int"', '"boolean"']
    await using server = await fakeRegistry(({ what }) => {
      const schema = texts[Number(/ids\/(\d)/.exec(what)?.[1])]
      return schema === undefined ? missing : { body: { schema } }
    })
    const serde = new SchemaRegistry(server, clock).avro()
    const read = (id: number, rest: string): unknown =>
      serde.deserialize(Buffer.from(`000000000${id}${rest}`, 'hex'), to('orders'))
    const all = [read(0, '0278'), read(1, '0a'), read(2, '01')]
    assert.deepEqual(await Promise.all(all), ['x', 5, true])
    const again = [
      read(0, '0279'),
      read(0, '0278'),
      read(1, '0a'),
      read(0, '0278'),
      read(2, '00'),
      read(1, '0c'),
      read(1, '0a'),
    ]
    assert.deepEqual(again, ['y', 'x', 5, 'x', false, 6, 5])
    await assert.rejects(async () => read(7, '00'), { errorCode: 40403 })
    assert.equal(read(1, '0c'), 6)
    assert.equal(server.asked.length, 4)
  })

  test('as the schema of the reader has it', async () => {
    await using server = await fakeRegistry(knows(order))
    const fields = [{ name: 'more', type: 'string', default: 'd' }]
    const reader = new SchemaRegistry(server, clock).avro(
      JSON.stringify({ type: 'record', name: 'Order', namespace: 'shop', fields }),
    )
    assert.deepEqual(plain(await reader.deserialize(five, to('t'))), { more: 'd' })
  })

  test('with what the schema refers to, and what that refers to', async () => {
    const reference = (name: string) => ({ name, subject: `${name}-s`, version: 3 })
    const line = JSON.stringify({ type: 'record', name: 'Line', fields: [{ name: 'price', type: 'Money' }] })
    const money = JSON.stringify({ type: 'record', name: 'Money', fields: [{ name: 'cents', type: 'int' }] })
    await using server = await fakeRegistry(({ what }) => {
      if (what.includes('Line-s')) return { body: { schema: line, references: [reference('Money')] } }
      if (what.includes('Money-s')) return { body: { schema: money, references: [reference('Line')] } }
      return {
        body: { schema: '{"type":"array","items":"Line"}', references: [reference('Line'), reference('Money')] },
      }
    })
    const serde = new SchemaRegistry(server, clock).avro()
    const given = await serde.deserialize(Buffer.from('0000000001020a00', 'hex'), to('t'))
    assert.deepEqual(plain(given), [{ price: { cents: 5 } }])
    assert.equal(server.asked.length, 3)
  })

  test('no bytes are no value', async () => {
    await using server = await fakeRegistry(knows(order))
    assert.throws(() => new SchemaRegistry(server, clock).avro().deserialize(null, to('t')), /orNull/)
  })
})

describe('what cannot be decoded', () => {
  const bad: readonly (readonly [what: string, bytes: string, error: RegExp])[] = [
    ['no schema named', '7b7d', /no schema is named/],
    ['an unknown id', '00000000090a', /40403/],
    ['a payload that is none', '0000000001', /./],
    ['what is left over', '00000000010a0a', /./],
  ]

  for (const [what, hex, error] of bad)
    test(`${what}: an error, or a dead letter, the first time and later`, async () => {
      await using server = await fakeRegistry(knows(order))
      const registry = new SchemaRegistry(server, clock)
      const given = Buffer.from(hex, 'hex')
      const letters: Undecodable[] = []
      const failing = registry.avro()
      const serde = registry.avro<unknown, string>(undefined, { deadLetter: (it) => `letter ${letters.push(it)}` })
      for (const turn of [1, 2]) {
        await assert.rejects(async () => failing.deserialize(given, to('t')), error)
        assert.equal(await serde.deserialize(given, to('t')), `letter ${turn}`)
      }
      assert.deepEqual(letters[1]?.bytes, given)
      assert.equal(letters[1]?.context.topic, 't')
      assert.match(String(letters[1]?.error), error)
    })

  test('a schema of another type, and one that the reader cannot read, are dead letters', async () => {
    await using server = await fakeRegistry(knows(order))
    const registry = new SchemaRegistry(server, clock)
    const options = { deadLetter: ({ error }: Undecodable) => String(error) }
    const json = registry.json<unknown, string>(undefined, options)
    const given = Buffer.from('00000000010a', 'hex')
    assert.match(String(await json.deserialize(given, to('t'))), /id 1 is a schema of type AVRO, and not JSON/)
    const other = registry.avro<unknown, string>('"string"', options)
    assert.match(String(await other.deserialize(given, to('t'))), /cannot|resolver|read/i)
  })

  test('a place behind the GUID of a schema that has none is not taken for the payload', async () => {
    await using server = await fakeRegistry(knows(order))
    const header = { key: '__value_schema_id', value: Buffer.from(`01${guid.replaceAll('-', '')}0a`, 'hex') }
    await assert.rejects(
      async () => new SchemaRegistry(server, clock).avro().deserialize(Buffer.alloc(0), to('t', [header])),
      /places/,
    )
  })

  test('a registry that is ill, or refuses, is no reason for a dead letter; when it is well again the record is read', async () => {
    let answer: Answer | undefined = { status: 503, body: { error_code: 50001, message: 'later' } }
    await using server = await fakeRegistry((it) => answer ?? knows(order)(it))
    const registry = new SchemaRegistry({ url: server.url, tries: 1 }, clock)
    const serde = registry.avro<unknown, string>(order, { deadLetter: () => 'letter' })
    const given = Buffer.from('00000000010a', 'hex')
    await assert.rejects(async () => serde.deserialize(given, to('t')), { errorCode: 50001 })
    answer = { status: 401, body: { error_code: 401, message: 'who?' } }
    await assert.rejects(async () => serde.deserialize(given, to('t')), { errorCode: 401 })
    answer = { status: 404, text: 'not here' }
    await assert.rejects(async () => serde.deserialize(given, to('t')), { errorCode: 404 })
    answer = undefined
    assert.deepEqual(plain(await serde.deserialize(given, to('t'))), { id: 5 })
  })
})

test('JSON and XML', async () => {
  const schema = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] } as const
  await using server = await fakeRegistry(knows(JSON.stringify(schema), { schemaType: 'JSON' }))
  const json = new SchemaRegistry(server, clock).json(schema)
  const written = await json.serialize({ id: 1 }, to('t'))
  assert.equal(bytes(written).toString('latin1', 5), '{"id":1}')
  assert.deepEqual(await json.deserialize(written, to('t')), { id: 1 })
  const xsd = '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="id" type="xs:int"/></xs:schema>'
  await using other = await fakeRegistry(knows(xsd, { schemaType: 'XML' }))
  const xml = new SchemaRegistry(other, clock).xml(xsd)
  const document = await xml.serialize('<id>5</id>', to('t'))
  assert.equal(await xml.deserialize(document, to('t')), '<id>5</id>')
  await assert.rejects(async () => xml.serialize('<id>x</id>', to('t')), /not valid by the schema/)
  assert.throws(() => xml.deserialize(Buffer.from('0000000001ff', 'hex'), to('t')), /utf-8/i)
  const unchecked = new SchemaRegistry(other, clock).xml(undefined, { validate: false })
  assert.equal(await unchecked.deserialize(Buffer.from('\0\0\0\0\x01<no'), to('t')), '<no')
})
