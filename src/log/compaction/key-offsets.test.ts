import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { KeyOffsets } from './key-offsets.ts'

const put = (map: KeyOffsets, key: Uint8Array, offset: number): boolean =>
  map.put(key, { start: 0, end: key.length }, offset)

test('it is a map, also after it has grown', () => {
  const entry = fc.tuple(fc.uint8Array({ maxLength: 40 }), fc.nat(2 ** 40))
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 600 }), fc.nat(2 ** 32 - 1), (entries, secret) => {
      let map = KeyOffsets.create({ bytes: 24 * 1024, loadFactor: 0.5, secret: [secret, ~secret >>> 0] })
      const model = new Map<string, number>()
      for (const [i, [key, offset]] of entries.entries()) {
        if (!put(map, key, offset)) {
          map = map.grown({ bytes: map.sizeInBytes * 2, loadFactor: 0.5 })
          assert.ok(put(map, key, offset))
        }
        model.set(Buffer.from(key).toString('hex'), offset)
        if (i % 100 === 99) map = new KeyOffsets(map.memory)
      }
      assert.equal(map.count, model.size)
      for (const [hex, offset] of model) {
        const key = Buffer.from(`ff${hex}ff`, 'hex')
        assert.equal(map.get(key, 1, key.length - 1), offset)
      }
      assert.equal(map.get(Buffer.from('a key that nobody has, longer than forty bytes'), 0, 46), -1)
    }),
    { numRuns: 60 },
  )
})

test('one slot stays free: a search for what is not there ends, whatever the load factor is', () => {
  const map = KeyOffsets.create({ bytes: 0, loadFactor: 7, secret: [1, 2] })
  let count = 0
  while (put(map, Buffer.from(`key ${count}`), count)) count++
  assert.equal(count, 1023)
  assert.equal(map.get(Buffer.from('another key'), 0, 11), -1)
  assert.equal(put(map, Buffer.from('key 5'), 9000), true, 'a key that has a place keeps it')
})

test('another secret, another hash: which keys meet cannot be known beforehand', () => {
  const hashes = (secret: readonly [number, number]): string => {
    const map = KeyOffsets.create({ bytes: 0, loadFactor: 0.5, secret })
    put(map, Buffer.from('key'), 0)
    const words = new Uint32Array(map.memory, 16)
    const at = words.findIndex((word) => word !== 0)
    return words.subarray(at, at + 4).join(' ')
  }
  assert.notEqual(hashes([1, 2]), hashes([1, 3]))
  assert.equal(hashes([1, 2]), hashes([1, 2]))
})
