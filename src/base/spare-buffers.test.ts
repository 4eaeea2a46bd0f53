import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SpareBuffers } from './spare-buffers.ts'

test('what is given back is taken again where it is long enough, the smallest first, and no more is kept than is allowed', () => {
  const spare = new SpareBuffers({ keptBytesMax: 300 })
  const [small, big] = [spare.take(100), spare.take(200)]
  assert.equal(spare.keptBytes, 0)
  spare.give(small)
  spare.give(big)
  spare.give(Buffer.alloc(1))
  assert.equal(spare.keptBytes, 300)
  assert.equal(spare.take(50), small)
  assert.equal(spare.take(50), big)
  assert.equal(spare.keptBytes, 0)
  assert.equal(spare.take(50).length, 50)
})

test('a large one takes the place of small ones, and not the other way round', () => {
  const spare = new SpareBuffers({ keptBytesMax: 400 })
  for (const buffer of [Buffer.alloc(100), Buffer.alloc(100), Buffer.alloc(200)]) spare.give(buffer)
  assert.equal(spare.keptBytes, 400)
  const large = Buffer.alloc(300)
  spare.give(large)
  assert.equal(spare.keptBytes, 300)
  spare.give(Buffer.alloc(100))
  spare.give(Buffer.alloc(100))
  assert.equal(spare.keptBytes, 400)
  assert.equal(spare.take(300), large)
  spare.give(Buffer.alloc(401))
  assert.equal(spare.keptBytes, 100)
})
