import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../base/index.ts'
import { deleteTopics, ErrorCode, electLeaders, incrementalAlterConfigs } from '../../protocol/index.ts'
import { id } from './controller-fixture.ts'
import { ElectionFixture } from './election-fixture.ts'

const preferred = 0
const unclean = 1

/** Broker 1, the preferred leader of partitions 0 and 1, is back and in sync with partition 0 alone. */
function away(): ElectionFixture {
  const fixture = new ElectionFixture([
    [1, 2],
    [1, 2],
    [2, 1],
  ])
  fixture.kill(1)
  fixture.register(1, { incarnationId: id('again') })
  fixture.heartbeat(1)
  fixture.alterIsr([2, 1])
  return fixture
}

test('preferred leaders lead again, one by one', () => {
  const fixture = away()
  const before = fixture.partition().leaderEpoch
  assert.deepEqual(fixture.elect(preferred, [0, 1, 2, 7]), [
    [0, ErrorCode.NONE],
    [1, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE],
    [2, ErrorCode.ELECTION_NOT_NEEDED],
    [7, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  ])
  assert.deepEqual(
    [0, 1, 2].map((it) => fixture.partition(it).leader),
    [1, 2, 2],
  )
  assert.equal(fixture.partition().leaderEpoch, before + 1)
})

test('of all partitions those are told that something was to be done for', () => {
  const fixture = away()
  assert.deepEqual(fixture.elect(preferred, null), [
    [0, ErrorCode.NONE],
    [1, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE],
  ])
  assert.deepEqual(fixture.elect(unclean, null), [])
})

test('unclean elections are for those without a leader', () => {
  const fixture = new ElectionFixture([[1, 2]])
  fixture.alterIsr([1])
  fixture.kill(1)
  assert.equal(fixture.partition().leader, -1)
  assert.deepEqual(fixture.elect(preferred), [[0, ErrorCode.PREFERRED_LEADER_NOT_AVAILABLE]])
  assert.deepEqual(fixture.elect(unclean), [[0, ErrorCode.NONE]])
  const { leader, isr, leaderRecoveryState } = fixture.partition()
  assert.deepEqual({ leader, isr, leaderRecoveryState }, { leader: 2, isr: [2], leaderRecoveryState: 1 })
  assert.deepEqual(fixture.elect(unclean), [[0, ErrorCode.ELECTION_NOT_NEEDED]])
  fixture.kill(2)
  assert.deepEqual(fixture.elect(unclean), [[0, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]])
})

test('topics that there are not, types that there are not', () => {
  const fixture = new ElectionFixture([[1]])
  const request = electLeaders.request.create({ topicPartitions: [{ topic: 'x', partitions: [0] }] })
  const [result] = fixture.take(fixture.controller.electLeaders(request)).replicaElectionResults
  const { errorCode, errorMessage } = result?.partitionResult[0] ?? {}
  assert.deepEqual([errorCode, errorMessage], [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, 'No such topic as x'])
  assert.throws(
    () => fixture.elect(2),
    (error) => error instanceof ApiError && error.code === ErrorCode.INVALID_REQUEST,
  )
})

test('by itself the controller brings leaders home that can lead', () => {
  const fixture = away()
  const { controller, topicId } = fixture
  assert.deepEqual(controller.wantingElection('preferred'), [
    { topicId, partitionId: 0 },
    { topicId, partitionId: 1 },
  ])
  assert.deepEqual(controller.wantingElection('unclean'), [])
  const gone = { topicId: id('gone'), partitionId: 0 }
  assert.equal(fixture.take(controller.electOwn('preferred', [...controller.wantingElection('preferred'), gone])), 1)
  assert.equal(fixture.partition().leader, 1)
  assert.deepEqual(controller.wantingElection('preferred'), [{ topicId, partitionId: 1 }])
})

test('by itself it elects uncleanly where the topic allows it', () => {
  const fixture = new ElectionFixture([[1, 2]])
  fixture.alterIsr([1])
  fixture.kill(1)
  const { controller } = fixture
  const wanting = controller.wantingElection('unclean')
  assert.equal(wanting.length, 1)
  assert.equal(fixture.take(controller.electOwn('unclean', wanting)), 0)
  const setting = { name: 'unclean.leader.election.enable', value: 'true', configOperation: 0 }
  const resources = [{ resourceType: 2, resourceName: 't', configs: [setting] }]
  fixture.take(controller.incrementalAlterConfigs(incrementalAlterConfigs.request.create({ resources })))
  assert.equal(fixture.take(controller.electOwn('unclean', wanting)), 1)
  assert.deepEqual(fixture.partition().isr, [2])
  assert.deepEqual(controller.wantingElection('unclean'), [])
})

test('what is undone, or deleted, wants no election any more', () => {
  const fixture = away()
  const { controller } = fixture
  const before = controller.wantingElection('preferred')
  const { records } = controller.electOwn('preferred', before)
  for (const [i, record] of records.entries()) controller.replay(record, fixture.nextOffset + i)
  assert.equal(controller.wantingElection('preferred').length, before.length - 1)
  controller.revert()
  assert.deepEqual(new Set(controller.wantingElection('preferred')), new Set(before))
  fixture.take(controller.deleteTopics(deleteTopics.request.create({ topicNames: ['t'] })))
  assert.deepEqual(controller.wantingElection('preferred'), [])
})
