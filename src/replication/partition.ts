/**
 * One replica of a partition on this broker, leader or follower: its log, the high watermark, and who waits for it to move. On
 * the produce and the fetch path. Reads of the log go to `log` directly; every append goes through here, so that the high
 * watermark follows and those who wait are told. What a leader decides is in `leadership.ts`.
 */
import { ApiError, type Uuid } from '../base/index.ts'
import { isThrottled, type TopicConfig } from '../config/index.ts'
import type { AppendResult, Log } from '../log/index.ts'
import { directoryOf, noLeader, type PartitionImage } from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { TopicRules } from '../records/index.ts'
import type { FollowerFetch } from './follower-progress.ts'
import {
  type CommittedIsr,
  type IsrProposal,
  Leadership,
  type LeadershipOptions,
  type LeaderView,
} from './leadership.ts'
import { preferredReplica, type RoamingReader } from './replica-selector.ts'
import type { ReplicationQuota, ReplicationQuotas } from './replication-quota.ts'
import { topicRules } from './topic-rules.ts'

/** What has become of a partition. */
export interface PartitionStep {
  /** More bytes that a replica may have now. */
  readonly appendedBytes: number
  /** Only more bytes are there: the high watermark, the leader and all else are as they were. */
  readonly isAppendOnly: boolean
  /** Somebody else leads, or in another epoch, or the replica is elsewhere or gone. */
  readonly isLedAnew: boolean
}

/** One stretch of time in which this replica leads, over epochs, without a follower's in between. Compared, and nothing else. */
export type LeaderTerm = object

/** Told after each step of the partition: records appended, the high watermark or the leadership moved. */
export interface PartitionWaiter {
  readonly progressed: (step: PartitionStep, partition: Partition) => void
}

/** What all replicas of this broker share. */
export interface ReplicaContext extends Pick<LeadershipOptions, 'nodeId' | 'brokers' | 'ownEpoch'> {
  /** Of a clock that never goes back. */
  readonly nowMs: () => number
  /** `replica.lag.time.max.ms`. */
  readonly lagMsMax: () => number
  /** Asks the controller; the partition is told by `isrAccepted` or `isrRefused`. */
  readonly propose: (partition: Partition, proposal: IsrProposal) => void
  /** Its log was cut: what is stored of that elsewhere is written anew. */
  readonly wasCut: (partition: Partition) => Promise<void>
  readonly quotas: ReplicationQuotas
}

export interface PartitionOptions {
  readonly topic: string
  readonly topicId: Uuid
  readonly partitionId: number
  readonly context: ReplicaContext
  readonly log: Log
  /** The entry of `log.dirs` that holds the log. */
  readonly directory: string
  readonly config: TopicConfig
}

const moved: PartitionStep = { appendedBytes: 0, isAppendOnly: false, isLedAnew: false }
const ledAnew: PartitionStep = { ...moved, isLedAnew: true }

export class Partition {
  readonly topic: string
  readonly topicId: Uuid
  readonly partitionId: number
  readonly #context: ReplicaContext
  #log: Log
  #directory: string
  readonly #waiters = new Set<PartitionWaiter>()
  /** Where the appends begin that are not done yet, in order: they wait for their turn, or for the disk. */
  readonly #underWay = new Set<{ readonly startOffset: number }>()
  /** Plain numbers, for metrics. */
  readonly traffic = { messagesIn: 0, bytesIn: 0, bytesOut: 0 }
  #state: PartitionImage | undefined
  /** While this replica leads. */
  #leadership: Leadership | undefined
  #isOffline = false
  #isStopped = false
  /** Of the topic, as this replica applies it. */
  #config: TopicConfig
  #rules: TopicRules
  #leaderQuota: ReplicationQuota | undefined
  #followerQuota: ReplicationQuota | undefined

  constructor({ topic, topicId, partitionId, context, log, directory, config }: PartitionOptions) {
    this.topic = topic
    this.topicId = topicId
    this.partitionId = partitionId
    this.#log = log
    this.#directory = directory
    this.#context = context
    this.#config = config
    this.#rules = topicRules(this.name, config)
    this.#applyThrottles()
  }

  get name(): string {
    return `${this.topic}-${this.partitionId}`
  }

  /** Another one when the replica has moved to another directory: not to be kept. */
  get log(): Log {
    return this.#log
  }

  /** The entry of `log.dirs` that holds the log. */
  get directory(): string {
    return this.#directory
  }

  /** That of this replica, as the controller knows it. */
  get assignedDirectory(): Uuid | undefined {
    return this.#state === undefined ? undefined : directoryOf(this.#state, this.#context.nodeId)
  }

  get config(): TopicConfig {
    return this.#config
  }
  set config(config: TopicConfig) {
    this.#config = config
    this.#rules = topicRules(this.name, config)
    this.#applyThrottles()
  }

  #applyThrottles(): void {
    const { partitionId } = this
    const { leaderThrottled, followerThrottled } = this.#config
    const { leader, follower } = this.#context.quotas
    this.#leaderQuota = isThrottled(leaderThrottled, partitionId) ? leader : undefined
    this.#followerQuota = isThrottled(followerThrottled, partitionId) ? follower : undefined
  }

  /** What followers may be sent, where this replica is throttled as the leader (KIP-73). */
  get leaderQuota(): ReplicationQuota | undefined {
    return this.#leaderQuota
  }

  /** What may be fetched, where this replica is throttled as a follower. */
  get followerQuota(): ReplicationQuota | undefined {
    return this.#followerQuota
  }

  /** What the topic asks of records that clients send. */
  get rules(): TopicRules {
    return this.#rules
  }

  get isLeader(): boolean {
    return this.#leadership !== undefined
  }

  /** Undefined while it does not lead. */
  get term(): LeaderTerm | undefined {
    return this.#leadership
  }

  get leaderId(): number {
    return this.#state?.leader ?? noLeader
  }

  get leaderEpoch(): number {
    return this.#state?.leaderEpoch ?? -1
  }

  /** As far as is known here: the controller's answer to a leader comes before the metadata. */
  get isr(): readonly number[] {
    return this.#leadership?.isr ?? this.#state?.isr ?? []
  }

  /** Of a leader: all that may be in sync. */
  get maximalIsr(): readonly number[] {
    return this.#leadership?.maximalIsr ?? this.isr
  }

  get replicas(): readonly number[] {
    return this.#state?.replicas ?? []
  }

  /** Its directory failed: nothing can be read or written. */
  get isOffline(): boolean {
    return this.#isOffline
  }

  /** The metadata says so. Nothing is appended as a follower meanwhile. */
  become(state: PartitionImage): void {
    this.#state = state
    // Its directory has failed, and the controller does not know it yet.
    if (this.#isStopped) return
    if (state.leader === this.#context.nodeId) this.#lead(state)
    else this.#leadership = undefined
    this.#tell(ledAnew)
  }

  /** A new leader starts its epoch at the end of its log. */
  #lead(state: PartitionImage): void {
    const { log } = this
    const epochBefore = this.#leadership?.leaderEpoch ?? -1
    const startOffset = log.logEndOffset
    const nowMs = this.#context.nowMs()
    if (this.#leadership === undefined) {
      this.#leadership = new Leadership({ ...this.#context, state, startOffset, nowMs })
    } else this.#leadership.become(state, startOffset, nowMs)
    // What still waits for the disk is of the epoch before.
    if (this.#leadership.leaderEpoch > epochBefore) log.assignEpochStart(state.leaderEpoch, log.nextOffset)
    this.#advance()
  }

  /** The log is that one, elsewhere, from now on: it holds all that the former one has. */
  moveTo(log: Log, directory: string): void {
    this.#log = log
    this.#directory = directory
    this.#tell(ledAnew)
  }

  /** No longer of this broker, or its directory is gone. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Who waits is told and finds an error. */
  stop(): void {
    this.#isStopped = true
    this.#state = undefined
    this.#leadership = undefined
    this.#tell(ledAnew)
  }

  goOffline(): void {
    this.#isOffline = true
    this.stop()
  }

  /** Throws ApiError 6, 56, 74 or 75 unless this broker leads the partition in `currentLeaderEpoch` (-1: in any). */
  checkLeader(currentLeaderEpoch: number): void {
    this.checkReplica(currentLeaderEpoch)
    if (!this.isLeader) throw this.#notLeader()
  }

  /** The same of a replica that leads or follows. */
  checkReplica(currentLeaderEpoch: number): void {
    if (this.#isOffline)
      throw new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, `the log directory of ${this.name} is offline`)
    const { leaderEpoch } = this
    if (currentLeaderEpoch >= 0 && currentLeaderEpoch < leaderEpoch) {
      throw new ApiError(
        ErrorCode.FENCED_LEADER_EPOCH,
        `leader epoch ${currentLeaderEpoch} is over, ${leaderEpoch} is on`,
      )
    }
    if (currentLeaderEpoch > leaderEpoch) {
      throw new ApiError(ErrorCode.UNKNOWN_LEADER_EPOCH, `leader epoch ${currentLeaderEpoch} is not known here yet`)
    }
    if (this.#state === undefined) throw this.#notLeader()
  }

  /** Of a leader: who a consumer is to read from instead. */
  preferredReplica(reader: RoamingReader, fetchOffset: number): number | undefined {
    const leadership = this.#leadership
    if (leadership === undefined || reader.rackId === '') return undefined
    const { isr, followers } = leadership
    return preferredReplica({ leaderId: this.#context.nodeId, isr, followers }, reader, fetchOffset)
  }

  #notLeader(): ApiError {
    return new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER, `broker ${this.#context.nodeId} does not lead ${this.name}`)
  }

  /** What `acks=all` asks for before the append: capped by the number of replicas. */
  get effectiveMinIsr(): number {
    return Math.min(this.#config.minInSyncReplicas, this.replicas.length)
  }

  /**
   * Appends as leader one batch whose content was validated. Throws ApiError; a pending append rejects with ApiError 56.
   * Where the batch will lie is known at once: `log.nextOffset` before the call.
   */
  append(
    bytes: Uint8Array,
    options: { readonly origin: 'client' | 'coordinator'; readonly logAppendTimeMs?: number },
  ): AppendResult | Promise<AppendResult> {
    const startOffset = this.log.nextOffset
    const { leaderEpoch } = this
    const { origin, logAppendTimeMs = -1 } = options
    const appended = this.log.append(bytes, { kind: 'leader', leaderEpoch, origin, logAppendTimeMs })
    if (!(appended instanceof Promise)) return this.#appended(appended, bytes.length)
    return this.#whenDone(appended, { startOffset, sizeInBytes: bytes.length })
  }

  async #whenDone(
    appended: Promise<AppendResult>,
    { startOffset, sizeInBytes }: { readonly startOffset: number; readonly sizeInBytes: number },
  ): Promise<AppendResult> {
    const underWay = { startOffset }
    this.#underWay.add(underWay)
    const result = await appended.finally(() => this.#underWay.delete(underWay))
    return this.#appended(result, sizeInBytes)
  }

  /** What the leader of that epoch has sent, as it lies in its log. The bytes are the caller's again when this returns. */
  appendAsFollower(bytes: Uint8Array, leaderEpoch: number): AppendResult | Promise<AppendResult> {
    const startOffset = this.log.nextOffset
    const appended = this.log.append(bytes, { kind: 'follower', leaderEpoch })
    if (appended instanceof Promise) return this.#whenDone(appended, { startOffset, sizeInBytes: bytes.length })
    return this.#appended(appended, bytes.length)
  }

  #appended(result: AppendResult, sizeInBytes: number): AppendResult {
    const isNew = result.kind !== 'duplicate' && result.lastOffset >= result.baseOffset
    if (isNew && this.isLeader) {
      this.traffic.messagesIn += result.lastOffset - result.baseOffset + 1
      this.traffic.bytesIn += sizeInBytes
    }
    const advanced = this.#advance()
    if (isNew || advanced) {
      this.#tell({ appendedBytes: isNew ? sizeInBytes : 0, isAppendOnly: !advanced, isLedAnew: false })
    }
    return result
  }

  /** Returns whether the high watermark moved. It never goes back: what readers have seen, they have seen. */
  #advance(view?: LeaderView): boolean {
    const leadership = this.#leadership
    if (leadership === undefined) return false
    const { log } = this
    const isAlone = leadership.followers.size === 0
    const offset = isAlone ? this.#keptEndOffset : leadership.replicatedOffset(view ?? this.#view())
    if (offset === undefined || offset <= log.highWatermark) return false
    log.setHighWatermark(offset)
    return true
  }

  /** What follows an append that still waits for the disk may be in the log, but a reader of it could lose it again. */
  get #keptEndOffset(): number {
    const { logEndOffset } = this.log
    for (const { startOffset } of this.#underWay) return Math.min(logEndOffset, startOffset)
    return logEndOffset
  }

  #view(): LeaderView {
    return {
      logEndOffset: this.#keptEndOffset,
      highWatermark: this.log.highWatermark,
      nowMs: this.#context.nowMs(),
      lagMsMax: this.#context.lagMsMax(),
      minIsr: this.effectiveMinIsr,
    }
  }

  /** Throws ApiError 6 unless this replica leads, 6 or 75 where the broker has no replica, or has begun a new life since. */
  followerFetched(brokerId: number, fetch: FollowerFetch & { readonly currentLeaderEpoch: number }): void {
    const leadership = this.#leadership
    if (leadership === undefined) throw this.#notLeader()
    const view = this.#view()
    const startedAt = leadership.followers.get(brokerId)?.logStartOffset
    leadership.fetched(brokerId, fetch, view)
    this.#propose(leadership.proposeToExpand(brokerId, view))
    if (this.#advance(view) || startedAt !== fetch.logStartOffset) this.#tell(moved)
  }

  /** The high watermark waits for what this follower has: it is in sync, or the controller is being asked to take it in. */
  isAwaited(brokerId: number): boolean {
    return this.#leadership?.isAwaited(brokerId, this.#view()) === true
  }

  /** To be called now and then: who does not keep up leaves the in-sync replicas. */
  shrinkIsr(): void {
    if (this.#leadership === undefined) return
    this.#propose(this.#leadership.proposeToShrink(this.#view()))
    // Who was about to join may have run out of time.
    if (this.#advance()) this.#tell(moved)
  }

  #propose(proposal: IsrProposal | undefined): void {
    if (proposal !== undefined) this.#context.propose(this, proposal)
  }

  /** Whether the answer is still waited for. */
  isOpen(proposal: IsrProposal): boolean {
    return this.#leadership?.isOpen(proposal) === true
  }

  isrAccepted(proposal: IsrProposal, committed: CommittedIsr): void {
    this.#leadership?.accepted(proposal, committed)
    this.#advance()
    this.#tell(moved)
  }

  isrRefused(proposal: IsrProposal): void {
    this.#leadership?.refused(proposal)
    if (this.#advance()) this.#tell(moved)
  }

  /** Of a leader: throws ApiError 75, or 6, where the broker has no replica. */
  checkFollower(brokerId: number, currentLeaderEpoch: number): void {
    this.#leadership?.follower(brokerId, currentLeaderEpoch)
  }

  /** As a follower: everything from `offset` on goes, durably. */
  async truncateTo(offset: number): Promise<void> {
    await this.log.truncateTo(offset)
    await this.#context.wasCut(this)
    this.#tell(moved)
  }

  /** As a follower: all goes, durably, and the log begins at `offset`. */
  async startAt(offset: number): Promise<void> {
    await this.log.truncateFullyAndStartAt(offset)
    await this.#context.wasCut(this)
    this.#tell(moved)
  }

  /** As a follower: what the leader has told with a fetch. */
  follow({ highWatermark, logStartOffset }: { readonly highWatermark: number; readonly logStartOffset: number }): void {
    const { log } = this
    const before = log.highWatermark
    if (highWatermark > before) log.setHighWatermark(highWatermark)
    if (logStartOffset > log.logStartOffset) log.deleteRecordsBefore(Math.min(logStartOffset, log.highWatermark))
    if (log.highWatermark !== before) this.#tell(moved)
  }

  /** Of a leader: where the logs of all live replicas start. */
  get lowWatermark(): number {
    const { logStartOffset } = this.log
    return this.#leadership?.lowWatermark(logStartOffset) ?? logStartOffset
  }

  /** Whether every replica in sync has what lies below `offset`. */
  isReplicated(offset: number): boolean {
    return this.log.highWatermark >= offset
  }

  addWaiter(waiter: PartitionWaiter): void {
    this.#waiters.add(waiter)
  }

  removeWaiter(waiter: PartitionWaiter): void {
    this.#waiters.delete(waiter)
  }

  #tell(step: PartitionStep): void {
    for (const waiter of this.#waiters) waiter.progressed(step, this)
  }

  /** DeleteRecords. Throws ApiError 1 beyond the high watermark; returns the new start of the log. */
  deleteRecordsBefore(offset: number): number {
    this.log.deleteRecordsBefore(offset)
    this.#tell(moved)
    return this.log.logStartOffset
  }
}
