/** How a broker comes to be registered, and stays it, whatever the controller answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type Logger, zeroUuid } from '../base/index.ts'
import { brokerHeartbeat, brokerRegistration } from '../protocol/index.ts'
import { ManualClock } from '../server/handlers/handler-fixture.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'

const logger: Logger = { log: () => undefined, child: () => logger }

/** `answer`: the code of the error that answers a registration, 0 for none; by its number, from 1 on. */
function lifecycle(answer: (registration: number) => number | Promise<number>) {
  const clock = new ManualClock()
  const asked: string[] = []
  let registrations = 0
  const broker = new BrokerLifecycle({
    clock,
    logger,
    channel: {
      registerBroker: async () => {
        asked.push('register')
        const code = await answer(++registrations)
        if (code !== 0) throw new ApiError(code, 'refused')
        return brokerRegistration.response.create({ brokerEpoch: 5 })
      },
      brokerHeartbeat: async () => {
        asked.push('beat')
        return brokerHeartbeat.response.create({ isFenced: false, isCaughtUp: true })
      },
    },
    registration: () => brokerRegistration.request.create({ brokerId: 1, incarnationId: zeroUuid }),
    heartbeatIntervalMs: 2000,
    registrationTimeoutMs: 60_000,
    metadataOffset: () => 1,
    offlineLogDirs: () => [],
    cordonedLogDirs: () => null,
    directoryFailureTimeoutMs: () => 30_000,
    leaveMsMax: { whole: 20_000, unanswered: 1000 },
    onFault: (error) => assert.fail(String(error)),
  })
  const run = async (ms: number): Promise<readonly string[]> => {
    for (let i = 0; i < ms; i += 10) {
      clock.advance(10)
      await new Promise((resolve) => setImmediate(resolve))
    }
    return asked.splice(0)
  }
  return { broker, run }
}

test('a registration that is outdated is renewed at once, and again until it is taken', async () => {
  const { broker, run } = lifecycle((registration) => (registration === 2 ? 7 : 0))
  await broker.register()
  assert.deepEqual(await run(1000), ['register', 'beat'])
  broker.renewRegistration()
  assert.deepEqual(await run(500), ['register'])
  assert.deepEqual(await run(1000), ['register', 'beat'])
  assert.deepEqual(await run(2000), ['beat'])
  broker.stop()
})

test('a registration that is outdated before it is answered is renewed behind it', async () => {
  const gate = Promise.withResolvers<number>()
  const { broker, run } = lifecycle((registration) => (registration === 1 ? gate.promise : 0))
  const registered = broker.register()
  broker.renewRegistration()
  assert.deepEqual(await run(1000), ['register'])
  gate.resolve(0)
  await registered
  assert.deepEqual(await run(1000), ['register', 'beat'])
  broker.stop()
})
