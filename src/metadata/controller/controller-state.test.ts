import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  abortTransactionRecord,
  beginTransactionRecord,
  configRecord,
  endTransactionRecord,
  partitionRecord,
  removeTopicRecord,
  topicRecord,
} from '../../protocol/index.ts'
import type { MetadataRecord } from '../record.ts'
import { id } from './controller-fixture.ts'
import { ControllerState } from './controller-state.ts'

const begin: MetadataRecord = { kind: 'beginTransaction', value: beginTransactionRecord.create() }
const end: MetadataRecord = { kind: 'endTransaction', value: endTransactionRecord.create() }
const abort: MetadataRecord = { kind: 'abortTransaction', value: abortTransactionRecord.create() }
const topic = (name: string): readonly MetadataRecord[] => [
  { kind: 'topic', value: topicRecord.create({ name, topicId: id(name) }) },
  { kind: 'partition', value: partitionRecord.create({ topicId: id(name), replicas: [1], isr: [1], leader: -1 }) },
  { kind: 'config', value: configRecord.create({ resourceType: 2, resourceName: name, name: 'k', value: name }) },
]
const gone = (name: string): MetadataRecord => ({
  kind: 'removeTopic',
  value: removeTopicRecord.create({ topicId: id(name) }),
})

const replayed = (state: ControllerState, ...records: readonly MetadataRecord[]): void => {
  for (const record of records) state.replay(record, state.offset + 1)
}

const names = (state: ControllerState): readonly string[] => [...state.topicIds.keys()].toSorted()

test('a leadership is lost in a transaction: what is committed of it stays, and the next leader ends it', () => {
  for (const [last, topics] of [
    [end, ['a', 'b']],
    [abort, ['a']],
  ] as const) {
    const state = new ControllerState()
    replayed(state, ...topic('a'), begin, ...topic('b'))
    state.commit(state.offset)
    const { offset } = state
    replayed(state, ...topic('c'))
    state.revert()
    assert.deepEqual([state.offset, state.inTransaction, names(state)], [offset, true, ['a', 'b']])
    replayed(state, last)
    state.commit(state.offset)
    assert.deepEqual([state.inTransaction, names(state)], [false, topics])
  }
})

test('an abort, and an end, that were not committed were never written', () => {
  for (const last of [abort, end]) {
    const state = new ControllerState()
    replayed(state, begin, ...topic('a'))
    state.commit(state.offset)
    replayed(state, last)
    assert.equal(state.inTransaction, false)
    // Of a batch before: the transaction is open there.
    state.commit(state.offset - 1)
    assert.equal(state.committedOffset, -1)
    state.revert()
    assert.deepEqual([state.inTransaction, names(state), state.configs(2, 'a').get('k')], [true, ['a'], 'a'])
    replayed(state, abort, ...topic('b'))
    state.commit(state.offset)
    assert.deepEqual([state.inTransaction, names(state), state.committedOffset], [false, ['b'], state.offset])
  }
})

test('a begin that was not committed leaves no transaction behind', () => {
  const state = new ControllerState()
  replayed(state, ...topic('a'))
  state.commit(state.offset)
  replayed(state, begin)
  state.revert()
  replayed(state, begin, ...topic('b'), end)
  assert.deepEqual([state.inTransaction, names(state)], [false, ['a', 'b']])
})

/** What can be asked for, for comparison. */
function seen(state: ControllerState) {
  const committed = [...state.topics.committed.entries()].map(([, { name }]) => name).toSorted()
  return {
    offset: state.offset,
    inTransaction: state.inTransaction,
    names: names(state),
    texts: names(state).map((name) => [...state.configs(2, name)]),
    leaderless: [...state.partitionSets.leaderless.values()].map(({ topicId }) => topicId).toSorted(),
    committed: [state.committedOffset, committed],
  }
}

test('whatever is replayed, committed and reverted, in transactions or not: as if what is left were the whole log', () => {
  const step = fc.constantFrom('make', 'make', 'remove', 'begin', 'end', 'abort', 'commit', 'commit', 'revert')
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.nat(9)), { maxLength: 40 }), (steps) => {
      const state = new ControllerState()
      let log: MetadataRecord[] = []
      let committed = -1
      let made = 0
      const append = (...records: readonly MetadataRecord[]): void => {
        replayed(state, ...records)
        log.push(...records)
      }
      for (const [what, chosen] of steps) {
        const known = names(state)
        const some = known[chosen % Math.max(known.length, 1)]
        if (what === 'make') append(...topic(`t${made++}`))
        else if (what === 'remove' && some !== undefined) append(gone(some))
        else if (what === 'begin' && !state.inTransaction) append(begin)
        else if (what === 'end' && state.inTransaction) append(end)
        else if (what === 'abort' && state.inTransaction) append(abort)
        else if (what === 'commit') {
          committed = Math.max(committed, state.offset - chosen)
          state.commit(committed)
        } else if (what === 'revert') {
          log = log.slice(0, committed + 1)
          state.revert()
        }
        const fresh = new ControllerState()
        for (const [offset, record] of log.entries()) {
          fresh.replay(record, offset)
          if (offset <= committed) fresh.commit(offset)
        }
        assert.deepEqual(seen(state), seen(fresh))
      }
    }),
  )
})
