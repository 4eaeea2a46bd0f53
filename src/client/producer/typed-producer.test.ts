/** Records of typed topics on their way through serializers, quick ones and such as take their time. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import { defineTopic, int32, json, KafkaError, orNull, type Serde, type Serializer, string } from '../index.ts'
import { plainRecord, serializedRecord, type UncheckedTopic } from './new-record.ts'

/** Text that is serialized when the test says so. */
class SlowText implements Serde<string> {
  readonly waiting: (() => void)[] = []

  readonly serialize = async (value: string): Promise<Uint8Array> => {
    await new Promise<void>((then) => this.waiting.push(then))
    if (value === 'bad') throw new RangeError('bad text')
    return Buffer.from(value)
  }

  readonly deserialize = (): string => ''
}

const quick = { key: orNull(string), value: string }

/** As a registry's: a promise each time, though nothing is waited for. */
const promised: Serde<string> = { ...string, serialize: async (value, context) => string.serialize(value, context) }

const outcomes = async (sent: readonly Promise<{ readonly offset: number }>[]): Promise<(number | string)[]> =>
  (await Promise.allSettled(sent)).map((it) => (it.status === 'fulfilled' ? it.value.offset : String(it.reason.code)))

test('a typed topic is written as its serdes say', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 0 })
    const orders = defineTopic('t', { key: int32, value: orNull(json<{ total: number }>()) })
    const sent = [
      producer.send(orders, { key: 1, value: { total: 3 } }),
      ...(await producer.sendAll(orders, [{ key: 2, value: { total: 4 } }])).map((it) => Promise.resolve(it)),
    ]
    assert.deepEqual(await outcomes(sent), [0, 1])
    assert.deepEqual(
      cluster.offered.flatMap(({ values }) => values),
      ['{"total":3}', '{"total":4}'],
    )
  })
})

test('key, value and headers of a record, and what a serializer adds to them', () => {
  const asked: unknown[] = []
  const noted = (name: string): Serializer<unknown> => ({
    serialize(value, { topic, isKey, headers }) {
      asked.push([name, value, topic, isKey, headers.map(({ key }) => key)])
      headers.push({ key: name, value: null })
      return value === null ? null : Buffer.from(String(value))
    },
  })
  const topic: UncheckedTopic = { name: 'orders', key: noted('of key'), value: noted('of value') }
  const record = serializedRecord(topic, { key: 'k', value: 5, headers: { h: 'x' } }, 1000)
  assert.deepEqual(record, {
    key: Buffer.from('k'),
    value: Buffer.from('5'),
    timestampMs: 1000,
    headers: [
      { key: 'h', value: Buffer.from('x') },
      { key: 'of key', value: null },
      { key: 'of value', value: null },
    ],
  })
  serializedRecord(topic, { value: 'no key', timestampMs: 5 }, 1000)
  assert.deepEqual(asked, [
    ['of key', 'k', 'orders', true, ['h']],
    ['of value', 5, 'orders', false, ['h', 'of key']],
    ['of key', null, 'orders', true, []],
    ['of value', 'no key', 'orders', false, ['of key']],
  ])
})

test('a serializer that gives no bytes, at once or later, is told of by the name of the topic', async () => {
  type Bytes = Uint8Array | null
  /** What only callers can give whom nobody has compiled. */
  const text = (): Uint8Array => JSON.parse('"text"')
  const given = async (key: () => Bytes | Promise<Bytes>, value: () => Bytes | Promise<Bytes>): Promise<unknown> =>
    serializedRecord({ name: 'orders', key: { serialize: key }, value: { serialize: value } }, { value: 1 }, 0)
  const none = (): null => null
  const code = 'SERIALIZATION'
  await assert.rejects(given(text, none), { code, message: /the key .*'orders'.* string/ })
  await assert.rejects(given(none, text), { code, message: /the value .*'orders'.* string/ })
  await assert.rejects(
    given(async () => text(), none),
    { code, message: /the key .* string/ },
  )
  await assert.rejects(
    given(
      async () => null,
      async () => text(),
    ),
    { code, message: /the value .* string/ },
  )
  const cause = new Error('no')
  await assert.rejects(
    given(
      async () => null,
      () => Promise.reject(cause),
    ),
    { code, cause, message: /: no$/ },
  )
  assert.throws(() => plainRecord({ value: 5 }, 0), { code: 'INVALID_ARGUMENT' })
})

test('what takes its time holds back what was sent behind it, and goes with it', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 0 })
    await producer.send('t', { value: 'known' })
    const text = new SlowText()
    const slow = defineTopic('t', { ...quick, value: text })
    const sent = [
      producer.send(slow, { value: 'a' }),
      producer.send(slow, { value: 'b' }),
      producer.send(defineTopic('t', quick), { value: 'c' }),
      producer.send('t', { value: 'd' }),
    ]
    await cluster.sleep(50)
    const [first, second] = text.waiting
    second?.()
    await cluster.sleep(50)
    assert.equal(cluster.offered.length, 1)
    first?.()
    assert.deepEqual(await outcomes(sent), [1, 2, 3, 4])
    assert.deepEqual(
      cluster.offered.map(({ values }) => values),
      [['known'], ['a', 'b', 'c', 'd']],
    )
  })
})

test('what cannot be serialized is rejected, and nothing else', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 0, maxRequestSize: 1000 })
    const text = new SlowText()
    const slow = defineTopic('t', { ...quick, value: text })
    const numbers = defineTopic('t', { value: int32 })
    const sent = ['a', 'bad', 'b', 'x'.repeat(2000), 'c'].map((value) => producer.send(slow, { value }))
    sent.push(producer.send(numbers, { value: 1.5 }))
    sent.push(producer.send('t', { value: 'd' }))
    const told = outcomes(sent)
    await cluster.sleep(50)
    for (const then of text.waiting) then()
    assert.deepEqual(await told, [0, 'SERIALIZATION', 1, 'RECORD_LIST_TOO_LARGE', 2, 'SERIALIZATION', 3])
    const error = await sent[1]?.catch((it: unknown) => it)
    assert.ok(error instanceof KafkaError && error.cause instanceof RangeError)
    assert.match(error.message, /the value of a record for 't' could not be serialized: bad text/)
    await assert.rejects(producer.sendAll(numbers, [{ value: 1 }, { value: 2.5 }]), { code: 'SERIALIZATION' })
  })
})

test('what one turn sends goes in one batch, also where serializers give promises', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ lingerMs: 0 })
    await producer.send('t', { value: 'known' })
    const topic = defineTopic('t', { key: orNull(promised), value: promised })
    const values = Array.from({ length: 100 }, (_, i) => `v${i}`)
    await Promise.all(values.map((value) => producer.send(topic, { value })))
    assert.deepEqual(
      cluster.offered.map((it) => it.values),
      [['known'], values],
    )
  })
})

test('a serializer that never answers holds nobody up for longer than a record may wait', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    await using producer = cluster.producer({ maxBlockMs: 1000 })
    const text = new SlowText()
    const slow = producer.send(defineTopic('t', { ...quick, value: text }), { value: 'a' })
    await cluster.sleep(500)
    const sent = [slow, producer.send('t', { value: 'b' })]
    assert.deepEqual(await outcomes(sent), ['TIMED_OUT', 0])
    // It comes too late, and is no record any more.
    for (const then of text.waiting) then()
    await producer.flush()
    assert.deepEqual(
      cluster.offered.flatMap(({ values }) => values),
      ['b'],
    )
  })
})

test('who closes waits for serializers, or not', async () => {
  const cluster = new ScriptedCluster()
  await cluster.run(async () => {
    const text = new SlowText()
    const topic = defineTopic('t', { ...quick, value: text })
    const patient = cluster.producer()
    const sent = patient.send(topic, { value: 'a' })
    const closed = patient.close()
    await cluster.sleep(50)
    for (const then of text.waiting.splice(0)) then()
    await closed
    assert.deepEqual(await outcomes([sent]), [0])
    const hurried = cluster.producer()
    const left = hurried.send(topic, { value: 'b' })
    await Promise.all([hurried.close({ timeoutMs: 100 }), assert.rejects(left, { code: 'CLOSED' })])
    for (const then of text.waiting) then()
    await cluster.sleep(50)
    assert.deepEqual(
      cluster.offered.flatMap(({ values }) => values),
      ['a'],
    )
  })
})

test('a topic that is none is refused', () => {
  assert.throws(() => defineTopic('', { value: string }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => defineTopic('t', JSON.parse('{"value": {}}')), { code: 'INVALID_ARGUMENT', message: /serialize/ })
  assert.throws(() => defineTopic('t', JSON.parse('{}')), { code: 'INVALID_ARGUMENT' })
  const named = { ...quick, values: string }
  assert.throws(() => defineTopic('t', named), { code: 'INVALID_ARGUMENT', message: /'values'/ })
})
