/**
 * The log of the quorum as the machine sees it: where it begins and ends and where its epochs start, with what was
 * handed to the driver and may not be durable yet. Compares logs as KIP-595 does.
 */
import { assert } from '../base/index.ts'
import type { OffsetAndEpoch } from './messages.ts'

/** How an offset and epoch of another log lie to this one. */
export type Validity =
  | { readonly kind: 'valid' }
  | { readonly kind: 'diverging'; readonly from: OffsetAndEpoch }
  | { readonly kind: 'snapshot'; readonly snapshot: OffsetAndEpoch }

export interface LogViewOptions {
  readonly startOffset: number
  readonly endOffset: number
  /** Where epochs start, both ascending. */
  readonly epochs: readonly OffsetAndEpoch[]
  /** What the log goes on from, and the newest that there is. */
  readonly earliestSnapshot?: OffsetAndEpoch | undefined
  readonly latestSnapshot?: OffsetAndEpoch | undefined
}

export class LogView {
  readonly #epochs: OffsetAndEpoch[]
  #startOffset: number
  #endOffset: number
  #earliestSnapshot: OffsetAndEpoch | undefined
  #latestSnapshot: OffsetAndEpoch | undefined

  constructor({ startOffset, endOffset, epochs, earliestSnapshot, latestSnapshot }: LogViewOptions) {
    assert(startOffset <= endOffset, 'a log ends where it starts, or behind')
    this.#startOffset = startOffset
    this.#endOffset = endOffset
    this.#epochs = [...epochs]
    this.#earliestSnapshot = earliestSnapshot
    this.#latestSnapshot = latestSnapshot
  }

  get startOffset(): number {
    return this.#startOffset
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** Of the last batch, or of the snapshot that the log goes on from; 0 where there is neither. */
  get lastEpoch(): number {
    return this.#epochs.at(-1)?.epoch ?? this.#latestSnapshot?.epoch ?? 0
  }

  get end(): OffsetAndEpoch {
    return { offset: this.#endOffset, epoch: this.lastEpoch }
  }

  get latestSnapshot(): OffsetAndEpoch | undefined {
    return this.#latestSnapshot
  }

  /** Whether who ends there has all that this log has: the rule of votes. */
  isUpToDate({ offset, epoch }: OffsetAndEpoch): boolean {
    const { lastEpoch } = this
    return epoch > lastEpoch || (epoch === lastEpoch && offset >= this.#endOffset)
  }

  append(epoch: number, endOffset: number): void {
    assert(epoch >= this.lastEpoch && endOffset > this.#endOffset, 'epochs and offsets of a log grow')
    const last = this.#epochs.at(-1)
    if (last === undefined || epoch > last.epoch) this.#epochs.push({ offset: this.#endOffset, epoch })
    this.#endOffset = endOffset
  }

  truncateTo(offset: number): void {
    assert(offset >= this.#startOffset && offset <= this.#endOffset, 'a log is cut within its bounds')
    this.#endOffset = offset
    while ((this.#epochs.at(-1)?.offset ?? -1) >= offset) this.#epochs.pop()
  }

  /** Where the newest epoch up to `epoch` ends here. */
  endOf(epoch: number): OffsetAndEpoch {
    const next = this.#epochs.findIndex((it) => it.epoch > epoch)
    if (next < 0) return this.end
    const offset = this.#epochs[next]?.offset ?? this.#endOffset
    const own = this.#epochs[next - 1]
    if (own !== undefined) return { offset, epoch: own.epoch }
    // Everything here is newer: what came before is in the snapshot.
    const snapshot = this.#earliestSnapshot
    return { offset, epoch: snapshot?.offset === offset ? snapshot.epoch : epoch }
  }

  /** How a replica that ends at `offset`, with `epoch` last, lies to this log. */
  validate({ offset, epoch }: OffsetAndEpoch): Validity {
    if (this.#startOffset === 0 && offset === 0) return { kind: 'valid' }
    const earliest = this.#earliestSnapshot
    const latest = this.#latestSnapshot
    if (earliest !== undefined && latest !== undefined) {
      const isBehind = offset < this.#startOffset || epoch < earliest.epoch
      if (isBehind || (offset === this.#startOffset && epoch !== earliest.epoch))
        return { kind: 'snapshot', snapshot: latest }
    }
    const end = this.endOf(epoch)
    if (end.epoch !== epoch || end.offset < offset) return { kind: 'diverging', from: end }
    return { kind: 'valid' }
  }

  /** How far this log is that of a leader that said where the two part. */
  cutFor(diverging: OffsetAndEpoch): number {
    const own = this.endOf(diverging.epoch)
    return own.epoch === diverging.epoch ? Math.min(own.offset, diverging.offset) : own.offset
  }
}
