import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Clock, Timer } from './env.ts'
import { TimerWheel } from './timer-wheel.ts'

/** A clock that is moved by hand; `drained` holds what waits for the sockets. */
class HandClock implements Clock {
  nowMs = 0
  armed = 0
  readonly drained: (() => void)[] = []
  readonly #timers = new Set<{ readonly atMs: number; readonly fire: () => void }>()

  now(): number {
    return this.nowMs
  }

  monotonic(): number {
    return this.nowMs
  }

  after(delayMs: number, fire: () => void): Timer {
    const timer = { atMs: this.nowMs + delayMs, fire }
    this.#timers.add(timer)
    this.armed++
    assert.ok(this.armed < 100_000, 'a timer is set again and again while time stands still')
    return { cancel: () => this.#timers.delete(timer) }
  }

  afterDrain(then: () => void): void {
    this.drained.push(then)
  }

  get waiting(): number {
    return this.#timers.size
  }

  /** To `nowMs` at once, as a loop that was held; then timers that are due, the earliest first. */
  jumpTo(nowMs: number): void {
    this.nowMs = nowMs
    for (;;) {
      const due = [...this.#timers].filter(({ atMs }) => atMs <= nowMs).sort((a, b) => a.atMs - b.atMs)[0]
      if (due === undefined) return
      this.#timers.delete(due)
      due.fire()
    }
  }
}

test('every deadline fires once, in order, never early and at most a tick late, unless cancelled', () => {
  const step = fc.record({ delayMs: fc.nat(900), cancel: fc.boolean(), waitMs: fc.nat(60) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const clock = new HandClock()
      const wheel = new TimerWheel({ clock, tickMs: 10, slots: 16 })
      const expected: number[] = []
      const fired: number[] = []
      const advance = (ms: number): void => {
        for (const end = clock.nowMs + ms; clock.nowMs < end; ) clock.jumpTo(clock.nowMs + 1)
      }
      for (const [i, { delayMs, cancel, waitMs }] of steps.entries()) {
        const deadlineMs = clock.nowMs + delayMs
        const timer = wheel.after(delayMs, () => {
          fired.push(i)
          assert.ok(clock.nowMs >= deadlineMs && clock.nowMs <= deadlineMs + 10, `${clock.nowMs} for ${deadlineMs}`)
        })
        advance(waitMs)
        if (!cancel) expected.push(i)
        else if (fired.includes(i)) expected.push(i)
        else timer.cancel()
      }
      advance(1000)
      assert.deepEqual([...fired].sort(), [...expected].sort())
      assert.equal(wheel.size, 0)
      assert.equal(clock.waiting, 0)
    }),
    { numRuns: 50 },
  )
})

test('a jump over many turns of the wheel fires all in the order of their deadlines', () => {
  const clock = new HandClock()
  const wheel = new TimerWheel({ clock, tickMs: 10, slots: 8 })
  const fired: number[] = []
  for (const delayMs of [500, 20, 340, 25, 20, 100]) wheel.after(delayMs, () => fired.push(delayMs))
  clock.jumpTo(7 * 24 * 3_600_000)
  assert.deepEqual(fired, [20, 20, 25, 100, 340, 500])
})

test('one that fires may cancel its neighbour, and start anew', () => {
  const clock = new HandClock()
  const wheel = new TimerWheel({ clock, tickMs: 10 })
  const fired: string[] = []
  wheel.after(10, () => {
    fired.push('first')
    neighbour.cancel()
    wheel.after(0, () => fired.push('next'))
  })
  const neighbour = wheel.after(10, () => fired.push('neighbour'))
  clock.jumpTo(10)
  assert.deepEqual(fired, ['first'])
  clock.jumpTo(20)
  assert.deepEqual(fired, ['first', 'next'])
})

test('adding later deadlines, and cancelling, arm no timers of the clock', () => {
  const clock = new HandClock()
  const wheel = new TimerWheel({ clock, tickMs: 10 })
  for (let i = 0; i < 1000; i++) wheel.after(500 + i, () => undefined)
  assert.equal(clock.armed, 1)
  wheel.clear()
  assert.equal(wheel.size, 0)
  assert.equal(clock.waiting, 0)
})

test('with drainFirst, what the sockets hold can still save one', () => {
  const clock = new HandClock()
  const wheel = new TimerWheel({ clock, tickMs: 10, drainFirst: true })
  const fired: string[] = []
  const saved = wheel.after(100, () => fired.push('saved'))
  wheel.after(100, () => fired.push('lost'))
  clock.jumpTo(5000)
  assert.equal(fired.length, 0)
  saved.cancel()
  wheel.after(50, () => fired.push('later'))
  for (const then of clock.drained.splice(0)) then()
  assert.deepEqual(fired, ['lost'])
  clock.jumpTo(5060)
  for (const then of clock.drained.splice(0)) then()
  assert.deepEqual(fired, ['lost', 'later'])
})

test('at the moment that a timer was set for it is time, however the sums are rounded', () => {
  for (let i = 1; i < 2000; i++) {
    const clock = new HandClock()
    clock.nowMs = i * 1.000_123_456_789
    const wheel = new TimerWheel({ clock, tickMs: 10, slots: 16 })
    let fired = 0
    wheel.after(i * 10, () => fired++)
    const startMs = clock.nowMs
    // The tick of the deadline, or the one behind it; timers of a clock take whole milliseconds.
    for (const delayMs of [i * 10, i * 10 + 10, i * 10 + 11]) clock.jumpTo(startMs + delayMs)
    assert.equal(fired, 1, `${i}`)
    assert.ok(clock.armed <= 4, `${i}: set ${clock.armed} times`)
  }
})

test('a wheel that lingers sets no timer for waits that are over before their time, and fires those that are not', () => {
  const clock = new HandClock()
  const wheel = new TimerWheel({ clock, tickMs: 10, lingers: true })
  for (let i = 0; i < 1000; i++) {
    const wait = wheel.after(500, () => assert.fail('it was cancelled'))
    wait.cancel()
  }
  assert.equal(clock.armed, 1)
  let fired = 0
  wheel.after(500, () => fired++)
  clock.jumpTo(510)
  assert.equal(fired, 1)
  wheel.after(500, () => assert.fail('it was cleared'))
  wheel.clear()
  assert.equal(clock.waiting, 0)
})
