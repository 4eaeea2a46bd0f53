/**
 * The log directories of this broker as replicas use them: which are online, what the controller calls them, and where a
 * replica is to be made. Off the hot path.
 */
import { ApiError, present, type Uuid } from '../base/index.ts'
import type { BrokerConfig } from '../config/index.ts'
import { directoryName, type LogManager, type TopicPartition } from '../log/index.ts'
import { unassignedDirectory } from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'

export interface LogDirectoriesOptions {
  /** As it stands, dynamic values included. */
  readonly config: () => BrokerConfig
  /** One per entry of `log.dirs` that was online at the start. */
  readonly directories: readonly LogManager[]
  /** Ids of the directories, by path. */
  readonly directoryIds: ReadonlyMap<string, Uuid>
}

/** Of replicas that never come; asked for from outside. */
const preferredMax = 10_000

export class LogDirectories {
  readonly #options: LogDirectoriesOptions
  readonly #offline = new Set<LogManager>()
  /** Where replicas are to be made that are not there yet (KIP-113), by partition. */
  readonly #preferred = new Map<string, LogManager>()

  constructor(options: LogDirectoriesOptions) {
    this.#options = options
  }

  get all(): readonly LogManager[] {
    return this.#options.directories
  }

  get online(): readonly LogManager[] {
    return this.all.filter((it) => !this.#offline.has(it))
  }

  /** Replicas that are not to be found may be in a directory that failed, now or at the start. */
  get hasOffline(): boolean {
    return this.#offline.size > 0 || new Set(this.#options.config().logDirs).size > this.all.length
  }

  isOffline(directory: LogManager): boolean {
    return this.#offline.has(directory)
  }

  /** Returns it; undefined where it was not there at the start. */
  failed(path: string): LogManager | undefined {
    const directory = this.at(path)
    if (directory !== undefined) this.#offline.add(directory)
    return directory
  }

  at(path: string): LogManager | undefined {
    return this.all.find(({ directory }) => directory === path)
  }

  readonly idOf = ({ directory }: LogManager): Uuid =>
    present(this.#options.directoryIds.get(directory), `the id of ${directory}`)

  /** Where a replica may move to. Throws ApiError 39, 56 or 57. */
  target(path: string): LogManager {
    const { logDirs, cordonedLogDirs } = this.#options.config()
    if (!logDirs.includes(path)) {
      throw new ApiError(ErrorCode.LOG_DIR_NOT_FOUND, `Log dir ${path} is not found in the config.`)
    }
    const directory = this.at(path)
    if (directory === undefined || this.isOffline(directory)) {
      throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, `Log directory ${path} is offline`)
    }
    if (cordonedLogDirs.includes(path)) {
      throw new ApiError(ErrorCode.INVALID_REPLICA_ASSIGNMENT, `Log directory ${path} is cordoned`)
    }
    return directory
  }

  /** A replica that is not there yet comes to that directory, unless the controller knows another. */
  prefer(topicPartition: TopicPartition, directory: LogManager): void {
    if (this.#preferred.size < preferredMax) this.#preferred.set(directoryName(topicPartition), directory)
  }

  /** It is there. */
  made(topicPartition: TopicPartition): void {
    this.#preferred.delete(directoryName(topicPartition))
  }

  /**
   * Where the log is; else where the controller or an operator has placed it; else the directory with the fewest logs.
   * Undefined where it may be in a directory that is offline: an empty log beside it would be the end of that.
   */
  choose(topicPartition: TopicPartition, assigned: Uuid | undefined): LogManager | undefined {
    const { online } = this
    const holding = online.find((it) => it.get(topicPartition) !== undefined)
    if (holding !== undefined) return holding
    // What it copies is out of sight: an empty log here would be taken for the one that has moved.
    if (online.some((it) => it.future(topicPartition) !== undefined)) return undefined
    const right = online.find((it) => this.idOf(it) === assigned)
    if (right !== undefined) return right
    if (this.hasOffline && assigned !== unassignedDirectory) return undefined
    const preferred = this.#preferred.get(directoryName(topicPartition))
    if (preferred !== undefined && online.includes(preferred)) return preferred
    const { cordonedLogDirs } = this.#options.config()
    const open = online.filter(({ directory }) => !cordonedLogDirs.includes(directory))
    return (open.length > 0 ? open : online).toSorted((a, b) => a.logCount - b.logCount)[0]
  }
}
