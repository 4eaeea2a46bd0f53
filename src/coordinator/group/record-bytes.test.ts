import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordBytes } from './record-bytes.ts'

test('bytes of one record stay what they are while others are written', () => {
  const all = Array.from({ length: 5000 }, (_, i) => recordBytes(i, (writer) => writer.i32(i)))
  for (const [i, bytes] of all.entries()) assert.deepEqual([bytes.readInt16BE(0), bytes.readInt32BE(2)], [i, i])
})

test('a record that could not be written leaves nothing in the next one', () => {
  const fails = () =>
    recordBytes(1, (writer) => {
      writer.i64(7)
      writer.reference(Buffer.alloc(1000))
      throw new Error('too long')
    })
  assert.throws(fails, /too long/)
  assert.deepEqual([...recordBytes(2, (writer) => writer.i8(3))], [0, 2, 3])
})
