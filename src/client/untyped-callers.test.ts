/** What plain JavaScript may give where the compiler would have refused it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Kafka } from '../stack/client.ts'

const kafka = new Kafka({ bootstrapServers: 'nobody.invalid:9092', logLevel: 'error' })
const refused = (message: RegExp) => ({ name: 'KafkaError', code: 'INVALID_ARGUMENT', message })

/** Without its types. */
const call = (target: object, name: string, ...args: readonly unknown[]): unknown => {
  const method: unknown = Reflect.get(target, name)
  assert.ok(typeof method === 'function')
  return Reflect.apply(method, target, args)
}

test('what is no record, or no topic, is refused by a producer at once', async () => {
  await using producer = kafka.producer({ maxBlockMs: 60_000 })
  const wrong: readonly [unknown[], RegExp][] = [
    [['a', 'hello'], /send\('orders', \{ key, value \}\)/],
    [['a'], /takes a topic and a record/],
    [['a', null], /takes a topic and a record/],
    [['a', ['hello']], /a list/],
    [['a', Buffer.from('hello')], /takes a topic and a record/],
    [['a', {}], /takes a topic and a record/],
    [[{ topic: 'a', messages: [{ value: 'hello' }] }], /sendAll\(topic, messages\)/],
    [['a', { messages: [{ value: 'hello' }] }], /sendAll\(topic, messages\)/],
    [[{ name: 'a' }, { value: 'hello' }], /defineTopic/],
    [[undefined, { value: 'hello' }], /defineTopic/],
  ]
  for (const [args, message] of wrong) {
    await assert.rejects(Promise.resolve(call(producer, 'send', ...args)), refused(message), String(args))
  }
  await assert.rejects(Promise.resolve(call(producer, 'sendAll', 'a', 'hello')), refused(/a list of records/))
  await assert.rejects(Promise.resolve(call(producer, 'sendAll', 'a')), refused(/a list of records/))
  await assert.rejects(Promise.resolve(call(producer, 'sendAll', 'a', ['hello'])), refused(/a record/))
})

test('what are no options is refused', () => {
  for (const options of [
    undefined,
    null,
    'localhost:9092',
    {},
    { bootstrapServers: 9092 },
    { bootstrapServers: [1] },
  ]) {
    assert.throws(() => Reflect.construct(Kafka, [options]), refused(/bootstrapServers: 'localhost:9092'/))
  }
  assert.throws(() => call(kafka, 'producer', null), refused(/options are an object/))
  assert.throws(() => call(kafka, 'consumer', 'group'), refused(/options are an object/))
  assert.throws(() => call(kafka, 'shareConsumer'), refused(/options are an object/))
})

test('what are no topics and no partitions is refused by consumers', async () => {
  await using consumer = kafka.consumer({ groupId: 'g' })
  for (const topics of ['a', undefined, null, { topic: 'a' }, { topics: ['a'] }]) {
    assert.throws(() => call(consumer, 'subscribe', topics), refused(/list of topics/), String(topics))
  }
  for (const partitions of ['a', ['a'], undefined, [undefined], [{ topic: 'a' }]]) {
    assert.throws(() => call(consumer, 'assign', partitions), refused(/list of partitions/), String(partitions))
  }
  await using share = kafka.shareConsumer({ groupId: 'g' })
  assert.throws(() => call(share, 'subscribe', 'a'), refused(/list of topics/))
})

test('what is no time is refused by close, which closes nothing then', async () => {
  const clients = [kafka.producer(), kafka.consumer({ groupId: 'g' }), kafka.shareConsumer({ groupId: 'g' })]
  for (const client of clients) {
    for (const timeoutMs of ['1s', -1, Number.NaN, null]) {
      await assert.rejects(
        Promise.resolve(call(client, 'close', { timeoutMs })),
        refused(/timeoutMs/),
        String(timeoutMs),
      )
    }
    await client.close({ timeoutMs: 1000 })
  }
})
