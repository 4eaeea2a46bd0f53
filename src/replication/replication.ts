/**
 * Replies that wait for replicas: of `acks=all` until every one in sync has what was appended, of DeleteRecords until no live one
 * has what was deleted. On the produce path.
 */
import type { TimerWheel } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { Partition, PartitionWaiter } from './partition.ts'

/** What must be replicated before a reply goes out; without a partition there is nothing to wait for. */
export interface Awaited {
  readonly partition?: Partition | undefined
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
    if (awaited.every((it) => outcomeOf(it) === ErrorCode.NONE)) return undefined
    return new Promise((resolve) => new WaitingAppend({ awaited, timeoutMs, wheel: this.#wheel, resolve }))
  }
}

/** Undefined: it may still come. */
function outcomeOf({ partition, endOffset, startOffset }: Awaited): number | undefined {
  if (partition === undefined) return ErrorCode.NONE
  if (endOffset === undefined && startOffset === undefined) return ErrorCode.NONE
  if (!partition.isLeader) return ErrorCode.NOT_LEADER_OR_FOLLOWER
  if (startOffset !== undefined && partition.lowWatermark < startOffset) return undefined
  if (endOffset === undefined) return ErrorCode.NONE
  if (!partition.isReplicated(endOffset)) return undefined
  return partition.maximalIsr.length < partition.effectiveMinIsr
    ? ErrorCode.NOT_ENOUGH_REPLICAS_AFTER_APPEND
    : ErrorCode.NONE
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
