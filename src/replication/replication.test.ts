import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TimerWheel } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { ManualClock } from '../server/handlers/handler-fixture.ts'
import { PartitionFixture } from '../server/handlers/partition-fixture.ts'
import { Replication } from './replication.ts'

async function open() {
  const { disk } = createEnv({ disk: 'memory' })
  const fixture = await PartitionFixture.open(disk, {
    alone: { replicas: [[1]] },
    shared: {
      replicas: [
        [1, 2],
        [1, 2],
      ],
    },
  })
  const clock = new ManualClock()
  return { fixture, clock, replication: new Replication(new TimerWheel({ clock, tickMs: 10 })) }
}

test('what every replica in sync has is not waited for', async () => {
  const { fixture, replication } = await open()
  const partition = fixture.partition('alone')
  await fixture.append(partition, [1])
  assert.equal(replication.waitFor([{ partition, endOffset: 1 }, {}], 1000), undefined)
})

test('what a follower lacks is waited for: until it is there, the time is over, or the leadership ends', async () => {
  for (const [end, code] of [
    ['arrives', ErrorCode.NONE],
    ['time', ErrorCode.REQUEST_TIMED_OUT],
    ['demoted', ErrorCode.NOT_LEADER_OR_FOLLOWER],
  ] as const) {
    const { fixture, clock, replication } = await open()
    const partition = fixture.partition('shared')
    assert.deepEqual(partition.isr, [1, 2])
    await fixture.append(partition, [1])
    const waiting = replication.waitFor([{ partition, endOffset: 1 }], 1000)
    assert.ok(waiting, 'the other replica has nothing yet')
    if (end === 'arrives') {
      partition.log.setHighWatermark(1)
      fixture.lead(partition, partition.leaderEpoch)
    } else if (end === 'time') clock.advance(1010)
    else partition.stop()
    assert.deepEqual(await waiting, [code], end)
  }
})

test('what is known of one partition stays, whatever becomes of it while others are waited for', async () => {
  const { fixture, clock, replication } = await open()
  const [first, second] = [fixture.partition('shared', 0), fixture.partition('shared', 1)]
  for (const partition of [first, second]) await fixture.append(partition, [1])
  const awaited = [first, second].map((partition) => ({ partition, term: partition.term, endOffset: 1 }))
  const waiting = replication.waitFor(awaited, 1000)
  // It follows, and what it had alone may be cut; then it leads again, and another record is at that offset.
  const state = fixture.cluster.image.topics.byName.get('shared')?.partitions.get(0)
  assert.ok(state)
  first.become({ ...state, leader: 2, leaderEpoch: first.leaderEpoch + 1 })
  first.log.setHighWatermark(1)
  first.become({ ...state, leader: 1, leaderEpoch: first.leaderEpoch + 1 })
  clock.advance(1010)
  assert.deepEqual(await waiting, [ErrorCode.NOT_LEADER_OR_FOLLOWER, ErrorCode.REQUEST_TIMED_OUT])
})

test('what was appended in an earlier term is not acknowledged in a later one', async () => {
  const { fixture, replication } = await open()
  const partition = fixture.partition('shared')
  const { term } = partition
  await fixture.append(partition, [1])
  const state = fixture.cluster.image.topics.byName.get('shared')?.partitions.get(0)
  assert.ok(state)
  partition.become({ ...state, leader: 2, leaderEpoch: partition.leaderEpoch + 1 })
  partition.become({ ...state, leader: 1, leaderEpoch: partition.leaderEpoch + 1 })
  partition.log.setHighWatermark(1)
  const codes = replication.waitFor([{ partition, term, endOffset: 1 }], 1000)
  assert.deepEqual(await codes, [ErrorCode.NOT_LEADER_OR_FOLLOWER])
})
