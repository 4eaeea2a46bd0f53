import assert from 'node:assert/strict'
import { test } from 'node:test'
import { viewOf } from './view-of.ts'

test('bytes have one view while they are looked at, and each has its own', () => {
  const all = Uint8Array.from({ length: 100 }, (_, i) => i)
  const some = all.subarray(10, 20)
  const view = viewOf(some)
  assert.equal(viewOf(some), view)
  assert.deepEqual([view.byteLength, view.getUint8(0)], [10, 10])
  assert.equal(viewOf(all).getUint8(0), 0)
  assert.equal(viewOf(all.subarray(10, 20)).getUint8(9), 19)
  all[10] = 99
  assert.equal(viewOf(some).getUint8(0), 99)
})

test('what is large is not kept for the next one', () => {
  const large = new Uint8Array(2 * 1024 * 1024)
  assert.notEqual(viewOf(large), viewOf(large))
})
