import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { TimerWheel } from '../../base/index.ts'
import { MemoryDisk } from '../../env/index.ts'
import { deleteRecords, ErrorCode } from '../../protocol/index.ts'
import { Replication } from '../../replication/index.ts'
import { deleteRecordsHandler } from './21-delete-records.ts'
import { ask } from './handler-fixture.ts'
import { PartitionFixture, silent } from './partition-fixture.ts'

const single = [[1], [2]]
const compact = { 'cleanup.policy': 'compact' }

async function open() {
  const fixture = await PartitionFixture.open(new MemoryDisk(), {
    t: { replicas: single },
    compact: { replicas: single, configs: compact },
    both: { replicas: single, configs: { 'cleanup.policy': 'compact,delete' } },
    neither: { replicas: single, configs: { 'cleanup.policy': '' } },
    __consumer_offsets: { replicas: single, configs: compact },
    behind: { replicas: [[1, 2]] },
  })
  for (const { topic, isLeader } of fixture.replicas.partitions()) {
    if (isLeader) await fixture.append(fixture.partition(topic), [1, 2, 3, 4, 5])
  }
  const { clock } = fixture.cluster
  const replication = new Replication(new TimerWheel({ clock, tickMs: 10 }))
  const handler = deleteRecordsHandler({ logger: silent, replicas: fixture.replicas, replication })
  const before = (name: string, offset: number, partitionIndex = 0) => {
    const topics = [{ name, partitions: [{ partitionIndex, offset }] }]
    const reply = ask(handler, deleteRecords.request.create({ topics, timeoutMs: 1000 }))
    return reply.then((it) => {
      const [partition] = it.topics[0]?.partitions ?? []
      return [partition?.errorCode, partition?.lowWatermark]
    })
  }
  /** Broker 2 fetches. */
  const fetched = (name: string, fetchOffset: number, logStartOffset: number): void => {
    const place = { fetchOffset, logStartOffset, brokerEpoch: -1, currentLeaderEpoch: -1 }
    fixture.partition(name).followerFetched(2, place)
  }
  return { fixture, before, fetched, clock }
}

describe('DeleteRecords', () => {
  test('moves the start of the log, never back, and at most to the high watermark (F6)', async () => {
    const { fixture, before } = await open()
    const { log } = fixture.partition('t')
    const steps = [
      [0, 0, 0],
      [2, 0, 2],
      [1, 0, 2],
      [6, ErrorCode.OFFSET_OUT_OF_RANGE, -1],
      [-2, ErrorCode.OFFSET_OUT_OF_RANGE, -1],
      [5, 0, 5],
      [-1, 0, 5],
    ] as const
    for (const [offset, code, lowWatermark] of steps) {
      assert.deepEqual(await before('t', offset), [code, lowWatermark], `before ${offset}`)
    }
    assert.deepEqual([log.logStartOffset, log.logEndOffset], [5, 5])
  })

  test('-1 is the high watermark, not the end of the log', async () => {
    const { before, fetched } = await open()
    assert.deepEqual(await before('t', -1), [0, 5])
    fetched('behind', 0, 0)
    assert.deepEqual(await before('behind', -1), [0, 0])
    assert.deepEqual(await before('behind', 1), [ErrorCode.OFFSET_OUT_OF_RANGE, -1])
  })

  test('waits for followers until their logs start there too, or the time is over', async () => {
    const { fixture, before, fetched, clock } = await open()
    fetched('behind', 5, 0)
    const waiting = before('behind', 3)
    await new Promise(setImmediate)
    assert.equal(fixture.partition('behind').log.logStartOffset, 3)
    fetched('behind', 5, 2)
    fetched('behind', 5, 3)
    assert.deepEqual(await waiting, [0, 3])
    const late = before('behind', 4)
    await new Promise(setImmediate)
    clock.advance(1010)
    assert.deepEqual(await late, [ErrorCode.REQUEST_TIMED_OUT, -1])
  })

  test('is refused where records are compacted, internal, or led by another', async () => {
    const { before } = await open()
    assert.deepEqual(await before('compact', 1), [ErrorCode.POLICY_VIOLATION, -1])
    assert.deepEqual(await before('both', 1), [0, 1])
    assert.deepEqual(await before('neither', 1), [0, 1])
    assert.deepEqual(await before('__consumer_offsets', 1), [ErrorCode.INVALID_TOPIC_EXCEPTION, -1])
    assert.deepEqual(await before('t', 1, 1), [ErrorCode.NOT_LEADER_OR_FOLLOWER, -1])
    assert.deepEqual(await before('t', 1, 2), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1])
    assert.deepEqual(await before('x', 1), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1])
    assert.deepEqual(await before('__transaction_state', 1), [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1])
  })
})
