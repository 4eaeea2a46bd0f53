/** Brokers and controllers register, beat and leave with the same answers and records as with Apache Kafka's controller (C14). */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { runFolder } from './kit.ts'
import { clusterIdOf, metadataRecords } from './metadata-records.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { answersOf, inOrder } from './questions.ts'
import { registrationQuestions } from './registration-questions.ts'

const name = 'registrations'
/** Sessions last: nobody is real. */
const settings = { 'broker.session.timeout.ms': '3600000', 'auto.leader.rebalance.enable': 'false' }
const types = [
  'REGISTER_BROKER_RECORD',
  'UNREGISTER_BROKER_RECORD',
  'BROKER_REGISTRATION_CHANGE_RECORD',
  'REGISTER_CONTROLLER_RECORD',
  'PARTITION_CHANGE_RECORD',
]
/** Those of the questions; the broker under test is 1. */
const firstId = 100

/** Epochs by their order of appearance: each controller numbers by itself, and Kafka's goes through topics in any order. */
async function written(broker: Broker): Promise<readonly unknown[]> {
  const seen = new Map<unknown, number>()
  const told = (key: string, value: unknown): unknown => {
    if (key === 'topicId') return 'a topic'
    if (key !== 'brokerEpoch') return value
    if (!seen.has(value)) seen.set(value, seen.size)
    return `${key} ${seen.get(value)}`
  }
  const records = (await metadataRecords(broker, types)).filter(({ data }) => {
    const id = data['brokerId'] ?? data['controllerId'] ?? firstId
    return typeof id === 'number' && id >= firstId
  })
  return records.map((record) => inOrder(JSON.parse(JSON.stringify(record, told))))
}

async function toldBy(broker: Broker) {
  const answers = await answersOf(broker, registrationQuestions(clusterIdOf(broker))).finally(() => broker.stop())
  return { answers, records: await written(broker) }
}

test('the same answers and records', { timeout: 300_000 }, async (context) => {
  const kafkas = await toldBy(await startKafka({ folder: runFolder(`${name}-kafka`), settings, ping }))
  const tested = await toldBy(await startOwnBroker({ name, settings }))
  for (const [i, { label, answer }] of kafkas.answers.entries()) {
    await context.test(label, () => assert.deepEqual(tested.answers[i]?.answer, answer))
  }
  assert.deepEqual(tested.records, kafkas.records)
  context.diagnostic(`${kafkas.answers.length} answers and ${kafkas.records.length} records the same`)
})
