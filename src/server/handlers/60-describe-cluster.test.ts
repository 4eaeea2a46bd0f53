import assert from 'node:assert/strict'
import { test } from 'node:test'
import { controllerRegistrationLevel, metadataVersionFeature } from '../../metadata/index.ts'
import {
  brokerHeartbeat,
  brokerRegistration,
  controllerRegistration,
  describeCluster,
  describeQuorum,
  unregisterBroker,
  updateFeatures,
} from '../../protocol/index.ts'
import { describeQuorumHandler, type QuorumDescription } from './55-describe-quorum.ts'
import { updateFeaturesHandler } from './57-update-features.ts'
import { describeClusterHandler } from './60-describe-cluster.ts'
import { brokerRegistrationHandler } from './62-broker-registration.ts'
import { brokerHeartbeatHandler } from './63-broker-heartbeat.ts'
import { unregisterBrokerHandler } from './64-unregister-broker.ts'
import { controllerRegistrationHandler } from './70-controller-registration.ts'
import { ask, ClusterFixture, countingStream, id } from './handler-fixture.ts'

type Given = Parameters<typeof describeCluster.request.create>[0]

async function cluster() {
  const fixture = new ClusterFixture()
  fixture.start(1, 2)
  fixture.heartbeat(2, { wantFence: true })
  const listeners = [{ name: 'CONTROLLER', host: 'c', port: 9093 }]
  const registration = controllerRegistration.request.create({ controllerId: 1, incarnationId: id('c'), listeners })
  await ask(controllerRegistrationHandler(fixture.services), registration)
  const chance = countingStream()
  const answer = async (given: Given, own: 'broker' | 'controller', apiVersion: number, leader = 1) => {
    const onController = own === 'controller'
    const services = { ...fixture.services, ...(onController ? { controllerId: () => leader } : { chance }) }
    const context = { apiVersion, listenerName: onController ? 'CONTROLLER' : 'PLAINTEXT' }
    const reply = await ask(describeClusterHandler(services), describeCluster.request.create(given), context)
    const nodes = reply.brokers.map((it) => `${it.brokerId} ${it.host}:${it.port}${it.isFenced ? ' fenced' : ''}`)
    return [reply.errorCode, reply.endpointType, reply.controllerId, ...nodes]
  }
  return { fixture, answer }
}

const kinds: readonly { given: Given; own: 'broker' | 'controller'; version: number; seen: readonly unknown[] }[] = [
  { given: {}, own: 'broker', version: 2, seen: [0, 1, 1, '1 host1:9092'] },
  {
    given: { includeFencedBrokers: true },
    own: 'broker',
    version: 2,
    seen: [0, 1, 1, '1 host1:9092', '2 host2:9092 fenced'],
  },
  { given: { endpointType: 2 }, own: 'broker', version: 2, seen: [114, 1, -1] },
  { given: { endpointType: 7 }, own: 'broker', version: 1, seen: [115, 1, -1] },
  { given: { endpointType: 2 }, own: 'controller', version: 2, seen: [0, 2, 1, '1 c:9093'] },
  { given: { endpointType: 1 }, own: 'controller', version: 1, seen: [114, 1, -1] },
  { given: {}, own: 'controller', version: 0, seen: [42, 1, -1] },
]

test('clients are told any broker that can be asked for the controller, one after another', async () => {
  const { fixture, answer } = await cluster()
  fixture.start(3, 4)
  const told = new Set<unknown>()
  for (let i = 0; i < 6; i++) told.add((await answer({ includeFencedBrokers: true }, 'broker', 2))[2])
  assert.deepEqual([...told].sort(), [1, 3, 4], 'not the fenced one')
  for (const id of [1, 3, 4]) fixture.heartbeat(id, { wantFence: true })
  assert.equal((await answer({ includeFencedBrokers: true }, 'broker', 2))[2], -1)
})

test('a controller is not asked before 3.7-IV0, when none registers; brokers are at any level', async () => {
  const { fixture, answer } = await cluster()
  const setLevel = (featureLevel: number) =>
    fixture.append({ kind: 'featureLevel', value: { name: metadataVersionFeature, featureLevel } })
  setLevel(controllerRegistrationLevel - 1)
  assert.deepEqual(await answer({ endpointType: 2 }, 'controller', 2), [35, 1, -1])
  assert.deepEqual(await answer({ endpointType: 1 }, 'controller', 2), [35, 1, -1])
  assert.deepEqual((await answer({}, 'broker', 2))[0], 0)
  setLevel(controllerRegistrationLevel)
  assert.deepEqual((await answer({ endpointType: 2 }, 'controller', 2))[0], 0)
})

for (const { given, own, version, seen } of kinds) {
  test(`the nodes of a cluster: a ${own}, asked with version ${version} for ${JSON.stringify(given)}`, async () => {
    const { answer } = await cluster()
    assert.deepEqual(await answer(given, own, version), seen)
  })
}

test('a controller that nobody knows the address of is none', async () => {
  const { answer } = await cluster()
  assert.deepEqual(await answer({ endpointType: 2 }, 'controller', 2, 9), [0, 2, -1, '1 c:9093'])
})

const replica = { replicaId: 1, replicaDirectoryId: id('d'), logEndOffset: 7, lastFetchTimestamp: 5 }
const quorum: QuorumDescription = {
  leaderId: 1,
  leaderEpoch: 3,
  highWatermark: 6,
  voters: [{ ...replica, lastCaughtUpTimestamp: 4 }],
  observers: [],
  nodes: [{ nodeId: 1, listeners: [{ name: 'CONTROLLER', host: 'c', port: 9093 }] }],
}
const metadataPartition = { topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }

const quorums = [
  { what: 'its leader', topics: [metadataPartition], known: quorum, codes: [0] },
  { what: 'another node', topics: [metadataPartition], known: undefined, codes: [6] },
  { what: 'another topic', topics: [{ ...metadataPartition, topicName: 'a' }], known: quorum, codes: [3] },
  { what: 'two topics', topics: [metadataPartition, metadataPartition], known: quorum, codes: [3, 3] },
  {
    what: 'another partition',
    topics: [{ ...metadataPartition, partitions: [{ partitionIndex: 1 }, { partitionIndex: 0 }] }],
    known: quorum,
    codes: [3, 3],
  },
  { what: 'nothing', topics: [], known: quorum, codes: [] },
] as const

for (const { what, topics, known, codes } of quorums) {
  test(`the quorum, asked of: ${what}`, async () => {
    const handler = describeQuorumHandler({ quorum: () => known })
    const reply = await ask(handler, describeQuorum.request.create({ topics }))
    assert.deepEqual(
      reply.topics.flatMap((topic) => topic.partitions.map((it) => it.errorCode)),
      codes,
    )
    assert.equal(reply.nodes.length, codes[0] === 0 ? 1 : 0)
  })
}

test('features change all or not at all, in the words of Kafka', async () => {
  const { fixture } = await cluster()
  const handler = updateFeaturesHandler(fixture.services)
  const update = (feature: string, maxVersionLevel: number) =>
    ask(handler, updateFeatures.request.create({ featureUpdates: [{ feature, maxVersionLevel }] }), { apiVersion: 1 })
  const refused = await update('nope', 3)
  assert.equal(refused.errorCode, 95)
  assert.match(`${refused.errorMessage}`, /^The update failed for all features since .*: Invalid update version 3/)
  assert.deepEqual(refused.results, [])
  const { errorCode, errorMessage, results } = await update('group.version', 1)
  assert.deepEqual([errorCode, errorMessage, results[0]?.errorMessage], [0, null, 'NONE'])
})

test('what nodes ask the controller fails with a code', async () => {
  const { fixture } = await cluster()
  const { services } = fixture
  const registered = await ask(brokerRegistrationHandler(services), brokerRegistration.request.create())
  assert.deepEqual([registered.errorCode, registered.brokerEpoch], [104, -1])
  const heard = await ask(brokerHeartbeatHandler(services), brokerHeartbeat.request.create({ brokerId: 9 }))
  assert.deepEqual([heard.errorCode, heard.isFenced], [77, true])
  const unregister = (brokerId: number) =>
    ask(unregisterBrokerHandler(services), unregisterBroker.request.create({ brokerId }))
  assert.equal((await unregister(77)).errorCode, 102)
  assert.equal((await unregister(2)).errorCode, 0)
  assert.equal(fixture.image.cluster.brokers.has(2), false)
})
