import assert from 'node:assert/strict'
import { test } from 'node:test'
import { present, type Uuid } from '../../base/index.ts'
import { assignReplicasToDirs, createTopics, ErrorCode, featureLevelRecord } from '../../protocol/index.ts'
import { directoryAssignmentLevel, metadataVersionFeature } from '../features.ts'
import { lostDirectory, unassignedDirectory } from '../image/directory-id.ts'
import { Fixture, id } from './controller-fixture.ts'

/** Brokers 1 and 2 with two directories each, and a topic of two partitions on both. */
function withTopic() {
  const fixture = new Fixture()
  for (const brokerId of [1, 2]) {
    fixture.register(brokerId, { logDirs: [id(`a${brokerId}`), id(`b${brokerId}`)] })
    fixture.heartbeat(brokerId)
  }
  const assignments = [0, 1].map((partitionIndex) => ({ partitionIndex, brokerIds: [1, 2] }))
  const topics = [{ name: 't', numPartitions: -1, replicationFactor: -1, assignments }]
  fixture.take(fixture.controller.createTopics(createTopics.request.create({ topics })))
  const topicId = present(fixture.controller.state.topicByName('t'), 't').topicId
  const assign = (directory: Uuid, partitions: readonly number[], ofTopic = topicId, brokerEpoch?: number) => {
    const known = fixture.controller.state.brokers.get(1)?.registration.brokerEpoch ?? -1
    const given = partitions.map((partitionIndex) => ({ partitionIndex }))
    const directories = [{ id: directory, topics: [{ topicId: ofTopic, partitions: given }] }]
    const request = { brokerId: 1, brokerEpoch: brokerEpoch ?? known, directories }
    const reply = fixture.take(fixture.controller.assignReplicasToDirs(assignReplicasToDirs.request.create(request)))
    return reply.directories[0]?.topics[0]?.partitions.map(({ errorCode }) => errorCode)
  }
  const partition = (partitionId: number) => {
    const { directories, leader, isr } = present(
      fixture.controller.state.partition(topicId, partitionId),
      'a partition',
    )
    return { directories, leader, isr }
  }
  return { fixture, topicId, assign, partition }
}

test('a broker says where its replicas are, and nothing is written where that is known', () => {
  const { fixture, assign, partition } = withTopic()
  assert.deepEqual(partition(0).directories, [unassignedDirectory, unassignedDirectory])
  assert.deepEqual(assign(id('a1'), [0, 1]), [0, 0])
  assert.deepEqual(partition(0), { directories: [id('a1'), unassignedDirectory], leader: 1, isr: [1, 2] })
  const { length } = fixture.written
  assert.deepEqual(assign(id('a1'), [0, 1]), [0, 0])
  assert.equal(fixture.written.length, length)
})

test('each partition fails for itself', () => {
  const { fixture, assign, topicId } = withTopic()
  assert.deepEqual(assign(id('a1'), [0, 7]), [0, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION])
  assert.deepEqual(assign(id('a1'), [0], id('other')), [ErrorCode.UNKNOWN_TOPIC_ID])
  const assignments = [{ partitionIndex: 0, brokerIds: [2] }]
  const topics = [{ name: 'u', numPartitions: -1, replicationFactor: -1, assignments }]
  fixture.take(fixture.controller.createTopics(createTopics.request.create({ topics })))
  const other = present(fixture.controller.state.topicByName('u'), 'u').topicId
  assert.deepEqual(assign(id('a1'), [0], other), [ErrorCode.NOT_LEADER_OR_FOLLOWER])
  assert.throws(() => assign(id('a1'), [0], topicId, 999), { code: ErrorCode.STALE_BROKER_EPOCH })
})

test('a directory that is not online takes the replica out, and one that is gives it back', () => {
  const { assign, partition } = withTopic()
  assert.deepEqual(assign(lostDirectory, [0]), [0])
  assert.deepEqual(partition(0), { directories: [lostDirectory, unassignedDirectory], leader: 2, isr: [2] })
  assert.deepEqual(partition(1).leader, 1)
  assert.deepEqual(assign(id('b1'), [0]), [0])
  assert.equal(partition(0).leader, 2)
})

test('a partition whose last replica is known to be online again has its leader again', () => {
  const { fixture, assign, partition } = withTopic()
  fixture.heartbeat(2, { wantFence: true })
  assert.deepEqual(partition(0).isr, [1])
  assert.deepEqual(assign(lostDirectory, [0]), [0])
  assert.equal(partition(0).leader, -1)
  assert.deepEqual(assign(id('b1'), [0]), [0])
  assert.equal(partition(0).leader, 1)
})

test('below 3.7-IV2 there are no directories, whatever the epoch of who asks', () => {
  const { fixture, assign, topicId } = withTopic()
  const value = featureLevelRecord.create({ name: metadataVersionFeature, featureLevel: directoryAssignmentLevel - 1 })
  fixture.take({ records: [{ kind: 'featureLevel', value }], reply: undefined, atomic: true })
  for (const brokerEpoch of [undefined, 999]) {
    assert.throws(() => assign(id('a1'), [0], topicId, brokerEpoch), { code: ErrorCode.UNSUPPORTED_VERSION })
  }
})
