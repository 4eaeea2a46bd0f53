/** Our admin client and a cluster that changes: replicas move, and the broker that leads, coordinates and controls is killed. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { Kafka } from '../../src/stack/client.ts'
import { Cluster } from './cluster.ts'
import { against, until } from './kit.ts'

const topic = 'moved'
const roles = ['controller', 'broker'] as const
const settings = {
  'offsets.topic.replication.factor': '3',
  'offsets.topic.num.partitions': '1',
  'broker.session.timeout.ms': '3000',
  'broker.heartbeat.interval.ms': '500',
  'auto.leader.rebalance.enable': 'false',
}

test('calls find who leads, coordinates and controls, also where that changes', { timeout: 170_000 }, async () => {
  const kind = against === 'kafka' ? 'kafka' : 'odradek'
  const nodes = [1, 2, 3].map((id) => ({ id, kind, roles }) as const)
  await using cluster = await Cluster.make({ name: `client-admin-cluster-${kind}`, nodes, settings })
  await cluster.start()
  await cluster.serving()
  const kafka = new Kafka({ bootstrapServers: cluster.bootstrap, logLevel: 'error' })
  await using admin = kafka.admin({ defaultApiTimeoutMs: 45_000 })
  await until({
    what: 'all brokers are there',
    timeoutMs: 30_000,
    condition: async () => (await admin.describeCluster()).brokers.length === 3,
  })

  // Each broker leads one, also when the first has moved.
  await admin.createTopic(topic, {
    assignments: [
      [1, 2],
      [2, 3],
      [3, 1],
      [1, 3],
    ],
  })
  const partitions = [0, 1, 2, 3].map((partition) => ({ topic, partition }))
  await until({
    what: 'the topic is known everywhere',
    timeoutMs: 10_000,
    condition: async () => (await admin.listOffsets(partitions)).size === 4,
  })
  await using producer = kafka.producer()
  for (const { partition } of partitions) await producer.send(topic, { value: 'a', partition })
  const ends = async () => [...(await admin.listOffsets(partitions)).values()].map(({ offset }) => offset)
  assert.deepEqual(await ends(), [1, 1, 1, 1])

  // Partition 0 goes to brokers 3 and 2, of which neither has led it.
  await admin.alterPartitionReassignments([{ topic, partition: 0, replicas: [3, 2] }])
  await until({
    what: 'the reassignment is done',
    timeoutMs: 30_000,
    condition: async () => {
      const { partitions: described } = await admin.describeTopic(topic)
      const isUnderWay = (await admin.listPartitionReassignments()).size > 0
      return !isUnderWay && described[0]?.replicas.join() === '3,2' && described[0].leader === 3
    },
  })
  assert.deepEqual(await ends(), [1, 1, 1, 1])

  const groupId = 'g'
  await admin.alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 1 }])
  const [coordinated] = (await admin.describeTopic('__consumer_offsets')).partitions
  const victim = cluster.node(coordinated?.leader ?? 1)
  const dead = victim.id
  await victim.kill()
  // All at once, and no one of them before the cluster has noticed.
  const [offsets, committed, group, made, dirs] = await Promise.all([
    ends(),
    admin.listGroupOffsets(groupId),
    admin.describeGroup(groupId),
    admin.createTopic('made', { partitions: 2, replicationFactor: 2 }),
    admin.describeLogDirs([1, 2, 3].filter((id) => id !== dead)),
  ])
  assert.deepEqual(offsets, [1, 1, 1, 1])
  assert.equal(committed.get(`${topic}-0`)?.offset, 1)
  assert.equal(group.state, 'Empty')
  assert.deepEqual([made.partitions, made.replicationFactor, dirs.size], [2, 2, 2])

  await victim.start()
  await until({
    what: 'all replicas are in sync again',
    timeoutMs: 60_000,
    condition: async () => {
      const { partitions: described } = await admin.describeTopic(topic)
      return described.every(({ isr }) => isr.length === 2)
    },
    seen: () => victim.logTail(),
  })
  const led = (await admin.describeTopic(topic)).partitions.filter(({ leader, replicas }) => leader !== replicas[0])
  assert.ok(led.length > 0, 'it led none of the partitions')
  const elected = await admin.electLeaders(partitions)
  assert.deepEqual(
    [...elected.values()].filter(({ isElected }) => isElected).map(({ partition }) => partition),
    led.map(({ partition }) => partition),
  )
  while ((await admin.describeTopic(topic)).partitions.some(({ leader, replicas }) => leader !== replicas[0])) {
    await delay(100)
  }
  assert.deepEqual(await ends(), [1, 1, 1, 1])
  await admin.close()
  await producer.close()
  await cluster.stop()
})
