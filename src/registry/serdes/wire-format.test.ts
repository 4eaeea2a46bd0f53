/** Bytes that name a schema, as Confluent's serdes write and read them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { indexBytes, readIndexes } from './message-indexes.ts'
import { guidHeader, headerName, idBefore, idHead, unframed, WireFormatError } from './wire-format.ts'

const guid = '89791762-2336-186f-66cf-a2a1b2d2a2f3'
const payload = Buffer.from('payload')

test('an id in front of the payload', () => {
  const bytes = Buffer.concat([idHead(258), payload])
  assert.equal(bytes.toString('hex', 0, 5), '0000000102')
  assert.deepEqual([idBefore(bytes), idBefore(bytes.subarray(0, 4)), idBefore(payload)], [258, undefined, undefined])
  assert.deepEqual(unframed(bytes, [], false), { schema: { id: 258 }, payload, isPlaced: false })
})

test('a place in the schema stands between id and payload', () => {
  assert.equal(idHead(1, Buffer.of(2, 4)).toString('hex'), '00000000010204')
})

test('a GUID in a header, of keys and of values', () => {
  for (const isKey of [true, false]) {
    const header = guidHeader(guid, isKey)
    assert.equal(header.key, isKey ? '__key_schema_id' : '__value_schema_id')
    assert.equal(Buffer.from(header.value ?? []).toString('hex'), `01${guid.replaceAll('-', '')}`)
    assert.deepEqual(unframed(payload, [header], isKey), { schema: { guid }, payload, isPlaced: false })
    assert.throws(() => unframed(payload, [header], !isKey), WireFormatError)
  }
})

test('a place goes with the GUID, and comes before the payload when it is read', () => {
  const header = guidHeader(guid, false, Buffer.of(2, 4))
  assert.deepEqual(unframed(payload, [header], false), {
    schema: { guid },
    payload: Buffer.concat([Buffer.of(2, 4), payload]),
    isPlaced: true,
  })
})

test('the last header of the name counts, before the payload; an id may stand in it', () => {
  const first = guidHeader('00000000-0000-0000-0000-000000000000', false)
  const bytes = Buffer.concat([idHead(1), payload])
  assert.deepEqual(unframed(bytes, [first, guidHeader(guid, false)], false), {
    schema: { guid },
    payload: bytes,
    isPlaced: false,
  })
  const withIdInside = { key: headerName(false), value: Buffer.of(0, 0, 0, 1, 0) }
  assert.deepEqual(unframed(payload, [withIdInside], false), { schema: { id: 256 }, payload, isPlaced: false })
  assert.deepEqual(unframed(bytes, [{ key: headerName(false), value: null }], false), {
    schema: { id: 1 },
    payload,
    isPlaced: false,
  })
})

test('what names no schema is refused, and it is told why', () => {
  for (const [bytes, message] of [
    [Buffer.alloc(0), /no bytes/],
    [Buffer.of(0, 0, 0, 1), /4 bytes/],
    [Buffer.from('{"a":1}'), /first one 123/],
    [Buffer.of(1, ...Buffer.alloc(20)), /first one 1/],
  ] as const)
    assert.throws(() => unframed(bytes, [], false), { name: 'WireFormatError', message })
  for (const value of [Buffer.alloc(0), Buffer.alloc(4), Buffer.of(1, 2, 3), Buffer.of(2, ...Buffer.alloc(16))])
    assert.throws(() => unframed(payload, [{ key: headerName(true), value }], true), WireFormatError)
  assert.throws(() => guidHeader('no guid', false), WireFormatError)
})

test('indexes of messages', () => {
  for (const [indexes, hex] of [
    [[0], '00'],
    [[1], '0202'],
    [[0, 0], '040000'],
    [[2, 0, 300], '060400d804'],
  ] as const) {
    assert.equal(indexBytes(indexes).toString('hex'), hex)
    assert.deepEqual(readIndexes(Buffer.concat([indexBytes(indexes), payload])), { indexes, size: hex.length / 2 })
  }
  // The first one, written in full, is understood as well.
  assert.deepEqual(readIndexes(Buffer.of(2, 0)), { indexes: [0], size: 2 })
})

test('indexes that are cut off, negative, too many or too long are refused', () => {
  for (const hex of ['', '02', '01', 'ca01', '04028080808080', '8080808080800f'])
    assert.throws(() => readIndexes(Buffer.from(hex, 'hex')), WireFormatError, hex)
  assert.equal(readIndexes(Buffer.of(0xc8, 1, ...Buffer.alloc(100))).indexes.length, 100)
  assert.throws(() => readIndexes(Buffer.of(0xca, 1, ...Buffer.alloc(101))), /and not by 101/)
})
