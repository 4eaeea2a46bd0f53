import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { uuidFromLatin1, zeroUuid } from '../base/index.ts'
import type { RaftOptions } from './core.ts'
import { NotLeaderError, Raft } from './raft.ts'
import type { ElectionState } from './ready.ts'
import { soleVoter } from './testdata/running.ts'
import { VoterSet } from './voters.ts'

interface Start {
  readonly epoch?: number
  readonly endOffset?: number
  readonly lastEpoch?: number
  readonly committedOffset?: number
}

const noVote = (epoch: number): ElectionState => ({ epoch, leaderId: -1, voted: undefined })

/** A sole voter; it stands for election at once, and has not got its vote file yet. */
function start({ epoch = 0, endOffset = 0, lastEpoch = 0, committedOffset = 0 }: Start = {}): Raft {
  const epochs: RaftOptions['log']['epochs'] = lastEpoch === 0 ? [] : [{ offset: 0, epoch: lastEpoch }]
  const log = { startOffset: 0, endOffset, epochs }
  return new Raft({ ...soleVoter(1), election: noVote(epoch), log, committedOffset, nowMs: 0 })
}

const lead = (raft: Raft): Raft => {
  raft.ready()
  raft.electionPersisted(raft.epoch, 0)
  raft.ready()
  return raft
}

test('a sole voter leads once its vote is durable, not before', () => {
  const raft = start()
  assert.equal(raft.role.kind, 'candidate')
  assert.deepEqual(raft.ready().election, { epoch: 1, leaderId: -1, voted: { id: 1, directoryId: zeroUuid } })
  raft.electionPersisted(0, 0)
  assert.equal(raft.role.kind, 'candidate')
  raft.electionPersisted(1, 0)
  const ready = raft.ready()
  assert.deepEqual(ready.election, { epoch: 1, leaderId: 1, voted: undefined })
  assert.deepEqual(ready.entries, [
    { kind: 'leader-change', baseOffset: 0, epoch: 1, leaderId: 1, voters: [1], granted: [1], quorum: [] },
  ])
  assert.equal(raft.ready().election, undefined)
  assert.equal(raft.wakeMs, Number.POSITIVE_INFINITY)
})

test('a lost vote file never leads to an epoch that the log has seen', () => {
  assert.equal(start({ epoch: 2, endOffset: 40, lastEpoch: 7 }).epoch, 8)
})

test('nothing of earlier epochs is committed before the entry of this one is flushed', () => {
  const raft = lead(start({ endOffset: 40, lastEpoch: 3 }))
  raft.flushed(40, 0)
  assert.equal(raft.highWatermark, 0)
  raft.flushed(41, 0)
  assert.equal(raft.highWatermark, 41)
})

test('what a snapshot covers is committed from the start', () => {
  const raft = start({ endOffset: 40, lastEpoch: 3, committedOffset: 30 })
  assert.deepEqual([raft.highWatermark, raft.leaderId, raft.epochStartOffset], [30, -1, undefined])
  lead(raft).flushed(40, 0)
  assert.deepEqual([raft.highWatermark, raft.leaderId, raft.epochStartOffset], [30, 1, 40])
  raft.flushed(41, 0)
  assert.equal(raft.highWatermark, 41)
  assert.throws(() => start({ endOffset: 20, committedOffset: 30 }), /holds or continues/)
})

test('only the leader takes proposals', () => {
  const raft = start()
  assert.throws(() => raft.propose([Buffer.from('x')]), NotLeaderError)
  lead(raft).propose([Buffer.from('dropped')])
  raft.stop(0)
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
          raft.flushed(flushed, 0)
        }
        assert.equal(raft.highWatermark, flushed)
      }
    }),
  )
})

test('a majority decides on offsets', () => {
  const five = new VoterSet([1, 2, 3, 4, 5].map((id) => ({ id, directoryId: zeroUuid, endpoints: [] })))
  const offsets = [9, 3, 7, 1, 5]
  assert.equal(
    five.majorityOffset((id) => offsets[id - 1] ?? 0),
    5,
  )
  assert.equal(five.majority, 3)
})

test('a voter is its directory where that is known', () => {
  const own = uuidFromLatin1('a'.repeat(16))
  const other = uuidFromLatin1('b'.repeat(16))
  const voters = new VoterSet([
    { id: 1, directoryId: own, endpoints: [] },
    { id: 2, directoryId: zeroUuid, endpoints: [] },
  ])
  assert.deepEqual(
    [own, other].flatMap((directoryId) => [1, 2, 3].map((id) => voters.isVoter({ id, directoryId }))),
    [true, true, false, false, true, false],
  )
})

test('a voter of a static quorum that comes back with its vote for itself goes on to the next election', () => {
  const directoryId = uuidFromLatin1('directory-1.....')
  const endpoints = [1, 2].map((id) => ({ name: 'CONTROLLER', host: `node-${id}`, port: 9093 }))
  const voters = new VoterSet(
    [1, 2].map((id) => ({ id, directoryId: zeroUuid, endpoints: endpoints.slice(id - 1, id) })),
  )
  const raft = new Raft({
    ...soleVoter(1),
    self: { id: 1, directoryId },
    voters,
    // As the file has it, whose form has no directories.
    election: { epoch: 4, leaderId: -1, voted: { id: 1, directoryId: zeroUuid } },
    log: { startOffset: 0, endOffset: 0, epochs: [] },
    committedOffset: 0,
    nowMs: 0,
  })
  assert.equal(raft.role.kind, 'candidate')
  raft.tick(raft.wakeMs + 1)
  assert.equal(raft.role.kind, 'prospective')
  raft.tick(raft.wakeMs + 100_000)
  assert.equal(raft.epoch, 4)
})
