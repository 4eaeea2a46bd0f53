/** The machine's clock. */
import type { Clock, Timer } from '../base/index.ts'

/** The longest delay that the runtime's timers take; longer ones are waited for in pieces. */
const delayMsMax = 2 ** 31 - 1

export class SystemClock implements Clock {
  readonly #keepsAlive: boolean
  /** For the next round of immediates. */
  #waiting: (() => void)[] = []

  /** `keepsAlive`: the process does not end while something is waited for. */
  constructor({ keepsAlive = false }: { readonly keepsAlive?: boolean } = {}) {
    this.#keepsAlive = keepsAlive
  }

  now(): number {
    return Date.now()
  }

  monotonic(): number {
    return performance.now()
  }

  after(delayMs: number, fire: () => void): Timer {
    let handle: NodeJS.Timeout
    const wait = (leftMs: number): void => {
      const pieceMs = Math.min(leftMs, delayMsMax)
      handle = setTimeout(() => (leftMs > pieceMs ? wait(leftMs - pieceMs) : fire()), pieceMs)
      if (!this.#keepsAlive) handle.unref()
    }
    wait(Math.max(0, delayMs))
    return { cancel: () => clearTimeout(handle) }
  }

  /**
   * Timers run before the loop polls the sockets, immediates after it. The second round is for callers that already are
   * behind the poll. All of a round run one behind the other, and then what follows on their promises: answers that
   * leave together wake who waits for them once, and not between one append and the next.
   */
  afterDrain(then: () => void): void {
    this.#waiting.push(then)
    if (this.#waiting.length === 1) setImmediate(this.#secondRound)
  }

  readonly #secondRound = (): void => {
    const calls = this.#waiting.values()
    this.#waiting = []
    setImmediate(runAll, calls)
  }
}

function runAll(calls: IterableIterator<() => void>): void {
  try {
    for (const call of calls) call()
  } catch (error) {
    // Whoever stands behind it has no part in that.
    setImmediate(runAll, calls)
    throw error
  }
}
