/**
 * One replica of a partition on this broker: who leads it by the metadata, its log, the high watermark, and who waits for
 * it to move. On the produce and the fetch path. Reads of the log go to `log` directly; every append goes through here,
 * so that the high watermark follows and those who wait are told.
 */
import { ApiError, type Uuid } from '../base/index.ts'
import type { TopicConfig } from '../config/index.ts'
import type { AppendResult, Log } from '../log/index.ts'
import { directoryOf, noLeader, type PartitionImage } from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { CompressionType, type TargetCompression, TimestampType, type TopicRules } from '../records/index.ts'

/** Told after each step of the partition: records appended, the high watermark or the leadership moved. */
export interface PartitionWaiter {
  /** `appendedBytes`: more bytes that a fetch may now have; 0 when something else moved. */
  readonly progressed: (appendedBytes: number) => void
}

export interface PartitionOptions {
  readonly topic: string
  readonly topicId: Uuid
  readonly partitionId: number
  readonly nodeId: number
  readonly log: Log
  /** The entry of `log.dirs` that holds the log. */
  readonly directory: string
  readonly config: TopicConfig
}

export class Partition {
  readonly topic: string
  readonly topicId: Uuid
  readonly partitionId: number
  readonly #nodeId: number
  #log: Log
  #directory: string
  readonly #waiters = new Set<PartitionWaiter>()
  /** Where the appends begin that are not done yet, in order: they wait for their turn, or for the disk. */
  readonly #underWay = new Set<{ readonly startOffset: number }>()
  /** Plain numbers, for metrics. */
  readonly traffic = { messagesIn: 0, bytesIn: 0, bytesOut: 0 }
  #state: PartitionImage | undefined
  #isOffline = false
  #isStopped = false
  /** Of the topic, as this replica applies it. */
  #config: TopicConfig
  #rules: TopicRules

  constructor({ topic, topicId, partitionId, nodeId, log, directory, config }: PartitionOptions) {
    this.topic = topic
    this.topicId = topicId
    this.partitionId = partitionId
    this.#log = log
    this.#directory = directory
    this.#nodeId = nodeId
    this.#config = config
    this.#rules = this.#rulesOf(config)
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
    return this.#state === undefined ? undefined : directoryOf(this.#state, this.#nodeId)
  }

  get config(): TopicConfig {
    return this.#config
  }
  set config(config: TopicConfig) {
    this.#config = config
    this.#rules = this.#rulesOf(config)
  }

  /** What the topic asks of records that clients send. */
  get rules(): TopicRules {
    return this.#rules
  }

  get isLeader(): boolean {
    return this.#state?.leader === this.#nodeId
  }

  get leaderId(): number {
    return this.#state?.leader ?? noLeader
  }

  get leaderEpoch(): number {
    return this.#state?.leaderEpoch ?? -1
  }

  get isr(): readonly number[] {
    return this.#state?.isr ?? []
  }

  get replicas(): readonly number[] {
    return this.#state?.replicas ?? []
  }

  /** Its directory failed: nothing can be read or written. */
  get isOffline(): boolean {
    return this.#isOffline
  }

  /** The metadata says so. A new leader starts its epoch at the end of its log. */
  become(state: PartitionImage): void {
    const epochBefore = this.leaderEpoch
    this.#state = state
    if (this.isLeader && state.leaderEpoch !== epochBefore) {
      this.log.assignEpochStart(state.leaderEpoch, this.log.logEndOffset)
      this.#advance()
    }
    this.#tell(0)
  }

  /** The log is that one, elsewhere, from now on: it holds all that the former one has. */
  moveTo(log: Log, directory: string): void {
    this.#log = log
    this.#directory = directory
    this.#tell(0)
  }

  /** No longer of this broker, or its directory is gone. */
  get isStopped(): boolean {
    return this.#isStopped
  }

  /** Who waits is told and finds an error. */
  stop(): void {
    this.#isStopped = true
    this.#state = undefined
    this.#tell(0)
  }

  goOffline(): void {
    this.#isOffline = true
    this.stop()
  }

  /** Throws ApiError 6, 56, 74 or 75 unless this broker leads the partition in `currentLeaderEpoch` (-1: in any). */
  checkLeader(currentLeaderEpoch: number): void {
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
    if (!this.isLeader) {
      throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER, `broker ${this.#nodeId} does not lead ${this.name}`)
    }
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
    const appended = this.log.append(bytes, { kind: 'leader', leaderEpoch: this.leaderEpoch, ...options })
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

  #appended(result: AppendResult, sizeInBytes: number): AppendResult {
    const isNew = result.kind !== 'duplicate'
    if (isNew) {
      this.traffic.messagesIn += result.lastOffset - result.baseOffset + 1
      this.traffic.bytesIn += sizeInBytes
    }
    const advanced = this.#advance()
    if (isNew || advanced) this.#tell(isNew ? sizeInBytes : 0)
    return result
  }

  /**
   * The high watermark is what every replica in sync has, and keeps: what follows an append that still waits for the disk may be
   * in the log, but a reader of it could lose it again. Returns whether it moved.
   */
  #advance(): boolean {
    if (this.isr.length > 1) return false
    const before = this.log.highWatermark
    const [first] = this.#underWay
    this.log.setHighWatermark(Math.min(this.log.logEndOffset, first?.startOffset ?? Number.POSITIVE_INFINITY))
    return this.log.highWatermark !== before
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

  #tell(appendedBytes: number): void {
    for (const waiter of this.#waiters) waiter.progressed(appendedBytes)
  }

  /** DeleteRecords. Throws ApiError 1 beyond the high watermark; returns the new start of the log. */
  deleteRecordsBefore(offset: number): number {
    this.log.deleteRecordsBefore(offset)
    this.#tell(0)
    return this.log.logStartOffset
  }

  #rulesOf(config: TopicConfig): TopicRules {
    return {
      topicPartition: this.name,
      maxMessageBytes: config.maxMessageBytes,
      isCompacted: config.cleanupPolicy.compact,
      timestampType:
        config.messageTimestampType === 'LogAppendTime' ? TimestampType.logAppendTime : TimestampType.createTime,
      timestampBeforeMaxMs: config.messageTimestampBeforeMaxMs,
      timestampAfterMaxMs: config.messageTimestampAfterMaxMs,
      targetCompression: targetCompression(config),
    }
  }
}

function targetCompression(config: TopicConfig): TargetCompression | undefined {
  const { compressionType } = config
  switch (compressionType) {
    case 'producer':
      return undefined
    case 'uncompressed':
      return { codec: CompressionType.none, level: undefined }
    case 'gzip':
      return { codec: CompressionType.gzip, level: config.compressionGzipLevel }
    case 'zstd':
      return { codec: CompressionType.zstd, level: config.compressionZstdLevel }
    default:
      return { codec: CompressionType[compressionType], level: undefined }
  }
}
