import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { maximumMatching } from './matching.ts'

/** By trying all. */
const largest = (choices: readonly (readonly number[])[], taken: ReadonlySet<number>): number => {
  const [first, ...rest] = choices
  if (first === undefined) return 0
  const free = first.filter((choice) => !taken.has(choice))
  return Math.max(largest(rest, taken), ...free.map((choice) => 1 + largest(rest, new Set([...taken, choice]))))
}

test('as many as can be, nobody twice, and only whom one can be with', () => {
  const choices = fc.array(fc.uniqueArray(fc.nat(5), { maxLength: 6 }), { maxLength: 6 })
  fc.assert(
    fc.property(choices, (each) => {
      const matching = maximumMatching(each)
      assert.equal(matching.size, largest(each, new Set()))
      assert.equal(new Set(matching.values()).size, matching.size)
      for (const [one, other] of matching) assert.ok(each[one]?.includes(other))
    }),
  )
})

test('a long chain of displaced ones', () => {
  const size = 5000
  // Each takes the first, so that the last one displaces all.
  const choices = Array.from({ length: size }, (_, one) => (one === size - 1 ? [0] : [one, one + 1]))
  assert.equal(maximumMatching(choices).size, size)
})
