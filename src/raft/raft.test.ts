import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { zeroUuid } from '../base/index.ts'
import { NotLeaderError, Raft } from './raft.ts'
import { VoterSet } from './voters.ts'

const voters = new VoterSet([{ id: 1, directoryId: zeroUuid }])
const start = (
  options: { epoch?: number; endOffset?: number; lastEpoch?: number; committedOffset?: number } = {},
): Raft =>
  new Raft({
    nodeId: 1,
    voters,
    election: { epoch: options.epoch ?? 0, leaderId: -1, votedId: -1 },
    log: {
      endOffset: options.endOffset ?? 0,
      lastEpoch: options.lastEpoch ?? 0,
      committedOffset: options.committedOffset ?? 0,
    },
  })

const lead = (raft: Raft): Raft => {
  raft.campaign()
  raft.electionPersisted(raft.epoch)
  raft.ready()
  return raft
}

test('a sole voter leads once its vote is durable, not before', () => {
  const raft = start()
  raft.campaign()
  assert.equal(raft.role.kind, 'candidate')
  assert.deepEqual(raft.ready().election, { epoch: 1, leaderId: -1, votedId: 1 })
  raft.electionPersisted(0)
  assert.equal(raft.role.kind, 'candidate')
  raft.electionPersisted(1)
  const ready = raft.ready()
  assert.deepEqual(ready.election, { epoch: 1, leaderId: 1, votedId: -1 })
  assert.deepEqual(ready.entries, [
    { kind: 'leader-change', baseOffset: 0, epoch: 1, leaderId: 1, voters: [1], granted: [1] },
  ])
  assert.equal(raft.ready().election, undefined)
})

test('a lost vote file never leads to an epoch that the log has seen', () => {
  const raft = start({ epoch: 2, endOffset: 40, lastEpoch: 7 })
  raft.campaign()
  assert.equal(raft.epoch, 8)
})

test('nothing of earlier epochs is committed before the entry of this one is flushed', () => {
  const raft = lead(start({ endOffset: 40, lastEpoch: 3 }))
  raft.flushed(40)
  assert.equal(raft.highWatermark, 0)
  raft.flushed(41)
  assert.equal(raft.highWatermark, 41)
})

test('what a snapshot covers is committed from the start', () => {
  const raft = start({ endOffset: 40, lastEpoch: 3, committedOffset: 30 })
  assert.deepEqual([raft.highWatermark, raft.leaderId, raft.epochStartOffset], [30, -1, undefined])
  lead(raft).flushed(40)
  assert.deepEqual([raft.highWatermark, raft.leaderId, raft.epochStartOffset], [30, 1, 40])
  raft.flushed(41)
  assert.equal(raft.highWatermark, 41)
  assert.throws(() => start({ endOffset: 20, committedOffset: 30 }), /holds or continues/)
})

test('only the leader takes proposals', () => {
  const raft = start()
  assert.throws(() => raft.propose([Buffer.from('x')]), NotLeaderError)
  lead(raft).resign()
  assert.throws(() => raft.propose([Buffer.from('x')]), NotLeaderError)
  assert.deepEqual(raft.ready().entries, [])
})

test('entries are contiguous and what is committed was flushed, whatever the order of proposals and flushes', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ propose: fc.nat(4), hand: fc.boolean(), flush: fc.boolean() })), (steps) => {
      const raft = lead(start())
      let [handed, flushed] = [1, 0]
      for (const step of steps) {
        if (step.propose > 0) {
          const last = raft.propose(Array.from({ length: step.propose }, () => Buffer.from('r')))
          assert.equal(last, raft.endOffset - 1)
        }
        if (step.hand) {
          for (const entry of raft.ready().entries) {
            assert.equal(entry.baseOffset, handed)
            handed += entry.kind === 'records' ? entry.records.length : 1
          }
        }
        if (step.flush && handed > flushed) {
          flushed = handed
          raft.flushed(flushed)
        }
        assert.equal(raft.highWatermark, flushed)
      }
    }),
  )
})

test('a majority decides on offsets', () => {
  const five = new VoterSet([1, 2, 3, 4, 5].map((id) => ({ id, directoryId: zeroUuid })))
  const offsets = [9, 3, 7, 1, 5]
  assert.equal(
    five.majorityOffset((id) => offsets[id - 1] ?? 0),
    5,
  )
  assert.equal(five.isMajority(new Set([1, 2])), false)
  assert.equal(five.isMajority(new Set([1, 2, 9])), false)
  assert.equal(five.isMajority(new Set([1, 2, 5])), true)
})
