/** Quotas on mutations: who is refused, throttled and held by Apache Kafka is so by the broker under test, for about as long. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { isShortRun, runFolder } from './kit.ts'
import { mutationQuestions, mutationSettings as settings } from './mutation-questions.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { answersOf, inOrder } from './questions.ts'

const name = 'mutations'

/** Most of the time goes by in waiting. */
const asked = isShortRun ? mutationQuestions.slice(0, 12) : mutationQuestions
const toldBy = (broker: Broker) => answersOf(broker, asked).finally(() => broker.stop())

test('quotas on mutations', { timeout: 300_000 }, async (context) => {
  const kafkas = await toldBy(await startKafka({ folder: runFolder(`${name}-kafka`), settings, ping }))
  const tested = await toldBy(await startOwnBroker({ name, settings }))
  for (const [i, { label, answer }] of kafkas.entries()) {
    await context.test(label, () => assert.deepEqual(inOrder(tested[i]?.answer), inOrder(answer)))
  }
})
