/**
 * File work runs in the runtime's pool of threads. This gate lets work that may take long - cold reads, writes to a disk
 * that pushes back, syncs - have all of them but one, so that the sync of a vote or of a metadata record, which does not
 * pass here, finds a thread. A thread of its own for those syncs would cost 12 MB.
 *
 * Short work on names (open, stat, rename) passes freely, a thousand logs are full of it, as long as the disk is quick:
 * while anything that passed takes long, short work waits like the other.
 */

/** As the runtime makes its pool. */
const poolThreads = Math.max(2, Number(process.env['UV_THREADPOOL_SIZE']) || 4)
/** Far more than short work takes on a disk that is well. */
const slowMs = 20

export class PoolGate {
  readonly #atOnceMax: number
  readonly #waiting: (() => void)[] = []
  /** When what is under way began, the oldest first. */
  readonly #begun = new Set<{ readonly atMs: number }>()
  #running = 0

  constructor(atOnceMax = poolThreads - 1) {
    this.#atOnceMax = atOnceMax
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnceMax) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running++
    try {
      return await this.#timed(work)
    } finally {
      const next = this.#waiting.shift()
      // The place goes to the next one, so that nobody overtakes.
      if (next === undefined) this.#running--
      else next()
    }
  }

  runShort<T>(work: () => Promise<T>): Promise<T> {
    const [oldest] = this.#begun
    const isSlow = oldest !== undefined && performance.now() - oldest.atMs > slowMs
    return isSlow ? this.run(work) : this.#timed(work)
  }

  async #timed<T>(work: () => Promise<T>): Promise<T> {
    const entry = { atMs: performance.now() }
    this.#begun.add(entry)
    try {
      return await work()
    } finally {
      this.#begun.delete(entry)
    }
  }
}
