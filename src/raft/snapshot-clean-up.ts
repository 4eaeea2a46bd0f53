/**
 * When the oldest snapshot goes, and with it the log before the next one: `metadata.max.retention.bytes` bounds log and
 * snapshots together, `metadata.max.retention.ms` the age of what a snapshot holds. Pure; the driver does it.
 */
export interface KeptSnapshot {
  readonly offset: number
  readonly sizeInBytes: number
  /** Of the last record that it covers; undefined where its header cannot be read. */
  readonly timestampMs: number | undefined
}

export interface SnapshotRetention {
  /** -1: without bound. */
  readonly retentionBytes: number
  /** -1: for ever. */
  readonly retentionMs: number
  readonly nowMs: number
}

export interface CleanUpInput<S extends KeptSnapshot> extends SnapshotRetention {
  /** Oldest first. The newest never goes: it is what a start needs. */
  readonly snapshots: readonly S[]
  readonly logSizeInBytes: number
}

/** The snapshot at which the log starts once the oldest one has gone, and why that goes; undefined: nothing is due. */
export function decideCleanUp<S extends KeptSnapshot>(
  input: CleanUpInput<S>,
): { readonly next: S; readonly reason: 'size' | 'time' } | undefined {
  const { snapshots, logSizeInBytes, retentionBytes, retentionMs, nowMs } = input
  const [oldest, next] = snapshots
  if (oldest === undefined || next === undefined) return undefined
  const sizeInBytes = snapshots.reduce((sum, snapshot) => sum + snapshot.sizeInBytes, logSizeInBytes)
  if (retentionBytes >= 0 && sizeInBytes > retentionBytes) return { next, reason: 'size' }
  const { timestampMs } = oldest
  const isOld = retentionMs >= 0 && timestampMs !== undefined && nowMs - timestampMs > retentionMs
  return isOld ? { next, reason: 'time' } : undefined
}
