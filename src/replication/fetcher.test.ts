/** A follower and a leader that answers as a script says, in a simulated network: what is asked, and what becomes of the log. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { peersOf } from '../../test/remote-world.ts'
import { MemoryDisk } from '../env/index.ts'
import { replyFrame, serve, tellVersions } from '../peer/scripted-server.ts'
import { apiVersions, ErrorCode, type FetchRequest, fetch, listOffsets } from '../protocol/index.ts'
import { buildBatch } from '../records/index.ts'
import { PartitionFixture, silent } from '../server/handlers/partition-fixture.ts'
import { World } from '../sim/index.ts'
import { Fetcher } from './fetcher.ts'
import { FollowedPartition } from './followed-partition.ts'
import type { Partition } from './partition.ts'

const backoffMs = 1000
const waitMs = 500
const settings = {
  ...{ waitMsMax: waitMs, minBytes: 1, maxBytes: 1_000_000, partitionMaxBytes: 1_000_000 },
  ...{ backoffMs, timeoutMs: 30_000 },
}

type Answer = Partial<{
  errorCode: number
  highWatermark: number
  logStartOffset: number
  divergingEpoch: { epoch: number; endOffset: number }
  records: Uint8Array
}>

/** By partition; undefined: there is no news of it. */
type Script = (request: FetchRequest, nth: number) => Readonly<Record<number, Answer>>

const leaderEpoch = 3

const batchAt = (baseOffset: number, epoch: number): Buffer =>
  buildBatch([{ value: Buffer.from('value'), timestampMs: 1 }], { baseOffset, leaderEpoch: epoch })

/** Broker 1 follows both partitions of t, which broker 2 leads; `offsets`: of ListOffsets, undefined: it never answers. */
async function following(
  script: Script,
  offsets?: { readonly start: number; readonly end: number },
  configs: Readonly<Record<string, string>> = {},
) {
  const world = new World({ seed: 1, turn: setImmediate })
  const fixture = await PartitionFixture.open(new MemoryDisk(), {
    t: {
      replicas: [
        [2, 1],
        [2, 1],
      ],
      configs,
    },
  })
  const { clock } = world.env('follower')
  const asked: FetchRequest[] = []
  const { topicId } = fixture.partition('t')
  await serve(world.env('leader'), {
    ...{ host: 'leader', port: 9092 },
    script(request, socket) {
      if (request.key === apiVersions.key) {
        const ranges = [apiVersions, fetch, listOffsets].map((api) => [api.key, ...api.versions] as const)
        socket.write([replyFrame(apiVersions, request, tellVersions(ranges))])
        return
      }
      if (request.key === listOffsets.key) {
        if (offsets === undefined) return
        const { topics } = listOffsets.request.decode(request.reader, request.version)
        const [{ timestamp = 0n, partitionIndex = 0 } = {}] = topics[0]?.partitions ?? []
        const offset = timestamp === -1n ? offsets.end : offsets.start
        const reply = listOffsets.response.create({ topics: [{ name: 't', partitions: [{ partitionIndex, offset }] }] })
        socket.write([replyFrame(listOffsets, request, reply)])
        return
      }
      const decoded = fetch.request.decode(request.reader, request.version)
      asked.push(decoded)
      const answers = Object.entries(script(decoded, asked.length))
      const partitions = answers.map(([index, answer]) => ({ partitionIndex: Number(index), ...answer }))
      const reply = fetch.response.create({ sessionId: 7, responses: [{ topicId, partitions }] })
      world.after(answers.length > 0 ? 1 : decoded.maxWaitMs, () => socket.write([replyFrame(fetch, request, reply)]))
    },
  })
  const fetcher = new Fetcher({
    ...{ nodeId: 1, leaderId: 2, ownEpoch: () => 11, clock, logger: silent, settings: () => settings },
    address: () => ({ host: 'leader', port: 9092 }),
    peers: peersOf(world.env('follower'), '1'),
    onFault: (error) => assert.fail(String(error)),
  })
  const follow = (partition: Partition): FollowedPartition => {
    const followed = new FollowedPartition({
      ...{ partition, leaderId: 2, leaderEpoch, logger: silent },
      nowMs: () => clock.monotonic(),
      backoffMs: () => backoffMs,
    })
    fetcher.add(followed)
    return followed
  }
  return { world, fixture, fetcher, asked, follow, pass: (ms: number) => world.run(world.nowMs + ms) }
}

const places = ({ topics }: FetchRequest) =>
  topics.flatMap(({ partitions }) => partitions.map((it) => `${it.partition}@${it.fetchOffset}`))
const forgotten = ({ forgottenTopicsData }: FetchRequest) => forgottenTopicsData.flatMap(({ partitions }) => partitions)

test('what is held back is not asked for in the session, from the first one on, and is told anew when it is back', async () => {
  const it = await following((_, nth) => (nth === 1 ? { 0: { errorCode: ErrorCode.KAFKA_STORAGE_ERROR } } : {}))
  it.follow(it.fixture.partition('t', 0))
  it.follow(it.fixture.partition('t', 1))
  await it.pass(backoffMs + 3 * waitMs)
  assert.deepEqual(it.asked.slice(0, 2).map(places), [['0@0'], ['1@0']])
  assert.deepEqual(it.asked.slice(0, 2).map(forgotten), [[], [0]])
  const later = it.asked.slice(2).flatMap(places)
  assert.deepEqual(later, ['0@0'])
  await it.fetcher.close()
})

test('what a leader has told a replica that is followed anew meanwhile, it tells again', async () => {
  const it = await following((request) => (request.sessionEpoch === 0 ? { 0: { highWatermark: 1 } } : {}))
  const partition = it.fixture.partition('t', 0)
  await partition.appendAsFollower(batchAt(0, 1), leaderEpoch)
  const before = it.follow(partition)
  while (it.asked.length === 0) await it.pass(1)
  await it.fetcher.remove(before)
  it.follow(partition)
  await it.pass(2 * waitMs)
  assert.equal(partition.log.highWatermark, 1)
  assert.deepEqual(
    it.asked.slice(0, 3).map(({ sessionEpoch }) => sessionEpoch),
    [0, 0, 1],
  )
  await it.fetcher.close()
})

test('a leader that does not know its epoch yet is asked again soon, though nothing else has come, and later and later', async () => {
  const timesMs: number[] = []
  const it = await following((request) => {
    if (!places(request).includes('0@0')) return {}
    timesMs.push(it.world.nowMs)
    return { 0: { errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH } }
  })
  it.follow(it.fixture.partition('t', 0))
  it.follow(it.fixture.partition('t', 1))
  await it.pass(5 * backoffMs)
  const waitedMs = timesMs.slice(1).map((ms, i) => ms - (timesMs[i] ?? 0))
  const wanted = [20, 40, 80, 160, 320, 640, backoffMs, backoffMs]
  // On the way there and back time passes too.
  assert.deepEqual(
    waitedMs.slice(0, wanted.length).map((ms, i) => ms >= (wanted[i] ?? 0) && ms < (wanted[i] ?? 0) + 15),
    wanted.map(() => true),
    `${waitedMs}`,
  )
  await it.fetcher.close()
})

test('records are appended where they came, with the epoch of the last one in the next request', async () => {
  const it = await following((_, nth) =>
    nth === 1 ? { 0: { records: Buffer.concat([batchAt(0, 1), batchAt(1, 2)]), highWatermark: 1 } } : {},
  )
  const partition = it.fixture.partition('t')
  it.follow(partition)
  await it.pass(waitMs)
  assert.deepEqual([partition.log.logEndOffset, partition.log.highWatermark], [2, 1])
  const [, second] = it.asked
  assert.ok(second)
  assert.deepEqual(places(second), ['0@2'])
  assert.equal(second.topics[0]?.partitions[0]?.lastFetchedEpoch, 2)
  await it.fetcher.close()
})

test('a log that leaves the leader is cut where the epoch ended, and takes the high watermark that was told with that', async () => {
  const it = await following((_, nth) =>
    nth === 1 ? { 0: { divergingEpoch: { epoch: 1, endOffset: 2 }, highWatermark: 2 } } : {},
  )
  const partition = it.fixture.partition('t')
  for (let offset = 0; offset < 4; offset++) await partition.appendAsFollower(batchAt(offset, 1), 1)
  it.follow(partition)
  await it.pass(2 * waitMs)
  assert.deepEqual([partition.log.logEndOffset, partition.log.highWatermark], [2, 2])
  assert.deepEqual(it.asked.slice(0, 2).map(places), [['0@4'], ['0@2']])
  await it.fetcher.close()
})

test('where the follower does not know the epoch, it is cut to the end of the one before, and asks again', async () => {
  const it = await following((_, nth) =>
    nth === 1 ? { 0: { divergingEpoch: { epoch: 2, endOffset: 9 }, highWatermark: 9 } } : {},
  )
  const partition = it.fixture.partition('t')
  for (const [offset, epoch] of [1, 1, 3, 3].entries()) await partition.appendAsFollower(batchAt(offset, epoch), epoch)
  it.follow(partition)
  await it.pass(2 * waitMs)
  assert.deepEqual([partition.log.logEndOffset, partition.log.highWatermark], [2, 0], 'the logs may still differ')
  assert.equal(it.asked[1]?.topics[0]?.partitions[0]?.lastFetchedEpoch, 1)
  await it.fetcher.close()
})

test('behind the start of the leader a log begins anew there, inside of a batch where the leader begins inside', async () => {
  const whole = buildBatch(
    Array.from({ length: 4 }, () => ({ value: Buffer.from('v'), timestampMs: 1 })),
    { baseOffset: 5, leaderEpoch: 1 },
  )
  const it = await following(
    (_, nth) => {
      if (nth === 1) return { 0: { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE } }
      return nth === 2 ? { 0: { records: whole, highWatermark: 9, logStartOffset: 7 } } : {}
    },
    { start: 7, end: 9 },
  )
  const partition = it.fixture.partition('t')
  it.follow(partition)
  await it.pass(2 * waitMs)
  assert.deepEqual(it.asked.slice(0, 3).map(places), [['0@0'], ['0@7'], ['0@9']])
  assert.deepEqual([partition.log.logStartOffset, partition.log.logEndOffset], [7, 9])
  await it.fetcher.close()
})

test('who ends to follow does not wait for a leader that is silent', async () => {
  const it = await following(() => ({ 0: { errorCode: ErrorCode.OFFSET_OUT_OF_RANGE } }))
  const followed = it.follow(it.fixture.partition('t'))
  await it.pass(waitMs)
  assert.equal(followed.readyMs, undefined, 'it has asked where the leader is')
  const sinceMs = it.world.nowMs
  await it.world.settle(it.fetcher.remove(followed))
  assert.ok(it.world.nowMs - sinceMs < waitMs)
  await it.fetcher.close()
})

/** Partition 0 is throttled, to nothing; its first answer has a record, and says how far the leader is. */
async function throttled(highWatermark: number) {
  const it = await following(
    (_, nth) => (nth === 1 ? { 0: { records: batchAt(0, 1), highWatermark } } : {}),
    undefined,
    { 'follower.replication.throttled.replicas': '0:1' },
  )
  const bound = { resourceType: 4, resourceName: '', name: 'follower.replication.throttled.rate', value: '0' }
  it.fixture.cluster.append({ kind: 'config', value: bound })
  it.follow(it.fixture.partition('t', 0))
  return it
}

/** Until nothing of what was recorded is in the window any more: 11 samples of a second. */
const windowMs = 11_000

test('over the rate a throttled partition that lags is left out of the session, and the others are fetched', async () => {
  const it = await throttled(100)
  await it.pass(10)
  it.follow(it.fixture.partition('t', 1))
  await it.pass(3 * waitMs)
  assert.deepEqual(it.asked.map(places), [['0@0'], ['1@0'], [], []])
  assert.deepEqual(it.asked.map(forgotten), [[], [0], [], []])
  it.fixture.cluster.clock.advance(windowMs)
  await it.pass(waitMs)
  assert.deepEqual(it.asked.slice(4).map(places), [['0@1']])
  await it.fetcher.close()
})

test('over the rate a fetcher with nothing else rests, looks again now and then, and at once when it is told to', async () => {
  const it = await throttled(100)
  await it.pass(10 * backoffMs)
  assert.equal(it.asked.length, 1)
  it.fixture.cluster.clock.advance(windowMs)
  await it.pass(backoffMs)
  assert.deepEqual(it.asked.slice(0, 2).map(places), [['0@0'], ['0@1']])
  it.fixture.partition('t', 0).followerQuota?.record(1)
  await it.pass(2 * waitMs)
  const { length } = it.asked
  await it.pass(5)
  it.fixture.cluster.clock.advance(windowMs)
  it.fetcher.wake()
  await it.pass(5)
  assert.equal(it.asked.length, length + 1)
  await it.fetcher.close()
})

test('who has all that the leader has committed is fetched whatever the rate is', async () => {
  const it = await throttled(1)
  await it.pass(3 * waitMs)
  assert.ok(it.fixture.replicas.quotas.follower.isExceeded)
  assert.deepEqual(it.asked.map(places), [['0@0'], ['0@1'], [], []])
  await it.fetcher.close()
})
