import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { zeroUuid } from '../../base/index.ts'
import type { OffsetRecord } from './group-record.ts'
import { OffsetStore } from './offset-store.ts'

const record = (partition: number, offset: bigint | null): OffsetRecord => ({
  kind: 'offset',
  groupId: 'g',
  topic: 't',
  partition,
  value: offset === null ? null : { offset, leaderEpoch: -1, metadata: '', commitTimestampMs: 0n, topicId: zeroUuid },
})

test('readers see just what is committed, whatever is replayed, committed and reverted', () => {
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('put' as const),
      partition: fc.nat(2),
      value: fc.option(fc.bigInt({ min: 0n, max: 9n })),
    }),
    fc.record({
      kind: fc.constantFrom('commit' as const, 'revert' as const),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const store = new OffsetStore()
      let log: OffsetRecord[] = []
      let committed = 0
      for (const action of steps) {
        if (action.kind === 'put') {
          const entry = record(action.partition, action.value)
          store.replay(entry, log.length)
          log.push(entry)
        } else {
          const to = committed + Math.floor((log.length - committed) * action.part)
          if (action.kind === 'commit') {
            committed = to
            store.commitTo(to)
          } else {
            store.revertTo(to)
            log = log.slice(0, to)
          }
        }
        for (const partition of [0, 1, 2]) {
          const of = (entries: OffsetRecord[]): bigint | undefined =>
            entries.filter((entry) => entry.partition === partition).at(-1)?.value?.offset
          assert.equal(store.committed('g', { topic: 't', partition })?.offset, of(log.slice(0, committed)))
          const newest = [...store.newestOf('g')].some((key) => key.partition === partition)
          assert.equal(newest, of(log) !== undefined)
          assert.equal(store.newest('g', { topic: 't', partition })?.offset, of(log))
        }
      }
      store.commitTo(log.length)
      const all = [...store.newestOf('g')]
      assert.deepEqual([store.committedCount, store.hasNewest('g')], [all.length, all.length > 0])
      if (all.length === 0) assert.deepEqual([...store.groupIds()], [])
    }),
  )
})

test('what a transaction has committed is the newest, unless a commit is on its way', () => {
  const store = new OffsetStore()
  const newest = (partition: number) => store.newest('g', { topic: 't', partition })?.offset
  const producerId = 7
  store.replayTransactional(producerId, record(0, 1n), 0)
  store.replayTransactional(producerId, record(1, 1n), 1)
  store.replay(record(1, 2n), 2)
  store.endTransaction(producerId, true)
  assert.deepEqual([newest(0), newest(1)], [1n, 2n])
  assert.equal([...store.newestOf('g')].length, 2)
  store.revertTo(2)
  assert.deepEqual([newest(0), newest(1)], [1n, 1n])
})
