import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isRegion, TimerWheel } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { ManualClock } from '../server/handlers/handler-fixture.ts'
import { PartitionFixture } from '../server/handlers/partition-fixture.ts'
import { type FetchRead, releaseRead, type Target } from './fetch-reader.ts'
import type { SessionPartition } from './fetch-sessions.ts'
import { type Fetching, FetchWaiters, type WaitOptions } from './waiting-fetch.ts'

const options: WaitOptions = { isolation: 'uncommitted', maxBytes: 1_000_000, minBytes: 1, maxWaitMs: 500 }

class Bench {
  readonly clock = new ManualClock()
  readonly waiters = new FetchWaiters(new TimerWheel({ clock: this.clock, tickMs: 10 }))
  readonly fixture: PartitionFixture

  private constructor(fixture: PartitionFixture) {
    this.fixture = fixture
  }

  static async open(): Promise<Bench> {
    const { disk } = createEnv({ disk: 'memory' })
    return new Bench(await PartitionFixture.open(disk, { a: { replicas: [[1]] }, b: { replicas: [[1]] } }))
  }

  target(topic: string, fetchOffset = 0): Target {
    const partition = this.fixture.partition(topic)
    const asked: SessionPartition = {
      topic,
      topicId: partition.topicId,
      partition: 0,
      fetchOffset,
      currentLeaderEpoch: -1,
      lastFetchedEpoch: -1,
      logStartOffset: -1,
      maxBytes: 1_000_000,
    }
    return { asked, partition }
  }

  fetch(topics: readonly string[], more: Partial<WaitOptions> = {}): Fetching {
    return this.waiters.fetch(
      topics.map((topic) => this.target(topic)),
      { ...options, ...more },
    )
  }

  append(topic: string): Promise<void> {
    return this.fixture.append(this.fixture.partition(topic), [1])
  }
}

const sizes = ({ results }: FetchRead): number[] =>
  results.map(({ records }) => {
    if (records === null || records instanceof Uint8Array) return records?.length ?? 0
    return records.reduce((sum, part) => sum + (isRegion(part) ? part.sizeInBytes : part.length), 0)
  })

/** The answer, if it has come by the end of this turn. */
async function now(fetching: Fetching): Promise<FetchRead | undefined> {
  let answer: FetchRead | undefined
  Promise.resolve(fetching.read).then((read) => {
    answer = read
  })
  await new Promise((resolve) => setImmediate(resolve))
  return answer
}

test('a fetch that finds enough is answered in the same call', async () => {
  const bench = await Bench.open()
  await bench.append('a')
  const { read } = bench.fetch(['a'])
  assert.ok(!(read instanceof Promise))
  assert.ok((sizes(read)[0] ?? 0) > 0)
  releaseRead(read)
})

test('one that finds nothing waits for an append, and what one turn appends comes in one answer', async () => {
  const bench = await Bench.open()
  const fetching = bench.fetch(['a', 'b'])
  assert.equal(await now(fetching), undefined)
  await Promise.all([bench.append('a'), bench.append('b')])
  const read = await now(fetching)
  assert.ok(read)
  assert.ok(sizes(read).every((size) => size > 0))
  releaseRead(read)
})

test('one that wants more than came goes on waiting, until there is enough', async () => {
  const bench = await Bench.open()
  await bench.append('a')
  const [size = 0] = sizes(await bench.fetch(['a']).read)
  const fetching = bench.fetch(['a'], { minBytes: size * 3 })
  await bench.append('a')
  assert.equal(await now(fetching), undefined)
  await bench.append('a')
  assert.deepEqual(sizes((await now(fetching)) ?? assert.fail('it is answered')), [size * 3])
})

test('time ends the waiting, with what there is', async () => {
  const bench = await Bench.open()
  const fetching = bench.fetch(['a'], { minBytes: 1_000_000 })
  await bench.append('a')
  bench.clock.advance(499)
  assert.equal(await now(fetching), undefined)
  bench.clock.advance(20)
  const [size = 0] = sizes((await now(fetching)) ?? assert.fail('it is answered'))
  assert.ok(size > 0)
})

test('a leadership that ends is told at once', async () => {
  const bench = await Bench.open()
  const fetching = bench.fetch(['a'])
  bench.fixture.partition('a').stop()
  const read = await now(fetching)
  assert.equal(read?.results[0]?.errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
})

test('who is gone is not answered, and leaves nothing behind', async () => {
  const bench = await Bench.open()
  const fetching = bench.fetch(['a'])
  fetching.cancel()
  await bench.append('a')
  bench.clock.advance(1000)
  assert.equal(await now(fetching), undefined)
  assert.equal(bench.clock.waiting, 0)
})

test('no wait without time, without partitions, or with an error in one', async () => {
  const bench = await Bench.open()
  assert.ok(!(bench.fetch(['a'], { maxWaitMs: 0 }).read instanceof Promise))
  assert.ok(!(bench.fetch([]).read instanceof Promise))
  const { read } = bench.waiters.fetch([bench.target('a'), bench.target('b', 99)], options)
  assert.ok(!(read instanceof Promise))
  assert.deepEqual(
    read.results.map(({ errorCode }) => errorCode),
    [ErrorCode.NONE, ErrorCode.OFFSET_OUT_OF_RANGE],
  )
})

test('the bytes of a fetch are shared by its partitions; the first batch comes whole however large', async () => {
  const bench = await Bench.open()
  await bench.append('a')
  await bench.append('b')
  const [size = 0] = sizes(await bench.fetch(['a']).read)
  assert.deepEqual(sizes(await bench.fetch(['a', 'b'], { maxBytes: 1 }).read), [size, 0])
  assert.deepEqual(sizes(await bench.fetch(['a', 'b'], { maxBytes: size * 2 }).read), [size, size])
  // Of a batch that has no room behind it nothing comes: a piece of it alone would be taken for one that is too large (KIP-74).
  assert.deepEqual(sizes(await bench.fetch(['a', 'b'], { maxBytes: size * 2 - 1 }).read), [size, 0])
})
