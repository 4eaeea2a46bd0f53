import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1 } from '../base/index.ts'
import { type PartitionImage, partitionFromRecord } from '../metadata/index.ts'
import { ErrorCode, partitionRecord } from '../protocol/index.ts'
import { type AliveBroker, type IsrProposal, Leadership, type LeaderView } from './leadership.ts'

const lagMsMax = 100
const ownEpoch = 11

/** Broker 1 leads, 2 and 3 follow. */
function leading({
  isr = [1, 2, 3],
  startOffset = 0,
}: {
  readonly isr?: number[]
  readonly startOffset?: number
} = {}) {
  const brokers = new Map<number, AliveBroker>(
    [1, 2, 3, 4].map((id) => [id, { brokerEpoch: 10 + id, isStaying: true }]),
  )
  const state = stateOf({ isr })
  const leadership = new Leadership({
    ...{ nodeId: 1, state, startOffset, nowMs: 0 },
    brokers: (id) => brokers.get(id),
    ownEpoch: () => ownEpoch,
  })
  return { leadership, brokers }
}

const stateOf = (given: Partial<PartitionImage>): PartitionImage => ({
  ...partitionFromRecord(
    partitionRecord.create({ topicId: uuidFromLatin1('t'.repeat(16)), replicas: [1, 2, 3], isr: [1, 2, 3], leader: 1 }),
  ),
  ...{ leaderEpoch: 0, partitionEpoch: 0 },
  ...given,
})

const view = (logEndOffset: number, given: Partial<LeaderView> = {}): LeaderView => ({
  ...{ logEndOffset, highWatermark: 0, nowMs: 0, lagMsMax, minIsr: 1 },
  ...given,
})

const fetched = (fetchOffset: number, brokerEpoch: number) => ({
  ...{ fetchOffset, brokerEpoch, logStartOffset: 0, currentLeaderEpoch: 0 },
})

const idsIn = (proposal: IsrProposal | undefined) => proposal?.isr.map(({ brokerId }) => brokerId)

test('what all in sync have is replicated, and nothing before each has said so', () => {
  const { leadership } = leading()
  assert.equal(leadership.replicatedOffset(view(10)), -1)
  leadership.fetched(2, fetched(7, 12), view(10))
  assert.equal(leadership.replicatedOffset(view(10)), -1)
  leadership.fetched(3, fetched(9, 13), view(10))
  assert.equal(leadership.replicatedOffset(view(10)), 7)
  leadership.fetched(2, fetched(10, 12), view(10))
  assert.equal(leadership.replicatedOffset(view(10)), 9)
})

test('who is out of sync is waited for only while it is about to join', () => {
  const { leadership, brokers } = leading({ isr: [1, 2] })
  leadership.fetched(2, fetched(10, 12), view(10))
  leadership.fetched(3, fetched(4, 13), view(10))
  assert.equal(leadership.replicatedOffset(view(10)), 10)
  leadership.fetched(3, fetched(10, 13), view(10))
  assert.equal(leadership.replicatedOffset(view(12)), 10)
  assert.equal(leadership.replicatedOffset(view(12, { nowMs: lagMsMax + 1 })), 10, 'that of 2, which is in sync')
  leadership.fetched(2, fetched(12, 12), view(12, { nowMs: lagMsMax + 1 }))
  assert.equal(leadership.replicatedOffset(view(12, { nowMs: lagMsMax + 1 })), 12)
  brokers.delete(3)
  assert.equal(leadership.replicatedOffset(view(12)), 12, 'the controller would not take it')
})

test('nothing is replicated while fewer are in sync than the topic asks for', () => {
  const { leadership } = leading({ isr: [1] })
  assert.equal(leadership.replicatedOffset(view(10, { minIsr: 2 })), undefined)
  assert.equal(leadership.replicatedOffset(view(10, { minIsr: 1 })), 10)
})

test('a follower joins with all below the high watermark and all of former epochs, alive, and in the life that fetched', () => {
  const cases: readonly [what: string, offset: number, change: Partial<AliveBroker> | 'dead', joins: boolean][] = [
    ['all of it', 10, {}, true],
    ['below the high watermark', 7, {}, false],
    ['at the high watermark, but before the epoch began', 8, {}, false],
    ['where the epoch began', 9, {}, true],
    ['another life', 10, { brokerEpoch: 14 }, false],
    ['about to leave', 10, { isStaying: false }, false],
    ['fenced', 10, 'dead', false],
  ]
  for (const [what, offset, change, joins] of cases) {
    const { leadership, brokers } = leading({ isr: [1, 2], startOffset: 9 })
    leadership.fetched(3, fetched(offset, 13), view(10))
    if (change === 'dead') brokers.delete(3)
    else brokers.set(3, { brokerEpoch: 13, isStaying: true, ...change })
    const proposal = leadership.proposeToExpand(3, view(10, { highWatermark: 8 }))
    assert.deepEqual(idsIn(proposal), joins ? [1, 2, 3] : undefined, what)
  }
})

test('a proposal names the epochs of brokers as they have fetched, and -1 of one that has not yet', () => {
  const { leadership } = leading({ isr: [1, 2] })
  leadership.fetched(3, fetched(10, 13), view(10))
  assert.deepEqual(leadership.proposeToExpand(3, view(10))?.isr, [
    { brokerId: 1, brokerEpoch: ownEpoch },
    { brokerId: 2, brokerEpoch: -1 },
    { brokerId: 3, brokerEpoch: 13 },
  ])
})

test('what a former life of a broker has sent moves nothing', () => {
  const { leadership } = leading()
  leadership.fetched(2, fetched(5, 12), view(10))
  const code = ErrorCode.NOT_LEADER_OR_FOLLOWER
  assert.throws(() => leadership.fetched(2, fetched(9, 7), view(10)), { code })
  assert.equal(leadership.followers.get(2)?.logEndOffset, 5)
})

test('who has no replica as far as is known here is told to come again', () => {
  const { leadership } = leading()
  assert.throws(() => leadership.follower(4, 0), { code: ErrorCode.UNKNOWN_LEADER_EPOCH })
  assert.throws(() => leadership.follower(4, -1), { code: ErrorCode.NOT_LEADER_OR_FOLLOWER })
})

test('who does not keep up leaves; who has all that there is stays, however long ago it came', () => {
  const { leadership } = leading()
  leadership.fetched(2, fetched(10, 12), view(10))
  leadership.fetched(3, fetched(4, 13), view(10))
  assert.equal(leadership.proposeToShrink(view(10, { nowMs: lagMsMax })), undefined)
  const proposal = leadership.proposeToShrink(view(10, { nowMs: lagMsMax + 1 }))
  assert.deepEqual(idsIn(proposal), [1, 2])
})

test('under load a follower keeps up that has at each fetch what there was at the one before', () => {
  const { leadership } = leading({ isr: [1, 2] })
  for (let i = 0; i < 10; i++) {
    const nowMs = 40 * i
    leadership.fetched(2, fetched(100 * i, 12), view(100 * (i + 1), { nowMs }))
    assert.equal(leadership.proposeToShrink(view(100 * (i + 1), { nowMs })), undefined)
  }
  assert.deepEqual(idsIn(leadership.proposeToShrink(view(2000, { nowMs: 360 + lagMsMax }))), [1])
})

test('while a proposal is open, all count that may be in sync, and nothing else is proposed', () => {
  const { leadership } = leading({ isr: [1, 2] })
  leadership.fetched(2, fetched(10, 12), view(10))
  leadership.fetched(3, fetched(10, 13), view(10))
  const joins = leadership.proposeToExpand(3, view(10))
  assert.ok(joins)
  assert.deepEqual(leadership.maximalIsr, [1, 2, 3])
  assert.deepEqual(leadership.isr, [1, 2])
  const late = view(20, { nowMs: 10 * lagMsMax })
  assert.equal(leadership.proposeToShrink(late), undefined)
  leadership.fetched(2, fetched(20, 12), late)
  assert.equal(leadership.replicatedOffset(late), 10, 'the controller may have taken 3 in, and it may lead')
  leadership.accepted(joins, { leaderEpoch: 0, partitionEpoch: 1, isr: [1, 2, 3] })
  assert.deepEqual(leadership.isr, [1, 2, 3])
  const leaves = leadership.proposeToShrink(late)
  assert.deepEqual(idsIn(leaves), [1, 2])
  assert.deepEqual(leadership.maximalIsr, [1, 2, 3])
  assert.equal(leadership.replicatedOffset(late), 10, 'until the controller has agreed')
  assert.ok(leaves)
  leadership.accepted(leaves, { leaderEpoch: 0, partitionEpoch: 2, isr: [1, 2] })
  assert.equal(leadership.replicatedOffset(late), 20)
})

test('a refusal that is sure ends a proposal; what is not known to be done keeps it open until the metadata tells', () => {
  const { leadership } = leading({ isr: [1, 2] })
  leadership.fetched(3, fetched(10, 13), view(10))
  const refused = leadership.proposeToExpand(3, view(10))
  assert.ok(refused)
  leadership.refused(refused)
  assert.deepEqual(leadership.maximalIsr, [1, 2])
  const open = leadership.proposeToExpand(3, view(10))
  assert.ok(open)
  leadership.become(stateOf({ isr: [1, 2], partitionEpoch: 0 }), 10, 0)
  assert.deepEqual(leadership.maximalIsr, [1, 2, 3], 'the metadata says what is known already')
  leadership.become(stateOf({ isr: [1, 2], partitionEpoch: 1 }), 10, 0)
  assert.deepEqual(leadership.maximalIsr, [1, 2])
  assert.equal(leadership.isOpen(open), false)
  leadership.accepted(open, { leaderEpoch: 0, partitionEpoch: 1, isr: [1, 2, 3] })
  assert.deepEqual(leadership.isr, [1, 2], 'an answer that nobody waits for')
})

test('a new epoch of the same leader begins at the end of its log, and gives those in sync their time again', () => {
  const { leadership } = leading()
  leadership.fetched(2, fetched(4, 12), view(10))
  const state = stateOf({ leaderEpoch: 1, partitionEpoch: 1, isr: [1, 2], replicas: [1, 2, 4] })
  leadership.become(state, 10, 1000)
  assert.deepEqual([...leadership.followers.keys()], [2, 4])
  assert.equal(leadership.proposeToShrink(view(10, { nowMs: 1000 + lagMsMax })), undefined)
  leadership.fetched(4, fetched(9, 14), view(10, { nowMs: 1000 }))
  assert.equal(leadership.proposeToExpand(4, view(10, { highWatermark: 5 })), undefined)
  assert.deepEqual(idsIn(leadership.proposeToShrink(view(10, { nowMs: 1001 + lagMsMax }))), [1])
})
