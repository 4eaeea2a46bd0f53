/** The machine's clock. */
import type { Clock, Timer } from '../base/index.ts'

/** The longest delay that the runtime's timers take; longer ones are waited for in pieces. */
const delayMsMax = 2 ** 31 - 1

export class SystemClock implements Clock {
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
      // A node is kept alive by its listeners, never by a timer.
      handle.unref()
    }
    wait(Math.max(0, delayMs))
    return { cancel: () => clearTimeout(handle) }
  }

  /**
   * Timers run before the loop polls the sockets, immediates after it. The second round is for callers that already are
   * behind the poll.
   */
  afterDrain(then: () => void): void {
    setImmediate(() => setImmediate(then))
  }
}
