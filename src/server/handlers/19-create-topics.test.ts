import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../base/index.ts'
import { type CreateTopicsResponse, createPartitions, createTopics, deleteTopics } from '../../protocol/index.ts'
import { createTopicsHandler } from './19-create-topics.ts'
import { deleteTopicsHandler } from './20-delete-topics.ts'
import { createPartitionsHandler } from './37-create-partitions.ts'
import { ask, ClusterFixture, id, ManualClock } from './handler-fixture.ts'

const topic = (name: string, configs: readonly (readonly [string, string | null])[] = []) => ({
  name,
  numPartitions: 1,
  replicationFactor: 1,
  configs: configs.map(([key, value]) => ({ name: key, value })),
})
const create = (...topics: readonly ReturnType<typeof topic>[]) =>
  createTopics.request.create({ topics, timeoutMs: 500 })
const codes = ({ topics }: CreateTopicsResponse) => topics.map((it) => `${it.name} ${it.errorCode}`)

function cluster(texts: Readonly<Record<string, string>> = {}): ClusterFixture {
  const fixture = new ClusterFixture(texts)
  fixture.start(1)
  return fixture
}

test('topics fail one by one', async () => {
  const fixture = cluster()
  const handler = createTopicsHandler(fixture.services)
  const reply = await ask(
    handler,
    create(
      topic('dup'),
      topic('dup'),
      topic('__cluster_metadata'),
      topic('x/y'),
      topic('null', [['retention.ms', null]]),
      topic('twice', [
        ['retention.ms', '5'],
        ['retention.ms', '6'],
      ]),
    ),
  )
  assert.deepEqual(codes(reply), ['x/y 17', 'twice 0', 'dup 42', '__cluster_metadata 42', 'null 40'])
  const retention = reply.topics[1]?.configs?.find(({ name }) => name === 'retention.ms')
  assert.deepEqual([retention?.value, retention?.configSource], ['6', 1])
  assert.deepEqual([...fixture.image.topics.byName.keys()], ['twice'])
})

test('a try has no effect', async () => {
  const fixture = cluster()
  const request = { ...create(topic('a')), validateOnly: true }
  assert.deepEqual(codes(await ask(createTopicsHandler(fixture.services), request)), ['a 0'])
  assert.equal(fixture.image.topics.byName.size, 0)
})

test('a request without time does not reach the controller', async () => {
  const fixture = cluster()
  for (const timeoutMs of [0, -1]) {
    const reply = await ask(createTopicsHandler(fixture.services), { ...create(topic('a')), timeoutMs })
    assert.deepEqual(codes(reply), ['a 7'])
  }
  assert.equal(fixture.image.topics.byName.size, 0)
})

test('a controller that does not answer in time is an error for each topic', async () => {
  const clock = new ManualClock()
  let answer: (reply: CreateTopicsResponse) => void = () => undefined
  const channel = { createTopics: () => new Promise<CreateTopicsResponse>((resolve) => (answer = resolve)) }
  const reply = ask(createTopicsHandler({ channel, clock }), create(topic('a'), topic('b')))
  await Promise.resolve()
  clock.advance(499)
  clock.advance(1)
  assert.deepEqual(codes(await reply), ['a 7', 'b 7'])
  answer(createTopics.response.create())
})

test('a controller that answers leaves no timer', async () => {
  const { services, clock } = cluster()
  await ask(createTopicsHandler(services), create(topic('a')))
  assert.equal(clock.waiting, 0)
})

test('no controller is an error for each topic', async () => {
  const channel = { createTopics: () => Promise.reject(new ApiError(41, 'none')) }
  const clock = new ManualClock()
  assert.deepEqual(codes(await ask(createTopicsHandler({ channel, clock }), create(topic('a')))), ['a 41'])
  assert.equal(clock.waiting, 0)
})

test('what is deleted is named once, by name or by id', async () => {
  const fixture = cluster()
  fixture.createTopics({ a: [[1]], b: [[1]] })
  const handler = deleteTopicsHandler(fixture.services)
  const topics = [
    { name: 'a' },
    { name: 'b' },
    { name: 'b' },
    { name: 'zz' },
    {},
    { name: 'a', topicId: id('q') },
    { topicId: id('q') },
    { topicId: id('r') },
    { topicId: id('r') },
  ]
  const { responses } = await ask(handler, deleteTopics.request.create({ topics, timeoutMs: 500 }))
  assert.deepEqual(
    responses.map((it) => `${it.name} ${it.topicId[0]} ${it.errorCode} ${it.errorMessage}`),
    [
      `a ${responses[0]?.topicId[0]} 0 null`,
      'zz \0 3 This server does not host this topic-partition.',
      'null q 100 This server does not host this topic ID.',
      'null \0 42 Neither topic name nor id were specified.',
      'a q 42 You may not specify both topic name and topic id.',
      'b \0 42 Duplicate topic name.',
      'null r 42 Duplicate topic id.',
    ],
  )
  assert.deepEqual([...fixture.image.topics.byName.keys()], ['b'])
})

test('deletion may be switched off; versions before 3 have no code of their own for it', async () => {
  const fixture = cluster({ 'delete.topic.enable': 'false' })
  fixture.createTopics({ a: [[1]] })
  const handler = deleteTopicsHandler(fixture.services)
  const request = deleteTopics.request.create({ topicNames: ['a'], timeoutMs: 500 })
  for (const [apiVersion, code] of [
    [2, 42],
    [3, 73],
  ] as const) {
    const { responses } = await ask(handler, request, { apiVersion })
    assert.deepEqual(
      responses.map((it) => it.errorCode),
      [code],
    )
  }
})

test('more partitions: once a topic, within the time', async () => {
  const fixture = cluster()
  fixture.createTopics({ a: [[1]], b: [[1]] })
  const handler = createPartitionsHandler(fixture.services)
  const ofTopic = (name: string, count: number) => ({ name, count, assignments: null })
  const topics = [ofTopic('a', 2), ofTopic('a', 3), ofTopic('b', 2), ofTopic('zz', 2)]
  const request = createPartitions.request.create({ topics, timeoutMs: 500 })
  const { results } = await ask(handler, request)
  assert.deepEqual(
    results.map((it) => `${it.name} ${it.errorCode}`),
    ['a 42', 'b 0', 'zz 3'],
  )
  const late = await ask(handler, { ...request, timeoutMs: 0 })
  assert.deepEqual(
    late.results.map((it) => it.errorCode),
    [7, 7, 7, 7],
  )
})
