/**
 * Does what the quorum's machine says, in its order: the vote file first, then the log, each durable before it counts,
 * then the news of what is committed. The shell around `raft.ts`; its syncs never wait for a thread, so that a vote is
 * not held up by other work. Whoever listens gets the newest snapshot and then committed batches by one path, after a
 * start as well as live: by reading the log. Snapshots are made and removed on request, one after the other.
 */
import { allSteps, assert, type Clock, type Disk, type Logger, Writer, zeroUuid } from '../base/index.ts'
import { type Log, type LogConfig, readPlan, readWholeFile, replaceFile } from '../log/index.ts'
import { leaderChangeMessage } from '../protocol/index.ts'
import {
  BatchCursor,
  batchHeader,
  buildBatch,
  buildControlBatch,
  ControlRecordType,
  controlRecordType,
  readRecords,
} from '../records/index.ts'
import type { CommittedBound } from './committed-bound.ts'
import { ControlHistory } from './control-history.ts'
import { closeAfterFailure, type FoundSnapshot, openMetadataLog } from './opening.ts'
import { decodeQuorumState, encodeQuorumState, QuorumStateError, type QuorumStateFile } from './quorum-state.ts'
import { type ElectionState, type Entry, Raft } from './raft.ts'
import type { Role } from './role.ts'
import { decideCleanUp, type SnapshotRetention } from './snapshot-clean-up.ts'
import { FailedSyncError, SnapshotAbandonedError, type SnapshotFiles } from './snapshot-files.ts'
import { type SnapshotId, snapshotName } from './snapshot-format.ts'
import type { Voter, VoterSet } from './voters.ts'

/** Committed records of one batch, in the order of the log. Control batches have none. */
export interface CommittedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly timestampMs: number
  /** The values; copies that the listener may keep. */
  readonly records: readonly Uint8Array[]
}

/** All that was committed before `offset`, as records that give it. */
export interface SnapshotRead extends SnapshotId {
  /** Of the last record that it covers. */
  readonly timestampMs: number
  /** The values; the listener may keep them. */
  readonly records: readonly Uint8Array[]
}

export interface NewSnapshot extends SnapshotId {
  readonly timestampMs: number
  /** Taken in slices, while the loop goes on: must not change meanwhile. */
  readonly records: Iterable<Uint8Array>
}

export interface DriverOptions {
  /** Holds `__cluster_metadata-0`. */
  readonly metadataLogDirectory: string
  readonly nodeId: number
  readonly voters: VoterSet
  readonly disk: Disk
  readonly clock: Clock
  readonly logger: Logger
  /** Of the log; `metadata.log.segment.bytes` and its like. */
  readonly config?: Partial<LogConfig>
  /** Goes on where committed metadata or the vote file is lost: at the risk of whoever says so. */
  readonly forceRecover?: boolean
  /** The newest snapshot, within `start` and before any committed batch; not called where there is none. */
  readonly onSnapshot: (snapshot: SnapshotRead) => void
  /** All that one read of the log gave, in order and never empty; nothing that the snapshot covers. */
  readonly onCommitted: (batches: readonly CommittedBatch[]) => void
  readonly onRole: (role: Role) => void
  /** The log or the vote file can no longer be written: the node stops. */
  readonly onFault: (error: unknown) => void
}

const quorumStateBytesMax = 1024 * 1024
const readBytes = 1024 * 1024
const decompressedBytesMax = 64 * 1024 * 1024

export class RaftDriver {
  readonly #options: DriverOptions
  readonly #log: Log
  readonly #raft: Raft
  readonly #snapshots: SnapshotFiles
  readonly #control = new ControlHistory()
  /** Of the vote file: a dynamic quorum stays one (KIP-853). */
  readonly #form: QuorumStateFile['form']
  readonly #bound: CommittedBound
  #working: Promise<void> | undefined
  #snapshotWork: Promise<void> = Promise.resolve()
  /** Everything below was handed out. */
  #published = 0
  #roleTold: Role['kind'] | undefined
  #stopped = false

  private constructor(parts: DriverParts) {
    this.#options = parts.options
    this.#log = parts.log
    this.#raft = parts.raft
    this.#snapshots = parts.snapshots
    this.#form = parts.form
    this.#bound = parts.bound
  }

  /**
   * Opens snapshots, log and vote file, hands out the newest snapshot, and stands for election. Throws DiskError,
   * QuorumStateError, and MissingMetadataError where committed metadata is gone.
   */
  static async start(options: DriverOptions): Promise<RaftDriver> {
    const { clock, logger, nodeId, voters, forceRecover = false } = options
    const disk = options.disk.urgent
    const directory = `${options.metadataLogDirectory}/__cluster_metadata-0`
    const { log, snapshots, snapshot, bound } = await openMetadataLog({
      directory,
      config: options.config ?? {},
      disk,
      snapshotDisk: options.disk,
      clock,
      logger,
      forceRecover,
      onFault: options.onFault,
    })
    try {
      const { election, form } = await readQuorumState(disk, directory, voters)
      const lastEpoch = Math.max(log.latestEpoch ?? 0, snapshot?.epoch ?? 0)
      checkEpoch({ election, lastEpoch, directory, forceRecover, logger })
      const committedOffset = snapshot?.offset ?? 0
      const raft = new Raft({
        nodeId,
        voters,
        election,
        log: { endOffset: log.logEndOffset, lastEpoch, committedOffset },
      })
      const driver = new RaftDriver({ options: { ...options, disk }, log, raft, snapshots, form, bound })
      if (snapshot !== undefined) driver.#load(snapshot)
      raft.campaign()
      driver.#work()
      return driver
    } catch (error) {
      await closeAfterFailure(log, logger)
      throw error
    }
  }

  #load({ offset, epoch, timestampMs, records, control }: FoundSnapshot): void {
    for (const record of control) this.#control.add({ ...record, offset: offset - 1 })
    this.#published = offset
    this.#options.onSnapshot({ offset, epoch, timestampMs, records })
  }

  get isLeader(): boolean {
    return this.#raft.isLeader
  }

  get epoch(): number {
    return this.#raft.epoch
  }

  /** -1 while nobody is known to lead. */
  get leaderId(): number {
    return this.#raft.leaderId
  }

  get voters(): readonly Voter[] {
    return this.#options.voters.all()
  }

  /**
   * Offset of the leader's own first entry, undefined elsewhere. Once a batch with it was handed out, all that earlier
   * leaders committed was too: this node may act as the controller.
   */
  get epochStartOffset(): number | undefined {
    return this.#raft.epochStartOffset
  }

  get logStartOffset(): number {
    return this.#log.logStartOffset
  }

  get endOffset(): number {
    return this.#raft.endOffset
  }

  get highWatermark(): number {
    return this.#raft.highWatermark
  }

  /** Takes records for one batch; returns the offset of its last one. Throws NotLeaderError. */
  propose(records: readonly Uint8Array[]): number {
    const lastOffset = this.#raft.propose(records)
    this.#work()
    return lastOffset
  }

  #work(): void {
    if (this.#working !== undefined || this.#stopped) return
    this.#working = this.#whileReady().catch((error: unknown) => {
      this.#stopped = true
      this.#raft.resign()
      // Nobody decides anything on a log that is lost.
      this.#options.onRole(this.#raft.role)
      this.#options.onFault(error)
    })
  }

  async #whileReady(): Promise<void> {
    for (;;) {
      const { election, entries, role } = this.#raft.ready()
      if (election !== undefined) await this.#persist(election)
      for (const entry of entries) await this.#append(entry)
      if (entries.length > 0) {
        const end = this.#log.logEndOffset
        await this.#log.flush()
        this.#raft.flushed(end)
      }
      if (role.kind !== this.#roleTold) {
        this.#roleTold = role.kind
        this.#options.onRole(role)
      }
      await this.#publish()
      if (this.#raft.hasReady) continue
      // In the same step as the check: a proposal that comes next starts the work anew.
      this.#working = undefined
      return
    }
  }

  async #persist(election: ElectionState): Promise<void> {
    const votedDirectoryId = this.#options.voters.directoryIdOf(election.votedId) ?? zeroUuid
    const form = this.#form.kind === 'static' ? this.#form : { ...this.#form, votedDirectoryId }
    const text = encodeQuorumState({ election, form })
    await replaceFile(this.#options.disk, `${this.#log.directory}/quorum-state`, Buffer.from(text))
    this.#raft.electionPersisted(election.epoch)
  }

  async #append(entry: Entry): Promise<void> {
    const timestampMs = this.#options.clock.now()
    const bytes =
      entry.kind === 'records' ? recordsBatch(entry.records, timestampMs) : leaderChangeBatch(entry, timestampMs)
    const { baseOffset } = await this.#log.append(bytes, {
      kind: 'leader',
      leaderEpoch: entry.epoch,
      origin: 'coordinator',
    })
    assert(baseOffset === entry.baseOffset, 'the log assigns the offsets that the quorum has promised')
  }

  /** Hands out what is committed and was not handed out yet. */
  async #publish(): Promise<void> {
    const log = this.#log
    log.setHighWatermark(this.#raft.highWatermark)
    while (this.#published < this.#raft.highWatermark) {
      const startOffset = this.#published
      const maxOffset = this.#raft.highWatermark
      const plan = await log.read({ startOffset, maxBytes: readBytes, maxOffset, minOneBatch: true })
      const bytes = readPlan(plan)
      if (bytes === undefined) throw new Error('committed batches of the metadata could not be read')
      const batches = this.#decode(bytes)
      const last = batches.at(-1)
      assert(last !== undefined && last.lastOffset >= startOffset, 'committed batches are read from the log')
      this.#published = last.lastOffset + 1
      this.#options.onCommitted(batches)
    }
  }

  #decode(bytes: Uint8Array): CommittedBatch[] {
    const batches: CommittedBatch[] = []
    const cursor = new BatchCursor(bytes, 0, bytes.length)
    while (cursor.next()) {
      const { view, position } = cursor
      const isControl = batchHeader.isControl(view, position)
      const records: Uint8Array[] = []
      for (const { offset, key, value } of readRecords(bytes, position, decompressedBytesMax)) {
        if (!isControl) records.push(value ?? new Uint8Array(0))
        else if (value !== null) {
          this.#control.add({ offset, type: controlRecordType(key), value: Uint8Array.from(value) })
        }
      }
      batches.push({
        baseOffset: batchHeader.baseOffset(view, position),
        lastOffset: batchHeader.lastOffset(view, position),
        epoch: batchHeader.partitionLeaderEpoch(view, position),
        timestampMs: batchHeader.maxTimestamp(view, position),
        records,
      })
    }
    return batches
  }

  /**
   * Writes a snapshot of all that was committed before `offset`, durable on return; does nothing where the newest one
   * covers as much. Throws RangeError on an offset or epoch that the committed log does not have, DiskError, and
   * SnapshotAbandonedError when the driver stops meanwhile.
   */
  createSnapshot(snapshot: NewSnapshot): Promise<void> {
    return this.#oneAfterTheOther(async () => {
      const { offset, epoch } = snapshot
      // What the quorum says of itself up to there is known once it was handed out.
      while (this.#published < offset && offset <= this.#raft.highWatermark && !this.#stopped) await this.#working
      if (this.#stopped) throw new SnapshotAbandonedError('the node stops: no snapshot is made')
      const newest = this.#snapshots.usable.at(-1)
      if (newest !== undefined && newest.offset >= offset) return
      await this.#checkSnapshotId({ offset, epoch })
      const control = this.#control.before(offset)
      await this.#snapshots.write({ ...snapshot, control, isAbandoned: () => this.#stopped })
      await this.#bound.raise(this.#raft.highWatermark)
      this.#control.forgetBefore(offset)
      const name = snapshotName({ offset, epoch })
      this.#options.logger.log('info', 'a snapshot of the metadata was written', { name })
    })
  }

  async #checkSnapshotId({ offset, epoch }: SnapshotId): Promise<void> {
    const log = this.#log
    const name = `a snapshot of offset ${offset} and epoch ${epoch}`
    if (offset > this.#published || offset < log.logStartOffset) {
      throw new RangeError(`${name} is not within what is committed, [${log.logStartOffset}, ${this.#published})`)
    }
    const end = log.endOffsetForEpoch(epoch)
    if (offset > 0 && (end.leaderEpoch !== epoch || end.endOffset < offset)) {
      throw new RangeError(`${name}: the log has epoch ${end.leaderEpoch} up to ${end.endOffset}`)
    }
    // Whoever goes on from a snapshot reads the log from its offset, which gives whole batches.
    const baseOffset = await this.#baseOffsetOf(offset)
    if (baseOffset !== offset) throw new RangeError(`${name} is within a batch, which starts at ${baseOffset}`)
  }

  async #baseOffsetOf(offset: number): Promise<number> {
    const maxOffset = this.#log.logEndOffset
    if (offset === maxOffset) return offset
    const plan = await this.#log.read({ startOffset: offset, maxBytes: 1, maxOffset, minOneBatch: true })
    const bytes = readPlan(plan)
    assert(bytes !== undefined && bytes.length > 0, 'the log has a batch for each offset')
    return batchHeader.baseOffset(new DataView(bytes.buffer), 0)
  }

  /**
   * Removes old snapshots, and the log before the oldest one kept, as `metadata.max.retention.bytes` and `.ms` say; the
   * newest snapshot and what follows it stay. Returns how many went.
   */
  cleanUp(retention: SnapshotRetention): Promise<number> {
    return this.#oneAfterTheOther(async () => {
      const log = this.#log
      const snapshots = this.#snapshots
      for (let count = 0; ; count++) {
        const oldest = snapshots.usable[0]
        if (oldest !== undefined && retention.retentionMs >= 0) await snapshots.readTimestamp(oldest)
        const logSizeInBytes = log.sizeInBytes
        const due = decideCleanUp({ ...retention, snapshots: snapshots.usable, logSizeInBytes })
        if (due === undefined || this.#stopped) return count
        const { next, reason } = due
        log.deleteRecordsBefore(next.offset)
        const segments = await log.applyRetention()
        await snapshots.removeBefore(next)
        const fields = { startOffset: next.offset, reason, segments }
        this.#options.logger.log('info', 'old metadata was removed, newer snapshots hold it', fields)
      }
    })
  }

  /** A snapshot and a clean-up never work on the files at once. */
  #oneAfterTheOther<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#snapshotWork.then(work).catch((error: unknown) => {
      if (error instanceof FailedSyncError) this.#options.onFault(error)
      throw error
    })
    this.#snapshotWork = done.then(
      () => undefined,
      () => undefined,
    )
    return done
  }

  /** Leaves the quorum and closes the log; what was handed to the disk is finished first. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#raft.resign()
    await allSteps(
      () => this.#working,
      () => this.#snapshotWork,
      () => this.#bound.raise(this.#raft.highWatermark),
      () => this.#log.close(),
    )
  }
}

interface DriverParts {
  readonly options: DriverOptions
  readonly log: Log
  readonly raft: Raft
  readonly snapshots: SnapshotFiles
  readonly form: QuorumStateFile['form']
  readonly bound: CommittedBound
}

async function readQuorumState(disk: Disk, directory: string, voters: VoterSet): Promise<QuorumStateFile> {
  const path = `${directory}/quorum-state`
  const bytes = await readWholeFile(disk, path, quorumStateBytesMax)
  const form = { kind: 'static', voters: voters.ids() } as const
  if (bytes === undefined) return { election: { epoch: 0, leaderId: -1, votedId: -1 }, form }
  const found = decodeQuorumState(bytes.toString('utf8'), path)
  return found.form.kind === 'static' ? { ...found, form } : found
}

interface KnownEpochs {
  readonly election: ElectionState
  /** In the metadata log. */
  readonly lastEpoch: number
  readonly directory: string
  readonly forceRecover: boolean
  readonly logger: Logger
}

/** A vote is durable before anything of its epoch is written. Throws QuorumStateError. */
function checkEpoch({ election, lastEpoch, directory, forceRecover, logger }: KnownEpochs): void {
  if (election.epoch >= lastEpoch) return
  const what =
    `${directory}/quorum-state is missing or old: it knows epoch ${election.epoch}, and the metadata has epoch ${lastEpoch}. ` +
    'Whom this node has voted for since then is lost'
  if (!forceRecover) {
    throw new QuorumStateError(
      `${what}: it may vote twice in one epoch. Restore the file, or, if no other voter has elected a leader meanwhile, start ` +
        'once with `odradek start --force-recover`',
    )
  }
  logger.log('error', `${what}; it goes on in a later epoch, as it was told to`)
}

const recordsBatch = (values: readonly Uint8Array[], timestampMs: number): Uint8Array =>
  buildBatch(values.map((value) => ({ timestampMs, key: null, value })))

type LeaderChange = Extract<Entry, { readonly kind: 'leader-change' }>

function leaderChangeBatch({ leaderId, voters, granted }: LeaderChange, timestampMs: number): Uint8Array {
  const writer = new Writer(64)
  const named = (ids: readonly number[]) => ids.map((voterId) => ({ voterId, voterDirectoryId: zeroUuid }))
  const value = leaderChangeMessage.create({ leaderId, voters: named(voters), grantingVoters: named(granted) })
  leaderChangeMessage.encode(writer, 0, value)
  return buildControlBatch([{ type: ControlRecordType.leaderChange, value: writer.finishAsOne() }], { timestampMs })
}
