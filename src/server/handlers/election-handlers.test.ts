import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  alterPartition,
  alterPartitionReassignments,
  ErrorCode,
  electLeaders,
  listPartitionReassignments,
} from '../../protocol/index.ts'
import { electLeadersHandler } from './43-elect-leaders.ts'
import { alterPartitionReassignmentsHandler } from './45-alter-partition-reassignments.ts'
import { listPartitionReassignmentsHandler } from './46-list-partition-reassignments.ts'
import { alterPartitionHandler } from './56-alter-partition.ts'
import { ask, ClusterFixture } from './handler-fixture.ts'

function cluster(): ClusterFixture {
  const fixture = new ClusterFixture()
  fixture.start(1, 2)
  fixture.createTopics({ t: [[1, 2]] })
  return fixture
}

test('the controller elects within the time that the client gives', async () => {
  const fixture = cluster()
  const handler = electLeadersHandler(fixture.services)
  const topicPartitions = [{ topic: 't', partitions: [0] }]
  const given = electLeaders.request.create({ topicPartitions, timeoutMs: 500 })
  const done = await ask(handler, given)
  assert.deepEqual(done.replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.ELECTION_NOT_NEEDED)
  const late = await ask(handler, { ...given, timeoutMs: 0 })
  assert.equal(late.errorCode, ErrorCode.REQUEST_TIMED_OUT)
  assert.equal(late.replicaElectionResults[0]?.partitionResult[0]?.errorCode, ErrorCode.REQUEST_TIMED_OUT)
  const nobody = await ask(handler, { ...given, topicPartitions: [], timeoutMs: 0 })
  assert.deepEqual([nobody.errorCode, nobody.replicaElectionResults], [0, []])
})

test('an ISR is told to the controller, and refused as a whole by the epoch of the broker', async () => {
  const fixture = cluster()
  const handler = alterPartitionHandler(fixture.services)
  const { topicId } = fixture.controller.state.topicByName('t') ?? assert.fail()
  const brokerEpoch = fixture.controller.state.brokers.get(1)?.registration.brokerEpoch ?? -1
  const newIsrWithEpochs = [{ brokerId: 1, brokerEpoch }]
  const topics = [{ topicId, partitions: [{ partitionIndex: 0, leaderEpoch: 0, partitionEpoch: 0, newIsrWithEpochs }] }]
  const request = alterPartition.request.create({ brokerId: 1, brokerEpoch, topics })
  assert.equal((await ask(handler, { ...request, brokerEpoch: -5 })).errorCode, ErrorCode.STALE_BROKER_EPOCH)
  assert.deepEqual((await ask(handler, request)).topics[0]?.partitions[0]?.isr, [1])
  assert.deepEqual(fixture.image.topics.byName.get('t')?.partitions.get(0)?.isr, [1])
})

test('reassignments are asked for, told, and fail as a whole with each partition', async () => {
  const fixture = cluster()
  const alter = alterPartitionReassignmentsHandler(fixture.services)
  const list = listPartitionReassignmentsHandler(fixture.services)
  fixture.start(3)
  const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas: [3, 1] }] }]
  const request = alterPartitionReassignments.request.create({ topics, timeoutMs: 500 })
  const late = await ask(alter, { ...request, timeoutMs: 0 })
  assert.deepEqual([late.errorCode, late.responses[0]?.partitions[0]?.errorCode], [7, 7])
  assert.equal((await ask(alter, { ...request, topics: [], timeoutMs: 0 })).errorCode, ErrorCode.NONE)
  assert.equal((await ask(alter, request)).responses[0]?.partitions[0]?.errorCode, ErrorCode.NONE)
  const all = await ask(list, listPartitionReassignments.request.create())
  assert.deepEqual(all.topics[0]?.partitions[0]?.replicas, [3, 1, 2])
  assert.deepEqual(fixture.image.topics.byName.get('t')?.partitions.get(0)?.addingReplicas, [3])
  const none = await ask(list, listPartitionReassignments.request.create({ topics: [] }))
  assert.deepEqual(none.topics, [])
})
