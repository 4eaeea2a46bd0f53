/**
 * Does what the quorum's machine says, in its order: the vote file first, then the log, each durable before it counts,
 * then the news of what is committed. The shell around `raft.ts`; its syncs never wait for a thread, so that a vote is
 * not held up by other work. Whoever listens gets the newest snapshot and then committed batches by one path, after a
 * start as well as live: by reading the log. Snapshots are made and removed by `snapshot-keeper.ts`, and fetched from the
 * leader by `snapshot-download.ts`.
 */
import { ApiError, allSteps, assert, type Disk, present } from '../base/index.ts'
import { type Log, readPlan } from '../log/index.ts'
import { filledAnswer } from './answer-reads.ts'
import { Asked, type QuorumAnswer } from './asked.ts'
import { decodeCommitted } from './committed-batch.ts'
import type { CommittedBound } from './committed-bound.ts'
import type { DriverOptions } from './driver-options.ts'
import { batchOf } from './entry-batch.ts'
import { logViewOf } from './log-bounds.ts'
import { loggedIn, loggedRecords } from './logged-records.ts'
import type { OffsetAndEpoch, Outcome, OutgoingRequest, QuorumRequest, ReplicaKey } from './messages.ts'
import { closeAfterFailure, type FoundSnapshot, openMetadataLog } from './opening.ts'
import { NotLeaderError, Raft } from './raft.ts'
import type { ElectionState, Entry, Ready } from './ready.ts'
import type { Role } from './role.ts'
import type { ReplicaProgress } from './roles/leader.ts'
import type { SnapshotRetention } from './snapshot-clean-up.ts'
import { type FetchedSnapshot, SnapshotDownload } from './snapshot-download.ts'
import type { SnapshotFiles } from './snapshot-files.ts'
import { type NewSnapshot, SnapshotKeeper } from './snapshot-keeper.ts'
import type { VoteFile } from './vote-file.ts'
import type { VoterSet } from './voters.ts'
import { WakeUp } from './wake-up.ts'

/** Of committed batches at a time: what is decoded from them has mostly gone again before the next are read. */
const readBytes = 64 * 1024

export class RaftDriver {
  readonly #options: DriverOptions
  readonly #log: Log
  readonly #raft: Raft
  readonly #snapshots: SnapshotFiles
  readonly #votes: VoteFile
  readonly #bound: CommittedBound
  readonly #keeper: SnapshotKeeper
  readonly #download: SnapshotDownload
  /** Was fetched, and takes the place of the log in its turn. */
  #toInstall: { readonly snapshot: FetchedSnapshot; readonly done: PromiseWithResolvers<void> } | undefined
  #working: Promise<void> | undefined
  #flushing: Promise<void> | undefined
  /** More was appended since the flush that is under way. */
  #isFlushDue = false
  /** Everything below was handed out. */
  #published = 0
  #roleTold: Role | undefined
  /** Whoever waits for an answer, by token. */
  readonly #asked = new Asked()
  readonly #wakeUp: WakeUp
  #stopped = false

  private constructor(parts: DriverParts) {
    this.#options = parts.options
    this.#log = parts.log
    this.#raft = parts.raft
    this.#snapshots = parts.snapshots
    this.#votes = parts.votes
    this.#bound = parts.bound
    this.#keeper = this.#keeping(parts)
    this.#download = this.#downloading(parts)
    this.#wakeUp = new WakeUp(parts.options.clock, (nowMs) => this.#tell(() => this.#raft.tick(nowMs)))
  }

  #keeping({ options, log, snapshots: files, bound }: DriverParts): SnapshotKeeper {
    return new SnapshotKeeper({
      ...{ ...options, log, files, bound, history: this.#raft.history },
      published: () => this.#published,
      highWatermark: () => this.highWatermark,
      durable: () => this.#durableOffset,
      isStopped: () => this.#stopped,
      isToInstall: () => this.#toInstall !== undefined,
      working: () => this.#working,
      changed: (start) => this.#tell(() => this.#raft.logBeginsAt(start)),
    })
  }

  #downloading({ options }: DriverParts): SnapshotDownload {
    return new SnapshotDownload({
      ...{ ...options, disk: options.snapshotDisk, directory: directoryIn(options) },
      written: (attempt) => this.#tell(() => this.#raft.snapshotWritten(attempt, this.#nowMs)),
      failed: (attempt) => this.#tell(() => this.#raft.snapshotFailed(attempt, this.#nowMs)),
      whole: (snapshot) => void this.#fetched(snapshot).catch((error: unknown) => this.#fail(error)),
    })
  }

  /** Nothing else works on snapshots from when the machine is asked until the log begins anew, or nobody wants it. */
  async #fetched(snapshot: FetchedSnapshot): Promise<void> {
    const own = { snapshot, done: Promise.withResolvers<void>() }
    this.#toInstall = own
    await this.#keeper.alone(async () => {
      if (!this.#stopped && this.#raft.snapshotWhole(snapshot.attempt, loggedIn(snapshot), this.#nowMs)) {
        this.#work()
        await own.done.promise
      }
      // Another one may have become whole while this one waited for its turn.
      if (this.#toInstall === own) this.#toInstall = undefined
      this.#work()
    })
  }

  async #install({ offset }: OffsetAndEpoch): Promise<void> {
    const { snapshot, done } = present(this.#toInstall, 'the snapshot that was fetched')
    assert(snapshot.offset === offset, 'the log begins behind the snapshot that was told to be whole')
    while (this.#flushing !== undefined) await this.#flushing
    await this.#keeper.install(snapshot)
    this.#download.adopted(snapshot.attempt)
    this.#load(snapshot)
    done.resolve()
  }

  /**
   * Opens snapshots, log and vote file, hands out the newest snapshot, and stands for election. Throws DiskError,
   * QuorumStateError, MissingMetadataError where committed metadata is gone, and MalformedError or CompressionError where
   * the log cannot be read for what it says of the quorum.
   */
  static async start(options: DriverOptions): Promise<RaftDriver> {
    const { clock, logger, quorum, forceRecover = false } = options
    const disk = options.disk.urgent
    const { log, snapshots, snapshot, bound, votes } = await openMetadataLog({
      directory: directoryIn(options),
      config: options.config ?? {},
      disk,
      snapshotDisk: options.disk,
      clock,
      logger,
      forceRecover,
      onFault: options.onFault,
    })
    try {
      const raft = new Raft({
        ...quorum,
        election: votes.election,
        logged: await loggedRecords(log, snapshot),
        log: logViewOf(log, snapshots),
        committedOffset: snapshot?.offset ?? 0,
        boundOffset: bound.offset,
        nowMs: clock.monotonic(),
      })
      const shared = { ...options, disk, snapshotDisk: options.disk }
      const driver = new RaftDriver({ options: shared, log, raft, snapshots, votes, bound })
      if (snapshot !== undefined) driver.#load(snapshot)
      driver.#work()
      return driver
    } catch (error) {
      await closeAfterFailure(log, logger)
      throw error
    }
  }

  #load({ offset, epoch, timestampMs, records }: FoundSnapshot): void {
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

  get role(): Role {
    return this.#raft.role
  }

  get self(): ReplicaKey {
    return this.#options.quorum.self
  }

  get voters(): VoterSet {
    return this.#raft.voters
  }

  /** 1 where the log names the voters (KIP-853). */
  get kraftVersion(): number {
    return this.#raft.history.kraftVersion
  }

  /** What a leader knows of the other replicas. */
  progress(): readonly ReplicaProgress[] {
    return this.#raft.progress(this.#nowMs)
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

  /** This node follows, and all that its leader has said to be committed was handed out. */
  get hasCaughtUp(): boolean {
    return this.#published >= this.#raft.leaderHighWatermark
  }

  /** Takes records for one batch; returns the offset of its last one. Throws NotLeaderError. */
  propose(records: readonly Uint8Array[]): number {
    return this.#ask(() => this.#raft.propose(records))
  }

  /**
   * Raises kraft.version to 1: from then on the log names the voters (KIP-853). It counts when it is committed, before what
   * is proposed after it; nothing happens where the quorum has that version. `isDryRun`: it is only checked. Throws
   * NotLeaderError, and ApiError with INVALID_UPDATE_VERSION where not all voters have said that they support it.
   */
  upgradeKRaftVersion(version: number, { isDryRun }: { readonly isDryRun: boolean }): void {
    this.#ask(() => this.#raft.upgradeKRaftVersion(version, { isDryRun, nowMs: this.#nowMs }))
  }

  /** What the machine may refuse to whoever asks; what it throws else is its end. */
  #ask<T>(ask: () => T): T {
    try {
      return ask()
    } catch (error) {
      if (!(error instanceof NotLeaderError || error instanceof ApiError)) this.#fail(error)
      throw error
    } finally {
      this.#work()
    }
  }

  get #nowMs(): number {
    return this.#options.clock.monotonic()
  }

  /**
   * A request of another node. A fetch is answered when there is something, or when its time is over; `forget`: nobody waits
   * for it any more. Rejects with ApiError BROKER_NOT_AVAILABLE when the node stops.
   */
  receive(request: QuorumRequest): { readonly answer: Promise<QuorumAnswer>; readonly forget: () => void } {
    const { token, answer } = this.#asked.add()
    this.#tell(() => this.#raft.receive(token, request, this.#nowMs))
    const forget = (): void => {
      this.#asked.forget(token)
      this.#tell(() => this.#raft.forget(token))
    }
    return { answer, forget }
  }

  /** What became of a request that was sent. */
  settled(request: OutgoingRequest, outcome: Outcome): void {
    this.#tell(() => this.#raft.settled(request, outcome, this.#nowMs))
  }

  /** What the machine asserts is never the fault of who tells it something: it ends the quorum, and nobody else. */
  #tell(tell: () => void): void {
    if (this.#stopped) return
    try {
      tell()
    } catch (error) {
      this.#fail(error)
      return
    }
    this.#work()
  }

  #work(): void {
    if (this.#working !== undefined || this.#stopped) return
    this.#working = this.#whileReady().catch((error: unknown) => this.#fail(error))
  }

  #fail(error: unknown): void {
    this.#stopped = true
    this.#wakeUp.cancel()
    try {
      this.#raft.stop(this.#nowMs)
    } catch (then) {
      this.#options.logger.log('error', 'the quorum could not be left in order', { reason: String(then) })
    }
    this.#asked.end()
    this.#toInstall?.done.resolve()
    // Nobody decides anything on a log that is lost.
    this.#options.onRole(this.#raft.role)
    this.#options.onFault(error)
  }

  async #whileReady(): Promise<void> {
    for (;;) {
      const ready = this.#raft.ready()
      const { election, truncateTo, startFrom, entries, role } = ready
      this.#download.take(ready.snapshotSteps)
      if (election !== undefined) await this.#persist(election)
      if (truncateTo !== undefined) await this.#truncate(truncateTo)
      if (startFrom !== undefined) await this.#install(startFrom)
      for (const entry of entries) await this.#append(entry)
      if (entries.length > 0) this.#flush()
      this.#speak(ready)
      if (role !== this.#roleTold) {
        this.#roleTold = role
        this.#options.onRole(role)
      }
      await this.#publish()
      if (this.hasCaughtUp) this.#options.onCaughtUp()
      if (this.#raft.hasReady) continue
      if (!this.#stopped) this.#wakeUp.at(this.#raft.wakeMs)
      if (this.#hasMore && !this.#stopped) {
        // A long log is read for seconds: whoever asks meanwhile is answered.
        await new Promise<void>((resolve) => this.#options.clock.afterDrain(resolve))
        continue
      }
      // In the same step as the check: what comes next starts the work anew.
      this.#working = undefined
      return
    }
  }

  /** Beside the work: a leader whose disk stalls goes on answering, else its followers would take it for gone. */
  #flush(): void {
    if (this.#flushing !== undefined) {
      this.#isFlushDue = true
      return
    }
    const end = this.#log.logEndOffset
    this.#isFlushDue = false
    this.#flushing = this.#log.flush().then(
      () => {
        this.#flushing = undefined
        if (this.#isFlushDue) this.#flush()
        this.#tell(() => this.#raft.flushed(end, this.#nowMs))
      },
      (error: unknown) => {
        this.#flushing = undefined
        this.#fail(error)
      },
    )
  }

  /** What is promised in it is durable by now, but for the entries: a replica counts them when they are flushed. */
  #speak({ requests, answers, warnings }: Ready): void {
    for (const warning of warnings) this.#options.logger.log('error', warning)
    for (const request of requests) this.#options.send(request)
    for (const answer of answers) {
      if (!this.#asked.isWaiting(answer.token)) continue
      const sources = { log: this.#log, snapshots: this.#snapshots }
      this.#asked.give(answer.token, filledAnswer(answer, sources)).catch(this.#options.onFault)
    }
  }

  async #truncate(offset: number): Promise<void> {
    const log = this.#log
    const { logEndOffset } = log
    // A flush tells of what was there when it began.
    while (this.#flushing !== undefined) await this.#flushing
    await log.truncateTo(offset)
    const fields = { offset, logEndOffset }
    this.#options.logger.log('info', 'the metadata log was cut to where it is the leader of the quorum’s', fields)
    assert(log.logEndOffset === offset, 'the log is cut between batches')
  }

  async #persist(election: ElectionState): Promise<void> {
    await this.#votes.persist(election, this.#raft.history)
    this.#raft.electionPersisted(election.epoch, this.#nowMs)
  }

  async #append(entry: Entry): Promise<void> {
    if (entry.kind === 'fetched') {
      for (const { baseOffset, lastOffset, bytes } of entry.batches) {
        const result = await this.#log.append(bytes, { kind: 'follower' })
        const isWhole = result.baseOffset === baseOffset && result.lastOffset === lastOffset
        assert(isWhole, 'batches of the leader follow each other')
      }
      return
    }
    const { baseOffset } = await this.#log.append(batchOf(entry, this.#options.clock.now()), {
      kind: 'leader',
      leaderEpoch: entry.epoch,
      origin: 'coordinator',
    })
    assert(baseOffset === entry.baseOffset, 'the log assigns the offsets that the quorum has promised')
  }

  /** While this node works, it may hear that more is committed than it has appended. */
  get #readableOffset(): number {
    return Math.min(this.#raft.highWatermark, this.#log.logEndOffset)
  }

  /** Committed, and on this disk: what a cut of the power leaves of it. */
  get #durableOffset(): number {
    return Math.min(this.#published, this.#raft.flushedOffset)
  }

  /** Something is committed and was not handed out. */
  get #hasMore(): boolean {
    return this.#published < this.#readableOffset
  }

  /** Hands out what is committed and was not handed out yet, or the beginning of it. */
  async #publish(): Promise<void> {
    const log = this.#log
    const maxOffset = this.#readableOffset
    log.setHighWatermark(maxOffset)
    if (!this.#hasMore) return
    const startOffset = this.#published
    const plan = await log.read({ startOffset, maxBytes: readBytes, maxOffset, minOneBatch: true })
    const bytes = readPlan(plan)
    if (bytes === undefined) throw new Error('committed batches of the metadata could not be read')
    const batches = decodeCommitted(bytes)
    const last = batches.at(-1)
    assert(last !== undefined && last.lastOffset >= startOffset, 'committed batches are read from the log')
    this.#published = last.lastOffset + 1
    this.#options.onCommitted(batches)
  }

  /**
   * Writes a snapshot of all that was committed before `offset`, durable on return; does nothing where the newest one
   * covers as much. Throws RangeError on an offset or epoch that the committed log does not have, DiskError, and
   * SnapshotAbandonedError when the driver stops meanwhile.
   */
  createSnapshot(snapshot: NewSnapshot): Promise<void> {
    return this.#keeper.create(snapshot)
  }

  /**
   * Removes old snapshots, and the log before the oldest one kept, as `metadata.max.retention.bytes` and `.ms` say; the
   * newest snapshot and what follows it stay. Returns how many went.
   */
  cleanUp(retention: SnapshotRetention): Promise<number> {
    return this.#keeper.cleanUp(retention)
  }

  /**
   * Leaves the quorum and closes the log; what was handed to the disk is finished first. A leader tells the others, and
   * waits as long as for an answer.
   */
  async stop(): Promise<void> {
    this.#raft.stop(this.#nowMs)
    this.#work()
    await this.#untilTold()
    this.#stopped = true
    this.#wakeUp.cancel()
    this.#asked.end()
    await allSteps(
      () => this.#working,
      async () => {
        while (this.#flushing !== undefined) await this.#flushing
      },
      () => this.#keeper.idle(),
      () => this.#download.end(),
      () => this.#bound.raise(this.#durableOffset),
      () => this.#log.close(),
    )
  }

  async #untilTold(): Promise<void> {
    const { clock, quorum } = this.#options
    const untilMs = this.#nowMs + quorum.times.requestTimeoutMs
    while (!this.#raft.isStopped && !this.#stopped && this.#nowMs < untilMs) {
      await new Promise<void>((resolve) => clock.after(stopStepMs, resolve))
    }
  }
}

const stopStepMs = 5

const directoryIn = (options: Pick<DriverOptions, 'metadataLogDirectory'>): string =>
  `${options.metadataLogDirectory}/__cluster_metadata-0`

interface DriverParts {
  /** `disk` is the urgent one. */
  readonly options: DriverOptions & { readonly snapshotDisk: Disk }
  readonly log: Log
  readonly raft: Raft
  readonly snapshots: SnapshotFiles
  readonly votes: VoteFile
  readonly bound: CommittedBound
}
