/** Records that are committed long after whoever asked has been told that they were not, in time; or never. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Writer } from '../../base/index.ts'
import { consumerProtocolSubscription, ErrorCode } from '../../protocol/index.ts'
import { writeAssignment } from './consumer-bytes.ts'
import {
  GroupBroker,
  heartbeatOf,
  laterHeartbeatOf,
  ManualClock,
  MemoryPartition,
  turns,
} from './test-support/group-fixture.ts'

const appendTimeoutMs = 5000

function subscription(): Buffer {
  const writer = new Writer(64)
  writer.i16(1)
  consumerProtocolSubscription.encode(writer, 1, consumerProtocolSubscription.create({ topics: ['t'] }))
  return writer.finishAsOne()
}

class Bench {
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  readonly broker = new GroupBroker({ clock: this.clock })
  #ids = 0

  join(groupInstanceId: string | null) {
    return this.broker.groups.join('g', {
      memberId: '',
      newMemberId: `classic-${++this.#ids}`,
      groupInstanceId,
      requireKnownMemberId: false,
      canSkipAssignment: true,
      clientId: 'c',
      clientHost: '/127.0.0.1',
      rebalanceTimeoutMs: 60_000,
      sessionTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription() }],
      reason: '',
    })
  }

  /** A classic group of one member in its first generation. */
  async stable(instanceId: string | null = null): Promise<string> {
    await this.broker.lead(this.partition)
    const { memberId, generationId } = await this.join(instanceId)
    const assignments = new Map([[memberId, writeAssignment(subscription(), new Map(), () => undefined)]])
    const of = { memberId, groupInstanceId: instanceId, generationId, protocolType: null, protocolName: null }
    assert.equal((await this.broker.groups.sync('g', { ...of, assignments })).errorCode, ErrorCode.NONE)
    return memberId
  }

  async beat(memberId: string, memberEpoch: number) {
    const of = memberEpoch === 0 ? heartbeatOf : laterHeartbeatOf
    return await this.broker.groups.consumerHeartbeat('g', of({ memberId, memberEpoch }), 1)
  }

  /** What `ask` is answered when its records are not committed in time; then they are. */
  async late<T extends { readonly errorCode: number }>(ask: () => Promise<T>): Promise<T> {
    this.partition.commitsAtOnce = false
    const asked = ask()
    await turns()
    this.clock.advance(appendTimeoutMs)
    const answer = await asked
    assert.equal(answer.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
    this.partition.commitsAtOnce = true
    this.partition.commit()
    await turns()
    return answer
  }

  async memberIds(): Promise<string[]> {
    return this.broker.groups.describeConsumer('g').members.map(({ member }) => member.memberId)
  }
}

test('an upgrade that is committed late is one: the members of before are watched, and end with their sessions', async () => {
  const bench = new Bench()
  const classic = await bench.stable()
  await bench.late(() => bench.beat('new', 0))
  assert.deepEqual((await bench.memberIds()).toSorted(), [classic, 'new'].toSorted())
  assert.deepEqual(
    bench.broker.groups.list({ states: [], types: [] }).map(({ type }) => type),
    ['consumer'],
  )
  let { memberEpoch } = await bench.beat('new', 0)
  for (let ms = 0; ms < 40_000; ms += 5000) {
    bench.clock.advance(5000)
    await turns()
    memberEpoch = (await bench.beat('new', memberEpoch)).memberEpoch
  }
  assert.deepEqual(await bench.memberIds(), ['new'])
})

test('a downgrade that is committed late is one: the generation of the group goes on', async () => {
  const bench = new Bench()
  await bench.stable()
  const { memberEpoch } = await bench.beat('new', 0)
  await bench.late(() => bench.beat('new', -1))
  const joining = bench.join(null)
  // The one that stayed does not come back.
  bench.clock.advance(60_000)
  const joined = await joining
  assert.ok(joined.errorCode === ErrorCode.NONE && joined.generationId > memberEpoch, JSON.stringify(joined))
})

test('a group whose end is committed late has ended', async () => {
  const bench = new Bench()
  const memberId = await bench.stable()
  const { groups } = bench.broker
  await groups.leave('g', [{ memberId, groupInstanceId: null, reason: '' }])
  await bench.late(async () => ({ errorCode: await groups.deleteGroup('g') }))
  assert.deepEqual(groups.list({ states: [], types: [] }), [])
  assert.equal(bench.broker.lines.at(-1), 'Group g ended: deleted by a request')
})

test('a group whose end is lost does not take the place of the one that was begun since', async () => {
  const bench = new Bench()
  const before = await bench.stable()
  const { broker, partition } = bench
  await broker.groups.leave('g', [{ memberId: before, groupInstanceId: null, reason: '' }])
  partition.commitsAtOnce = false
  const deleted = broker.groups.deleteGroup('g')
  const { memberId, generationId } = await bench.join(null)
  partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
  assert.equal(await deleted, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  assert.equal(broker.groups.heartbeat('g', { memberId, groupInstanceId: null }, generationId), ErrorCode.NONE)
})

test('what is committed late is not told as lost, nor what another broker goes on with', async () => {
  for (const resigns of [false, true]) {
    const bench = new Bench()
    const { broker, partition, clock } = bench
    const memberId = await bench.stable()
    partition.commitsAtOnce = false
    // Nobody waits for the empty generation.
    await broker.groups.leave('g', [{ memberId, groupInstanceId: null, reason: '' }])
    await turns()
    assert.ok(partition.isWaiting)
    if (resigns) broker.groups.resign(0, 0)
    clock.advance(appendTimeoutMs)
    partition.commit()
    await turns()
    assert.deepEqual(
      broker.lines.filter((line) => line.includes('could not store')),
      [],
    )
  }
})

test('the place of a static member that is taken late is taken', async () => {
  const bench = new Bench()
  const before = await bench.stable('a')
  const { memberId } = await bench.late(() => bench.join('a'))
  const { groups } = bench.broker
  assert.equal(groups.heartbeat('g', { memberId: before, groupInstanceId: 'a' }, 1), ErrorCode.FENCED_INSTANCE_ID)
  assert.equal(groups.heartbeat('g', { memberId, groupInstanceId: 'a' }, 1), ErrorCode.NONE)
})

test('a classic member of a consumer group that is committed late is watched, and ends with its session', async () => {
  const bench = new Bench()
  await bench.broker.lead(bench.partition)
  let { memberEpoch } = await bench.beat('new', 0)
  const { memberId } = await bench.late(() => bench.join(null))
  assert.deepEqual((await bench.memberIds()).toSorted(), [memberId, 'new'].toSorted())
  for (let ms = 0; ms < 40_000; ms += 5000) {
    bench.clock.advance(5000)
    await turns()
    memberEpoch = (await bench.beat('new', memberEpoch)).memberEpoch
  }
  assert.deepEqual(await bench.memberIds(), ['new'])
})

test('a static member whose place was not taken after all is watched again', async () => {
  const bench = new Bench()
  const { broker, partition, clock } = bench
  await broker.lead(partition)
  await broker.groups.consumerHeartbeat('g', heartbeatOf({ memberId: 'before', instanceId: 'a' }), 1)
  await broker.groups.consumerHeartbeat('g', heartbeatOf({ memberId: 'before', instanceId: 'a', memberEpoch: -2 }), 1)
  partition.refuseOnce(ErrorCode.NOT_ENOUGH_REPLICAS)
  const { errorCode } = await broker.groups.consumerHeartbeat(
    'g',
    heartbeatOf({ memberId: 'after', instanceId: 'a' }),
    1,
  )
  assert.equal(errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  assert.deepEqual(await bench.memberIds(), ['before'])
  clock.advance(45_000)
  await turns()
  assert.deepEqual(await bench.memberIds(), [])
})

test('an upgrade and the downgrade behind it that are both lost leave the group as it was', async () => {
  const bench = new Bench()
  const memberId = await bench.stable()
  bench.partition.commitsAtOnce = false
  const asked = [bench.beat('new', 0), bench.beat('new', -1)]
  await turns()
  bench.partition.fail(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  for (const { errorCode } of await Promise.all(asked)) assert.equal(errorCode, ErrorCode.NOT_COORDINATOR)
  assert.equal(bench.broker.groups.heartbeat('g', { memberId, groupInstanceId: null }, 1), ErrorCode.NONE)
})

test('a broker that resigns while a group is upgraded leaves nothing running', async () => {
  const bench = new Bench()
  await bench.stable()
  bench.partition.commitsAtOnce = false
  const asked = bench.beat('new', 0)
  bench.broker.groups.resign(0, 0)
  assert.equal((await asked).errorCode, ErrorCode.NOT_COORDINATOR)
  assert.equal(bench.clock.nextTimerMs, undefined)
})

test('a group whose end is on its way is shown, also where the group before it has just ended', async () => {
  const bench = new Bench()
  await bench.broker.lead(bench.partition)
  const { groups } = bench.broker
  await bench.join(null)
  await groups.leave('g', [{ memberId: 'classic-1', groupInstanceId: null, reason: '' }])
  bench.partition.commitsAtOnce = false
  const first = groups.deleteGroup('g')
  await turns()
  await bench.join(null)
  await groups.leave('g', [{ memberId: 'classic-2', groupInstanceId: null, reason: '' }])
  await turns()
  const second = groups.deleteGroup('g')
  await turns()
  bench.partition.commitFirst()
  assert.equal(await first, ErrorCode.NONE)
  assert.deepEqual(
    groups.list({ states: [], types: [] }).map(({ groupId }) => groupId),
    ['g'],
  )
  bench.partition.commit()
  assert.equal(await second, ErrorCode.NONE)
  assert.deepEqual(groups.list({ states: [], types: [] }), [])
})
