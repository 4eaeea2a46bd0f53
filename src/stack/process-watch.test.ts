import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { prometheusText } from '../base/index.ts'
import { ProcessWatch } from './process-watch.ts'

/** As a scraper reads it. */
function read(watch: ProcessWatch, series: string): number {
  const line = prometheusText(watch.metrics())
    .split('\n')
    .find((it) => it.startsWith(`${series} `))
  assert.ok(line !== undefined, series)
  return Number(line.slice(series.length))
}

function held(ms: number): void {
  const endMs = performance.now() + ms
  while (performance.now() < endMs);
}

const allocated = 'odradek_heap_allocated_bytes_total'
const heldMs = 60

test('a loop that was held is told once: its longest delay, and how busy it was', async () => {
  const watch = new ProcessWatch()
  await delay(50)
  watch.passed()
  // The first look after a scrape begins anew.
  await delay(50)
  held(heldMs)
  // The look that comes late.
  await delay(20)
  assert.ok(read(watch, 'nodejs_eventloop_lag_max_seconds') > (heldMs / 1000) * 0.7)
  assert.ok(read(watch, 'nodejs_eventloop_lag_p99_seconds') >= read(watch, 'nodejs_eventloop_lag_p50_seconds'))
  const busy = read(watch, 'nodejs_eventloop_utilization')
  assert.ok(busy > 0.25 && busy <= 1, `${busy}`)
  watch.passed()
  held(20)
  assert.ok(read(watch, 'nodejs_eventloop_utilization') > 0.95, 'nothing from before the scrape')
  // The machine may be busy: one quiet moment is enough.
  for (let tries = 0; ; tries++) {
    watch.passed()
    await delay(100)
    const isQuiet = read(watch, 'nodejs_eventloop_lag_max_seconds') < (heldMs / 1000) * 0.5
    if (isQuiet && read(watch, 'nodejs_eventloop_utilization') < 0.5) break
    assert.ok(tries < 100)
  }
  watch.close()
})

test('bytes that were allocated are counted, collected or not, and so are collections by kind', async () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  const watch = new ProcessWatch()
  collect({ type: 'major' })
  const before = read(watch, allocated)
  const majors = read(watch, 'nodejs_gc_duration_seconds_count{kind="major"}')
  const minors = read(watch, 'nodejs_gc_duration_seconds_count{kind="minor"}')
  const arrayBytes = 8 * 1000
  let kept: unknown
  for (let i = 0; i < 10_000; i++) kept = new Array(1000).fill(i + 0.5)
  assert.ok(Array.isArray(kept))
  const between = read(watch, allocated) - before
  // 80 MB, of which next to nothing is left; some more, of the loop that asks.
  assert.ok(between >= arrayBytes * 10_000, `${between}`)
  assert.ok(between < arrayBytes * 10_000 * 1.6, `${between}`)
  assert.ok(read(watch, 'nodejs_gc_duration_seconds_count{kind="minor"}') > minors)
  collect({ type: 'major' })
  assert.ok(read(watch, 'nodejs_gc_duration_seconds_count{kind="major"}') > majors)
  assert.ok(read(watch, 'nodejs_gc_duration_seconds_sum{kind="major"}') > 0)
  // Reading takes little.
  const again = read(watch, allocated)
  assert.ok(read(watch, allocated) - again < 1e6)
  watch.close()
})

test('a counter never goes back, though the heap shrinks', () => {
  setFlagsFromString('--expose-gc')
  const collect: unknown = runInNewContext('gc')
  assert.ok(typeof collect === 'function')
  const watch = new ProcessWatch()
  let last = 0
  for (let i = 0; i < 20; i++) {
    const garbage = Array.from({ length: 10_000 }, (_, j) => ({ i, j }))
    assert.equal(garbage.length, 10_000)
    if (i % 3 === 0) collect({ type: i % 2 === 0 ? 'major' : 'minor' })
    const now = read(watch, allocated)
    assert.ok(now >= last)
    last = now
  }
  watch.close()
})
