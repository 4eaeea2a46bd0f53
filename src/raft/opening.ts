/**
 * From the directory of the metadata log to a log and the newest snapshot that together hold all that is committed; or a
 * refusal. What a snapshot covers may be missing in the log, what lies between an older snapshot and the log may not.
 */
import type { Clock, Disk, Logger } from '../base/index.ts'
import { defaultLogConfig, directoryOf, Log, type LogConfig, LostRecordsError } from '../log/index.ts'
import { CommittedBound } from './committed-bound.ts'
import { SnapshotFiles } from './snapshot-files.ts'
import { compareSnapshots, type DecodedSnapshot, type SnapshotId, snapshotName } from './snapshot-format.ts'
import { checkEpoch, VoteFile } from './vote-file.ts'

/** Neither snapshots nor log reach back to the beginning: the node does not start on a part of its metadata. */
export class MissingMetadataError extends Error {
  override readonly name = 'MissingMetadataError'
}

export interface OpeningOptions {
  readonly directory: string
  readonly config: Partial<LogConfig>
  readonly disk: Disk
  /** Of snapshot files: its syncs make no vote wait. */
  readonly snapshotDisk: Disk
  readonly clock: Clock
  readonly logger: Logger
  /** Somebody has said to go on without committed metadata that is lost. */
  readonly forceRecover: boolean
  readonly onFault: (error: unknown) => void
}

export interface FoundSnapshot extends SnapshotId, DecodedSnapshot {}

export interface OpenedMetadataLog {
  readonly log: Log
  readonly snapshots: SnapshotFiles
  /** The newest whole one. */
  readonly snapshot: FoundSnapshot | undefined
  readonly bound: CommittedBound
  readonly votes: VoteFile
}

/** The log ends before what the bound says was committed. */
class LostMetadataError extends MissingMetadataError {}

/** Throws DiskError, QuorumStateError and MissingMetadataError; then the log is closed again. */
export async function openMetadataLog(options: OpeningOptions): Promise<OpenedMetadataLog> {
  const { directory, disk, clock, logger, snapshotDisk, forceRecover } = options
  await disk.makeDirectory(directory)
  const snapshots = await SnapshotFiles.open({ disk: snapshotDisk, clock, logger, directory })
  const snapshot = await newestSnapshot(snapshots)
  const bound = await CommittedBound.open({ disk, directory, logger })
  const votes = await VoteFile.open(disk, directory)
  const parts = { snapshots, snapshot, bound, votes }
  try {
    return await openWithin(options, parts)
  } catch (error) {
    if (!forceRecover || !(error instanceof LostMetadataError)) throw error
    logger.log('error', 'committed metadata is lost, and the node goes on without it, as it was told to', {
      directory,
      reason: error.message,
    })
    await bound.forget()
    return openWithin(options, parts)
  }
}

async function openWithin(options: OpeningOptions, parts: Omit<OpenedMetadataLog, 'log'>): Promise<OpenedMetadataLog> {
  const { directory, disk, logger, forceRecover } = options
  const { snapshots, snapshot, bound, votes } = parts
  const from = snapshot?.offset ?? 0
  const mustReachOffset = bound.offset !== undefined && from >= bound.offset ? 0 : bound.offset
  const log = await openLog(options, { from, mustReachOffset })
  try {
    checkReached(log, mustReachOffset ?? 0)
    checkNothingIsMissing(log, snapshots, snapshot)
    // Who is refused finds the log as it was: a snapshot that does not belong here would take its place.
    const lastEpoch = Math.max(log.latestEpoch ?? 0, snapshot?.epoch ?? 0)
    checkEpoch({ election: votes.election, lastEpoch, directory, forceRecover, logger })
    if (snapshot !== undefined) await join({ log, snapshots, snapshot, logger })
    await log.flush()
    // The name of the log's directory must survive too, or all that is committed in it would be gone with it.
    await disk.syncDirectory(directoryOf(directory))
    return { log, ...parts }
  } catch (error) {
    await closeAfterFailure(log, logger)
    throw error
  }
}

const advice = 'restore the missing files, or format this node anew if other controllers hold the metadata'

interface Needed {
  /** The newest snapshot holds what lies before: whatever is damaged there harms nobody. */
  readonly from: number
  /** Undefined where nothing says how far the metadata was committed. */
  readonly mustReachOffset: number | undefined
}

async function openLog(options: OpeningOptions, { from, mustReachOffset }: Needed): Promise<Log> {
  const { directory, disk, clock, logger, config, onFault } = options
  const opening = Log.open({
    directory,
    topicPartition: { topic: '__cluster_metadata', partition: 0 },
    topicId: undefined,
    // Only `cleanUp` removes: what no snapshot covers has no age and no size.
    config: { ...defaultLogConfig, ...config, retentionMs: -1, retentionBytes: -1, isDeleted: true },
    disk,
    clock,
    logger,
    recoveryPoint: from,
    isCleanShutdown: false,
    // As Kafka does: where the first segment starts. That may lie before the oldest snapshot, which is no harm.
    logStartOffset: 0,
    ...(mustReachOffset === undefined ? {} : { mustReachOffset }),
    onDirectoryFailure: onFault,
  })
  return opening.catch((error: unknown) => {
    throw error instanceof LostRecordsError ? lost(directory, error.message) : error
  })
}

const lost = (directory: string, how: string): MissingMetadataError =>
  new LostMetadataError(
    `the metadata in ${directory} is not complete: ${how}; ${advice}. To go on without what is lost, start once with ` +
      '`odradek start --force-recover`',
  )

/** Whole files may be gone too. */
function checkReached({ directory, logStartOffset, logEndOffset }: Log, mustReachOffset: number): void {
  if (logEndOffset >= mustReachOffset) return
  const range = `the log has offsets [${logStartOffset}, ${logEndOffset})`
  throw lost(directory, `${range}, and all before ${mustReachOffset} was committed`)
}

async function newestSnapshot(snapshots: SnapshotFiles): Promise<FoundSnapshot | undefined> {
  for (const { offset, epoch } of snapshots.all.toReversed()) {
    const decoded = await snapshots.read({ offset, epoch })
    if (decoded !== undefined) return { offset, epoch, ...decoded }
  }
  return undefined
}

/** The name of a damaged snapshot still tells how far the metadata was committed: the log must reach that far. */
function checkNothingIsMissing(log: Log, snapshots: SnapshotFiles, snapshot: FoundSnapshot | undefined): void {
  const from = snapshot?.offset ?? 0
  const found =
    snapshot === undefined ? 'there is no usable snapshot' : `the newest usable one is ${snapshotName(snapshot)}`
  const range = `the log has offsets [${log.logStartOffset}, ${log.logEndOffset})`
  const what = `the metadata in ${log.directory} is not complete: ${found}, ${range}`
  if (log.logStartOffset > from) {
    throw new MissingMetadataError(`${what}, and nothing holds [${from}, ${log.logStartOffset}); ${advice}`)
  }
  const newest = snapshots.all.at(-1)
  if (newest === undefined || (snapshot !== undefined && compareSnapshots(newest, snapshot) === 0)) return
  if (log.logEndOffset < newest.offset || (snapshot !== undefined && mustStartAnew(log, snapshot))) {
    const lost = `[${Math.max(from, log.logEndOffset)}, ${newest.offset})`
    throw new MissingMetadataError(`${what}, and ${snapshotName(newest)} is damaged: nothing holds ${lost}; ${advice}`)
  }
}

/**
 * Where the log is not that of the snapshot: it ends before, or has nothing of the snapshot's epoch or a later one, or
 * another record where the snapshot ends. It was on the disk before the snapshot was fetched from a leader; what it holds
 * behind the snapshot is not committed.
 */
function mustStartAnew(log: Log, { offset, epoch }: SnapshotId): boolean {
  const { logEndOffset, latestEpoch } = log
  if (logEndOffset < offset) return true
  return latestEpoch !== undefined && (epoch > latestEpoch || (log.epochOf(offset - 1) ?? 0) > epoch)
}

interface Joined {
  readonly log: Log
  readonly snapshots: SnapshotFiles
  readonly snapshot: FoundSnapshot
  readonly logger: Logger
}

/** Makes the log go on where the snapshot ends, if it does not by itself. */
async function join({ log, snapshots, snapshot, logger }: Joined): Promise<void> {
  const { offset } = snapshot
  if (mustStartAnew(log, snapshot)) {
    const { logStartOffset, logEndOffset, latestEpoch } = log
    logger.log('warn', 'the metadata log does not reach its newest snapshot and starts anew behind it', {
      snapshot: snapshotName(snapshot),
      logStartOffset,
      logEndOffset,
      latestEpoch,
    })
    await log.truncateFullyAndStartAt(offset)
  }
  // What is covered was committed; the log must know it before anything of it may be removed.
  log.setHighWatermark(offset)
  // Left by a clean-up that was interrupted: the log does not reach back to them.
  await snapshots.removeBefore({ offset: Math.min(log.logStartOffset, offset), epoch: 0 })
}

/** The reason for closing is the news, not what closing runs into. */
export async function closeAfterFailure(log: Log, logger: Logger): Promise<void> {
  try {
    await log.close()
  } catch (error) {
    logger.log('warn', 'the metadata log could not be closed', {
      directory: log.directory,
      error: error instanceof Error ? error.message : String(error),
    })
  }
}
