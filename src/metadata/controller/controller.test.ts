import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RandomStream, uuidFromLatin1 } from '../../base/index.ts'
import { BrokerConfig } from '../../config/index.ts'
import {
  allocateProducerIds,
  brokerHeartbeat,
  brokerRegistration,
  createPartitions,
  createTopics,
  deleteTopics,
  ErrorCode,
  incrementalAlterConfigs,
} from '../../protocol/index.ts'
import { supportedFeatures } from '../features.ts'
import { Controller } from './controller.ts'
import type { Decision } from './decision.ts'

let ids = 0
const random: RandomStream = {
  u32: () => 0,
  below: () => 0,
  float: () => 0,
  uuid: () => uuidFromLatin1(String(++ids).padStart(16, 'u')),
}
const config = BrokerConfig.parse(
  new Map(
    Object.entries({
      'process.roles': 'broker,controller',
      'node.id': '1',
      'controller.quorum.voters': '1@localhost:9093',
      listeners: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      'controller.listener.names': 'CONTROLLER',
      'num.partitions': '3',
    }),
  ),
)

const staticQuorum = { level: () => 0, check: () => undefined }

/** A cluster of one broker. */
class Bench {
  readonly controller = new Controller({ clusterId: 'c', config, random, kraftVersion: staticQuorum })
  brokerEpoch = 0

  constructor() {
    this.apply(this.controller.activate(this.#context))
    const features = supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
      name,
      minSupportedVersion: minLevel,
      maxSupportedVersion: maxLevel,
    }))
    const given = {
      brokerId: 1,
      clusterId: 'c',
      incarnationId: uuidFromLatin1('x'.repeat(16)),
      logDirs: [uuidFromLatin1('d'.repeat(16))],
      features,
    }
    const request = brokerRegistration.request.create(given)
    this.brokerEpoch = this.apply(
      this.controller.registerBroker(request, { ...this.#context, apiVersion: 4 }),
    ).brokerEpoch
    const { offset } = this.controller.state
    const alive = brokerHeartbeat.request.create({
      brokerId: 1,
      brokerEpoch: this.brokerEpoch,
      currentMetadataOffset: offset,
    })
    this.apply(this.controller.brokerHeartbeat(alive, this.#context))
  }

  get #context() {
    return { nowMs: 1000, nextOffset: this.controller.state.offset + 1 }
  }

  apply<R>({ records, reply }: Decision<R>): R {
    const { controller } = this
    for (const record of records) controller.replay(record, controller.state.offset + 1)
    controller.commit(controller.state.offset)
    return reply
  }

  create(
    name: string,
    given: {
      numPartitions?: number
      replicationFactor?: number
      configs?: { name: string; value: string }[]
      validateOnly?: boolean
    } = {},
  ) {
    const { validateOnly, ...topic } = given
    const request = createTopics.request.create({
      topics: [{ name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...topic }],
      validateOnly: validateOnly ?? false,
    })
    const [result] = this.apply(this.controller.createTopics(request)).topics
    assert.ok(result)
    return result
  }
}

test('topics that cannot be made get Kafka\u2019s codes (A1 to A5)', () => {
  const bench = new Bench()
  const made = bench.create('a.b')
  assert.deepEqual([made.errorCode, made.numPartitions, made.replicationFactor], [ErrorCode.NONE, 3, 1])
  const table: readonly (readonly [code: number, name: string, given?: Parameters<Bench['create']>[1]])[] = [
    [ErrorCode.INVALID_TOPIC_EXCEPTION, 'a/b'],
    [ErrorCode.INVALID_TOPIC_EXCEPTION, '.'],
    [ErrorCode.INVALID_TOPIC_EXCEPTION, ''],
    [ErrorCode.INVALID_TOPIC_EXCEPTION, 'x'.repeat(250)],
    [ErrorCode.INVALID_TOPIC_EXCEPTION, 'a_b'],
    [ErrorCode.TOPIC_ALREADY_EXISTS, 'a.b'],
    [ErrorCode.INVALID_REPLICATION_FACTOR, 't', { replicationFactor: 3 }],
    [ErrorCode.INVALID_PARTITIONS, 't', { numPartitions: 0 }],
    [ErrorCode.INVALID_CONFIG, 't', { configs: [{ name: 'no.such.key', value: '1' }] }],
    [ErrorCode.INVALID_CONFIG, 't', { configs: [{ name: 'retention.ms', value: 'soon' }] }],
    [ErrorCode.NONE, 't', { validateOnly: true }],
  ]
  for (const [code, name, given] of table) assert.equal(bench.create(name, given).errorCode, code, name)
  assert.equal(bench.controller.state.topicByName('t'), undefined)
})

test('a topic lives: made with configs, widened, altered, deleted', () => {
  const bench = new Bench()
  const { topicId } = bench.create('t', { numPartitions: 1, configs: [{ name: 'retention.ms', value: '5000' }] })
  const { controller } = bench
  const partition = controller.state.partition(topicId, 0)
  assert.deepEqual([partition?.leader, partition?.isr, partition?.replicas], [1, [1], [1]])
  assert.equal(controller.state.configs(2, 't').get('retention.ms'), '5000')
  const widen = (count: number): number | undefined =>
    bench.apply(
      controller.createPartitions(
        createPartitions.request.create({ topics: [{ name: 't', count, assignments: null }], timeoutMs: 1 }),
      ),
    ).results[0]?.errorCode
  assert.deepEqual(
    [widen(4), widen(4), widen(2)],
    [ErrorCode.NONE, ErrorCode.INVALID_PARTITIONS, ErrorCode.INVALID_PARTITIONS],
  )
  assert.equal(controller.state.partition(topicId, 3)?.leader, 1)
  const alter = incrementalAlterConfigs.request.create({
    resources: [
      { resourceType: 2, resourceName: 't', configs: [{ name: 'retention.ms', configOperation: 1, value: null }] },
    ],
  })
  assert.equal(bench.apply(controller.incrementalAlterConfigs(alter)).responses[0]?.errorCode, ErrorCode.NONE)
  assert.equal(controller.state.configs(2, 't').get('retention.ms'), undefined)
  const remove = (name: string): number | undefined =>
    bench.apply(
      controller.deleteTopics(
        deleteTopics.request.create({ topics: [{ name, topicId: uuidFromLatin1('\0'.repeat(16)) }] }),
      ),
    ).responses[0]?.errorCode
  assert.deepEqual([remove('none'), remove('t')], [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NONE])
  assert.equal(controller.state.topicByName('t'), undefined)
})

test('producer ids are given out once, in blocks of a thousand', () => {
  const bench = new Bench()
  const take = (): number =>
    bench.apply(
      bench.controller.allocateProducerIds(
        allocateProducerIds.request.create({ brokerId: 1, brokerEpoch: bench.brokerEpoch }),
      ),
    ).producerIdStart
  assert.deepEqual([take(), take(), take()], [0, 1000, 2000])
})
