import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import {
  createTopics,
  deleteGroups,
  deleteTopics,
  describeCluster,
  ErrorCode,
  findCoordinator,
  incrementalAlterConfigs,
  listGroups,
  listOffsets,
  metadata,
} from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Admin } from './admin.ts'
import { SomeFailedError, settled } from './results.ts'

const isCode = (code: string) => (error: unknown) => error instanceof KafkaError && error.code === code

/** Runs `work` with an admin client of the cluster. */
const withAdmin = <T>(cluster: ScriptedCluster, work: (admin: Admin) => Promise<T>): Promise<T> =>
  cluster.run(async () => {
    await using admin = cluster.kafka().admin()
    return await work(admin)
  })

/** What became of each, by its key: the code of an error. */
const codesOf = (results: ReadonlyMap<string, unknown>) =>
  Object.fromEntries([...results].map(([key, it]) => [key, it instanceof KafkaError ? it.code : 'done']))

test('the controller that says it is none is not asked again: the metadata tells the next one', async () => {
  const cluster = new ScriptedCluster({ brokers: 3 })
  const asked: number[] = []
  cluster.answer(createTopics, ({ topics }, broker) => {
    asked.push(broker)
    const errorCode = broker === 3 ? ErrorCode.NONE : ErrorCode.NOT_CONTROLLER
    cluster.controllerId = 3
    return { topics: topics.map(({ name }) => ({ name, errorCode, numPartitions: 3, replicationFactor: 2 })) }
  })
  const made = await withAdmin(cluster, (admin) => admin.createTopic('orders', { partitions: 3 }))
  assert.deepEqual(asked, [1, 3])
  assert.deepEqual([made.name, made.partitions, made.replicationFactor], ['orders', 3, 2])
})

test('of many things, each has its own result, and only those over a quota are asked for again', async () => {
  const cluster = new ScriptedCluster()
  const asked: string[][] = []
  cluster.answer(deleteTopics, ({ topics }) => {
    const names = topics.map(({ name }) => name ?? '')
    asked.push(names)
    const errors: Record<string, number> = {
      gone: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
      late: asked.length === 1 ? ErrorCode.THROTTLING_QUOTA_EXCEEDED : ErrorCode.NONE,
    }
    return { responses: names.map((name) => ({ name, errorCode: errors[name] ?? ErrorCode.NONE })) }
  })
  const names = ['good', 'gone', 'late']
  await withAdmin(cluster, async (admin) => {
    const results = await settled(admin.deleteTopics(names))
    assert.deepEqual(codesOf(results), { good: 'done', gone: 'UNKNOWN_TOPIC_OR_PARTITION', late: 'done' })
    assert.deepEqual(asked, [names, ['late']])
    await assert.rejects(admin.deleteTopics(names), (error) => {
      assert.ok(error instanceof SomeFailedError)
      assert.equal(error.code, 'UNKNOWN_TOPIC_OR_PARTITION')
      assert.match(error.message, /1 of 3 failed/)
      return true
    })
    await assert.rejects(admin.deleteTopic('gone'), (error) => !(error instanceof SomeFailedError))
    asked.length = 0
    const once = await settled(admin.deleteTopics(names, { retryOnQuotaViolation: false }))
    assert.equal(codesOf(once)['late'], 'THROTTLING_QUOTA_EXCEEDED')
    assert.equal(asked.length, 1)
  })
})

test('what a broker does not answer about has failed, and what nobody asked about is ignored', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(deleteTopics, () => ({ responses: [{ name: 'a' }, { name: 'other' }] }))
  await withAdmin(cluster, async (admin) => {
    const results = await settled(admin.deleteTopics(['a', 'b']))
    assert.deepEqual(codesOf(results), { a: 'done', b: 'UNKNOWN_SERVER_ERROR' })
  })
})

test('a lost connection is made again, until the time of the call is over', async () => {
  const cluster = new ScriptedCluster()
  let calls = 0
  cluster.answer(describeCluster, () => (++calls < 3 ? undefined : { clusterId: 'scripted' }))
  cluster.answer(listGroups, () => undefined)
  await withAdmin(cluster, async (admin) => {
    assert.equal((await admin.describeCluster()).clusterId, 'scripted')
    assert.equal(calls, 3)
    const began = cluster.world.nowMs
    await assert.rejects(admin.listGroups({ timeoutMs: 2000 }), (error) => {
      assert.ok(error instanceof KafkaError && error.code === 'TIMED_OUT')
      const first = error.cause
      assert.ok(first instanceof KafkaError && isCode('NETWORK')(first.cause))
      return true
    })
    const tookMs = cluster.world.nowMs - began
    assert.ok(tookMs >= 2000 && tookMs < 2100, `${tookMs} ms`)
  })
})

test('where nobody answers at all, the error has the reason', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(metadata, () => undefined)
  await withAdmin(cluster, async (admin) => {
    await assert.rejects(admin.listTopics({ timeoutMs: 2000 }), (error) => {
      assert.ok(error instanceof KafkaError && error.code === 'TIMED_OUT')
      assert.match(String(error.cause), /b1:9092/)
      return true
    })
  })
})

test('a leader that has moved is asked where it went; each partition on its own', async () => {
  const cluster = new ScriptedCluster({ brokers: 2, partitions: 3 })
  const asked: [number, number[]][] = []
  cluster.answer(listOffsets, ({ topics }, broker) => {
    const partitions = topics.flatMap((it) => it.partitions.map(({ partitionIndex }) => partitionIndex))
    asked.push([broker, partitions])
    cluster.leaders = [1, 1, 1]
    cluster.leaderEpoch = 1
    const errorOf = (partition: number) =>
      broker === 2 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : partition === 2 ? ErrorCode.TOPIC_AUTHORIZATION_FAILED : 0
    return {
      topics: [
        {
          name: 't',
          partitions: partitions.map((it) => ({ partitionIndex: it, errorCode: errorOf(it), offset: 10 + it })),
        },
      ],
    }
  })
  await withAdmin(cluster, async (admin) => {
    const results = await settled(admin.listOffsets([0, 1, 2].map((partition) => ({ topic: 't', partition }))))
    assert.deepEqual(codesOf(results), { 't-0': 'done', 't-1': 'done', 't-2': 'TOPIC_AUTHORIZATION_FAILED' })
    const moved = results.get('t-1')
    assert.ok(moved !== undefined && !(moved instanceof KafkaError))
    assert.deepEqual([moved.topic, moved.partition, moved.offset], ['t', 1, 11])
  })
  assert.deepEqual(
    asked.toSorted(([a], [b]) => a - b),
    [
      [1, [0, 2]],
      [1, [1]],
      [2, [1]],
    ],
  )
})

test('a place that a broker does not know fails alone', async () => {
  const cluster = new ScriptedCluster({ partitions: 2 })
  cluster.versionsMax = { [listOffsets.key]: 6 }
  cluster.answer(listOffsets, ({ topics }) => ({
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, offset: 5 })),
    })),
  }))
  await withAdmin(cluster, async (admin) => {
    const asked = [
      { topic: 't', partition: 0, at: 'earliest' },
      { topic: 't', partition: 1, at: 'max-timestamp' },
    ] as const
    assert.deepEqual(codesOf(await settled(admin.listOffsets(asked))), { 't-0': 'done', 't-1': 'NOT_SERVED' })
  })
})

test('a leader that hangs for long is asked again, and the topic is not forgotten meanwhile', async () => {
  const cluster = new ScriptedCluster({ brokers: 2, partitions: 2 })
  let asked = 0
  cluster.answer(listOffsets, ({ topics }, broker) => {
    if (broker === 2 && ++asked === 1) return 'nothing'
    return {
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, offset: 5 })),
      })),
    }
  })
  await withAdmin(cluster, async (admin) => {
    const began = cluster.world.nowMs
    const found = await admin.listOffsets([0, 1].map((partition) => ({ topic: 't', partition })))
    assert.deepEqual([found.get('t-0')?.offset, found.get('t-1')?.offset, asked], [5, 5, 2])
    assert.ok(cluster.world.nowMs - began >= 30_000)
  })
})

test('a topic that nobody knows is waited for a moment, not as long as the call may take', async () => {
  const cluster = new ScriptedCluster()
  cluster.topicError = ErrorCode.UNKNOWN_TOPIC_OR_PARTITION
  cluster.answer(listOffsets, () => ({
    topics: [{ name: 't', partitions: [{ partitionIndex: 0, offset: 7 }] }],
  }))
  await withAdmin(cluster, async (admin) => {
    const began = cluster.world.nowMs
    await assert.rejects(admin.listOffsets([{ topic: 't', partition: 0 }]), isCode('UNKNOWN_TOPIC_OR_PARTITION'))
    const tookMs = cluster.world.nowMs - began
    assert.ok(tookMs >= 3000 && tookMs < 5000, `${tookMs} ms`)
    cluster.world.after(1000, () => {
      cluster.topicError = ErrorCode.NONE
    })
    const found = await admin.listOffsets([{ topic: 't', partition: 0 }])
    assert.equal(found.get('t-0')?.offset, 7)
  })
})

for (const [name, versionMax] of [
  ['of several groups at once', findCoordinator.versions[1]],
  ['one by one where the brokers are old', 3],
] as const) {
  test(`coordinators are asked for ${name}, and again when they have moved`, async () => {
    const cluster = new ScriptedCluster({ brokers: 3 })
    cluster.versionsMax = { [findCoordinator.key]: versionMax }
    const coordinatorOf: Record<string, number> = { a: 1, b: 2, c: 2 }
    const asked: [number, readonly string[]][] = []
    let finds = 0
    cluster.answer(findCoordinator, ({ key, coordinatorKeys }, _, version) => {
      finds++
      const told = (it: string) => ({
        key: it,
        nodeId: coordinatorOf[it] ?? 0,
        host: `b${coordinatorOf[it]}`,
        port: 9092,
      })
      return version < 4 ? told(key) : { coordinators: coordinatorKeys.map(told) }
    })
    cluster.answer(deleteGroups, ({ groupsNames }, broker) => {
      asked.push([broker, groupsNames])
      if (broker === 2) coordinatorOf['b'] = 3
      return {
        results: groupsNames.map((groupId) => ({
          groupId,
          errorCode:
            groupId === 'c' ? ErrorCode.NON_EMPTY_GROUP : broker === 2 ? ErrorCode.NOT_COORDINATOR : ErrorCode.NONE,
        })),
      }
    })
    const results = await withAdmin(cluster, (admin) => settled(admin.deleteGroups(['a', 'b', 'c'])))
    assert.deepEqual(codesOf(results), { a: 'done', b: 'done', c: 'NON_EMPTY_GROUP' })
    assert.deepEqual(
      asked.toSorted(([a], [b]) => a - b),
      [
        [1, ['a']],
        [2, ['b', 'c']],
        [3, ['b']],
      ],
    )
    assert.equal(finds, versionMax < 4 ? 4 : 2)
  })
}

test('configs of a broker are changed there, all others anywhere; a broker that is not there has failed', async () => {
  const cluster = new ScriptedCluster({ brokers: 2 })
  const asked = new Map<string, number>()
  cluster.answer(incrementalAlterConfigs, ({ resources }, broker) => {
    for (const { resourceType, resourceName } of resources) asked.set(`${resourceType} ${resourceName}`, broker)
    return { responses: resources.map(({ resourceType, resourceName }) => ({ resourceType, resourceName })) }
  })
  const set = { 'log.cleaner.threads': 2 }
  await withAdmin(cluster, async (admin) => {
    const results = await settled(
      admin.alterConfigs([
        { type: 'broker', name: '1', set },
        { type: 'broker', name: '2', set },
        { type: 'broker', name: '9', set },
        { type: 'topic', name: 't', delete: ['retention.ms'] },
      ]),
    )
    assert.deepEqual(codesOf(results), {
      'broker:1': 'done',
      'broker:2': 'done',
      'broker:9': 'BROKER_NOT_AVAILABLE',
      'topic:t': 'done',
    })
    assert.deepEqual([asked.get('4 1'), asked.get('4 2')], [1, 2])
    await assert.rejects(admin.alterConfig({ type: 'broker', name: 'first' }, { set }), isCode('INVALID_ARGUMENT'))
  })
})

test('what is under way when the client is closed rejects, and so does what is asked for later', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(describeCluster, () => undefined)
  await cluster.run(async () => {
    const admin = cluster.kafka().admin()
    const asking = admin.describeCluster()
    await cluster.sleep(200)
    await admin.close()
    await assert.rejects(asking, isCode('CLOSED'))
    await assert.rejects(admin.listTopics(), isCode('CLOSED'))
  })
})
