import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MemoryDisk } from '../../env/index.ts'
import { describeProducers, ErrorCode } from '../../protocol/index.ts'
import { describeProducersHandler } from './61-describe-producers.ts'
import { ask } from './handler-fixture.ts'
import { PartitionFixture } from './partition-fixture.ts'

test('DescribeProducers tells whom a replica remembers, followers too', async () => {
  const topics = {
    t: {
      replicas: [
        [1, 2],
        [2, 1],
      ],
    },
    u: { replicas: [[2]] },
  }
  const fixture = await PartitionFixture.open(new MemoryDisk(), topics)
  const partition = fixture.partition('t')
  const producer = { producerEpoch: 2, baseSequence: 0 }
  await fixture.append(partition, [10, 20], { ...producer, producerId: 5 })
  await fixture.append(partition, [30])
  await fixture.append(partition, [40], { ...producer, producerId: 6, isTransactional: true })
  const handler = describeProducersHandler({ replicas: fixture.replicas })
  const describe = async (name: string, partitionIndex: number) => {
    const request = { topics: [{ name, partitionIndexes: [partitionIndex] }] }
    return (await ask(handler, describeProducers.request.create(request))).topics[0]?.partitions[0]
  }
  const state = { producerEpoch: 2, coordinatorEpoch: -1 }
  assert.deepEqual(await describe('t', 0), {
    partitionIndex: 0,
    errorCode: 0,
    errorMessage: null,
    activeProducers: [
      { ...state, producerId: 5, lastSequence: 1, lastTimestamp: 20n, currentTxnStartOffset: -1 },
      { ...state, producerId: 6, lastSequence: 0, lastTimestamp: 40n, currentTxnStartOffset: 3 },
    ],
  })
  const codeOf = async (name: string, index: number) => (await describe(name, index))?.errorCode
  assert.equal(await codeOf('t', 1), 0)
  assert.equal(await codeOf('u', 0), ErrorCode.NOT_LEADER_OR_FOLLOWER)
  assert.equal(await codeOf('t', 2), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  assert.equal(await codeOf('x', 0), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  assert.equal(await codeOf('a/b', 0), ErrorCode.INVALID_TOPIC_EXCEPTION)
  fixture.replicas.directoryFailed('/data')
  assert.equal(await codeOf('t', 1), ErrorCode.KAFKA_STORAGE_ERROR)
})
