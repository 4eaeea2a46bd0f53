/** Requests on client quotas are answered as by Apache Kafka, and the same records come of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { runFolder } from './kit.ts'
import { metadataRecords } from './metadata-records.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { answersOf, inOrder } from './questions.ts'
import { quotaQuestions } from './quota-questions.ts'

const name = 'quotas'

async function toldBy(broker: Broker) {
  const answers = await answersOf(broker, quotaQuestions).finally(() => broker.stop())
  return { answers, records: await metadataRecords(broker, ['CLIENT_QUOTA_RECORD']) }
}

test('quotas: the same answers and records', { timeout: 300_000 }, async (context) => {
  const kafkas = await toldBy(await startKafka({ folder: runFolder(`${name}-kafka`), ping }))
  const tested = await toldBy(await startOwnBroker({ name }))
  for (const [i, { label, answer }] of kafkas.answers.entries()) {
    await context.test(label, () => assert.deepEqual(inOrder(tested.answers[i]?.answer), inOrder(answer)))
  }
  assert.deepEqual(inOrder(tested.records), inOrder(kafkas.records))
  context.diagnostic(`${kafkas.answers.length} answers and ${kafkas.records.length} records the same`)
})
