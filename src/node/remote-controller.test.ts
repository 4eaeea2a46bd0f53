/** What brokers ask of a controller in another process, in a simulated network: who is asked, how often, and until when. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Asking, askingFrom, brokerAt, controllerAt, peersOf } from '../../test/remote-world.ts'
import { ApiError, type Connection } from '../base/index.ts'
import { anonymous, supportedFeatures } from '../metadata/index.ts'
import { replyFrame, type ScriptedRequest, serve, tellVersions } from '../peer/scripted-server.ts'
import type { ApiRange } from '../peer/served-versions.ts'
import {
  type Api,
  alterConfigs,
  alterPartition,
  apiVersions,
  brokerHeartbeat,
  brokerRegistration,
  createTopics,
  deleteTopics,
  electLeaders,
  envelope,
  type Fields,
  type Infer,
} from '../protocol/index.ts'
import { id } from '../server/handlers/handler-fixture.ts'
import { closeConnection } from '../server/index.ts'
import { World } from '../sim/index.ts'

const asker = { clientId: 'client', correlationId: 5, clientHost: '10.1.2.3', principal: anonymous }
const topic = (name: string) =>
  createTopics.request.create({ topics: [{ name, numPartitions: 1, replicationFactor: 1 }], timeoutMs: 30_000 })
const heartbeat = brokerHeartbeat.request.create({ brokerId: 1, brokerEpoch: 1 })
const forwarded = {
  ...{ apiKey: createTopics.key, apiVersion: 7, ...asker },
  body: Buffer.alloc(0),
}

const makeWorld = (seed = 1): World => new World({ seed, turn: setImmediate })

/** The answer, or the code of its error. */
const outcome = <T>(work: Promise<T>): Promise<T | string> =>
  work.catch((error: unknown) => (error instanceof ApiError ? `${error.code}` : `not an ApiError: ${error}`))

/** And after which time. */
async function timed(world: World, work: Promise<unknown>): Promise<{ value: unknown; ms: number }> {
  const since = world.nowMs
  const value = await world.settle(outcome(work))
  return { value, ms: world.nowMs - since }
}

type Reply = (request: ScriptedRequest, socket: Connection) => void

/** A controller that answers what it is asked, but for its versions, as `reply` says. */
async function scripted(
  world: World,
  reply: Reply,
  served: readonly ApiRange[] = [envelope, createTopics, brokerHeartbeat, alterPartition],
) {
  const ranges = [apiVersions, ...served].map((api) => [api.key, ...api.versions] as const)
  const { requests } = await serve(world.env('b'), {
    host: 'b',
    port: 9092,
    script(request, socket) {
      if (request.key === apiVersions.key) socket.write([replyFrame(apiVersions, request, tellVersions(ranges))])
      else reply(request, socket)
    },
  })
  return {
    address: { id: 3, host: 'b', port: 9092 },
    asked: () => requests.filter(({ key }) => key !== apiVersions.key),
  }
}

function asking(world: World, leader: Asking['leader']): Asking {
  const it = askingFrom(world, 'a')
  it.leader = leader
  return it
}

test('a broker registers and beats under its own name', async () => {
  const world = makeWorld()
  const controller = await controllerAt(world, 'b', 3)
  const { remote } = asking(world, controller.address)
  const features = supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
    name,
    minSupportedVersion: minLevel,
    maxSupportedVersion: maxLevel,
  }))
  const registration = brokerRegistration.request.create({
    brokerId: 9,
    clusterId: controller.cluster.clusterId,
    incarnationId: id('i9'),
    listeners: [{ name: 'PLAINTEXT', host: 'a', port: 9092 }],
    features,
    logDirs: [id('d9')],
  })
  const { brokerEpoch } = await world.settle(remote.registerBroker(registration, 4))
  const { brokers } = controller.cluster.controller.state
  assert.equal(brokers.get(9)?.registration.brokerEpoch, brokerEpoch)
  const beat = brokerHeartbeat.request.create({ brokerId: 9, brokerEpoch, currentMetadataOffset: 1_000_000 })
  const reply = await world.settle(remote.brokerHeartbeat(beat))
  assert.deepEqual([reply.errorCode, reply.isFenced], [0, false])
  const told = controller.asked.map((line) => line.split(' ').slice(0, 2).join(' '))
  assert.deepEqual(told, ['ApiVersions 7', 'BrokerRegistration 7', 'BrokerHeartbeat 7'])
  // What it answers for the whole is an error.
  const stale = await timed(world, remote.brokerHeartbeat({ ...beat, brokerEpoch: brokerEpoch + 1 }))
  assert.equal(stale.value, '77')
})

test('a client is seen where a broker asks for it, and the broker where it asks for itself', async () => {
  const world = makeWorld()
  const controller = await controllerAt(world, 'b', 3)
  const { remote } = asking(world, controller.address)
  const created = await world.settle(remote.createTopics(topic('a'), asker))
  assert.equal(created.topics[0]?.topicId, controller.cluster.image.topics.byName.get('a')?.topicId)
  await world.settle(remote.createTopics(topic('b')))
  const configs = [{ name: 'retention.ms', value: '7', configOperation: 0 }]
  const resources = [{ resourceType: 2, resourceName: 'a', configs }]
  const altered = await world.settle(
    remote.incrementalAlterConfigs({ resources, validateOnly: false }, { ...asker, apiVersion: 0 }),
  )
  assert.deepEqual(
    altered.responses.map((it) => [it.errorCode, it.resourceName]),
    [[0, 'a']],
  )
  await world.settle(remote.alterConfigs({ resources: [], validateOnly: true }, asker))
  assert.deepEqual(controller.asked, [
    'ApiVersions 7 10.0.0.2 0',
    'Envelope 7 10.0.0.2 1',
    'CreateTopics client 10.1.2.3 5',
    'CreateTopics 7 10.0.0.2 2',
    'Envelope 7 10.0.0.2 3',
    'IncrementalAlterConfigs client 10.1.2.3 5',
    'Envelope 7 10.0.0.2 4',
    'AlterConfigs client 10.1.2.3 5',
  ])
})

/** Each try gives a topic another id. */
const plain = (reply: object): unknown => JSON.parse(JSON.stringify(reply, (key, it) => (key === 'topicId' ? '' : it)))

test('what a client asks a broker, it is answered in the bytes of the controller', async () => {
  const world = makeWorld()
  const controller = await controllerAt(world, 'b', 3)
  const { cluster } = controller
  await brokerAt(world, 'a', asking(world, controller.address), cluster)
  const peers = peersOf(world.env('client'), 'tool')
  const broker = peers.to({ host: 'a', port: 9092 })
  const direct = peers.to({ host: 'b', port: 9092 })
  const options = { timeoutMs: 1000 }
  const same = async <Q extends Fields, S extends Fields>(api: Api<Q, S>, request: Infer<Q>): Promise<Infer<S>> => {
    for (let version = api.versions[1]; version >= api.versions[0]; version--) {
      const versions = [version, version] as const
      const through: Promise<object> = broker.send(api, request, { ...options, versions })
      const itself: Promise<object> = direct.send(api, request, { ...options, versions })
      assert.deepEqual(plain(await world.settle(through)), plain(await world.settle(itself)), `${api.name} ${version}`)
    }
    return world.settle(broker.send(api, request, options))
  }
  cluster.createTopics({ known: [[1, 2]], other: [[2, 1]] })
  const names = ['dup', 'dup', 'known', 'x/y', '__cluster_metadata', 'fine']
  const topics = names.map((name) => ({ name, numPartitions: 3, replicationFactor: 2 }))
  const tried = await same(createTopics, createTopics.request.create({ topics, timeoutMs: 500, validateOnly: true }))
  assert.deepEqual(tried.topics.map(({ errorCode }) => errorCode).sort(), [0, 17, 36, 42, 42])
  assert.equal(cluster.image.topics.byName.size, 2)
  const late = await same(createTopics, createTopics.request.create({ topics: [{ name: 'late' }], timeoutMs: 0 }))
  assert.equal(late.topics[0]?.errorCode, 7)
  await same(
    deleteTopics,
    deleteTopics.request.create({ topicNames: ['none'], topics: [{ name: 'none' }], timeoutMs: 9 }),
  )
  await same(electLeaders, electLeaders.request.create({ topicPartitions: null, timeoutMs: 500 }))
  const value = { name: 'retention.ms', value: '9' }
  const resources = ['known', 'nowhere'].map((resourceName) => ({ resourceType: 2, resourceName, configs: [value] }))
  await same(alterConfigs, { resources, validateOnly: true })
  const made = await world.settle(broker.send(createTopics, topic('made'), options))
  assert.equal(made.topics[0]?.topicId, cluster.image.topics.byName.get('made')?.topicId)
})

test('who is over a quota of the controller waits at its broker, and nobody else does', async () => {
  const world = makeWorld()
  const controller = await controllerAt(world, 'b', 3)
  const { cluster } = controller
  await brokerAt(world, 'a', asking(world, controller.address), cluster)
  const ops = [{ key: 'controller_mutation_rate', value: 1, remove: false }]
  const entity = [{ entityType: 'client-id', entityName: 'many' }]
  await world.settle(cluster.channel.alterClientQuotas({ entries: [{ entity, ops }], validateOnly: false }))
  const through = (clientId: string) => {
    const line = peersOf(world.env('client'), clientId).to({ host: 'a', port: 9092 })
    return async (name: string, numPartitions: number) => {
      const topics = [{ name, numPartitions, replicationFactor: 1 }]
      const sinceMs = world.nowMs
      const reply = await line.send(createTopics, createTopics.request.create({ topics, timeoutMs: 500 }), {
        timeoutMs: 60_000,
      })
      return { code: reply.topics[0]?.errorCode, throttleMs: reply.throttleTimeMs, ms: world.nowMs - sinceMs }
    }
  }
  const [many, other] = [through('many'), through('other')]
  assert.equal((await world.settle(many('a', 20))).throttleMs, 0)
  const refused = await world.settle(many('b', 1))
  assert.deepEqual([refused.code, refused.throttleMs], [89, 9000])
  assert.ok(refused.ms < 1000, 'it is told at once')
  const held = many('c', 1)
  assert.ok((await world.settle(other('d', 1))).ms < 1000)
  assert.ok((await world.settle(held)).ms > 8000)
})

test('a heartbeat does not wait behind a creation of topics, but the next creation does', async () => {
  const world = makeWorld()
  const controller = await controllerAt(world, 'b', 3)
  const { remote } = asking(world, controller.address)
  const gate = Promise.withResolvers<void>()
  controller.gate = gate.promise
  const settled: string[] = []
  const first = remote.createTopics(topic('a'), asker).then(() => settled.push('a'))
  const second = remote.createTopics(topic('b')).then(() => settled.push('b'))
  const epoch = controller.cluster.controller.state.brokers.get(1)?.registration.brokerEpoch ?? -1
  const beat = brokerHeartbeat.request.create({ brokerId: 1, brokerEpoch: epoch, currentMetadataOffset: 1_000_000 })
  await world.settle(remote.brokerHeartbeat(beat))
  await world.run(world.nowMs + 5000)
  assert.deepEqual(settled, [])
  assert.equal(controller.asked.filter((line) => line.startsWith('CreateTopics')).length, 1)
  gate.resolve()
  await world.settle(Promise.all([first, second]))
  assert.deepEqual(settled, ['a', 'b'])
})

test('whoever leads next is asked next, by Envelope and without', async () => {
  const world = makeWorld()
  const [old, next] = [await controllerAt(world, 'b', 3), await controllerAt(world, 'c', 4)]
  const it = asking(world, old.address)
  await world.settle(it.remote.createTopics(topic('first'), asker))
  old.isActive = false
  const work = [it.remote.createTopics(topic('a'), asker), it.remote.createTopics(topic('b'))]
  await world.run(world.nowMs + 2000)
  it.leader = undefined
  await world.run(world.nowMs + 2000)
  const asked = old.asked.length
  await world.run(world.nowMs + 2000)
  assert.equal(old.asked.length, asked)
  it.leader = next.address
  const { ms } = await timed(world, Promise.all(work))
  assert.ok(ms < 500, `${ms} ms`)
  assert.deepEqual([...next.cluster.image.topics.byName.keys()], ['a', 'b'])
  assert.deepEqual([...old.cluster.image.topics.byName.keys()], ['first'])
  // Every attempt waits a little.
  assert.ok(asked < 150, `${asked} requests in two seconds`)
})

test('leadership is lost while the controller decides: the request goes to the next one', async () => {
  const world = makeWorld()
  const [old, next] = [await controllerAt(world, 'b', 3), await controllerAt(world, 'c', 4)]
  const it = asking(world, old.address)
  const gate = Promise.withResolvers<void>()
  old.gate = gate.promise
  const work = it.remote.createTopics(topic('a'), asker)
  await world.run(world.nowMs + 500)
  it.leader = next.address
  old.isActive = false
  gate.resolve()
  assert.equal((await world.settle(work)).topics[0]?.errorCode, 0)
  assert.deepEqual([...next.cluster.image.topics.byName.keys()], ['a'])
})

test('a connection that is lost is made anew, and what was under way is asked again', async () => {
  const world = makeWorld()
  let left = 3
  const { address, asked } = await scripted(world, (request, socket) => {
    if (left-- > 0) socket.destroy()
    else socket.write([replyFrame(brokerHeartbeat, request, brokerHeartbeat.response.create({ isFenced: false }))])
  })
  const { remote } = asking(world, address)
  const { isFenced } = await world.settle(remote.brokerHeartbeat(heartbeat))
  assert.equal(isFenced, false)
  assert.equal(asked().length, 4)
})

const silent: Reply = () => undefined
const patience = [
  ['heartbeats have half a session', 4500, (it: Asking) => it.remote.brokerHeartbeat(heartbeat)],
  ['what clients ask for has a minute', 60_000, (it: Asking) => it.remote.createTopics(topic('a'), asker)],
] as const
for (const [what, limitMs, ask] of patience) {
  test(`${what}: then it has timed out, whether or not there is a controller`, async () => {
    const world = makeWorld()
    const none = await timed(world, ask(asking(world, undefined)))
    assert.deepEqual(none.value, '7')
    assert.ok(none.ms >= limitMs && none.ms < limitMs + 10, `${none.ms} ms`)
    const unreachable = await timed(world, ask(asking(world, { id: 3, host: 'z', port: 9 })))
    assert.deepEqual(unreachable.value, '7')
    assert.ok(unreachable.ms >= limitMs && unreachable.ms < limitMs + 11_000, `${unreachable.ms} ms`)
    const { address, asked } = await scripted(world, silent)
    const unanswered = await timed(world, ask(asking(world, address)))
    assert.deepEqual(unanswered.value, '7')
    // The attempt that is under way is waited for, as in Kafka: controller.socket.timeout.ms at most.
    assert.ok(unanswered.ms >= limitMs && unanswered.ms < limitMs + 30_100, `${unanswered.ms} ms`)
    assert.equal(asked().length, Math.ceil(limitMs / 30_000))
  })
}

test('what waits behind a request that is not answered times out by itself', async () => {
  const world = makeWorld()
  const { address, asked } = await scripted(world, (_request, socket) => {
    if (asked().length === 1) world.after(4400, () => socket.destroy())
  })
  const { remote } = asking(world, address)
  const first = outcome(remote.brokerHeartbeat(heartbeat))
  const second = await timed(world, remote.brokerHeartbeat(heartbeat))
  assert.equal(second.value, '7')
  assert.ok(second.ms >= 4500 && second.ms < 4510, `${second.ms} ms`)
  // It was asked again in time, and is waited for.
  assert.equal(await world.settle(first), '7')
  assert.ok(world.nowMs > 8900, `${world.nowMs} ms`)
  assert.equal(asked().length, 2)
})

test('a change of a partition is never given up', async () => {
  const world = makeWorld()
  const it = asking(world, undefined)
  const work = it.remote.alterPartition(alterPartition.request.create())
  await world.run(world.nowMs + 3_600_000)
  const { address } = await scripted(world, (request, socket) =>
    socket.write([replyFrame(alterPartition, request, alterPartition.response.create())]),
  )
  it.leader = address
  assert.equal((await world.settle(work)).errorCode, 0)
})

test('a partition for which another controller is the right one is asked for again, as in Kafka', async () => {
  const world = makeWorld()
  const codes = [41, 41, 0]
  const { address } = await scripted(world, (request, socket) => {
    const partitions = [{ partitionIndex: 0, errorCode: codes.shift() ?? -1 }]
    socket.write([replyFrame(alterPartition, request, alterPartition.response.create({ topics: [{ partitions }] }))])
  })
  const { topics } = await world.settle(asking(world, address).remote.alterPartition(alterPartition.request.create()))
  assert.equal(topics[0]?.partitions[0]?.errorCode, 0)
  assert.deepEqual(codes, [])
})

const replies: readonly (readonly [
  what: string,
  given: Parameters<typeof envelope.response.create>[0],
  answer: unknown,
])[] = [
  ["an error of the Envelope is ours, not the client's", { errorCode: 97 }, '-1'],
  ['a version that is not served there', { errorCode: 35 }, closeConnection],
  ['no reply inside', {}, '-1'],
  ['half a header inside', { responseData: Buffer.from('000000', 'hex') }, '-1'],
  ['a reply to another request', { responseData: Buffer.from('0000000600', 'hex') }, '-1'],
  ['a reply, behind its header', { responseData: Buffer.from('0000000500cafe', 'hex') }, Buffer.from('cafe', 'hex')],
]
for (const [what, given, answer] of replies) {
  test(`out of an Envelope: ${what}`, async () => {
    const world = makeWorld()
    const { address, asked } = await scripted(world, (request, socket) =>
      socket.write([replyFrame(envelope, request, envelope.response.create(given))]),
    )
    const { value } = await timed(world, asking(world, address).remote.forward(forwarded))
    assert.deepEqual(value, answer)
    assert.equal(asked().length, 1)
  })
}

test('a reply that is none, to a request of the broker for a client', async () => {
  const world = makeWorld()
  const { address } = await scripted(world, (request, socket) => {
    const responseData = Buffer.from('0000000500ffffffffff', 'hex')
    socket.write([replyFrame(envelope, request, envelope.response.create({ responseData }))])
  })
  assert.equal((await timed(world, asking(world, address).remote.createTopics(topic('a'), asker))).value, '-1')
})

test('a controller without the API is not asked again', async () => {
  const world = makeWorld()
  const { address, asked } = await scripted(world, silent, [])
  const { remote } = asking(world, address)
  assert.equal((await timed(world, remote.brokerHeartbeat(heartbeat))).value, '35')
  assert.equal((await timed(world, remote.forward(forwarded))).value, '-1')
  assert.equal(asked().length, 0)
})

for (const newest of [3, 4]) {
  const told = newest === 4 ? ['group.version', 'metadata.version'] : ['metadata.version']
  test(`a registration in version ${newest} tells of the features ${told.join()}`, async () => {
    const world = makeWorld()
    const seen: string[] = []
    const { address } = await scripted(
      world,
      (request, socket) => {
        const { features } = brokerRegistration.request.decode(request.reader, request.version)
        seen.push(...features.map(({ name }) => name))
        socket.write([replyFrame(brokerRegistration, request, brokerRegistration.response.create({ brokerEpoch: 8 }))])
      },
      [{ ...brokerRegistration, versions: [0, newest] }],
    )
    const features = supportedFeatures
      .filter(({ name }) => name === 'group.version' || name === 'metadata.version')
      .map((it) => ({ name: it.name, minSupportedVersion: it.minLevel, maxSupportedVersion: it.maxLevel }))
    const registration = brokerRegistration.request.create({ brokerId: 9, features })
    const { brokerEpoch } = await world.settle(asking(world, address).remote.registerBroker(registration, 4))
    assert.deepEqual([brokerEpoch, seen], [8, told])
  })
}

test('a node that stops answers what waits, on all lines, and asks nothing more', async () => {
  const world = makeWorld()
  const { address } = await scripted(world, silent)
  const it = asking(world, address)
  const work = [
    it.remote.brokerHeartbeat(heartbeat),
    it.remote.brokerHeartbeat(heartbeat),
    it.remote.createTopics(topic('a'), asker),
    it.remote.alterPartition(alterPartition.request.create()),
  ].map((reply) => outcome<unknown>(reply))
  await world.run(world.nowMs + 500)
  it.remote.close()
  it.leader = undefined
  assert.deepEqual(await Promise.all(work), ['7', '7', '7', '7'])
  assert.equal((await timed(world, it.remote.createTopics(topic('a'), asker))).value, '7')
})
