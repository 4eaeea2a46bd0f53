import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterPartition, ErrorCode, electLeaders } from '../../protocol/index.ts'
import { electLeadersHandler } from './43-elect-leaders.ts'
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
