/**
 * Replicas move to another log directory of their broker: while clients write and read, over `kill -9`, and some are called
 * off. What was acknowledged is at its offset, and a log is in one directory alone.
 */
import assert from 'node:assert/strict'
import { basename } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Broker } from '../../bench/broker.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { runTool } from './java-tool.ts'
import { partitions, readAll } from './kept.ts'
import { against, bootstrap, isShortRun, until } from './kit.ts'
import { describeDirectories, directories, foldersOf, pathsOf } from './log-directories.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { assertMoved, boundMoves, byPlatformatic, movers } from './replica-moves.ts'
import { filledCount, filledTopic, TopicsInUse } from './topics-in-use.ts'

/** Small, so that segments roll while they are copied. */
const settings = {
  'log.segment.bytes': '1048576',
  'offsets.topic.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
}
const longTimeoutMs = 400_000
const slowBytesPerSecond = 500_000
/** Kafka that was killed in the last moment of a move may not start again: it finds the log in both directories. */
const kills = against === 'kafka' ? 0 : 5
const at = (): string[] => ['--bootstrap-server', bootstrap()]

let broker: Broker
const { begin, untilDone } = byPlatformatic

/** The folders of logs that are being copied. */
const futuresOf = (topic: string): string[] => foldersOf(broker, topic).filter((name) => name.endsWith('-future'))

/** All of them on their way to this directory, under the names that Kafka gives. */
function assertOnTheWay(topic: string, directory: string): void {
  const futures = futuresOf(topic)
  assert.equal(futures.length, partitions, `${futures}`)
  for (const name of futures) assert.match(name, new RegExp(`^${directory}/${topic}-\\d\\.[0-9a-f]{32}-future$`))
}

describe('moves to another log directory', { skip: isShortRun ? 'in the full run only' : false }, () => {
  before(async () => {
    broker = await startOwnBroker({ name: 'log-moves', settings, directories })
  })
  after(() => broker.stop())

  for (const [name, mover] of Object.entries(movers)) {
    test(`by ${name}, while clients write and read`, { timeout: longTimeoutMs }, async (context) => {
      const [first = '', second = '', third = ''] = pathsOf(broker)
      let seen = 0
      const told = await TopicsInUse.during(async (inUse) => {
        for (const to of [first, second, third, first]) {
          const move = { topics: inUse.topics, partitions, to }
          await mover.begin(move)
          for (const directory of await describeDirectories(...inUse.topics)) {
            seen += directory.partitions.filter(({ isFuture }) => isFuture).length
          }
          await mover.untilDone(move)
          await inUse.untilProgress()
          assertMoved(broker, move)
        }
      })
      context.diagnostic(`${told}; ${seen} seen on their way`)
    })
  }

  test('over kill -9: a move goes on by itself', { timeout: longTimeoutMs }, async (context) => {
    const [first = '', second = '', third = ''] = pathsOf(broker)
    let left = 0
    const told = await TopicsInUse.during(async ({ topics, untilProgress }) => {
      const [filled = ''] = topics
      await begin({ topics, partitions, to: first })
      await untilDone({ topics, partitions, to: first })
      await boundMoves(slowBytesPerSecond)
      await begin({ topics: [filled], partitions, to: second })
      await untilProgress()
      assertOnTheWay(filled, 'data-1')
      await broker.process.kill()
      assertOnTheWay(filled, 'data-1')
      broker = await broker.again()
      left = futuresOf(filled).length
      await boundMoves(undefined)
      await untilDone({ topics: [filled], partitions, to: second })
      let last = { topics: [filled], partitions, to: second }
      assertMoved(broker, last)
      for (let i = 0; i < kills; i++) {
        last = { topics: [...topics], partitions, to: i % 2 === 0 ? third : first }
        await untilProgress()
        await begin(last)
        // Anywhere in a move, or behind it.
        await delay(Math.random() * 300)
        await broker.process.kill()
        broker = await broker.again()
      }
      await untilDone(last)
      assertMoved(broker, last)
    })
    context.diagnostic(`${kills + 1} kills; ${left} were on their way behind the first; ${told}`)
  })

  test('a move is called off by another and by a deletion', async () => {
    const [first = '', second = '', third = ''] = pathsOf(broker)
    const topic = await filledTopic('off')
    const move = { topics: [topic], partitions }
    await begin({ ...move, to: first })
    await untilDone({ ...move, to: first })
    await boundMoves(slowBytesPerSecond)
    try {
      await begin({ ...move, to: second })
      assertOnTheWay(topic, 'data-1')
      await begin({ ...move, to: third })
      assertOnTheWay(topic, 'data-2')
      await begin({ ...move, to: first })
      assertMoved(broker, { ...move, to: first })
      assert.equal((await readAll(topic)).flat().length, filledCount)
      await begin({ ...move, to: second })
      assertOnTheWay(topic, 'data-1')
      await runTool('topics', [...at(), '--delete', '--topic', topic])
      const condition = (): boolean => foldersOf(broker, topic).length === 0
      await until({
        what: 'nothing of it is left',
        timeoutMs: 30_000,
        condition,
        seen: () => `${foldersOf(broker, topic)}`,
      })
    } finally {
      await boundMoves(undefined)
    }
  })

  const skip = against === 'odradek' ? false : 'the other one may not know how to move'
  test('what one broker began the other one ends', { skip, timeout: longTimeoutMs }, async (context) => {
    const [first = '', second = '', third = ''] = pathsOf(broker)
    const topic = await filledTopic('handed')
    const move = { topics: [topic], partitions }
    await begin({ ...move, to: first })
    await untilDone({ ...move, to: first })
    for (const [take, to] of [
      [takeOverByKafka, second],
      [takeOverByOdradek, third],
    ] as const) {
      await boundMoves(slowBytesPerSecond)
      await begin({ ...move, to })
      assertOnTheWay(topic, basename(to))
      await broker.process.kill()
      const { name, place } = broker
      broker = await take(ping, place)
      const left = futuresOf(topic).length
      context.diagnostic(`${left} of ${partitions} that ${name} began were on their way when ${broker.name} was there`)
      await boundMoves(undefined)
      await untilDone({ ...move, to })
      assertMoved(broker, { ...move, to })
      assert.equal((await readAll(topic)).flat().length, filledCount)
    }
  })
})
