/** A member of the consumer protocol before a coordinator that answers as the test says, in a simulated world. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Connection } from '../../base/index.ts'
import { type Uuid, uuidFromLatin1 } from '../../base/index.ts'
import { ExponentialBackoff } from '../../peer/index.ts'
import { replyFrame, type ScriptedRequest, serve, tellVersions } from '../../peer/scripted-server.ts'
import {
  type Api,
  apiVersions,
  type ConsumerGroupHeartbeatRequest,
  type ConsumerGroupHeartbeatResponse,
  consumerGroupHeartbeat,
  ErrorCode,
  type Fields,
  findCoordinator,
  type Infer,
  metadata,
  offsetCommit,
} from '../../protocol/index.ts'
import { World } from '../../sim/index.ts'
import { Connections } from '../cluster/connections.ts'
import { Metadata } from '../cluster/metadata.ts'
import { connectionOptions } from '../connection-options.ts'
import type { TopicPartition } from '../consumer/assignors/assignor.ts'
import { Deadline } from '../deadline.ts'
import { CommittedOffsets, type MemberName } from './committed-offsets.ts'
import { ConsumerMember, type ConsumerMemberOptions } from './consumer-member.ts'
import { Coordinator } from './coordinator.ts'
import { MemberEpoch } from './member-epoch.ts'
import type { Assignee } from './membership.ts'

const port = 9092
const idOf = (letter: string): Uuid => uuidFromLatin1(letter.repeat(16))
const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

/** What the coordinator says to one heartbeat; undefined: nothing. */
type Say = Partial<ConsumerGroupHeartbeatResponse> | undefined

/** `a: [0, 1]` for partitions 0 and 1 of the topic whose id is all a. */
const target = (topics: Readonly<Record<string, readonly number[]>>) => ({
  topicPartitions: Object.entries(topics).map(([letter, partitions]) => ({
    topicId: idOf(letter),
    partitions: [...partitions],
  })),
})

class Group {
  readonly world = new World({ seed: 1, turn: setImmediate, network: { delayMsMean: 1 } })
  readonly beats: (ConsumerGroupHeartbeatRequest & { readonly atMs: number })[] = []
  readonly commits: number[] = []
  readonly errors: unknown[] = []
  /** What the application is told, and what is done to it. */
  readonly events: string[] = []
  readonly topics = new Map([
    ['a', idOf('a')],
    ['b', idOf('b')],
  ])
  heartbeatVersionMax = 1
  silentMs = 0
  /** Revoking waits for it. */
  freed: Promise<void> = Promise.resolve()
  commitErrors: number[] = []
  readonly #assigned = new Map<string, TopicPartition>()
  readonly #say: (beat: ConsumerGroupHeartbeatRequest, index: number) => Say
  member: ConsumerMember
  offsets: CommittedOffsets

  constructor(
    say: (beat: ConsumerGroupHeartbeatRequest, index: number) => Say,
    options: Partial<ConsumerMemberOptions> = {},
  ) {
    this.#say = say
    const env = this.world.env('client')
    const { clock, logger, random } = env
    const connection = connectionOptions({ bootstrapServers: `b1:${port}`, requestTimeoutMs: 1000 }, true)
    const connections = new Connections(env, connection)
    const cluster = new Metadata({
      env,
      options: connection,
      connections,
      makesTopics: false,
      maxIdleMs: Number.POSITIVE_INFINITY,
    })
    // As by a consumer that subscribes to them.
    for (const topic of this.topics.keys()) cluster.want(topic)
    const backoff = new ExponentialBackoff({ initialMs: 100, maxMs: 1000 }, random.stream('backoff'))
    const shared = { clock, logger, metadata: cluster, backoff, groupId: 'g', requestTimeoutMs: 1000 }
    const coordinator = new Coordinator({ ...shared, connections })
    this.offsets = new CommittedOffsets(coordinator, 'g')
    this.member = new ConsumerMember({
      ...{ ...shared, coordinator, assignee: this.#assignee, memberId: 'm', groupInstanceId: null, rackId: null },
      ...{ serverAssignor: null, topics: () => ['a', 'b'], topicRegex: () => null, rebalanceTimeoutMs: 60_000 },
      ...options,
    })
  }

  readonly #assignee: Assignee = ((group: Group): Assignee => ({
    get assigned() {
      return [...group.#assigned.values()]
    },
    get silentMs() {
      return group.silentMs
    },
    async revoke(partitions, { epoch }) {
      group.#note('asked for', partitions)
      await group.freed
      group.#drop(partitions)
      group.#note(`gives, in epoch ${epoch},`, partitions)
    },
    lose(partitions) {
      group.#drop(partitions)
      group.#note('loses', partitions)
    },
    take(partitions) {
      for (const each of partitions) group.#assigned.set(nameOf(each), each)
      if (partitions.length > 0) group.#note('gets', partitions)
    },
    failed: (error) => void group.errors.push(error),
  }))(this)

  #note(what: string, partitions: readonly TopicPartition[]): void {
    this.events.push(`${what} ${partitions.map(nameOf).join(' ')}`)
  }

  #drop(partitions: readonly TopicPartition[]): void {
    for (const each of partitions) this.#assigned.delete(nameOf(each))
  }

  get assigned(): readonly string[] {
    return [...this.#assigned.keys()]
  }

  commit(member: MemberName = this.member.name): Promise<void> {
    const deadline = new Deadline(this.world.env('client').clock, { afterMs: 10_000, what: 'not committed' })
    const isOwn = (partition: TopicPartition): boolean => this.#assigned.has(nameOf(partition))
    return this.offsets.commit([{ topic: 'a', partition: 0, offset: 1, leaderEpoch: -1 }], member, { deadline, isOwn })
  }

  /** Runs the world for so long, behind what `work` does. */
  async run(ms: number, work: () => void = () => undefined): Promise<void> {
    if (this.world.nowMs === 0) {
      await serve(this.world.env('b1'), { host: 'b1', port, script: (request, socket) => this.#serve(request, socket) })
    }
    work()
    await this.world.run(this.world.nowMs + ms, () => false)
  }

  #serve(request: ScriptedRequest, socket: Connection): void {
    const reply = <Q extends Fields, S extends Fields>(api: Api<Q, S>, response: Infer<S>): void => {
      socket.write([replyFrame(api, request, response)])
    }
    const node = { nodeId: 1, host: 'b1', port }
    if (request.key === apiVersions.key) {
      const served = [apiVersions, metadata, findCoordinator, offsetCommit].map(
        ({ key, versions: [min, max] }) => [key, min, max] as const,
      )
      const heartbeats = [consumerGroupHeartbeat.key, 0, this.heartbeatVersionMax] as const
      reply(apiVersions, tellVersions(this.heartbeatVersionMax < 0 ? served : [...served, heartbeats]))
    } else if (request.key === metadata.key) {
      const { topics } = metadata.request.decode(request.reader, request.version)
      reply(metadata, this.#metadata(topics ?? []))
    } else if (request.key === findCoordinator.key) {
      const coordinators = [{ key: 'g', ...node }]
      reply(findCoordinator, findCoordinator.response.create({ ...node, coordinators }))
    } else if (request.key === offsetCommit.key) {
      const { generationIdOrMemberEpoch } = offsetCommit.request.decode(request.reader, request.version)
      this.commits.push(generationIdOrMemberEpoch)
      const partitions = [{ partitionIndex: 0, errorCode: this.commitErrors.shift() ?? ErrorCode.NONE }]
      reply(offsetCommit, offsetCommit.response.create({ topics: [{ name: 'a', partitions }] }))
    } else {
      const beat = consumerGroupHeartbeat.request.decode(request.reader, request.version)
      this.beats.push({ ...beat, atMs: this.world.nowMs })
      const said = this.#say(beat, this.beats.length - 1)
      if (said === undefined) return
      const usual = { memberId: 'm', memberEpoch: Math.max(1, beat.memberEpoch), heartbeatIntervalMs: 5000 }
      reply(consumerGroupHeartbeat, consumerGroupHeartbeat.response.create({ ...usual, ...said }))
    }
  }

  #metadata(asked: readonly { readonly name: string | null; readonly topicId: Uuid }[]) {
    const known = [...this.topics].filter(([name, id]) => asked.some((it) => it.name === name || it.topicId === id))
    return metadata.response.create({
      clusterId: 'scripted',
      controllerId: 1,
      brokers: [{ nodeId: 1, host: 'b1', port }],
      topics: known.map(([name, topicId]) => ({ name, topicId, errorCode: ErrorCode.NONE })),
    })
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
    await assert.rejects(group.commit(name), { code: 'UNKNOWN_MEMBER_ID' })
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
  let isDone = false
  await group.run(200, () => {
    void group.commit().then(() => {
      isDone = true
    })
  })
  assert.deepEqual([isDone, group.commits], [false, [1]])
  await group.run(1000)
  assert.deepEqual([isDone, group.commits], [true, [1, 5]])
})

test('a commit in a stale epoch ends where the member is fenced instead', async () => {
  const group = new Group((beat, i) => {
    if (beat.memberEpoch === 0 && i === 0) return { assignment: target({ a: [0] }), heartbeatIntervalMs: 1000 }
    return i === 2 ? { errorCode: ErrorCode.FENCED_MEMBER_EPOCH } : { heartbeatIntervalMs: 1000 }
  })
  group.commitErrors = [ErrorCode.STALE_MEMBER_EPOCH]
  await group.run(300, () => group.member.begin())
  const outcome: unknown[] = []
  await group.run(2000, () => {
    group.commit().catch((error: unknown) => outcome.push(error))
  })
  assert.match(String(outcome), /STALE_MEMBER_EPOCH/)
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
    const outcomes: unknown[] = []
    await group.run(300, () => {
      group.commit(name).then(
        () => outcomes.push('done'),
        (error: unknown) => outcomes.push(error),
      )
    })
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
  await assert.rejects(group.commit(), { code: 'UNKNOWN_MEMBER_ID' })
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
  older.heartbeatVersionMax = 0
  await older.run(500, () => older.member.begin())
  assert.match(String(older.errors), /does not serve patterns/)
  const oldest = new Group(() => ({}))
  oldest.heartbeatVersionMax = -1
  await oldest.run(500, () => oldest.member.begin())
  assert.match(String(oldest.errors), /does not serve the consumer protocol/)
  assert.deepEqual([older.beats, oldest.beats], [[], []])
})
