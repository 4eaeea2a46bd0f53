/**
 * Run in a process of its own, as `counts` or `allocations`: starts the broker, does every scenario, prints what a request
 * took as JSON. What is counted is wrapped, and wrappers allocate: hence two runs.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { getHeapStatistics } from 'node:v8'
import { cache } from '../paths.ts'
import { Counters } from './counters.ts'

// Kept before they are wrapped; the broker and all that drives it are loaded after that.
const later = setImmediate
const { copy } = Buffer.prototype
const counters = new Counters()
const isCounting = process.argv[2] === 'counts'
if (isCounting) counters.install()
const { GuardedBroker } = await import('./broker.ts')
const { makeScenarios } = await import('./scenarios.ts')
const { Stretch, tryOut } = await import('./stretch.ts')
const { makeWorld } = await import('./world.ts')

/** Done over and over, `steps` times in a stretch, each of so many `requests`; calls `done` behind the last. */
interface Work {
  readonly run: (steps: number, done: () => void) => void
  readonly steps: number
  readonly requests: number
}

const stretches = 9
const warmUps = 10

const run = (work: Work, steps: number): Promise<void> => new Promise((resolve) => work.run(steps, resolve))

/** All stretches in one: where a buffer is used up in the one or the other is nothing that matters. */
async function count(work: Work): Promise<unknown> {
  await run(work, work.steps)
  const steps = work.steps * stretches
  const requests = steps * work.requests
  return new Promise((resolve) => {
    later(() => {
      counters.start()
      work.run(steps, () => resolve({ requests, calls: counters.stop(requests) }))
    })
  })
}

/** Bytes on the heap for each request: the median of the stretches, in which nothing is collected. */
async function allocations(work: Work): Promise<number> {
  const { steps, requests } = work
  for (let i = 0; i < warmUps; i++) await run(work, steps)
  const found: number[] = []
  for (let i = 0; i < stretches; i++) {
    globalThis.gc?.({ type: 'minor', execution: 'sync' })
    const before = getHeapStatistics().used_heap_size
    await run(work, steps)
    found.push((getHeapStatistics().used_heap_size - before) / steps / requests)
  }
  found.sort((a, b) => a - b)
  return Math.round(found[stretches >> 1] ?? 0)
}

async function main(): Promise<void> {
  const folders = join(cache, 'guard')
  mkdirSync(folders, { recursive: true })
  const folder = mkdtempSync(join(folders, 'data-'))
  const measure = isCounting ? count : allocations
  const found: Record<string, unknown> = {}
  try {
    const told = { later, copy, count: (name: string, bytes: number): void => counters.add(name, bytes) }
    const broker = await GuardedBroker.start(folder, told)
    for (const scenario of makeScenarios(await makeWorld(broker), () => broker.connect())) {
      await tryOut(broker, scenario)
      const stretch = new Stretch(scenario, later)
      found[scenario.name] = await measure({ ...scenario, run: (steps, done) => stretch.run(steps, done) })
    }
    // The last one: members of groups that are silent expire. What waits for its files allocates, sometimes more and sometimes less.
    const idle = { run: (seconds: number, done: () => void) => broker.clock.pass(seconds * 1000, done) }
    if (isCounting) found['an idle second, 100 partitions'] = await measure({ ...idle, steps: 1, requests: 1 })
    await broker.stop()
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  process.stdout.write(JSON.stringify(found))
}

await main()
