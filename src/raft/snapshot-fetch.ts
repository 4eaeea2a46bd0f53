/**
 * A snapshot that is fetched from the leader, piece after piece (KIP-630): what is asked for next, whether an answer is
 * the next piece, and what the driver does with it. Pure. Pieces are one after the other: the next one is asked for when
 * the last is written, so that never more than one is held.
 */
import { assert } from '../base/index.ts'
import type { KnownSnapshot } from './log-view.ts'
import {
  type FetchSnapshotReply,
  type FetchSnapshotRequest,
  isSameSnapshot,
  type OffsetAndEpoch,
  type ReplicaKey,
} from './messages.ts'
import { snapshotBytesMax } from './snapshot-format.ts'

/** What the driver does, in order; none of it holds up the log or a vote. `attempt` comes back with what came of it. */
export type SnapshotStep =
  | {
      readonly kind: 'piece'
      readonly attempt: number
      readonly snapshot: OffsetAndEpoch
      /** 0: a file is begun. */
      readonly position: number
      readonly bytes: Uint8Array
      /** With it the snapshot is whole: to be checked and made durable. */
      readonly isLast: boolean
    }
  /** What there is of it goes. */
  | { readonly kind: 'drop'; readonly attempt: number }

interface UnderWay {
  readonly attempt: number
  readonly snapshot: OffsetAndEpoch
  /** Bytes that were taken. */
  readonly position: number
  /** As the first answer said. */
  readonly size: number | undefined
  /** The driver has not written all that was taken. */
  readonly isWorking: boolean
}

interface Failure {
  readonly snapshot: OffsetAndEpoch
  /** In a row. */
  readonly count: number
  /** Undefined where the driver tells it. */
  readonly why: string | undefined
}

/** Twice as long each time, up to a thousand times as long. */
const doublingsMax = 10

export class SnapshotFetch {
  #attempts = 0
  #current: UnderWay | undefined
  #failure: Failure | undefined
  #steps: SnapshotStep[] = []

  /** The one that is fetched, if there is one. */
  get snapshot(): OffsetAndEpoch | undefined {
    return this.#current?.snapshot
  }

  /** The leader has done its part: the disk is waited for. */
  get isWorking(): boolean {
    return this.#current?.isWorking === true
  }

  isOf(snapshot: OffsetAndEpoch): boolean {
    return this.#current !== undefined && isSameSnapshot(this.#current.snapshot, snapshot)
  }

  /** Instead of any other. */
  begin(snapshot: OffsetAndEpoch): void {
    this.drop()
    const { offset, epoch } = snapshot
    const attempt = ++this.#attempts
    this.#current = { attempt, snapshot: { offset, epoch }, position: 0, size: undefined, isWorking: false }
  }

  /** It is not wanted any more, or cannot be had. */
  drop(): void {
    if (this.#current === undefined) return
    this.#steps.push({ kind: 'drop', attempt: this.#current.attempt })
    this.#current = undefined
  }

  /** This snapshot, under way or not, cannot be had as it is now. Returns whether that is news. */
  fail(snapshot: OffsetAndEpoch, why?: string): boolean {
    this.drop()
    const before = this.#failure
    const isSame = before !== undefined && isSameSnapshot(before.snapshot, snapshot)
    this.#failure = { snapshot, count: isSame ? before.count + 1 : 1, why }
    return !isSame || before.why !== why
  }

  /** How often the wait before the next try is to be doubled. */
  get doublings(): number {
    return Math.min(doublingsMax, Math.max(0, (this.#failure?.count ?? 0) - 1))
  }

  /** The log goes on without one. */
  isNotNeeded(): void {
    this.drop()
    this.#failure = undefined
  }

  /** Undefined where no piece is to be asked for. */
  request(from: {
    readonly epoch: number
    readonly replica: ReplicaKey
    readonly maxBytes: number
  }): FetchSnapshotRequest | undefined {
    if (this.#current === undefined || this.#current.isWorking) return undefined
    const { snapshot, position } = this.#current
    return { kind: 'fetch-snapshot', ...from, snapshot, position }
  }

  /** Takes the next piece; returns what is wrong with it, if something is. */
  take(reply: FetchSnapshotReply): string | undefined {
    const { attempt, snapshot, position, size: known } = this.#ofCurrent()
    const { size, bytes } = reply
    const wrong = wrongIn(reply, { snapshot, position, size: known })
    if (wrong !== undefined) return wrong
    const end = position + bytes.length
    this.#current = { attempt, snapshot, position: end, size, isWorking: true }
    this.#steps.push({ kind: 'piece', attempt, snapshot, position, bytes, isLast: end === size })
    return undefined
  }

  #ofCurrent(): UnderWay {
    assert(this.#current !== undefined, 'a snapshot is fetched')
    return this.#current
  }

  isCurrent(attempt: number): boolean {
    return this.#current?.attempt === attempt
  }

  /** A piece that was not the last one is in the file. */
  written(): void {
    const current = this.#ofCurrent()
    assert(current.position < (current.size ?? 0), 'a whole snapshot is taken over or dropped')
    this.#current = { ...current, isWorking: false }
  }

  /** It is whole and durable, and the log goes on from it: nothing is left to be fetched. */
  finish(): KnownSnapshot {
    const { snapshot, position, size, isWorking } = this.#ofCurrent()
    assert(isWorking && position === size, 'a snapshot is taken over when all of it is there')
    this.#current = undefined
    this.#failure = undefined
    return { ...snapshot, sizeInBytes: size }
  }

  get hasSteps(): boolean {
    return this.#steps.length > 0
  }

  takeSteps(): readonly SnapshotStep[] {
    const steps = this.#steps
    this.#steps = []
    return steps
  }
}

function wrongIn(
  reply: FetchSnapshotReply,
  expected: Pick<UnderWay, 'snapshot' | 'position' | 'size'>,
): string | undefined {
  const { snapshot, position, size, bytes } = reply
  if (!isSameSnapshot(snapshot, expected.snapshot)) return `it is of offset ${snapshot.offset}, epoch ${snapshot.epoch}`
  if (position !== expected.position) return `it begins at ${position}, ${expected.position} was asked for`
  if (size !== (expected.size ?? size)) return `all are ${size} bytes, and were ${expected.size}`
  if (!Number.isSafeInteger(size) || size > snapshotBytesMax) {
    return `${size} bytes are more than the ${snapshotBytesMax} that are taken`
  }
  const end = position + bytes.length
  return bytes.length === 0 || end > size ? `it ends at ${end} of ${size} bytes` : undefined
}
