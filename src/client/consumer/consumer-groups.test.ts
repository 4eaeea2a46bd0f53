/** Members of the consumer protocol, and topics by pattern, before a broker of ours in memory. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Admin,
  type Consumer,
  type ConsumerOptions,
  Kafka,
  KafkaError,
  type Producer,
} from '../../stack/client.ts'
import { type RunningBroker, startBroker } from '../../stack/index.ts'

let broker: RunningBroker
let kafka: Kafka
let producer: Producer
let admin: Admin
let names = 0

before(async () => {
  broker = await startBroker({
    config: {
      'num.partitions': '3',
      'group.consumer.min.heartbeat.interval.ms': '50',
      'group.consumer.heartbeat.interval.ms': '50',
      'group.consumer.assignment.interval.ms': '0',
      'group.initial.rebalance.delay.ms': '0',
    },
  })
  kafka = new Kafka({ bootstrapServers: broker.bootstrap, metadataMaxAgeMs: 100 })
  // It does not ask again for a topic that was deleted, which would make it anew.
  producer = new Kafka({ bootstrapServers: broker.bootstrap }).producer({ lingerMs: 0 })
  admin = kafka.admin()
})

after(async () => {
  await Promise.all([producer.close(), admin.close()])
  await broker.stop()
})

const newName = (): string => `name-${names++}`

const open = (options: ConsumerOptions = {}): Consumer =>
  kafka.consumer({ autoOffsetReset: 'earliest', groupProtocol: 'consumer', groupId: newName(), ...options })

/** What a member is told, in order. */
function noting(events: string[], name: string): ConsumerOptions {
  const note = (what: string) => (them: readonly unknown[]) => void events.push(`${name} ${what} ${them.length}`)
  return { onAssigned: note('gets'), onRevoked: note('gives'), onLost: note('loses') }
}

async function fill(topic: string, count: number): Promise<void> {
  await producer.sendAll(
    topic,
    Array.from({ length: count }, (_, i) => ({ value: `${topic} ${i}`, partition: i % 3 })),
  )
}

/** One for each consumer: who begins another takes over. */
const loops = new WeakMap<Consumer, ReturnType<Consumer[typeof Symbol.asyncIterator]>>()

function loopOf(consumer: Consumer): ReturnType<Consumer[typeof Symbol.asyncIterator]> {
  const loop = loops.get(consumer) ?? consumer[Symbol.asyncIterator]()
  loops.set(consumer, loop)
  return loop
}

async function read(consumer: Consumer, count: number): Promise<string[]> {
  const values: string[] = []
  const iterator = loopOf(consumer)
  while (values.length < count) {
    const next = await iterator.next()
    if (next.done === true) break
    values.push(String(next.value.value))
  }
  return values
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(20)
}

test('two members share the partitions, of which none is taken before it was given; one that closes leaves them at once', async () => {
  const [topic, groupId] = [newName(), newName()]
  await fill(topic, 60)
  const events: string[] = []
  const one = open({ groupId, ...noting(events, 'one') })
  one.subscribe([topic])
  assert.equal(new Set(await read(one, 60)).size, 60)
  const waiting = read(one, 1)
  const two = open({ groupId, ...noting(events, 'two') })
  two.subscribe([topic])
  const others = read(two, 1)
  await until(() => two.assignment.length > 0)
  assert.equal(one.assignment.length + two.assignment.length, 3)
  await one.close()
  assert.deepEqual(await waiting, [])
  await until(() => two.assignment.length === 3)
  await producer.send(topic, { value: 'last', partition: 2 })
  assert.deepEqual(await others, ['last'])
  await two.close()
  const [gives, gets] = events[1] === 'one gives 1' ? [1, 1] : [2, 2]
  assert.deepEqual(events, [
    'one gets 3',
    `one gives ${gives}`,
    `two gets ${gets}`,
    `one gives ${3 - gives}`,
    `two gets ${3 - gives}`,
    'two gives 3',
  ])
})

test('what a member has in hand is given up when it is done, and committed before the next has it', async () => {
  const [topic, groupId] = [newName(), newName()]
  await fill(topic, 3)
  const one = open({ groupId })
  one.subscribe([topic])
  const iterator = one[Symbol.asyncIterator]()
  const seen: string[] = []
  for (let i = 0; i < 3; i++) seen.push(String((await iterator.next()).value?.value))
  const two = open({ groupId })
  const three = open({ groupId })
  for (const member of [two, three]) member.subscribe([topic])
  const others = [read(two, 1), read(three, 1)]
  // Long enough for the group to have shared them out anew.
  await sleep(500)
  assert.deepEqual([one.assignment.length, two.assignment.length, three.assignment.length], [3, 0, 0])
  const last = iterator.next()
  await until(() => [one, two, three].every(({ assignment }) => assignment.length === 1))
  for (let partition = 0; partition < 3; partition++) await producer.send(topic, { value: 'more', partition })
  assert.equal(String((await last).value?.value), 'more')
  assert.deepEqual(await Promise.all(others), [['more'], ['more']])
  assert.equal(new Set(seen).size, 3)
  await Promise.all([one, two, three].map((member) => member.close()))
})

test('who keeps a record for too long leaves, and comes back when it asks again', async () => {
  const topic = newName()
  await fill(topic, 6)
  const events: string[] = []
  await using consumer = open({ maxPollIntervalMs: 300, ...noting(events, 'one') })
  consumer.subscribe([topic])
  await read(consumer, 3)
  await until(() => events.length === 2)
  assert.deepEqual([events, consumer.assignment], [['one gets 3', 'one loses 3'], []])
  assert.equal(new Set(await read(consumer, 6)).size, 6)
})

test('topics that match an expression are read in both protocols, as they come and go', async () => {
  for (const groupProtocol of ['classic', 'consumer'] as const) {
    const prefix = newName()
    await fill(`${prefix}-a`, 3)
    await fill(`other-${prefix}-b`, 3)
    const consumer = open({ groupProtocol, ...(groupProtocol === 'classic' && { heartbeatIntervalMs: 50 }) })
    consumer.subscribe(new RegExp(`^${prefix}-`, 'g'))
    assert.equal((await read(consumer, 3)).filter((value) => value.startsWith(`${prefix}-a`)).length, 3)
    const later = read(consumer, 3)
    await fill(`${prefix}-c`, 3)
    assert.equal((await later).filter((value) => value.startsWith(`${prefix}-c`)).length, 3)
    const topics = new Set(consumer.assignment.map(({ topic }) => topic))
    assert.deepEqual([...topics].sort(), [`${prefix}-a`, `${prefix}-c`])
    const waiting = read(consumer, 3)
    await admin.deleteTopics([`${prefix}-a`])
    await until(
      () => consumer.assignment.length === 3 && consumer.assignment.every(({ topic }) => topic.endsWith('-c')),
    )
    consumer.subscribe([`other-${prefix}-b`])
    assert.equal((await waiting).filter((value) => value.startsWith('other')).length, 3)
    await consumer.close()
  }
})

test('the topics of the brokers are matched where that is asked for', async () => {
  const topic = newName()
  await fill(topic, 3)
  const one = open({ excludeInternalTopics: false })
  one.subscribe(new RegExp(`^(${topic}|__consumer_offsets)$`))
  const reading = read(one, 3)
  await until(() => one.assignment.some((it) => it.topic === '__consumer_offsets'))
  await one.close()
  await reading
  const two = open()
  two.subscribe(/offsets|name/)
  await read(two, 3)
  assert.ok(two.assignment.every((it) => it.topic !== '__consumer_offsets'))
  await two.close()
})

test('a pattern that the broker matches: whole names, topics that are not known by name yet, and one that is none', async () => {
  const prefix = newName()
  for (const end of ['a', 'c', 'cc']) await fill(`${prefix}-${end}`, 3)
  await using consumer = open()
  consumer.subscribe({ pattern: `${prefix}-[a-c]` })
  assert.ok((await read(consumer, 6)).every((value) => !value.startsWith(`${prefix}-cc`)))
  consumer.subscribe([`${prefix}-cc`])
  assert.equal((await read(consumer, 3)).filter((value) => value.startsWith(`${prefix}-cc`)).length, 3)
  consumer.subscribe({ pattern: '(' })
  await assert.rejects(read(consumer, 1), { code: 'INVALID_REGULAR_EXPRESSION', message: /pattern '\('/ })
})

test('what the coordinator does not take is told, and a member that it takes later comes back', async () => {
  const topic = newName()
  await fill(topic, 3)
  await using odd = open({ groupRemoteAssignor: 'by-hand' })
  odd.subscribe([topic])
  await assert.rejects(read(odd, 1), { code: 'UNSUPPORTED_ASSIGNOR', message: /by-hand/ })
  const [groupId, groupInstanceId] = [newName(), 'i']
  const one = open({ groupId, groupInstanceId })
  one.subscribe([topic])
  await read(one, 3)
  await using two = open({ groupId, groupInstanceId })
  two.subscribe([topic])
  await assert.rejects(read(two, 1), { code: 'UNRELEASED_INSTANCE_ID' })
  await one.close()
  await producer.send(topic, { value: 'for two', partition: 1 })
  assert.deepEqual(await read(two, 1), ['for two'])
  assert.equal(two.assignment.length, 3)
})

test('a static member that closes keeps its partitions: nobody else has them', async () => {
  const [topic, groupId] = [newName(), newName()]
  await fill(topic, 3)
  const one = open({ groupId, groupInstanceId: 'one' })
  await using two = open({ groupId, groupInstanceId: 'two' })
  for (const member of [one, two]) member.subscribe([topic])
  const reading = [read(one, 1000), read(two, 1000)]
  await until(() => one.assignment.length > 0 && two.assignment.length > 0)
  const before = two.assignment
  await one.close()
  await sleep(300)
  assert.deepEqual(two.assignment, before)
  await two.close()
  await Promise.all(reading)
})

test('who closes while partitions are given up has given them once', async () => {
  for (const groupProtocol of ['classic', 'consumer'] as const) {
    const [topic, groupId] = [newName(), newName()]
    await fill(topic, 3)
    const given: number[] = []
    const options: ConsumerOptions = {
      groupId,
      groupProtocol,
      ...(groupProtocol === 'classic' && { heartbeatIntervalMs: 50 }),
    }
    const one = open({
      ...options,
      async onRevoked(them) {
        await sleep(100)
        given.push(...them.map(({ partition }) => partition))
      },
    })
    one.subscribe([topic])
    await read(one, 3)
    const two = open(options)
    two.subscribe([topic])
    const other = read(two, 4)
    // It waits for the record in hand.
    await sleep(300)
    await one.close()
    assert.deepEqual(given.sort(), [0, 1, 2])
    await two.close()
    await other
  }
})

for (const groupProtocol of ['classic', 'consumer'] as const) {
  const options: ConsumerOptions = {
    groupProtocol,
    ...(groupProtocol === 'classic' && { heartbeatIntervalMs: 50 }),
  }

  test(`${groupProtocol}: who unsubscribes has committed what is done, leaves, and may read something else, by whatever way`, async () => {
    const [topic, other, groupId] = [newName(), newName(), newName()]
    for (const each of [topic, other]) await fill(each, 3)
    const events: string[] = []
    await using consumer = open({ ...options, groupId, ...noting(events, 'one') })
    consumer.subscribe([topic])
    const done = await read(consumer, 3)
    const unsubscribing = consumer.unsubscribe()
    assert.throws(() => consumer.subscribe([other]), { code: 'INVALID_ARGUMENT', message: /unsubscribe/ })
    // Neither waits for what the application has in hand.
    await Promise.all([unsubscribing, consumer.unsubscribe()])
    assert.deepEqual([consumer.assignment, events], [[], ['one gets 3', 'one gives 3']])
    const places = [0, 1, 2].map((partition) => ({ topic, partition }))
    const offsets = (await consumer.committed(places)).map((it) => it?.offset ?? 0)
    assert.equal(
      offsets.reduce((a, b) => a + b),
      2,
    )
    await using next = open({ ...options, groupId })
    next.subscribe([topic])
    // Nobody else is in the group: all is its own at once.
    assert.deepEqual(await read(next, 1), done.slice(2))
    assert.equal(next.assignment.length, 3)
    await next.close()
    consumer.assign([{ topic: other, partition: 1 }])
    assert.deepEqual(await read(consumer, 1), [`${other} 1`])
    await consumer.commit()
    const waiting = read(consumer, 3)
    await consumer.unsubscribe()
    assert.deepEqual(consumer.assignment, [])
    // The loop that waits goes on with what comes.
    consumer.subscribe([topic, other])
    assert.deepEqual((await waiting).sort(), [...done.slice(2), `${other} 0`, `${other} 2`].sort())
  })

  test(`${groupProtocol}: what hooks throw is told by the loop; partitions stay, and commits go on`, async () => {
    const [topic, groupId] = [newName(), newName()]
    await fill(topic, 9)
    const events: string[] = []
    const committed = new Map<number, number>()
    let commits = 0
    await using consumer = open({
      ...{ ...options, groupId, autoCommitIntervalMs: 30 },
      onAssigned(them) {
        events.push(`gets ${them.length}`)
        throw new Error('not these')
      },
      onCommitted(offsets): void | Promise<void> {
        for (const { partition, offset } of offsets) committed.set(partition, offset)
        if (++commits === 1) throw new Error('not so soon')
        if (commits === 2) return Promise.reject(new Error('not so late'))
      },
      onLost: () => void events.push('loses'),
    })
    consumer.subscribe([topic])
    const loop = consumer[Symbol.asyncIterator]()
    const [values, errors]: [string[], string[]] = [[], []]
    while (values.length < 9) {
      const next = await loop.next().catch((error: unknown) => void errors.push(String(error)))
      if (next !== undefined) values.push(String(next.value?.value))
      // What is in hand is not done.
      const done = next === undefined ? values.length : values.length - 1
      await until(() => [...committed.values()].reduce((sum, offset) => sum + offset, 0) === done)
    }
    assert.deepEqual(errors, ['Error: not these', 'Error: not so soon', 'Error: not so late'])
    assert.deepEqual([new Set(values).size, events], [9, ['gets 3']])
  })

  test(`${groupProtocol}: what the hook for partitions that are given up rejects with is told, whatever it is`, async () => {
    const [topic, groupId] = [newName(), newName()]
    await fill(topic, 3)
    const one = open({
      ...{ ...options, groupId },
      // One that may pass, for whoever sent the request.
      onRevoked: () => Promise.reject(new KafkaError('NETWORK', 'not stored elsewhere')),
    })
    one.subscribe([topic])
    await read(one, 3)
    const waiting = assert.rejects(read(one, 1), { code: 'NETWORK', message: 'not stored elsewhere' })
    const two = open({ ...options, groupId })
    two.subscribe([topic])
    const others = read(two, 1000)
    await waiting
    await until(() => one.assignment.length > 0 && one.assignment.length + two.assignment.length === 3)
    await two.close()
    await others
    await assert.rejects(one.close(), { code: 'NETWORK' })
  })

  test(`${groupProtocol}: who unsubscribes while it joins is no member, and may be one again`, async () => {
    const topic = newName()
    await fill(topic, 3)
    await using consumer = open({ ...options, groupId: newName() })
    for (let i = 0; i < 3; i++) {
      consumer.subscribe([topic])
      const waiting = read(consumer, 1)
      await sleep(i * 10)
      await consumer.unsubscribe()
      assert.deepEqual(consumer.assignment, [])
      consumer.subscribe([topic])
      await waiting
      await consumer.unsubscribe()
    }
    await sleep(200)
    assert.deepEqual(consumer.assignment, [])
  })
}

test('options of the other protocol are refused', () => {
  const wrong: readonly [ConsumerOptions, RegExp][] = [
    [{ groupProtocol: 'consumer', sessionTimeoutMs: 6000 }, /sessionTimeoutMs/],
    [{ groupProtocol: 'consumer', heartbeatIntervalMs: 100 }, /heartbeatIntervalMs/],
    [{ groupProtocol: 'consumer', partitionAssignmentStrategy: ['range'] }, /partitionAssignmentStrategy/],
    [{ groupRemoteAssignor: 'range' }, /groupRemoteAssignor/],
    [JSON.parse('{"groupProtocol": "share"}'), /share/],
  ]
  for (const [options, message] of wrong) assert.throws(() => kafka.consumer({ groupId: 'g', ...options }), message)
  const classic = kafka.consumer({ groupId: 'g' })
  assert.throws(() => classic.subscribe({ pattern: 'a' }), { code: 'INVALID_ARGUMENT' })
  assert.throws(() => open().subscribe({ pattern: '' }), KafkaError)
})
