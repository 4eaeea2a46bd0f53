/** An instance before a coordinator that answers as the test says, in a simulated world: when it leads, and until when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedGroup } from '../../../test/scripted-group.ts'
import { Kafka } from '../../client/index.ts'
import { ErrorCode, heartbeat, joinGroup, leaveGroup, syncGroup } from '../../protocol/index.ts'
import { type Choice, chosen, encodeChoice } from './choice.ts'
import { Election } from './election.ts'
import { decodeIdentity, encodeIdentity } from './identity.ts'

const own = { host: 'me', port: 1, scheme: 'http', leaderEligibility: true }
const other = { ...own, host: 'other', version: 1, isLeader: true }
const sessionTimeoutMs = 6000

class Group extends ScriptedGroup {
  readonly election: Election
  /** Of this member, as it has said in each join whether it led. */
  readonly led: (boolean | undefined)[] = []
  choice: Choice = chosen([{ memberId: 'm', metadata: encodeIdentity({ ...own, version: 1, isLeader: false }) }])
  heartbeatError: number = ErrorCode.NONE
  joinError: number = ErrorCode.NONE
  /** What is being written. */
  writing: Promise<void> = Promise.resolve()
  left = 0

  constructor() {
    super()
    this.answer(joinGroup, ({ protocolType, protocols }) => {
      const [protocol] = protocols
      assert.deepEqual([protocolType, protocol?.name], ['sr', 'v0'])
      this.led.push(decodeIdentity(protocol?.metadata ?? Buffer.alloc(0))?.isLeader)
      this.heartbeatError = ErrorCode.NONE
      const generationId = this.led.length
      return { errorCode: this.joinError, memberId: 'm', leader: 'x', protocolName: 'v0', generationId }
    })
    this.answer(syncGroup, () => ({ assignment: encodeChoice(this.choice) }))
    this.answer(heartbeat, () => ({ errorCode: this.heartbeatError }))
    this.answer(leaveGroup, () => {
      this.left++
      return {}
    })
    const env = this.world.env('client')
    const { clock, logger } = env
    this.election = new Election({
      kafka: new Kafka(env, { bootstrapServers: 'b1:9092', requestTimeoutMs: 1000 }),
      ...{ clock, logger, groupId: 'g', sessionTimeoutMs, heartbeatIntervalMs: 200 },
      written: () => this.writing,
    })
  }

  begin(): Promise<void> {
    return this.run(500, () => this.election.begin(own))
  }

  /** What `place` comes to behind so many milliseconds. */
  async place(ms: number): Promise<string | undefined> {
    let kind: string | undefined
    await this.run(ms, () => {
      this.election.place(ms / 2).then((place) => {
        kind = place.kind
      })
    })
    return kind
  }
}

test('who was chosen leads, and says so at the next join; it gives up when it has ended what it is writing', async () => {
  const group = new Group()
  assert.equal(await group.place(100), 'unknown')
  await group.begin()
  const { term } = group.election
  assert.ok(term !== undefined && term.sureMs > sessionTimeoutMs - 500)
  assert.equal(await group.place(10), 'leads')
  const { promise, resolve } = Promise.withResolvers<void>()
  group.writing = promise
  group.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS
  await group.run(1000)
  // Nothing new is begun, and what was begun is still in time.
  assert.deepEqual([group.election.term, term.sureMs > 0, group.led.length], [undefined, true, 1])
  assert.equal(await group.place(100), 'unknown')
  group.choice = { kind: 'leader', memberId: 'o', identity: other }
  await group.run(100, resolve)
  assert.deepEqual([group.led, term.sureMs], [[false, true], 0])
  assert.deepEqual(await group.election.place(0), { kind: 'follows', url: 'http://other:1' })
})

test('who leads again does so in another term', async () => {
  const group = new Group()
  await group.begin()
  const { term } = group.election
  group.heartbeatError = ErrorCode.REBALANCE_IN_PROGRESS
  await group.run(500)
  assert.ok(group.election.term !== undefined && group.election.term !== term)
  assert.deepEqual([term?.sureMs, group.led.length], [0, 2])
})

test('who waits is told as soon as it is known', async () => {
  const group = new Group()
  await group.run(100)
  const told: string[] = []
  await group.run(500, () => {
    group.election.place(10_000).then(({ kind }) => told.push(kind))
    group.election.begin(own)
  })
  assert.deepEqual(told, ['leads'])
})

test('who was removed from the group leads no more, at once', async () => {
  const group = new Group()
  await group.begin()
  const { term } = group.election
  group.writing = new Promise(() => undefined)
  group.joinError = ErrorCode.COORDINATOR_NOT_AVAILABLE
  group.heartbeatError = ErrorCode.UNKNOWN_MEMBER_ID
  await group.run(300)
  assert.deepEqual([group.election.term, term?.sureMs, await group.place(10)], [undefined, 0, 'unknown'])
})

test('what hinders an election is told as the reason, and tried again', async () => {
  const group = new Group()
  group.joinError = ErrorCode.GROUP_AUTHORIZATION_FAILED
  await group.begin()
  const place = await group.election.place(0)
  assert.match(place.kind === 'leaderless' ? place.reason : '', /GROUP_AUTHORIZATION_FAILED/)
  group.joinError = ErrorCode.NONE
  await group.run(6000)
  assert.equal(await group.place(10), 'leads')
})

test('nobody, several at one place, and what is not understood: no leader', async () => {
  for (const [kind, reason] of [
    ['nobody', /may lead/],
    ['duplicate-urls', /same URL/],
  ] as const) {
    const group = new Group()
    group.choice = { kind }
    await group.begin()
    const place = await group.election.place(0)
    assert.match(place.kind === 'leaderless' ? place.reason : '', reason)
    assert.equal(group.election.term, undefined)
  }
})

test('who closes ends what it is writing before it leaves, but does not wait for that without end', async () => {
  const group = new Group()
  await group.begin()
  const { term } = group.election
  group.writing = new Promise(() => undefined)
  await group.run(2900, () => void group.election.close())
  assert.deepEqual([group.left, (term?.sureMs ?? 0) > 0, await group.place(10)], [0, true, 'unknown'])
  await group.run(500)
  assert.deepEqual([group.left, term?.sureMs, await group.place(10)], [1, 0, 'leaderless'])
})
