import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ApiError, type Logger } from '../../base/index.ts'
import { allocateProducerIds, ErrorCode, initProducerId } from '../../protocol/index.ts'
import { ProducerIds } from '../producer-ids.ts'
import { RareWarning, refusedTransaction } from '../rare-warning.ts'
import { initProducerIdHandler } from './22-init-producer-id.ts'
import { ask, ManualClock } from './handler-fixture.ts'

const silent: Logger = { child: () => silent, log: () => undefined }

/** A controller that answers when the test says so. */
class Fixture {
  readonly clock = new ManualClock()
  readonly asked: number[] = []
  readonly #answers: { resolve: (reply: object) => void; reject: (error: Error) => void }[] = []
  brokerEpoch = 7
  readonly ids = new ProducerIds({
    channel: {
      allocateProducerIds: ({ brokerId, brokerEpoch }) => {
        assert.equal(brokerId, 3)
        this.asked.push(brokerEpoch)
        return new Promise((resolve, reject) => {
          const answer = (reply: object): void => resolve(allocateProducerIds.response.create(reply))
          this.#answers.push({ resolve: answer, reject })
        })
      },
    },
    brokerId: 3,
    brokerEpoch: () => this.brokerEpoch,
    clock: this.clock,
    logger: silent,
  })

  /** The controller's answer to the oldest request. */
  async answer(reply: object | Error): Promise<void> {
    const answer = this.#answers.shift()
    assert.ok(answer)
    if (reply instanceof Error) answer.reject(reply)
    else answer.resolve(reply)
    await new Promise<void>((resolve) => setImmediate(resolve))
  }

  /** The next id, or the code of the error. */
  async next(): Promise<number | string> {
    try {
      return await this.ids.next()
    } catch (error) {
      if (error instanceof ApiError) return `error ${error.code}`
      throw error
    }
  }
}

const block = (producerIdStart: number, producerIdLen = 10): object => ({ producerIdStart, producerIdLen })
const refused = `error ${ErrorCode.COORDINATOR_LOAD_IN_PROGRESS}`

describe('producer ids', () => {
  test('come in order from blocks, the next of which is asked for at nine tenths', async () => {
    const fixture = new Fixture()
    const first = [fixture.next(), fixture.next()]
    assert.deepEqual(fixture.asked, [7])
    await fixture.answer(block(100))
    assert.deepEqual(await Promise.all(first), [100, 101])
    for (let id = 102; id < 108; id++) assert.equal(await fixture.next(), id)
    assert.equal(fixture.asked.length, 1)
    assert.equal(await fixture.next(), 108)
    assert.equal(fixture.asked.length, 2)
    await fixture.answer(block(500))
    assert.equal(await fixture.next(), 109)
    assert.equal(await fixture.next(), 500)
    assert.equal(fixture.asked.length, 2)
    assert.equal(fixture.clock.waiting, 0)
  })

  test('are missed for a time when the controller refuses, then asked for with the epoch of that time', async () => {
    for (const failure of [
      { errorCode: ErrorCode.STALE_BROKER_EPOCH },
      new ApiError(ErrorCode.NOT_CONTROLLER, ''),
      block(-1),
      block(5, 0),
      block(2 ** 53 - 5),
    ]) {
      const fixture = new Fixture()
      const first = fixture.next()
      await fixture.answer(failure)
      assert.equal(await first, refused)
      fixture.clock.advance(49)
      assert.equal(await fixture.next(), refused)
      assert.equal(fixture.asked.length, 1)
      fixture.clock.advance(1)
      fixture.brokerEpoch = 8
      const second = fixture.next()
      assert.deepEqual(fixture.asked, [7, 8])
      await fixture.answer(block(0))
      assert.equal(await second, 0)
    }
  })

  test('are never given twice: a block that goes back is refused', async () => {
    const fixture = new Fixture()
    const first = fixture.next()
    await fixture.answer(block(100))
    await first
    for (let id = 101; id < 110; id++) await fixture.next()
    await fixture.answer(block(109))
    assert.equal(await fixture.next(), refused)
  })

  test('are waited for a second at most; a block that comes later is good', async () => {
    const fixture = new Fixture()
    const first = fixture.next()
    fixture.clock.advance(1000)
    assert.equal(await first, refused)
    assert.equal(await fixture.next(), refused)
    assert.equal(fixture.asked.length, 1)
    await fixture.answer(block(0))
    assert.equal(await fixture.next(), 0)
  })

  test('are refused to those for whom a block is too small', async () => {
    const fixture = new Fixture()
    const waiting = [fixture.next(), fixture.next(), fixture.next()]
    await fixture.answer(block(0, 2))
    assert.deepEqual(await Promise.all(waiting), [0, 1, refused])
  })
})

describe('InitProducerId', () => {
  const cases: readonly (readonly [given: object, errorCode: number])[] = [
    [{ transactionalId: null }, 0],
    [{ transactionalId: null, producerId: 4, producerEpoch: 1 }, 0],
    [{ transactionalId: null, producerId: 4 }, ErrorCode.INVALID_REQUEST],
    [{ transactionalId: null, producerEpoch: 4 }, ErrorCode.INVALID_REQUEST],
    [{ transactionalId: '' }, ErrorCode.INVALID_REQUEST],
    [{ transactionalId: 'x' }, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
  ]
  for (const [given, errorCode] of cases) {
    test(`${JSON.stringify(given)} is answered with ${errorCode}`, async () => {
      const fixture = new Fixture()
      const lines: string[] = []
      const logger: Logger = { child: () => logger, log: (level, line) => void lines.push(`${level} ${line}`) }
      const refusals = new RareWarning({ clock: fixture.clock, logger })
      const handler = initProducerIdHandler({ producerIds: fixture.ids, refusals })
      const reply = ask(handler, initProducerId.request.create(given))
      if (errorCode === 0) await fixture.answer(block(40))
      const { producerId, producerEpoch, ...rest } = await reply
      assert.equal(rest.errorCode, errorCode)
      assert.deepEqual([producerId, producerEpoch], errorCode === 0 ? [40, 0] : [-1, -1])
      const isTold = errorCode === ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED
      assert.deepEqual(lines, isTold ? [`warn ${refusedTransaction}`] : [])
    })
  }
})
