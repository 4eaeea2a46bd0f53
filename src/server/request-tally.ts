/**
 * What is counted of one API's requests, for metrics. On the path of every request: the arrays are there from the start,
 * nothing is allocated.
 */
import type { BoundHandler } from './handler.ts'

/** Upper bounds of the buckets of request times; what takes longer has one more bucket. */
export const totalTimeBoundsMs: readonly number[] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000]

type Api = Pick<BoundHandler, 'name' | 'versions'>

export class RequestTally {
  readonly api: Api
  /** By version. The last one is of all that are not served: what clients make up must not make series. */
  readonly requests: Float64Array
  /** Replies, by the first bound that their time is within. */
  readonly times = new Float64Array(totalTimeBoundsMs.length + 1)
  /** Of all replies together. */
  totalTimeMs = 0

  constructor({ name, versions }: Api) {
    this.api = { name, versions }
    this.requests = new Float64Array(versions[1] + 2)
  }

  /** A request came. */
  came(version: number): void {
    const [min, max] = this.api.versions
    const i = version < min || version > max ? max + 1 : version
    this.requests[i] = (this.requests[i] ?? 0) + 1
  }

  /** A reply went to the stream, so long after its request was complete. */
  took(ms: number): void {
    // Nearly all are within the first bounds: a search would look at more of them.
    let i = 0
    while (ms > (totalTimeBoundsMs[i] ?? Number.POSITIVE_INFINITY)) i++
    this.times[i] = (this.times[i] ?? 0) + 1
    this.totalTimeMs += ms
  }

  /** Of the same API, on another listener. */
  add({ requests, times, totalTimeMs }: RequestTally): void {
    for (const [i, count] of requests.entries()) this.requests[i] = (this.requests[i] ?? 0) + count
    for (const [i, count] of times.entries()) this.times[i] = (this.times[i] ?? 0) + count
    this.totalTimeMs += totalTimeMs
  }
}
