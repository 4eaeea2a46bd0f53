import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../base/index.ts'
import { allocateProducerIds, controllerRegistration, createTopics } from '../../protocol/index.ts'
import { supportedFeatures } from '../features.ts'
import { Fixture, id } from './controller-fixture.ts'

const code = (expected: number) => (error: unknown) => error instanceof ApiError && error.code === expected

function withTopic(fixture: Fixture, ...assignments: readonly (readonly number[])[]) {
  const request = createTopics.request.create({
    topics: [
      {
        name: 't',
        numPartitions: -1,
        replicationFactor: -1,
        assignments: assignments.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds })),
      },
    ],
  })
  assert.equal(fixture.take(fixture.controller.createTopics(request)).topics[0]?.errorCode, 0)
  return (partitionId = 0) => {
    const topicId = fixture.controller.state.topicByName('t')?.topicId ?? id('none')
    const partition = fixture.controller.state.partition(topicId, partitionId)
    return { isr: partition?.isr, leader: partition?.leader, elr: partition?.eligibleLeaderReplicas }
  }
}

test('a new cluster begins with its features, in one metadata transaction', () => {
  const fixture = new Fixture()
  const kinds = fixture.written.map((record) => record.kind)
  assert.deepEqual(kinds, [
    'beginTransaction',
    ...Array.from({ length: 6 }, () => 'featureLevel'),
    'config',
    'endTransaction',
  ])
  assert.deepEqual(fixture.controller.activate(fixture.context).records, [])
})

test('a broker has the offset of its registration as epoch, and is unfenced when it has read it', () => {
  const fixture = new Fixture()
  const epoch = fixture.nextOffset
  assert.equal(fixture.register(1).brokerEpoch, epoch)
  assert.equal(fixture.heartbeat(1, { currentMetadataOffset: epoch - 1 }).isFenced, true)
  assert.equal(fixture.heartbeat(1, { wantFence: true }).isFenced, true)
  const reply = fixture.heartbeat(1)
  assert.deepEqual([reply.isFenced, reply.isCaughtUp], [false, true])
  assert.equal(fixture.controller.state.isActive(1), true)
})

test('registrations are refused: cluster, duplicate, directories, features', () => {
  const fixture = new Fixture()
  fixture.start(1)
  assert.throws(() => fixture.register(2, { clusterId: 'other' }), code(104))
  assert.throws(() => fixture.register(1, { incarnationId: id('again') }), code(101))
  assert.throws(() => fixture.register(2, { logDirs: [] }), code(119))
  assert.throws(() => fixture.register(2, { logDirs: [id('d1')] }), code(119))
  assert.throws(() => fixture.register(2, { features: [] }), code(119))
  const { brokerEpoch } = fixture.register(1)
  assert.equal(fixture.controller.state.brokers.get(1)?.registration.fenced, false)
  fixture.nowMs += 9_000
  assert.ok(fixture.register(1, { incarnationId: id('again') }).brokerEpoch > brokerEpoch)
})

test('another incarnation waits for the session of the one before, however that left (C14)', () => {
  const another = { incarnationId: id('again') }
  const lives: Readonly<Record<string, (fixture: Fixture) => void>> = {
    unfenced: (fixture) => fixture.heartbeat(1),
    'fenced from the start': (fixture) => fixture.heartbeat(1, { wantFence: true }),
    'on its way out': (fixture) => {
      fixture.heartbeat(1)
      fixture.start(2)
      withTopic(fixture, [1, 2])
      assert.equal(fixture.heartbeat(1, { wantShutDown: true }).shouldShutDown, false)
    },
    'let go': (fixture) => {
      fixture.heartbeat(1)
      assert.equal(fixture.heartbeat(1, { wantShutDown: true }).shouldShutDown, true)
    },
  }
  for (const [name, live] of Object.entries(lives)) {
    const fixture = new Fixture()
    fixture.register(1)
    live(fixture)
    assert.throws(() => fixture.register(1, another), code(101), name)
    fixture.register(1)
    fixture.nowMs += 9_000
    fixture.register(1, another)
    assert.equal(fixture.controller.state.brokers.get(1)?.registration.incarnationId, another.incarnationId, name)
  }
  const fixture = new Fixture()
  const { brokerEpoch } = fixture.register(1)
  assert.ok(fixture.register(1, another).brokerEpoch > brokerEpoch, 'who was never heard of has no session')
})

test('what no node can be is not registered', () => {
  const fixture = new Fixture()
  const listener = { name: 'X', host: 'h', port: 9092, securityProtocol: 0 }
  const supported = (more: { name: string; minSupportedVersion: number; maxSupportedVersion: number }) =>
    supportedFeatures
      .map(({ name, minLevel, maxLevel }) => ({ name, minSupportedVersion: minLevel, maxSupportedVersion: maxLevel }))
      .filter(({ name }) => name !== more.name)
      .concat(more)
  const must = { name: 'new.feature', minSupportedVersion: 1, maxSupportedVersion: 3 }
  assert.throws(() => fixture.register(-1), code(119))
  assert.throws(() => fixture.register(2, { listeners: [listener, listener] }), code(119))
  assert.throws(() => fixture.register(2, { listeners: [{ ...listener, securityProtocol: 4 }] }), code(119))
  assert.throws(() => fixture.register(2, { isMigratingZkBroker: true }), code(102))
  assert.throws(() => fixture.register(2, { features: supported(must) }), code(35))
  fixture.register(2, { features: supported({ ...must, minSupportedVersion: 0 }) })
  const controller = (controllerId: number, listeners: (typeof listener)[]) => () =>
    fixture.controller.registerController(controllerRegistration.request.create({ controllerId, listeners }))
  assert.throws(controller(-1, [listener]), code(119))
  assert.throws(controller(3, [listener, listener]), code(119))
  assert.equal(controller(3, [listener])().records.length, 1)
})

test('a heartbeat of another epoch is stale', () => {
  const fixture = new Fixture()
  fixture.start(1)
  assert.throws(() => fixture.heartbeat(1, { brokerEpoch: 0 }), code(77))
  assert.throws(() => fixture.heartbeat(9), code(77))
})

test('silent brokers are fenced one by one, and lead no more', () => {
  const fixture = new Fixture()
  fixture.start(1, 2, 3)
  const partition = withTopic(fixture, [1, 2, 3])
  assert.equal(fixture.controller.nextSessionDeadlineMs(), 10_000)
  fixture.nowMs += 8_999
  assert.deepEqual(fixture.controller.fenceStaleBroker(fixture.context).records, [])
  fixture.heartbeat(3)
  fixture.nowMs++
  const fence = () => fixture.take(fixture.controller.fenceStaleBroker(fixture.context)).fencedBrokerId
  assert.deepEqual([fence(), fence(), fence()], [1, 2, undefined])
  assert.deepEqual(partition(), { isr: [3], leader: 3, elr: [] })
})

test('the last of an ISR stays eligible, and leads when it is back', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const partition = withTopic(fixture, [1])
  fixture.nowMs += 9_000
  fixture.take(fixture.controller.fenceStaleBroker(fixture.context))
  assert.deepEqual(partition(), { isr: [], leader: -1, elr: [1] })
  fixture.heartbeat(1)
  assert.deepEqual(partition(), { isr: [1], leader: 1, elr: [] })
})

test('a broker that did not go in order is eligible no more; as the last known leader it recovers', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const partition = withTopic(fixture, [1])
  fixture.nowMs += 9_000
  fixture.take(fixture.controller.fenceStaleBroker(fixture.context))
  fixture.register(1, { incarnationId: id('again'), previousBrokerEpoch: -1 })
  assert.deepEqual(partition(), { isr: [], leader: -1, elr: [] })
  fixture.heartbeat(1)
  assert.deepEqual(partition(), { isr: [1], leader: 1, elr: [] })
  assert.equal(fixture.written.at(-1)?.kind, 'partitionChange')
  const last = fixture.written.at(-1)
  assert.equal(last?.kind === 'partitionChange' && last.value.leaderRecoveryState, 1)
})

test('controlled shutdown: leaders move, the others read of it, then the broker may go', () => {
  const fixture = new Fixture()
  fixture.start(1, 2)
  const partition = withTopic(fixture, [1, 2])
  const first = fixture.heartbeat(1, { wantShutDown: true })
  assert.deepEqual([first.isFenced, first.shouldShutDown], [false, false])
  assert.deepEqual(partition(), { isr: [2], leader: 2, elr: [] })
  assert.equal(fixture.heartbeat(1, { wantShutDown: true }).shouldShutDown, false)
  fixture.heartbeat(2)
  assert.equal(fixture.heartbeat(1, { wantShutDown: true }).shouldShutDown, true)
  assert.equal(fixture.controller.state.brokers.get(1)?.registration.fenced, true)
})

test('a broker comes back at once: where its predecessor is known to be gone, or was fenced when the controller began', () => {
  const fixture = new Fixture()
  fixture.start(1)
  assert.throws(() => fixture.register(1, { incarnationId: id('again') }), code(101))
  fixture.register(1, { incarnationId: id('again') }, true)
  assert.equal(fixture.heartbeat(1).isFenced, false)
  // A controller that begins waits for the sessions of those that are unfenced, not for those of others.
  fixture.take(fixture.controller.activate(fixture.context))
  assert.throws(() => fixture.register(1, { incarnationId: id('third') }), code(101))
  fixture.heartbeat(1, { wantFence: true, wantShutDown: true })
  fixture.take(fixture.controller.activate(fixture.context))
  fixture.register(1, { incarnationId: id('third') })
})

test('a broker that is unregistered is gone from every ISR', () => {
  const fixture = new Fixture()
  fixture.start(1, 2)
  const partition = withTopic(fixture, [1, 2])
  fixture.take(fixture.controller.unregisterBroker({ brokerId: 1 }))
  assert.deepEqual(partition(), { isr: [2], leader: 2, elr: [] })
  assert.throws(() => fixture.controller.unregisterBroker({ brokerId: 1 }), code(102))
})

test('a failed directory takes its replicas out', () => {
  const fixture = new Fixture()
  fixture.register(1, { logDirs: [id('a')] })
  fixture.heartbeat(1)
  fixture.start(2)
  const partition = withTopic(fixture, [1, 2])
  fixture.heartbeat(1, { offlineLogDirs: [id('a')] })
  assert.deepEqual(partition(), { isr: [2], leader: 2, elr: [] })
})

test('producer ids are given out in blocks of a thousand, to brokers of the right epoch', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const brokerEpoch = fixture.controller.state.brokers.get(1)?.registration.brokerEpoch ?? -1
  const ask = (epoch: number) =>
    fixture.take(
      fixture.controller.allocateProducerIds(allocateProducerIds.request.create({ brokerId: 1, brokerEpoch: epoch })),
    )
  assert.deepEqual([ask(brokerEpoch).producerIdStart, ask(brokerEpoch).producerIdStart], [0, 1000])
  assert.throws(() => ask(brokerEpoch + 1), code(77))
})

test('what was not committed is undone', () => {
  const fixture = new Fixture()
  fixture.start(1)
  const request = createTopics.request.create({ topics: [{ name: 'x', numPartitions: 2, replicationFactor: 1 }] })
  const { records } = fixture.controller.createTopics(request)
  let offset = fixture.nextOffset
  for (const record of records) fixture.controller.replay(record, offset++)
  assert.equal(fixture.controller.state.topicByName('x')?.partitionCount, 2)
  assert.equal(fixture.controller.state.topics.committed.size, 0)
  fixture.controller.revert()
  assert.equal(fixture.controller.state.topicByName('x'), undefined)
})
