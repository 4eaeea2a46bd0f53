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
  const fixture = await PartitionFixture.open(disk, { alone: { replicas: [[1]] }, shared: { replicas: [[1, 2]] } })
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
