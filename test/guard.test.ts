import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Counts, ScenarioCounts } from '../bench/guard/counts.ts'
import { compare } from '../bench/guard/verdict.ts'

interface Told {
  readonly node?: string
  readonly heapBytes?: number
  readonly calls?: number
  readonly bytes?: number
  readonly name?: string
}

function countsOf({ node = 'v24', heapBytes = 1000, calls = 1, bytes = 8, name = 'produce' }: Told): Counts {
  const counted = new Map([['copy', { calls, bytes, largest: 8 }]])
  const scenario: ScenarioCounts = { requests: 900, heapBytes, calls: counted }
  return { node, scenarios: new Map([[name, scenario]]) }
}

const verdicts = (before: Told, after: Told): readonly string[] =>
  compare(countsOf(before), countsOf(after)).map(({ what, verdict }) => `${what}: ${verdict}`)

test('one call, one copied byte or the smallest object more a request is worse, and less is better', () => {
  assert.deepEqual(verdicts({}, {}), ['heap, bytes: same', 'copy: same', 'copy, bytes: same'])
  assert.deepEqual(verdicts({}, { calls: 2, bytes: 9, heapBytes: 1016 }), [
    'heap, bytes: worse',
    'copy: worse',
    'copy, bytes: worse',
  ])
  assert.deepEqual(verdicts({ calls: 2, bytes: 16, heapBytes: 1016 }, {}), [
    'heap, bytes: better',
    'copy: better',
    'copy, bytes: better',
  ])
})

test('what happens twice in all requests is nothing, and the heap of another runtime is not judged', () => {
  assert.deepEqual(verdicts({}, { calls: 1 + 2 / 900, heapBytes: 1008 }), [
    'heap, bytes: same',
    'copy: same',
    'copy, bytes: same',
  ])
  assert.equal(verdicts({}, { calls: 1 + 3 / 900 })[1], 'copy: worse')
  assert.equal(verdicts({}, { node: 'v26', heapBytes: 5000 })[0], 'heap, bytes: not judged')
})

test('a scenario that is there in one of the two only is told', () => {
  const rows = compare(countsOf({}), countsOf({ name: 'another' }))
  assert.deepEqual(
    rows.map(({ scenario, verdict }) => [scenario, verdict]),
    [
      ['produce', 'worse'],
      ['another', 'worse'],
    ],
  )
})
