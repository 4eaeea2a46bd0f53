/** What the process tells of itself where metrics are served, under the names that Prometheus's own clients use. */
import { type EventLoopUtilization, monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { counter, gauge, type Metric } from '../base/index.ts'
import { Collections } from './collections.ts'

/** Idle, the loop is looked at this often. */
const resolutionMs = 10
const nanosecondsPerSecond = 1e9

/** Watches until it is closed, and keeps no process alive. */
export class ProcessWatch {
  readonly #delay = monitorEventLoopDelay({ resolution: resolutionMs })
  readonly #collections = new Collections()
  /** At the last scrape. */
  #utilization: EventLoopUtilization = performance.eventLoopUtilization()

  constructor() {
    this.#delay.enable()
  }

  metrics(): readonly Metric[] {
    const { user, system } = process.cpuUsage()
    const { rss, heapTotal, heapUsed, external } = process.memoryUsage()
    return [
      counter('process_cpu_seconds_total', 'CPU time of the process.', (user + system) / 1e6),
      gauge('process_resident_memory_bytes', 'Resident set of the process.', rss),
      gauge('nodejs_heap_size_total_bytes', 'JavaScript heap, free parts included.', heapTotal),
      gauge('nodejs_heap_size_used_bytes', 'JavaScript heap in use.', heapUsed),
      gauge('nodejs_external_memory_bytes', 'Memory of buffers, outside of the JavaScript heap.', external),
      ...this.#loopMetrics(),
      ...this.#collections.metrics(),
    ]
  }

  /** Whoever asks next is told what is since now. */
  passed(): void {
    this.#delay.reset()
    this.#utilization = performance.eventLoopUtilization()
  }

  close(): void {
    this.#delay.disable()
    this.#collections.close()
  }

  #loopMetrics(): readonly Metric[] {
    const { utilization } = performance.eventLoopUtilization(this.#utilization)
    const lag = (name: string, help: string, nanoseconds: number): Metric =>
      gauge(`nodejs_eventloop_lag_${name}_seconds`, `${help} since the last scrape.`, delaySeconds(nanoseconds))
    return [
      lag('p50', 'Delay of the event loop, half of the time,', this.#delay.percentile(50)),
      lag('p99', 'Delay of the event loop', this.#delay.percentile(99)),
      lag('max', 'Longest delay of the event loop', this.#delay.max),
      gauge(
        'nodejs_eventloop_utilization',
        'Part of the time that the loop was busy, since the last scrape.',
        utilization,
      ),
    ]
  }
}

/** The histogram has the time between two looks, which is what was meant to pass and the delay. */
const delaySeconds = (nanoseconds: number): number =>
  Math.max(0, nanoseconds / nanosecondsPerSecond - resolutionMs / 1000)
