import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../base/index.ts'
import { alterPartition, ErrorCode } from '../../protocol/index.ts'
import { id } from './controller-fixture.ts'
import { ElectionFixture } from './election-fixture.ts'

test('the ISR shrinks and grows as its leader says', () => {
  const fixture = new ElectionFixture([[1, 2, 3]], { 'min.insync.replicas': '2' })
  const { leaderEpoch, partitionEpoch } = fixture.partition()
  const shrunk = fixture.alterIsr([1])
  const expected = { partitionIndex: 0, errorCode: 0, leaderId: 1, leaderEpoch, isr: [1], leaderRecoveryState: 0 }
  assert.deepEqual(shrunk, { ...expected, partitionEpoch: partitionEpoch + 1 })
  assert.deepEqual(fixture.partition().eligibleLeaderReplicas, [2, 3])
  const grown = fixture.alterIsr([1, 2, 3])
  assert.deepEqual(grown, { ...expected, isr: [1, 2, 3], partitionEpoch: partitionEpoch + 2 })
  assert.deepEqual(fixture.partition().eligibleLeaderReplicas, [])
})

test('nothing new: nothing is written, and the leader is told what stands', () => {
  const fixture = new ElectionFixture([[1, 2]])
  const written = fixture.written.length
  const { errorCode, isr, partitionEpoch } = fixture.alterIsr([1, 2])
  assert.deepEqual([errorCode, isr, partitionEpoch], [0, [1, 2], fixture.partition().partitionEpoch])
  assert.equal(fixture.written.length, written)
})

const refusals: readonly {
  readonly what: string
  readonly isr?: readonly number[]
  readonly given?: NonNullable<Parameters<ElectionFixture['alterIsr']>[1]>
  readonly by?: number
  readonly code: number
}[] = [
  { what: 'no such partition', given: { partitionIndex: 7 }, code: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION },
  { what: 'a later leader epoch', given: { leaderEpoch: 9 }, code: ErrorCode.NOT_CONTROLLER },
  { what: 'a later partition epoch', given: { partitionEpoch: 9 }, code: ErrorCode.NOT_CONTROLLER },
  { what: 'an earlier leader epoch', given: { leaderEpoch: -1 }, code: ErrorCode.FENCED_LEADER_EPOCH },
  { what: 'an earlier partition epoch', given: { partitionEpoch: -1 }, code: ErrorCode.INVALID_UPDATE_VERSION },
  { what: 'who does not lead', by: 2, code: ErrorCode.INVALID_REQUEST },
  { what: 'no replica', isr: [1, 4], code: ErrorCode.INVALID_REQUEST },
  { what: 'a replica twice', isr: [1, 2, 2], code: ErrorCode.INVALID_REQUEST },
  { what: 'without the leader', isr: [2], code: ErrorCode.INVALID_REQUEST },
  { what: 'nobody', isr: [], code: ErrorCode.INVALID_REQUEST },
  { what: 'recovering out of nothing', isr: [1], given: { leaderRecoveryState: 1 }, code: ErrorCode.INVALID_REQUEST },
  { what: 'a state that there is not', isr: [1], given: { leaderRecoveryState: 2 }, code: ErrorCode.INVALID_REQUEST },
]

for (const { what, isr = [1, 2], given, by, code } of refusals) {
  test(`refused: ${what}`, () => {
    const fixture = new ElectionFixture([
      [1, 2],
      [4, 1],
    ])
    const written = fixture.written.length
    assert.equal(fixture.alterIsr(isr, given, by).errorCode, code)
    assert.equal(fixture.written.length, written)
  })
}

test('the broker that asks must be in its epoch; a topic of another id is unknown', () => {
  const fixture = new ElectionFixture([[1, 2]])
  const ask = (brokerEpoch: number) =>
    fixture.take(
      fixture.controller.alterPartition(
        alterPartition.request.create({
          brokerId: 1,
          brokerEpoch,
          topics: [{ topicId: id('none'), partitions: [{ partitionIndex: 0, leaderEpoch: 0, partitionEpoch: 0 }] }],
        }),
      ),
    )
  assert.throws(
    () => ask(fixture.epochOf(1) + 1),
    (error) => error instanceof ApiError && error.code === 77,
  )
  assert.equal(ask(fixture.epochOf(1)).topics[0]?.partitions[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_ID)
})

test('who is fenced, on its way out, or has begun anew is not taken into the ISR', () => {
  const fixture = new ElectionFixture([[1, 2, 3]])
  fixture.alterIsr([1])
  fixture.kill(2)
  assert.equal(fixture.alterIsr([1, 2]).errorCode, ErrorCode.INELIGIBLE_REPLICA)
  fixture.register(2, { incarnationId: id('again') })
  fixture.heartbeat(2)
  const old = { newIsrWithEpochs: [1, 2].map((brokerId) => ({ brokerId, brokerEpoch: fixture.epochOf(brokerId) - 1 })) }
  assert.equal(fixture.alterIsr([], old).errorCode, ErrorCode.INELIGIBLE_REPLICA)
  assert.equal(fixture.alterIsr([1, 2]).errorCode, ErrorCode.NONE)
  fixture.heartbeat(3, { wantShutDown: true })
  assert.equal(fixture.alterIsr([1, 2, 3]).errorCode, ErrorCode.INELIGIBLE_REPLICA)
})

test('before version 3 no epochs are told', () => {
  const fixture = new ElectionFixture([[1, 2, 3]])
  const { errorCode, isr } = fixture.alterIsr([], { newIsrWithEpochs: [], newIsr: [1, 3] })
  assert.deepEqual([errorCode, isr], [0, [1, 3]])
})

test('who recovers stays alone in its ISR until it has', () => {
  const fixture = new ElectionFixture([[1, 2]], { 'unclean.leader.election.enable': 'true' })
  fixture.alterIsr([1])
  fixture.kill(1)
  assert.deepEqual([fixture.partition().leader, fixture.partition().leaderRecoveryState], [2, 1])
  fixture.register(1, { incarnationId: id('again') })
  fixture.heartbeat(1)
  const recovering = { leaderRecoveryState: 1 }
  assert.equal(fixture.alterIsr([2, 1], recovering).errorCode, ErrorCode.INVALID_REQUEST)
  assert.equal(fixture.alterIsr([2], recovering).errorCode, ErrorCode.NONE)
  const { errorCode, leaderRecoveryState } = fixture.alterIsr([2, 1])
  assert.deepEqual([errorCode, leaderRecoveryState], [0, 0])
})

test('a partition twice in a request: the second is behind', () => {
  const fixture = new ElectionFixture([[1, 2]])
  const { leaderEpoch, partitionEpoch } = fixture.partition()
  const asked = { partitionIndex: 0, leaderEpoch, partitionEpoch, newIsrWithEpochs: [{ brokerId: 1, brokerEpoch: -1 }] }
  const topics = [{ topicId: fixture.topicId, partitions: [asked, asked] }]
  const request = alterPartition.request.create({ brokerId: 1, brokerEpoch: fixture.epochOf(1), topics })
  const reply = fixture.take(fixture.controller.alterPartition(request))
  assert.deepEqual(
    reply.topics[0]?.partitions.map((it) => it.errorCode),
    [0, ErrorCode.INVALID_UPDATE_VERSION],
  )
})

test('the minimum is no more than the first partition of the topic has replicas', () => {
  const fixture = new ElectionFixture(
    [
      [1, 2, 3],
      [1, 2, 3],
    ],
    { 'min.insync.replicas': '3' },
  )
  fixture.reassign([1, 2])
  fixture.kill(3)
  const { isr, eligibleLeaderReplicas } = fixture.partition(1)
  assert.deepEqual([isr, eligibleLeaderReplicas], [[1, 2], []])
})
