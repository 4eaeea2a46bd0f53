/** How a broker comes to be registered, and stays it, whatever the controller answers. */
// Loaded before time begins: a world's turns do not wait for a module.
import './broker-role.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, type Logger, zeroUuid } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { brokerHeartbeat, brokerRegistration } from '../protocol/index.ts'
import { ManualClock } from '../server/handlers/handler-fixture.ts'
import { BrokerLifecycle } from './broker-lifecycle.ts'
import { formatStorage, Node } from './index.ts'

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
  assert.deepEqual(await run(1000), ['register', 'beat', 'beat'], 'the second one since it catches up')
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
  assert.deepEqual(await run(1000), ['register', 'beat', 'beat'])
  broker.stop()
})

for (const code of [7, 35, 41, 101, 104, 119]) {
  test(`a broker that is answered ${code} tries again until its time is over`, async () => {
    const patient = lifecycle((registration) => (registration < 20 ? code : 0))
    const registered = patient.broker.register()
    assert.equal((await patient.run(30_000)).filter((it) => it === 'register').length, 20)
    await registered
    patient.broker.stop()
    const refused = lifecycle(() => code)
    const outcome = refused.broker.register(50_000).catch((error: unknown) => error)
    const asked = await refused.run(12_000)
    assert.deepEqual(await refused.run(5000), [])
    assert.ok(asked.length > 10 && asked.length < 20, `${asked.length} times`)
    const error = await outcome
    assert.ok(error instanceof ApiError && error.code === code)
  })
}

const lonely = BrokerConfig.parse(
  new Map([
    ['process.roles', 'broker'],
    ['node.id', '7'],
    ['listeners', 'PLAINTEXT://127.0.0.1:0'],
    ['controller.listener.names', 'CONTROLLER'],
    ['controller.quorum.voters', '8@127.0.0.1:1'],
    ['initial.broker.registration.timeout.ms', '300'],
    ['log.dirs', '/m'],
  ]),
)

test('a broker that finds no quorum gives up when its time is over', async () => {
  const env = { ...createEnv({ level: 'warn', json: true, write: () => undefined }), disk: new MemoryDisk() }
  await formatStorage({ ...env, config: lonely, options: { clusterId: 'c' }, print: () => undefined })
  await assert.rejects(Node.start({ env, config: lonely, hostName: 'localhost' }), /no quorum was found within 300 ms/)
})
