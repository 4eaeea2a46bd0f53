import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BenchClock } from './runtime-bench.ts'
import { Turns } from './turns.ts'

class Bench {
  readonly clock = new BenchClock()
  readonly turns = new Turns(this.clock)
  readonly ran: string[] = []

  /** As many slices, each of which takes so long. */
  work(name: string, slices: number, sliceMs: number): void {
    if (slices === 0) return
    this.turns.wait(() => {
      this.ran.push(name)
      this.clock.pass(sliceMs)
      this.work(name, slices - 1, sliceMs)
    })
  }

  turn(): string {
    this.clock.fireOne()
    return this.ran.splice(0).join(' ')
  }
}

test('one long slice in each turn of the loop, and all have theirs', () => {
  const bench = new Bench()
  for (const name of ['a', 'b', 'c']) bench.work(name, 2, 300)
  assert.equal(bench.clock.waitingTimers, 1)
  const turns = Array.from({ length: 6 }, () => bench.turn())
  assert.deepEqual(turns, ['a', 'b', 'c', 'a', 'b', 'c'])
  assert.equal(bench.clock.waitingTimers, 0)
})

test('short ones share it, but none has two', () => {
  const bench = new Bench()
  for (const name of ['a', 'b', 'c']) bench.work(name, 2, 0.4)
  const turns = Array.from({ length: 2 }, () => bench.turn())
  assert.deepEqual(turns, ['a b c', 'a b c'])
  bench.work('d', 1, 2)
  bench.work('e', 1, 0)
  assert.deepEqual([bench.turn(), bench.turn()], ['d', 'e'])
  assert.equal(bench.clock.waitingTimers, 0)
})

test('the next one is not due before a long one has ended, and comes also where that throws', () => {
  const bench = new Bench()
  bench.turns.wait(() => {
    assert.equal(bench.clock.waitingTimers, 0)
    throw new Error('a fault')
  })
  bench.work('a', 1, 0)
  assert.throws(() => bench.turn(), /a fault/)
  assert.equal(bench.turn(), 'a')
})
