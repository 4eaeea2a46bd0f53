/**
 * One partition that this broker follows in one leader epoch: where it fetches, and what it makes of what the leader sends. The
 * log is what it goes by: its end is where the next fetch begins, its last epoch is what the leader compares (KIP-595).
 *
 * fetching -> working         an append waits for the disk, the log is cut where it diverges, or the leader is asked where it is
 * working  -> fetching        that is done
 * fetching -> waiting         the leader, or the disk, has refused: until the back-off is over, or the metadata says more; where the
 *                             leader has not learnt yet that it leads, for a moment
 * any      -> ended           another leader epoch, or no replica here any more
 */
import { ApiError, DiskError, type Logger, type Uuid, zeroUuid } from '../base/index.ts'
import type { AskedPartition } from '../peer/index.ts'
import { ErrorCode, type FetchResponse } from '../protocol/index.ts'
import { batchHeader, batchHeaderSize } from '../records/index.ts'
import type { Partition } from './partition.ts'

/** What the leader is asked for beside records. Rejects with ApiError, and with PeerError where it cannot be reached. */
export interface LeaderSide {
  readonly start: (followed: FollowedPartition) => Promise<number>
  readonly end: (followed: FollowedPartition) => Promise<number>
  /** What it has told was not taken: in its session it would not say it again until something moves. */
  readonly sayAgain: () => void
}

export interface FollowedOptions {
  readonly partition: Partition
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly nowMs: () => number
  /** `replica.fetch.backoff.ms`. */
  readonly backoffMs: () => number
  readonly logger: Logger
}

type FetchedData = FetchResponse['responses'][number]['partitions'][number]
type Marks = Pick<FetchedData, 'highWatermark' | 'logStartOffset'>

export class FollowedPartition {
  readonly partition: Partition
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly #options: FollowedOptions
  #readyMs = Number.NEGATIVE_INFINITY
  /** How far the log ended below the leader's high watermark when records came last; undefined before the first answer. */
  #lag: number | undefined
  #work: Promise<void> | undefined
  /** How long it waits when the leader does not know its epoch the next time. */
  #unknownMs = unknownMsMin
  #isEnded = false
  readonly #ended = Promise.withResolvers<undefined>()

  constructor(options: FollowedOptions) {
    this.#options = options
    this.partition = options.partition
    this.leaderId = options.leaderId
    this.leaderEpoch = options.leaderEpoch
  }

  get topicId(): Uuid {
    return this.partition.topicId
  }

  get key(): string {
    return `${this.topicId}${this.partition.partitionId}`
  }

  /** When it may be fetched, by the clock that never goes back; undefined while it works, and when it has ended. */
  get readyMs(): number | undefined {
    return this.#isEnded || this.#work !== undefined || this.partition.isStopped ? undefined : this.#readyMs
  }

  /** Left out of what is fetched for now (KIP-73). One that is in sync is not: it would not stay so. */
  get isThrottled(): boolean {
    return this.#lag !== 0 && this.partition.followerQuota?.isExceeded === true
  }

  /** As Kafka's followers ask: from the end of the log, with the epoch of what lies before. */
  asked(partitionMaxBytes: number): AskedPartition {
    const { log, partitionId } = this.partition
    return {
      ...unused,
      partition: partitionId,
      currentLeaderEpoch: this.leaderEpoch,
      fetchOffset: log.logEndOffset,
      lastFetchedEpoch: log.latestEpoch ?? -1,
      logStartOffset: log.logStartOffset,
      partitionMaxBytes,
    }
  }

  /** Nothing more is done with what the leader sends; resolves when what is under way is done. */
  async end(): Promise<void> {
    this.#isEnded = true
    this.#ended.resolve(undefined)
    await this.#work
  }

  /** Of a broker that could not be reached: `delay`, for all that was asked of it. */
  delay(ms = this.#options.backoffMs()): void {
    this.#readyMs = this.#options.nowMs() + ms
  }

  /** What was asked has come. `data` is a view that is valid until this returns. A promise where there is more to do. */
  take(asked: AskedPartition, data: FetchedData, leader: LeaderSide): Promise<void> | undefined {
    if (this.readyMs === undefined || asked.fetchOffset !== this.partition.log.logEndOffset) {
      leader.sayAgain()
      return undefined
    }
    switch (data.errorCode) {
      case ErrorCode.NONE:
        return data.divergingEpoch.epoch >= 0 ? this.#run(() => this.#truncate(data, leader)) : this.#append(data)
      case ErrorCode.OFFSET_OUT_OF_RANGE:
        return this.#run(() => this.#seek(leader))
      case ErrorCode.FENCED_LEADER_EPOCH:
        // The metadata will say who leads.
        this.delay(Number.POSITIVE_INFINITY)
        return undefined
      default:
        this.#refused(new ApiError(data.errorCode, ''))
        return undefined
    }
  }

  #refused({ code, message: reason }: ApiError): void {
    const { name } = this.partition
    const { leaderId: leader, leaderEpoch } = this
    // Who was told of a new leader epoch first has to wait for the other.
    const level = isCommon.has(code) ? 'debug' : 'warn'
    this.#options.logger.log(level, 'a partition could not be fetched', { name, leader, leaderEpoch, code, reason })
    this.delay(code === ErrorCode.UNKNOWN_LEADER_EPOCH ? this.#momentMs() : undefined)
  }

  /**
   * Who leads from now on is told last, now and then: it knows in a moment. With the whole back-off, as Kafka's followers wait, nothing
   * that wants all in sync would be acknowledged meanwhile.
   */
  #momentMs(): number {
    const ms = Math.min(this.#unknownMs, this.#options.backoffMs())
    this.#unknownMs *= 2
    return ms
  }

  #append(data: FetchedData): Promise<void> | undefined {
    const { records } = data
    const bytes = records instanceof Uint8Array ? records : nothing
    const { length: sizeInBytes } = bytes
    this.partition.followerQuota?.record(sizeInBytes)
    const early = this.#startsEarly(bytes)
    if (early !== undefined) return this.#startAnew(early, data, Uint8Array.from(bytes))
    try {
      const appended = this.partition.appendAsFollower(bytes, this.leaderEpoch)
      if (appended instanceof Promise) return this.#run(() => appended.then(() => this.#follow(data, sizeInBytes)))
      this.#follow(data, sizeInBytes)
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      this.#refused(error)
    }
    return undefined
  }

  /** What the leader has told. As in Kafka an answer without records does not say how far behind this one is. */
  #follow({ highWatermark, logStartOffset }: Marks, sizeInBytes: number): void {
    const { partition } = this
    partition.follow({ highWatermark, logStartOffset })
    if (sizeInBytes > 0 || this.#lag === undefined) this.#lag = Math.max(0, highWatermark - partition.log.logEndOffset)
  }

  /**
   * An empty log begins where the leader's does, which may be inside of a batch (DeleteRecords): the base offset of that batch,
   * if it is the first one that has come.
   */
  #startsEarly(bytes: Uint8Array): number | undefined {
    const { logStartOffset, logEndOffset } = this.partition.log
    if (logStartOffset !== logEndOffset || bytes.length < batchHeaderSize) return undefined
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    // Of a message of an older format the first offset is not told: the log begins where the leader's does.
    if (batchHeader.magic(view, 0) !== 2) return undefined
    const baseOffset = batchHeader.baseOffset(view, 0)
    return baseOffset < logEndOffset && batchHeader.lastOffset(view, 0) >= logEndOffset ? baseOffset : undefined
  }

  #startAnew(offset: number, { highWatermark, logStartOffset }: FetchedData, bytes: Uint8Array): Promise<void> {
    return this.#run(async () => {
      await this.partition.startAt(offset)
      await this.partition.appendAsFollower(bytes, this.leaderEpoch)
      this.#follow({ highWatermark, logStartOffset }, bytes.length)
    })
  }

  /**
   * The logs differ behind `divergingEpoch`: cut where the largest epoch that both know ends in the shorter one. Where this log
   * does not know the epoch that the leader names, the next fetch tells the leader of an earlier one.
   */
  async #truncate(
    { divergingEpoch, highWatermark: told, logStartOffset }: FetchedData,
    leader: LeaderSide,
  ): Promise<void> {
    const { epoch, endOffset } = divergingEpoch
    const { log, name } = this.partition
    const own = log.endOffsetForEpoch(epoch)
    const isKnown = own.leaderEpoch === epoch
    const ownEnd = own.endOffset < 0 ? endOffset : own.endOffset
    const offset = Math.min(ownEnd, isKnown || own.endOffset < 0 ? endOffset : ownEnd, log.logEndOffset)
    const { logEndOffset, highWatermark } = log
    const level = offset < highWatermark ? 'error' : 'info'
    const { leaderEpoch } = this
    this.#options.logger.log(level, 'the log is cut where it leaves that of the leader', {
      ...{ name, offset, logEndOffset, highWatermark, leaderEpoch },
    })
    await this.partition.truncateTo(offset)
    // Not where the logs may still differ.
    if (isKnown && !this.#isEnded) this.partition.follow({ highWatermark: told, logStartOffset })
    else leader.sayAgain()
  }

  /** The leader's log does not reach from here: it ends before, or begins behind, where this one ends. */
  async #seek(leader: LeaderSide): Promise<void> {
    const { log, name } = this.partition
    const leaderEnd = await this.#unlessEnded(leader.end(this))
    if (leaderEnd === undefined) return
    const { logEndOffset } = log
    if (leaderEnd < logEndOffset) {
      // By epochs it would have been found; Kafka does so too.
      this.#options.logger.log('error', 'the log of the leader ends before this one', { name, leaderEnd, logEndOffset })
      await this.partition.truncateTo(leaderEnd)
      return
    }
    const leaderStart = await this.#unlessEnded(leader.start(this))
    if (leaderStart === undefined || leaderStart <= logEndOffset) return
    this.#options.logger.log('warn', 'the log of the leader begins behind this one, which begins anew there', {
      ...{ name, leaderStart, logEndOffset },
    })
    await this.partition.startAt(leaderStart)
  }

  /** Who ends waits for the log alone, not for a leader that may be gone. */
  async #unlessEnded(asked: Promise<number>): Promise<number | undefined> {
    const answer = await Promise.race([asked, this.#ended.promise])
    return this.#isEnded ? undefined : answer
  }

  #run(work: () => Promise<unknown>): Promise<void> {
    const done = work()
      .then(
        () => undefined,
        (error: unknown) => this.#failed(error),
      )
      .finally(() => {
        this.#work = undefined
      })
    this.#work = done
    return done
  }

  #failed(error: unknown): void {
    // Whoever has to do with the directory knows it already.
    if (this.partition.isStopped || error instanceof DiskError) {
      this.delay()
      return
    }
    if (!(error instanceof ApiError)) throw error
    this.#refused(error)
  }
}

const nothing = new Uint8Array(0)
const unknownMsMin = 20

/** In a partition of a request. */
const unused = { replicaDirectoryId: zeroUuid, highWatermark: 2n ** 63n - 1n }

const isCommon = new Set<number>([
  ErrorCode.NOT_LEADER_OR_FOLLOWER,
  ErrorCode.UNKNOWN_LEADER_EPOCH,
  ErrorCode.UNKNOWN_TOPIC_ID,
  ErrorCode.UNKNOWN_TOPIC_OR_PARTITION,
])
