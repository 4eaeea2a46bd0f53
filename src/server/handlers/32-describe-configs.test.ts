import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../base/index.ts'
import {
  alterConfigs,
  type DescribeConfigsResponse,
  describeConfigs,
  incrementalAlterConfigs,
  listConfigResources,
} from '../../protocol/index.ts'
import { describeConfigsHandler } from './32-describe-configs.ts'
import { alterConfigsHandler } from './33-alter-configs.ts'
import { incrementalAlterConfigsHandler } from './44-incremental-alter-configs.ts'
import { listConfigResourcesHandler } from './74-list-config-resources.ts'
import { ask, ClusterFixture } from './handler-fixture.ts'

type Change = readonly [name: string, operation: number, value: string | null]

function cluster() {
  const fixture = new ClusterFixture()
  fixture.start(1, 2)
  fixture.createTopics({ a: [[1]] })
  const services = { ...fixture.services, logLevel: () => 'info' as const, listener: 'broker' as const }
  const describe = (given: Parameters<typeof describeConfigs.request.create>[0]) =>
    ask(describeConfigsHandler(services), describeConfigs.request.create(given))
  const alter = async (...resources: readonly (readonly [number, string, readonly Change[]])[]) => {
    const request = incrementalAlterConfigs.request.create({
      resources: resources.map(([resourceType, resourceName, changes]) => ({
        resourceType,
        resourceName,
        configs: changes.map(([name, configOperation, value]) => ({ name, configOperation, value })),
      })),
    })
    const { responses } = await ask(incrementalAlterConfigsHandler(services), request)
    return responses.map((it) => [it.errorCode, it.errorMessage])
  }
  return { fixture, services, describe, alter }
}

const of = (resourceType: number, resourceName: string, configurationKeys: readonly string[] | null = null) => ({
  resourceType,
  resourceName,
  configurationKeys,
})
const shown = ({ results }: DescribeConfigsResponse) =>
  results.map((it) => [it.errorCode, it.errorMessage, ...it.configs.map(({ name, value }) => `${name}=${value}`)])

test('one config of each kind of resource', async () => {
  const { describe, alter } = cluster()
  const changes = await alter(
    [2, 'a', [['retention.ms', 0, '7']]],
    [4, '1', [['num.io.threads', 0, '9']]],
    [4, '', [['log.retention.ms', 0, '123']]],
    [16, 'sub', [['interval.ms', 0, '5000']]],
    [32, 'g', [['consumer.session.timeout.ms', 0, '46000']]],
  )
  assert.deepEqual(changes, Array(5).fill([0, null]))
  const reply = await describe({
    resources: [
      of(2, 'a', ['retention.ms']),
      of(4, '1', ['num.io.threads', 'node.id']),
      of(4, ''),
      of(16, 'sub', ['interval.ms']),
      of(32, 'g', ['consumer.session.timeout.ms']),
      of(8, '1'),
    ],
  })
  assert.deepEqual(shown(reply), [
    [0, '', 'retention.ms=7'],
    [0, '', 'node.id=1', 'num.io.threads=9'],
    [0, '', 'log.retention.ms=123', 'min.insync.replicas=1'],
    [0, '', 'interval.ms=5000'],
    [0, '', 'consumer.session.timeout.ms=46000'],
    [0, '', 'root=INFO'],
  ])
})

test('synonyms and documentation come when they are asked for; no keys are all keys', async () => {
  const { describe, alter } = cluster()
  await alter([2, 'a', [['retention.ms', 0, '7']]])
  const bare = (await describe({ resources: [of(2, 'a', []), of(2, 'a')] })).results
  assert.equal(bare[0]?.configs.length, 33)
  assert.equal(bare[1]?.configs.length, 33)
  assert.ok(bare[0]?.configs.every((it) => it.synonyms.length === 0 && it.documentation === null))
  const asked = {
    resources: [of(2, 'a', ['retention.ms', 'segment.bytes', 'nope'])],
    includeSynonyms: true,
    includeDocumentation: true,
  }
  const [full] = (await describe(asked)).results
  assert.deepEqual(
    full?.configs.map((it) => it.synonyms.map(({ name, source }) => `${name} ${source}`)),
    [['retention.ms 1'], ['log.segment.bytes 5']],
  )
  assert.equal(typeof full?.configs[0]?.documentation, 'string')
})

const refused = [
  [2, 'zz', 3, ''],
  [2, '', 17, 'Topic name is invalid: the empty string is not allowed'],
  [4, '2', 42, 'Unexpected broker id, expected 1 or empty string, but received 2'],
  [4, 'x', 42, 'Broker id must be an integer, but it is: x'],
  [8, '', 42, 'Broker id must not be empty'],
  [8, '2', 42, 'Unexpected broker id, expected 1 but received 2'],
  [16, '', 42, 'Client metrics subscription name must not be empty'],
  [32, '', 42, 'Group name must not be empty'],
] as const

for (const [type, name, code, message] of refused) {
  test(`nothing to describe: type ${type}, '${name}'`, async () => {
    const reply = await cluster().describe({ resources: [of(type, name), of(4, '')] })
    assert.deepEqual(shown(reply), [
      [code, message],
      [0, '', 'min.insync.replicas=1'],
    ])
  })
}

test('a limit that exists as a dynamic config alone is shown with its value, and where it comes from', async () => {
  const { describe, alter } = cluster()
  const name = 'leader.replication.throttled.rate'
  assert.deepEqual(await alter([4, '', [[name, 0, '1000']]], [4, '1', [[name, 0, '2000']]]), Array(2).fill([0, null]))
  const resources = [of(4, '1', [name]), of(4, '', [name])]
  const { results } = await describe({ resources, includeSynonyms: true, includeDocumentation: true })
  // As Kafka 4.3.1 has it: no documentation, and no default among the synonyms.
  const more = { name, readOnly: false, isSensitive: false, configType: 5, documentation: null }
  const own = { name, value: '2000', source: 2 }
  const shared = { name, value: '1000', source: 3 }
  assert.deepEqual(
    results.map(({ configs }) => configs),
    [
      [{ ...more, value: '2000', configSource: 2, synonyms: [own, shared] }],
      [{ ...more, value: '1000', configSource: 3, synonyms: [shared] }],
    ],
  )
})

test('a kind that nobody knows spoils the whole request', async () => {
  const { results } = await cluster().describe({ resources: [of(2, 'a'), of(99, 'x')] })
  assert.deepEqual(
    results.map((it) => it.errorCode),
    [42, 42],
  )
})

const alterations: readonly { what: string; type: number; name: string; change: Change; code: number; says: RegExp }[] =
  [
    {
      what: 'another broker',
      type: 4,
      name: '2',
      change: ['num.io.threads', 0, '9'],
      code: 42,
      says: /expected 1, but received 2/,
    },
    { what: 'no number', type: 4, name: 'x', change: ['num.io.threads', 0, '9'], code: 42, says: /must be an integer/ },
    { what: 'a wrong value', type: 4, name: '', change: ['num.io.threads', 0, '-1'], code: 42, says: /at least 1/ },
    {
      what: 'a fixed key',
      type: 4,
      name: '1',
      change: ['broker.id', 0, '9'],
      code: 42,
      says: /Cannot update these configs dynamically/,
    },
    { what: 'an unknown kind', type: 99, name: 'x', change: ['a', 0, 'b'], code: 42, says: /Unknown resource type 99/ },
    {
      what: 'an unknown topic',
      type: 2,
      name: 'zz',
      change: ['retention.ms', 0, '1'],
      code: 3,
      says: /does not exist/,
    },
    {
      what: 'a value that is missing',
      type: 2,
      name: 'a',
      change: ['retention.ms', 0, null],
      code: 42,
      says: /Null value not supported/,
    },
    { what: 'a log level', type: 8, name: '1', change: ['root', 0, 'DEBUG'], code: 42, says: /given when it starts/ },
    {
      what: 'a log level of another node',
      type: 8,
      name: '2',
      change: ['root', 0, 'DEBUG'],
      code: 42,
      says: /Expected 1, but received 2/,
    },
  ]

for (const { what, type, name, change, code, says } of alterations) {
  test(`not altered: ${what}`, async () => {
    const { alter } = cluster()
    const [first, second] = await alter(
      [type, name, [change]],
      [32, 'g', [['consumer.session.timeout.ms', 0, '46000']]],
    )
    assert.equal(first?.[0], code)
    assert.match(`${first?.[1]}`, says)
    assert.deepEqual(second, [0, null])
  })
}

test('a resource that comes twice is refused twice, in its place', async () => {
  const { alter } = cluster()
  const twice = [2, 'a', [['retention.ms', 0, '5']]] as const
  const answers = await alter(twice, [4, '1', [['num.io.threads', 0, '9']]], twice)
  assert.deepEqual(
    answers.map(([code]) => code),
    [42, 0, 42],
  )
})

test('a controller takes what a broker has checked, of any broker', async () => {
  const { services } = cluster()
  const handler = incrementalAlterConfigsHandler({ ...services, listener: 'controller' })
  const configs = [{ name: 'num.io.threads', configOperation: 0, value: '9' }]
  const resources = [{ resourceType: 4, resourceName: '2', configs }]
  const { responses } = await ask(handler, incrementalAlterConfigs.request.create({ resources }))
  assert.deepEqual(
    responses.map((it) => it.errorCode),
    [0],
  )
})

test('what comes of the controller for the whole is an answer for what it was asked, unless there is none', async () => {
  const { services } = cluster()
  const asking = async (code: number) => {
    const refuse = () => Promise.reject(new ApiError(code, 'no'))
    const channel = { alterConfigs: refuse, incrementalAlterConfigs: refuse }
    const resources = [
      { resourceType: 4, resourceName: '3' },
      { resourceType: 2, resourceName: 'a' },
    ]
    const { responses } = await ask(
      incrementalAlterConfigsHandler({ ...services, channel }),
      incrementalAlterConfigs.request.create({ resources }),
    )
    return responses.map((it) => it.errorCode)
  }
  assert.deepEqual(await asking(7), [42, 7])
  assert.deepEqual(await asking(41), [41, 41])
})

test('the older request replaces all, and knows no loggers', async () => {
  const { services, describe, alter } = cluster()
  await alter([2, 'a', [['retention.ms', 0, '5']]])
  const request = alterConfigs.request.create({
    resources: [
      { resourceType: 2, resourceName: 'a', configs: [{ name: 'segment.ms', value: '6' }] },
      { resourceType: 8, resourceName: '1' },
      { resourceType: 4, resourceName: '3' },
    ],
  })
  const { responses } = await ask(alterConfigsHandler(services), request)
  assert.deepEqual(
    responses.map((it) => it.errorCode),
    [0, 42, 42],
  )
  const reply = await describe({ resources: [of(2, 'a', ['segment.ms', 'retention.ms'])] })
  assert.deepEqual(shown(reply), [[0, '', 'retention.ms=604800000', 'segment.ms=6']])
})

test('resources that can have configs', async () => {
  const { fixture, services, alter } = cluster()
  await alter([16, 'sub', [['interval.ms', 0, '5000']]], [32, 'g', [['consumer.session.timeout.ms', 0, '46000']]])
  fixture.heartbeat(2, { wantFence: true })
  const handler = listConfigResourcesHandler(services)
  const list = async (resourceTypes: readonly number[], apiVersion: number) => {
    const reply = await ask(handler, listConfigResources.request.create({ resourceTypes }), { apiVersion })
    return [reply.errorCode, ...reply.configResources.map((it) => `${it.resourceType} ${it.resourceName}`)]
  }
  assert.deepEqual(await list([], 1), [0, '32 g', '16 sub', '8 1', '8 2', '4 1', '4 2', '2 a'])
  assert.deepEqual(await list([2, 2], 1), [0, '2 a'])
  assert.deepEqual(await list([], 0), [0, '16 sub'])
  assert.deepEqual(await list([2, 99], 1), [35])
})
