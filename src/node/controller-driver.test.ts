/** The controller over a log that commits when the test says so. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { nodeConfig } from '../../test/remote-world.ts'
import type { Logger } from '../base/index.ts'
import {
  bootstrapRecords,
  Controller,
  decodeRecord,
  isNotController,
  type MetadataBatch,
  supportedFeatures,
} from '../metadata/index.ts'
import { brokerHeartbeat, brokerRegistration, createTopics, updateFeatures } from '../protocol/index.ts'
import { countingStream, id, ManualClock } from '../server/handlers/handler-fixture.ts'
import { ControllerDriver } from './controller-driver.ts'

const clusterId = 'cluster'
const sessionMs = 9000
const noOpMs = 500

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve()
}

class Driven {
  readonly clock = new ManualClock()
  readonly controller = new Controller({
    clusterId,
    config: nodeConfig({ 'broker.session.timeout.ms': `${sessionMs}` }),
    random: countingStream(),
    kraftVersion: { level: () => this.raisedTo, check: () => undefined },
  })
  readonly driver: ControllerDriver
  readonly faults: unknown[] = []
  readonly #batches: MetadataBatch[] = []
  readonly committed: MetadataBatch[] = []
  #endOffset = 0
  isLeader = true
  /** `kraft.version`. */
  raisedTo = 0

  constructor(t: TestContext, { noOpIntervalMs = 0 } = {}) {
    const logger: Logger = { child: () => logger, log: () => undefined }
    const it = this
    this.driver = new ControllerDriver({
      controller: this.controller,
      clock: this.clock,
      logger,
      log: {
        get endOffset() {
          return it.#endOffset
        },
        get isLeader() {
          return it.isLeader
        },
        propose: (records) => it.#append(records.map(decodeRecord)),
        raiseKRaftVersion: (level) => {
          it.raisedTo = level
        },
      },
      bootstrap: bootstrapRecords(),
      noOpIntervalMs,
      electionIntervalsMs: { preferred: undefined, unclean: undefined },
      onFault: (error) => this.faults.push(error),
    })
    t.after(() => this.driver.deactivate())
  }

  #append(records: MetadataBatch['records']): number {
    const baseOffset = this.#endOffset
    this.#endOffset += records.length
    this.#batches.push({ baseOffset, lastOffset: this.#endOffset - 1, epoch: 1, timestampMs: 0, records })
    return this.#endOffset - 1
  }

  /** What was proposed and is not committed. */
  get proposed(): readonly MetadataBatch[] {
    return this.#batches
  }

  async commit(): Promise<void> {
    const batches = this.#batches.splice(0)
    this.committed.push(...batches)
    this.driver.committed(batches)
    await settle()
  }

  /** Waits for `work`, and commits what it proposes. */
  async done<R>(work: Promise<R>): Promise<R> {
    await settle()
    await this.commit()
    return work
  }

  async activate(): Promise<void> {
    this.driver.activate()
    await this.commit()
  }

  async register(brokerId: number): Promise<number> {
    const request = brokerRegistration.request.create({
      brokerId,
      clusterId,
      incarnationId: id(`i${brokerId}`),
      listeners: [{ name: 'PLAINTEXT', host: 'h', port: 9092, securityProtocol: 0 }],
      features: supportedFeatures.map(({ name, minLevel, maxLevel }) => ({
        name,
        minSupportedVersion: minLevel,
        maxSupportedVersion: maxLevel,
      })),
      logDirs: [id(`d${brokerId}`)],
    })
    const { brokerEpoch } = await this.done(this.driver.registerBroker(request, 4))
    await this.done(this.heartbeat(brokerId, brokerEpoch))
    return brokerEpoch
  }

  heartbeat(brokerId: number, brokerEpoch: number) {
    const currentMetadataOffset = this.#endOffset - 1
    return this.driver.brokerHeartbeat(brokerHeartbeat.request.create({ brokerId, brokerEpoch, currentMetadataOffset }))
  }
}

const topic = (name: string) =>
  createTopics.request.create({ topics: [{ name, numPartitions: 1, replicationFactor: 1 }] })

/** What has become of it by now. */
async function standing(work: Promise<unknown>): Promise<string> {
  await settle()
  const waiting = Promise.resolve('waits')
  return Promise.race([
    work.then(
      () => 'answered',
      (error: unknown) => (isNotController(error) ? '41' : `${error}`),
    ),
    waiting.then(settle).then(() => 'waits'),
  ])
}

test('a reply waits until what it says is committed', async (t) => {
  const driven = new Driven(t)
  await driven.activate()
  await driven.register(1)
  const reply = driven.driver.createTopics(topic('a'))
  assert.equal(await standing(reply), 'waits')
  assert.ok(driven.controller.state.topicByName('a') !== undefined, 'the next decision sees it')
  await driven.commit()
  assert.equal((await reply).topics[0]?.errorCode, 0)
  assert.deepEqual(driven.faults, [])
})

test('a reply without records waits for what it was decided on', async (t) => {
  const driven = new Driven(t)
  await driven.activate()
  await driven.register(1)
  const first = driven.driver.createTopics(topic('a'))
  const second = driven.driver.createTopics(topic('a'))
  assert.equal(driven.proposed.length, 1)
  assert.equal(await standing(second), 'waits')
  await driven.commit()
  assert.equal((await first).topics[0]?.errorCode, 0)
  assert.equal((await second).topics[0]?.errorCode, 36)
  assert.equal(await standing(driven.driver.createTopics(topic('a'))), 'answered', 'all is committed')
})

test('who is not active answers that it is not', async (t) => {
  const driven = new Driven(t)
  assert.equal(driven.driver.activeCount, 0)
  assert.equal(await standing(driven.driver.createTopics(topic('a'))), '41')
  await driven.activate()
  assert.equal(driven.driver.activeCount, 1)
  await driven.register(1)
  // The quorum has lost its leader, and has not said so yet.
  driven.isLeader = false
  assert.equal(await standing(driven.driver.createTopics(topic('a'))), '41')
  assert.equal(driven.controller.state.topicByName('a'), undefined)
})

test('a lost leadership takes back what is not committed, and those who wait are sent elsewhere', async (t) => {
  const driven = new Driven(t)
  await driven.activate()
  await driven.register(1)
  await driven.done(driven.driver.createTopics(topic('a')))
  const lost = driven.driver.createTopics(topic('b'))
  await settle()
  driven.driver.deactivate()
  assert.equal(await standing(lost), '41')
  assert.equal(driven.controller.state.topicByName('b'), undefined)
  assert.ok(driven.controller.state.topicByName('a') !== undefined)
  driven.driver.deactivate()
  assert.equal(driven.driver.isActive, false)
})

test('a first leader that is gone before its first records are committed has done nothing wrong', async (t) => {
  const driven = new Driven(t)
  driven.driver.activate()
  assert.equal(driven.proposed.length, 1)
  driven.driver.deactivate()
  await settle()
  assert.deepEqual(driven.faults, [])
  assert.equal(driven.controller.state.offset, -1)
})

test('what another leader has written is replayed, once', async (t) => {
  const [leader, follower] = [new Driven(t), new Driven(t)]
  await leader.activate()
  await leader.register(1)
  for (const name of ['a', 'b']) await leader.done(leader.driver.createTopics(topic(name)))
  for (let times = 0; times < 2; times++) {
    follower.driver.committed(leader.committed)
    assert.deepEqual(
      [...follower.controller.state.topicIds.entries()].sort(),
      [...leader.controller.state.topicIds.entries()].sort(),
    )
    assert.equal(follower.controller.state.committedOffset, leader.controller.state.committedOffset)
  }
})

test('the quorum is raised when its controller decides so, and by nobody who does not lead', async (t) => {
  const driven = new Driven(t)
  await driven.activate()
  const request = updateFeatures.request.create({
    featureUpdates: [{ feature: 'kraft.version', maxVersionLevel: 1, upgradeType: 1 }],
  })
  driven.isLeader = false
  assert.equal(await standing(driven.driver.updateFeatures(request)), '41')
  assert.equal(driven.raisedTo, 0)
  driven.isLeader = true
  assert.equal((await driven.done(driven.driver.updateFeatures(request))).errorCode, 0)
  assert.equal(driven.raisedTo, 1)
})

test('a broker that is silent is fenced when its session is over, and the sockets were drained since', async (t) => {
  const driven = new Driven(t)
  await driven.activate()
  const epoch = await driven.register(1)
  const isFenced = (): boolean | undefined => driven.controller.state.brokers.get(1)?.registration.fenced
  for (let ms = 0; ms < sessionMs; ms += 100) driven.clock.advance(100)
  assert.equal(isFenced(), false, 'what waits in the sockets is read first')
  await driven.done(driven.heartbeat(1, epoch))
  driven.clock.advance(0)
  assert.equal(isFenced(), false, 'a heartbeat was among it')
  for (let ms = 0; ms < sessionMs + 1000; ms += 100) driven.clock.advance(100)
  assert.equal(isFenced(), true)
  await driven.commit()
  assert.deepEqual(driven.faults, [])
})

test('the log moves also when nothing happens, while this controller is active', async (t) => {
  const driven = new Driven(t, { noOpIntervalMs: noOpMs })
  await driven.activate()
  driven.clock.advance(noOpMs)
  await settle()
  assert.deepEqual(
    driven.proposed.map(({ records }) => records.map(({ kind }) => kind)),
    [['noOp']],
  )
  await driven.commit()
  driven.driver.deactivate()
  driven.clock.advance(10 * noOpMs)
  await settle()
  assert.deepEqual(driven.proposed, [])
})
