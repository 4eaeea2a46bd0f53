import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpareBuffers } from './spare-buffers.ts'

test('what is given back is taken again by its length, and no more is kept than is allowed', () => {
  const spare = new SpareBuffers({ keptBytesMax: 300 })
  const [small, big] = [spare.take(100), spare.take(200)]
  assert.equal(spare.keptBytes, 0)
  spare.give(small)
  spare.give(big)
  spare.give(Buffer.alloc(1))
  assert.equal(spare.keptBytes, 300)
  assert.equal(spare.take(200), big)
  assert.notEqual(spare.take(200), big)
  assert.equal(spare.take(100), small)
  assert.equal(spare.keptBytes, 0)
})
