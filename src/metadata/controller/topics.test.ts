import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createPartitions,
  createTopics,
  deleteTopics,
  incrementalAlterConfigs,
  topicRecord,
  updateFeatures,
} from '../../protocol/index.ts'
import { Fixture, id } from './controller-fixture.ts'

type Topic = NonNullable<NonNullable<Parameters<typeof createTopics.request.create>[0]>['topics']>[number]

const create = (fixture: Fixture, ...topics: readonly Topic[]) =>
  fixture.take(fixture.controller.createTopics(createTopics.request.create({ topics }))).topics

const outcome = (result: { readonly errorCode: number; readonly errorMessage: string | null } | undefined) => [
  result?.errorCode,
  result?.errorMessage,
]

const one = { numPartitions: 1, replicationFactor: 1 }
const manual = { numPartitions: -1, replicationFactor: -1 }
const refused: readonly (readonly [what: string, topic: Topic, code: number, message: RegExp])[] = [
  ['a slash', { name: 'a/b', ...one }, 17, /contains one or more characters other than ASCII alphanumerics/],
  ['no name', { name: '', ...one }, 17, /the empty string is not allowed/],
  ['a dot', { name: '.', ...one }, 17, /'\.' is not allowed/],
  ['a long name', { name: 'x'.repeat(250), ...one }, 17, /longer than the max allowed length 249/],
  ['a collision', { name: 'a_b', ...one }, 17, /Topic 'a_b' collides with existing topic: a\.b/],
  ['too many replicas', { name: 'n', numPartitions: 1, replicationFactor: 3 }, 38, /only 1 broker\(s\) are registered/],
  ['no replicas', { name: 'n', numPartitions: 1, replicationFactor: 0 }, 38, /must be larger than 0/],
  ['no partitions', { name: 'n', numPartitions: 0, replicationFactor: 1 }, 37, /invalid non-positive value/],
  ['a name that is taken', { name: 'a.b', ...one }, 36, /Topic 'a\.b' already exists\./],
  [
    'an unknown config',
    { name: 'n', ...one, configs: [{ name: 'what', value: '1' }] },
    40,
    /Unknown topic config name: what/,
  ],
  ['a bad config', { name: 'n', ...one, configs: [{ name: 'retention.ms', value: 'x' }] }, 40, /retention\.ms/],
  [
    'an assignment with a count',
    { name: 'n', ...one, assignments: [{ partitionIndex: 0, brokerIds: [1] }] },
    42,
    /not set to -1/,
  ],
  [
    'an unknown broker',
    { name: 'n', ...manual, assignments: [{ partitionIndex: 0, brokerIds: [9] }] },
    39,
    /no such broker/,
  ],
  ['a gap', { name: 'n', ...manual, assignments: [{ partitionIndex: 1, brokerIds: [1] }] }, 39, /consecutive 0-based/],
]

for (const [what, topic, code, message] of refused) {
  test(`refuses to create a topic with ${what}`, () => {
    const fixture = new Fixture()
    fixture.start(1)
    assert.equal(create(fixture, { name: 'a.b', ...one })[0]?.errorCode, 0)
    const before = fixture.written.length
    const [result] = create(fixture, topic)
    assert.equal(result?.errorCode, code)
    assert.match(result.errorMessage ?? '', message)
    assert.equal(fixture.written.length, before)
  })
}

const counts: readonly (readonly [what: string, counts: readonly number[]])[] = [
  ['a billion', [1e9]],
  ['more than 10,000 in all', [5_000, 5_001]],
  ['a count below zero makes no room for others', [10_001, -1]],
]
for (const [what, given] of counts) {
  test(`too many partitions fail the request as a whole, and none is placed: ${what}`, () => {
    const fixture = new Fixture()
    fixture.start(1)
    const { random } = fixture.options
    random.below = () => assert.fail('a replica is placed')
    const topics = given.map((numPartitions, i) => ({ name: `t${i}`, numPartitions, replicationFactor: 1 }))
    assert.throws(() => create(fixture, ...topics), { code: 44, message: /large number of partitions/ })
  })
}

test('too many records fail the request as a whole', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const topics = Array.from({ length: 5_001 }, (_, i) => ({ name: `t${i}`, ...one }))
  assert.throws(() => create(fixture, ...topics), { code: 44, message: /excessively large batch/ })
  assert.equal(create(fixture, ...topics.slice(1)).length, 5_000)
})

test('as many partitions as one request may create, beside a count that is none', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const results = create(
    fixture,
    { name: 'a', numPartitions: 9_998, replicationFactor: 1 },
    { name: 'b', numPartitions: -5, replicationFactor: 1 },
  )
  assert.deepEqual(
    results.map(({ errorCode }) => errorCode),
    [0, 37],
  )
})

test('a topic is its record, its configs, its partitions', () => {
  const fixture = new Fixture({ 'num.partitions': '2' })
  fixture.start(1)
  const before = fixture.written.length
  const configs = [{ name: 'min.insync.replicas', value: '1' }]
  const [result] = create(fixture, { name: 't', numPartitions: -1, replicationFactor: -1, configs })
  assert.deepEqual([result?.errorCode, result?.numPartitions, result?.replicationFactor], [0, 2, 1])
  assert.equal(result?.configs?.find((it) => it.name === 'min.insync.replicas')?.configSource, 1)
  const kinds = fixture.written.slice(before).map((record) => record.kind)
  assert.deepEqual(kinds, ['topic', 'config', 'clearElr', 'partition', 'partition'])
  const last = fixture.written.at(-1)
  assert.deepEqual(last?.kind === 'partition' && last.value.directories, [id('d1')])
})

test('validateOnly and duplicates create nothing', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const topics = [{ name: 'v', ...one }]
  const dry = fixture.controller.createTopics(createTopics.request.create({ topics, validateOnly: true }))
  assert.deepEqual([dry.records, dry.reply.topics[0]?.errorCode], [[], 0])
  const twice = create(fixture, { name: 'v', ...one }, { name: 'v', ...one })
  assert.deepEqual(twice.map(outcome), [
    [42, 'Duplicate topic name.'],
    [42, 'Duplicate topic name.'],
  ])
})

test('names that are one in a metric are not created together, and again where the other one is gone', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const codes = (...names: readonly string[]) =>
    create(fixture, ...names.map((name) => ({ name, ...one }))).map(({ errorCode }) => errorCode)
  assert.deepEqual(codes('a.b.c', 'a_b.c', 'a-b-c', 'a/b.c', '.', '_'), [0, 17, 0, 17, 17, 0])
  assert.deepEqual(codes('a_b_c'), [17])
  // Two that Kafka has made in one request.
  const made = { kind: 'topic', value: topicRecord.create({ name: 'a.b_c', topicId: id('other') }) } as const
  fixture.take({ records: [made], reply: undefined, atomic: true })
  const remove = (name: string) =>
    fixture.take(fixture.controller.deleteTopics(deleteTopics.request.create({ topicNames: [name] })))
  remove('a.b.c')
  assert.deepEqual(codes('a.b.c', 'a_b_c'), [17, 17])
  remove('a.b_c')
  assert.deepEqual(codes('a_b_c'), [0])
})

test('without an unfenced broker there is no topic', () => {
  const fixture = new Fixture()
  fixture.register(1)
  assert.deepEqual(outcome(create(fixture, { name: 't', ...one })[0]), [
    38,
    'Unable to replicate the partition 1 time(s): All brokers are currently fenced, or have all their log directories cordoned.',
  ])
})

test('replicas are striped over racks', () => {
  const fixture = new Fixture()
  for (const brokerId of [1, 2, 3, 4]) {
    fixture.register(brokerId, { rack: brokerId <= 2 ? 'a' : 'b' })
    fixture.heartbeat(brokerId)
  }
  create(fixture, { name: 't', numPartitions: 8, replicationFactor: 2 })
  const topic = fixture.controller.state.topicByName('t')
  assert.ok(topic)
  const leaders = new Map<number, number>()
  for (const { replicas, leader } of fixture.controller.state.partitionsOf(topic)) {
    assert.equal(new Set(replicas.map((it) => (it <= 2 ? 'a' : 'b'))).size, 2)
    leaders.set(leader, (leaders.get(leader) ?? 0) + 1)
  }
  assert.equal(
    [...leaders.values()].reduce((a, b) => a + b),
    8,
  )
  assert.ok(Math.max(...leaders.values()) <= 4)
})

test('topics are deleted by name or id, with their configs', () => {
  const fixture = new Fixture()
  fixture.start(1)
  create(fixture, { name: 'a', ...one, configs: [{ name: 'retention.ms', value: '5' }] }, { name: 'b', ...one })
  const topicId = fixture.controller.state.topicByName('b')?.topicId
  const topics = [{ name: 'a' }, { name: null, topicId }, { name: 'gone' }, { topicId: id('gone') }, {}]
  const { responses } = fixture.take(fixture.controller.deleteTopics(deleteTopics.request.create({ topics })))
  assert.deepEqual(
    responses.map((it) => [it.name, it.errorCode]),
    [
      ['a', 0],
      ['b', 0],
      ['gone', 3],
      [null, 100],
      [null, 42],
    ],
  )
  assert.equal(fixture.controller.state.topics.size, 0)
  assert.equal(fixture.controller.state.configs(2, 'a').size, 0)
})

test('one request deletes 10,000 topics at most: the others fail, each for itself', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const names = Array.from({ length: 10_002 }, (_, i) => `t${i}`)
  for (const from of [0, 4_000, 8_000]) {
    create(fixture, ...names.slice(from, from + 4_000).map((name) => ({ name, ...one })))
  }
  const request = deleteTopics.request.create({ topicNames: ['none', ...names, 'none2'] })
  const { responses } = fixture.take(fixture.controller.deleteTopics(request))
  assert.deepEqual(
    responses.filter(({ errorCode }) => errorCode !== 0).map(({ name, ...result }) => [name, ...outcome(result)]),
    [
      ['none', 3, 'This server does not host this topic-partition.'],
      ['t10000', -1, null],
      ['t10001', -1, null],
      ['none2', 3, 'This server does not host this topic-partition.'],
    ],
  )
  assert.equal(fixture.controller.state.topics.size, 2)
})

test('a topic that is named twice, or by name and id, is not deleted', () => {
  const fixture = new Fixture()
  fixture.start(1)
  create(fixture, { name: 'a', ...one }, { name: 'b', ...one })
  const topicId = fixture.controller.state.topicByName('b')?.topicId
  const topics = [{ name: 'a' }, { name: 'a' }, { name: 'b' }, { name: null, topicId }]
  const { responses } = fixture.take(fixture.controller.deleteTopics(deleteTopics.request.create({ topics })))
  assert.deepEqual(responses.map(outcome), [
    [42, 'Duplicate topic name.'],
    [42, 'Duplicate topic name.'],
    [42, 'Duplicate topic name.'],
    [42, 'Duplicate topic id.'],
  ])
})

test('more partitions for more than 10,000 topics fail as a whole', () => {
  const fixture = new Fixture()
  const topics = Array.from({ length: 10_001 }, (_, i) => ({ name: `t${i}`, count: 0, assignments: null }))
  const request = createPartitions.request.create({ topics })
  assert.throws(() => fixture.controller.createPartitions(request), { code: 44, message: /excessively large batch/ })
})

const growths: readonly (readonly [count: number, assignments: readonly (readonly number[])[] | null, code: number])[] =
  [
    [3, null, 0],
    [2, [[1]], 0],
    [1, null, 37],
    [0, null, 37],
    [3, [[1]], 39],
    [2, [[7]], 39],
    [20_000, null, 44],
  ]
for (const [count, given, code] of growths) {
  test(`to ${count} partitions, assigned ${JSON.stringify(given)}: ${code}`, () => {
    const fixture = new Fixture()
    fixture.start(1)
    create(fixture, { name: 't', ...one })
    const assignments = given?.map((brokerIds) => ({ brokerIds })) ?? null
    const request = createPartitions.request.create({ topics: [{ name: 't', count, assignments }] })
    assert.equal(fixture.take(fixture.controller.createPartitions(request)).results[0]?.errorCode, code)
    assert.equal(fixture.controller.state.topicByName('t')?.partitionCount, code === 0 ? count : 1)
  })
}

const alterations: readonly (readonly [type: number, name: string, key: string, value: string | null, code: number])[] =
  [
    [2, 't', 'retention.ms', '7', 0],
    [2, 't', 'retention.ms', 'x', 40],
    [2, 'unknown', 'retention.ms', '7', 3],
    [2, '', 'retention.ms', '7', 42],
    [4, '', 'log.cleaner.threads', '2', 0],
    [4, '1', 'log.cleaner.threads', '2', 0],
    [4, '9', 'log.cleaner.threads', '2', 102],
    [4, 'x', 'log.cleaner.threads', '2', 42],
    [4, '1', 'min.insync.replicas', '2', 40],
    [16, 'metrics', 'interval.ms', '1000', 0],
    [32, 'group', 'share.auto.offset.reset', 'earliest', 0],
    [32, 'group', 'what', '1', 40],
    [99, 't', 'retention.ms', '7', 42],
  ]
for (const [resourceType, resourceName, name, value, code] of alterations) {
  test(`config ${name}=${value} of ${resourceType} '${resourceName}': ${code}`, () => {
    const fixture = new Fixture()
    fixture.start(1)
    create(fixture, { name: 't', ...one })
    const resources = [{ resourceType, resourceName, configs: [{ name, configOperation: 0, value }] }]
    const request = incrementalAlterConfigs.request.create({ resources })
    const { responses } = fixture.take(fixture.controller.incrementalAlterConfigs(request))
    assert.equal(responses[0]?.errorCode, code, responses[0]?.errorMessage ?? '')
    assert.equal(fixture.controller.state.configs(resourceType, resourceName).get(name), code === 0 ? value : undefined)
  })
}

test('AlterConfigs removes what it does not name', () => {
  const fixture = new Fixture()
  fixture.start(1)
  create(fixture, { name: 't', ...one, configs: [{ name: 'retention.ms', value: '5' }] })
  const resources = [{ resourceType: 2, resourceName: 't', configs: [{ name: 'segment.ms', value: '9' }] }]
  fixture.take(fixture.controller.alterConfigs({ resources, validateOnly: false }))
  assert.deepEqual([...fixture.controller.state.configs(2, 't')], [['segment.ms', '9']])
})

const levels: readonly (readonly [feature: string, level: number, upgradeType: number, works: boolean])[] = [
  ['group.version', 0, 2, true],
  ['group.version', 0, 1, false],
  ['group.version', 2, 1, false],
  ['nothing', 1, 1, false],
  ['metadata.version', 29, 2, false],
  ['metadata.version', 30, 1, true],
  ['transaction.version', -1, 1, false],
]
for (const [feature, maxVersionLevel, upgradeType, works] of levels) {
  test(`${feature} to level ${maxVersionLevel} as ${upgradeType}: ${works}`, () => {
    const fixture = new Fixture()
    fixture.start(1)
    const featureUpdates = [{ feature, maxVersionLevel, upgradeType }]
    const update = () =>
      fixture.take(fixture.controller.updateFeatures(updateFeatures.request.create({ featureUpdates })))
    if (!works) assert.throws(update, { code: 95 })
    else {
      assert.equal(update().errorCode, 0)
      assert.equal(fixture.controller.state.features.get(feature) ?? 0, maxVersionLevel)
    }
  })
}
