import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Logger, type Timer, uuidFromLatin1 } from '../base/index.ts'
import type { TopicPartition } from '../metadata/index.ts'
import { PeriodicElections } from './periodic-elections.ts'

const intervalMs = 1000
const topicId = uuidFromLatin1('t'.repeat(16))

function elections(wanting: () => readonly TopicPartition[]) {
  const timers: { readonly delayMs: number; readonly fire: () => void; cancelled: boolean }[] = []
  const asked: number[] = []
  const lines: string[] = []
  const logger: Logger = {
    log: (level, message, fields) => lines.push(`${level} ${message} ${fields?.partitions}`),
    child: () => logger,
  }
  const periodic = new PeriodicElections({
    kind: 'preferred',
    intervalMs,
    clock: {
      now: () => 0,
      monotonic: () => 0,
      afterDrain: () => undefined,
      after(delayMs, fire): Timer {
        const timer = { delayMs, fire, cancelled: false }
        timers.push(timer)
        return {
          cancel: () => {
            timer.cancelled = true
          },
        }
      },
    },
    logger,
    wanting,
    elect: async (partitions) => {
      asked.push(partitions.length)
      return 1
    },
    onFailure: (error) => assert.fail(`${error}`),
  })
  /** Fires the timer that waits; returns its delay. */
  const next = async (): Promise<number> => {
    const timer = timers.shift()
    assert.ok(timer !== undefined && !timer.cancelled && timers.length === 0, 'one timer waits')
    timer.fire()
    await Promise.resolve()
    await Promise.resolve()
    return timer.delayMs
  }
  return { periodic, asked, lines, next, timers }
}

const partitions = (count: number): readonly TopicPartition[] =>
  Array.from({ length: count }, (_, partitionId) => ({ topicId, partitionId }))

test('a round goes over all in slices, and the next one begins an interval later', async () => {
  const { periodic, asked, lines, next } = elections(() => partitions(450))
  periodic.start()
  assert.deepEqual([await next(), await next(), await next()], [intervalMs, 10, 10])
  assert.deepEqual(asked, [200, 200, 50])
  assert.deepEqual(lines, ['info gave partitions their preferred leaders back 3'])
  assert.equal(await next(), intervalMs)
  assert.deepEqual(asked, [200, 200, 50, 200])
})

test('nobody is asked when nothing is wanted', async () => {
  const { periodic, asked, lines, next } = elections(() => [])
  periodic.start()
  assert.deepEqual([await next(), await next()], [intervalMs, intervalMs])
  assert.deepEqual([asked, lines], [[], []])
})

test('a controller that has stopped begins no further slice, and a new round when it starts again', async () => {
  const { periodic, asked, next, timers } = elections(() => partitions(250))
  periodic.start()
  const [timer] = timers.splice(0)
  timer?.fire()
  periodic.stop()
  await Promise.resolve()
  await Promise.resolve()
  assert.deepEqual([asked, timers.length], [[200], 0])
  periodic.start()
  assert.deepEqual([await next(), await next()], [intervalMs, 10])
  assert.deepEqual(asked, [200, 200, 50])
})
