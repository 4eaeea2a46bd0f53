import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, zeroUuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { JoinReply } from './classic-member.ts'
import { commitTo, GroupBroker, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'

interface Joining {
  readonly instanceId: string | null
  readonly memberId?: string
  readonly canSkipAssignment?: boolean
  readonly protocols?: readonly string[]
}

class Bench {
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  readonly broker = new GroupBroker({ clock: this.clock })
  #ids = 0

  static async lead(): Promise<Bench> {
    const bench = new Bench()
    await bench.broker.lead(bench.partition)
    return bench
  }

  join({ instanceId, memberId = '', canSkipAssignment = true, protocols = ['range'] }: Joining): Promise<JoinReply> {
    return this.broker.groups.join('g', {
      memberId,
      newMemberId: `${instanceId ?? 'dynamic'}-${++this.#ids}`,
      groupInstanceId: instanceId,
      requireKnownMemberId: instanceId !== null,
      canSkipAssignment,
      clientId: 'c',
      clientHost: '/127.0.0.1',
      rebalanceTimeoutMs: 60_000,
      sessionTimeoutMs: 30_000,
      protocolType: 'consumer',
      protocols: protocols.map((name) => ({ name, metadata: Buffer.from(name) })),
      reason: '',
    })
  }

  async sync(
    identity: { memberId: string; groupInstanceId: string | null },
    generationId: number,
    given: Readonly<Record<string, string>> = {},
  ): Promise<string | number> {
    const assignments = new Map(Object.entries(given).map(([id, text]) => [id, Buffer.from(text)]))
    const request = { ...identity, generationId, protocolType: null, protocolName: null, assignments }
    const { errorCode, assignment } = await this.broker.groups.sync('g', request)
    return errorCode === ErrorCode.NONE ? Buffer.from(assignment).toString() : errorCode
  }

  /** Two static members, a and b, in generation 2; a leads, and offers `protocols`. */
  async stable(protocols = ['range']): Promise<{ readonly a: string; readonly b: string }> {
    const a = await this.join({ instanceId: 'a', protocols })
    assert.equal(a.errorCode, ErrorCode.NONE)
    const joining = this.join({ instanceId: 'b' })
    await this.join({ instanceId: 'a', memberId: a.memberId, protocols })
    const b = await joining
    const members = [who('b', b.memberId), who('a', a.memberId)]
    const assigned = { [a.memberId]: 'one', [b.memberId]: 'two' }
    const got = await Promise.all(members.map((member) => this.sync(member, 2, assigned)))
    assert.deepEqual(got, ['two', 'one'])
    return { a: a.memberId, b: b.memberId }
  }
}

const who = (groupInstanceId: string | null, memberId: string) => ({ groupInstanceId, memberId })

test('a static member that comes back finds its assignment, and nobody rebalances', async () => {
  const bench = await Bench.lead()
  const { a, b } = await bench.stable()
  const { groups } = bench.broker
  const again = await bench.join({ instanceId: 'b' })
  assert.deepEqual([again.errorCode, again.generationId, again.leader], [ErrorCode.NONE, 2, a])
  assert.notEqual(again.memberId, b)
  assert.equal(await bench.sync(who('b', again.memberId), 2), 'two')
  assert.equal(groups.heartbeat('g', who('a', a), 2), ErrorCode.NONE)
  assert.equal(groups.heartbeat('g', who('b', b), 2), ErrorCode.FENCED_INSTANCE_ID)
  assert.equal(groups.heartbeat('g', who('c', b), 2), ErrorCode.UNKNOWN_MEMBER_ID)
  assert.equal(await bench.sync(who('b', b), 2), ErrorCode.FENCED_INSTANCE_ID)
  assert.equal((await bench.join({ instanceId: 'b', memberId: b })).errorCode, ErrorCode.FENCED_INSTANCE_ID)
  const at = { topic: 't', topicId: zeroUuid, partition: 0, offset: 1n, leaderEpoch: -1, metadata: '' }
  const request = { groupId: 'g', generationId: 2, knowsEpochs: true, offsets: [at] }
  await assert.rejects(commitTo(groups, { ...request, ...who('b', b) }), (error: unknown) => {
    return error instanceof ApiError && error.code === ErrorCode.FENCED_INSTANCE_ID
  })
  await assert.rejects(commitTo(groups, { ...request, ...who('c', again.memberId) }), (error: unknown) => {
    return error instanceof ApiError && error.code === ErrorCode.UNKNOWN_MEMBER_ID
  })
  assert.deepEqual(await commitTo(groups, { ...request, ...who('b', again.memberId) }), [ErrorCode.NONE])
  const next = new GroupBroker()
  await next.lead(bench.partition, { leaderEpoch: 1 })
  assert.equal(next.groups.heartbeat('g', who('b', again.memberId), 2), ErrorCode.NONE)
})

test('a static leader that comes back assigns nothing anew', async () => {
  const bench = await Bench.lead()
  const { a } = await bench.stable()
  const again = await bench.join({ instanceId: 'a' })
  assert.deepEqual([again.leader, again.skipAssignment, again.members.length], [again.memberId, true, 2])
  assert.deepEqual(again.members.map(({ groupInstanceId }) => groupInstanceId).sort(), ['a', 'b'])
  // Who does not know of skipping is kept from thinking that it leads.
  const older = await bench.join({ instanceId: 'a', canSkipAssignment: false })
  assert.deepEqual([older.leader, older.skipAssignment, older.members.length], [again.memberId, false, 0])
  assert.notEqual(older.memberId, a)
  assert.equal(await bench.sync(who('a', older.memberId), 2), 'one')
})

test('a static member that would change the protocol of the group starts a rebalance', async () => {
  const bench = await Bench.lead()
  const both = ['range', 'sticky']
  const a = await bench.join({ instanceId: 'a', protocols: both })
  await bench.sync(who('a', a.memberId), 1, { [a.memberId]: 'one' })
  const again = await bench.join({ instanceId: 'a', protocols: ['sticky'] })
  assert.deepEqual([again.generationId, again.protocolName], [2, 'sticky'])
})

test('an id that could not be stored is taken back', async () => {
  const bench = await Bench.lead()
  const { b } = await bench.stable()
  bench.partition.commitsAtOnce = false
  const failing = bench.join({ instanceId: 'b' })
  const newer = await Promise.race([failing, turns()])
  assert.equal(newer, undefined)
  bench.partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
  assert.equal((await failing).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  assert.equal(bench.broker.groups.heartbeat('g', who('b', b), 2), ErrorCode.NONE)
  assert.equal(await bench.sync(who('b', b), 2), 'two')
})

test('with it goes what the one who had it offered', async () => {
  const bench = await Bench.lead()
  await bench.stable(['range', 'sticky'])
  bench.partition.commitsAtOnce = false
  const failing = bench.join({ instanceId: 'b', protocols: ['range', 'sticky'] })
  await turns()
  bench.partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
  assert.equal((await failing).errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  const { errorCode } = await bench.join({ instanceId: null, protocols: ['sticky'] })
  assert.equal(errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
})

test('it stays where a rebalance has begun meanwhile: that tells the new id', async () => {
  const bench = await Bench.lead()
  const { a } = await bench.stable()
  bench.partition.commitsAtOnce = false
  const back = bench.join({ instanceId: 'b' })
  await turns()
  const other = bench.join({ instanceId: null })
  bench.partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
  await turns()
  await bench.join({ instanceId: 'a', memberId: a })
  assert.deepEqual([(await back).errorCode, (await back).generationId], [ErrorCode.NONE, 3])
  assert.equal((await other).generationId, 3)
})

test('two that claim one place: the older one is fenced while it waits', async () => {
  const bench = await Bench.lead()
  const { a } = await bench.stable()
  const other = bench.join({ instanceId: null })
  const first = bench.join({ instanceId: 'b' })
  const second = bench.join({ instanceId: 'b' })
  assert.equal((await first).errorCode, ErrorCode.FENCED_INSTANCE_ID)
  await bench.join({ instanceId: 'a', memberId: a })
  assert.equal((await second).generationId, 3)
  assert.equal((await other).generationId, 3)
})

test('a rebalance waits for a static member no longer than for others, and keeps its place for its session', async () => {
  const bench = await Bench.lead()
  const { a, b } = await bench.stable()
  const { groups } = bench.broker
  const joining = bench.join({ instanceId: null })
  for (let ms = 0; ms < 60_000; ms += 10_000) {
    bench.clock.advance(10_000)
    groups.heartbeat('g', who('a', a), 2)
    groups.heartbeat('g', who('b', b), 2)
  }
  const joined = await joining
  // The leader did not rejoin: who did leads.
  assert.deepEqual([joined.generationId, joined.leader, joined.members.length], [3, joined.memberId, 3])
  assert.equal(groups.heartbeat('g', who('a', a), 3), ErrorCode.NONE)
})

test('an administrator takes static members out by their names', async () => {
  const bench = await Bench.lead()
  const { b } = await bench.stable()
  const codes = await bench.broker.groups.leave('g', [
    { ...who('a', ''), reason: 'admin' },
    { ...who('nobody', ''), reason: '' },
    { ...who(null, ''), reason: '' },
    { ...who('a', b), reason: '' },
    { ...who('b', b), reason: '' },
  ])
  const { NONE, UNKNOWN_MEMBER_ID } = ErrorCode
  assert.deepEqual(codes, [NONE, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID, UNKNOWN_MEMBER_ID, NONE])
  assert.equal(bench.broker.groups.describe('g').state, 'Empty')
})
