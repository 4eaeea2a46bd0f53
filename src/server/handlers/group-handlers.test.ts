/** Handlers 8 to 16, 42 and 47, asked in bytes: each request and reply goes through the codec of its version. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Logger, Reader, type Uuid, uuidFromLatin1, Writer, zeroUuid } from '../../base/index.ts'
import { GroupBroker, ManualClock, MemoryPartition } from '../../coordinator/group/group-fixture.ts'
import { emptyImage, type MetadataImage, partitionFromRecord, type TopicImage } from '../../metadata/index.ts'
import {
  type Api,
  consumerProtocolSubscription,
  deleteGroups,
  describeGroups,
  ErrorCode,
  type Fields,
  findCoordinator,
  type Given,
  heartbeat,
  type Infer,
  joinGroup,
  leaveGroup,
  listGroups,
  offsetCommit,
  offsetDelete,
  offsetFetch,
  partitionRecord,
  registerBrokerRecord,
  syncGroup,
} from '../../protocol/index.ts'
import { type BoundHandler, Signal } from '../handler.ts'
import { RareWarning, refusedTransaction } from '../rare-warning.ts'
import { bind } from '../router.ts'
import { offsetCommitHandler } from './08-offset-commit.ts'
import { offsetFetchHandler } from './09-offset-fetch.ts'
import { findCoordinatorHandler } from './10-find-coordinator.ts'
import { joinGroupHandler } from './11-join-group.ts'
import { heartbeatHandler } from './12-heartbeat.ts'
import { leaveGroupHandler } from './13-leave-group.ts'
import { syncGroupHandler } from './14-sync-group.ts'
import { describeGroupsHandler } from './15-describe-groups.ts'
import { listGroupsHandler } from './16-list-groups.ts'
import { deleteGroupsHandler } from './42-delete-groups.ts'
import { offsetDeleteHandler } from './47-offset-delete.ts'

const topicId: Uuid = uuidFromLatin1('the id of topic ')
const unknownId: Uuid = uuidFromLatin1('of another topic')

const topicOf = (name: string, partitionCount: number, id: Uuid = zeroUuid): TopicImage => ({
  name,
  topicId: id,
  partitions: new Map(
    Array.from({ length: partitionCount }, (_, partitionId) => {
      const record = partitionRecord.create({ partitionId, topicId: id, replicas: [1], isr: [1], leader: 1 })
      return [partitionId, partitionFromRecord(record)]
    }),
  ),
})

function imageOf(...topics: readonly TopicImage[]): MetadataImage {
  const broker = registerBrokerRecord.create({
    brokerId: 1,
    fenced: false,
    endPoints: [{ name: 'PLAINTEXT', host: 'here', port: 9092, securityProtocol: 0 }],
  })
  return {
    ...emptyImage,
    cluster: { ...emptyImage.cluster, brokers: new Map([[1, broker]]) },
    topics: {
      byName: new Map(topics.map((topic) => [topic.name, topic])),
      byId: new Map(topics.map((topic) => [topic.topicId, topic])),
    },
  }
}

const subscription = (...topics: readonly string[]): Buffer => {
  const writer = new Writer(64)
  writer.i16(3)
  consumerProtocolSubscription.encode(writer, 3, consumerProtocolSubscription.create({ topics }))
  return writer.finishAsOne()
}

/** A broker that coordinates all groups, behind its handlers. */
class Fixture {
  image = imageOf(topicOf('__consumer_offsets', 1), topicOf('t', 2, topicId))
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  readonly broker = new GroupBroker({ clock: this.clock })
  readonly ensured: string[] = []
  readonly warnings: string[] = []
  readonly #handlers = new Map<number, BoundHandler>()
  #ids = 0

  static async lead(): Promise<Fixture> {
    const fixture = new Fixture()
    await fixture.broker.lead(fixture.partition)
    return fixture
  }

  constructor() {
    const { groups } = this.broker
    const logger: Logger = { child: () => logger, log: (_level, line) => void this.warnings.push(line) }
    const services = {
      refusals: new RareWarning({ clock: this.clock, logger }),
      groups,
      image: () => this.image,
      ensureInternalTopic: (name: string) => void this.ensured.push(name),
      random: { uuid: () => uuidFromLatin1(String(++this.#ids).padStart(16, '0')) },
    }
    for (const handler of [
      bind(offsetCommitHandler(services)),
      bind(offsetFetchHandler(services)),
      bind(findCoordinatorHandler(services)),
      bind(joinGroupHandler(services)),
      bind(heartbeatHandler(services)),
      bind(leaveGroupHandler(services)),
      bind(syncGroupHandler(services)),
      bind(describeGroupsHandler(services)),
      bind(listGroupsHandler(services)),
      bind(deleteGroupsHandler(services)),
      bind(offsetDeleteHandler(services)),
    ]) {
      this.#handlers.set(handler.key, handler)
    }
  }

  /** The request's bytes are overwritten once the handler waits, as the server reuses them. */
  async ask<Q extends Fields, S extends Fields>(
    api: Api<Q, S>,
    apiVersion: number,
    request: Given<Infer<Q>>,
  ): Promise<Infer<S>> {
    const handler = this.#handlers.get(api.key)
    assert.ok(handler !== undefined)
    const writer = new Writer(256)
    api.request.encode(writer, apiVersion, api.request.create(request))
    const bytes = writer.finishAsOne()
    const answer = handler.run(new Reader(bytes), {
      apiKey: api.key,
      apiVersion,
      correlationId: 1,
      clientId: 'client',
      listenerName: 'PLAINTEXT',
      clientHost: '::ffff:10.0.0.7',
      client: { name: '', version: '' },
      proceed: () => undefined,
      onClose: () => undefined,
    })
    bytes.fill(0xee)
    const write = await answer
    assert.ok(!(write instanceof Signal))
    const reply = new Writer(256)
    write(reply)
    return api.response.decode(new Reader(reply.finishAsOne()), apiVersion)
  }

  join(apiVersion: number, given: Given<Infer<typeof joinGroup.request.fields>> = {}) {
    return this.ask(joinGroup, apiVersion, {
      groupId: 'g',
      sessionTimeoutMs: 10_000,
      rebalanceTimeoutMs: 60_000,
      protocolType: 'consumer',
      protocols: [{ name: 'range', metadata: subscription('t') }],
      ...given,
    })
  }

  /** A group with one member, whose generation is stable; returns the member's id. */
  async stable(): Promise<string> {
    const { memberId } = await this.join(3)
    const assignments = [{ memberId, assignment: Buffer.from('mine') }]
    const { errorCode } = await this.ask(syncGroup, 3, { groupId: 'g', generationId: 1, memberId, assignments })
    assert.equal(errorCode, ErrorCode.NONE)
    return memberId
  }

  commit(apiVersion: number, given: Given<Infer<typeof offsetCommit.request.fields>> = {}) {
    const partitions = [{ partitionIndex: 0, committedOffset: 42n, committedMetadata: 'note' }]
    return this.ask(offsetCommit, apiVersion, { groupId: 'g', topics: [{ name: 't', topicId, partitions }], ...given })
  }
}

const versionsOf = ([min, max]: readonly [number, number]): number[] =>
  Array.from({ length: max - min + 1 }, (_, i) => min + i)

test('bad requests of members get the codes of 4.3.1 (G1 to G5)', async () => {
  const fixture = await Fixture.lead()
  for (const version of versionsOf(joinGroup.versions)) {
    const reply = await fixture.join(version, { memberId: 'nobody' })
    assert.equal(reply.errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
    assert.equal(reply.protocolName, version < 7 ? '' : null)
    assert.equal((await fixture.join(version, { groupId: '' })).errorCode, ErrorCode.INVALID_GROUP_ID)
    for (const sessionTimeoutMs of [5999, 1_800_001]) {
      const { errorCode } = await fixture.join(version, { sessionTimeoutMs })
      assert.equal(errorCode, ErrorCode.INVALID_SESSION_TIMEOUT)
    }
  }
  const required = await fixture.join(4)
  assert.equal(required.errorCode, ErrorCode.MEMBER_ID_REQUIRED)
  assert.match(required.memberId, /^client-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
  assert.equal((await fixture.join(4, { memberId: required.memberId })).errorCode, ErrorCode.NONE)
  for (const version of versionsOf(heartbeat.versions)) {
    const { errorCode } = await fixture.ask(heartbeat, version, { groupId: 'none', memberId: 'm', generationId: 1 })
    assert.equal(errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  }
  for (const version of versionsOf(syncGroup.versions)) {
    const request = { groupId: 'g', memberId: required.memberId, generationId: 2 }
    const { errorCode }: { errorCode: number } = await fixture.ask(syncGroup, version, request)
    assert.equal(errorCode, version < 5 ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  }
})

test('a group comes, is described, and goes, in every version', async () => {
  for (const version of versionsOf(joinGroup.versions)) {
    const fixture = await Fixture.lead()
    const first = await fixture.join(version)
    const { memberId } = first
    const joined = first.errorCode === ErrorCode.MEMBER_ID_REQUIRED ? await fixture.join(version, { memberId }) : first
    assert.deepEqual([joined.errorCode, joined.generationId, joined.leader], [ErrorCode.NONE, 1, memberId])
    assert.deepEqual([joined.members.length, joined.protocolName], [1, 'range'])
    assert.deepEqual(joined.members[0]?.metadata, subscription('t'))
    assert.equal(joined.protocolType, version < 7 ? null : 'consumer')
    const synced = await fixture.ask(syncGroup, Math.min(version, 5), {
      groupId: 'g',
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId, assignment: Buffer.from('mine') }],
    })
    assert.deepEqual([synced.errorCode, Buffer.from(synced.assignment).toString()], [ErrorCode.NONE, 'mine'])
    const alive = await fixture.ask(heartbeat, Math.min(version, 4), { groupId: 'g', memberId, generationId: 1 })
    assert.equal(alive.errorCode, ErrorCode.NONE)
    for (const asked of versionsOf(describeGroups.versions)) {
      const { groups } = await fixture.ask(describeGroups, asked, { groups: ['g'], includeAuthorizedOperations: true })
      const [group] = groups
      assert.deepEqual([group?.errorCode, group?.groupState, group?.protocolData], [ErrorCode.NONE, 'Stable', 'range'])
      assert.deepEqual([group?.members[0]?.clientId, group?.members[0]?.clientHost], ['client', '/10.0.0.7'])
      assert.deepEqual(group?.members[0]?.memberMetadata, subscription('t'))
      assert.equal(group?.authorizedOperations, asked < 3 ? -2_147_483_648 : 3400)
    }
  }
})

test('members leave one by one before version 3, and together from there on', async () => {
  for (const version of versionsOf(leaveGroup.versions)) {
    const fixture = await Fixture.lead()
    const memberId = await fixture.stable()
    if (version < 3) {
      assert.equal(
        (await fixture.ask(leaveGroup, version, { groupId: 'g', memberId: 'x' })).errorCode,
        ErrorCode.UNKNOWN_MEMBER_ID,
      )
      assert.equal((await fixture.ask(leaveGroup, version, { groupId: 'g', memberId })).errorCode, ErrorCode.NONE)
    } else {
      const members = [{ memberId: 'x' }, { memberId }]
      const reply = await fixture.ask(leaveGroup, version, { groupId: 'g', members })
      assert.equal(reply.errorCode, ErrorCode.NONE)
      const codes = reply.members.map(({ errorCode }) => errorCode)
      assert.deepEqual(codes, [ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.NONE])
    }
    assert.equal((await fixture.ask(leaveGroup, version, { groupId: '' })).errorCode, ErrorCode.INVALID_GROUP_ID)
    assert.equal(fixture.broker.groups.describe('g').state, 'Empty')
  }
})

test('a commit is checked partition by partition, and for its sender (G6, G7)', async () => {
  const fixture = await Fixture.lead()
  for (const version of versionsOf(offsetCommit.versions)) {
    const partitions = [
      { partitionIndex: 0, committedOffset: 42n, committedMetadata: 'x'.repeat(4097) },
      { partitionIndex: 9, committedOffset: 42n },
      { partitionIndex: 1, committedOffset: 42n, committedLeaderEpoch: 5 },
    ]
    const reply = await fixture.commit(version, {
      topics: [
        { name: 'none', topicId: unknownId, partitions: [{ partitionIndex: 0 }] },
        { name: 't', topicId, partitions },
      ],
    })
    assert.deepEqual(
      reply.topics.map((topic) => topic.partitions.map(({ errorCode }) => errorCode)),
      [
        [version < 10 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.UNKNOWN_TOPIC_ID],
        [ErrorCode.OFFSET_METADATA_TOO_LARGE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NONE],
      ],
    )
    const [, named] = reply.topics
    assert.deepEqual([named?.name, named?.topicId], version < 10 ? ['t', zeroUuid] : ['', topicId])
    const unknown = await fixture.commit(version, { groupId: 'none', generationIdOrMemberEpoch: 5, memberId: 'm' })
    const code = version < 9 ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.GROUP_ID_NOT_FOUND
    assert.equal(unknown.topics[0]?.partitions[0]?.errorCode, code)
  }
})

describe('offsets are fetched', () => {
  const request = (version: number) =>
    version < 8
      ? { groupId: 'g', topics: [{ name: 't', partitionIndexes: [1, 0] }] }
      : { groups: [{ groupId: 'g', topics: [{ name: 't', topicId, partitionIndexes: [1, 0] }] }] }

  test('of some topics, in every version', async () => {
    const fixture = await Fixture.lead()
    await fixture.commit(10)
    for (const version of versionsOf(offsetFetch.versions)) {
      const reply = await fixture.ask(offsetFetch, version, request(version))
      const [topic] = version < 8 ? reply.topics : (reply.groups[0]?.topics ?? [])
      const found = topic?.partitions.map((it) => [it.partitionIndex, it.committedOffset, it.metadata, it.errorCode])
      assert.deepEqual(found, [
        [1, -1n, '', ErrorCode.NONE],
        [0, 42n, 'note', ErrorCode.NONE],
      ])
    }
  })

  test('of all topics, from version 2 on', async () => {
    const fixture = await Fixture.lead()
    await fixture.commit(9)
    for (const version of versionsOf([2, 10])) {
      const all = version < 8 ? { groupId: 'g', topics: null } : { groups: [{ groupId: 'g', topics: null }] }
      const reply = await fixture.ask(offsetFetch, version, all)
      const topics = version < 8 ? reply.topics : (reply.groups[0]?.topics ?? [])
      assert.equal(topics.length, 1)
      assert.equal(topics[0]?.partitions[0]?.committedOffset, 42n)
    }
    fixture.image = imageOf(topicOf('__consumer_offsets', 1))
    const gone = await fixture.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics: null }] })
    assert.deepEqual(gone.groups[0]?.topics, [])
    const kept = await fixture.ask(offsetFetch, 9, { groups: [{ groupId: 'g', topics: null }] })
    assert.equal(kept.groups[0]?.topics[0]?.name, 't')
  })

  test('by id: not of an id that is unknown, nor of a topic of the same name that was before', async () => {
    const fixture = await Fixture.lead()
    await fixture.commit(10)
    const ask = async (id: Uuid) => {
      const topics = [{ topicId: id, partitionIndexes: [0] }]
      const reply = await fixture.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics }] })
      const partition = reply.groups[0]?.topics[0]?.partitions[0]
      return [partition?.committedOffset, partition?.errorCode]
    }
    assert.deepEqual(await ask(unknownId), [-1n, ErrorCode.UNKNOWN_TOPIC_ID])
    fixture.image = imageOf(topicOf('__consumer_offsets', 1), topicOf('t', 2, unknownId))
    assert.deepEqual(await ask(unknownId), [-1n, ErrorCode.NONE])
  })

  test('with the error of a coordinator that is none, where each version has room for it', async () => {
    const fixture = await Fixture.lead()
    fixture.broker.groups.resign(0, 0)
    for (const version of versionsOf(offsetFetch.versions)) {
      const { errorCode, topics, groups } = await fixture.ask(offsetFetch, version, request(version))
      const code = version < 2 ? topics[0]?.partitions[0]?.errorCode : version < 8 ? errorCode : groups[0]?.errorCode
      assert.equal(code, ErrorCode.NOT_COORDINATOR)
    }
    fixture.broker.groups.stop()
    const stopped = await fixture.ask(offsetFetch, 8, request(8))
    assert.equal(stopped.groups[0]?.errorCode, ErrorCode.NOT_COORDINATOR)
  })
})

describe('a coordinator is found', () => {
  test('in every version, once its topic is there', async () => {
    const fixture = await Fixture.lead()
    for (const version of versionsOf(findCoordinator.versions)) {
      const reply = await fixture.ask(findCoordinator, version, { key: 'g', coordinatorKeys: ['g', ''] })
      const found = version < 4 ? [reply] : reply.coordinators
      assert.equal(found.length, version < 4 ? 1 : 2)
      for (const it of found) assert.deepEqual([it.errorCode, it.nodeId, it.host, it.port], [0, 1, 'here', 9092])
    }
    assert.deepEqual(fixture.ensured, [])
    fixture.image = imageOf()
    for (const version of versionsOf(findCoordinator.versions)) {
      const reply = await fixture.ask(findCoordinator, version, { key: 'g', coordinatorKeys: ['g'] })
      const [found] = version < 4 ? [reply] : reply.coordinators
      const answered = [found?.errorCode, found?.nodeId, found?.host, found?.port]
      assert.deepEqual(answered, [ErrorCode.COORDINATOR_NOT_AVAILABLE, -1, '', -1])
      assert.equal(fixture.ensured.pop(), '__consumer_offsets')
    }
  })

  test('only where its leader is there for this listener, and only of groups', async () => {
    const fixture = await Fixture.lead()
    for (const [version, keyType] of [
      [1, 1],
      [6, 1],
      [6, 2],
      [6, 9],
    ] as const) {
      const reply = await fixture.ask(findCoordinator, version, { keyType, key: 'k', coordinatorKeys: ['k'] })
      const [found] = version < 4 ? [reply] : reply.coordinators
      const isTransactional = keyType === 1
      assert.equal(
        found?.errorCode,
        isTransactional ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : ErrorCode.INVALID_REQUEST,
      )
      assert.notEqual(found?.errorMessage, '')
    }
    assert.deepEqual(fixture.warnings, [refusedTransaction])
    fixture.image = { ...fixture.image, cluster: emptyImage.cluster }
    const away = await fixture.ask(findCoordinator, 6, { coordinatorKeys: ['g'] })
    assert.equal(away.coordinators[0]?.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  })
})

test('groups are listed by state and type, and described as what they are', async () => {
  const fixture = await Fixture.lead()
  await fixture.stable()
  await fixture.commit(9, { groupId: 'simple' })
  const ids = async (version: number, filter: { statesFilter?: string[]; typesFilter?: string[] } = {}) => {
    const { groups, errorCode } = await fixture.ask(listGroups, version, filter)
    assert.equal(errorCode, ErrorCode.NONE)
    return groups.map(({ groupId }) => groupId).sort()
  }
  for (const version of versionsOf(listGroups.versions)) assert.deepEqual(await ids(version), ['g', 'simple'])
  assert.deepEqual(await ids(4, { statesFilter: ['STABLE'] }), ['g'])
  assert.deepEqual(await ids(5, { typesFilter: ['Classic'], statesFilter: ['empty', 'Dead'] }), ['simple'])
  assert.deepEqual(await ids(5, { typesFilter: ['consumer'] }), [])
  for (const version of versionsOf(describeGroups.versions)) {
    const { groups } = await fixture.ask(describeGroups, version, {
      groups: ['none'],
      includeAuthorizedOperations: true,
    })
    const [group] = groups
    assert.equal(group?.groupState, 'Dead')
    assert.equal(group?.errorCode, version < 6 ? ErrorCode.NONE : ErrorCode.GROUP_ID_NOT_FOUND)
    assert.equal(group?.errorMessage, version < 6 ? null : 'Group none not found.')
  }
  fixture.broker.groups.stop()
  const stopped = await fixture.ask(listGroups, 5, {})
  assert.equal(stopped.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
})

test('groups and offsets are deleted, but not under the hands of members', async () => {
  const fixture = await Fixture.lead()
  const memberId = await fixture.stable()
  await fixture.commit(9, { memberId, generationIdOrMemberEpoch: 1 })
  const topics = [
    { name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] },
    { name: 'none', partitions: [{ partitionIndex: 0 }] },
  ]
  const subscribed = await fixture.ask(offsetDelete, 0, { groupId: 'g', topics })
  assert.deepEqual(
    subscribed.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  )
  for (const [groupId, code] of [
    ['', ErrorCode.INVALID_GROUP_ID],
    ['none', ErrorCode.GROUP_ID_NOT_FOUND],
  ] as const) {
    const { errorCode, topics: answered } = await fixture.ask(offsetDelete, 0, { groupId, topics })
    assert.deepEqual([errorCode, answered.length], [code, 0])
  }
  for (const version of versionsOf(deleteGroups.versions)) {
    const { results } = await fixture.ask(deleteGroups, version, { groupsNames: ['g', 'none'] })
    const codes = results.map(({ errorCode }) => errorCode)
    assert.deepEqual(codes, [ErrorCode.NON_EMPTY_GROUP, ErrorCode.GROUP_ID_NOT_FOUND])
  }
  await fixture.ask(leaveGroup, 2, { groupId: 'g', memberId })
  const deleted = await fixture.ask(offsetDelete, 0, { groupId: 'g', topics })
  assert.equal(deleted.topics[0]?.partitions[0]?.errorCode, ErrorCode.NONE)
  const { results } = await fixture.ask(deleteGroups, 2, { groupsNames: ['g'] })
  assert.deepEqual([results[0]?.groupId, results[0]?.errorCode], ['g', ErrorCode.NONE])
})

test('members that are no consumers, or whose bytes are of another make, keep all their offsets', async () => {
  for (const [given, code, partitionCode] of [
    [{ protocolType: 'connect' }, ErrorCode.NON_EMPTY_GROUP, undefined],
    [
      { protocols: [{ name: 'range', metadata: Buffer.from([0]) }] },
      ErrorCode.NONE,
      ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
    ],
    [{ protocols: [{ name: 'range', metadata: subscription('other') }] }, ErrorCode.NONE, ErrorCode.NONE],
  ] as const) {
    const fixture = await Fixture.lead()
    await fixture.join(3, given)
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
    const reply = await fixture.ask(offsetDelete, 0, { groupId: 'g', topics })
    assert.equal(reply.errorCode, code)
    assert.equal(reply.topics[0]?.partitions[0]?.errorCode, partitionCode)
  }
})
