/** Minimum, median and maximum of a few figures, and whether they pass a bar. */
import type { Bar } from './scenario.ts'

export interface Spread {
  readonly min: number
  readonly median: number
  readonly max: number
}

export function spread(values: readonly number[]): Spread | undefined {
  const sorted = [...values].sort((a, b) => a - b)
  const [min] = sorted
  const max = sorted.at(-1)
  const low = sorted[Math.floor((sorted.length - 1) / 2)]
  const high = sorted[Math.ceil((sorted.length - 1) / 2)]
  if (min === undefined || max === undefined || low === undefined || high === undefined) return undefined
  return { min, median: (low + high) / 2, max }
}

/** The median decides: one bad neighbour in one round must not. */
export function passes(bar: Bar, { median }: Spread): boolean {
  return bar.bound === 'at-most' ? median <= bar.value : median >= bar.value
}
