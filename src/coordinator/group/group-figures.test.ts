import assert from 'node:assert/strict'
import { test } from 'node:test'
import { VersionedMap } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { GroupBroker, heartbeatOf, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'
import { TranscriptTopics } from './test-support/transcript-topics.ts'

const countsOf = (broker: GroupBroker): readonly string[] =>
  broker.groups.figures().groups.map(({ type, state, count }) => `${count} ${type} ${state}`)

async function leadWithTopic(): Promise<{ readonly broker: GroupBroker; readonly partition: MemoryPartition }> {
  const partition = new MemoryPartition()
  const broker = new GroupBroker({ clock: new ManualClock() })
  await broker.lead(partition)
  new TranscriptTopics().change(new Map([['t', 2]]), broker.groups)
  return { broker, partition }
}

test('the state that is counted is the committed one, asked for before, between and behind writes', async () => {
  const { broker, partition } = await leadWithTopic()
  await broker.groups.consumerHeartbeat('g', heartbeatOf(), 1)
  assert.deepEqual(countsOf(broker), ['1 consumer Stable'])
  partition.commitsAtOnce = false
  const change = async (finish: () => void): Promise<void> => {
    const asked = broker.groups.consumerHeartbeat('g', heartbeatOf({ memberId: 'second' }), 1)
    await turns()
    assert.deepEqual(countsOf(broker), ['1 consumer Stable'])
    finish()
    await asked
  }
  await change(() => partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS))
  assert.deepEqual(countsOf(broker), ['1 consumer Stable'])
  await change(() => partition.commit())
  assert.deepEqual(countsOf(broker), ['1 consumer Assigning'])
})

test('who counts the groups makes no list of them, and looks at no member of a group that has not changed', async (t) => {
  const { broker } = await leadWithTopic()
  for (const groupId of ['a', 'b']) await broker.groups.consumerHeartbeat(groupId, heartbeatOf(), 1)
  const looks = t.mock.method(VersionedMap.prototype, 'values')
  assert.deepEqual(countsOf(broker), ['2 consumer Stable'])
  assert.equal(looks.mock.callCount(), 2)
  await broker.groups.consumerHeartbeat('b', heartbeatOf({ memberId: 'second' }), 1)
  looks.mock.resetCalls()
  assert.equal(countsOf(broker).length, 2)
  assert.equal(looks.mock.callCount(), 1)
})
