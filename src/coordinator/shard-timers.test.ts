import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { BenchClock } from './runtime-bench.ts'
import { DeadlineTimers } from './shard-timers.ts'

class Bench {
  readonly clock = new BenchClock()
  readonly fired: string[] = []
  readonly timers = new DeadlineTimers(this.clock, (fire) => fire())

  schedule(key: string, delayMs: number, name = key): void {
    this.timers.schedule(key, delayMs, () => void this.fired.push(name))
  }
}

test('what is due fires once the sockets have been drained', () => {
  const { clock, fired, timers } = new Bench()
  timers.schedule('a', 100, () => void fired.push('a'))
  clock.advance(99)
  clock.drain()
  assert.equal(timers.has('a'), true)
  clock.advance(1)
  assert.deepEqual(fired, [])
  clock.drain()
  assert.deepEqual(fired, ['a'])
  assert.equal(timers.has('a'), false)
})

test('a heartbeat that is read in the drain is not too late', () => {
  const bench = new Bench()
  bench.schedule('a', 100, 'first')
  bench.clock.advance(100)
  bench.schedule('a', 100, 'second')
  bench.clock.drain()
  assert.deepEqual(bench.fired, [])
  bench.clock.advance(100)
  bench.clock.drain()
  assert.deepEqual(bench.fired, ['second'])
})

test('what is cancelled in the drain does not fire, nor what takes its place before its own time', () => {
  const bench = new Bench()
  bench.schedule('a', 100, 'first')
  bench.clock.advance(100)
  bench.timers.cancel('a')
  bench.schedule('a', 50, 'second')
  bench.clock.drain()
  assert.deepEqual(bench.fired, [])
  bench.clock.advance(50)
  bench.clock.drain()
  assert.deepEqual(bench.fired, ['second'])
})

test('a deadline that moves on, as with each heartbeat, takes no timer of the clock', () => {
  const bench = new Bench()
  bench.schedule('a', 100)
  for (let i = 0; i < 1000; i++) {
    bench.clock.advance(10)
    bench.clock.drain()
    bench.schedule('a', 100)
  }
  assert.ok(bench.clock.timerCount <= 1 + (1000 * 10) / 50, `${bench.clock.timerCount} timers`)
  assert.equal(bench.clock.waitingTimers, 1)
  assert.deepEqual(bench.fired, [])
})

test('a timer that comes a hair early is not sent away again', () => {
  const bench = new Bench()
  bench.schedule('a', 100)
  bench.clock.advance(99.5, 0.5)
  bench.clock.drain()
  assert.deepEqual(bench.fired, ['a'])
})

test('after the end nothing fires, not even what was due', () => {
  const bench = new Bench()
  bench.schedule('due', 100)
  bench.schedule('later', 200)
  bench.clock.advance(100)
  bench.timers.end()
  bench.schedule('after', 10)
  bench.clock.drain()
  bench.clock.advance(1000)
  bench.clock.drain()
  assert.deepEqual(bench.fired, [])
  assert.equal(bench.clock.waitingTimers, 0)
})

test('any history: each fires at its last deadline, and only then', () => {
  const key = fc.constantFrom('a', 'b')
  const step = fc.oneof(
    fc.record({ kind: fc.constant('schedule' as const), key, delayMs: fc.integer({ min: 1, max: 50 }) }),
    fc.record({ kind: fc.constant('cancel' as const), key }),
    fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 40 }) }),
  )
  const histories = fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
    const bench = new Bench()
    const expected: string[] = []
    const deadlines = new Map<string, number>()
    for (const [i, one] of steps.entries()) {
      const nowMs = bench.clock.monotonic()
      if (one.kind === 'schedule') {
        bench.schedule(one.key, one.delayMs, `${one.key} ${nowMs + one.delayMs}`)
        deadlines.set(one.key, nowMs + one.delayMs)
      } else if (one.kind === 'cancel') {
        bench.timers.cancel(one.key)
        deadlines.delete(one.key)
      } else {
        bench.clock.advance(one.ms)
        bench.clock.drain()
        const due = [...deadlines].filter(([, atMs]) => atMs <= nowMs + one.ms)
        for (const [dueKey, atMs] of due) {
          deadlines.delete(dueKey)
          expected.push(`${dueKey} ${atMs}`)
        }
      }
      assert.deepEqual(bench.fired.toSorted(), expected.toSorted(), `step ${i}`)
      for (const known of ['a', 'b']) assert.equal(bench.timers.has(known), deadlines.has(known))
      assert.ok(bench.clock.waitingTimers <= deadlines.size)
    }
  })
  fc.assert(histories, { numRuns: 500 })
})
