import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '../../protocol/index.ts'
import { buildBatch } from '../../records/index.ts'
import { eventText } from './group-event-text.ts'
import { encodeGroupRecord } from './group-record-codec.ts'
import { GroupBroker, heartbeatOf, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'

const texts = ({ groups }: GroupBroker, groupId: string): readonly string[] =>
  groups.historyOf(groupId).events.map((event) => eventText(event))

test('what is known of a group begins with the load, and says when that was', async () => {
  const partition = new MemoryPartition()
  const clock = new ManualClock()
  const before = new GroupBroker({ clock })
  await before.lead(partition)
  await before.groups.consumerHeartbeat('g', heartbeatOf(), 1)
  clock.advance(1000)
  const broker = new GroupBroker({ clock, settings: { 'group.max.size': '1' } })
  await broker.lead(partition, { leaderEpoch: 1 })
  clock.advance(1000)
  const history = broker.groups.historyOf('g')
  assert.equal(history.state, 'Stable')
  assert.deepEqual([history.partition, history.loadedMs, history.forgottenMs], [0, clock.now() - 1000, undefined])
  assert.deepEqual(texts(broker, 'g'), ['was loaded here: consumer protocol, Stable, 1 member'])
  assert.equal(history.events[0]?.timestampMs, history.loadedMs)
  assert.deepEqual(broker.groups.historyOf('nobody'), { ...history, groupId: 'nobody', state: undefined, events: [] })
})

test('a group is told as it was stored, and then what came of it', async () => {
  const member = { memberId: 'x', groupInstanceId: null, clientId: 'c', clientHost: '/h' }
  const times = { rebalanceTimeoutMs: 60_000, sessionTimeoutMs: 45_000 }
  const bytes = { subscription: new Uint8Array(0), assignment: new Uint8Array(0) }
  const value = {
    protocolType: 'consumer',
    generationId: 3,
    protocolName: 'range',
    leaderId: null,
    stateTimestampMs: 0,
    members: [{ ...member, ...times, ...bytes }],
  }
  const partition = new MemoryPartition()
  partition.write(buildBatch([encodeGroupRecord({ kind: 'classic-group', groupId: 'g', value })]))
  const broker = new GroupBroker()
  await broker.lead(partition)
  assert.deepEqual(texts(broker, 'g'), [
    'was loaded here: classic protocol, Stable, 1 member',
    'rebalances after generation 3 with 1 member: it came from the consumer protocol',
  ])
  assert.equal(broker.groups.historyOf('g').state, 'PreparingRebalance')
})

test('a group that has ended is remembered, and forgotten before those that are there', async () => {
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock, settings: { 'odradek.group.events.groups': '2' } })
  await broker.lead(new MemoryPartition())
  const { groups } = broker
  const comeAndGo = async (groupId: string): Promise<void> => {
    await groups.consumerHeartbeat(groupId, heartbeatOf(), 1)
    await groups.consumerHeartbeat(groupId, heartbeatOf({ memberEpoch: -1 }), 1)
    await turns()
    clock.advance(1000)
    assert.equal(await groups.deleteGroup(groupId), ErrorCode.NONE)
  }
  await groups.consumerHeartbeat('quiet', heartbeatOf(), 1)
  await comeAndGo('a')
  assert.equal(texts(broker, 'a').at(-1), 'ended: deleted by a request')
  assert.equal(groups.historyOf('a').forgottenMs, undefined)
  const endedMs = clock.now()
  await comeAndGo('b')
  assert.deepEqual(texts(broker, 'a'), [])
  assert.equal(groups.historyOf('a').forgottenMs, endedMs)
  assert.equal(texts(broker, 'b').at(-1), 'ended: deleted by a request')
  assert.equal(texts(broker, 'quiet').length, 2)
  const longName = 'n'.repeat(1001)
  await comeAndGo(longName)
  assert.deepEqual(texts(broker, longName), [])
})

test('who leads the partition again knows nothing of the time before', async () => {
  const partition = new MemoryPartition()
  const broker = new GroupBroker()
  await broker.lead(partition)
  await broker.groups.consumerHeartbeat('g', heartbeatOf(), 1)
  assert.equal(texts(broker, 'g').length, 2)
  broker.groups.resign(0, 1)
  await broker.lead(partition, { leaderEpoch: 2 })
  assert.deepEqual(texts(broker, 'g'), ['was loaded here: consumer protocol, Stable, 1 member'])
})
