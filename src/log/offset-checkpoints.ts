/**
 * The three checkpoint files of a log directory that say of each log how far it is flushed, where it starts, and what its
 * high watermark was. Each is written when its interval is over, unless it says the same already. Off the hot path.
 */
import type { Disk } from '../base/index.ts'
import {
  encodeCheckpoint,
  logStartOffsetCheckpointName,
  readCheckpoint,
  recoveryPointCheckpointName,
  replicationOffsetCheckpointName,
} from './checkpoint.ts'
import { directoryName } from './file-names.ts'
import type { Log } from './log.ts'
import { replaceFile } from './whole-file.ts'

export type CheckpointKind = 'recoveryPoint' | 'logStartOffset' | 'highWatermark'

interface CheckpointFile {
  readonly name: string
  /** Undefined: the log is not in it. */
  readonly offsetOf: (log: Log) => number | undefined
}

const files: Readonly<Record<CheckpointKind, CheckpointFile>> = {
  recoveryPoint: { name: recoveryPointCheckpointName, offsetOf: (log) => log.recoveryPoint },
  logStartOffset: {
    name: logStartOffsetCheckpointName,
    offsetOf: (log) => (log.logStartOffset > log.firstSegmentBaseOffset ? log.logStartOffset : undefined),
  },
  highWatermark: { name: replicationOffsetCheckpointName, offsetOf: (log) => log.highWatermark },
}

const kinds = ['recoveryPoint', 'logStartOffset', 'highWatermark'] as const

export interface OffsetCheckpointsOptions {
  readonly disk: Disk
  readonly directory: string
  readonly logs: () => Iterable<Log>
}

/** Offsets of one log, 0 where a file does not have it. */
export type CheckpointOffsets = Readonly<Record<CheckpointKind, number>>

export class OffsetCheckpoints {
  readonly #options: OffsetCheckpointsOptions
  /** What is in the files, by the names of the logs' directories. */
  readonly #offsets: Record<CheckpointKind, ReadonlyMap<string, number>> = {
    recoveryPoint: new Map(),
    logStartOffset: new Map(),
    highWatermark: new Map(),
  }
  readonly #texts = new Map<CheckpointKind, string>()

  constructor(options: OffsetCheckpointsOptions) {
    this.#options = options
  }

  /** Throws DiskError: `EBADMSG` where a file cannot be read as a checkpoint. */
  async read(): Promise<void> {
    for (const kind of kinds) {
      const entries = await readCheckpoint(this.#options.disk, this.#path(kind))
      this.#offsets[kind] = new Map(entries.map((entry) => [directoryName(entry), entry.offset]))
    }
  }

  of(name: string): CheckpointOffsets {
    const offset = (kind: CheckpointKind): number => this.#offsets[kind].get(name) ?? 0
    return {
      recoveryPoint: offset('recoveryPoint'),
      logStartOffset: offset('logStartOffset'),
      highWatermark: offset('highWatermark'),
    }
  }

  /** Whether a file says something of it. */
  has(name: string): boolean {
    return kinds.some((kind) => this.#offsets[kind].has(name))
  }

  async write(kind: CheckpointKind): Promise<void> {
    const entries = [...this.#options.logs()].flatMap((log) => {
      const offset = files[kind].offsetOf(log)
      return offset === undefined ? [] : [{ ...log.topicPartition, offset }]
    })
    const text = encodeCheckpoint(entries)
    if (text === this.#texts.get(kind)) return
    await replaceFile(this.#options.disk, this.#path(kind), Buffer.from(text))
    this.#texts.set(kind, text)
    this.#offsets[kind] = new Map(entries.map((entry) => [directoryName(entry), entry.offset]))
  }

  async writeAll(): Promise<void> {
    for (const kind of kinds) await this.write(kind)
  }

  #path(kind: CheckpointKind): string {
    return `${this.#options.directory}/${files[kind].name}`
  }
}
