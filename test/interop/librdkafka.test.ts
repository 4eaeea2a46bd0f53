/** librdkafka: produce, consume with both group protocols, offsets, administration. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { records, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { skipUnless } from './served.ts'
import { createTopic } from './topics.ts'

const count = records(1000)

for (const protocol of ['classic', 'consumer']) {
  const skip = protocol === 'consumer' ? skipUnless('consumerProtocol') : false
  test(`what it produced it reads, in a group of the ${protocol} protocol`, { skip }, async () => {
    const topic = await createTopic({ prefix: 'librdkafka', partitions: 3 })
    const group = uniqueName('group')
    await librdkafka('produce', { topic, count, idempotent: true })
    const lines = await librdkafka('consume', { topic, group, count, protocol })
    assert.deepEqual(
      new Set(lines.map(({ value }) => value)),
      new Set(Array.from({ length: count }, (_, i) => `value-${i}`)),
    )
    assert.deepEqual(lines[0]?.['headers'], { source: 'librdkafka' })
    for (const { key, value } of lines) assert.equal(String(key).split('-')[1], String(value).split('-')[1])
    for (const partition of [0, 1, 2]) {
      const offsets = lines.filter((line) => line['partition'] === partition).map((line) => line['offset'])
      assert.deepEqual(offsets, Array.from(offsets.keys()), 'offsets without gap, in order')
    }
  })
}

test('committed offsets and watermarks', async () => {
  const topic = await createTopic({ prefix: 'librdkafka' })
  const group = uniqueName('group')
  await librdkafka('produce', { topic, count: 10 })
  await librdkafka('consume', { topic, group, count: 10 })
  const [line] = await librdkafka('watermarks', { topic, group })
  assert.partialDeepStrictEqual(line, { event: 'watermarks', low: 0, high: 10, committed: 10 })
})

test('creates, grows, describes and deletes a topic', async () => {
  const [line] = await librdkafka('admin', { topic: uniqueName('librdkafka-admin') })
  assert.partialDeepStrictEqual(line, { event: 'admin', retention: '3600000', brokers: 1 })
})
