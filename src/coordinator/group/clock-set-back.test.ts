import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '../../protocol/index.ts'
import { GroupBroker, heartbeatOf, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'

class SteppedClock extends ManualClock {
  backMs = 0

  override now(): number {
    return super.now() - this.backMs
  }
}

test('a group is assigned anew though the clock was set back by more than the interval of assignments', async () => {
  const clock = new SteppedClock()
  const { groups, ...broker } = new GroupBroker({ clock })
  const partition = new MemoryPartition()
  groups.becomeLeader(0, 0, partition.ledIn(0))
  await turns()
  const join = async (memberId: string): Promise<number> => {
    const { errorCode, memberEpoch } = await groups.consumerHeartbeat('g', heartbeatOf({ memberId }), 1)
    assert.equal(errorCode, ErrorCode.NONE)
    return memberEpoch
  }
  assert.equal(await join('a'), 2)
  assert.equal(await join('b'), 2, 'within the interval')
  clock.backMs = 3_600_000
  assert.equal(await join('c'), 4)
  assert.deepEqual(broker.faults, [])
})
