/** Until when a client goes on trying. */
import type { Clock } from '../base/index.ts'
import { KafkaError } from './kafka-error.ts'

export class Deadline {
  readonly #clock: Clock
  readonly #atMs: number
  /** What is told when it has passed. */
  readonly #what: string

  /** `what` goes on "... within N ms". */
  constructor(clock: Clock, { afterMs, what }: { readonly afterMs: number; readonly what: string }) {
    this.#clock = clock
    this.#atMs = clock.monotonic() + afterMs
    this.#what = `${what} within ${afterMs} ms`
  }

  get leftMs(): number {
    return Math.max(0, this.#atMs - this.#clock.monotonic())
  }

  get isOver(): boolean {
    return this.leftMs === 0
  }

  /** `cause` is what went wrong last. */
  error(cause?: unknown): KafkaError {
    const reason = cause instanceof Error ? `: ${cause.message}` : ''
    return new KafkaError('TIMED_OUT', `${this.#what}${reason}`, cause === undefined ? {} : { cause })
  }

  /** What `work` gives, while there is time; the work itself goes on. Rejects with KafkaError, whose cause is what `last` gives then. */
  async within<T>(work: Promise<T>, last: () => unknown = () => undefined): Promise<T> {
    const { promise, reject } = Promise.withResolvers<never>()
    const timer = this.#clock.after(this.leftMs, () => reject(this.error(last())))
    try {
      return await Promise.race([work, promise])
    } finally {
      timer.cancel()
    }
  }
}
