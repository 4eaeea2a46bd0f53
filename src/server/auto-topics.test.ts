import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type Logger } from '../base/index.ts'
import { type Asker, anonymous } from '../metadata/index.ts'
import type { CreateTopicsRequest, CreateTopicsResponse } from '../protocol/index.ts'
import { createTopics } from '../protocol/index.ts'
import { AutoTopics } from './auto-topics.ts'
import { ClusterFixture } from './handlers/handler-fixture.ts'

class Lines implements Logger {
  readonly lines: string[] = []
  child(): Logger {
    return this
  }
  readonly settings: unknown[] = []
  log(level: string, message: string, { setting }: Readonly<Record<string, unknown>> = {}): void {
    this.lines.push(`${level} ${message}`)
    if (setting !== undefined) this.settings.push(setting)
  }
}

/** Over a controller that answers when it is told to. */
function held(texts: Readonly<Record<string, string>> = {}) {
  const fixture = new ClusterFixture(texts)
  fixture.start(1)
  const requests: CreateTopicsRequest[] = []
  const askers: (Asker | undefined)[] = []
  const answers: ((reply: CreateTopicsResponse | ApiError) => void)[] = []
  const channel = {
    createTopics: (request: CreateTopicsRequest, asker?: Asker) => {
      requests.push(request)
      askers.push(asker)
      return new Promise<CreateTopicsResponse>((resolve, reject) => {
        answers.push((reply) => (reply instanceof ApiError ? reject(reply) : resolve(reply)))
      })
    },
  }
  const logger = new Lines()
  const topics = new AutoTopics({ ...fixture.services, channel, logger })
  const answer = (i: number, errorCode = 0): void => {
    const names = requests[i]?.topics.map(({ name }) => ({ name, errorCode })) ?? []
    answers[i]?.(createTopics.response.create({ topics: names }))
  }
  const asked = () => requests.map((request) => request.topics.map(({ name }) => name).join(' '))
  return { fixture, topics, requests, askers, answers, answer, asked, logger }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('names are answered at once; a name is asked for once at a time', async () => {
  const { topics, answer, asked } = held()
  assert.deepEqual(
    [...topics.create(['a', 'x/y', 'b', 'a'])],
    [
      ['a', 3],
      ['x/y', 17],
      ['b', 3],
    ],
  )
  assert.deepEqual(
    [...topics.create(['b', 'c'])],
    [
      ['b', 3],
      ['c', 3],
    ],
  )
  assert.deepEqual(asked(), ['a b', 'c'])
  answer(0)
  await turn()
  topics.create(['a', 'c'])
  assert.deepEqual(asked(), ['a b', 'c', 'a'])
})

test('the controller is told for whom a topic is', () => {
  const { topics, askers } = held()
  const asker = { clientId: 'c', correlationId: 3, clientHost: '10.0.0.1', principal: anonymous }
  topics.create(['a'], asker)
  topics.create(['a', 'b'], { ...asker, clientId: 'd' })
  topics.create(['__consumer_offsets'])
  assert.deepEqual(askers, [asker, { ...asker, clientId: 'd' }, undefined])
})

test('a failure is logged, and the next one who asks tries again', async () => {
  const { topics, answers, answer, asked, logger } = held()
  topics.create(['a'])
  answers[0]?.(new ApiError(41, 'no controller'))
  await turn()
  topics.create(['a'])
  answer(1, 38)
  await turn()
  topics.create(['a'])
  assert.deepEqual(asked(), ['a', 'a', 'a'])
  assert.equal(logger.lines.filter((line) => line.startsWith('warn')).length, 2)
})

test('where there are too few brokers, the setting is named that asks for more', async () => {
  const { topics, answer, logger } = held()
  for (const [i, name] of ['__consumer_offsets', '__transaction_state', 'a'].entries()) {
    topics.create([name])
    answer(i, 38)
    await turn()
  }
  const names = ['offsets.topic', 'transaction.state.log', 'default']
  assert.deepEqual(
    logger.settings,
    names.map((name) => `${name}.replication.factor`),
  )
})

test('ensure waits for the controller, with others who asked', async () => {
  const { topics, answer, asked } = held()
  topics.create(['a'])
  const waiting = Promise.all([topics.ensure('a'), topics.ensure('a'), topics.ensure('b')])
  assert.deepEqual(asked(), ['a', 'b'])
  answer(0)
  answer(1, 36)
  await waiting
})

test('ensure tells why there is no topic', async () => {
  const { topics, answer } = held()
  const waiting = topics.ensure('a')
  answer(0, 38)
  await assert.rejects(waiting, { code: 38 })
  await assert.rejects(topics.ensure('x/y'), { code: 17 })
})

test('ensure asks nobody for what is there', async () => {
  const { fixture, topics, asked } = held()
  fixture.createTopics({ a: [[1]] })
  await topics.ensure('a')
  assert.deepEqual(asked(), [])
})

const shapes = [
  { what: 'the defaults of the controller', name: 'a', texts: {}, seen: '-1 -1' },
  {
    what: 'numbers of the file of this broker',
    name: 'a',
    texts: { 'num.partitions': '3', 'default.replication.factor': '2' },
    seen: '3 2',
  },
  {
    what: 'offsets',
    name: '__consumer_offsets',
    texts: { 'offsets.topic.num.partitions': '7' },
    seen: '7 3 cleanup.policy=compact compression.type=producer segment.bytes=104857600',
  },
  {
    what: 'transactions',
    name: '__transaction_state',
    texts: { 'transaction.state.log.replication.factor': '1' },
    seen: '50 1 cleanup.policy=compact compression.type=uncompressed min.insync.replicas=2 segment.bytes=104857600 unclean.leader.election.enable=false',
  },
  {
    what: 'share groups',
    name: '__share_group_state',
    texts: { 'share.coordinator.state.topic.min.isr': '1' },
    seen: '50 3 cleanup.policy=delete compression.type=producer min.insync.replicas=1 retention.ms=-1 segment.bytes=104857600',
  },
] as const

for (const { what, name, texts, seen } of shapes) {
  test(`what is asked for: ${what}`, () => {
    const { topics, requests } = held(texts)
    topics.create([name])
    const [topic] = requests[0]?.topics ?? []
    const configs = topic?.configs.map((config) => `${config.name}=${config.value}`) ?? []
    assert.equal([topic?.numPartitions, topic?.replicationFactor, ...configs].join(' '), seen)
    assert.equal(requests[0]?.timeoutMs, 30_000)
  })
}

test('the real controller takes them', async () => {
  const fixture = new ClusterFixture({ 'offsets.topic.replication.factor': '1' })
  fixture.start(1)
  const topics = new AutoTopics({ ...fixture.services, logger: new Lines() })
  await Promise.all([topics.ensure('a'), topics.ensure('__consumer_offsets')])
  assert.equal(fixture.image.topics.byName.get('__consumer_offsets')?.partitions.size, 50)
  assert.equal(fixture.image.topics.byName.get('a')?.partitions.size, 1)
})
