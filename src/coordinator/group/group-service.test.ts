import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError, zeroUuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { batchHeader, CompressionType } from '../../records/index.ts'
import type { JoinReply } from './classic-member.ts'
import type { CommitRequest, PartitionCodes } from './group-requests.ts'
import type { GroupService } from './group-service.ts'
import { groupPartition, hashMapOrder, javaHash } from './java-hash.ts'
import { commitTo, GroupBroker, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'

const committing = (given: Partial<CommitRequest> & { offset?: bigint; partition?: number } = {}): CommitRequest => ({
  groupId: 'g',
  memberId: '',
  groupInstanceId: null,
  generationId: -1,
  knowsEpochs: false,
  offsets: [
    {
      topic: 't',
      topicId: zeroUuid,
      partition: given.partition ?? 0,
      offset: given.offset ?? 1n,
      leaderEpoch: -1,
      metadata: '',
    },
  ],
  ...given,
})

const join = (groups: GroupService, newMemberId: string, given: { memberId?: string } = {}): Promise<JoinReply> =>
  groups.join('g', {
    memberId: '',
    newMemberId,
    groupInstanceId: null,
    requireKnownMemberId: false,
    canSkipAssignment: false,
    clientId: 'c',
    clientHost: '/127.0.0.1',
    rebalanceTimeoutMs: 60_000,
    sessionTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.from('subscription') }],
    reason: '',
    ...given,
  })

const sync = (groups: GroupService, memberId: string, generationId: number, assignment: string) =>
  groups.sync('g', {
    memberId,
    groupInstanceId: null,
    generationId,
    protocolType: null,
    protocolName: null,
    assignments: new Map([[memberId, Buffer.from(assignment)]]),
  })

const anyOf = (groupId: string) => ({ groupId, memberId: null, memberEpoch: -1, keys: null })

/** Undefined: no offset. */
function fetched(groups: GroupService, { groupId = 'g', partition = 0 } = {}): bigint | undefined {
  const keys = [{ topic: 't', topicId: zeroUuid, partition }]
  const [offset] = groups.fetchOffsets({ groupId, memberId: null, memberEpoch: -1, keys })
  assert.equal(offset?.errorCode, ErrorCode.NONE)
  return offset?.value?.offset
}

async function codeOf(run: () => unknown): Promise<number> {
  try {
    await run()
  } catch (error) {
    assert.ok(error instanceof ApiError, String(error))
    return error.code
  }
  return ErrorCode.NONE
}

/** The answer, if it is there. */
function settled<T>(promise: Promise<T>): { value: T | undefined } {
  const holder: { value: T | undefined } = { value: undefined }
  void promise.then((value) => {
    holder.value = value
  })
  return holder
}

test('groups live where Kafka looks for them', () => {
  assert.deepEqual(
    ['', 'a', 'g-classic', 'polygenelubricants', 'grüße \u{1f600}'].map(javaHash),
    [0, 97, 486_458_668, -2_147_483_648, 347_379_084],
  )
  // Of `kafka-data-clean`, whose topic has three partitions.
  const homes = ['g-consumer', 'g-share', 'g-classic'].map((groupId) => groupPartition(groupId, 3))
  assert.deepEqual(homes, [0, 0, 1])
  assert.equal(groupPartition('polygenelubricants', 50), 0)
})

test("keys come in the order of Java's hash table", () => {
  const assignors = ['range', 'roundrobin', 'sticky', 'cooperative-sticky']
  assert.deepEqual(hashMapOrder(assignors), ['sticky', 'range', 'roundrobin', 'cooperative-sticky'])
})

test('a request finds its shard, or is told why not', async () => {
  const none = new GroupBroker({ partitionCount: undefined })
  assert.equal(await codeOf(() => commitTo(none.groups, committing())), ErrorCode.COORDINATOR_NOT_AVAILABLE)
  const broker = new GroupBroker()
  assert.equal(await codeOf(() => commitTo(broker.groups, committing())), ErrorCode.NOT_COORDINATOR)
  assert.equal((await join(broker.groups, 'm')).errorCode, ErrorCode.NOT_COORDINATOR)
  const partition = new MemoryPartition()
  await broker.lead(partition)
  assert.deepEqual(await commitTo(broker.groups, committing()), [ErrorCode.NONE])
  broker.groups.stop()
  assert.equal(await codeOf(() => commitTo(broker.groups, committing())), ErrorCode.COORDINATOR_NOT_AVAILABLE)
  assert.equal(await codeOf(() => broker.groups.list({ states: [], types: [] })), ErrorCode.COORDINATOR_NOT_AVAILABLE)
})

test('while it loads, heartbeats pass and everything else is put off', async () => {
  const partition = new MemoryPartition()
  const before = new GroupBroker()
  await before.lead(partition)
  await commitTo(before.groups, committing({ offset: 5n }))
  const gate = Promise.withResolvers<void>()
  partition.gate = gate.promise
  const { groups } = new GroupBroker()
  groups.becomeLeader(0, 1, partition.ledIn(1))
  assert.equal(groups.heartbeat('g', { memberId: 'm', groupInstanceId: null }, 1), ErrorCode.NONE)
  assert.equal((await join(groups, 'm')).errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  assert.equal(await groups.deleteGroup('g'), ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  assert.equal(groups.describe('g').errorCode, ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  assert.equal(await codeOf(() => groups.list({ states: [], types: [] })), ErrorCode.COORDINATOR_LOAD_IN_PROGRESS)
  gate.resolve()
  await turns()
  assert.equal(fetched(groups), 5n)
})

test('the next leader goes on where this one was', async () => {
  const partition = new MemoryPartition()
  const first = new GroupBroker()
  await first.lead(partition)
  const { generationId, memberId } = await join(first.groups, 'm1')
  assert.equal((await sync(first.groups, memberId, generationId, 'mine')).errorCode, ErrorCode.NONE)
  await commitTo(first.groups, committing({ memberId, generationId, offset: 2n ** 63n - 1n }))
  const second = new GroupBroker()
  await second.lead(partition, { leaderEpoch: 1 })
  assert.equal(second.groups.heartbeat('g', { memberId, groupInstanceId: null }, generationId), ErrorCode.NONE)
  assert.equal(Buffer.from((await sync(second.groups, memberId, generationId, '')).assignment).toString(), 'mine')
  assert.equal(fetched(second.groups), 2n ** 63n - 1n)
  const { members, ...described } = second.groups.describe('g')
  assert.deepEqual([described.state, described.protocolName, members[0]?.clientHost], ['Stable', 'range', '/127.0.0.1'])
  const listed = second.groups.list({ states: ['stable'], types: ['CLASSIC'] })
  assert.deepEqual(listed, [{ groupId: 'g', protocolType: 'consumer', state: 'Stable', type: 'classic' }])
  assert.deepEqual(second.groups.list({ states: ['Empty'], types: [] }), [])
})

test('who waits when the broker resigns is sent to the next coordinator', async () => {
  const partition = new MemoryPartition()
  const { groups } = new GroupBroker()
  groups.becomeLeader(0, 3, partition.ledIn(3))
  await turns()
  const first = await join(groups, 'm1')
  partition.commitsAtOnce = false
  const late = join(groups, 'm2')
  const waiting = settled(late)
  const commit = settled(commitTo(groups, committing({ memberId: 'm1', generationId: first.generationId })))
  await turns()
  groups.resign(0, 2)
  assert.equal(waiting.value, undefined)
  groups.resign(0, 4)
  await turns()
  assert.equal((await late).errorCode, ErrorCode.NOT_COORDINATOR)
  assert.deepEqual(commit.value, [ErrorCode.NOT_COORDINATOR])
  assert.equal(await codeOf(() => commitTo(groups, committing())), ErrorCode.NOT_COORDINATOR)
})

test('a leader that stays leader keeps its members; one that may have lost records reads them again', async () => {
  const partition = new MemoryPartition()
  const { groups } = new GroupBroker()
  groups.becomeLeader(0, 0, partition.ledIn(0))
  await turns()
  await join(groups, 'm1')
  groups.becomeLeader(0, 1, partition.ledIn(1))
  assert.equal(groups.describe('g').state, 'CompletingRebalance')
  await commitTo(groups, committing({ groupId: 'other' }))
  const written = partition.batches.at(-1)
  assert.equal(written?.readInt32BE(12), 1)
  groups.becomeLeader(0, 3, partition.ledIn(3))
  await turns()
  assert.equal(groups.describe('g').errorCode, ErrorCode.GROUP_ID_NOT_FOUND)
  assert.equal(fetched(groups, { groupId: 'other' }), 1n)
})

test('an append that fails is answered in the terms of a coordinator, and leaves no trace', async () => {
  const partition = new MemoryPartition()
  const broker = new GroupBroker()
  await broker.lead(partition)
  const { groups } = broker
  await commitTo(groups, committing({ offset: 1n }))
  partition.refusal = new ApiError(ErrorCode.NOT_ENOUGH_REPLICAS, 'too few')
  assert.deepEqual(await commitTo(groups, committing({ offset: 2n })), [ErrorCode.COORDINATOR_NOT_AVAILABLE])
  partition.commitsAtOnce = false
  const failing = [commitTo(groups, committing({ offset: 3n })), commitTo(groups, committing({ offset: 4n }))]
  const stable = codeOf(() => groups.fetchStableOffsets(anyOf('g')))
  assert.equal(fetched(groups), 1n)
  partition.fail(ErrorCode.NOT_LEADER_OR_FOLLOWER)
  assert.deepEqual(await Promise.all(failing), [[ErrorCode.NOT_COORDINATOR], [ErrorCode.NOT_COORDINATOR]])
  assert.equal(await stable, ErrorCode.NOT_COORDINATOR)
  partition.commitsAtOnce = true
  await commitTo(groups, committing({ offset: 5n }))
  assert.equal(fetched(groups), 5n)
  const next = new GroupBroker()
  await next.lead(partition)
  assert.equal(fetched(next.groups), 5n)
  assert.deepEqual(broker.faults, [])
})

test('who requires stable offsets waits for those on their way, and is told of them', async () => {
  const partition = new MemoryPartition()
  const broker = new GroupBroker()
  await broker.lead(partition)
  const { groups } = broker
  await commitTo(groups, committing({ offset: 1n }))
  const [settled] = await groups.fetchStableOffsets(anyOf('g'))
  assert.equal(settled?.value?.offset, 1n)
  partition.commitsAtOnce = false
  const second = commitTo(groups, committing({ offset: 2n }))
  const keys = [{ topic: 't', topicId: zeroUuid, partition: 0 }]
  const all = groups.fetchStableOffsets(anyOf('g'))
  const some = groups.fetchStableOffsets({ ...anyOf('g'), keys })
  assert.equal(await Promise.race([all, some, turns().then(() => undefined)]), undefined)
  assert.equal(fetched(groups), 1n)
  partition.commit()
  assert.deepEqual(await second, [ErrorCode.NONE])
  for (const answer of [await all, await some]) {
    assert.deepEqual(
      answer.map(({ errorCode, value }) => [errorCode, value?.offset]),
      [[ErrorCode.NONE, 2n]],
    )
  }
})

test('an answer does not wait for its replicas for ever', async () => {
  const partition = new MemoryPartition()
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(partition)
  partition.commitsAtOnce = false
  const late = commitTo(broker.groups, committing({ offset: 9n }))
  clock.advance(5000)
  assert.deepEqual(await late, [ErrorCode.COORDINATOR_NOT_AVAILABLE])
  assert.equal(fetched(broker.groups), undefined)
  partition.commit()
  await turns()
  assert.equal(fetched(broker.groups), 9n)
})

test('what fits into no batch is refused', async () => {
  const partition = new MemoryPartition()
  const broker = new GroupBroker({ batchBytesMax: 300 })
  await broker.lead(partition)
  const offsets = Array.from({ length: 10 }, (_, i) => committing({ partition: i }).offsets).flat()
  const codes = await commitTo(broker.groups, committing({ offsets }))
  assert.deepEqual(new Set(codes), new Set([ErrorCode.UNKNOWN_SERVER_ERROR]))
  assert.deepEqual(partition.batches, [])
  assert.equal(broker.groups.describe('g').errorCode, ErrorCode.GROUP_ID_NOT_FOUND)
})

test('batches are in the codec of their topic; where it has none, in that of the offsets', async () => {
  const { none, lz4, zstd } = CompressionType
  for (const [targetCompression, codec] of [
    [undefined, lz4],
    [{ codec: zstd, level: 9 }, zstd],
    [{ codec: none, level: undefined }, none],
  ] as const) {
    const partition = new MemoryPartition()
    partition.targetCompression = targetCompression
    const broker = new GroupBroker({ settings: { 'offsets.topic.compression.codec': `${lz4}` } })
    await broker.lead(partition)
    assert.deepEqual(await commitTo(broker.groups, committing()), [ErrorCode.NONE])
    const [batch = Buffer.alloc(0)] = partition.batches
    assert.equal(batchHeader.codecId(new DataView(batch.buffer, batch.byteOffset, batch.length), 0), codec)
  }
})

test('a group that came to nothing is forgotten', async () => {
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(new MemoryPartition())
  const { groups } = broker
  const count = (): number => groups.list({ states: [], types: [] }).length
  const refused = await groups.join('g', {
    memberId: '',
    newMemberId: 'm',
    groupInstanceId: null,
    requireKnownMemberId: true,
    canSkipAssignment: false,
    clientId: 'c',
    clientHost: '',
    rebalanceTimeoutMs: 10_000,
    sessionTimeoutMs: 10_000,
    protocolType: '',
    protocols: [],
    reason: '',
  })
  assert.equal(refused.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  assert.equal(count(), 0)
  await commitTo(groups, committing())
  assert.equal(count(), 1)
  assert.deepEqual(await groups.deleteOffsets('g', [{ topic: 't', partition: 0 }]), [ErrorCode.NONE])
  assert.equal(count(), 1)
  clock.advance(600_000)
  await turns()
  assert.equal(count(), 0)
})

test('a group that is deleted makes room at once for another of its name', async () => {
  const partition = new MemoryPartition()
  const broker = new GroupBroker()
  await broker.lead(partition)
  const { groups } = broker
  await commitTo(groups, committing({ offset: 7n }))
  partition.commitsAtOnce = false
  const deleting = groups.deleteGroup('g')
  const joined = await join(groups, 'm1')
  assert.equal(joined.errorCode, ErrorCode.NONE)
  partition.commit()
  assert.equal(await deleting, ErrorCode.NONE)
  assert.equal(groups.describe('g').state, 'CompletingRebalance')
  assert.equal(fetched(groups), undefined)
  assert.equal(await groups.deleteGroup('g'), ErrorCode.NON_EMPTY_GROUP)
})

test('offsets of a topic that is deleted go with it', async () => {
  const broker = new GroupBroker()
  await broker.lead(new MemoryPartition())
  const { groups } = broker
  await commitTo(groups, committing({ offset: 7n }))
  groups.topicsDeleted([{ topic: 'other', topicId: zeroUuid }])
  await turns()
  assert.equal(fetched(groups), 7n)
  groups.topicsDeleted([{ topic: 't', topicId: zeroUuid }])
  await turns()
  assert.equal(fetched(groups), undefined)
})

test('readers see what a model says, whatever is committed, fails, and is loaded again', async () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('commit' as const), group: fc.nat(2), partition: fc.nat(1) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('delete' as const), group: fc.nat(2) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('settle' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.constantFrom('0', '1', '2', '3', '4'),
      async (steps, codec) => {
        const partition = new MemoryPartition()
        partition.commitsAtOnce = false
        const settings = { 'offsets.topic.compression.codec': codec, 'offsets.load.buffer.size': '200' }
        let broker = new GroupBroker({ settings })
        let leaderEpoch = 0
        await broker.lead(partition)
        /** By group and partition; the newest is ahead of the committed one until it settles. */
        let committed = new Map<string, bigint>()
        let newest = new Map<string, bigint>()
        let next = 0n
        const waiting: Promise<PartitionCodes | number>[] = []
        const settle = async (): Promise<void> => {
          await Promise.all(waiting.splice(0))
          await turns()
        }
        for (const action of steps) {
          if (action.kind === 'commit') {
            const groupId = `g${action.group}`
            waiting.push(commitTo(broker.groups, committing({ groupId, partition: action.partition, offset: ++next })))
            newest.set(`${groupId} ${action.partition}`, next)
          } else if (action.kind === 'delete') {
            waiting.push(broker.groups.deleteGroup(`g${action.group}`))
            newest = new Map([...newest].filter(([key]) => !key.startsWith(`g${action.group} `)))
          } else if (action.kind === 'settle') {
            partition.commit()
            await settle()
            committed = new Map(newest)
          } else if (action.kind === 'fail') {
            partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
            await settle()
            newest = new Map(committed)
          } else {
            // What was not committed yet lies in the log, and the next leader counts it.
            broker.groups.stop()
            partition.commit()
            await settle()
            committed = new Map(newest)
            broker = new GroupBroker({ settings })
            await broker.lead(partition, { leaderEpoch: ++leaderEpoch })
            await turns(400)
          }
          for (const groupId of ['g0', 'g1', 'g2']) {
            for (const index of [0, 1]) {
              assert.equal(fetched(broker.groups, { groupId, partition: index }), committed.get(`${groupId} ${index}`))
            }
          }
          assert.deepEqual(broker.faults, [])
        }
      },
    ),
    { numRuns: 60 },
  )
})
