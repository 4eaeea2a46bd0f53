/** The orders are those that OpenJDK 25 printed. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { uuidFromString } from '../../../base/index.ts'
import { hashedValues, hashSetOf, JavaHashMap, uuidHash } from './java-hash-map.ts'

const numbers = (capacity?: number): JavaHashMap<number, number> => new JavaHashMap((key) => key, capacity)

function inserted(keys: readonly number[], map = numbers()): JavaHashMap<number, number> {
  for (const key of keys) map.getOrInsert(key, () => key)
  return map
}

function appended(keys: readonly number[], map = numbers()): JavaHashMap<number, number> {
  for (const key of keys) map.append(key, key)
  return map
}

const copied = (...keys: number[]): number[] => hashSetOf(keys, keys.length).keys()

describe('a HashMap', () => {
  test('goes through its bins, and through each as it was filled', () => {
    assert.deepEqual(copied(33, 16, 1, 32, 0, 17), [16, 32, 0, 33, 1, 17])
    assert.deepEqual(appended([70_000, 65_536, 1, 65_537, 131_072]).keys(), [65_537, 70_000, 65_536, 1, 131_072])
  })

  test('has room for twelve, and twice as much for thirteen', () => {
    assert.deepEqual(copied(31, 16, 1, 32, 0, 17, 2, 3, 4, 5, 6, 7), [16, 32, 0, 1, 17, 2, 3, 4, 5, 6, 7, 31])
    assert.deepEqual(copied(31, 16, 1, 32, 0, 17, 2, 3, 4, 5, 6, 7, 8), [32, 0, 1, 2, 3, 4, 5, 6, 7, 8, 16, 17, 31])
  })

  test('grows when a bin has nine keys', () => {
    const keys = Array.from({ length: 10 }, (_, i) => (9 - i) * 16)
    assert.deepEqual(appended(keys).keys(), [128, 96, 64, 32, 0, 144, 112, 80, 48, 16])
  })

  test('computeIfAbsent puts a key in front, grows with the next, and at the eighth key of a bin', () => {
    assert.deepEqual(inserted([1, 17, 2, 33, 18]).keys(), [33, 17, 1, 18, 2])
    const small = inserted([1, 5, 9, 2], numbers(3))
    assert.deepEqual(small.keys(), [9, 5, 1, 2])
    assert.deepEqual(inserted([6], small).keys(), [9, 1, 2, 5, 6])
    const multiples = Array.from({ length: 8 }, (_, i) => i * 16)
    assert.deepEqual(inserted(multiples).keys(), [96, 64, 32, 0, 112, 80, 48, 16])
  })

  test('may begin with one bin', () => {
    assert.deepEqual(appended([3, 2, 1, 0], numbers(0)).keys(), [0, 1, 2, 3])
  })

  test('forgets a key and finds the others of its bin', () => {
    const map = appended([1, 17, 33, 2])
    for (const key of [17, 1, 99]) map.delete(key)
    assert.deepEqual(map.keys(), [33, 2])
    assert.deepEqual([map.get(33), map.get(17), map.size], [33, undefined, 2])
  })

  test('of Strings', () => {
    const keys = ['BBAa', 'consumer-3', 'AaBB', 'AaAa', 'consumer-1', 'consumer-2', 'Ünïcode', 'BBBB']
    const values = hashedValues(new Map(keys.map((key) => [key, key])))
    assert.deepEqual(values, ['consumer-3', 'consumer-2', 'Ünïcode', 'consumer-1', 'BBAa', 'AaBB', 'AaAa', 'BBBB'])
  })
})

test('the hash code of a topic id is that of Uuid.hashCode', () => {
  assert.equal(uuidHash(uuidFromString('AAAAAQAAAAIAAAADAAAABA')), 4)
  assert.equal(uuidHash(uuidFromString('gAAAAAAAAAAAAAAAAAAAAA')), -(2 ** 31))
})
