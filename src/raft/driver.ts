/**
 * Does what the quorum's machine says, in its order: the vote file first, then the log, each durable before it counts,
 * then the news of what is committed. The shell around `raft.ts`; syncs have a thread of their own, so that a vote never
 * waits behind other work. Whoever listens gets committed batches by one path, after a start as well as live: by reading
 * the log.
 */
import { assert, type Clock, type Disk, type Logger, Writer, zeroUuid } from '../base/index.ts'
import { defaultLogConfig, Log, type LogConfig, readWholeFile, replaceFile } from '../log/index.ts'
import { leaderChangeMessage } from '../protocol/index.ts'
import {
  BatchCursor,
  batchHeader,
  buildBatch,
  buildControlBatch,
  ControlRecordType,
  readRecords,
} from '../records/index.ts'
import { decodeQuorumState, encodeQuorumState } from './quorum-state.ts'
import { type ElectionState, type Entry, Raft } from './raft.ts'
import type { Role } from './role.ts'
import type { VoterSet } from './voters.ts'

/** Committed records of one batch, in the order of the log. Control batches have none. */
export interface CommittedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly timestampMs: number
  /** The values; copies that the listener may keep. */
  readonly records: readonly Uint8Array[]
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
  readonly onCommitted: (batch: CommittedBatch) => void
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
  #working: Promise<void> | undefined
  #published = 0
  #roleTold: Role['kind'] | undefined
  #stopped = false

  private constructor(options: DriverOptions, log: Log, raft: Raft) {
    this.#options = options
    this.#log = log
    this.#raft = raft
  }

  /** Opens log and vote file, and stands for election. Throws DiskError and QuorumStateError. */
  static async start(options: DriverOptions): Promise<RaftDriver> {
    const { clock, logger, nodeId, voters } = options
    const disk = withDedicatedSync(options.disk)
    const directory = `${options.metadataLogDirectory}/__cluster_metadata-0`
    const log = await Log.open({
      directory,
      topicPartition: { topic: '__cluster_metadata', partition: 0 },
      topicId: undefined,
      config: { ...defaultLogConfig, retentionMs: -1, retentionBytes: -1, ...options.config },
      disk,
      clock,
      logger,
      recoveryPoint: 0,
      isCleanShutdown: false,
      logStartOffset: 0,
      onDirectoryFailure: options.onFault,
    })
    await log.flush()
    const election = await readElection(disk, directory)
    const raft = new Raft({
      nodeId,
      voters,
      election,
      log: { endOffset: log.logEndOffset, lastEpoch: log.latestEpoch ?? 0 },
    })
    const driver = new RaftDriver({ ...options, disk }, log, raft)
    raft.campaign()
    driver.#work()
    return driver
  }

  get isLeader(): boolean {
    return this.#raft.isLeader
  }

  get epoch(): number {
    return this.#raft.epoch
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
    const text = encodeQuorumState({ election, form: { kind: 'static', voters: this.#options.voters.ids() } })
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
      const maxOffset = this.#raft.highWatermark
      const plan = await log.read({ startOffset: this.#published, maxBytes: readBytes, maxOffset, minOneBatch: true })
      for (const region of plan.open()) {
        const bytes = new Uint8Array(region.sizeInBytes)
        const whole = region.readSync(bytes, 0)
        region.release()
        assert(whole, 'committed batches are in the log')
        this.#publishBatches(bytes)
      }
    }
  }

  #publishBatches(bytes: Uint8Array): void {
    const cursor = new BatchCursor(bytes, 0, bytes.length)
    while (cursor.next()) {
      const { view, position } = cursor
      const isControl = batchHeader.isControl(view, position)
      const records: Uint8Array[] = []
      if (!isControl)
        for (const { value } of readRecords(bytes, position, decompressedBytesMax))
          records.push(value ?? new Uint8Array(0))
      const lastOffset = batchHeader.lastOffset(view, position)
      this.#published = lastOffset + 1
      this.#options.onCommitted({
        baseOffset: batchHeader.baseOffset(view, position),
        lastOffset,
        epoch: batchHeader.partitionLeaderEpoch(view, position),
        timestampMs: batchHeader.maxTimestamp(view, position),
        records,
      })
    }
  }

  /** Leaves the quorum and closes the log; what was handed to the disk is finished first. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#raft.resign()
    await this.#working
    await this.#log.close()
  }
}

async function readElection(disk: Disk, directory: string): Promise<ElectionState> {
  const bytes = await readWholeFile(disk, `${directory}/quorum-state`, quorumStateBytesMax)
  return bytes === undefined
    ? { epoch: 0, leaderId: -1, votedId: -1 }
    : decodeQuorumState(bytes.toString('utf8')).election
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

/** The same disk, with the syncs of its files on the thread for them. */
function withDedicatedSync(disk: Disk): Disk {
  return {
    open: (path, options) => disk.open(path, { ...options, dedicatedSync: true }),
    list: (path) => disk.list(path),
    stat: (path) => disk.stat(path),
    makeDirectory: (path) => disk.makeDirectory(path),
    rename: (from, to) => disk.rename(from, to),
    unlink: (path) => disk.unlink(path),
    removeTree: (path) => disk.removeTree(path),
    syncDirectory: (path) => disk.syncDirectory(path),
    lock: (path) => disk.lock(path),
    space: (path) => disk.space(path),
  }
}
