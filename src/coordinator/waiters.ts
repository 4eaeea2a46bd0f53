/** Who waits for one batch of a shard: each is answered once, in time, and told once what became of its records. */
import { ErrorCode } from '../protocol/index.ts'
import type { Append } from './shard-context.ts'

interface Waiting<R> {
  readonly append: Append<R>
  readonly deadlineMs: number
}

export class Waiters<R> {
  readonly #run: (call: () => void) => void
  #waiting: Waiting<R>[] = []
  /** Also of those that were answered when their time was over. */
  #unsettled: Append<R>[] = []

  /** `run` calls one of them; what it throws is not for the others. */
  constructor(run: (call: () => void) => void) {
    this.#run = run
  }

  /** By the monotonic clock, as all times here. */
  add(append: Append<R>, deadlineMs: number): void {
    this.#waiting.push({ append, deadlineMs })
    if (append.settled !== undefined) this.#unsettled.push(append)
  }

  /** When the first of them will have waited too long; infinity: nobody waits. */
  get deadlineMs(): number {
    let first = Number.POSITIVE_INFINITY
    for (const { deadlineMs } of this.#waiting) first = Math.min(first, deadlineMs)
    return first
  }

  answerLate(nowMs: number): void {
    // Clocks of fractions: a timer may come a hair early.
    const isLate = ({ deadlineMs }: Waiting<R>): boolean => deadlineMs - nowMs < 1
    const late = this.#waiting.filter(isLate)
    this.#waiting = this.#waiting.filter((it) => !isLate(it))
    this.#tell(late, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  }

  /** The batch is committed (NONE), or never will be: then the newest is told first, for it may build on the others. */
  settle(code: number): void {
    const unsettled = code === ErrorCode.NONE ? this.#unsettled : this.#unsettled.toReversed()
    this.#unsettled = []
    for (const append of unsettled) this.#run(() => append.settled?.(code))
    this.answer(code)
  }

  /** Nothing is known of the batch, and never will be here. */
  answer(code: number): void {
    const waiting = this.#waiting
    this.#waiting = []
    this.#tell(waiting, code)
  }

  #tell(waiting: readonly Waiting<R>[], code: number): void {
    for (const { append } of waiting) {
      this.#run(() => (code === ErrorCode.NONE ? append.committed() : append.failed(code)))
    }
  }
}
