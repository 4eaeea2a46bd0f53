/**
 * Appends that could not be done at once: the segment rolls, or the disk pushes back. They have offsets, but nobody sees
 * them until they complete, in order; one write for many, one at a time. On the produce path only when something is slow.
 */
import { ApiError, type Clock } from '../base/index.ts'
import type { Availability } from './availability.ts'
import type { Exclusive } from './exclusive.ts'
import { type AppendResult, kafkaStorageError, type Pending, type Prepared } from './log-types.ts'
import { nextGroup } from './pending-group.ts'
import type { ProducerEntry } from './producer-state.ts'
import type { Roller } from './roller.ts'

export const slowWriteMsDefault = 20

/** What the log does for them. */
export interface PendingHost {
  readonly clock: Clock
  readonly availability: Availability
  readonly exclusive: Exclusive
  /** A synchronous write that takes longer sends the partition over to group commit. */
  readonly slowWriteMs: number
  readonly roller: Roller
  readonly write: (chunks: readonly Uint8Array[]) => Promise<void>
  readonly publish: (written: Prepared) => void
  readonly flushIfDue: () => Promise<void>
  readonly writeFailed: (error: unknown) => ApiError
  /** None of them will be: the next offset is that of the log end again. */
  readonly dropped: () => void
}

export class PendingAppends {
  readonly #host: PendingHost
  #pending: Pending[] = []
  /** What they make of their producers. */
  readonly #draft = new Map<number, ProducerEntry>()
  #isDraining = false
  #isGroupCommit = false

  constructor(host: PendingHost) {
    this.#host = host
  }

  /** An append that comes now must queue. */
  get isNeeded(): boolean {
    return this.#isGroupCommit || this.#pending.length > 0
  }

  get count(): number {
    return this.#pending.length
  }

  producer(producerId: number): ProducerEntry | undefined {
    return this.#draft.get(producerId)
  }

  /** A synchronous write took so long. */
  wrote(tookMs: number): void {
    if (tookMs > this.#host.slowWriteMs) this.#isGroupCommit = true
  }

  add(prepared: Prepared): Promise<AppendResult> {
    const { promise, resolve, reject } = Promise.withResolvers<AppendResult>()
    for (const entry of prepared.entries) if (entry !== undefined) this.#draft.set(entry.producerId, entry)
    // The bytes are lent by the request, which does not outlive this call.
    this.#pending.push({ ...prepared, bytes: Uint8Array.from(prepared.bytes), resolve, reject })
    if (!this.#isDraining) {
      this.#isDraining = true
      void this.#host.exclusive.run(() => this.#drain())
    }
    return promise
  }

  /** They go to the log that takes this one's place, at the offsets that they have. To be called where nothing drains. */
  moveTo(append: (bytes: Uint8Array) => AppendResult | Promise<AppendResult>): void {
    const moved = this.#pending
    this.#pending = []
    this.#draft.clear()
    let before: Promise<unknown> = Promise.resolve()
    let refusal: ApiError | undefined
    for (const { bytes, batches, result, resolve, reject } of moved) {
      try {
        // A duplicate of one that waits is answered when that one is. Behind one that is refused there would be a gap.
        if (refusal === undefined && batches.length > 0) before = Promise.all([before, append(bytes)])
      } catch (error) {
        refusal = this.#host.writeFailed(error)
      }
      if (refusal === undefined) before.then(() => resolve(result), reject)
      else reject(refusal)
    }
  }

  async #drain(): Promise<void> {
    const { availability, roller, writeFailed, dropped } = this.#host
    const isDue = (next: Prepared, sizeBefore: number): boolean => roller.isDue(next, sizeBefore)
    try {
      for (let head = this.#pending[0]; head !== undefined; head = this.#pending[0]) {
        if (availability.hasFailed) throw new ApiError(kafkaStorageError, 'the log directory is offline')
        if (head.batches.length > 0 && isDue(head, 0)) await roller.roll(head.result.baseOffset)
        await this.#commit(nextGroup(this.#pending, isDue))
      }
    } catch (error) {
      const failure = writeFailed(error)
      const failed = this.#pending
      this.#pending = []
      this.#draft.clear()
      dropped()
      for (const pending of failed) pending.reject(failure)
    } finally {
      this.#isDraining = false
    }
  }

  async #commit(group: readonly Pending[]): Promise<void> {
    const { clock, slowWriteMs, write, publish, flushIfDue } = this.#host
    const startMs = clock.monotonic()
    await write(group.map(({ bytes }) => bytes))
    const tookMs = clock.monotonic() - startMs
    for (const pending of group) publish(pending)
    await flushIfDue()
    this.#pending.splice(0, group.length)
    if (this.#pending.length === 0) this.#draft.clear()
    this.#isGroupCommit = tookMs > slowWriteMs || (this.#isGroupCommit && this.#pending.length > 0)
    for (const pending of group) pending.resolve(pending.result)
  }
}
