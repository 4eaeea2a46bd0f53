import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Reader, type Uuid, Writer, zeroUuid } from '../../base/index.ts'
import { type Asker, anonymous } from '../../metadata/index.ts'
import { type MetadataRequest, type MetadataResponse, metadata, partitionChangeRecord } from '../../protocol/index.ts'
import { metadataHandler } from './03-metadata.ts'
import { ask, ClusterFixture, countingStream, id } from './handler-fixture.ts'

type Given = Parameters<typeof metadata.request.create>[0]

function cluster(texts: Readonly<Record<string, string>> = {}) {
  const fixture = new ClusterFixture(texts)
  fixture.start(1, 2, 3)
  fixture.createTopics({ b: [[1, 2]], a: [[1], [2]] })
  const created: string[][] = []
  const askers: (Asker | undefined)[] = []
  const create = (names: Iterable<string>, asker?: Asker) => {
    created.push([...names])
    askers.push(asker)
    return new Map(created.flat().map((name) => [name, 3]))
  }
  const handler = metadataHandler({ ...fixture.services, autoTopics: { create }, chance: countingStream() })
  const answer = async (given: Given, apiVersion = 13, listenerName = 'PLAINTEXT') =>
    ask(handler, requestOf(given, apiVersion), { apiVersion, listenerName })
  return { fixture, answer, created, askers }
}

/** Over the wire, so that what a version lacks has its default. */
function requestOf(given: Given, apiVersion: number): MetadataRequest {
  const writer = new Writer()
  metadata.request.encode(writer, apiVersion, metadata.request.create({ allowAutoTopicCreation: false, ...given }))
  return metadata.request.decode(new Reader(writer.finishAsOne()), apiVersion)
}

const named = (...names: readonly string[]) => ({ topics: names.map((name) => ({ name })) })
const codes = ({ topics }: MetadataResponse) => topics.map(({ name, errorCode }) => `${name} ${errorCode}`)
const partitions = ({ topics }: MetadataResponse) =>
  topics.flatMap(({ name, partitions }) =>
    partitions.map(
      (it) =>
        `${name}-${it.partitionIndex} ${it.errorCode} leader ${it.leaderId} of ${it.replicaNodes} in ${it.isrNodes} offline ${it.offlineReplicas}`,
    ),
  )

test('every version has a reply that can be written', async () => {
  const { answer } = cluster()
  for (let version = 0; version <= 13; version++) {
    const writer = new Writer()
    metadata.response.encode(writer, version, await answer(named('a', 'nope', 'in/valid'), version))
    const reply = metadata.response.decode(new Reader(writer.finishAsOne()), version)
    // Versions before 4 always ask for topics to be created.
    const invalid = version < 4 ? [] : ['in/valid 17']
    assert.deepEqual(codes(reply).slice(0, 2), ['a 0', 'nope 3'])
    assert.deepEqual(codes(reply).slice(2, 3), version < 4 ? ['in/valid 3'] : invalid)
    assert.equal(reply.clusterId, version >= 2 ? 'cluster' : null)
    assert.ok(version >= 1 ? [1, 2, 3].includes(reply.controllerId) : reply.controllerId === -1)
    assert.equal(reply.topics[0]?.topicId === zeroUuid, version < 10)
    assert.equal(reply.topics[0]?.partitions[0]?.leaderEpoch, version >= 7 ? 0 : -1)
  }
})

test('the controller is any broker that has the listener, another one each time', async () => {
  const { fixture, answer } = cluster()
  fixture.heartbeat(2, { wantFence: true })
  const told = new Set<number>()
  for (let i = 0; i < 6; i++) told.add((await answer({ topics: [] })).controllerId)
  assert.deepEqual([...told].sort(), [1, 3])
  assert.equal((await answer({ topics: [] }, 13, 'NOWHERE')).controllerId, -1)
})

const asked = [
  { what: 'null is all topics', given: { topics: null }, seen: ['b 0', 'a 0'] },
  { what: 'nothing is nothing', given: { topics: [] }, seen: [] },
  { what: 'but in version 0 it is everything', given: { topics: [] }, version: 0, seen: ['b 0', 'a 0'] },
  { what: 'a name twice is one topic', given: named('a', 'x', 'a', 'x'), seen: ['a 0', 'x 3'] },
  { what: 'a name that none can have', given: named('', '.', 'x/y'), seen: [' 17', '. 17', 'x/y 17'] },
  {
    what: 'an id that nobody has; names next to ids do not count',
    given: { topics: [{ name: null, topicId: id('x') }, { name: 'a' }] },
    seen: ['null 100'],
  },
  { what: 'neither name nor id', given: { topics: [{ name: null }, { name: 'a' }] }, seen: [' -1', 'a -1'] },
  { what: 'no name before version 12', given: { topics: [{ name: null }] }, version: 11, seen: [' 42'] },
  { what: 'no ids before', given: { topics: [{ name: 'a', topicId: id('x') }] }, version: 10, seen: ['a 42'] },
] as const

for (const { what, given, seen, ...rest } of asked) {
  const version = 'version' in rest ? rest.version : 13
  test(what, async () => assert.deepEqual(codes(await cluster().answer(given, version)), seen))
}

test('a topic by id is answered with its name', async () => {
  const { answer, fixture } = cluster()
  const topicId = fixture.image.topics.byName.get('a')?.topicId ?? zeroUuid
  const reply = await answer({ topics: [{ name: null, topicId }] })
  assert.deepEqual(codes(reply), ['a 0'])
  assert.equal(reply.topics[0]?.topicId, topicId)
})

test('a version before 13 has no error of its own, but every topic has', async () => {
  const { answer } = cluster()
  assert.equal((await answer({ topics: [{ name: null }] }, 13)).errorCode, -1)
  assert.deepEqual((await answer({ topics: [{ name: null }] }, 12)).brokers, [])
})

test('topics are asked for if broker and client allow it, never because all were asked for', async () => {
  const allowed = cluster()
  assert.deepEqual(codes(await allowed.answer({ ...named('x', 'a'), allowAutoTopicCreation: true })), ['a 0', 'x 3'])
  await allowed.answer({ topics: null, allowAutoTopicCreation: true })
  await allowed.answer(named('y'))
  assert.deepEqual(allowed.created, [['x']])
  // The version is that of another API.
  assert.deepEqual(allowed.askers, [
    { clientId: 'test', correlationId: 1, clientHost: '127.0.0.1', principal: anonymous },
  ])
  const forbidden = cluster({ 'auto.create.topics.enable': 'false' })
  await forbidden.answer({ ...named('x'), allowAutoTopicCreation: true })
  assert.deepEqual(forbidden.created, [])
})

test('operations are told who asks for them', async () => {
  const { answer } = cluster()
  const both = { includeClusterAuthorizedOperations: true, includeTopicAuthorizedOperations: true }
  const old = await answer({ ...named('a', 'x'), ...both }, 10)
  assert.deepEqual(
    [old.clusterAuthorizedOperations, ...old.topics.map((it) => it.topicAuthorizedOperations)],
    [8096, 3576, 3576],
  )
  const none = await answer(named('a'), 10)
  assert.deepEqual(
    [none.clusterAuthorizedOperations, none.topics[0]?.topicAuthorizedOperations],
    [-(2 ** 31), -(2 ** 31)],
  )
})

test('internal topics are marked, there or not', async () => {
  const { answer, fixture } = cluster()
  fixture.createTopics({ __consumer_offsets: [[1]] })
  const reply = await answer(named('a', '__consumer_offsets', '__transaction_state', '__share_group_state', '__x'))
  assert.deepEqual(
    reply.topics.map((it) => it.isInternal),
    [false, true, true, true, false],
  )
})

test('a fenced broker is not listed, and its replicas are offline', async () => {
  const { answer, fixture } = cluster()
  fixture.heartbeat(2, { wantFence: true })
  const reply = await answer(named('a', 'b'))
  assert.deepEqual(
    reply.brokers.map((it) => `${it.nodeId} ${it.host}:${it.port}`),
    ['1 host1:9092', '3 host3:9092'],
  )
  assert.deepEqual(partitions(reply), [
    'a-0 0 leader 1 of 1 in 1 offline ',
    'a-1 5 leader -1 of 2 in  offline 2',
    'b-0 0 leader 1 of 1,2 in 1 offline 2',
  ])
  assert.deepEqual(partitions(await answer(named('a', 'b'), 0)), [
    'a-0 0 leader 1 of 1 in 1 offline ',
    'a-1 5 leader -1 of  in  offline 2',
    'b-0 9 leader 1 of 1 in 1 offline 2',
  ])
})

test('a leader that lacks the listener is told apart from version 6 on', async () => {
  const { answer } = cluster()
  assert.deepEqual(partitions(await answer(named('b'), 6, 'OTHER')), ['b-0 72 leader -1 of 1,2 in 1,2 offline 1,2'])
  assert.deepEqual(partitions(await answer(named('b'), 5, 'OTHER')), ['b-0 5 leader -1 of 1,2 in 1,2 offline 1,2'])
})

test('a replica whose directory is gone is offline, one that has none yet is not', async () => {
  const { answer, fixture } = cluster()
  const topicId = fixture.image.topics.byName.get('b')?.topicId ?? zeroUuid
  const move = (directory: Uuid) => {
    const value = partitionChangeRecord.create({ topicId, partitionId: 0, directories: [id('d1'), directory] })
    fixture.append({ kind: 'partitionChange', value })
  }
  move(id('gone'))
  assert.deepEqual(partitions(await answer(named('b'))), ['b-0 0 leader 1 of 1,2 in 1,2 offline 2'])
  move(zeroUuid)
  assert.deepEqual(partitions(await answer(named('b'))), ['b-0 0 leader 1 of 1,2 in 1,2 offline '])
})
