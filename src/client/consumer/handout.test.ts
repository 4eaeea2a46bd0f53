import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '../../base/index.ts'
import { ManualClock } from '../../server/handlers/handler-fixture.ts'
import type { Deserializer } from '../serdes/serde.ts'
import { AssignedPartition, type Bytes, type Fetched } from './assigned-partition.ts'
import type { ConsumedRecord } from './consumed-record.ts'
import { Decoder } from './decoder.ts'
import { Handout } from './handout.ts'
import { decodedRecords, rawBatches, rawRecords } from './records-loop.ts'

const record = (partition: number, offset: number): ConsumedRecord<Bytes, Bytes> => ({
  ...{ topic: 't', partition, offset, timestampMs: 0, timestampType: 'CreateTime', leaderEpoch: 1 },
  ...{ key: null, value: null, headers: [] },
})

/** Batches by their offsets; the place behind all is `end`. */
function answer(partition: number, batches: number[][], end: number): Fetched {
  const left = batches.map((offsets) => offsets.map((offset) => record(partition, offset)))
  return {
    sizeInBytes: 10,
    highWatermark: 99,
    next: () => left.shift(),
    leaderEpoch: 1,
    end: { offset: end, leaderEpoch: 2 },
  }
}

function stage(...answers: Fetched[]) {
  const partitions = answers.map((_, i) => {
    const partition = new AssignedPartition('t', i)
    partition.jump({ offset: 0, leaderEpoch: -1 })
    return partition
  })
  let taken = 0
  let looks = 0
  const logged: unknown[] = []
  const logger: Logger = { child: () => logger, log: (_level, _message, fields) => void logged.push(fields?.reason) }
  const handout = new Handout({
    clock: new ManualClock(),
    logger,
    isOffered(partition) {
      looks++
      return partitions.includes(partition)
    },
    taken: () => {
      taken++
    },
  })
  for (const [i, partition] of partitions.entries()) handout.received(partition, answers[i] as Fetched)
  return { handout, partitions, logged, taken: () => taken, looks: () => looks }
}

const at = ({ processed, position }: AssignedPartition) => [processed?.offset, position?.offset]

test('a record is done when the next is asked for, and not before', () => {
  const { handout, partitions } = stage(answer(0, [[0, 1]], 2))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  assert.equal(handout.one()?.offset, 0)
  assert.deepEqual(at(partition), [0, 1])
  handout.done()
  assert.deepEqual(at(partition), [1, 1])
  assert.equal(handout.one()?.offset, 1)
  handout.done()
  assert.equal(handout.one(), undefined)
  assert.deepEqual(at(partition), [2, 2])
})

test('what is given up is to be fetched and handed out again', () => {
  const { handout, partitions } = stage(answer(0, [[0, 1, 2]], 3))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  handout.one()
  handout.done()
  handout.one()
  handout.undo()
  assert.deepEqual(at(partition), [1, 1])
  assert.equal(partition.fetchFrom?.offset, 1)
  assert.equal(handout.one(), undefined)
})

test('offsets without a record are done with those before them, never before', () => {
  const { handout, partitions } = stage(answer(0, [[0]], 5))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  handout.one()
  // It is asked for more while the first one is in the application's hands: nobody does that, but a batch might.
  assert.equal(partition.takeOne(), undefined)
  assert.deepEqual(at(partition), [0, 5])
  handout.done()
  assert.deepEqual(at(partition), [5, 5])
  const empty = stage(answer(0, [], 4)).partitions[0]
  assert.equal(empty?.takeOne(), undefined)
  assert.deepEqual(empty && at(empty), [4, 4])
})

test('partitions take turns, and those that pause are left out', () => {
  const { handout, partitions } = stage(answer(0, [[0], [1]], 2), answer(1, [[0]], 1), answer(2, [[0]], 1))
  const next = (): string => {
    handout.done()
    const batch = handout.batch()
    return batch === undefined ? 'none' : `${batch.partition}:${batch.records.map(({ offset }) => offset)}`
  }
  const [, second] = partitions
  assert.ok(second !== undefined)
  second.isPaused = true
  assert.deepEqual([next(), next(), next(), next()], ['0:0', '2:0', '0:1', 'none'])
  second.isPaused = false
  assert.equal(next(), '1:0')
})

test('a batch costs no look at partitions that have nothing', () => {
  const many = Array.from({ length: 1000 }, (_, i) => answer(i, i === 500 ? [[0], [1], [2]] : [], i === 500 ? 3 : 0))
  const { handout, looks } = stage(...many)
  assert.equal(handout.batch()?.partition, 500)
  const before = looks()
  handout.done()
  assert.equal(handout.batch()?.partition, 500)
  // The first time it was found out which have nothing: those before it, and now those behind it.
  handout.done()
  const found = looks()
  assert.equal(handout.batch()?.partition, 500)
  assert.ok(found - before <= 500)
  assert.equal(looks() - found, 1)
})

test('of a partition that is taken away nothing is handed out, whatever was begun of it', () => {
  const { handout, partitions } = stage(answer(0, [[0, 1]], 2), answer(1, [[0, 1]], 2))
  assert.equal(handout.one()?.partition, 0)
  handout.done()
  partitions.shift()
  assert.deepEqual([handout.one()?.partition, handout.one()?.partition, handout.one()], [1, 1, undefined])
})

test("who gives partitions up waits until nothing of them is in the application's hands", async () => {
  const { handout, partitions } = stage(answer(0, [[0]], 1), answer(1, [[0]], 1))
  const [first, second] = partitions
  assert.ok(first !== undefined && second !== undefined)
  handout.one()
  await handout.whenFree(new Set([second]))
  let isFree = false
  const free = handout.whenFree(new Set([first])).then(() => {
    isFree = true
  })
  await new Promise(setImmediate)
  assert.equal(isFree, false)
  handout.done()
  await free
  handout.one()
  const closed = handout.whenFree(new Set(partitions))
  handout.close()
  await closed
})

test('when nothing is here, or what was fetched at once is handed out, more is fetched', () => {
  const { handout, taken } = stage(answer(0, [[0, 1], [2]], 3))
  handout.one()
  assert.equal(taken(), 0)
  handout.one()
  handout.one()
  assert.equal(taken(), 0)
  assert.equal(handout.one(), undefined)
  assert.equal(taken(), 2)
})

test('what cannot be read is fetched again, and fails again: nothing behind it is handed out', () => {
  let reads = 0
  const broken = (): Fetched => ({
    ...answer(0, [], 2),
    next() {
      reads++
      throw new Error('broken batch')
    },
  })
  const { handout, partitions } = stage(broken())
  const [partition] = partitions
  assert.ok(partition !== undefined)
  for (let i = 1; i <= 2; i++) {
    assert.throws(() => handout.one(), /broken batch/)
    assert.deepEqual([reads, partition.fetchFrom?.offset, ...at(partition)], [i, 0, 0, 0])
    handout.received(partition, broken())
  }
})

test('a failure is told once, to whoever asks next', async () => {
  const { handout } = stage(answer(0, [[0]], 1))
  const arrival = handout.arrival()
  handout.fail(new Error('broken'))
  await arrival
  assert.throws(() => handout.one(), /broken/)
  assert.equal(handout.one()?.offset, 0)
})

test('of two failures the first is told, and the second logged; what of a hook was not told is known', () => {
  const { handout, logged } = stage(answer(0, [[0]], 1))
  const thrown = new Error('first')
  handout.fail(thrown, true)
  handout.fail(new Error('second'))
  assert.deepEqual([logged, handout.untold?.error], [['Error: second'], thrown])
  assert.throws(() => handout.one(), thrown)
  handout.fail(new Error('of the network'))
  assert.equal(handout.untold, undefined)
})

test('where the log was cut, what was fetched of it is not handed out, and what was is not there any more', () => {
  const { handout, partitions } = stage(
    answer(
      0,
      [
        [0, 1, 2],
        [3, 4],
      ],
      5,
    ),
  )
  const [partition] = partitions
  assert.ok(partition !== undefined)
  handout.one()
  handout.done()
  handout.one()
  partition.cut({ offset: 4, leaderEpoch: 1 })
  assert.deepEqual(at(partition), [1, 2])
  assert.deepEqual([partition.fetchFrom?.offset, handout.one()], [2, undefined])
  partition.cut({ offset: 1, leaderEpoch: 1 })
  assert.deepEqual(at(partition), [1, 1])
  partition.cut({ offset: 0, leaderEpoch: 0 })
  assert.deepEqual([...at(partition), partition.fetchFrom], [0, 0, { offset: 0, leaderEpoch: 0 }])
})

test('what is put back of a batch is the next, and what lies before it is done alone', () => {
  const { handout, partitions } = stage(answer(0, [[0, 1, 2, 5]], 6))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  assert.equal(handout.batch()?.records.length, 4)
  handout.putBack(record(0, 2))
  assert.deepEqual(at(partition), [0, 2])
  handout.done()
  assert.deepEqual(at(partition), [2, 2])
  assert.deepEqual(
    handout.batch()?.records.map(({ offset }) => offset),
    [2, 5],
  )
  // Neither of another partition, nor what is not in hand any more.
  handout.putBack(record(1, 5))
  assert.deepEqual(at(partition), [2, 6])
  partition.jump({ offset: 9, leaderEpoch: -1 })
  handout.putBack(record(0, 5))
  assert.deepEqual(at(partition), [9, 9])
})

test('a loop for some topics leaves all others where they are', () => {
  const { handout, partitions } = stage(answer(0, [[0, 1]], 2))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  const other = (topic: string): boolean => topic !== 't'
  assert.equal(handout.one(other), undefined)
  assert.equal(handout.one()?.offset, 0)
  assert.equal(handout.batch(other), undefined)
  assert.deepEqual(at(partition), [0, 1])
})

test('who gives up while it is found out where to go on does not change where that is', () => {
  const { handout, partitions } = stage(answer(0, [[0]], 1))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  handout.one()
  partition.jump(undefined)
  const { jumps } = partition
  handout.undo()
  assert.equal(partition.jumps, jumps)
})

test('who has given a loop up while it waited gets nothing by it, and nobody else misses that', async () => {
  const { handout, partitions } = stage(answer(0, [], 0))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  const loop = { handout, asked: () => handout.asked(), begins: () => undefined, check: () => undefined }
  const first = rawRecords(loop)
  const waiting = first.next()
  await first.return?.()
  handout.received(partition, answer(0, [[0, 1]], 2))
  assert.equal((await waiting).done, true)
  assert.equal((await first.next()).done, true)
  assert.equal((await rawRecords(loop).next()).value?.offset, 0)
  assert.equal(partition.processed?.offset, 0)
})

/** Before one partition, which has what `fetch` says, from where it stands. */
function looping() {
  const { handout, partitions } = stage(answer(0, [], 0))
  const [partition] = partitions
  assert.ok(partition !== undefined)
  const fetch = (...offsets: number[]): void => {
    handout.received(partition, answer(0, [offsets], (offsets.at(-1) ?? 0) + 1))
  }
  return {
    handout,
    partition,
    fetch,
    loop: { handout, asked: () => handout.asked(), begins: () => undefined, check: () => undefined },
  }
}

const takenOver = { code: 'INVALID_ARGUMENT', message: /another loop over this consumer has begun/ }

test('who begins a loop takes over: what the one before had in hand comes again, and that one marks nothing done', async () => {
  const { partition, fetch, loop } = looping()
  const [first, second] = [rawRecords(loop), rawRecords(loop)]
  fetch(0, 1, 2)
  for (const offset of [0, 1]) assert.equal((await first.next()).value?.offset, offset)
  const next = second.next()
  assert.deepEqual(at(partition), [1, 1])
  fetch(1, 2, 3)
  assert.equal((await next).value?.offset, 1)
  await assert.rejects(first.next(), takenOver)
  assert.deepEqual(at(partition), [1, 2])
  // As it leaves, it leaves what the other has in hand.
  assert.equal((await first.return?.())?.done, true)
  assert.deepEqual([at(partition), (await first.next()).done], [[1, 2], true])
  assert.equal((await second.next()).value?.offset, 2)
  assert.deepEqual(at(partition), [2, 3])
})

test('what was done before another loop took over does not come again', async () => {
  const { handout, partition, fetch, loop } = looping()
  fetch(0, 1)
  await rawRecords(loop).next()
  // As by a commit.
  handout.done()
  const batches = rawBatches(loop)
  const { value: batch } = await batches.next()
  assert.deepEqual([batch?.records.map(({ offset }) => offset), at(partition)], [[1], [1, 2]])
})

test('a loop that waits is told that another one has begun, by each of its calls', async () => {
  const { fetch, loop } = looping()
  const [first, second] = [rawRecords(loop), rawRecords(loop)]
  const waiting = [first.next(), first.next()].map((it) => assert.rejects(it, takenOver))
  const next = second.next()
  await Promise.all(waiting)
  fetch(0)
  assert.equal((await next).value?.offset, 0)
})

test('a loop that was left by break, and one that has failed, are no loops', async () => {
  const { handout, partition, fetch, loop } = looping()
  const overAll = { [Symbol.asyncIterator]: () => rawRecords(loop) }
  for (let i = 0; i < 2; i++) {
    fetch(0, 1)
    for await (const { offset } of overAll) {
      assert.equal(offset, 0)
      break
    }
    assert.deepEqual(at(partition), [0, 0])
  }
  fetch(0, 1)
  const failing = rawRecords(loop)
  handout.fail(new Error('broken'))
  await assert.rejects(failing.next(), /broken/)
  // As long as no other has begun it goes on.
  assert.equal((await failing.next()).value?.offset, 0)
  const closed = rawRecords(loop)
  const waiting = closed.next()
  handout.close()
  assert.deepEqual([(await waiting).done, (await failing.next()).done], [true, true])
})

test('a loop whose record is being read while another one begins neither hands it out, nor touches what the other has', async () => {
  const { handout, partition, fetch, loop } = looping()
  const reading: { resolve: (value: string) => void; reject: (error: unknown) => void }[] = []
  const slowly: Deserializer<string> = {
    deserialize: () => new Promise<string>((resolve, reject) => reading.push({ resolve, reject })),
  }
  const anyKey: Deserializer<null> = { deserialize: () => null }
  const records = decodedRecords(loop, new Decoder([{ name: 't', key: anyKey, value: slowly }]))
  const [first, second, third] = [1, 2, 3].map(() => records[Symbol.asyncIterator]())
  assert.ok(first !== undefined && second !== undefined && third !== undefined)
  fetch(0, 1)
  const one = assert.rejects(first.next(), takenOver)
  const two = assert.rejects(second.next(), { code: 'SERIALIZATION' })
  fetch(0, 1)
  await new Promise(setImmediate)
  const three = third.next()
  fetch(0, 1)
  await new Promise(setImmediate)
  assert.equal(reading.length, 3)
  reading[0]?.resolve('a')
  reading[1]?.reject(new Error('broken'))
  await Promise.all([one, two])
  // The application has not seen it: a commit is none of it.
  handout.done()
  assert.deepEqual(at(partition), [0, 1])
  reading[2]?.resolve('a')
  assert.equal((await three).value?.offset, 0)
})
