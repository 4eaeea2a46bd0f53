/**
 * File work that may take long - cold reads, writes to a disk that pushes back, syncs - runs in the runtime's pool of
 * threads. This gate lets it have all of them but one, so that the sync of a vote or of a metadata record, which does not
 * pass here, always finds a thread. A thread of its own for those syncs would cost 12 MB.
 */

/** As the runtime makes its pool. */
const poolThreads = Math.max(2, Number(process.env['UV_THREADPOOL_SIZE']) || 4)

export class PoolGate {
  readonly #atOnceMax: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(atOnceMax = poolThreads - 1) {
    this.#atOnceMax = atOnceMax
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      // The place goes to the next one, so that nobody overtakes.
      if (next === undefined) this.#running--
      else next()
    }
  }
}
