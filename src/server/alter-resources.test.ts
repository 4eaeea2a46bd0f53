/** AlterConfigs and IncrementalAlterConfigs, where a broker's listener and a controller's differ. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { alterConfigs, incrementalAlterConfigs } from '../protocol/index.ts'
import { alterConfigsHandler } from './handlers/33-alter-configs.ts'
import { incrementalAlterConfigsHandler } from './handlers/44-incremental-alter-configs.ts'
import { ask, ClusterFixture } from './handlers/handler-fixture.ts'

type Config = readonly [name: string, value: string | null]
interface Result {
  readonly errorCode: number
  readonly errorMessage: string | null
}

const types = { unknown: 99, topic: 2, broker: 4, brokerLogger: 8 } as const

/** What both answer for one resource, on that listener, and what the topic `a` has then. */
function asked(listener: 'broker' | 'controller') {
  const fixture = new ClusterFixture()
  fixture.start(1)
  fixture.createTopics({ a: [[1]] })
  const services = { ...fixture.services, listener }
  const resourceOf = (type: keyof typeof types, configs: readonly Config[]) => ({
    resourceType: types[type],
    resourceName: type === 'topic' ? 'a' : '1',
    configs: configs.map(([name, value]) => ({ name, value })),
  })
  return {
    texts: () => Object.fromEntries(fixture.controller.state.configs(types.topic, 'a')),
    async incremental(type: keyof typeof types, ...configs: readonly Config[]): Promise<Result> {
      const request = incrementalAlterConfigs.request.create({ resources: [resourceOf(type, configs)] })
      const { responses } = await ask(incrementalAlterConfigsHandler(services), request)
      return responses[0] ?? assert.fail('no answer')
    },
    async whole(type: keyof typeof types, ...configs: readonly Config[]): Promise<Result> {
      const request = alterConfigs.request.create({ resources: [resourceOf(type, configs)] })
      const { responses } = await ask(alterConfigsHandler(services), request)
      return responses[0] ?? assert.fail('no answer')
    },
  }
}

const told = ({ errorCode, errorMessage }: Result) => [errorCode, errorMessage]

describe('a resource of a kind that nobody knows', () => {
  test('is a wrong request to a broker', async () => {
    const { incremental, whole } = asked('broker')
    assert.deepEqual(told(await incremental('unknown')), [42, 'Unknown resource type 99'])
    assert.deepEqual(told(await whole('unknown')), [42, 'Unknown resource type 99'])
    assert.deepEqual(told(await whole('brokerLogger')), [42, 'Unknown resource type 8'])
  })

  test('is one of another version to a controller', async () => {
    const { incremental, whole } = asked('controller')
    assert.deepEqual(told(await incremental('unknown')), [35, 'Unknown resource type 99.'])
    assert.deepEqual(told(await whole('unknown')), [35, 'Unknown resource type 99.'])
    assert.deepEqual(told(await whole('brokerLogger')), [42, 'Unexpected resource type BROKER_LOGGER.'])
  })
})

const twice: readonly Config[] = [
  ['retention.ms', '5'],
  ['segment.ms', '7'],
  ['retention.ms', '6'],
]

describe('a config that is given twice', () => {
  test('is refused by a broker', async () => {
    const { incremental, whole, texts } = asked('broker')
    for (const type of ['topic', 'broker', 'unknown'] as const) {
      assert.deepEqual(told(await incremental(type, ...twice)), [42, 'Error due to duplicate config keys'], type)
      assert.deepEqual(told(await whole(type, ...twice)), [42, 'Error due to duplicate config keys'], type)
    }
    assert.deepEqual(texts(), {})
  })

  for (const api of ['incremental', 'whole'] as const) {
    test(`has its last value for a controller: ${api}`, async () => {
      const topic = asked('controller')
      assert.deepEqual(told(await topic[api]('topic', ...twice)), [0, null])
      assert.deepEqual(topic.texts(), { 'retention.ms': '6', 'segment.ms': '7' })
    })
  }
})

test('a broker does not pass on what has no value', async () => {
  const { incremental, whole } = asked('broker')
  const missing = [42, 'Null value not supported for : retention.ms']
  assert.deepEqual(told(await incremental('unknown', ['retention.ms', null])), missing)
  assert.deepEqual(told(await whole('unknown', ['retention.ms', null])), missing)
})
