/** Our admin client: the same calls and the same answers by Odradek and by Apache Kafka. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Broker } from '../../bench/broker.ts'
import { type Admin, aclText, Kafka, KafkaError, quotaEntityText, settled } from '../../src/stack/client.ts'
import { uniqueName } from './kit.ts'
import { startOwnBroker } from './own-broker.ts'

const settings = {
  'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
  'super.users': 'User:ANONYMOUS',
  'offsets.topic.num.partitions': '4',
  'group.initial.rebalance.delay.ms': '0',
}

let broker: Broker
let kafka: Kafka
let admin: Admin

before(async () => {
  broker = await startOwnBroker({ name: 'client-admin', settings, directories: 2 })
  kafka = new Kafka({ bootstrapServers: broker.bootstrap })
  admin = kafka.admin()
})

after(async () => {
  await admin?.close()
  await broker?.stop()
})

const codesOf = (results: ReadonlyMap<string, unknown>) =>
  Object.fromEntries([...results].map(([key, it]) => [key, it instanceof KafkaError ? it.code : 'done']))

const isCode = (code: string) => (error: unknown) => error instanceof KafkaError && error.code === code

/** Brokers learn a moment later than the controller: what `ask` gives as soon as it is `right`. */
async function soon<T>(ask: () => Promise<T>, right: (told: T) => boolean): Promise<T> {
  for (const end = Date.now() + 10_000; ; await delay(50)) {
    const told = await ask()
    if (right(told) || Date.now() > end) return told
  }
}

async function made(partitions = 1, values: readonly string[] = []): Promise<string> {
  const topic = uniqueName('client-admin')
  await admin.createTopic(topic, { partitions })
  if (values.length > 0) {
    await using producer = kafka.producer()
    for (const value of values) await producer.send(topic, { value, partition: 0 })
  }
  return topic
}

test('the cluster', async () => {
  const cluster = await admin.describeCluster({ includeAuthorizedOperations: true })
  assert.deepEqual(
    cluster.brokers.map(({ id, host, port, isFenced }) => [id, host, port, isFenced]),
    [[1, '127.0.0.1', broker.port, false]],
  )
  assert.equal(cluster.controllerId, 1)
  assert.equal(cluster.clusterId?.length, 22)
  assert.ok(cluster.authorizedOperations?.includes('alter-configs'))
  const all = await admin.describeCluster({ includeFencedBrokers: true })
  assert.deepEqual([all.brokers.length, all.authorizedOperations], [1, undefined])
})

test('topics are made, listed, described, get more partitions, and are deleted', async () => {
  const [one, two, three] = [uniqueName('a'), uniqueName('b'), uniqueName('c')]
  const created = await admin.createTopics([
    { name: one, partitions: 2, configs: { 'retention.ms': 1000 } },
    { name: two, assignments: [[1], [1], [1]] },
  ])
  assert.deepEqual([created.get(one)?.partitions, created.get(two)?.partitions], [2, 3])
  const config = created.get(one)?.configs?.get('retention.ms')
  assert.deepEqual([config?.value, config?.source], ['1000', 'dynamic-topic-config'])
  const checked = await admin.createTopic(three, {}, { validateOnly: true })
  assert.deepEqual([checked.partitions, checked.replicationFactor], [1, 1])
  assert.deepEqual(codesOf(await settled(admin.createTopics([{ name: one }, { name: 'a b' }, { name: three }]))), {
    [one]: 'TOPIC_ALREADY_EXISTS',
    'a b': 'INVALID_TOPIC_EXCEPTION',
    [three]: 'done',
  })

  const listed = await soon(
    async () => new Map((await admin.listTopics()).map((it) => [it.name, it])),
    (them) => them.has(one) && them.has(three),
  )
  assert.ok(listed.has(one) && listed.has(three) && ![...listed.keys()].some((it) => it.startsWith('__')))
  const id = listed.get(two)?.id ?? ''
  assert.equal(id, created.get(two)?.id)
  const byId = await admin.describeTopics({ ids: [id] })
  assert.equal(byId.get(id)?.name, two)

  await admin.createPartitions({ [one]: 4, [three]: { count: 2, assignments: [[1]] } })
  assert.deepEqual(codesOf(await settled(admin.createPartitions({ [one]: 1, [two]: 5 }, { validateOnly: true }))), {
    [one]: 'INVALID_PARTITIONS',
    [two]: 'done',
  })
  const described = await soon(
    () => admin.describeTopic(one, { includeAuthorizedOperations: true }),
    ({ partitions }) => partitions.length === 4,
  )
  assert.deepEqual(
    described.partitions.map(({ partition, leader, replicas, isr, offlineReplicas }) => [
      partition,
      leader,
      replicas,
      isr,
      offlineReplicas,
    ]),
    [0, 1, 2, 3].map((partition) => [partition, 1, [1], [1], []]),
  )
  assert.ok(described.authorizedOperations?.includes('delete'))

  await admin.deleteTopics({ ids: [id] })
  assert.deepEqual(codesOf(await settled(admin.deleteTopics([one, two, three]))), {
    [one]: 'done',
    [two]: 'UNKNOWN_TOPIC_OR_PARTITION',
    [three]: 'done',
  })
  const gone = await soon(
    async () => [
      codesOf(await settled(admin.describeTopics([one]))),
      codesOf(await settled(admin.describeTopics({ ids: [id] }))),
    ],
    ([ofOne, ofTwo]) => ofOne?.[one] !== 'done' && ofTwo?.[id] !== 'done',
  )
  assert.deepEqual(gone, [{ [one]: 'UNKNOWN_TOPIC_OR_PARTITION' }, { [id]: 'UNKNOWN_TOPIC_ID' }])
})

test('configs are described and changed one by one', async () => {
  const topic = await made()
  const resource = { type: 'topic', name: topic } as const
  await admin.alterConfig(resource, { set: { 'retention.ms': 5000, 'cleanup.policy': ['compact'] } })
  await admin.alterConfig(resource, { append: { 'cleanup.policy': 'delete' }, delete: ['retention.ms'] })
  await admin.alterConfig(resource, { set: { 'retention.ms': 1 } }, { validateOnly: true })
  const { entries } = await admin.describeConfig(
    { ...resource, keys: ['cleanup.policy', 'retention.ms'] },
    { includeSynonyms: true, includeDocumentation: true },
  )
  assert.deepEqual([...entries.keys()].sort(), ['cleanup.policy', 'retention.ms'])
  const [policy, retention] = [entries.get('cleanup.policy'), entries.get('retention.ms')]
  assert.deepEqual([policy?.value, policy?.type, policy?.source], ['compact,delete', 'list', 'dynamic-topic-config'])
  assert.deepEqual([retention?.value, retention?.source], ['604800000', 'default-config'])
  assert.deepEqual(
    policy?.synonyms.map(({ name, source }) => [name, source]),
    [
      ['cleanup.policy', 'dynamic-topic-config'],
      ['log.cleanup.policy', 'default-config'],
    ],
  )
  const results = await settled(
    admin.alterConfigs([
      { type: 'topic', name: topic, set: { 'no.such.config': 1 } },
      { type: 'topic', name: 'no-such-topic', set: { 'retention.ms': 1 } },
      { type: 'broker', name: '1', set: { 'log.cleaner.threads': 2 } },
      { type: 'broker', name: '', set: { 'log.retention.ms': 1_000_000 } },
      { type: 'group', name: 'g', set: { 'consumer.session.timeout.ms': 50_000 } },
    ]),
  )
  assert.deepEqual(codesOf(results), {
    [`topic:${topic}`]: 'INVALID_CONFIG',
    'topic:no-such-topic': 'UNKNOWN_TOPIC_OR_PARTITION',
    'broker:1': 'done',
    'broker:': 'done',
    'group:g': 'done',
  })
  const changed = await soon(
    async () => {
      const told = await admin.describeConfigs([
        { type: 'broker', name: '1' },
        { type: 'group', name: 'g' },
      ])
      const ofBroker = told.get('broker:1')?.entries.get('log.cleaner.threads')
      const ofGroup = told.get('group:g')?.entries.get('consumer.session.timeout.ms')
      return [ofBroker?.source, ofBroker?.value, ofGroup?.value]
    },
    ([, value]) => value === '2',
  )
  assert.deepEqual(changed, ['dynamic-broker-config', '2', '50000'])
  await admin.alterConfig({ type: 'broker', name: '' }, { delete: ['log.retention.ms'] })
})

test('offsets are found, and records deleted', async () => {
  const topic = await made(2, ['a', 'b', 'c'])
  const ofFirst = { topic, partition: 0 }
  const offsetAt = async (at: 'earliest' | 'latest' | 'max-timestamp' | 'earliest-local' | number) =>
    (await admin.listOffsets([{ ...ofFirst, at }])).get(`${topic}-0`)?.offset
  assert.deepEqual([await offsetAt('earliest'), await offsetAt('latest'), await offsetAt('earliest-local')], [0, 3, 0])
  assert.deepEqual([await offsetAt(0), await offsetAt(Date.now() + 60_000)], [0, -1])
  const newest = (await admin.listOffsets([{ ...ofFirst, at: 'max-timestamp' }])).get(`${topic}-0`)
  assert.ok(newest !== undefined && newest.offset >= 0 && Math.abs(newest.timestampMs - Date.now()) < 60_000)
  const deleted = await admin.deleteRecords([{ ...ofFirst, offset: 2 }])
  assert.equal(deleted.get(`${topic}-0`)?.lowWatermark, 2)
  assert.equal(await offsetAt('earliest'), 2)
  const results = await settled(
    admin.deleteRecords([
      { ...ofFirst, offset: 9 },
      { topic, partition: 1, offset: 'latest' },
      { topic, partition: 7, offset: 0 },
    ]),
  )
  assert.deepEqual(codesOf(results), {
    [`${topic}-0`]: 'OFFSET_OUT_OF_RANGE',
    [`${topic}-1`]: 'done',
    [`${topic}-7`]: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
})

test('a group is listed and described, its offsets are altered and deleted, its members removed', async () => {
  const topic = await made(2, ['a', 'b'])
  const groupId = uniqueName('group')
  const partitions = [0, 1].map((partition) => ({ topic, partition }))
  await admin.alterGroupOffsets(groupId, [
    { topic, partition: 0, offset: 1, metadata: 'here' },
    { topic, partition: 1, offset: 0 },
  ])
  const offsets = await admin.listGroupOffsets(groupId)
  assert.deepEqual(offsets.get(`${topic}-0`), { topic, partition: 0, offset: 1, leaderEpoch: -1, metadata: 'here' })
  assert.equal(offsets.size, 2)
  await admin.deleteGroupOffsets(groupId, partitions.slice(1))
  const left = await admin.listOffsetsOfGroups([groupId, 'nobody'], { requireStable: true })
  assert.deepEqual([...(left.get(groupId)?.keys() ?? [])], [`${topic}-0`])
  assert.equal(left.get('nobody')?.size, 0)
  assert.equal((await admin.listGroupOffsets(groupId, { partitions })).size, 1)

  await using consumer = kafka.consumer({ groupId, groupInstanceId: 'fixed', autoOffsetReset: 'earliest' })
  consumer.subscribe([topic])
  for await (const record of consumer) if (String(record.value) === 'b') break
  const listed = (await admin.listGroups({ states: ['Stable'], types: ['classic'] })).find(
    (it) => it.groupId === groupId,
  )
  assert.deepEqual(listed, { groupId, type: 'classic', protocolType: 'consumer', state: 'Stable' })
  const group = await admin.describeGroup(groupId, { includeAuthorizedOperations: true })
  assert.deepEqual([group.type, group.state, group.assignor, group.members.length], ['classic', 'Stable', 'range', 1])
  const [member] = group.members
  assert.deepEqual([member?.groupInstanceId, member?.clientId], ['fixed', 'odradek'])
  assert.deepEqual(member?.assignment, partitions)
  assert.ok(group.authorizedOperations?.includes('delete'))
  await assert.rejects(admin.deleteGroup(groupId), isCode('NON_EMPTY_GROUP'))
  const altered = admin.alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 0 }])
  await assert.rejects(altered, isCode('UNKNOWN_MEMBER_ID'))
  await assert.rejects(admin.deleteGroupOffsets(groupId, partitions), isCode('GROUP_SUBSCRIBED_TO_TOPIC'))
  assert.deepEqual(codesOf(await settled(admin.removeMembers(groupId, { members: [{ groupInstanceId: 'other' }] }))), {
    other: 'UNKNOWN_MEMBER_ID',
  })
  assert.deepEqual(codesOf(await admin.removeMembers(groupId, { reason: 'a test' })), { fixed: 'done' })
})

test('groups are deleted, each on its own', async () => {
  const topic = await made()
  const groupId = uniqueName('group')
  await admin.alterGroupOffsets(groupId, [{ topic, partition: 0, offset: 5 }])
  assert.equal((await admin.describeGroup(groupId)).state, 'Empty')
  assert.deepEqual(codesOf(await settled(admin.deleteGroups([groupId, 'nobody']))), {
    [groupId]: 'done',
    nobody: 'GROUP_ID_NOT_FOUND',
  })
  assert.deepEqual(codesOf(await settled(admin.describeGroups([groupId, 'nobody']))), {
    [groupId]: 'GROUP_ID_NOT_FOUND',
    nobody: 'GROUP_ID_NOT_FOUND',
  })
})

test('leaders are elected, and replicas reassigned', async () => {
  const topic = await made(2)
  const partitions = [0, 1].map((partition) => ({ topic, partition }))
  const elected = await settled(admin.electLeaders([...partitions, { topic, partition: 9 }]))
  assert.deepEqual(elected.get(`${topic}-1`), { topic, partition: 1, isElected: false })
  assert.deepEqual(codesOf(elected)[`${topic}-9`], 'UNKNOWN_TOPIC_OR_PARTITION')
  assert.deepEqual(codesOf(await admin.electLeaders('all', { type: 'unclean' })), {})

  const altered = await settled(
    admin.alterPartitionReassignments([
      { topic, partition: 0, replicas: [1] },
      { topic, partition: 1, replicas: [1, 9] },
      { topic, partition: 9, replicas: [1] },
    ]),
  )
  assert.deepEqual(codesOf(altered), {
    [`${topic}-0`]: 'done',
    [`${topic}-1`]: 'INVALID_REPLICA_ASSIGNMENT',
    [`${topic}-9`]: 'UNKNOWN_TOPIC_OR_PARTITION',
  })
  const nothing = admin.alterPartitionReassignments([{ topic, partition: 0, replicas: null }])
  await assert.rejects(nothing, isCode('NO_REASSIGNMENT_IN_PROGRESS'))
  assert.equal((await admin.listPartitionReassignments()).size, 0)
  assert.equal((await admin.listPartitionReassignments({ partitions })).size, 0)
})

test('log directories are described, and replicas moved between them', async () => {
  const topic = await made(1, ['a'])
  const described = await admin.describeLogDirs('all', { partitions: [{ topic, partition: 0 }] })
  const dirs = described.get('1')?.logDirs ?? []
  assert.equal(dirs.length, 2)
  assert.ok(dirs.every(({ error, totalBytes, usableBytes }) => error === undefined && totalBytes >= usableBytes))
  const from = dirs.find(({ replicas }) => replicas.length > 0)
  const to = dirs.find(({ path }) => path !== from?.path)?.path ?? ''
  assert.deepEqual(
    from?.replicas.map(({ partition, offsetLag, isFuture }) => [partition, offsetLag, isFuture]),
    [[0, 0, false]],
  )
  assert.ok((from?.replicas[0]?.size ?? 0) > 0)
  const moved = await settled(
    admin.alterReplicaLogDirs([
      { topic, partition: 0, brokerId: 1, logDir: to },
      { topic, partition: 5, brokerId: 1, logDir: '/nowhere' },
      { topic, partition: 0, brokerId: 7, logDir: to },
    ]),
  )
  assert.deepEqual(codesOf(moved), {
    [`${topic}-0-1`]: 'done',
    [`${topic}-5-1`]: 'LOG_DIR_NOT_FOUND',
    [`${topic}-0-7`]: 'BROKER_NOT_AVAILABLE',
  })
  const after = await soon(
    async () => {
      const told = await admin.describeLogDirs([1], { partitions: [{ topic, partition: 0 }] })
      return told.get('1')?.logDirs.filter(({ replicas }) => replicas.length > 0) ?? []
    },
    ([first, ...more]) => first?.path === to && more.length === 0,
  )
  assert.deepEqual([after.length, after[0]?.path], [1, to])
})

test('ACLs are made, found and deleted', async () => {
  const topic = uniqueName('acl')
  const acl = { resourceType: 'topic', resourceName: topic, principal: 'User:alice', operation: 'read' } as const
  const whole = { ...acl, patternType: 'literal', host: '*', permission: 'allow' } as const
  const prefixed = { ...whole, patternType: 'prefixed', operation: 'write', permission: 'deny' } as const
  assert.deepEqual(codesOf(await admin.createAcls([acl, prefixed])), {
    [`allow User:alice read literal topic:${topic} from *`]: 'done',
    [`deny User:alice write prefixed topic:${topic} from *`]: 'done',
  })
  const bad = admin.createAcls([{ ...acl, principal: 'alice' }])
  await assert.rejects(bad, isCode('INVALID_REQUEST'))
  const found = await soon(
    () => admin.describeAcls({ resourceName: topic }),
    ({ length }) => length === 2,
  )
  assert.deepEqual(
    found.toSorted((a, b) => a.operation.localeCompare(b.operation)),
    [whole, prefixed],
  )
  const matching = await admin.describeAcls({ resourceType: 'topic', resourceName: `${topic}-1`, patternType: 'match' })
  assert.deepEqual(matching, [prefixed])
  const filter = { resourceName: topic, operation: 'read' } as const
  const deleted = await admin.deleteAcls([filter])
  assert.deepEqual(deleted.get(aclText(filter)), [whole])
  await admin.deleteAcls([{ principal: 'User:alice' }])
})

test('quotas are set, found and removed', async () => {
  const user = uniqueName('user')
  const [entity, ofClients] = [{ user }, { user, 'client-id': null }]
  const set = { producer_byte_rate: 1000, consumer_byte_rate: 2000 }
  assert.deepEqual(
    codesOf(
      await admin.alterClientQuotas([
        { entity, set },
        { entity: ofClients, set },
      ]),
    ),
    {
      [`user:${user}`]: 'done',
      [`client-id:<default>,user:${user}`]: 'done',
    },
  )
  const bad = await settled(
    admin.alterClientQuotas(
      [
        { entity, set: { no_such_quota: 1 } },
        { entity: ofClients, remove: ['request_percentage'] },
      ],
      {
        validateOnly: true,
      },
    ),
  )
  assert.deepEqual(Object.values(codesOf(bad)), ['INVALID_REQUEST', 'done'])
  const found = await soon(
    () => admin.describeClientQuotas({ user: { name: user } }),
    ({ length }) => length === 2,
  )
  assert.equal(found.length, 2)
  const [alone] = await admin.describeClientQuotas({ user: { name: user } }, { strict: true })
  assert.deepEqual(alone, { entity, quotas: new Map(Object.entries(set).sort()) })
  const ofDefault = await admin.describeClientQuotas({ user: 'any', 'client-id': 'default' })
  assert.deepEqual(
    ofDefault.map((it) => quotaEntityText(it.entity)),
    [`client-id:<default>,user:${user}`],
  )
  const remove = ['producer_byte_rate', 'consumer_byte_rate']
  await admin.alterClientQuotas([
    { entity, remove },
    { entity: ofClients, remove },
  ])
})

test('features and the quorum are described, and changed where that is allowed', async () => {
  const features = await admin.describeFeatures({ brokerId: 1 })
  assert.equal(features.finalized.get('metadata.version')?.max, features.supported.get('metadata.version')?.max)
  assert.ok(features.finalizedEpoch >= 0)
  await admin.updateFeatures({ 'group.version': { level: 0, upgradeType: 'safe-downgrade' } }, { validateOnly: true })
  await assert.rejects(admin.updateFeatures({ 'no.such.feature': 1 }), isCode('INVALID_UPDATE_VERSION'))

  const quorum = await admin.describeMetadataQuorum()
  assert.deepEqual([quorum.leaderId, quorum.voters.map(({ replicaId }) => replicaId)], [1, [1]])
  assert.ok(quorum.highWatermark > 0 && (quorum.voters[0]?.lastCaughtUpTimestampMs ?? 0) > 0)
  assert.equal(quorum.nodes.get(1)?.[0]?.name, 'CONTROLLER')
  const endpoints = [{ name: 'CONTROLLER', host: '127.0.0.1', port: 1 }]
  const voter = { voterId: 9, directoryId: 'AAAAAAAAAAAAAAAAAAAACQ' }
  // The quorum is a static one.
  await assert.rejects(admin.addRaftVoter({ ...voter, endpoints }), isCode('UNSUPPORTED_VERSION'))
  await assert.rejects(admin.removeRaftVoter(voter), isCode('UNSUPPORTED_VERSION'))
  await assert.rejects(admin.unregisterBroker(9), isCode('BROKER_ID_NOT_REGISTERED'))
  await admin.alterConfig({ type: 'client-metrics', name: 'm' }, { set: { 'interval.ms': 100_000 } })
  const resources = await soon(
    () => admin.listConfigResources({ types: ['client-metrics', 'broker'] }),
    ({ length }) => length === 2,
  )
  assert.deepEqual(
    resources.toSorted((a, b) => a.type.localeCompare(b.type)),
    [
      { type: 'broker', name: '1' },
      { type: 'client-metrics', name: 'm' },
    ],
  )
})
