/**
 * Brokers pass requests on to the active controller (KIP-590): ours to a quorum of Apache Kafka's controllers, which answer as
 * if they were asked directly; and Kafka's Envelopes, word for word, to our controller, which answers like Kafka's.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { freePort } from '../../bench/broker.ts'
import { ApiError, Reader, uuidFromLatin1, Writer } from '../../src/base/index.ts'
import { createEnv } from '../../src/env/index.ts'
import { anonymous, supportedFeatures } from '../../src/metadata/index.ts'
import type { ControllerAddress } from '../../src/node/controller-line.ts'
import { BrokerConfig } from '../../src/node/index.ts'
import { RemoteController } from '../../src/node/remote-controller.ts'
import type { Peer } from '../../src/peer/index.ts'
import {
  type Api,
  allocateProducerIds,
  alterConfigs,
  alterPartition,
  alterPartitionReassignments,
  assignReplicasToDirs,
  brokerHeartbeat,
  brokerRegistration,
  controllerRegistration,
  createPartitions,
  createTopics,
  deleteTopics,
  describeConfigs,
  describeQuorum,
  electLeaders,
  envelope,
  type Fields,
  type Infer,
  incrementalAlterConfigs,
  listPartitionReassignments,
  unregisterBroker,
  updateFeatures,
} from '../../src/protocol/index.ts'
import { Signal } from '../../src/server/index.ts'
import { layered, startServer, testDefaults } from '../../src/stack/index.ts'
import { askForwardable, newTopic, plain, refusals, replay } from './envelopes.ts'
import { clusterIdOf, type KafkaNode, startBehind, startControllers } from './kafka-roles.ts'
import { until } from './kit.ts'
import { makePeers } from './peers.ts'
import { type Exchange, Recorder } from './recorder.ts'

const options = { timeoutMs: 20_000 }
const env = createEnv({ level: 'error' })
const asker = { clientId: 'a-client', correlationId: 42, clientHost: '10.1.2.3', principal: anonymous }
const brokerId = 101
const farOffset = 2 ** 40
const id = (text: string) => uuidFromLatin1(text.padEnd(16, '-'))

const peers = makePeers()
const config = BrokerConfig.parse(layered(testDefaults))

async function leaderAt(peer: Peer): Promise<number> {
  const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
  const reply = await peer.send(describeQuorum, describeQuorum.request.create({ topics }), options)
  const partition = reply.topics[0]?.partitions[0]
  return partition?.errorCode === 0 ? partition.leaderId : -1
}

interface Quorum {
  readonly controllers: readonly KafkaNode[]
  readonly leader: ControllerAddress
  readonly follower: ControllerAddress
  readonly direct: Peer
}

async function startQuorum(): Promise<Quorum> {
  const controllers = await startControllers('forwarding', 2)
  const asked = controllers.map(({ port }) => peers.to({ host: '127.0.0.1', port }))
  let leaderId = -1
  await until({
    what: 'a leader of the quorum',
    timeoutMs: 30_000,
    condition: async () => {
      leaderId = Math.max(...(await Promise.all(asked.map(leaderAt))))
      return leaderId > 0
    },
  })
  const at = (voter: number): ControllerAddress => ({
    id: voter,
    host: '127.0.0.1',
    port: controllers[voter - 1]?.port ?? assert.fail(`there is no voter ${voter}`),
  })
  const direct = asked[leaderId - 1] ?? assert.fail('nobody leads')
  for (const peer of asked) if (peer !== direct) peer.close()
  return { controllers, leader: at(leaderId), follower: at(3 - leaderId), direct }
}

/** `wrong` is where the first attempts of its lines go. */
function remoteTo({ leader }: Quorum, wrong: ControllerAddress[] = []): RemoteController {
  const where = (): ControllerAddress => wrong.shift() ?? leader
  return new RemoteController({ leader: where, peers, clock: env.clock, logger: env.logger, config })
}

/** The request of a client as its broker passes it on, and as the controller takes it directly. */
async function bothWays<Q extends Fields, S extends Fields>(
  { remote, direct }: { readonly remote: RemoteController; readonly direct: Peer },
  api: Api<Q, S>,
  request: Infer<Q>,
): Promise<Infer<S>> {
  let answer: Infer<S> | undefined
  for (let apiVersion = api.versions[0]; apiVersion <= api.versions[1]; apiVersion++) {
    const writer = new Writer()
    api.request.encode(writer, apiVersion, request)
    const reply = await remote.forward({ ...asker, apiKey: api.key, apiVersion, body: writer.finishAsOne() })
    assert.ok(!(reply instanceof Signal), `${api.name} ${apiVersion}`)
    const reader = new Reader(reply)
    answer = api.response.decode(reader, apiVersion)
    assert.equal(reader.remaining, 0)
    const itself: object = await direct.send(api, request, { ...options, versions: [apiVersion, apiVersion] })
    assert.deepEqual(plain(answer), plain(itself), `${api.name} ${apiVersion}`)
  }
  return answer ?? assert.fail('no version')
}

async function register(remote: RemoteController, clusterId: string): Promise<number> {
  const features = supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
    name,
    minSupportedVersion: minLevel,
    maxSupportedVersion: maxLevel,
  }))
  const registration = brokerRegistration.request.create({
    brokerId,
    clusterId,
    incarnationId: id('one'),
    listeners: [{ name: 'PLAINTEXT', host: 'nowhere', port: 9092 }],
    features,
    logDirs: [id('directory')],
  })
  const { brokerEpoch } = await remote.registerBroker(registration, 4)
  const beat = brokerHeartbeat.request.create({ brokerId, brokerEpoch, currentMetadataOffset: farOffset })
  assert.equal((await remote.brokerHeartbeat(beat)).isFenced, false)
  await assert.rejects(remote.brokerHeartbeat({ ...beat, brokerEpoch: brokerEpoch - 1 }), { code: 77 })
  const foreign = { ...registration, clusterId: 'another' }
  await assert.rejects(remote.registerBroker(foreign, 4), { code: 104 })
  return brokerEpoch
}

/** What a broker asks for itself: by the line, and directly. */
async function askForItself(remote: RemoteController, direct: Peer, brokerEpoch: number): Promise<void> {
  const blocks = { brokerId, brokerEpoch }
  const first = await remote.allocateProducerIds(blocks)
  const next = await direct.send(allocateProducerIds, blocks, options)
  assert.equal(next.producerIdStart, first.producerIdStart + first.producerIdLen)
  const partitions = [{ partitionIndex: 0 }]
  const directories = [{ id: id('directory'), topics: [{ topicId: id('none'), partitions }] }]
  const placed = assignReplicasToDirs.request.create({ brokerId, brokerEpoch, directories })
  assert.deepEqual(await remote.assignReplicasToDirs(placed), await direct.send(assignReplicasToDirs, placed, options))
  const changed = alterPartition.request.create({
    brokerId,
    brokerEpoch,
    topics: [{ topicId: id('none'), partitions }],
  })
  assert.deepEqual(await remote.alterPartition(changed), await direct.send(alterPartition, changed, options))
  const registration = controllerRegistration.request.create({ controllerId: 9, incarnationId: id('nine') })
  const { errorCode } = await direct.send(controllerRegistration, registration, options)
  const registered = await remote.registerController(registration).then(
    (reply) => reply.errorCode,
    (error: unknown) => (error instanceof ApiError ? error.code : assert.fail(String(error))),
  )
  assert.equal(registered, errorCode)
}

/** What clients ask for. */
async function askForClients(ways: { readonly remote: RemoteController; readonly direct: Peer }): Promise<void> {
  const names = ['dup', 'dup', 'x/y', '__cluster_metadata', 'known', 'fine']
  const timeoutMs = 10_000
  const created = await ways.remote.createTopics(
    createTopics.request.create({ topics: [newTopic('known')], timeoutMs }),
    asker,
  )
  assert.deepEqual(
    created.topics.map((it) => [it.name, it.errorCode, it.numPartitions]),
    [['known', 0, 2]],
  )
  const tried = createTopics.request.create({ topics: names.map(newTopic), timeoutMs, validateOnly: true })
  const codes = (await bothWays(ways, createTopics, tried)).topics.map((it) => it.errorCode)
  assert.deepEqual(codes.sort(), [0, 17, 36, 42, 42])
  await bothWays(ways, createTopics, createTopics.request.create({ topics: [newTopic('late')], timeoutMs: 0 }))
  const gone = deleteTopics.request.create({ topicNames: ['none'], topics: [{ name: 'none' }], timeoutMs })
  await bothWays(ways, deleteTopics, gone)
  const more = [
    { name: 'known', count: 5, assignments: null },
    { name: 'none', count: 5, assignments: null },
  ]
  await bothWays(
    ways,
    createPartitions,
    createPartitions.request.create({ topics: more, timeoutMs, validateOnly: true }),
  )
  await bothWays(ways, electLeaders, electLeaders.request.create({ topicPartitions: null, timeoutMs }))
  const wanted = [{ name: 'known', partitions: [{ partitionIndex: 0, replicas: [999] }] }]
  const reassigned = alterPartitionReassignments.request.create({ topics: wanted, timeoutMs })
  await bothWays(ways, alterPartitionReassignments, reassigned)
  await bothWays(
    ways,
    listPartitionReassignments,
    listPartitionReassignments.request.create({ topics: null, timeoutMs }),
  )
  const featureUpdates = [{ feature: 'none', maxVersionLevel: 7, upgradeType: 1 }]
  await bothWays(ways, updateFeatures, updateFeatures.request.create({ featureUpdates, timeoutMs, validateOnly: true }))
  await bothWays(ways, unregisterBroker, unregisterBroker.request.create({ brokerId: 999 }))
}

async function askForConfigs(ways: { readonly remote: RemoteController; readonly direct: Peer }): Promise<void> {
  const { remote, direct } = ways
  const set = (value: string) => [{ name: 'retention.ms', value, configOperation: 0 }]
  const ofTopics = (...values: readonly (readonly [string, string])[]) =>
    values.map(([resourceName, value]) => ({ resourceType: 2, resourceName, configs: set(value) }))
  const resources = ofTopics(['known', '77'], ['none', '78'])
  const altered = await remote.incrementalAlterConfigs({ resources, validateOnly: false }, { ...asker, apiVersion: 0 })
  assert.deepEqual(altered.responses.map((it) => [it.resourceName, it.errorCode]).sort(), [
    ['known', 0],
    ['none', 3],
  ])
  const asked = describeConfigs.request.create({
    resources: [{ resourceType: 2, resourceName: 'known', configurationKeys: ['retention.ms'] }],
  })
  // Kafka's controller describes what it has published, which is a little later.
  await until({
    what: 'the config is told',
    timeoutMs: 30_000,
    condition: async () => {
      const { results } = await direct.send(describeConfigs, asked, options)
      return results[0]?.configs[0]?.value === '77'
    },
  })
  const tries = ofTopics(['known', 'many'], ['known', '1'], ['none', '3'])
  await bothWays(ways, incrementalAlterConfigs, { resources: tries, validateOnly: true })
  await bothWays(ways, alterConfigs, { resources: tries.slice(1), validateOnly: true })
  const whole = await remote.alterConfigs({ resources: ofTopics(['known', '79']), validateOnly: false }, asker)
  assert.equal(whole.responses[0]?.errorCode, 0)
}

test('controllers of Kafka answer our broker as they answer whoever comes directly', async () => {
  const quorum = await startQuorum()
  const { direct, follower } = quorum
  const remote = remoteTo(quorum)
  // Of the two lines that it uses, each meets the wrong one first.
  const misled = remoteTo(quorum, [follower, follower])
  try {
    const first = quorum.controllers[0] ?? assert.fail('no controller')
    const brokerEpoch = await register(remote, clusterIdOf(first))
    const beat = brokerHeartbeat.request.create({ brokerId, brokerEpoch, currentMetadataOffset: farOffset })
    assert.equal((await misled.brokerHeartbeat(beat)).isFenced, false)
    const made = await misled.createTopics(
      createTopics.request.create({ topics: [newTopic('misled')], timeoutMs: 9000 }),
      asker,
    )
    assert.equal(made.topics[0]?.errorCode, 0)
    await askForItself(remote, direct, brokerEpoch)
    await askForClients({ remote, direct })
    await askForConfigs({ remote, direct })
    await compareRefusals(direct)
  } finally {
    remote.close()
    misled.close()
    direct.close()
    await Promise.all(quorum.controllers.map(({ node }) => node.stop()))
  }
})

/** Of each wrong Envelope both controllers say the same. */
async function compareRefusals(kafka: Peer): Promise<void> {
  await withOurController(async (port) => {
    const ours = peers.to({ host: '127.0.0.1', port })
    for (const [what, request, code] of refusals()) {
      const theirs = await kafka.send(envelope, request, options)
      assert.deepEqual([theirs.errorCode, theirs.responseData], [code, null], `Kafka: ${what}`)
      assert.deepEqual(await ours.send(envelope, request, options), theirs, what)
    }
    ours.close()
  })
}

async function withOurController(run: (port: number) => Promise<void>): Promise<void> {
  const node = await startServer({ texts: layered(testDefaults), formatsEmpty: true, level: 'error' })
  try {
    await run(node.listeners.find(({ listener }) => listener === 'CONTROLLER')?.port ?? 0)
  } finally {
    await node.stop()
  }
}

test("Kafka's Envelopes are as ours, and our controller answers them as Kafka's does", async (context) => {
  const controllerPort = await freePort()
  const recorder = await Recorder.start(controllerPort)
  const envelopes = (): readonly Exchange[] => recorder.exchanges(envelope.key)
  try {
    const kafka = await startBehind({ name: 'forwarded', controllerPort, through: recorder.port })
    try {
      const broker = peers.to({ host: '127.0.0.1', port: kafka.port })
      const count = await askForwardable(broker)
      broker.close()
      await until({
        what: 'an answer to each Envelope',
        timeoutMs: 20_000,
        condition: () => envelopes().length >= count,
        seen: () => `${envelopes().length} of ${count}`,
      })
      assert.equal(envelopes().length, count)
    } finally {
      await kafka.node.stop()
    }
    await withOurController((port) => replay(envelopes(), { network: env.network, port }))
    context.diagnostic(`${envelopes().length} Envelopes answered alike`)
  } finally {
    recorder.stop()
  }
})
