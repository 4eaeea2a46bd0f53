import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BrokerConfig } from './broker-config.ts'
import { isThrottled } from './throttled-partitions.ts'
import { resolveTopicConfig } from './topic-config.ts'

const broker = BrokerConfig.parse(
  new Map([
    ['process.roles', 'broker'],
    ['node.id', '7'],
    ['listeners', 'PLAINTEXT://localhost:9092'],
    ['controller.listener.names', 'CONTROLLER'],
    ['listener.security.protocol.map', 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT'],
    ['controller.quorum.bootstrap.servers', 'localhost:9093'],
  ]),
)

const key = 'leader.replication.throttled.replicas'

/** Of partitions 0 to 2. */
function throttledOf(text: string | undefined): number[] {
  const { leaderThrottled } = resolveTopicConfig(broker, new Map(text === undefined ? [] : [[key, text]]))
  return [0, 1, 2].filter((partitionId) => isThrottled(leaderThrottled, partitionId))
}

for (const [text, partitions] of [
  [undefined, []],
  ['', []],
  ['*', [0, 1, 2]],
  [' * ', [0, 1, 2]],
  ['0:7,1:8,2:7', [0, 2]],
  ['0:7 , 1:007', [0, 1]],
  ['7:0,1:77', []],
] as const) {
  test(`${key} = ${text} on broker 7`, () => assert.deepEqual(throttledOf(text), partitions))
}

test('that of followers is another list', () => {
  const { leaderThrottled, followerThrottled } = resolveTopicConfig(
    broker,
    new Map([['follower.replication.throttled.replicas', '1:7']]),
  )
  assert.ok(!isThrottled(leaderThrottled, 1))
  assert.ok(isThrottled(followerThrottled, 1))
})

test('the rates are unbounded, or those of the cluster, or those of the broker before them', () => {
  const of = (it: BrokerConfig) => [it.leaderReplicationBytesPerSecond, it.followerReplicationBytesPerSecond]
  const dynamicDefault = new Map([['leader.replication.throttled.rate', '100']])
  const dynamicBroker = new Map([
    ['leader.replication.throttled.rate', '0'],
    ['follower.replication.throttled.rate', '9223372036854775807'],
  ])
  assert.deepEqual(of(broker), [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY])
  assert.deepEqual(of(broker.withDynamic({ dynamicDefault, dynamicBroker: new Map() })), [
    100,
    Number.POSITIVE_INFINITY,
  ])
  assert.deepEqual(of(broker.withDynamic({ dynamicDefault, dynamicBroker })), [0, 2 ** 63])
})
