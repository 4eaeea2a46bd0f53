import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { SeededRandom } from './random.ts'
import { CallEvent, Life, Scheduler } from './scheduler.ts'

test('events fire by time, ties as scheduled, late ones last of their instant', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat(20), { maxLength: 60 }), async (times) => {
      const scheduler = new Scheduler(setImmediate)
      const fired: (readonly [number, number])[] = []
      times.forEach((at, i) => {
        scheduler.call({ name: 'x', delayMs: at, call: () => fired.push([at, i]) })
      })
      await scheduler.run(100)
      assert.deepEqual(
        fired,
        times.map((at, i) => [at, i] as const).sort((a, b) => a[0] - b[0] || a[1] - b[1]),
      )
      assert.equal(scheduler.nowMs, 100)
    }),
    { numRuns: 50 },
  )
})

test('a late event waits for what is scheduled for the instant after it', async () => {
  const scheduler = new Scheduler(setImmediate)
  const seen: string[] = []
  scheduler.late(new CallEvent({ traceId: 0, life: undefined, call: () => seen.push('late') }))
  scheduler.call({
    name: 'a',
    delayMs: 0,
    call: () => {
      seen.push('a')
      scheduler.call({ name: 'b', delayMs: 0, call: () => seen.push('b') })
    },
  })
  await scheduler.run(0)
  assert.deepEqual(seen, ['a', 'b', 'late'])
})

test('promise jobs of an event, however long their chain, end before the next event', async () => {
  const scheduler = new Scheduler(setImmediate)
  let hops = 0
  const chain = async (): Promise<void> => {
    for (let i = 0; i < 500; i++) {
      await Promise.resolve()
      hops++
    }
  }
  const seen: number[] = []
  for (let i = 0; i < 300; i++) {
    scheduler.call({ name: 'chain', delayMs: i, call: () => void chain() })
    scheduler.call({ name: 'look', delayMs: i, call: () => seen.push(hops) })
  }
  await scheduler.run(1000)
  assert.deepEqual(
    seen,
    seen.map((_, i) => (i + 1) * 500),
  )
})

test('nothing of a dead process fires, of a paused one later, and what throws ends the run', async () => {
  const scheduler = new Scheduler(setImmediate)
  const [dead, paused] = [new Life(), new Life()]
  dead.alive = false
  paused.pausedUntilMs = 50
  const seen: string[] = []
  scheduler.call({ name: 'dead', delayMs: 1, life: dead, call: () => seen.push('dead') })
  scheduler.call({ name: 'paused', delayMs: 2, life: paused, call: () => seen.push(`paused ${scheduler.nowMs}`) })
  scheduler.call({ name: 'free', delayMs: 3, call: () => seen.push('free') })
  await scheduler.run(60)
  assert.deepEqual(seen, ['free', 'paused 50'])
  scheduler.call({
    name: 'throws',
    delayMs: 1,
    call: () => {
      throw new RangeError('planted')
    },
  })
  await assert.rejects(scheduler.run(100), RangeError)
})

test('streams are apart by name, and the same again from the same seed', () => {
  const [one, two] = [new SeededRandom('7'), new SeededRandom('7')]
  one.stream('other').u32()
  const draw = (random: SeededRandom): number[] => Array.from({ length: 8 }, () => random.stream('a').u32())
  const first = draw(one)
  assert.deepEqual(first, draw(two))
  assert.notDeepEqual(first, draw(new SeededRandom('8')))
  assert.notDeepEqual(first, draw(new SeededRandom('7').fork('a')))
  const stream = one.stream('even')
  const counts = new Uint32Array(10)
  for (let i = 0; i < 100_000; i++) {
    const at = stream.below(10)
    counts[at] = (counts[at] ?? 0) + 1
  }
  for (const count of counts) assert.ok(Math.abs(count - 10_000) < 500, `${count}`)
})
