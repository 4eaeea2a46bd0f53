/**
 * Collections of garbage, and what was allocated between them. V8 does not count allocations; it tells how much of the heap was in
 * use before and after each collection, and what came in between was allocated. Objects of JavaScript alone: buffers lie outside.
 *
 * Costs a tenth of a millisecond a collection, of which a broker that answers 140,000 requests a second has 60 to 100 a second.
 */
import { GCProfiler, type GCProfilerResult, getHeapStatistics } from 'node:v8'
import { counter, histogram, type Metric } from '../base/index.ts'

/** What was told of collections is taken so often: it is text of some kilobytes each, and reading it must not hold the loop. */
const readMs = 250
const boundsSeconds: readonly number[] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5]

/** By V8's names, as Prometheus's own clients call them. */
const kinds: Readonly<Record<string, string>> = {
  Scavenge: 'minor',
  MinorMarkSweep: 'minor',
  MarkSweepCompact: 'major',
  IncrementalMarking: 'incremental',
  ProcessWeakCallbacks: 'weakcb',
}

interface Tally {
  readonly counts: Float64Array
  seconds: number
}

export class Collections {
  readonly #profiler = new GCProfiler()
  readonly #timer: NodeJS.Timeout
  readonly #tallies = new Map<string, Tally>([
    ['minor', newTally()],
    ['major', newTally()],
  ])
  /** Of the heap, when it was looked at last: after the newest collection or later. */
  #usedBytes = getHeapStatistics().used_heap_size
  #allocatedBytes = 0

  constructor() {
    this.#profiler.start()
    this.#timer = setInterval(() => this.#read(), readMs)
    this.#timer.unref()
  }

  /** Since it was made. */
  metrics(): readonly Metric[] {
    this.#read()
    this.#allocated(getHeapStatistics().used_heap_size)
    return [
      counter(
        'odradek_heap_allocated_bytes_total',
        'Bytes of JavaScript objects that were allocated; without buffers.',
        this.#allocatedBytes,
      ),
      histogram(
        { name: 'nodejs_gc_duration_seconds', help: 'Collections of garbage, by kind.' },
        boundsSeconds,
        [...this.#tallies].map(([kind, { counts, seconds }]) => ({ labels: { kind }, counts, sum: seconds })),
      ),
    ]
  }

  close(): void {
    clearInterval(this.#timer)
    this.#profiler.stop()
  }

  #read(): void {
    const { statistics } = this.#profiler.stop()
    this.#profiler.start()
    for (const collection of statistics) this.#add(collection)
  }

  #add({ gcType, cost, beforeGC, afterGC }: GCProfilerResult['statistics'][number]): void {
    this.#allocated(beforeGC.heapStatistics.usedHeapSize)
    this.#usedBytes = afterGC.heapStatistics.usedHeapSize
    const kind = kinds[gcType] ?? 'other'
    const tally = this.#tallies.get(kind) ?? newTally()
    this.#tallies.set(kind, tally)
    const seconds = cost / 1e6
    const found = boundsSeconds.findIndex((bound) => seconds <= bound)
    const i = found < 0 ? boundsSeconds.length : found
    tally.counts[i] = (tally.counts[i] ?? 0) + 1
    tally.seconds += seconds
  }

  /** The heap shrinks between collections too, while old pages are swept: that is no allocation. */
  #allocated(usedBytes: number): void {
    this.#allocatedBytes += Math.max(0, usedBytes - this.#usedBytes)
    this.#usedBytes = usedBytes
  }
}

const newTally = (): Tally => ({ counts: new Float64Array(boundsSeconds.length + 1), seconds: 0 })
