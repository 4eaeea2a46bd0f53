import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Writer, zeroUuid } from '../../base/index.ts'
import { consumerProtocolSubscription, ErrorCode } from '../../protocol/index.ts'
import { buildBatch, buildEndTransactionBatch, readRecords } from '../../records/index.ts'
import type { JoinRequest } from './classic-protocol.ts'
import { eventText } from './group-event-text.ts'
import type { GroupRecord } from './group-record.ts'
import { decodeGroupRecord, encodeGroupRecord } from './group-record-codec.ts'
import {
  commitTo,
  GroupBroker,
  heartbeatOf,
  ManualClock,
  MemoryPartition,
  turns,
} from './test-support/group-fixture.ts'

const minute = 60_000
const settings = {
  'offsets.retention.minutes': '10',
  'offsets.retention.check.interval.ms': '60000',
  'group.consumer.max.session.timeout.ms': '3600000',
  'group.consumer.session.timeout.ms': '3600000',
}

const subscription = (...topics: readonly string[]): Buffer => {
  const writer = new Writer(64)
  writer.i16(0)
  consumerProtocolSubscription.encode(writer, 0, consumerProtocolSubscription.create({ topics }))
  return writer.finishAsOne()
}

/** Of a new member that is in no hurry. */
const joinOf = (given: Partial<JoinRequest> & Pick<JoinRequest, 'newMemberId'>): JoinRequest => ({
  memberId: '',
  groupInstanceId: null,
  requireKnownMemberId: false,
  canSkipAssignment: false,
  clientId: '',
  clientHost: '',
  rebalanceTimeoutMs: 1_800_000,
  sessionTimeoutMs: 1_800_000,
  protocolType: 'consumer',
  protocols: [{ name: 'range', metadata: subscription('t') }],
  reason: '',
  ...given,
})

/** A broker over a partition, in time that the test moves. */
class World {
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  broker: GroupBroker
  #leaderEpoch = 0

  constructor() {
    this.broker = this.#next()
  }

  static async lead(batchBytesMax?: number): Promise<World> {
    const world = new World()
    await world.load(batchBytesMax)
    return world
  }

  #next(batchBytesMax?: number): GroupBroker {
    return new GroupBroker({ clock: this.clock, settings, ...(batchBytesMax === undefined ? {} : { batchBytesMax }) })
  }

  async load(batchBytesMax?: number): Promise<void> {
    this.broker.groups.stop()
    this.broker = this.#next(batchBytesMax)
    await this.broker.lead(this.partition, { leaderEpoch: ++this.#leaderEpoch })
  }

  async advance(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms
    for (;;) {
      const nextMs = Math.min(this.clock.nextTimerMs ?? untilMs, untilMs)
      this.clock.advance(nextMs - this.clock.now())
      await turns()
      if (nextMs === untilMs && (this.clock.nextTimerMs ?? Number.POSITIVE_INFINITY) > untilMs) break
    }
    assert.deepEqual(this.broker.faults, [])
  }

  async commit(
    given: {
      groupId?: string
      topic?: string
      partition?: number
      retentionTimeMs?: number
      memberId?: string
      generationId?: number
      count?: number
    } = {},
  ): Promise<void> {
    const { groupId = 'g', topic = 't', partition = 0, retentionTimeMs, memberId = '', generationId = -1 } = given
    const codes = await commitTo(this.broker.groups, {
      groupId,
      memberId,
      groupInstanceId: null,
      generationId,
      knowsEpochs: true,
      offsets: Array.from({ length: given.count ?? 1 }, (_, i) => ({
        topic,
        topicId: zeroUuid,
        partition: partition + i,
        offset: 1n,
        leaderEpoch: -1,
        metadata: null,
      })),
      ...(retentionTimeMs === undefined ? {} : { retentionTimeMs }),
    })
    assert.ok(codes.every((code) => code === ErrorCode.NONE))
  }

  /** A member of a stable generation of one. */
  async join(groupId: string, given: { protocolType?: string; metadata?: Buffer } = {}): Promise<string> {
    const { protocolType = 'consumer', metadata = subscription('t') } = given
    const protocols = [{ name: 'range', metadata }]
    const request = joinOf({ newMemberId: `member-of-${groupId}`, protocolType, protocols })
    const { memberId, generationId } = await this.broker.groups.join(groupId, request)
    const identity = { memberId, groupInstanceId: null }
    const sync = { ...identity, generationId, protocolType, protocolName: 'range', assignments: new Map() }
    assert.equal((await this.broker.groups.sync(groupId, sync)).errorCode, ErrorCode.NONE)
    return memberId
  }

  /** Of a member of the consumer protocol. */
  async heartbeat(memberEpoch: number): Promise<number> {
    const reply = await this.broker.groups.consumerHeartbeat('g', heartbeatOf({ memberEpoch }), 1)
    assert.equal(reply.errorCode, ErrorCode.NONE, reply.errorMessage ?? '')
    return reply.memberEpoch
  }

  /** Topics and partitions that have an offset. */
  known(groupId = 'g'): readonly string[] {
    const request = { groupId, memberId: null, memberEpoch: -1, keys: null }
    return this.broker.groups.fetchOffsets(request).map(({ topic, partition }) => `${topic}-${partition}`)
  }

  get groupIds(): readonly string[] {
    return this.broker.groups.list({ states: [], types: [] }).map(({ groupId }) => groupId)
  }

  write(...records: readonly GroupRecord[]): void {
    this.partition.write(buildBatch(records.map(encodeGroupRecord)))
  }
}

test('the offset of a group that nobody joined goes when its own time is over, and the last one takes the group along', async () => {
  const world = await World.lead()
  await world.commit()
  await world.advance(5 * minute)
  await world.commit({ partition: 1 })
  await world.advance(5 * minute - 1)
  assert.deepEqual(world.known(), ['t-0', 't-1'])
  await world.advance(minute)
  assert.deepEqual(world.known(), ['t-1'])
  assert.deepEqual(world.groupIds, ['g'])
  await world.advance(5 * minute)
  assert.deepEqual([world.known(), world.groupIds], [[], []])
  const tombstones = world.partition.batches.slice(-2).map((batch) => {
    const [{ key, value } = { key: null, value: null }] = [...readRecords(batch, 0, 1 << 20)]
    assert.ok(key !== null && value === null)
    return decodeGroupRecord(key, value)?.kind
  })
  assert.deepEqual(tombstones, ['offset', 'classic-group'])
  const { events } = world.broker.groups.historyOf('g')
  assert.deepEqual(events.map(eventText), ['ended: its last offset expired'])
  await world.load()
  assert.deepEqual([world.known(), world.groupIds], [[], []])
})

test('offsets of a group that was left count since it is empty, also for the next broker', async () => {
  const world = await World.lead()
  const memberId = await world.join('g')
  await world.commit({ memberId, generationId: 1 })
  await world.commit({ memberId, generationId: 1, topic: 'other' })
  await world.advance(9 * minute)
  assert.deepEqual(await world.broker.groups.leave('g', [{ memberId, groupInstanceId: null, reason: '' }]), [
    ErrorCode.NONE,
  ])
  await world.advance(8 * minute)
  assert.deepEqual(world.known(), ['t-0', 'other-0'])
  await world.load()
  await world.advance(minute)
  assert.deepEqual(world.known(), ['t-0', 'other-0'])
  await world.advance(minute)
  assert.deepEqual([world.known(), world.groupIds], [[], []])
})

test('an end that is not committed does not make a group any younger', async () => {
  const world = await World.lead()
  const memberId = await world.join('g')
  await world.commit({ memberId, generationId: 1 })
  await world.broker.groups.leave('g', [{ memberId, groupInstanceId: null, reason: '' }])
  await world.advance(9 * minute)
  world.partition.commitsAtOnce = false
  const deleted = world.broker.groups.deleteGroup('g')
  await turns()
  world.partition.commitsAtOnce = true
  world.partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
  assert.equal(await deleted, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  assert.deepEqual(world.known(), ['t-0'])
  await world.advance(minute)
  assert.deepEqual([world.known(), world.groupIds], [[], []])
})

test('consumers keep the offsets of what they are subscribed to, for ever', async () => {
  const world = await World.lead()
  const memberId = await world.join('g')
  await world.commit({ memberId, generationId: 1 })
  await world.commit({ memberId, generationId: 1, topic: 'other' })
  await world.advance(10 * minute - 1)
  assert.deepEqual(world.known(), ['t-0', 'other-0'])
  await world.advance(minute)
  assert.deepEqual(world.known(), ['t-0'])
  await world.load()
  await world.advance(15 * minute)
  assert.deepEqual([world.known(), world.groupIds], [['t-0'], ['g']])
})

test('so do members of the consumer protocol; when they are gone the commits count', async () => {
  const world = await World.lead()
  const generationId = await world.heartbeat(0)
  await world.commit({ memberId: 'm', generationId })
  await world.commit({ memberId: 'm', generationId, topic: 'other' })
  await world.advance(10 * minute - 1)
  assert.deepEqual(world.known(), ['t-0', 'other-0'])
  await world.advance(minute)
  assert.deepEqual(world.known(), ['t-0'])
  await world.load()
  await world.advance(5 * minute)
  assert.deepEqual([world.known(), world.groupIds], [['t-0'], ['g']])
  await world.heartbeat(-1)
  assert.deepEqual(world.groupIds, ['g'])
  await world.advance(minute)
  assert.deepEqual([world.known(), world.groupIds], [[], []])
  await world.load()
  assert.deepEqual([world.known(), world.groupIds], [[], []])
})

test('nothing goes under the hands of others: other members, subscriptions that cannot be read, a rebalance', async () => {
  const world = await World.lead()
  for (const [groupId, given] of [
    ['connect', { protocolType: 'connect' }],
    ['unreadable', { metadata: Buffer.from([0]) }],
    ['rebalances', {}],
  ] as const) {
    const memberId = await world.join(groupId, given)
    await world.commit({ groupId, memberId, generationId: 1, topic: 'other' })
  }
  void world.broker.groups.join('rebalances', joinOf({ newMemberId: 'second' }))
  await world.advance(20 * minute)
  for (const groupId of ['connect', 'unreadable', 'rebalances']) assert.deepEqual(world.known(groupId), ['other-0'])
})

test('a group that gave out an id lives for the member that comes with it', async () => {
  const world = await World.lead()
  await world.commit()
  const request = joinOf({ newMemberId: 'm', requireKnownMemberId: true })
  const { memberId } = await world.broker.groups.join('g', request)
  await world.advance(11 * minute)
  assert.deepEqual(world.known(), [])
  assert.equal((await world.broker.groups.join('g', { ...request, memberId })).errorCode, ErrorCode.NONE)
})

test('what an old client said about its offsets goes before all else', async () => {
  const world = await World.lead()
  await world.commit({ partition: 0, retentionTimeMs: 3 * minute })
  await world.commit({ partition: 1, retentionTimeMs: 20 * minute })
  await world.commit({ partition: 2, retentionTimeMs: Number.MAX_SAFE_INTEGER })
  await world.advance(3 * minute - 1)
  assert.deepEqual(world.known(), ['t-0', 't-1', 't-2'])
  await world.advance(minute)
  assert.deepEqual(world.known(), ['t-1', 't-2'])
  await world.load()
  await world.advance(15 * minute)
  assert.deepEqual(world.known(), ['t-1', 't-2'])
  await world.advance(2 * minute)
  assert.deepEqual(world.known(), ['t-2'])
})

test('an open transaction keeps the offset that it is about to change, and its group', async () => {
  const world = new World()
  const value = { offset: 1n, leaderEpoch: -1, metadata: '', commitTimestampMs: 0n, topicId: zeroUuid }
  const offset = (partition: number) =>
    encodeGroupRecord({ kind: 'offset', groupId: 'g', topic: 't', partition, value })
  const producer = { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true }
  world.partition.write(buildBatch([offset(0), offset(1)]))
  world.partition.write(buildBatch([offset(1), offset(2)], producer))
  await world.load()
  await world.advance(20 * minute)
  assert.deepEqual([world.known(), world.groupIds], [['t-1'], ['g']])
  const ended = { producerId: 7, producerEpoch: 0, isCommit: false, coordinatorEpoch: 0, timestampMs: 0 }
  world.partition.write(buildEndTransactionBatch(ended))
  await world.load()
  await world.advance(minute)
  assert.deepEqual([world.known(), world.groupIds], [[], []])
})

test('where the log does not tell since when a group is empty, the commits count', async () => {
  const world = new World()
  const commitTimestampMs = BigInt(world.clock.now() - 8 * minute)
  const group = { generationId: 3, protocolType: 'consumer', protocolName: null, leaderId: null, members: [] }
  world.write(
    { kind: 'classic-group', groupId: 'g', value: { ...group, stateTimestampMs: -1 } },
    { kind: 'classic-group', groupId: 'told', value: { ...group, stateTimestampMs: world.clock.now() - minute } },
    ...['g', 'told'].map(
      (groupId): GroupRecord => ({
        kind: 'offset',
        groupId,
        topic: 't',
        partition: 0,
        value: { offset: 1n, leaderEpoch: -1, metadata: '', commitTimestampMs, topicId: zeroUuid },
      }),
    ),
  )
  await world.load()
  await world.advance(2 * minute)
  assert.deepEqual([world.known('g'), world.known('told')], [[], ['t-0']])
})

test('thousands of offsets go in slices and in batches of their size, and a commit in between stays', async () => {
  const batchBytesMax = 2000
  const world = await World.lead()
  await world.commit({ count: 5000 })
  await world.load(batchBytesMax)
  await world.advance(0)
  const before = world.partition.batches.length
  world.clock.advance(10 * minute)
  const inFirstSlice = world.partition.batches.length - before
  assert.ok(inFirstSlice > 0 && inFirstSlice < 1000, `${inFirstSlice} batches of a tombstone each`)
  await world.commit({ partition: 4999 })
  await world.advance(minute)
  assert.deepEqual(world.known(), ['t-4999'])
  for (const batch of world.partition.batches.slice(before)) assert.ok(batch.length <= batchBytesMax)
})

test('so do thousands of groups that nobody needs', async () => {
  const world = new World()
  const stateTimestampMs = world.clock.now() - 20 * minute
  const value = { generationId: 3, protocolType: 'consumer', protocolName: null, leaderId: null, members: [] }
  const groups = Array.from({ length: 1000 }, (_, i) => `g${i}`)
  world.write(
    ...groups.map(
      (groupId): GroupRecord => ({
        kind: 'classic-group',
        groupId,
        value: { ...value, stateTimestampMs },
      }),
    ),
  )
  await world.load()
  await world.advance(0)
  const before = world.partition.batches.length
  world.clock.advance(minute)
  const inFirstSlice = world.partition.batches.length - before
  assert.ok(inFirstSlice > 0 && inFirstSlice < 300, `${inFirstSlice} batches of a tombstone each`)
  await turns()
  await world.advance(minute)
  assert.deepEqual(world.groupIds, [])
})

test('who joins between two slices keeps what is left', async () => {
  const world = await World.lead()
  await world.commit({ count: 3000 })
  world.clock.advance(10 * minute)
  await world.join('g')
  await world.advance(minute)
  assert.ok(world.known().length > 2000)
})

test('offsets of a deleted topic go in the same way', async () => {
  const batchBytesMax = 2000
  const world = await World.lead()
  await world.commit({ count: 3000 })
  await world.commit({ topic: 'other' })
  await world.load(batchBytesMax)
  await world.advance(0)
  world.broker.groups.topicsDeleted([{ topic: 't', topicId: zeroUuid }])
  await world.advance(0)
  assert.deepEqual(world.known(), ['other-0'])
})

test('tombstones that are not committed take nothing away, and are tried again', async () => {
  const world = await World.lead()
  await world.commit()
  world.partition.commitsAtOnce = false
  await world.advance(10 * minute)
  world.partition.fail(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  await turns()
  assert.deepEqual([world.known(), world.groupIds], [['t-0'], ['g']])
  const expirations = () => world.broker.groups.figures().tally.offsetExpirations
  const said = () => world.broker.lines.filter((line) => line.includes('nobody needs'))
  const none = '0 offsets and 0 groups that nobody needs any more are taken away; others could not be (error 16)'
  assert.deepEqual([expirations(), said()], [0, [none]])
  world.partition.commitsAtOnce = true
  await world.advance(minute)
  assert.deepEqual([world.known(), world.groupIds], [[], []])
  assert.equal(expirations(), 1)
  assert.deepEqual(said().slice(1), ['1 offsets and 1 groups that nobody needs any more are taken away'])
})

test('what there is can be told, and what has been done', async () => {
  const world = await World.lead()
  const figures = () => world.broker.groups.figures()
  const { max, average } = figures().loadTimesMs
  assert.deepEqual([max, average], [0, 0])
  await world.commit({ groupId: 'simple', count: 3 })
  const memberId = await world.join('classic')
  await world.commit({ groupId: 'classic', memberId, generationId: 1 })
  const generationId = await world.heartbeat(0)
  await world.commit({ memberId: 'm', generationId })
  assert.deepEqual(await world.broker.groups.deleteOffsets('simple', [{ topic: 't', partition: 2 }]), [ErrorCode.NONE])
  const groups = figures().groups.map(({ type, state, count }) => `${count} ${type} ${state}`)
  assert.deepEqual(groups, ['1 classic Empty', '1 classic Stable', '1 consumer Stable'])
  assert.deepEqual([...figures().partitions.values(), figures().offsetCount], [0, 1, 0, 4])
  await world.advance(11 * minute)
  assert.equal(figures().offsetCount, 2)
  assert.deepEqual(
    { ...figures().tally },
    {
      offsetCommits: 5,
      offsetExpirations: 2,
      offsetDeletions: 1,
      classicRebalances: 1,
      consumerRebalances: 1,
    },
  )
  assert.deepEqual(figures().loadTimesMs, { max: Number.NaN, average: Number.NaN })
  await world.heartbeat(-1)
  assert.equal(figures().tally.consumerRebalances, 1)
  world.partition.gate = new Promise(() => undefined)
  await world.load()
  assert.deepEqual([...figures().partitions.values(), figures().offsetCount], [1, 0, 0, 0])
})
