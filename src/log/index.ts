/** The door of `log`: logs of partitions and the small files of a log directory. */
export * from './checkpoint.ts'
export { type CleanedDirectory, Cleaner, type CleanerSettings } from './compaction/cleaner.ts'
export { compactionJobs } from './compaction/jobs.ts'
export { nap, Throttle } from './compaction/throttle.ts'
export { lockDirectory } from './directory-lock.ts'
export { DiskReserve } from './disk-reserve.ts'
export { FileHandle } from './file-handle.ts'
export * from './file-names.ts'
export type { EpochEndOffset, EpochEntry } from './leader-epoch-cache.ts'
export { Log } from './log.ts'
export * from './log-config.ts'
export * from './log-intervals.ts'
export * from './log-manager.ts'
export { LogRegion } from './log-region.ts'
export {
  type AppendOptions,
  type AppendResult,
  InconsistentTopicIdError,
  type LogOptions,
  LostRecordsError,
  type ReadOptions,
  type ReadPlan,
} from './log-types.ts'
export * from './partition-metadata.ts'
export { decodeProducerSnapshot } from './producer-snapshot.ts'
export type { BatchMetadata, ProducerEntry } from './producer-state.ts'
export { readPlan, readPlanLater } from './read-plan.ts'
export { ReservedDisk } from './reserved-disk.ts'
export { type AbortedTransaction, TransactionIndex } from './transaction-index.ts'
export * from './whole-file.ts'
