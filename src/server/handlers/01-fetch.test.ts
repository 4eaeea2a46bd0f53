import assert from 'node:assert/strict'
import { test } from 'node:test'
import { partSizeInBytes, present, TimerWheel, zeroUuid } from '../../base/index.ts'
import { createEnv } from '../../env/index.ts'
import type { PartitionImage } from '../../metadata/index.ts'
import { ErrorCode, type FetchResponse, fetch } from '../../protocol/index.ts'
import { buildBatch } from '../../records/index.ts'
import { FetchSessions, FetchWaiters } from '../../replication/index.ts'
import { fetchHandler } from './01-fetch.ts'
import { ask, countingStream } from './handler-fixture.ts'
import { PartitionFixture } from './partition-fixture.ts'

const rackAware = { 'replica.selector.class': 'org.apache.kafka.common.replica.RackAwareReplicaSelector' }
const newest = fetch.versions[1]

interface Question {
  readonly version?: number
  readonly rackId?: string
  readonly offset?: number
  readonly leaderEpoch?: number
  readonly maxWaitMs?: number
  /** Of a follower. */
  readonly replicaId?: number
  readonly listenerName?: string
}

type Reply = FetchResponse['responses'][number]['partitions'][number]

/** Node 1 in rack a, node 2 in rack b; the first of `replicas` leads. */
class Bench {
  readonly fixture: PartitionFixture
  readonly #handler: ReturnType<typeof fetchHandler>

  private constructor(fixture: PartitionFixture) {
    const { cluster, replicas } = fixture
    this.fixture = fixture
    this.#handler = fetchHandler({
      ...cluster.services,
      topicName: (id) => cluster.image.topics.byId.get(id)?.name,
      replicas,
      sessions: new FetchSessions({ slots: 10, random: countingStream(), nowMs: () => cluster.clock.monotonic() }),
      waiters: new FetchWaiters(new TimerWheel({ clock: cluster.clock, tickMs: 10 })),
    })
  }

  static async open(replicas: readonly number[], texts: Readonly<Record<string, string>> = rackAware): Promise<Bench> {
    const { disk } = createEnv({ disk: 'memory' })
    const fixture = await PartitionFixture.open(disk, { t: { replicas: [replicas] } }, texts)
    for (const [id, rack] of [
      [1, 'a'],
      [2, 'b'],
    ] as const) {
      fixture.cluster.register(id, { rack })
      fixture.cluster.heartbeat(id)
    }
    return new Bench(fixture)
  }

  get partition() {
    return this.fixture.partition('t')
  }

  /** As the controller has it. */
  get state(): PartitionImage {
    return present(this.fixture.cluster.image.topics.byName.get('t')?.partitions.get(0), 'the partition')
  }

  async ask({ version = newest, rackId = 'b', offset = 0, ...more }: Question = {}): Promise<Reply> {
    const { leaderEpoch: currentLeaderEpoch = -1, maxWaitMs = 0, replicaId = -1, listenerName = 'PLAINTEXT' } = more
    const partitions = [{ partition: 0, fetchOffset: offset, currentLeaderEpoch, partitionMaxBytes: 1_000_000 }]
    const { topicId } = this.partition
    const request = fetch.request.create({
      ...{
        replicaId,
        replicaState: { replicaId, replicaEpoch: -1 },
        sessionEpoch: -1,
        rackId: version < 11 ? '' : rackId,
      },
      ...{ maxWaitMs, minBytes: 1, maxBytes: 1_000_000 },
      topics: [{ topic: 't', topicId: version < 13 ? zeroUuid : topicId, partitions }],
    })
    const { responses } = await ask(this.#handler, request, { apiVersion: version, listenerName })
    return present(responses[0]?.partitions[0], 'the partition')
  }

  /** As a follower: what its leader has sent, and how far that is committed. */
  async followed(count: number, highWatermark: number): Promise<void> {
    const { partition } = this
    for (let i = 0; i < count; i++) {
      const batch = buildBatch([{ value: Buffer.from('value'), timestampMs: 1 }], {
        baseOffset: partition.log.logEndOffset,
        leaderEpoch: partition.leaderEpoch,
      })
      await partition.appendAsFollower(batch, partition.leaderEpoch)
    }
    partition.follow({ highWatermark, logStartOffset: 0 })
  }
}

const sizeOf = ({ records }: Reply): number =>
  records instanceof Uint8Array ? records.length : (records?.reduce((sum, part) => sum + partSizeInBytes(part), 0) ?? 0)

const seen = (reply: Reply) => ({
  code: reply.errorCode,
  preferred: reply.preferredReadReplica,
  hasRecords: sizeOf(reply) > 0,
})

const here = { code: ErrorCode.NONE, preferred: -1, hasRecords: true }
const nothing = { ...here, hasRecords: false }
const refused = (code: number) => ({ ...nothing, code })

/** Node 1 leads and has two records; node 2 has both. */
async function leading(texts?: Readonly<Record<string, string>>): Promise<Bench> {
  const bench = await Bench.open([1, 2], texts)
  await bench.fixture.append(bench.partition, [1, 2])
  await bench.ask({ replicaId: 2, offset: 2 })
  assert.equal(bench.partition.log.highWatermark, 2)
  return bench
}

test('a leader names the follower in the rack of the reader, with its marks and without records, and waits for nothing', async () => {
  const bench = await leading()
  for (const offset of [0, 2]) {
    const reply = await bench.ask({ offset, maxWaitMs: 60_000 })
    assert.deepEqual(seen(reply), { ...nothing, preferred: 2 })
    const { highWatermark, lastStableOffset, logStartOffset, abortedTransactions } = reply
    assert.deepEqual([highWatermark, lastStableOffset, logStartOffset, abortedTransactions], [2, 2, 0, null])
  }
})

test('a leader gives records itself to who tells no rack, or its own, or cannot be told of another', async () => {
  const bench = await leading()
  for (const question of [{ rackId: '' }, { rackId: 'a' }, { rackId: 'nowhere' }, { version: 10 }]) {
    assert.deepEqual(seen(await bench.ask(question)), here, JSON.stringify(question))
  }
})

test('a leader without a selector gives records itself to everybody', async () => {
  assert.deepEqual(seen(await (await leading({})).ask()), here)
})

test('a leader names nobody who does not have the offset, or is fenced', async () => {
  const bench = await leading()
  await bench.fixture.append(bench.partition, [3])
  assert.deepEqual(seen(await bench.ask({ offset: 2 })), { ...nothing, preferred: 2 })
  assert.deepEqual(seen(await bench.ask({ offset: 3 })), nothing, 'beyond the high watermark, and in no other log')
  bench.fixture.cluster.heartbeat(2, { wantFence: true })
  assert.deepEqual(seen(await bench.ask()), here)
})

test('a leader names nobody to a reader that has come in where the other does not listen', async () => {
  assert.deepEqual(seen(await (await leading()).ask({ listenerName: 'ELSEWHERE' })), here)
})

test('a leader refuses a wrong epoch before it names anybody', async () => {
  const bench = await leading()
  const { leaderEpoch } = bench.partition
  assert.deepEqual(seen(await bench.ask({ leaderEpoch })), { ...nothing, preferred: 2 })
  const newer = await bench.ask({ leaderEpoch: leaderEpoch + 1 })
  assert.deepEqual(seen(newer), refused(ErrorCode.UNKNOWN_LEADER_EPOCH))
})

/** Node 1 follows and has three records, two of which are committed. */
async function following(): Promise<Bench> {
  const bench = await Bench.open([2, 1])
  await bench.followed(3, 2)
  return bench
}

test('a follower gives a consumer what is committed, up to its own high watermark', async () => {
  const bench = await following()
  const two = await bench.ask()
  assert.deepEqual(seen(two), here)
  assert.deepEqual([two.highWatermark, two.lastStableOffset, two.logStartOffset], [2, 2, 0])
  assert.equal(sizeOf(two), 2 * sizeOf(await bench.ask({ offset: 1 })))
  for (const offset of [2, 3]) assert.deepEqual(seen(await bench.ask({ offset })), nothing, 'it may come')
  assert.deepEqual(seen(await bench.ask({ offset: 4 })), refused(ErrorCode.OFFSET_OUT_OF_RANGE))
})

test('a follower needs no selector to be read, and no rack', async () => {
  const bench = await Bench.open([2, 1], {})
  await bench.followed(1, 1)
  assert.deepEqual(seen(await bench.ask({ rackId: '' })), here)
})

test('a follower refuses versions before 11, and other followers', async () => {
  const bench = await following()
  const code = ErrorCode.NOT_LEADER_OR_FOLLOWER
  assert.deepEqual(seen(await bench.ask({ version: 10 })), refused(code))
  assert.deepEqual(seen(await bench.ask({ version: 11 })), here)
  assert.deepEqual(seen(await bench.ask({ replicaId: 2 })), refused(code))
})

test('a follower goes by the leader epoch that it knows', async () => {
  const bench = await following()
  bench.partition.become({ ...bench.state, leaderEpoch: 5 })
  assert.deepEqual(seen(await bench.ask({ leaderEpoch: 5 })), here)
  assert.deepEqual(seen(await bench.ask({ leaderEpoch: 4 })), refused(ErrorCode.FENCED_LEADER_EPOCH))
  assert.deepEqual(seen(await bench.ask({ leaderEpoch: 6 })), refused(ErrorCode.UNKNOWN_LEADER_EPOCH))
})

/** The answer, if it has come by the end of this turn. */
async function now(asking: Promise<Reply>): Promise<Reply | undefined> {
  const turn = new Promise<undefined>((resolve) => setImmediate(() => resolve(undefined)))
  return Promise.race([asking, turn.then(() => turn)])
}

test('a read that waits at a follower is answered when the high watermark there moves, and not by an append', async () => {
  const bench = await following()
  const asking = bench.ask({ offset: 2, maxWaitMs: 60_000 })
  await bench.followed(1, 2)
  assert.equal(await now(asking), undefined)
  bench.partition.follow({ highWatermark: 3, logStartOffset: 0 })
  const reply = present(await now(asking), 'the answer')
  assert.deepEqual([seen(reply), reply.highWatermark], [here, 3])
})

test('a read that waits at a follower ends when another epoch begins, or the replica goes', async () => {
  const bench = await following()
  const { leaderEpoch } = bench.partition
  const fenced = bench.ask({ offset: 2, leaderEpoch, maxWaitMs: 60_000 })
  const unaware = bench.ask({ offset: 2, maxWaitMs: 60_000 })
  assert.equal(await now(fenced), undefined)
  bench.fixture.lead(bench.partition, leaderEpoch + 1)
  assert.deepEqual(seen(present(await now(fenced), 'the answer')), refused(ErrorCode.FENCED_LEADER_EPOCH))
  assert.equal(await now(unaware), undefined, 'it goes on at the new leader, or follower')
  bench.partition.stop()
  assert.deepEqual(seen(present(await now(unaware), 'the answer')), refused(ErrorCode.NOT_LEADER_OR_FOLLOWER))
})

test('a read that waits at a leader goes on when that becomes a follower, from version 11 on', async () => {
  const bench = await leading()
  const [before, since] = [10, 11].map((version) => bench.ask({ version, rackId: '', offset: 2, maxWaitMs: 60_000 }))
  bench.partition.become({ ...bench.state, leader: 2, leaderEpoch: bench.partition.leaderEpoch + 1 })
  const code = ErrorCode.NOT_LEADER_OR_FOLLOWER
  assert.deepEqual(seen(present(await now(present(before, 'one')), 'the answer')), refused(code))
  assert.equal(await now(present(since, 'the other')), undefined)
  await bench.followed(1, 3)
  assert.deepEqual(seen(present(await now(present(since, 'the other')), 'the answer')), here)
})

test('a read that waits at a follower whose log is cut before it is refused', async () => {
  const bench = await following()
  const asking = bench.ask({ offset: 3, maxWaitMs: 60_000 })
  assert.equal(await now(asking), undefined)
  await bench.partition.truncateTo(2)
  assert.deepEqual(seen(present(await now(asking), 'the answer')), refused(ErrorCode.OFFSET_OUT_OF_RANGE))
})
