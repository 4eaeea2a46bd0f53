/**
 * The groups of one partition while this broker leads it: loaded in the background, then served, until it resigns.
 *
 *   loading -> active    everything below the log's end has been replayed
 *   loading -> failed    the partition could not be read; it is tried again when the broker becomes leader anew
 *   any     -> ended     the broker resigned or stops
 */
import { ApiError, AssertionError, type Clock, type Logger } from '../../base/index.ts'
import type { ConsumerGroupConfig } from '../../config/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import type { CompressionType } from '../../records/index.ts'
import { ShardRuntime } from '../runtime.ts'
import type { Turns } from '../turns.ts'
import type { ConsumerTopics } from './consumer-topics.ts'
import { type CoordinatorPartition, groupLog } from './coordinator-partition.ts'
import { GroupCoordinator, type GroupCoordinatorConfig } from './group-coordinator.ts'
import type { GroupEvents } from './group-events.ts'
import { GroupLoader } from './group-loader.ts'
import type { GroupRecord } from './group-record.ts'
import type { GroupTally } from './group-tally.ts'

export interface GroupShardConfig extends GroupCoordinatorConfig {
  /** `offsets.commit.timeout.ms`. */
  readonly appendTimeoutMs: number
  /** `group.coordinator.append.linger.ms`: -1 is until the sockets have been drained. */
  readonly appendLingerMs: number
  /** `offsets.load.buffer.size`. */
  readonly loadBytes: number
  /** `offsets.topic.compression.codec`. */
  readonly codec: CompressionType
}

export interface GroupShardOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly config: () => GroupShardConfig
  /** Of one group of the consumer protocol. */
  readonly configOf: (groupId: string) => ConsumerGroupConfig
  /** Of the newest image; one for all shards. */
  readonly topics: ConsumerTopics
  readonly batchBytesMax: () => number
  /** Of all shards: what is kept of the groups is bounded together. */
  readonly events: GroupEvents
  readonly tally: GroupTally
  readonly turns: Turns
  readonly onFault: (error: unknown) => void
}

type Status = 'loading' | 'active' | 'failed' | 'ended'

export class GroupShard {
  readonly index: number
  readonly #options: GroupShardOptions
  readonly #runtime: ShardRuntime<GroupRecord>
  readonly #groups: GroupCoordinator
  #partition: CoordinatorPartition
  #status: Status = 'loading'

  constructor(index: number, partition: CoordinatorPartition, options: GroupShardOptions) {
    const { clock, config, configOf, topics, batchBytesMax, events, tally, turns, onFault } = options
    this.index = index
    this.#options = options
    this.#partition = partition
    this.#runtime = new ShardRuntime<GroupRecord>({
      clock,
      turns,
      onFault,
      appendTimeoutMs: () => config().appendTimeoutMs,
      lingerMs: () => config().appendLingerMs,
      log: groupLog({
        partition: () => this.#partition,
        nowMs: () => clock.now(),
        codec: () => config().codec,
        batchBytesMax,
      }),
    })
    this.#groups = new GroupCoordinator({
      context: this.#runtime,
      config,
      configOf,
      topics,
      events,
      tally,
      report: (line) => this.#report(line),
    })
    this.#runtime.drive(this.#groups)
  }

  get leaderEpoch(): number {
    return this.#partition.leaderEpoch
  }

  get status(): Status {
    return this.#status
  }

  /** Throws ApiError while it is not served here. */
  groups(): GroupCoordinator {
    if (this.#status === 'active') return this.#groups
    if (this.#status === 'loading') {
      throw new ApiError(
        ErrorCode.COORDINATOR_LOAD_IN_PROGRESS,
        `partition ${this.index} of the groups is being loaded`,
      )
    }
    throw new ApiError(ErrorCode.NOT_COORDINATOR, `partition ${this.index} of the groups is not served here`)
  }

  /** The broker stayed leader, in the next epoch: nobody else has written in between. */
  follow(partition: CoordinatorPartition): void {
    this.#partition = partition
  }

  async load(): Promise<void> {
    const { clock, logger, tally } = this.#options
    const partition = this.#partition
    const startMs = clock.monotonic()
    const loader = new GroupLoader({
      groups: this.#groups,
      startOffset: partition.logStartOffset,
      report: (line) => this.#report(line, 'warn'),
    })
    try {
      await this.#loadAll(loader, partition)
      if (this.#status !== 'loading') return
      this.#groups.loaded()
      this.#status = 'active'
      const endMs = clock.monotonic()
      tally.loaded({ endMs, tookMs: endMs - startMs })
      // A new topic has dozens of partitions with nothing in them.
      logger.log(loader.recordCount > 0 ? 'info' : 'debug', `Loaded ${this.#groups.list().length} groups`, {
        partition: this.index,
        leaderEpoch: partition.leaderEpoch,
        records: loader.recordCount,
        ms: Math.round(endMs - startMs),
      })
    } catch (error) {
      if (this.#status !== 'loading') return
      this.#status = 'failed'
      if (error instanceof AssertionError) this.#options.onFault(error)
      logger.log('error', `The groups of a partition could not be loaded, and are not served: ${String(error)}`, {
        partition: this.index,
        leaderEpoch: partition.leaderEpoch,
        offset: loader.nextOffset,
      })
    }
  }

  async #loadAll(loader: GroupLoader, partition: CoordinatorPartition): Promise<void> {
    const { endOffset } = partition
    while (loader.nextOffset < endOffset) {
      const startOffset = loader.nextOffset
      const bytes = await partition.read(startOffset, this.#options.config().loadBytes)
      if (this.#status !== 'loading' || bytes.length === 0) return
      for (const _ of loader.replay(bytes)) {
        await this.#pause()
        if (this.#status !== 'loading') return
      }
      // Compaction leaves gaps, but a read that brings nothing new would go on for ever.
      if (loader.nextOffset === startOffset) return
    }
  }

  #pause(): Promise<void> {
    return new Promise((resolve) => {
      this.#options.clock.after(0, resolve)
    })
  }

  /** Groups that are not loaded yet look at the newest image anyway. */
  topicsChanged(names: ReadonlySet<string>, haveCome: boolean): void {
    if (this.#status !== 'ended') this.#groups.topicsChanged(names, haveCome)
  }

  /** Whoever waits is told to look for the coordinator elsewhere. */
  end(): void {
    if (this.#status === 'ended') return
    this.#status = 'ended'
    this.#groups.unload()
    this.#runtime.end(ErrorCode.NOT_COORDINATOR)
  }

  #report(line: string, level: 'info' | 'warn' = 'info'): void {
    this.#options.logger.log(level, line, { partition: this.index })
  }
}
