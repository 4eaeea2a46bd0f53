/**
 * The log of the quorum as the machine sees it: where it begins and ends and where its epochs start, with what was
 * handed to the driver and may not be durable yet. Compares logs as KIP-595 does.
 */
import { assert } from '../base/index.ts'
import { isSameSnapshot, type OffsetAndEpoch } from './messages.ts'

/** A snapshot that is whole and durable here. */
export interface KnownSnapshot extends OffsetAndEpoch {
  readonly sizeInBytes: number
}

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
  /** Oldest first: the first one is what the log goes on from, where it does not begin at 0. */
  readonly snapshots?: readonly KnownSnapshot[]
}

/** Where the log begins now, and the snapshots beside it. */
export type LogStart = Required<Pick<LogViewOptions, 'startOffset' | 'snapshots'>>

export class LogView {
  #epochs: OffsetAndEpoch[]
  #startOffset: number
  #endOffset: number
  #snapshots: readonly KnownSnapshot[]

  constructor({ startOffset, endOffset, epochs, snapshots = [] }: LogViewOptions) {
    assert(startOffset <= endOffset, 'a log ends where it starts, or behind')
    this.#startOffset = startOffset
    this.#endOffset = endOffset
    this.#epochs = [...epochs]
    this.#snapshots = snapshots
  }

  get startOffset(): number {
    return this.#startOffset
  }

  get endOffset(): number {
    return this.#endOffset
  }

  /** Of the last batch, or of the snapshot that the log goes on from; 0 where there is neither. */
  get lastEpoch(): number {
    return this.#epochs.at(-1)?.epoch ?? this.latestSnapshot?.epoch ?? 0
  }

  get end(): OffsetAndEpoch {
    return { offset: this.#endOffset, epoch: this.lastEpoch }
  }

  get latestSnapshot(): KnownSnapshot | undefined {
    return this.#snapshots.at(-1)
  }

  snapshotOf(id: OffsetAndEpoch): KnownSnapshot | undefined {
    return this.#snapshots.find((known) => isSameSnapshot(known, id))
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

  /** Snapshots were made or removed, and the log may have been cut before the oldest one. */
  beginsAt({ startOffset, snapshots }: LogStart): void {
    assert(startOffset >= this.#startOffset && startOffset <= this.#endOffset, 'the start of a log moves within it')
    this.#startOffset = startOffset
    this.#snapshots = snapshots
    const first = this.#epochs.findLastIndex(({ offset }) => offset <= startOffset)
    const epoch = this.#epochs[first]?.epoch
    if (epoch === undefined) return
    // An epoch without a record left is that of the snapshot alone.
    const kept = startOffset < this.#endOffset ? [{ offset: startOffset, epoch }] : []
    this.#epochs = [...kept, ...this.#epochs.slice(first + 1)]
  }

  /** Nothing of what was here counts: the log goes on behind this snapshot. */
  startFrom(snapshot: KnownSnapshot): void {
    this.#startOffset = snapshot.offset
    this.#endOffset = snapshot.offset
    this.#epochs = []
    this.#snapshots = [snapshot]
  }

  /** Where the newest epoch up to `epoch` ends here. */
  endOf(epoch: number): OffsetAndEpoch {
    const next = this.#epochs.findIndex((it) => it.epoch > epoch)
    if (next < 0) return this.end
    const offset = this.#epochs[next]?.offset ?? this.#endOffset
    const own = this.#epochs[next - 1]
    if (own !== undefined) return { offset, epoch: own.epoch }
    // Everything here is newer: what came before is in the snapshot.
    const [snapshot] = this.#snapshots
    return { offset, epoch: snapshot?.offset === offset ? snapshot.epoch : epoch }
  }

  /** How a replica that ends at `offset`, with `epoch` last, lies to this log. */
  validate({ offset, epoch }: OffsetAndEpoch): Validity {
    if (this.#startOffset === 0 && offset === 0) return { kind: 'valid' }
    const [earliest] = this.#snapshots
    const latest = this.latestSnapshot
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
