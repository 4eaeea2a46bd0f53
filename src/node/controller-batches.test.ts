import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Logger } from '../base/index.ts'
import { Fixture, id } from '../metadata/controller/controller-fixture.ts'
import { type ControllerChannel, decodeRecord } from '../metadata/index.ts'
import { brokerHeartbeat, brokerRegistration, createTopics } from '../protocol/index.ts'
import { ManualClock } from '../server/handlers/handler-fixture.ts'
import { ControllerDriver } from './controller-driver.ts'

const logger: Logger = { log: () => undefined, child: () => logger }

/** Brokers 1 and 2 with 12,000 partitions on both, and the batches that decisions become from then on. */
function bigCluster() {
  const fixture = new Fixture()
  fixture.start(1, 2)
  for (const name of ['a', 'b']) {
    const topics = [{ name, numPartitions: 6_000, replicationFactor: 2 }]
    fixture.take(fixture.controller.createTopics(createTopics.request.create({ topics })))
  }
  const { controller } = fixture
  const batches: (readonly Uint8Array[])[] = []
  let endOffset = fixture.nextOffset
  const clock = new ManualClock()
  const driver: ControllerDriver = new ControllerDriver({
    controller,
    clock,
    logger,
    log: {
      isLeader: true,
      get endOffset() {
        return endOffset
      },
      propose(records) {
        batches.push(records)
        const baseOffset = endOffset
        endOffset += records.length
        const lastOffset = endOffset - 1
        // Committed a turn later.
        queueMicrotask(() => driver.committed([{ baseOffset, lastOffset, epoch: 1, timestampMs: 0, records: [] }]))
        return lastOffset
      },
      raiseKRaftVersion: () => assert.fail('nobody asks for it'),
    },
    bootstrap: [],
    noOpIntervalMs: 0,
    electionIntervalsMs: { preferred: undefined, unclean: undefined },
    onFault: (error) => assert.fail(String(error)),
  })
  driver.activate()
  const brokerEpoch = controller.state.brokers.get(1)?.registration.brokerEpoch ?? -1
  return { fixture, driver, batches, brokerEpoch, clock }
}

type Big = ReturnType<typeof bigCluster>

const heartbeat = ({ driver, brokerEpoch }: Big, given: { wantFence?: boolean; offlineLogDirs?: [string] }) => {
  const offlineLogDirs = given.offlineLogDirs?.map(id) ?? []
  return driver.brokerHeartbeat(brokerHeartbeat.request.create({ brokerId: 1, brokerEpoch, ...given, offlineLogDirs }))
}

const again = ({ driver, fixture }: Big): ReturnType<ControllerChannel['registerBroker']> => {
  const call = fixture.calls.find(({ kind }) => kind === 'register')
  assert.ok(call?.kind === 'register')
  const request = brokerRegistration.request.create({ ...call.request, incarnationId: id('again') })
  return driver.registerOwnBroker(request, 4)
}

/** The record of the broker itself comes last: who leads after a failure in between begins anew with the same broker. */
const decisions: readonly (readonly [what: string, decide: (big: Big) => Promise<unknown>, last: string])[] = [
  ['a broker that is fenced', (big) => heartbeat(big, { wantFence: true }), 'brokerRegistrationChange'],
  ['a failed directory', (big) => heartbeat(big, { offlineLogDirs: ['d1'] }), 'brokerRegistrationChange'],
  ['a broker that registers anew', again, 'registerBroker'],
  ['a broker that is unregistered', ({ driver }) => driver.unregisterBroker({ brokerId: 1 }), 'unregisterBroker'],
  [
    'a broker that is silent',
    async (big) => {
      big.clock.advance(9_001)
      big.clock.advance(0)
      await new Promise(setImmediate)
    },
    'brokerRegistrationChange',
  ],
]
for (const [what, decide, last] of decisions) {
  test(`what happens to 12,000 partitions goes in batches of 10,000 records: ${what}`, async () => {
    const big = bigCluster()
    await decide(big)
    const sizes = big.batches.map(({ length }) => length)
    assert.deepEqual(sizes.slice(0, 2), [10_000, 2_001])
    const final = big.batches[1]?.at(-1) ?? assert.fail('there is a last record')
    assert.equal(decodeRecord(final).kind, last)
  })
}
