/** A member of a group of its own kind before a coordinator that answers as the test says, in a simulated world. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedGroup } from '../../../test/scripted-group.ts'
import {
  ErrorCode,
  heartbeat,
  type JoinGroupRequest,
  joinGroup,
  leaveGroup,
  type SyncGroupRequest,
  syncGroup,
} from '../../protocol/index.ts'
import { connectionOptions } from '../connection-options.ts'
import { CustomMember } from './custom-member.ts'
import { type CustomMemberOptions, customMemberSettings } from './custom-member-options.ts'

const sessionTimeoutMs = 6000

class Group extends ScriptedGroup {
  readonly joins: JoinGroupRequest[] = []
  readonly syncs: SyncGroupRequest[] = []
  readonly told: string[] = []
  readonly member: CustomMember
  /** The next heartbeats are answered with it; undefined: they are not answered. */
  heartbeatError: number | undefined = ErrorCode.NONE
  joinError: number = ErrorCode.NONE
  leader = 'm'
  /** What is given up is given up behind it. */
  giving: Promise<void> = Promise.resolve()
  left = 0

  constructor(more: Partial<CustomMemberOptions> = {}) {
    super()
    this.answer(joinGroup, (request) => {
      this.joins.push(request)
      this.heartbeatError &&= ErrorCode.NONE
      const members = [
        { memberId: 'm', metadata: Buffer.from('of m') },
        { memberId: 'o', metadata: Buffer.from('of o') },
      ]
      const { leader, joinError: errorCode } = this
      return { ...{ errorCode, memberId: 'm', leader, protocolName: 'v0', members }, generationId: this.joins.length }
    })
    this.answer(syncGroup, (request) => {
      this.syncs.push(request)
      return { assignment: Buffer.from(`given ${this.syncs.length}`) }
    })
    this.answer(heartbeat, () => (this.heartbeatError === undefined ? undefined : { errorCode: this.heartbeatError }))
    this.answer(leaveGroup, () => {
      this.left++
      return {}
    })
    const connection = connectionOptions({ bootstrapServers: 'b1:9092', requestTimeoutMs: 1000 }, { poison: true })
    const settings = customMemberSettings({
      ...{ groupId: 'g', protocolType: 'work', sessionTimeoutMs, heartbeatIntervalMs: 200 },
      protocols: () => [{ name: 'v0', metadata: Buffer.from('mine') }],
      assign: ({ protocol, members }) =>
        new Map(members.map(({ memberId, metadata }) => [memberId, Buffer.from(`${protocol} ${String(metadata)}`)])),
      onAssigned: ({ memberId, generation, assignment }) =>
        void this.told.push(`${memberId} in ${generation}: ${Buffer.from(assignment)}`),
      onRevoked: async () => {
        this.told.push('asked')
        await this.giving
        this.told.push('gave')
      },
      onLost: () => void this.told.push('lost'),
      onFailed: (error) => void this.told.push(String(error)),
      ...more,
    })
    this.member = new CustomMember(this.world.env('client'), connection, settings)
  }
}

test('the leader shares out in bytes; all get what it has for them', async () => {
  const group = new Group()
  assert.equal(group.member.sureMs, 0)
  await group.run(500, () => group.member.begin())
  const [join] = group.joins
  assert.deepEqual(
    [join?.protocolType, join?.protocols[0]?.name, String(join?.protocols[0]?.metadata)],
    ['work', 'v0', 'mine'],
  )
  assert.deepEqual(
    group.syncs[0]?.assignments.map(({ memberId, assignment }) => [memberId, String(assignment)]),
    [
      ['m', 'v0 of m'],
      ['o', 'v0 of o'],
    ],
  )
  assert.deepEqual(group.told, ['m in 1: given 1'])
  await group.run(100, () => void group.member.close())
  assert.deepEqual([group.left, group.member.sureMs], [1, 0])
})

test('who does not lead shares out nothing', async () => {
  const group = new Group()
  group.leader = 'o'
  await group.run(500, () => group.member.begin())
  assert.deepEqual([group.syncs[0]?.assignments, group.told], [[], ['m in 1: given 1']])
})

test('a member joins another generation when it has given up what it had, and beats until then', async () => {
  const group = new Group()
  await group.run(500, () => group.member.begin())
  const { promise, resolve } = Promise.withResolvers<void>()
  group.giving = promise
  group.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS
  await group.run(1000)
  assert.deepEqual([group.told.slice(1), group.joins.length], [['asked'], 1])
  // It is this member's still, but not for longer than it was when the rebalance began.
  const { sureMs } = group.member
  assert.ok(sureMs > 0 && sureMs <= sessionTimeoutMs - 800, String(sureMs))
  await group.run(100, resolve)
  assert.deepEqual([group.told.slice(2), group.joins.length], [['gave', 'm in 2: given 2'], 2])
})

test('how long a member is sure counts from what was sent and heard, and ends before the coordinator misses it', async () => {
  const group = new Group()
  await group.run(5000, () => group.member.begin())
  assert.ok(group.member.sureMs > sessionTimeoutMs - 300, String(group.member.sureMs))
  assert.ok(group.member.sureMs <= sessionTimeoutMs)
  group.heartbeatError = undefined
  await group.run(sessionTimeoutMs - 500)
  assert.ok(group.member.sureMs > 0 && group.member.sureMs <= 500)
  assert.deepEqual(group.told, ['m in 1: given 1'])
  await group.run(2000)
  assert.deepEqual([group.told.slice(1, 2), group.told.includes('asked')], [['lost'], false])
})

test('a rebalance that ends sooner than a session lasts makes sure for no longer than itself', async () => {
  const group = new Group({ rebalanceTimeoutMs: 1000 })
  await group.run(500, () => group.member.begin())
  assert.ok(group.member.sureMs > 0 && group.member.sureMs <= 1000, String(group.member.sureMs))
})

test('who was removed has lost what it had at once, and joins anew', async () => {
  const group = new Group()
  await group.run(500, () => group.member.begin())
  group.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID
  await group.run(1000)
  assert.deepEqual([group.told.slice(1), group.joins.at(-1)?.memberId], [['lost', 'm in 2: given 2'], ''])
})

test('what does not pass ends the membership, and is told; it can begin again', async () => {
  const group = new Group()
  group.joinError = ErrorCode.INVALID_SESSION_TIMEOUT
  await group.run(500, () => group.member.begin())
  assert.match(group.told.join(), /^KafkaError: .*'g': INVALID_SESSION_TIMEOUT$/)
  assert.deepEqual([group.joins.length, group.member.sureMs], [1, 0])
  group.joinError = ErrorCode.NONE
  await group.run(500, () => group.member.begin())
  assert.deepEqual(group.told.slice(1), ['m in 2: given 1'])
})

test('what a hook throws ends the membership, and is told', async () => {
  const fail = (): never => {
    throw new Error('of the application')
  }
  for (const hooks of [{ assign: fail }, { onAssigned: fail }, { onRevoked: fail }]) {
    const group = new Group(hooks)
    await group.run(500, () => group.member.begin())
    group.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS
    await group.run(500)
    assert.equal(group.told.at(-1), 'Error: of the application', Object.keys(hooks).join())
    assert.equal(group.member.sureMs, 0)
  }
})

test('who is closed while it gives something up does not join again', async () => {
  const group = new Group()
  await group.run(500, () => group.member.begin())
  const { promise, resolve } = Promise.withResolvers<void>()
  group.giving = promise
  group.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS
  await group.run(500)
  await group.run(500, () => void group.member.close())
  await group.run(500, resolve)
  assert.deepEqual([group.joins.length, group.left], [1, 1])
})

test('options that make no sense are refused', () => {
  const given = {
    ...{ groupId: 'g', protocolType: 'work' },
    ...{ protocols: () => [], assign: () => new Map(), onAssigned: () => undefined },
  }
  assert.equal(customMemberSettings(given).heartbeatIntervalMs, 3000)
  const wrong: readonly [object, RegExp][] = [
    [{ groupId: '' }, /needs a groupId/],
    [{ protocolType: 7 }, /needs a protocolType/],
    [{ assign: undefined }, /assign is a function/],
    [{ onAssigned: 'it' }, /onAssigned is a function/],
    [{ heartbeatIntervalMs: 45_000 }, /heartbeatIntervalMs must be below/],
    [{ sessionTimeoutMs: -1 }, /sessionTimeoutMs: -1 is no time/],
    [{ topics: [] }, /no option 'topics'/],
  ]
  for (const [options, message] of wrong) {
    const all: typeof given = { ...given, ...options }
    assert.throws(() => customMemberSettings(all), { code: 'INVALID_ARGUMENT', message })
  }
})
