import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiError } from '../../base/index.ts'
import { MutationQuotas } from './mutation-quotas.ts'

const strict = { user: 'u', clientId: 'c', isStrict: true }
const permissive = { ...strict, isStrict: false }

/** Ten a second, and room for two seconds, by client id. */
function quotas(limit = 10) {
  return new MutationQuotas({
    limitOf: ({ clientId }) => (clientId === 'free' ? undefined : { owner: clientId, limit }),
    burstSeconds: 2,
  })
}

function ask(of: MutationQuotas, nowMs: number, partitions: readonly number[], mutator = strict) {
  const quota = of.quotaFor(mutator, nowMs)
  const codes = partitions.map((count) => {
    try {
      quota.record(count)
      return 0
    } catch (error) {
      return (error as ApiError).code
    }
  })
  return [codes, quota.throttleTimeMs]
}

test('what is beyond the bucket is done once, and refused until it is paid back', () => {
  const of = quotas()
  assert.deepEqual(ask(of, 1000, [20, 30, 1, 1]), [[0, 0, 89, 89], 3000])
  assert.deepEqual(ask(of, 2500, [1]), [[89], 1500])
  assert.deepEqual(ask(of, 4000, [1, 1]), [[0, 89], 100])
})

test('who does not know the error is served, and throttled', () => {
  const of = quotas()
  assert.deepEqual(ask(of, 0, [20], permissive), [[0], 0])
  assert.deepEqual(ask(of, 0, [5, 25], permissive), [[0, 0], 3000])
  assert.deepEqual(ask(of, 1000, [1], strict), [[89], 2000])
})

test('a bucket holds two seconds of its rate, however long nobody took of it', () => {
  const of = quotas()
  ask(of, 0, [20])
  assert.deepEqual(ask(of, 100_000, [21, 1]), [[0, 89], 100])
  assert.deepEqual(ask(of, 50_000, [1]), [[89], 100], 'a clock that goes back gives nothing')
})

test('owners have buckets of their own, and who has no limit has none', () => {
  const of = quotas()
  assert.deepEqual(ask(of, 0, [100, 1], { ...strict, clientId: 'free' }), [[0, 0], 0])
  assert.equal(of.bucketCount, 0)
  ask(of, 0, [21])
  assert.deepEqual(ask(of, 0, [1], { ...strict, clientId: 'd' }), [[0], 0])
  assert.deepEqual(ask(of, 0, [1]), [[89], 100])
  const cluster = of.quotaFor(undefined, 0)
  cluster.record(1_000_000)
  assert.equal(cluster.throttleTimeMs, 0)
})

test('a rate that is no number, or endless, limits nothing; a tiny one is a time that fits the reply', () => {
  for (const limit of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const of = quotas(limit)
    assert.deepEqual(ask(of, 0, [1_000_000, 1]), [[0, 0], 0])
    assert.deepEqual(ask(of, 1, [1]), [[0], 0])
  }
  assert.deepEqual(ask(quotas(1e-9), 0, [1, 1]), [[0, 89], 2 ** 31 - 1])
})

test('client ids are made up without end, and buckets are not kept for all', () => {
  const of = quotas()
  const client = (i: number) => ({ ...strict, clientId: `c${i}` })
  for (let i = 0; i < 10_000; i++) ask(of, 0, [21], client(i))
  assert.equal(of.bucketCount, 10_000)
  ask(of, 1, [1], client(10_000))
  assert.equal(of.bucketCount, 10_000, 'the oldest goes')
  assert.deepEqual(ask(of, 1, [1], client(1)), [[89], 99], 'the others stay')
  ask(of, 1, [1], client(20_000))
  assert.deepEqual(ask(of, 1, [1], client(1)), [[89], 99], 'nor does who has asked of late')
  for (let i = 0; i < 10_000; i++) ask(of, 200, [], client(i))
  ask(of, 5000, [1], client(20_000))
  assert.equal(of.bucketCount, 1, 'those that are full again are as new ones')
})

test('long client ids leave room for fewer buckets', () => {
  const of = quotas()
  const client = (i: number) => ({ ...strict, clientId: `${i}`.padEnd(32_000, '-') })
  for (let i = 0; i < 100; i++) ask(of, 0, [21], client(i))
  assert.equal(of.bucketCount, 62)
  assert.deepEqual(ask(of, 0, [1], client(99)), [[89], 100])
  assert.deepEqual(ask(of, 0, [1], client(0)), [[0], 0])
})
