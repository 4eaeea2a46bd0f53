/**
 * A fetch that found less than it asks for: it waits on its partitions and on the timer wheel, and is read anew when they
 * moved. On the fetch path; one per connection at most.
 */
import type { TimerWheel } from '../base/index.ts'
import { type FetchLimits, type FetchRead, readTargets, releaseRead, type Target } from './fetch-reader.ts'
import type { Partition, PartitionStep, PartitionWaiter } from './partition.ts'

export interface WaitOptions extends FetchLimits {
  readonly minBytes: number
  readonly maxWaitMs: number
}

/** `cancel` ends the waiting without an answer: the reader is gone. */
export interface Fetching {
  readonly read: FetchRead | Promise<FetchRead>
  cancel(): void
}

const ignore = (): void => undefined

export class FetchWaiters {
  readonly #wheel: TimerWheel

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel
  }

  /** Answers at once when there is enough, or nothing to wait for. */
  fetch(targets: readonly Target[], options: WaitOptions): Fetching {
    const first = readTargets(targets, options)
    if (!(first instanceof Promise) && isEnough(first, targets, options)) return { read: first, cancel: ignore }
    const waiting = new WaitingFetch(targets, options, this.#wheel)
    waiting.begin(first)
    return waiting
  }

  /** Of an answer that will not be sent: the files go back. */
  release(read: FetchRead): void {
    releaseRead(read)
  }
}

const isEnough = (read: FetchRead, targets: readonly Target[], { minBytes, maxWaitMs }: WaitOptions): boolean =>
  read.isUrgent || read.sizeInBytes >= minBytes || maxWaitMs <= 0 || targets.length === 0

class WaitingFetch implements PartitionWaiter, Fetching {
  readonly read: Promise<FetchRead>
  readonly #resolve: (read: FetchRead) => void
  readonly #reject: (error: unknown) => void
  readonly #targets: readonly Target[]
  readonly #options: WaitOptions
  readonly #timer: { cancel(): void }
  /** Bytes that were there when it was last read, and those that came since. */
  #available = 0
  #isReading = false
  #isTimeOver = false
  /** Something moved while it was being read. */
  #isStale = false
  #isDone = false

  constructor(targets: readonly Target[], options: WaitOptions, wheel: TimerWheel) {
    const { promise, resolve, reject } = Promise.withResolvers<FetchRead>()
    this.read = promise
    this.#resolve = resolve
    this.#reject = reject
    this.#targets = targets
    this.#options = options
    for (const { partition } of targets) partition?.addWaiter(this)
    this.#timer = wheel.after(options.maxWaitMs, () => {
      this.#isTimeOver = true
      this.#rereadNow()
    })
  }

  begin(first: FetchRead | Promise<FetchRead>): void {
    this.#isReading = true
    if (first instanceof Promise)
      first.then(
        (read) => this.#take(read),
        (error: unknown) => this.#fail(error),
      )
    else this.#take(first)
  }

  progressed({ appendedBytes, isAppendOnly, isLedAnew }: PartitionStep, partition: Partition): void {
    // It would be read, with all others, for what may not be sent: again and again where much is produced.
    if (appendedBytes > 0 && this.#targets[0]?.follower?.isThrottled(partition)) return
    this.#available += appendedBytes
    // Clients wait for the high watermark; replicas do not, and it moves with each of their fetches.
    const isReplica = this.#options.isolation === 'log-end'
    if (isAppendOnly && !isReplica) return
    if (appendedBytes > 0 ? this.#available < this.#options.minBytes : isReplica && !isLedAnew) return
    this.#again()
  }

  #again(): void {
    if (this.#isReading) {
      this.#isStale = true
      return
    }
    this.#isReading = true
    // In a later step: what one turn appends to several partitions goes out in one answer.
    queueMicrotask(() => this.#reread())
  }

  #rereadNow(): void {
    if (this.#isReading) return
    this.#isReading = true
    this.#reread()
  }

  #reread(): void {
    if (this.#isDone) return
    this.#isStale = false
    const read = readTargets(this.#targets, this.#options)
    if (read instanceof Promise)
      read.then(
        (late) => this.#take(late),
        (error: unknown) => this.#fail(error),
      )
    else this.#take(read)
  }

  #take(read: FetchRead): void {
    this.#isReading = false
    if (this.#isDone) {
      releaseRead(read)
      return
    }
    if (this.#isTimeOver || isEnough(read, this.#targets, this.#options)) {
      this.#end()
      this.#resolve(read)
      return
    }
    releaseRead(read)
    this.#available = read.sizeInBytes
    if (this.#isStale) this.#again()
  }

  #fail(error: unknown): void {
    this.#end()
    this.#reject(error)
  }

  #end(): void {
    this.#isDone = true
    this.#timer.cancel()
    for (const { partition } of this.#targets) partition?.removeWaiter(this)
  }

  /** The answer never comes; nobody asks for it. */
  cancel(): void {
    if (!this.#isDone) this.#end()
  }
}
