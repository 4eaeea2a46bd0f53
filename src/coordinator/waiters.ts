/** Who waits for one batch of a shard: each is answered once, in time, and told once what became of its records. */
import type { Clock, Timer } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Append } from './shard-context.ts'

interface Waiting<R> {
  readonly append: Append<R>
  readonly deadlineMs: number
}

export interface WaitersOptions {
  readonly clock: Clock
  readonly timeoutMs: () => number
  /** Calls one of them; what it throws is not for the others. */
  readonly run: (call: () => void) => void
}

export class Waiters<R> {
  readonly #options: WaitersOptions
  #waiting: Waiting<R>[] = []
  /** Also of those that were answered when their time was over. */
  #unsettled: Append<R>[] = []
  #timer: Timer | undefined

  constructor(options: WaitersOptions) {
    this.#options = options
  }

  /** One timer for all: who comes later, which may be long after the first, waits for its own time. */
  add(append: Append<R>): void {
    const { clock, timeoutMs } = this.#options
    const waitMs = timeoutMs()
    this.#waiting.push({ append, deadlineMs: clock.monotonic() + waitMs })
    if (append.settled !== undefined) this.#unsettled.push(append)
    if (this.#timer === undefined) this.#arm(waitMs)
  }

  #arm(waitMs: number): void {
    this.#timer = this.#options.clock.after(waitMs, () => this.#answerLate())
  }

  #answerLate(): void {
    const nowMs = this.#options.clock.monotonic()
    // Clocks of fractions: a timer may come a hair early.
    const isLate = ({ deadlineMs }: Waiting<R>): boolean => deadlineMs - nowMs < 1
    const late = this.#waiting.filter(isLate)
    this.#waiting = this.#waiting.filter((it) => !isLate(it))
    const [next] = this.#waiting
    this.#timer = undefined
    if (next !== undefined) this.#arm(next.deadlineMs - nowMs)
    this.#tell(late, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /** The batch is committed (NONE), or never will be: then the newest is told first, for it may build on the others. */
  settle(code: number): void {
    const unsettled = code === ErrorCode.NONE ? this.#unsettled : this.#unsettled.toReversed()
    this.#unsettled = []
    for (const append of unsettled) this.#options.run(() => append.settled?.(code))
    this.answer(code)
  }

  /** Nothing is known of the batch, and never will be here. */
  answer(code: number): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const waiting = this.#waiting
    this.#waiting = []
    this.#tell(waiting, code)
  }

  #tell(waiting: readonly Waiting<R>[], code: number): void {
    for (const { append } of waiting) {
      this.#options.run(() => (code === ErrorCode.NONE ? append.committed() : append.failed(code)))
    }
  }
}
