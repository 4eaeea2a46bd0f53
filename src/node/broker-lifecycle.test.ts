/** What a broker tells the controller of its standing, and when, against a controller that answers as the test says. */
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { ApiError, type Logger, type Uuid } from '../base/index.ts'
import {
  type BrokerHeartbeatRequest,
  type BrokerHeartbeatResponse,
  brokerHeartbeat,
  brokerRegistration,
} from '../protocol/index.ts'
import { id, ManualClock } from '../server/handlers/handler-fixture.ts'
import { BrokerLifecycle, type LifecycleOptions } from './broker-lifecycle.ts'

const logger: Logger = { log: () => undefined, child: () => logger }
const intervalMs = 2000
const failureMs = 30_000

type Answer = Partial<BrokerHeartbeatResponse>

const unfenced: Answer = { isCaughtUp: true, isFenced: false }
const catchingUp: Answer = { isCaughtUp: false, isFenced: true }
const caughtUp: Answer = { isCaughtUp: true, isFenced: true }

/** What has become ready is done. */
async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

class Standing {
  readonly clock = new ManualClock()
  /** When each heartbeat was sent, and what it said. */
  readonly beats: { readonly atMs: number; readonly request: BrokerHeartbeatRequest }[] = []
  readonly faults: unknown[] = []
  readonly lifecycle: BrokerLifecycle
  answer: Answer | Promise<Answer> = unfenced
  /** That failed. */
  readonly offline: Uuid[] = []

  constructor(t: TestContext, given: Partial<LifecycleOptions> = {}) {
    const { clock, beats, faults } = this
    this.lifecycle = new BrokerLifecycle({
      channel: {
        registerBroker: async () => brokerRegistration.response.create({ brokerEpoch: 5 }),
        brokerHeartbeat: async (request) => {
          beats.push({ atMs: clock.monotonic(), request })
          return brokerHeartbeat.response.create(await this.answer)
        },
      },
      clock,
      logger,
      registration: () => brokerRegistration.request.create({ brokerId: 1 }),
      heartbeatIntervalMs: intervalMs,
      registrationTimeoutMs: 60_000,
      metadataOffset: () => 1,
      offlineLogDirs: () => this.offline,
      cordonedLogDirs: () => null,
      leaveMsMax: { whole: 20_000, unanswered: 1000 },
      directoryFailureTimeoutMs: () => 30_000,
      onFault: (error) => faults.push(error),
      ...given,
    })
    t.after(() => this.lifecycle.stop())
  }

  fail(directory: string): void {
    this.offline.push(id(directory))
    this.lifecycle.directoryFailed()
  }

  async run(ms: number): Promise<void> {
    for (let i = 0; i < ms; i++) {
      this.clock.advance(1)
      await settle()
    }
  }

  /** Registered, and its owner says that it can serve. */
  async start(): Promise<void> {
    await this.lifecycle.register()
    this.lifecycle.readyToUnfence().catch(() => undefined)
  }

  /** How long after one another. */
  pausesMs(since = 0): number[] {
    const times = this.beats.slice(since).map(({ atMs }) => atMs)
    return times.slice(1).map((atMs, i) => atMs - (times[i] ?? 0))
  }
}

test('a broker beats every 10 ms until it has caught up, and once more, then at its interval', async (t) => {
  const standing = new Standing(t)
  standing.answer = catchingUp
  await standing.start()
  await standing.run(25)
  standing.answer = unfenced
  await standing.run(2 * intervalMs)
  assert.deepEqual(standing.pausesMs(), [10, 10, 10, 10, intervalMs])
})

test('a broker that has caught up and stays fenced beats at its interval', async (t) => {
  const standing = new Standing(t)
  standing.answer = caughtUp
  await standing.start()
  await standing.run(3 * intervalMs)
  assert.deepEqual(standing.pausesMs(), [10, intervalMs, intervalMs])
})

test('a broker that leaves asks again after 50 ms once, then at its interval', async (t) => {
  const standing = new Standing(t)
  await standing.start()
  await standing.run(100)
  const before = standing.beats.length
  const left = standing.lifecycle.leave()
  await standing.run(2 * intervalMs + 100)
  assert.deepEqual(standing.pausesMs(before), [50, intervalMs, intervalMs])
  assert.ok(standing.beats.slice(before).every(({ request }) => request.wantShutDown))
  standing.answer = { ...caughtUp, shouldShutDown: true }
  await standing.run(intervalMs)
  await left
  const last = standing.beats.length
  await standing.run(2 * intervalMs)
  assert.equal(standing.beats.length, last, 'who has left beats no more')
})

test('the answer to a heartbeat from before a broker leaves does not count as one to its leaving', async (t) => {
  const standing = new Standing(t)
  await standing.start()
  await standing.run(100)
  const before = standing.beats.length
  const { promise, resolve } = Promise.withResolvers<Answer>()
  standing.answer = promise
  standing.lifecycle.hasten()
  await standing.run(1)
  void standing.lifecycle.leave()
  await standing.run(5)
  standing.answer = unfenced
  resolve(unfenced)
  await standing.run(intervalMs)
  assert.deepEqual(
    standing.beats.slice(before).map(({ request }) => request.wantShutDown),
    [false, true, true],
  )
  assert.deepEqual(standing.pausesMs(before + 1), [50])
})

test('what comes up while a heartbeat is under way goes out as soon as that is answered', async (t) => {
  const standing = new Standing(t)
  await standing.start()
  await standing.run(100)
  const before = standing.beats.length
  const { promise, resolve } = Promise.withResolvers<Answer>()
  standing.answer = promise
  standing.lifecycle.hasten()
  await standing.run(1)
  standing.lifecycle.hasten()
  await standing.run(20)
  assert.equal(standing.beats.length, before + 1, 'one at a time')
  standing.answer = unfenced
  resolve(unfenced)
  await standing.run(2)
  assert.equal(standing.beats.length, before + 2)
})

/** After how many milliseconds a broker stops that asks to be let go. */
async function timeToLeave(standing: Standing): Promise<number> {
  const { clock, lifecycle } = standing
  const since = clock.monotonic()
  const left = lifecycle.leave().then(() => clock.monotonic() - since)
  await standing.run(30_000)
  return left
}

test('whom the controller does not let go in time stops all the same', async (t) => {
  const standing = new Standing(t)
  await standing.start()
  await standing.run(100)
  assert.equal(await timeToLeave(standing), 20_000)
})

test('whom no controller answers waits for one for less long', async (t) => {
  const standing = new Standing(t)
  await standing.start()
  await standing.run(100)
  standing.answer = new Promise(() => undefined)
  assert.equal(await timeToLeave(standing), intervalMs + 1000)
})

test('an answer that is an error is none', async (t) => {
  const standing = new Standing(t)
  await standing.start()
  await standing.run(100)
  standing.answer = Promise.reject(new ApiError(7, 'nobody'))
  assert.equal(await timeToLeave(standing), intervalMs + 1000)
  assert.deepEqual(standing.faults, [])
})

/** A broker that runs, and whose directory `a` has failed; each directory has `failureMs` to be told of. */
async function withFailed(t: TestContext, answer: Answer | Promise<Answer>): Promise<Standing> {
  const standing = new Standing(t, { directoryFailureTimeoutMs: () => failureMs })
  await standing.start()
  await standing.run(100)
  standing.answer = answer
  standing.fail('a')
  return standing
}

test('a directory that failed is told of at once', async (t) => {
  const standing = await withFailed(t, unfenced)
  await standing.run(1)
  assert.deepEqual(standing.beats.at(-1)?.request.offlineLogDirs, [id('a')])
  standing.fail('b')
  await standing.run(1)
  assert.deepEqual(standing.beats.at(-1)?.request.offlineLogDirs, [id('a'), id('b')])
  await standing.run(2 * failureMs)
  assert.deepEqual(standing.faults, [])
})

test('a broker that cannot tell of a directory in time stops, whichever fail after it', async (t) => {
  const standing = await withFailed(t, new Promise(() => undefined))
  await standing.run(failureMs - 10)
  standing.fail('b')
  await standing.run(9)
  assert.deepEqual(standing.faults, [])
  await standing.run(1)
  assert.equal(standing.faults.length, 1)
})

test('that the controller knows of one directory is not enough', async (t) => {
  const { promise, resolve } = Promise.withResolvers<Answer>()
  const standing = await withFailed(t, promise)
  await standing.run(100)
  standing.fail('b')
  // It answers for the first one; the heartbeat that tells of the second is not answered.
  standing.answer = new Promise(() => undefined)
  resolve(unfenced)
  await standing.run(failureMs - 1)
  assert.deepEqual(standing.faults, [])
  await standing.run(1)
  assert.equal(standing.faults.length, 1)
})
