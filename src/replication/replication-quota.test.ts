/** Leaders of throttled partitions, and followers that fetch from them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRegion, present, TimerWheel } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import { noChanges } from '../metadata/index.ts'
import { PartitionFixture } from '../server/handlers/partition-fixture.ts'
import { FetchingFollower, type FetchRead, type Target } from './fetch-reader.ts'
import { FetchWaiters } from './waiting-fetch.ts'

const topicResource = 2
const brokerResource = 4
const throttledKey = 'leader.replication.throttled.replicas'
const rateKey = 'leader.replication.throttled.rate'
const bytesPerSecond = 1000
const maxWaitMs = 500
/** `replica.lag.time.max.ms`. */
const lagMs = 30_000

/** Node 1 leads `slow`, which is throttled, and `quick`; node 2 follows, and is in sync with neither. */
class ThrottledLeader {
  readonly fixture: PartitionFixture
  readonly #waiters: FetchWaiters

  private constructor(fixture: PartitionFixture) {
    this.fixture = fixture
    this.#waiters = new FetchWaiters(new TimerWheel({ clock: fixture.cluster.clock, tickMs: 10 }))
  }

  static async open(throttled = '0:1'): Promise<ThrottledLeader> {
    const replicas = [[1, 2]]
    const fixture = await PartitionFixture.open(new MemoryDisk(), {
      slow: { replicas, configs: { [throttledKey]: throttled } },
      quick: { replicas },
    })
    const it = new ThrottledLeader(fixture)
    await it.configure(brokerResource, '', rateKey, `${bytesPerSecond}`)
    for (const topic of ['slow', 'quick']) {
      it.inSync(topic, [1])
      await fixture.append(fixture.partition(topic), [1])
    }
    // Who was in sync a moment ago would be about to be so again.
    it.pass(lagMs + 1)
    return it
  }

  async configure(resourceType: number, resourceName: string, name: string, value: string): Promise<void> {
    const { cluster, replicas } = this.fixture
    const before = cluster.image
    cluster.append({ kind: 'config', value: { resourceType, resourceName, name, value } })
    const changes = { ...noChanges, configsChanged: [{ resourceType, resourceName }] }
    await replicas.apply({ before, image: cluster.image, changes })
  }

  inSync(topic: string, isr: readonly number[]): void {
    const partition = this.fixture.partition(topic)
    const state = present(this.fixture.cluster.image.topics.byName.get(topic)?.partitions.get(0), topic)
    const partitionEpoch = state.partitionEpoch + this.#epochs++
    partition.become({ ...state, isr, partitionEpoch })
  }
  #epochs = 1

  sent(sizeInBytes: number): void {
    this.fixture.replicas.quotas.leader.record(sizeInBytes)
  }

  pass(ms: number): void {
    this.fixture.cluster.clock.advance(ms)
  }

  /** `topic@offset`; without an offset from 0 on. */
  fetch(places: readonly string[]) {
    const targets = places.map((place): Target => {
      const [topic = '', offset = '0'] = place.split('@')
      const fetchOffset = Number(offset)
      const partition = this.fixture.partition(topic)
      const { topicId } = partition
      const epochs = { currentLeaderEpoch: -1, lastFetchedEpoch: -1 }
      const asked = { topic, topicId, partition: 0, fetchOffset, ...epochs, logStartOffset: 0, maxBytes: 1_000_000 }
      return { asked, partition, follower: new FetchingFollower({ brokerId: 2, brokerEpoch: -1 }) }
    })
    const options = { isolation: 'log-end', maxBytes: 1_000_000, minBytes: 1, maxWaitMs } as const
    const answer: { read?: FetchRead } = {}
    const { read } = this.#waiters.fetch(targets, options)
    Promise.resolve(read).then((it) => Object.assign(answer, { read: it }))
    return answer
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Of which topics, in their order, there are records; undefined before the answer. */
const hasRecords = ({ read }: { readonly read?: FetchRead }): boolean[] | undefined =>
  read?.results.map(({ records }) => {
    if (records === null || records instanceof Uint8Array) return (records?.length ?? 0) > 0
    return records.some((part) => isRegion(part))
  })

test('over the rate a throttled partition gives no records to who is not in sync, and others do', async () => {
  const it = await ThrottledLeader.open()
  it.sent(bytesPerSecond)
  const atTheRate = it.fetch(['slow', 'quick'])
  await turn()
  assert.deepEqual(hasRecords(atTheRate), [true, true])
  it.sent(1)
  const beyond = it.fetch(['slow', 'quick'])
  await turn()
  assert.deepEqual(hasRecords(beyond), [false, true])
  assert.equal(beyond.read?.results[0]?.errorCode, 0)
  it.inSync('slow', [1, 2])
  const inSync = it.fetch(['slow'])
  await turn()
  assert.deepEqual(hasRecords(inSync), [true])
})

test('over the rate who is about to be in sync has records: all wait for it', async () => {
  const it = await ThrottledLeader.open()
  it.sent(10 * bytesPerSecond)
  const waiting = it.fetch(['slow@1'])
  await it.fixture.append(it.fixture.partition('slow'), [2])
  await turn()
  assert.deepEqual(hasRecords(waiting), [true])
})

test('answers without records do not open the window: a throttle begins with one second of the rate, not with eleven', async () => {
  const it = await ThrottledLeader.open()
  for (let i = 0; i < 120; i++) {
    it.sent(0)
    it.pass(500)
  }
  it.sent(2 * bytesPerSecond)
  assert.ok(it.fixture.replicas.quotas.leader.isExceeded)
})

test('the leader learns how far the follower is while it gives it no records', async () => {
  const it = await ThrottledLeader.open()
  it.sent(10 * bytesPerSecond)
  it.fetch(['slow@1'])
  assert.deepEqual(
    it.fixture.proposed.map(({ partition, proposal }) => [
      partition.topic,
      proposal.isr.map(({ brokerId }) => brokerId),
    ]),
    [['slow', [1, 2]]],
  )
})

test('a fetch that waits is not answered for records that it may not get, but for others', async () => {
  const it = await ThrottledLeader.open()
  it.sent(100 * bytesPerSecond)
  const slow = it.fetch(['slow'])
  const both = it.fetch(['slow', 'quick@1'])
  await it.fixture.append(it.fixture.partition('slow'), [2])
  await turn()
  assert.deepEqual([slow, both].map(hasRecords), [undefined, undefined])
  await it.fixture.append(it.fixture.partition('quick'), [2])
  await turn()
  assert.deepEqual([slow, both].map(hasRecords), [undefined, [false, true]])
  it.pass(maxWaitMs + 10)
  await turn()
  assert.deepEqual(hasRecords(slow), [false])
})

test('a fetch that waits reads nothing anew for records that it may not get', async () => {
  const it = await ThrottledLeader.open()
  it.sent(100 * bytesPerSecond)
  it.fetch(['slow', 'quick@1'])
  const { log } = it.fixture.partition('quick')
  let readCount = 0
  const read = log.read.bind(log)
  log.read = (options) => {
    readCount++
    return read(options)
  }
  await it.fixture.append(it.fixture.partition('slow'), [2])
  await turn()
  assert.equal(readCount, 0)
  await it.fixture.append(it.fixture.partition('quick'), [2])
  await turn()
  assert.equal(readCount, 1)
})

test('when the rate has fallen, and when it is raised, there are records again', async () => {
  const it = await ThrottledLeader.open()
  it.sent(3 * bytesPerSecond)
  it.pass(2900)
  const early = it.fetch(['slow'])
  await turn()
  assert.deepEqual(hasRecords(early), undefined)
  it.pass(100)
  const after = it.fetch(['slow'])
  await turn()
  assert.deepEqual(hasRecords(after), [true])
  it.sent(bytesPerSecond)
  await it.configure(brokerResource, '1', rateKey, `${10 * bytesPerSecond}`)
  const raised = it.fetch(['slow'])
  await turn()
  assert.deepEqual(hasRecords(raised), [true])
})

for (const [throttled, isSo] of [
  ['*', true],
  ['0:1', true],
  ['0:2', false],
  ['1:1', false],
  ['', false],
] as const) {
  test(`${throttledKey} becomes ${throttled || 'empty'}: partition 0 is ${isSo ? '' : 'not '}throttled on broker 1`, async () => {
    const it = await ThrottledLeader.open(isSo ? '' : '0:1')
    const before = it.fixture.partition('slow').leaderQuota
    await it.configure(topicResource, 'slow', throttledKey, throttled)
    const after = it.fixture.partition('slow').leaderQuota
    assert.deepEqual(
      [before, after].map((quota) => quota !== undefined),
      [!isSo, isSo],
    )
  })
}
