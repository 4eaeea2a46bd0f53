/** What any client may send, and what must not stop the node that reads it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Writer } from '../../base/index.ts'
import { consumerProtocolSubscription, ErrorCode } from '../../protocol/index.ts'
import type { MemberProtocol } from './classic-member.ts'
import { GroupBroker, heartbeatOf, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'

function subscription(): Uint8Array {
  const writer = new Writer(64)
  writer.i16(1)
  consumerProtocolSubscription.encode(writer, 1, consumerProtocolSubscription.create({ topics: ['t'] }))
  return writer.finishAsOne()
}

test('a group becomes a classic one though a member offers what cannot be read beside what can', async () => {
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(new MemoryPartition())
  const join = async (newMemberId: string, protocols: readonly MemberProtocol[]): Promise<void> => {
    const { errorCode } = await broker.groups.join('g', {
      memberId: '',
      newMemberId,
      protocols,
      groupInstanceId: null,
      requireKnownMemberId: false,
      canSkipAssignment: true,
      clientId: 'c',
      clientHost: '/127.0.0.1',
      rebalanceTimeoutMs: 300_000,
      sessionTimeoutMs: 300_000,
      protocolType: 'consumer',
      reason: '',
    })
    assert.equal(errorCode, ErrorCode.NONE)
  }
  await broker.groups.consumerHeartbeat('g', heartbeatOf(), 1)
  const unreadable = { name: 'own', metadata: new Uint8Array() }
  await join('first', [{ name: 'range', metadata: subscription() }, unreadable])
  await join('second', [{ name: 'own', metadata: subscription() }])
  // The last one that speaks the consumer protocol is not heard of any more.
  clock.advance(45_000)
  await turns()
  assert.deepEqual(broker.faults, [])
  assert.deepEqual(
    broker.groups.list({ states: [], types: [] }).map(({ type }) => type),
    ['classic'],
  )
})

test('who leaves by a name that another has made up keeps no id of theirs alive', async () => {
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(new MemoryPartition())
  for (const groupId of ['a', 'a b']) {
    const { errorCode } = await broker.groups.join(groupId, {
      memberId: '',
      newMemberId: 'c',
      groupInstanceId: null,
      requireKnownMemberId: true,
      canSkipAssignment: true,
      clientId: '',
      clientHost: '',
      rebalanceTimeoutMs: 10_000,
      sessionTimeoutMs: 10_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription() }],
      reason: '',
    })
    assert.equal(errorCode, ErrorCode.MEMBER_ID_REQUIRED)
  }
  const codes = await broker.groups.leave('a', [{ memberId: 'b c', groupInstanceId: null, reason: '' }])
  assert.deepEqual(codes, [ErrorCode.UNKNOWN_MEMBER_ID])
  clock.advance(10_000)
  assert.deepEqual(broker.groups.list({ states: [], types: [] }), [])
})

test('the end of a member leaves one watched whose names only together read the same', async () => {
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(new MemoryPartition())
  await broker.groups.consumerHeartbeat('a', heartbeatOf({ memberId: 'b c' }), 1)
  await broker.groups.consumerHeartbeat('a b', heartbeatOf({ memberId: 'c' }), 1)
  await broker.groups.consumerHeartbeat('a b', heartbeatOf({ memberId: 'c', memberEpoch: -1 }), 1)
  clock.advance(45_000)
  await turns()
  assert.deepEqual(broker.groups.describeConsumer('a').members, [])
})
