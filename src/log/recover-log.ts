/** From a partition's directory to a log that can be opened: whose it is, and what the last stop left of it. */
import { type LoadedLog, loadLog } from './loading.ts'
import type { LogConfig } from './log-config.ts'
import { InconsistentTopicIdError, type LogOptions } from './log-types.ts'
import { readPartitionMetadata, writePartitionMetadata } from './partition-metadata.ts'
import { RecoveryShare } from './recovery-share.ts'
import { drawRollJitterMs } from './rolling.ts'
import type { SegmentOptions } from './segment-options.ts'

/** Makes the directory where there is none. Throws DiskError and InconsistentTopicIdError. */
export async function recoverLog(options: LogOptions, settings: { readonly current: LogConfig }): Promise<LoadedLog> {
  const { disk, directory, topicId, isFound = false, clock, logger } = options
  if (!isFound) await disk.makeDirectory(directory)
  if (topicId !== undefined && !isFound) {
    const found = await readPartitionMetadata(disk, directory)
    if (found !== undefined && found !== topicId) throw new InconsistentTopicIdError(directory)
    if (found === undefined) await writePartitionMetadata(disk, directory, topicId)
  }
  const segmentOptions = (baseOffset: number): SegmentOptions => ({
    disk,
    directory,
    baseOffset,
    rollJitterMs: drawRollJitterMs(settings.current, options.random),
    settings: () => settings.current,
  })
  return loadLog({
    disk,
    clock,
    logger,
    directory,
    segmentOptions,
    isCleanShutdown: options.isCleanShutdown,
    recoveryPoint: options.recoveryPoint,
    logStartOffset: options.logStartOffset,
    producerIdExpirationMs: options.config.producerIdExpirationMs,
    isCompacted: options.config.isCompacted || options.cleanedUpTo !== undefined,
    isPreallocated: options.config.preallocate,
    share: options.share ?? new RecoveryShare(1),
    mustReachOffset: options.mustReachOffset,
  })
}
