import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { changedMap } from './layered-map.ts'

const keyMax = 400
const sorted = <V>(map: Iterable<[number, V]>): [number, V][] => [...map].sort(([a], [b]) => a - b)

function assertSame(map: ReadonlyMap<number, number>, copy: ReadonlyMap<number, number>): void {
  assert.equal(map.size, copy.size)
  assert.deepEqual(sorted(map), sorted(copy))
  assert.deepEqual(sorted(map.entries()), sorted(copy))
  assert.deepEqual([...map.keys()].sort(), [...copy.keys()].sort())
  assert.deepEqual([...map.values()].sort(), [...copy.values()].sort())
  const visited: [number, number][] = []
  map.forEach((value, key) => void visited.push([key, value]))
  assert.deepEqual(sorted(visited), sorted(copy))
  for (let key = 0; key <= keyMax; key++) {
    assert.equal(map.get(key), copy.get(key))
    assert.equal(map.has(key), copy.has(key))
  }
}

test('a map with changes is the copy with these changes, and the maps before it stay what they were', () => {
  const key = fc.integer({ min: 0, max: keyMax })
  const change = fc.tuple(key, fc.option(fc.integer(), { nil: undefined }))
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.array(fc.array(change, { maxLength: 8 })), (size, rounds) => {
      const first = new Map(Array.from({ length: size }, (_, i): [number, number] => [i, -i]))
      const before: { readonly map: ReadonlyMap<number, number>; readonly copy: ReadonlyMap<number, number> }[] = []
      let map: ReadonlyMap<number, number> = first
      const model = new Map(first)
      for (const changes of rounds) {
        before.push({ map, copy: new Map(model) })
        map = changedMap(map, new Map(changes))
        for (const [k, v] of new Map(changes)) {
          if (v === undefined) model.delete(k)
          else model.set(k, v)
        }
      }
      before.push({ map, copy: model })
      for (const { map: seen, copy } of before) assertSame(seen, copy)
    }),
    { numRuns: 60 },
  )
})

test('a change of one entry does not touch the others', () => {
  let reads = 0
  class Counting extends Map<number, number> {
    override [Symbol.iterator]() {
      reads += this.size
      return super[Symbol.iterator]()
    }
  }
  const size = 10_000
  const count = 1000
  let map: ReadonlyMap<number, number> = new Counting(Array.from({ length: size }, (_, i): [number, number] => [i, i]))
  reads = 0
  for (let i = 0; i < 100; i++) map = changedMap(map, new Map([[size + i, i]]))
  assert.equal(reads, 0)
  for (let i = 0; i < count; i++) map = changedMap(map, new Map([[size + i, i]]))
  assert.equal(map.size, size + count)
  assert.equal(reads, size, 'it is copied once the changes are more than the root of its size')
})
