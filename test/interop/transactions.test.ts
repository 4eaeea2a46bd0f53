/** Transactions: what was committed is read, what was aborted is not, offsets go with the records. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runTool } from './java-tool.ts'
import { connectKafkajs, readByKafkajs } from './kafkajs.ts'
import { bootstrap, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { skipUnless } from './served.ts'
import { createTopic } from './topics.ts'

const count = 5
const skip = skipUnless('transactions')
const committedOf = (prefix: string): string[] => Array.from({ length: count }, (_, i) => `${prefix}committed-${i}`)

test('librdkafka: readers of committed records alone skip the aborted, others do not', { skip }, async () => {
  const topic = await createTopic({ prefix: 'transactions' })
  const prefix = `${topic}-`
  await librdkafka('transactions', { topic, prefix, count })
  const committed = await librdkafka('consume', { topic, group: uniqueName('committed'), count })
  assert.deepEqual(
    committed.map(({ value }) => value),
    committedOf(prefix),
  )
  const isolation = 'read_uncommitted'
  const all = await librdkafka('consume', { topic, group: uniqueName('all'), count: count * 2, isolation })
  assert.equal(all.length, count * 2)
  const args = ['--topic', topic, '--from-beginning', '--max-messages', `${count}`, '--timeout-ms', '20000']
  const isolated = ['--isolation-level', 'read_committed']
  const read = await runTool('consoleConsumer', ['--bootstrap-server', bootstrap(), ...args, ...isolated])
  assert.deepEqual(read.trim().split('\n'), committedOf(prefix))
})

test('KafkaJS: offsets are committed with the records, or not at all', { skip }, async () => {
  const topic = await createTopic({ prefix: 'transactions' })
  const groupId = uniqueName('group')
  const producer = connectKafkajs().producer({
    idempotent: true,
    maxInFlightRequests: 1,
    transactionalId: uniqueName('transaction'),
  })
  const admin = connectKafkajs().admin()
  await producer.connect()
  await admin.connect()
  try {
    for (const [value, offset] of [
      ['committed', '1'],
      ['aborted', '7'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value }] })
      const partitions = [{ partition: 0, offset }]
      await transaction.sendOffsets({ consumerGroupId: groupId, topics: [{ topic, partitions }] })
      await (value === 'committed' ? transaction.commit() : transaction.abort())
    }
    const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] })
    assert.equal(offsets?.partitions[0]?.offset, '1')
    const read = await readByKafkajs({ topic, count: 1 })
    assert.deepEqual(
      read.map(({ message }) => message.value?.toString()),
      ['committed'],
    )
  } finally {
    await admin.disconnect()
    await producer.disconnect()
  }
})
