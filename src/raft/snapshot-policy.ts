/**
 * When a snapshot of the metadata is due: after `metadata.log.max.record.bytes.between.snapshots` of batches, or when the
 * first record that no snapshot covers is `metadata.log.max.snapshot.interval.ms` old. Pure; whoever holds the image asks.
 */
import { assert } from '../base/index.ts'

export interface SnapshotPolicyOptions {
  readonly bytesMax: number
  /** 0: never because of time. */
  readonly intervalMsMax: number
}

export class SnapshotPolicy {
  readonly #options: SnapshotPolicyOptions
  #bytes = 0
  #sinceMs: number | undefined

  constructor(options: SnapshotPolicyOptions) {
    assert(options.bytesMax > 0 && options.intervalMsMax >= 0, 'the bounds of the snapshot policy are not negative')
    this.#options = options
  }

  /**
   * A batch of `bytes` in the log was committed, or read again at start. It counts from its own time, so that restarts do
   * not put a snapshot off. Batches without records (the quorum's own) change no image and do not count: 0.
   */
  committed({ bytes, timestampMs }: { readonly bytes: number; readonly timestampMs: number }): void {
    if (bytes === 0) return
    this.#bytes += bytes
    this.#sinceMs = Math.min(this.#sinceMs ?? timestampMs, timestampMs)
  }

  /** Why one is due, for the log; undefined: none is. */
  due(nowMs: number): string | undefined {
    const { bytesMax, intervalMsMax } = this.#options
    if (this.#sinceMs === undefined) return undefined
    if (this.#bytes >= bytesMax) return `${this.#bytes} bytes of records have no snapshot, ${bytesMax} may`
    const ageMs = nowMs - this.#sinceMs
    if (intervalMsMax === 0 || ageMs < intervalMsMax) return undefined
    return `a record has had no snapshot for ${ageMs} ms, ${intervalMsMax} are allowed`
  }

  /**
   * A snapshot of all that was told so far is begun, or was loaded: what comes from now on counts for the next one. Where
   * it fails nothing is counted back: the next attempt waits for more records, a full disk is not tried with every one.
   */
  snapshotTaken(): void {
    this.#bytes = 0
    this.#sinceMs = undefined
  }
}
