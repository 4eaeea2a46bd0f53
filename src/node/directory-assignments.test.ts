/** What a broker tells of its directories, against a controller that answers as the test says. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type Logger } from '../base/index.ts'
import { type AssignReplicasToDirsRequest, assignReplicasToDirs } from '../protocol/index.ts'
import { id, ManualClock } from '../server/handlers/handler-fixture.ts'
import { DirectoryAssignments } from './directory-assignments.ts'

type Directory = AssignReplicasToDirsRequest['directories'][number]

const [topic, other] = [id('topic'), id('other')]
const [a, b] = [id('a'), id('b')]

/** One line for each partition that a request tells of. */
const linesOf = (directories: readonly Directory[]): string[] =>
  directories.flatMap((directory) =>
    directory.topics.flatMap(({ topicId, partitions }) =>
      partitions.map(
        ({ partitionIndex }) =>
          `${topicId === topic ? 'topic' : 'other'}-${partitionIndex} ${directory.id === a ? 'a' : 'b'}`,
      ),
    ),
  )

function telling({ brokerEpoch = () => 5 }: { readonly brokerEpoch?: () => number } = {}) {
  const clock = new ManualClock()
  const requests: string[][] = []
  const logged: string[] = []
  const faults: unknown[] = []
  const logger: Logger = {
    child: () => logger,
    log: (level, _message, fields) => void logged.push(`${level} ${fields?.['code']}`),
  }
  const controller = {
    /** The code of a partition, or the error of the whole. */
    answer: (_line: string): number => 0,
    gate: Promise.resolve(),
  }
  const assignments = new DirectoryAssignments({
    channel: {
      async assignReplicasToDirs({ directories }) {
        requests.push(linesOf(directories))
        await controller.gate
        return assignReplicasToDirs.response.create({
          directories: directories.map((directory) => ({
            id: directory.id,
            topics: directory.topics.map(({ topicId, partitions }) => ({
              topicId,
              partitions: partitions.map(({ partitionIndex }) => {
                const [line = ''] = linesOf([{ ...directory, topics: [{ topicId, partitions: [{ partitionIndex }] }] }])
                return { partitionIndex, errorCode: controller.answer(line) }
              }),
            })),
          })),
        })
      },
    },
    clock,
    logger,
    brokerId: 1,
    brokerEpoch,
    onFault: (error) => faults.push(error),
  })
  const run = async (ms: number): Promise<void> => {
    clock.advance(ms)
    for (let i = 0; i < 20; i++) await Promise.resolve()
  }
  return { assignments, controller, requests, logged, faults, run, clock }
}

test('what comes together goes together, the newest word on each, and once', async () => {
  const { assignments, requests, run } = telling()
  assignments.report(topic, 0, a)
  assignments.report(topic, 1, a)
  assignments.report(topic, 0, b)
  assignments.report(other, 0, b)
  await run(4)
  assert.deepEqual(requests, [])
  await run(1)
  assert.deepEqual(requests, [['topic-0 b', 'other-0 b', 'topic-1 a']])
  await run(60_000)
  assert.equal(requests.length, 1)
})

test('a request holds as many as the controller takes, and the next one the rest', async () => {
  const { assignments, requests, run } = telling()
  for (let partition = 0; partition < 2251; partition++) assignments.report(topic, partition, a)
  await run(5)
  await run(5)
  assert.deepEqual(
    requests.map((it) => it.length),
    [2250, 1],
  )
})

test('a broker that is not registered waits until it is', async () => {
  let epoch = -1
  const { assignments, requests, run } = telling({ brokerEpoch: () => epoch })
  assignments.report(topic, 0, a)
  await run(5)
  await run(100)
  assert.deepEqual(requests, [])
  epoch = 7
  await run(100)
  assert.deepEqual(requests, [['topic-0 a']])
})

test('what was not taken is told again, after pauses that grow up to ten seconds', async () => {
  const { assignments, controller, requests, logged, faults, run } = telling()
  controller.answer = (line) => (line === 'topic-1 a' ? 77 : 0)
  assignments.report(topic, 0, a)
  assignments.report(topic, 1, a)
  await run(5)
  for (const pauseMs of [200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]) {
    const count = requests.length
    await run(pauseMs - 1)
    assert.equal(requests.length, count, `${pauseMs} ms`)
    await run(1)
    assert.equal(requests.length, count + 1, `${pauseMs} ms`)
  }
  assert.deepEqual([requests[0], requests[1]], [['topic-0 a', 'topic-1 a'], ['topic-1 a']])
  assert.equal(logged[0], 'warn 77')
  controller.answer = () => 0
  await run(10_000)
  const { length } = requests
  await run(60_000)
  assert.equal(requests.length, length, 'it is known')
  assert.deepEqual(faults, [])
})

for (const code of [100, 3, 6]) {
  test(`of a replica that the controller does not know nothing more is told: ${code}`, async () => {
    const { assignments, controller, requests, logged, run } = telling()
    controller.answer = () => code
    assignments.report(topic, 0, a)
    await run(5)
    await run(60_000)
    assert.equal(requests.length, 1)
    assert.deepEqual(logged, [])
  })
}

test('a word that comes while an older one is told goes out behind it', async () => {
  const { assignments, controller, requests, run } = telling()
  const { promise, resolve } = Promise.withResolvers<void>()
  controller.gate = promise
  assignments.report(topic, 0, a)
  await run(5)
  assignments.report(topic, 0, b)
  await run(1000)
  assert.deepEqual(requests, [['topic-0 a']], 'one request at a time')
  resolve()
  await run(0)
  await run(5)
  assert.deepEqual(requests, [['topic-0 a'], ['topic-0 b']])
})

test('an error for the whole leaves all to be told again; what is no such error is a fault', async () => {
  const { assignments, controller, requests, logged, faults, run } = telling()
  controller.gate = Promise.reject(new ApiError(41, 'no controller'))
  assignments.report(topic, 0, a)
  await run(5)
  assert.deepEqual(logged, ['warn 41'])
  controller.gate = Promise.reject(new RangeError('ours'))
  await run(200)
  assert.deepEqual(requests, [['topic-0 a'], ['topic-0 a']])
  assert.equal(faults.length, 1)
})

test('who has stopped tells nothing more', async () => {
  const { assignments, requests, run, clock } = telling()
  assignments.report(topic, 0, a)
  assignments.stop()
  assignments.report(topic, 1, a)
  await run(60_000)
  assert.deepEqual(requests, [])
  assert.equal(clock.waiting, 0)
})
