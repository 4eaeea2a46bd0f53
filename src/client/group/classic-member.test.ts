/** A member of a classic group before a coordinator that answers as the test says, in a simulated world. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedGroup } from '../../../test/scripted-group.ts'
import { ErrorCode, heartbeat, type JoinGroupRequest, joinGroup, leaveGroup, syncGroup } from '../../protocol/index.ts'
import type { Assignor } from '../consumer/assignors/assignor.ts'
import { cooperativeSticky, sticky } from '../consumer/assignors/sticky.ts'
import { KafkaError } from '../kafka-error.ts'
import { ClassicMember } from './classic-member.ts'
import { decodeMember, encodeAssignment } from './subscription.ts'

interface Variation {
  readonly groupInstanceId?: string | null
  readonly joinVersionMax?: number
}

class Group extends ScriptedGroup {
  readonly joins: JoinGroupRequest[] = []
  readonly member: ClassicMember
  /** The next heartbeats are answered with it. */
  heartbeatError: number = ErrorCode.NONE
  /** In each generation. */
  assignment = [{ topic: 'a', partition: 0 }]
  /** Nobody is told its assignment before. */
  held: Promise<void> = Promise.resolve()
  /** Nobody has joined before. */
  joining: Promise<void> = Promise.resolve()
  /** The next is answered with it. */
  syncError: number = ErrorCode.NONE
  left = 0

  constructor(assignor: Assignor, { groupInstanceId = null, joinVersionMax = 9 }: Variation = {}) {
    super()
    const join = async (request: JoinGroupRequest) => {
      this.joins.push(request)
      this.heartbeatError = ErrorCode.NONE
      const generationId = this.joins.length
      await this.joining
      return { memberId: 'm', leader: 'other', protocolName: assignor.name, protocolType: 'consumer', generationId }
    }
    this.answer(joinGroup, join, [joinGroup.versions[0], joinVersionMax])
    this.answer(syncGroup, async () => {
      await this.held
      const errorCode = this.syncError
      this.syncError = ErrorCode.NONE
      return { errorCode, assignment: encodeAssignment(this.assignment) }
    })
    this.answer(heartbeat, () => ({ errorCode: this.heartbeatError }))
    this.answer(leaveGroup, () => {
      this.left++
      return {}
    })
    this.member = new ClassicMember({
      ...{
        ...this.ground,
        groupInstanceId,
        rackId: null,
        assignors: [assignor],
        topics: () => ['a'],
        retryMs: 100,
      },
      ...{ sessionTimeoutMs: 6000, rebalanceTimeoutMs: 60_000, heartbeatIntervalMs: 200 },
    })
  }

  /** In a rebalance, until what is returned is called. */
  async rebalancing(): Promise<() => void> {
    await this.run(500, () => this.member.begin())
    const { promise, resolve } = Promise.withResolvers<void>()
    this.held = promise
    this.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS
    await this.run(300)
    return resolve
  }
}

test('a commit in a generation that is over is done in the one that is coming', async () => {
  const group = new Group(cooperativeSticky)
  const end = await group.rebalancing()
  group.commitErrors = [ErrorCode.ILLEGAL_GENERATION]
  const outcomes = group.commit(group.member.name)
  await group.run(100)
  assert.deepEqual([group.joins.length, outcomes, group.commits], [2, [], [1]])
  await group.run(100, end)
  assert.deepEqual([outcomes, group.commits, group.events], [['done'], [1, 2], ['gets a-0']])
})

test('of what the group has given to others meanwhile nothing is committed', async () => {
  const group = new Group(sticky)
  const end = await group.rebalancing()
  assert.deepEqual(group.events, ['gets a-0', 'asked for a-0', 'gives, in epoch 1, a-0'])
  group.assignment = [{ topic: 'b', partition: 0 }]
  group.commitErrors = [ErrorCode.ILLEGAL_GENERATION]
  const outcomes = group.commit(group.member.name)
  await group.run(200, end)
  assert.match(String(outcomes), /has given a-0 to others/)
  assert.deepEqual([group.commits, group.assigned], [[1], ['b-0']])
})

test('where no generation is coming the commit fails; nothing is committed in the name of a member that was lost', async () => {
  const group = new Group(cooperativeSticky)
  await group.run(500, () => group.member.begin())
  group.commitErrors = [ErrorCode.ILLEGAL_GENERATION]
  const { name } = group.member
  const outcomes = group.commit(name)
  await group.run(50)
  assert.match(String(outcomes), /g': ILLEGAL_GENERATION/)
  group.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID
  await group.run(1000)
  assert.deepEqual(group.events, ['gets a-0', 'loses a-0', 'gets a-0'])
  const late = [group.commit(name), group.commit(group.member.name)]
  await group.run(50)
  assert.match(String(late[0]), /goes on without this member/)
  assert.deepEqual([late[1], group.commits], [['done'], [1, 2]])
})

test('who closes in a rebalance does not wait for its commits, nor for its end', async () => {
  const group = new Group(cooperativeSticky)
  await group.rebalancing()
  group.commitErrors = [ErrorCode.ILLEGAL_GENERATION]
  const outcomes = group.commit(group.member.name)
  await group.run(100)
  await group.run(500, () => void group.member.leave())
  assert.match(String(outcomes), /ILLEGAL_GENERATION/)
  assert.deepEqual([group.events.at(-1), group.left], ['gives, in epoch 1, a-0', 1])
})

test('a member that waits in a rebalance for longer than its session lasts keeps what it has', async () => {
  const group = new Group(cooperativeSticky)
  await group.run(500, () => group.member.begin())
  for (const what of ['joining', 'held'] as const) {
    const { promise, resolve } = Promise.withResolvers<void>()
    group[what] = promise
    group.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS
    await group.run(8000)
    group.syncError = ErrorCode.REBALANCE_IN_PROGRESS
    resolve()
    await group.run(1000)
    assert.deepEqual([group.events, group.errors, group.syncError], [['gets a-0'], [], ErrorCode.NONE])
  }
})

test('a member tells the assignor what it was given last, and since when', async () => {
  const group = new Group(sticky)
  await group.rebalancing()
  const told = group.joins.map(({ protocols: [protocol] }) =>
    decodeMember({ memberId: 'm', groupInstanceId: null, metadata: protocol?.metadata ?? Buffer.alloc(0) }, sticky),
  )
  assert.deepEqual(
    told.map(({ owned, generation }) => ({ owned, generation })),
    [
      { owned: [], generation: -1 },
      { owned: [{ topic: 'a', partition: 0 }], generation: 1 },
    ],
  )
})

test('a coordinator that does not know static members is not joined under a name that it would leave out (KIP-345)', async () => {
  const old = new Group(sticky, { groupInstanceId: 'i', joinVersionMax: 4 })
  await old.run(1000, () => old.member.begin())
  assert.match(String(old.errors), /^KafkaError: the cluster does not serve groupInstanceId$/)
  const [error] = old.errors
  assert.ok(error instanceof KafkaError && error.code === 'UNSUPPORTED_VERSION')
  assert.deepEqual([old.joins, old.assigned], [[], []])
  const dynamic = new Group(sticky, { joinVersionMax: 4 })
  const named = new Group(sticky, { groupInstanceId: 'i', joinVersionMax: 5 })
  for (const group of [dynamic, named]) await group.run(1000, () => group.member.begin())
  assert.deepEqual([dynamic.assigned, named.assigned], [['a-0'], ['a-0']])
  assert.equal(named.joins[0]?.groupInstanceId, 'i')
})
