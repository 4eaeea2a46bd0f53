/**
 * Kafka Streams counts words over a repartition topic: exactly while nobody is killed, at least once over a broker that
 * starts again and an instance that is killed.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import type { ServerProcess } from '../../bench/child.ts'
import { isShortRun, until } from './kit.ts'
import { quickGroups, startOwnBroker } from './own-broker.ts'
import { type Counts, WordCount } from './word-count.ts'

const lines = 300
const rounds = isShortRun ? 1 : 5

function missing(counts: Counts, expected: Counts): string[] {
  return [...expected]
    .filter(([word, count]) => (counts.get(word) ?? 0) < count)
    .map(([word, count]) => `${word}: ${counts.get(word) ?? 0} of ${count}`)
}

async function untilCounted(words: WordCount, instances: readonly ServerProcess[]): Promise<Counts> {
  let counts: Counts = new Map()
  await until({
    what: 'all words are counted',
    timeoutMs: 90_000,
    condition: async () => {
      counts = await words.counts()
      return missing(counts, words.expected).length === 0
    },
    seen: () => [...missing(counts, words.expected), ...instances.map((instance) => instance.logTail())].join('\n'),
  })
  return counts
}

describe('a word count by Kafka Streams', () => {
  let broker: Broker
  before(async () => {
    broker = await startOwnBroker({ name: 'streams', settings: quickGroups })
  })
  after(() => broker.stop())

  async function restart(end: 'stop' | 'kill'): Promise<void> {
    if (end === 'stop') await broker.stop()
    else await broker.process.kill()
    broker = await broker.again()
  }

  test('is never too low', { timeout: 600_000 }, async (context) => {
    const words = await WordCount.create()
    const instances: ServerProcess[] = []
    try {
      for (let i = 0; i < 2; i++) instances.push(await words.startInstance())
      await words.send(lines)
      await untilCounted(words, instances)
      await words.send(lines)
      const counts = await untilCounted(words, instances)
      assert.deepEqual(Object.fromEntries(counts), Object.fromEntries(words.expected), 'before anybody is killed')
      for (let round = 0; round < rounds; round++) {
        await words.send(lines)
        await restart(round % 2 === 0 ? 'stop' : 'kill')
        await words.send(lines)
        await untilCounted(words, instances)
        await instances.shift()?.kill()
        await words.send(lines)
        instances.push(await words.startInstance())
        await untilCounted(words, instances)
        for (const instance of instances) assert.ok(instance.isRunning, instance.logTail())
      }
      await until({
        what: 'what was repartitioned is deleted',
        timeoutMs: 30_000,
        condition: async () => (await words.repartitionedStarts()).every((start) => start > 0),
      })
      const [all, expected] = [(await words.counts()).get('all') ?? 0, words.expected.get('all') ?? 0]
      context.diagnostic(`${expected} lines, ${all - expected} of them counted twice over ${rounds} rounds`)
    } finally {
      await Promise.all(instances.map((instance) => instance.kill()))
    }
  })
})
