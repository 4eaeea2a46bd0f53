/**
 * What the logs of a directory share that recover at a time: how many of them read, and how many segments are left of those
 * under way. Reading is what costs memory and the disk's attention; the rest of an opening waits for names, many at a time.
 * How many read makes no difference to the time where the loop's checksums are the limit, over 2 GB/s from the cache.
 */

/** The segments of one log that must be read again. */
export interface SegmentsLeft {
  /** One of them is done. */
  done(): void
  /** The log ended before the others. */
  end(): void
}

export class RecoveryShare {
  readonly #readsMax: number
  #reads = 0
  readonly #waiting: (() => void)[] = []
  #segments = 0

  constructor(readsMax: number) {
    this.#readsMax = readsMax
  }

  /** Of the logs under way. */
  get segmentsLeft(): number {
    return this.#segments
  }

  begin(count: number): SegmentsLeft {
    let left = count
    this.#segments += count
    const take = (taken: number): void => {
      left -= taken
      this.#segments -= taken
    }
    return { done: () => take(1), end: () => take(left) }
  }

  /** When fewer than so many read. */
  async read<T>(work: () => Promise<T>): Promise<T> {
    if (this.#reads >= this.#readsMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#reads++
    try {
      return await work()
    } finally {
      // Whoever waits takes the place, so that nobody slips in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#reads--
      else next()
    }
  }
}
