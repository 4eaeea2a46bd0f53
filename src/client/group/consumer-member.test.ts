/** A member of the consumer protocol before a coordinator that answers as the test says, in a simulated world. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { idOf, ScriptedGroup } from '../../../test/scripted-group.ts'
import {
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeat,
  ErrorCode,
} from '../../protocol/index.ts'
import { ConsumerMember, type ConsumerMemberOptions } from './consumer-member.ts'
import { MemberEpoch } from './member-epoch.ts'

/** What the coordinator says to one heartbeat; undefined: nothing. */
type Say = Partial<ConsumerGroupHeartbeatResponse> | undefined

/** `a: [0, 1]` for partitions 0 and 1 of the topic whose id is all a. */
const target = (topics: Readonly<Record<string, readonly number[]>>) => ({
  topicPartitions: Object.entries(topics).map(([letter, partitions]) => ({
    topicId: idOf(letter),
    partitions: [...partitions],
  })),
})

class Group extends ScriptedGroup {
  readonly beats: (ConsumerGroupHeartbeatRequest & { readonly atMs: number })[] = []
  readonly member: ConsumerMember

  constructor(
    say: (beat: ConsumerGroupHeartbeatRequest, index: number) => Say,
    options: Partial<ConsumerMemberOptions> = {},
  ) {
    super()
    this.serveHeartbeats(1, say)
    this.member = new ConsumerMember({
      ...{ ...this.ground, memberId: 'm', groupInstanceId: null, rackId: null, serverAssignor: null },
      ...{ topics: () => ['a', 'b'], topicRegex: () => null, rebalanceTimeoutMs: 60_000 },
      ...options,
    })
  }

  serveHeartbeats(versionMax: number, say: (beat: ConsumerGroupHeartbeatRequest, index: number) => Say): void {
    const answer = (beat: ConsumerGroupHeartbeatRequest): Say => {
      this.beats.push({ ...beat, atMs: this.world.nowMs })
      const said = say(beat, this.beats.length - 1)
      const usual = { memberId: 'm', memberEpoch: Math.max(1, beat.memberEpoch), heartbeatIntervalMs: 5000 }
      return said && { ...usual, ...said }
    }
    this.answer(consumerGroupHeartbeat, answer, [0, versionMax])
  }
}

const told = (beat: ConsumerGroupHeartbeatRequest | undefined) =>
  beat?.topicPartitions?.flatMap(({ topicId, partitions }) => partitions.map((it) => `${topicId[0]}-${it}`))

test('a member tells all when it joins, and then only what has changed; the broker says how often', async () => {
  const group = new Group((_, i) => (i === 0 ? { assignment: target({ a: [0, 1] }) } : {}))
  await group.run(12_000, () => group.member.begin())
  const [first, second, third] = group.beats
  assert.deepEqual(
    [first?.memberId, first?.memberEpoch, first?.subscribedTopicNames, first?.rebalanceTimeoutMs, told(first)],
    ['m', 0, ['a', 'b'], 60_000, []],
  )
  // What it was given is acknowledged at once.
  assert.deepEqual([second?.memberEpoch, told(second)], [1, ['a-0', 'a-1']])
  assert.ok((second?.atMs ?? 0) - (first?.atMs ?? 0) < 100)
  const { subscribedTopicNames, rebalanceTimeoutMs, topicPartitions } = third ?? {}
  assert.deepEqual([subscribedTopicNames, rebalanceTimeoutMs, topicPartitions], [null, -1, null])
  const apart = (third?.atMs ?? 0) - (second?.atMs ?? 0)
  assert.ok(apart >= 5000 && apart < 5100, `${apart}`)
  assert.deepEqual([group.events, group.errors], [['gets a-0 a-1'], []])
})

test('what is taken is told when it was given up, and heartbeats go on meanwhile; then others are taken', async () => {
  const says: readonly Say[] = [
    { assignment: target({ a: [0, 1] }) },
    { memberEpoch: 2, assignment: target({ a: [0] }), heartbeatIntervalMs: 200 },
  ]
  const group = new Group((beat, i) => {
    if (told(beat)?.join() === 'a-0') return { memberEpoch: 3, assignment: target({ a: [0], b: [4] }) }
    return { heartbeatIntervalMs: 200, memberEpoch: 2, ...says[i] }
  })
  const free = Promise.withResolvers<void>()
  group.freed = free.promise
  await group.run(1000, () => group.member.begin())
  assert.deepEqual(group.assigned, ['a-0', 'a-1'])
  assert.ok(group.beats.length > 4)
  assert.ok(group.beats.slice(2).every(({ topicPartitions }) => topicPartitions === null))
  await group.run(1000, () => free.resolve())
  assert.deepEqual(group.events, ['gets a-0 a-1', 'asked for a-1', 'gives, in epoch 2, a-1', 'gets b-4'])
  assert.deepEqual(told(group.beats.find((beat) => told(beat)?.join() === 'a-0')), ['a-0'])
  assert.deepEqual(told(group.beats.findLast(({ topicPartitions }) => topicPartitions !== null)), ['a-0', 'b-4'])
})

test('an answer that was lost: all is told again, in the epoch that is known', async () => {
  const group = new Group((_, i) => {
    if (i === 0) return { assignment: target({ a: [0] }) }
    return i === 2 ? undefined : { heartbeatIntervalMs: 1000 }
  })
  await group.run(4000, () => group.member.begin())
  const again = group.beats[3]
  assert.deepEqual([again?.memberEpoch, again?.subscribedTopicNames, told(again)], [1, ['a', 'b'], ['a-0']])
  assert.deepEqual(group.events, ['gets a-0'])
})

test('a coordinator that fences the member, or does not know it, is joined anew; what was had is lost', async () => {
  for (const errorCode of [ErrorCode.FENCED_MEMBER_EPOCH, ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.GROUP_ID_NOT_FOUND]) {
    const group = new Group((beat, i) => {
      if (i === 2) return { errorCode }
      if (beat.memberEpoch === 0) return { assignment: target({ a: [0] }) }
      return { heartbeatIntervalMs: 500 }
    })
    await group.run(300, () => group.member.begin())
    const { name } = group.member
    assert.equal(name.epoch, 1)
    await group.run(700)
    assert.deepEqual(group.events, ['gets a-0', 'loses a-0', 'gets a-0'])
    const [, , , rejoined, acknowledged] = group.beats
    assert.deepEqual([rejoined?.memberId, rejoined?.memberEpoch, told(rejoined)], ['m', 0, []])
    assert.deepEqual(told(acknowledged), ['a-0'])
    // What it had before is somebody else's meanwhile: it is not committed in its new name.
    const outcomes = group.commit(name)
    await group.run(100)
    assert.match(String(outcomes), /goes on without this member/)
    assert.deepEqual(group.commits, [])
  }
})

test('a commit in an epoch that is over is tried in the next one, when the member is told of it', async () => {
  const group = new Group((beat) => {
    if (beat.memberEpoch === 0) return { assignment: target({ a: [0] }), heartbeatIntervalMs: 1000 }
    return { memberEpoch: group.commits.length > 0 ? 5 : 1, heartbeatIntervalMs: 1000 }
  })
  group.commitErrors = [ErrorCode.STALE_MEMBER_EPOCH]
  await group.run(300, () => group.member.begin())
  const outcomes = group.commit(group.member.name)
  await group.run(200)
  assert.deepEqual([outcomes, group.commits], [[], [1]])
  await group.run(1000)
  assert.deepEqual([outcomes, group.commits], [['done'], [1, 5]])
})

test('a commit in a stale epoch ends where the member is fenced instead', async () => {
  const group = new Group((beat, i) => {
    if (beat.memberEpoch === 0 && i === 0) return { assignment: target({ a: [0] }), heartbeatIntervalMs: 1000 }
    return i === 2 ? { errorCode: ErrorCode.FENCED_MEMBER_EPOCH } : { heartbeatIntervalMs: 1000 }
  })
  group.commitErrors = [ErrorCode.STALE_MEMBER_EPOCH]
  await group.run(300, () => group.member.begin())
  const outcomes = group.commit(group.member.name)
  await group.run(2000)
  assert.match(String(outcomes), /STALE_MEMBER_EPOCH/)
  assert.deepEqual(group.commits, [1])
})

test('a commit in a generation that is over is done in the next one, if that is coming, of what is still had', async () => {
  for (const { has, moves, outcome, commits } of [
    { has: true, moves: true, outcome: 'done', commits: [1, 2] },
    { has: false, moves: true, outcome: /has given a-0 to others/, commits: [1] },
    { has: true, moves: false, outcome: /ILLEGAL_GENERATION/, commits: [1] },
  ]) {
    const group = new Group((beat) => (beat.memberEpoch === 0 && has ? { assignment: target({ a: [0] }) } : {}))
    group.commitErrors = [ErrorCode.ILLEGAL_GENERATION]
    await group.run(300, () => group.member.begin())
    const name = new MemberEpoch({ memberId: 'm', groupInstanceId: null, epoch: 1 })
    name.move(moves)
    const outcomes = group.commit(name)
    await group.run(300)
    if (moves) assert.deepEqual(outcomes, [])
    await group.run(300, () => name.reach(2))
    assert.match(String(outcomes), new RegExp(outcome))
    assert.deepEqual(group.commits, commits)
  }
})

test('a topic that is known by its id alone is taken when its name is known; the rest does not wait', async () => {
  const group = new Group((_, i) => (i === 0 ? { assignment: target({ a: [0], c: [1] }) } : {}))
  await group.run(500, () => group.member.begin())
  assert.deepEqual(group.events, ['gets a-0'])
  // The coordinator is told so at once.
  assert.deepEqual(told(group.beats[1]), ['a-0'])
  await group.run(3000, () => void group.topics.set('c', idOf('c')))
  assert.deepEqual(group.events, ['gets a-0', 'gets c-1'])
  assert.deepEqual(told(group.beats.at(-1)), ['a-0', 'c-1'])
})

test('a topic that was made anew is another one: the old one is given up first', async () => {
  const group = new Group((_, i) => {
    if (i === 0) return { assignment: target({ a: [0] }), heartbeatIntervalMs: 1000 }
    return { heartbeatIntervalMs: 1000, ...(i === 2 && { memberEpoch: 2, assignment: target({ z: [0] }) }) }
  })
  await group.run(500, () => group.member.begin())
  await group.run(3000, () => void group.topics.set('a', idOf('z')))
  assert.deepEqual(group.events, ['gets a-0', 'asked for a-0', 'gives, in epoch 2, a-0', 'gets a-0'])
  assert.deepEqual(told(group.beats.findLast(({ topicPartitions }) => topicPartitions !== null)), ['z-0'])
})

test('who is silent for too long leaves, and joins again when it is asked; a static one is only away', async () => {
  for (const groupInstanceId of [null, 'i']) {
    const group = new Group((beat) => (beat.memberEpoch === 0 ? { assignment: target({ a: [0] }) } : {}), {
      groupInstanceId,
      rebalanceTimeoutMs: 1000,
    })
    await group.run(500, () => group.member.begin())
    // It looks as soon as the time may be over, not with the next heartbeat.
    await group.run(1000, () => {
      group.silentMs = 1500
    })
    const gone = group.beats.at(-1)
    assert.deepEqual(
      [gone?.memberEpoch, gone?.instanceId],
      [groupInstanceId === null ? -1 : -2, groupInstanceId],
      JSON.stringify(group.beats.map(({ memberEpoch, atMs }) => [memberEpoch, atMs])),
    )
    assert.deepEqual(group.events, ['gets a-0', 'loses a-0'])
    const count = group.beats.length
    await group.run(20_000)
    assert.equal(group.beats.length, count)
    await group.run(500, () => {
      group.silentMs = 0
      group.member.begin()
    })
    assert.deepEqual(group.events, ['gets a-0', 'loses a-0', 'gets a-0'])
  }
})

test('who closes gives up what it has and says so', async () => {
  const group = new Group((beat) => (beat.memberEpoch === 0 ? { assignment: target({ a: [0] }) } : {}))
  await group.run(500, () => group.member.begin())
  await group.run(20_000, () => void group.member.leave())
  assert.deepEqual(group.events, ['gets a-0', 'asked for a-0', 'gives, in epoch 1, a-0'])
  assert.deepEqual(
    group.beats.map(({ memberEpoch }) => memberEpoch),
    [0, 1, -1],
  )
  const outcomes = group.commit(group.member.name)
  await group.run(100)
  assert.match(String(outcomes), /goes on without this member/)
})

test('what does not pass ends the membership; the next time the application asks it joins again', async () => {
  for (const errorCode of [
    ErrorCode.UNSUPPORTED_ASSIGNOR,
    ErrorCode.UNRELEASED_INSTANCE_ID,
    ErrorCode.INVALID_REGULAR_EXPRESSION,
    ErrorCode.GROUP_ID_NOT_FOUND,
    ErrorCode.GROUP_MAX_SIZE_REACHED,
  ]) {
    const group = new Group((_, i) => (i === 0 ? { errorCode, errorMessage: 'because' } : {}))
    await group.run(20_000, () => group.member.begin())
    assert.equal(group.beats.length, 1)
    assert.match(String(group.errors), /because/)
    await group.run(500, () => group.member.begin())
    assert.deepEqual([group.beats.length, group.errors.length], [2, 1])
  }
})

test('what passes is waited for, longer each time', async () => {
  const passing = [
    ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
    ErrorCode.NOT_COORDINATOR,
    ErrorCode.COORDINATOR_NOT_AVAILABLE,
    ErrorCode.TOPIC_AUTHORIZATION_FAILED,
  ]
  const group = new Group((_, i) => {
    const errorCode = passing[i]
    return errorCode === undefined ? { assignment: target({ a: [0] }) } : { errorCode }
  })
  await group.run(10_000, () => group.member.begin())
  assert.deepEqual(group.events, ['gets a-0'])
  assert.match(String(group.errors), /^KafkaError: group 'g': TOPIC_AUTHORIZATION_FAILED$/)
  const waits = group.beats.slice(1, 5).map(({ atMs }, i) => atMs - (group.beats[i]?.atMs ?? 0))
  assert.ok(
    waits.every((ms, i) => ms >= 80 * 2 ** i && ms < 150 * 2 ** i),
    String(waits),
  )
})

test('a pattern is told, and taken back; a coordinator of before does not serve it', async () => {
  let regex: string | null = 'x.*'
  const group = new Group(() => ({}), { topicRegex: () => regex, topics: () => [] })
  await group.run(500, () => group.member.begin())
  await group.run(500, () => {
    regex = null
    group.member.changed()
  })
  assert.deepEqual(
    group.beats.map(({ subscribedTopicRegex }) => subscribedTopicRegex),
    ['x.*', ''],
  )
  const older = new Group(() => ({}), { topicRegex: () => 'x.*', topics: () => [] })
  older.serveHeartbeats(0, () => ({}))
  await older.run(500, () => older.member.begin())
  assert.match(String(older.errors), /does not serve patterns/)
  const oldest = new Group(() => ({}))
  // Neither version is one that we know.
  oldest.answer(consumerGroupHeartbeat, () => undefined, [8, 9])
  await oldest.run(500, () => oldest.member.begin())
  assert.match(String(oldest.errors), /does not serve the consumer protocol/)
  assert.deepEqual([older.beats, oldest.beats], [[], []])
})
