/** Replies of `acks=all` that wait until every replica in sync has what was appended. On the produce path. */
import type { TimerWheel } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Partition, PartitionWaiter } from './partition.ts'

/** What must be replicated before a reply goes out; without a partition there is nothing to wait for. */
export interface Awaited {
  readonly partition?: Partition
  /** The high watermark must reach it. */
  readonly endOffset?: number
}

export class Replication {
  readonly #wheel: TimerWheel

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel
  }

  /** Undefined when all is replicated; else error codes in the order of `awaited`: 0, 6, 7 or 20. */
  waitFor(awaited: readonly Awaited[], timeoutMs: number): Promise<readonly number[]> | undefined {
    if (awaited.every((it) => outcomeOf(it) === ErrorCode.NONE)) return undefined
    return new Promise((resolve) => new WaitingAppend({ awaited, timeoutMs, wheel: this.#wheel, resolve }))
  }
}

/** Undefined: it may still come. */
function outcomeOf({ partition, endOffset }: Awaited): number | undefined {
  if (partition === undefined || endOffset === undefined) return ErrorCode.NONE
  if (!partition.isLeader) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  if (!partition.isReplicated(endOffset)) return undefined
  return partition.isr.length < partition.effectiveMinIsr ? ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND : ErrorCode.NONE
}

interface WaitingOptions {
  readonly awaited: readonly Awaited[]
  readonly timeoutMs: number
  readonly wheel: TimerWheel
  readonly resolve: (codes: readonly number[]) => void
}

class WaitingAppend implements PartitionWaiter {
  readonly #options: WaitingOptions
  readonly #timer: { cancel(): void }
  #isDone = false

  constructor(options: WaitingOptions) {
    this.#options = options
    for (const { partition } of options.awaited) partition?.addWaiter(this)
    this.#timer = options.wheel.after(options.timeoutMs, () => {
      this.#end(options.awaited.map((it) => outcomeOf(it) ?? ErrorCode.REQUEST_TIMED_OUT))
    })
  }

  progressed(): void {
    const codes = this.#options.awaited.map(outcomeOf)
    const settled = codes.filter((code) => code !== undefined)
    if (settled.length === codes.length) this.#end(settled)
  }

  #end(codes: readonly number[]): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#timer.cancel()
    for (const { partition } of this.#options.awaited) partition?.removeWaiter(this)
    this.#options.resolve(codes)
  }
}
