/**
 * Replies that wait for replicas: of `acks=all` until every one in sync has what was appended, of DeleteRecords until no live one
 * has what was deleted. On the produce path.
 */
import type { TimerWheel } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { LeaderTerm, Partition, PartitionWaiter } from './partition.ts'

/** What must be replicated before a reply goes out; without a partition there is nothing to wait for. */
export interface Awaited {
  readonly partition?: Partition | undefined
  /** In which the leader has appended: where it leads again later, what it had alone may have been cut meanwhile. */
  readonly term?: LeaderTerm | undefined
  /** The high watermark must reach it. */
  readonly endOffset?: number
  /** The low watermark must reach it. */
  readonly startOffset?: number
}

export class Replication {
  readonly #wheel: TimerWheel

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel
  }

  /** Undefined when all is replicated; else error codes in the order of `awaited`: 0, 6, 7 or 20. */
  waitFor(awaited: readonly Awaited[], timeoutMs: number): Promise<readonly number[]> | undefined {
    const codes = awaited.map(outcomeOf)
    if (codes.every((code) => code === ErrorCode.NONE)) return undefined
    return new Promise((resolve) => new WaitingAppend({ awaited, codes, timeoutMs, wheel: this.#wheel, resolve }))
  }
}

/** Undefined: it may still come. */
function outcomeOf({ partition, term, endOffset, startOffset }: Awaited): number | undefined {
  if (partition === undefined) return ErrorCode.NONE
  if (endOffset === undefined && startOffset === undefined) return ErrorCode.NONE
  if (partition.term === undefined || partition.term !== (term ?? partition.term)) {
    return ErrorCode.NOT_LEADER_OR_FOLLOWER
  }
  if (startOffset !== undefined && partition.lowWatermark < startOffset) return undefined
  if (endOffset === undefined) return ErrorCode.NONE
  if (!partition.isReplicated(endOffset)) return undefined
  return partition.maximalIsr.length < partition.effectiveMinIsr
    ? ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
    : ErrorCode.NONE
}

interface WaitingOptions {
  readonly awaited: readonly Awaited[]
  readonly codes: readonly (number | undefined)[]
  readonly timeoutMs: number
  readonly wheel: TimerWheel
  readonly resolve: (codes: readonly number[]) => void
}

class WaitingAppend implements PartitionWaiter {
  readonly #options: WaitingOptions
  readonly #timer: { cancel(): void }
  /** What has become of each is known once, and stays. */
  #codes: readonly (number | undefined)[]
  #isDone = false

  constructor(options: WaitingOptions) {
    this.#options = options
    this.#codes = options.codes
    for (const { partition } of options.awaited) partition?.addWaiter(this)
    this.#timer = options.wheel.after(options.timeoutMs, () => {
      this.#look()
      this.#end(this.#codes.map((code) => code ?? ErrorCode.REQUEST_TIMED_OUT))
    })
    this.#endIfSettled()
  }

  progressed(): void {
    this.#look()
    this.#endIfSettled()
  }

  #look(): void {
    const { awaited } = this.#options
    this.#codes = this.#codes.map((code, i) => code ?? outcomeOf(awaited[i] ?? {}))
  }

  #endIfSettled(): void {
    const settled = this.#codes.filter((code) => code !== undefined)
    if (settled.length === this.#codes.length) this.#end(settled)
  }

  #end(codes: readonly number[]): void {
    if (this.#isDone) return
    this.#isDone = true
    this.#timer.cancel()
    for (const { partition } of this.#options.awaited) partition?.removeWaiter(this)
    this.#options.resolve(codes)
  }
}
