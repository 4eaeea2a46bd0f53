/** What calls make of answers that no broker of the interop suite gives, and what they refuse to ask. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import {
  alterUserScramCredentials,
  createDelegationToken,
  deleteAcls,
  describeDelegationToken,
  describeLogDirs,
  describeQuorum,
  ErrorCode,
  electLeaders,
  findCoordinator,
  initProducerId,
  streamsGroupDescribe,
  unregisterBroker,
  updateFeatures,
} from '../../protocol/index.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Admin } from './admin.ts'
import { settled } from './results.ts'

const isCode = (code: string) => (error: unknown) => error instanceof KafkaError && error.code === code

const codesOf = (results: ReadonlyMap<string, unknown>) =>
  Object.fromEntries([...results].map(([key, it]) => [key, it instanceof KafkaError ? it.code : 'done']))

const withAdmin = <T>(cluster: ScriptedCluster, work: (admin: Admin) => Promise<T>): Promise<T> =>
  cluster.run(async () => {
    await using admin = cluster.kafka().admin()
    return await work(admin)
  })

test('a token is told with whom it is for; before Kafka 3.3 nobody asks for another one', async () => {
  const cluster = new ScriptedCluster()
  const token = {
    principalType: 'User',
    principalName: 'alice',
    tokenRequesterPrincipalType: 'User',
    tokenRequesterPrincipalName: 'admin',
    tokenId: 'id',
    hmac: Buffer.from('secret'),
  }
  cluster.answer(createDelegationToken, ({ renewers, ownerPrincipalName, maxLifetimeMs }) => {
    assert.deepEqual([ownerPrincipalName, renewers[0]?.principalName, maxLifetimeMs], ['alice', 'b:c', 5000])
    return { ...token, issueTimestampMs: 1, expiryTimestampMs: 2, maxTimestampMs: 3 }
  })
  cluster.answer(describeDelegationToken, ({ owners }) => {
    assert.equal(owners, null)
    const times = { issueTimestamp: 1, expiryTimestamp: 2, maxTimestamp: 3 }
    return { tokens: [{ ...token, ...times, renewers: [{ principalType: 'User', principalName: 'b:c' }] }] }
  })
  const told = {
    tokenId: 'id',
    hmac: Buffer.from('secret'),
    owner: 'User:alice',
    requester: 'User:admin',
    renewers: ['User:b:c'],
    issueTimestampMs: 1,
    expiryTimestampMs: 2,
    maxTimestampMs: 3,
  }
  await withAdmin(cluster, async (admin) => {
    const options = { owner: 'User:alice', renewers: ['User:b:c'], maxLifetimeMs: 5000 }
    assert.deepEqual(await admin.createDelegationToken(options), told)
    assert.deepEqual(await admin.describeDelegationTokens(), [told])
    await assert.rejects(admin.createDelegationToken({ owner: 'alice' }), isCode('INVALID_ARGUMENT'))
    cluster.versionsMax = { [createDelegationToken.key]: 2, [describeDelegationToken.key]: 2 }
    await using older = cluster.kafka().admin()
    assert.equal((await older.describeDelegationTokens())[0]?.requester, 'User:alice')
    await assert.rejects(older.createDelegationToken({ owner: 'User:alice' }), isCode('NOT_SERVED'))
  })
})

test('a group of Streams is told with its topology and its tasks', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'b1', port: 9092 })),
  }))
  const activeTasks = [{ subtopologyId: '0', partitions: [1, 2] }]
  const changelog = { name: 'log', partitions: 0, replicationFactor: 0, topicConfigs: [{ key: 'a', value: 'b' }] }
  cluster.answer(streamsGroupDescribe, ({ groupIds }) => ({
    groups: groupIds.map((groupId) => ({
      groupId,
      groupState: 'Stable',
      topology: {
        epoch: 3,
        subtopologies: [{ subtopologyId: '0', sourceTopics: ['in'], stateChangelogTopics: [changelog] }],
      },
      members: [{ memberId: 'm', clientTags: [{ key: 'zone', value: 'x' }], assignment: { activeTasks } }],
    })),
  }))
  await withAdmin(cluster, async (admin) => {
    const group = (await admin.describeStreamsGroups(['g'])).get('g')
    assert.deepEqual([group?.type, group?.state, group?.topologyEpoch], ['streams', 'Stable', 3])
    const [subtopology] = group?.subtopologies ?? []
    assert.deepEqual([subtopology?.sourceTopics, subtopology?.stateChangelogTopics[0]?.configs.get('a')], [['in'], 'b'])
    const [member] = group?.members ?? []
    assert.deepEqual([member?.clientTags.get('zone'), member?.userEndpoint], ['x', null])
    assert.deepEqual(
      member?.assignment.activeTasks.map(({ subtopologyId, partitions }) => [subtopologyId, partitions]),
      [['0', [1, 2]]],
    )
  })
})

test('a leader that is right already is no error, and of all partitions those are told that were elected', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(electLeaders, ({ electionType, topicPartitions }) => {
    const errors = [ErrorCode.NONE, ErrorCode.ELECTION_NOT_NEEDED, ErrorCode.ELIGIBLE_LEADERS_NOT_AVAILABLE]
    assert.equal(electionType, topicPartitions === null ? 1 : 0)
    const asked = topicPartitions?.flatMap(({ partitions }) => partitions) ?? [0]
    const partitionResult = asked.map((partitionId) => ({ partitionId, errorCode: errors[partitionId] ?? -1 }))
    return { replicaElectionResults: [{ topic: 't', partitionResult }] }
  })
  await withAdmin(cluster, async (admin) => {
    const results = await settled(admin.electLeaders([0, 1, 2].map((partition) => ({ topic: 't', partition }))))
    assert.deepEqual(
      [results.get('t-0'), results.get('t-1')],
      [
        { topic: 't', partition: 0, isElected: true },
        { topic: 't', partition: 1, isElected: false },
      ],
    )
    assert.equal(codesOf(results)['t-2'], 'ELIGIBLE_LEADERS_NOT_AVAILABLE')
    assert.deepEqual([...(await admin.electLeaders('all', { type: 'unclean' })).keys()], ['t-0'])
  })
})

test('a directory that is offline is told as such; a broker that tells of none has refused', async () => {
  const cluster = new ScriptedCluster({ brokers: 2 })
  cluster.answer(describeLogDirs, (_, broker) => ({
    results: broker === 1 ? [{ logDir: '/a', errorCode: ErrorCode.KAFKA_STORAGE_ERROR }, { logDir: '/b' }] : [],
  }))
  await withAdmin(cluster, async (admin) => {
    const results = await settled(admin.describeLogDirs())
    assert.deepEqual(codesOf(results), { 1: 'done', 2: 'CLUSTER_AUTHORIZATION_FAILED' })
    const ofFirst = results.get('1')
    assert.ok(ofFirst !== undefined && !(ofFirst instanceof KafkaError))
    assert.deepEqual(
      ofFirst.logDirs.map(({ path, error }) => [path, error?.code]),
      [
        ['/a', 'KAFKA_STORAGE_ERROR'],
        ['/b', undefined],
      ],
    )
  })
})

test('an ACL that matches and is not deleted is the error of its filter', async () => {
  const cluster = new ScriptedCluster()
  const acl = { resourceType: 2, resourceName: 't', principal: 'User:a', host: '*', operation: 99, permissionType: 3 }
  cluster.answer(deleteAcls, ({ filters }) => ({
    filterResults: filters.map((_, i) => ({ matchingAcls: [acl, { ...acl, errorCode: i === 1 ? -1 : 0 }] })),
  }))
  await withAdmin(cluster, async (admin) => {
    const results = await settled(admin.deleteAcls([{ principal: 'User:a' }, { host: '*' }]))
    assert.deepEqual(codesOf(results), {
      'any User:a any any any:any from any': 'done',
      'any any any any any:any from *': 'UNKNOWN_SERVER_ERROR',
    })
    const [deleted] = [...results.values()]
    assert.ok(Array.isArray(deleted))
    // An operation of a Kafka that is newer.
    assert.deepEqual([deleted.length, deleted[0].operation, deleted[0].patternType], [2, 'unknown', 'literal'])
  })
})

test('features that are updated together fail together; before Kafka 4.0 each has its own result', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(updateFeatures, ({ featureUpdates }, _, version) => {
    const errorCode = ErrorCode.INVALID_UPDATE_VERSION
    return version >= 2
      ? { errorCode, errorMessage: 'too high' }
      : {
          results: featureUpdates.map(({ feature, maxVersionLevel }) => ({
            feature,
            errorCode: maxVersionLevel > 1 ? errorCode : 0,
          })),
        }
  })
  const updates = { a: 1, b: { level: 2, upgradeType: 'upgrade' } } as const
  await withAdmin(cluster, async (admin) => {
    const all = await settled(admin.updateFeatures(updates))
    assert.deepEqual(codesOf(all), { a: 'INVALID_UPDATE_VERSION', b: 'INVALID_UPDATE_VERSION' })
    cluster.versionsMax = { [updateFeatures.key]: 1 }
    await using older = cluster.kafka().admin()
    assert.deepEqual(codesOf(await settled(older.updateFeatures(updates))), { a: 'done', b: 'INVALID_UPDATE_VERSION' })
  })
})

test('producers are fenced when the transactions before are ended', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(findCoordinator, ({ keyType, coordinatorKeys }) => {
    assert.equal(keyType, 1)
    return { coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'b1', port: 9092 })) }
  })
  let asked = 0
  cluster.answer(initProducerId, ({ transactionalId, transactionTimeoutMs }) => {
    assert.equal(transactionTimeoutMs, 30_000)
    return ++asked === 1
      ? { errorCode: ErrorCode.CONCURRENT_TRANSACTIONS }
      : { producerId: transactionalId === 'a' ? 7 : 8, producerEpoch: 3 }
  })
  await withAdmin(cluster, async (admin) => {
    const fenced = await admin.fenceProducers(['a', 'b'])
    assert.deepEqual(fenced.get('a'), { transactionalId: 'a', producerId: 7, producerEpoch: 3 })
    assert.equal(asked, 3)
  })
})

test('a controller that takes too long to forget a broker is asked again', async () => {
  const cluster = new ScriptedCluster()
  let asked = 0
  cluster.answer(unregisterBroker, () => ({ errorCode: ++asked === 1 ? ErrorCode.REQUEST_TIMED_OUT : ErrorCode.NONE }))
  cluster.answer(describeQuorum, () => ({ topics: [] }))
  await withAdmin(cluster, async (admin) => {
    await admin.unregisterBroker(5)
    assert.equal(asked, 2)
    await assert.rejects(admin.describeMetadataQuorum(), isCode('UNKNOWN_SERVER_ERROR'))
  })
})

test('what makes no sense is refused before anybody is asked', async () => {
  const cluster = new ScriptedCluster()
  cluster.answer(alterUserScramCredentials, () => assert.fail('it was asked'))
  await withAdmin(cluster, async (admin) => {
    const mechanism = 'SCRAM-SHA-256'
    const calls: readonly (() => Promise<unknown>)[] = [
      () => admin.createTopic('t', { partitions: 1.5 }),
      () => admin.createTopic('t', { partitions: 1, assignments: [[1]] }),
      () => admin.createTopic('t', { ...{ partitions: 3, numPartitions: 3 } }),
      () => admin.createPartitions({ t: -1 }),
      () => admin.listOffsets([{ topic: 't', partition: -1 }]),
      () => admin.listOffsets([{ topic: 't', partition: 0, at: Number.NaN }]),
      () => admin.deleteRecords([{ topic: 't', partition: 0, offset: -5 }]),
      () => admin.alterGroupOffsets('g', [{ topic: 't', partition: 0, offset: 2 ** 60 }]),
      () => admin.deleteTopics({ ids: ['short'] }),
      () => admin.removeRaftVoter({ voterId: 1, directoryId: 'short' }),
      () => admin.describeConfig({ type: 'broker', name: 'first' }),
      () => admin.listTopics({ timeoutMs: -1 }),
      // This client was given nothing to hash by.
      () => admin.alterUserScramCredentials([{ user: 'u', mechanism, password: 'p' }]),
    ]
    for (const call of calls) await assert.rejects(call(), isCode('INVALID_ARGUMENT'), String(call))
    assert.throws(() => cluster.kafka().admin({ defaultApiTimeoutMs: -1 }), isCode('INVALID_ARGUMENT'))
    assert.throws(
      () => cluster.kafka().admin({ ...{ defaultApiTimeoutMs: 1, apiTimeoutMs: 1 } }),
      isCode('INVALID_ARGUMENT'),
    )
  })
})
