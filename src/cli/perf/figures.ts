/** What was measured, as figures for programs, and in words. Pure. */
import { table } from '../table.ts'
import type { Histogram } from './histogram.ts'

const mebi = 1024 * 1024

export interface Latencies {
  readonly mean: number
  readonly p50: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

const ms = (us: number): number => Number((us / 1000).toFixed(3))

/** In milliseconds. */
export const latenciesOf = (histogram: Histogram): Latencies => ({
  mean: ms(histogram.mean),
  p50: ms(histogram.percentile(50)),
  p95: ms(histogram.percentile(95)),
  p99: ms(histogram.percentile(99)),
  p999: ms(histogram.percentile(99.9)),
  max: ms(histogram.max),
})

export interface Rates {
  readonly records: number
  readonly bytes: number
  readonly seconds: number
  readonly recordsPerSecond: number
  /** Of 1,048,576 bytes, as Kafka's tools count. */
  readonly mbPerSecond: number
}

/** Bytes are those of values and keys. */
export function ratesOf(records: number, bytes: number, elapsedMs: number): Rates {
  const seconds = Math.max(elapsedMs, 0.001) / 1000
  return {
    records,
    bytes,
    seconds: Number(seconds.toFixed(3)),
    recordsPerSecond: Number((records / seconds).toFixed(1)),
    mbPerSecond: Number((bytes / mebi / seconds).toFixed(2)),
  }
}

export const ratesText = ({ records, seconds, recordsPerSecond, mbPerSecond }: Rates): string =>
  `${records} records in ${seconds.toFixed(1)} s: ${recordsPerSecond.toFixed(1)} records/s, ${mbPerSecond.toFixed(2)} MB/s`

/** A row for each kind of latency. */
export function latenciesText(rows: Readonly<Record<string, Latencies>>): string {
  const cells = Object.entries(rows).map(([name, { mean, p50, p95, p99, p999, max }]) => [
    name,
    ...[mean, p50, p95, p99, p999, max].map((it) => it.toFixed(2)),
  ])
  return table([['LATENCY (ms)', 'MEAN', 'P50', 'P95', 'P99', 'P99.9', 'MAX'], ...cells])
}
