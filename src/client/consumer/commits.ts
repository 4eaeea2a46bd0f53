/** Commits what is done: now and then by itself, or when it is asked to; never two things at a time. */
import type { Clock, Logger, Timer } from '../../base/index.ts'
import { Deadline } from '../deadline.ts'
import { type CommittedOffset, CommittedOffsets, type MemberName, nobody } from '../group/committed-offsets.ts'
import type { Coordinator } from '../group/coordinator.ts'
import type { AssignedPartition } from './assigned-partition.ts'
import type { AssignedPartitions } from './assigned-partitions.ts'
import type { TopicPartition } from './assignors/assignor.ts'
import type { TopicOffset } from './consumer-options.ts'
import { callHook } from './hook.ts'

export interface OffsetOf extends TopicPartition {
  readonly offset: number
  /** In which the record before it was written: where the log was cut before it, that is seen (KIP-320). -1: not known. */
  readonly leaderEpoch?: number
  readonly metadata?: string
}

export interface CommitsOptions {
  readonly clock: Clock
  readonly logger: Logger
  readonly coordinator: Coordinator
  readonly groupId: string
  readonly assigned: AssignedPartitions
  /** In whose name. */
  readonly member: () => MemberName
  /** For one commit, or one question. */
  readonly timeoutMs: number
  /** Undefined: nothing is committed by itself. */
  readonly intervalMs: number | undefined
  readonly committed: ((offsets: readonly TopicOffset[]) => void) | undefined
  /** `committed` has thrown. */
  readonly hookFailed: (error: unknown) => void
}

export class Commits {
  readonly #options: CommitsOptions
  readonly #group: CommittedOffsets
  #timer: Timer | undefined
  #last: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(options: CommitsOptions) {
    this.#options = options
    this.#group = new CommittedOffsets(options.coordinator, options.groupId)
  }

  /** In the order of `partitions`, behind all commits that were begun; undefined: nothing was committed. Rejects with KafkaError. */
  async fetch(partitions: readonly TopicPartition[]): Promise<readonly (CommittedOffset | undefined)[]> {
    await this.#last
    return this.#group.fetch(partitions, nobody, this.#deadline('committed offsets were not told'))
  }

  /** What is done of these and not committed. */
  uncommitted(of: Iterable<AssignedPartition> = this.#options.assigned.all): readonly OffsetOf[] {
    return [...of].flatMap(({ topic, partition, processed, committed }) =>
      processed === undefined || processed.offset === committed ? [] : [{ topic, partition, ...processed }],
    )
  }

  /** Rejects with KafkaError. */
  async commit(offsets: readonly OffsetOf[], member: MemberName = this.#options.member()): Promise<void> {
    const { assigned, committed, hookFailed } = this.#options
    const all = offsets.map((each) => ({ ...each, leaderEpoch: each.leaderEpoch ?? -1 }))
    const deadline = this.#deadline('offsets were not committed')
    const isOwn = (partition: TopicPartition): boolean => assigned.get(partition) !== undefined
    // One after the other, or one that is tried again could write over a later one.
    const work = this.#last.then(() => this.#group.commit(all, member, { deadline, isOwn }))
    this.#last = work.catch(() => undefined)
    await work
    for (const each of all) {
      const partition = assigned.get(each)
      if (partition !== undefined) partition.committed = each.offset
    }
    if (all.length > 0) callHook(committed, all, hookFailed)
  }

  /** What is done of these is committed, if that is to be by itself; else what the application commits is waited for. Rejects with KafkaError. */
  async commitDone(of?: Iterable<AssignedPartition>, member?: MemberName): Promise<void> {
    if (this.#options.intervalMs === undefined) return this.settled()
    const offsets = this.uncommitted(of)
    if (offsets.length > 0) await this.commit(offsets, member)
  }

  /** No commit is under way any more. Never rejects. */
  settled(): Promise<void> {
    return this.#last
  }

  /** From now on what is done is committed, if that is to be by itself. */
  begin(): void {
    const { clock, logger, intervalMs } = this.#options
    if (intervalMs === undefined || this.#isClosed) return
    this.#timer ??= clock.after(intervalMs, () => {
      this.commit(this.uncommitted())
        .catch((error: unknown) => {
          if (!this.#isClosed) logger.log('warn', 'offsets were not committed', { reason: String(error) })
        })
        .finally(() => {
          this.#timer = undefined
          this.begin()
        })
    })
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #deadline(what: string): Deadline {
    return new Deadline(this.#options.clock, { afterMs: this.#options.timeoutMs, what })
  }
}
