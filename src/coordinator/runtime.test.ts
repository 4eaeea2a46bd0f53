import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ApiError } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { appendTimeoutMs, RuntimeBench } from './runtime-bench.ts'

const { COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, NOT_ENOUGH_REPLICAS, NOT_LEADER_OR_FOLLOWER } = ErrorCode

async function turns(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

const recordsOf = (stored: readonly { readonly record: string }[]): string[] => stored.map(({ record }) => record)

test('what is appended in one turn is one batch, answered in order when that is committed', async () => {
  const bench = new RuntimeBench()
  bench.append('a', ['a1'])
  bench.append('b', ['b1', 'b2'])
  assert.deepEqual(recordsOf(bench.state.stored), ['a1', 'b1', 'b2'])
  assert.equal(bench.log.appends, 0)
  bench.clock.drain()
  assert.equal(bench.log.appends, 1)
  await turns()
  assert.deepEqual(bench.told, [])
  bench.log.commit(1)
  await turns()
  assert.deepEqual(bench.answers, ['a committed', 'b committed'])
  assert.equal(bench.clock.waitingTimers, 1)
  bench.clock.advance(appendTimeoutMs)
  assert.equal(bench.clock.waitingTimers, 0)
})

test('an append of nothing waits for what was decided before it, and for nothing else', async () => {
  const bench = new RuntimeBench()
  bench.append('none', [])
  assert.deepEqual(bench.answers, ['none committed'])
  bench.append('a', ['a1'])
  bench.append('behind the open batch', [])
  bench.clock.drain()
  bench.append('behind the batch on its way', [])
  await turns()
  assert.equal(bench.answers.length, 1)
  bench.log.commit(1)
  await turns()
  assert.deepEqual(bench.answers.slice(1), [
    'a committed',
    'behind the open batch committed',
    'behind the batch on its way committed',
  ])
})

test('who has no room left in a batch begins the next', async () => {
  const bench = new RuntimeBench()
  bench.append('a', ['a1', 'a2', 'a3'])
  bench.append('b', ['b1', 'b2'])
  assert.equal(bench.log.appends, 1)
  bench.clock.drain()
  bench.log.commit(2)
  await turns()
  assert.deepEqual(bench.answers, ['a committed', 'b committed'])
})

test('who waits for the batch that was refused goes with it, for it was decided on what is reverted', async () => {
  const bench = new RuntimeBench()
  bench.log.refusal = new ApiError(NOT_ENOUGH_REPLICAS, 'too few')
  bench.append('a', ['a1', 'a2', 'a3'])
  bench.append('b', ['b1', 'b2'])
  await turns()
  bench.clock.drain()
  assert.deepEqual(bench.state.stored, [])
  assert.deepEqual(bench.log.stored, [])
  assert.deepEqual(bench.told, [
    `a settled ${COORDINATOR_NOT_AVAILABLE}`,
    `a failed ${COORDINATOR_NOT_AVAILABLE}`,
    `b settled ${COORDINATOR_NOT_AVAILABLE}`,
    `b failed ${COORDINATOR_NOT_AVAILABLE}`,
  ])
})

test('what has no room in any batch is refused before it is replayed, and leaves no timer', async () => {
  const bench = new RuntimeBench()
  bench.append('a', ['huge'])
  assert.deepEqual(bench.told, [], 'not before its append has returned')
  await turns()
  assert.deepEqual(bench.answers, [`a failed ${ErrorCode.UNKNOWN_SERVER_ERROR}`])
  assert.deepEqual(bench.state.stored, [])
  assert.equal(bench.clock.waitingTimers, 0)
})

test('who came first to a foreign write lies behind it', async () => {
  const bench = new RuntimeBench()
  bench.append('a', ['a1', 'a2'])
  bench.log.writeForeign()
  bench.clock.drain()
  bench.log.commit(1)
  await turns()
  assert.deepEqual(bench.state.stored, bench.log.stored)
  assert.equal(bench.state.committed, 3)
  assert.deepEqual(bench.answers, ['a committed'])
})

test('a lost batch takes with it what was decided after it, once', async () => {
  const bench = new RuntimeBench()
  const again = (): void => bench.append('again', ['again'])
  bench.append('a', ['a1'], { failed: again })
  bench.clock.drain()
  bench.append('b', ['b1'])
  bench.clock.drain()
  bench.append('c', ['c1'])
  bench.log.lose(0, new ApiError(NOT_LEADER_OR_FOLLOWER, 'lost'))
  await turns()
  bench.clock.drain()
  bench.log.commit(1)
  await turns()
  const failed = ['a', 'b', 'c'].map((name) => `${name} failed ${NOT_COORDINATOR}`)
  assert.deepEqual(bench.answers.toSorted(), ['again committed', ...failed].toSorted())
  assert.deepEqual(recordsOf(bench.state.stored), ['again'])
  assert.deepEqual(bench.state.stored, bench.log.stored)
})

test('batches that are committed together are answered in order, whichever is heard of first', async () => {
  const bench = new RuntimeBench()
  for (const name of ['a', 'b', 'c']) {
    bench.append(name, [name])
    bench.clock.drain()
  }
  bench.log.commit(3, true)
  await turns()
  assert.deepEqual(bench.answers, ['a committed', 'b committed', 'c committed'])
  assert.equal(bench.state.committed, 3)
  assert.deepEqual(bench.faults, [])
})

test('a time-out answers who waits, and what became of the records is told later', async () => {
  const bench = new RuntimeBench()
  bench.append('a', ['a1'])
  bench.clock.drain()
  bench.clock.advance(appendTimeoutMs - 1)
  bench.append('late', [])
  bench.clock.advance(1)
  assert.deepEqual(bench.told, [`a failed ${COORDINATOR_NOT_AVAILABLE}`])
  bench.clock.advance(appendTimeoutMs - 2)
  assert.equal(bench.told.length, 1)
  bench.clock.advance(1)
  assert.deepEqual(bench.told.slice(1), [`late failed ${COORDINATOR_NOT_AVAILABLE}`])
  bench.append('later', [])
  bench.clock.advance(appendTimeoutMs)
  assert.deepEqual(bench.told.slice(2), [`later failed ${COORDINATOR_NOT_AVAILABLE}`])
  bench.log.commit(1)
  await turns()
  assert.deepEqual(bench.told.slice(3), ['a settled 0', 'late settled 0', 'later settled 0'])
  assert.equal(bench.state.committed, 1)
})

test('very many batches that nobody commits are answered in time all the same', () => {
  const bench = new RuntimeBench()
  for (let i = 0; i < 150_000; i++) {
    bench.append('a', ['a'])
    bench.clock.drain()
  }
  bench.clock.advance(appendTimeoutMs)
  assert.equal(bench.told.length, 150_000)
})

test('the end answers all that wait, stops all timers, and nothing begins after it', async () => {
  const bench = new RuntimeBench()
  bench.lingerMs = 10
  let fired = 0
  const fire = (): void => void fired++
  bench.runtime.timers.schedule('before', 100, fire)
  bench.append('on its way', ['a1'])
  bench.clock.advance(10)
  bench.append('open', ['b1'], { failed: () => bench.runtime.timers.schedule('in the end', 100, fire) })
  bench.runtime.later(fire)
  bench.runtime.end(NOT_COORDINATOR)
  assert.deepEqual(bench.told, [`on its way failed ${NOT_COORDINATOR}`, `open failed ${NOT_COORDINATOR}`])
  bench.append('after', ['c1'])
  bench.append('nothing after', [])
  bench.runtime.timers.schedule('after', 100, fire)
  bench.log.commit(1)
  await turns()
  bench.clock.advance(100_000)
  bench.clock.drain()
  assert.deepEqual(bench.told.slice(2), [`after failed ${NOT_COORDINATOR}`, `nothing after failed ${NOT_COORDINATOR}`])
  assert.equal(fired, 0)
  assert.equal(bench.log.appends, 1)
})

test('what a callback throws is our fault, and no other one misses its answer', async () => {
  const bench = new RuntimeBench()
  const fault = new Error('a fault')
  const fails = (): void => {
    throw fault
  }
  bench.append('a', ['a1'], { committed: fails, settled: fails })
  bench.append('b', ['b1'])
  bench.clock.drain()
  bench.log.commit(1)
  await turns()
  assert.deepEqual(bench.answers, ['a committed', 'b committed'])
  assert.deepEqual(bench.faults, [fault, fault])
})

// ---- against a model

type Plain = 'huge' | 'drain' | 'foreign' | 'refuse' | 'turn'

type Step =
  | { readonly kind: 'append'; readonly count: number; readonly repeats: boolean }
  | { readonly kind: Plain }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'commit'; readonly count: number; readonly isReversed: boolean }
  | { readonly kind: 'lose'; readonly count: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.nat(4), repeats: fc.boolean() }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom<Plain>('huge', 'drain', 'drain', 'drain', 'foreign', 'refuse', 'turn'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(10, 3000, 5000) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), count: fc.nat(3), isReversed: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), count: fc.nat(3) }) },
)

/** The history of one run; at each answer it is looked whether that is true. */
class Model {
  readonly bench = new RuntimeBench()
  readonly #answered = new Map<number, 'committed' | 'failed'>()
  readonly #settled = new Map<number, number>()
  #lastCommitted = -1
  #count = 0
  #withRecords = new Map<number, readonly string[]>()

  append(size: number, { repeats = false, huge = false } = {}): void {
    const { bench } = this
    const id = this.#count++
    const records = Array.from({ length: size }, (_, i) => (huge ? 'huge' : `${id}.${i}`))
    this.#withRecords.set(id, records)
    const newestBefore = bench.state.stored.at(-1)?.offset ?? -1
    bench.append(`${id}`, records, {
      committed: () => {
        this.#answer(id, 'committed')
        assert.ok(id > this.#lastCommitted, `${id} is told behind ${this.#lastCommitted}`)
        this.#lastCommitted = id
        this.#checkStored(id)
        const decidedOn = bench.state.stored.filter(({ offset }) => offset <= newestBefore)
        assert.ok((decidedOn.at(-1)?.offset ?? -1) < bench.log.highWatermark, `${id} tells what is not committed`)
        if (repeats) this.append(1)
      },
      failed: () => {
        this.#answer(id, 'failed')
        if (repeats) this.append(1)
      },
      settled: (code) => {
        assert.ok(!this.#settled.has(id), `${id} settles once`)
        this.#settled.set(id, code)
        if (code === 0) this.#checkStored(id)
        else {
          const names = new Set(records)
          assert.ok(!bench.log.stored.some(({ record }) => names.has(record)), `${id} is in the log, and is lost`)
        }
      },
    })
  }

  #answer(id: number, how: 'committed' | 'failed'): void {
    assert.ok(!this.#answered.has(id), `${id} is answered once`)
    this.#answered.set(id, how)
  }

  #checkStored(id: number): void {
    const { highWatermark, stored } = this.bench.log
    const committed = new Set(recordsOf(stored.filter(({ offset }) => offset < highWatermark)))
    for (const record of this.#withRecords.get(id) ?? []) assert.ok(committed.has(record), `${record} is committed`)
  }

  async step(step: Step): Promise<void> {
    const { clock, log } = this.bench
    if (step.kind === 'append') this.append(step.count, step)
    else if (step.kind === 'huge') this.append(1, { huge: true })
    else if (step.kind === 'drain') clock.drain()
    else if (step.kind === 'foreign') log.writeForeign()
    else if (step.kind === 'refuse') log.refusal = new ApiError(NOT_ENOUGH_REPLICAS, 'too few')
    else if (step.kind === 'wait') clock.advance(step.ms)
    else if (step.kind === 'turn') await turns()
    else if (step.kind === 'commit') log.commit(step.count, step.isReversed)
    else if (step.kind === 'lose') {
      // It is heard of before anything else is done.
      log.lose(step.count, new ApiError(NOT_LEADER_OR_FOLLOWER, 'lost'))
      await turns()
    }
  }

  async finish(ends: boolean): Promise<void> {
    const { bench } = this
    const { clock, log, runtime, state } = bench
    if (ends) runtime.end(NOT_COORDINATOR)
    // What is told may append again.
    for (let i = 0; i < 10; i++) {
      await turns()
      clock.drain()
      log.commit(log.waitingCount)
    }
    await turns()
    assert.equal(this.#answered.size, this.#count, 'each is answered')
    assert.deepEqual(bench.faults, [])
    if (ends) return
    assert.equal(this.#settled.size, this.#count, 'each is settled')
    assert.deepEqual(state.stored, log.stored, 'the state is the replay of the log')
    assert.ok(clock.waitingTimers <= 1)
    clock.advance(appendTimeoutMs)
    assert.equal(clock.waitingTimers, 0, 'nobody is looked for')
  }
}

test('any history: each append is answered once, in order, and truly; the state is the replay of the log', async () => {
  const histories = fc.asyncProperty(fc.array(step, { maxLength: 40 }), fc.boolean(), async (steps, ends) => {
    const model = new Model()
    for (const one of steps) await model.step(one)
    await model.finish(ends)
  })
  await fc.assert(histories, { numRuns: 1000 })
})
