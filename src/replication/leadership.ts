/**
 * What the leader of a partition decides: how far its followers have come, where the high watermark is, and who is in sync.
 * Pure: it is told of fetches and of the controller's answers, and says what to ask. On the path of each append and each
 * fetch of a follower. Source: KIP-497 (who is in sync is the controller's to say), KIP-903 (broker epochs), KIP-966.
 *
 * The in-sync replicas are committed, or a change of them is proposed:
 *
 * committed -> expanding      a follower has all below the high watermark, and all of former epochs
 * committed -> shrinking      one has not caught up within `replica.lag.time.max.ms`
 * either    -> committed      the controller has answered, with that or another state; or refused it, sure that it was not done
 * any       -> committed      the metadata says more than what was known
 *
 * While it is not known what became of a proposal, each replica counts that may be in sync (`maximalIsr`): a replica that the
 * controller has taken in may lead at once.
 */
import { ApiError } from '../base/index.ts'
import type { PartitionImage } from '../metadata/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { type FollowerFetch, FollowerProgress } from './follower-progress.ts'

/** A broker that is alive, as the metadata has it. */
export interface AliveBroker {
  readonly brokerEpoch: number
  /** It is not about to leave. */
  readonly isStaying: boolean
}

/** Undefined where the broker is not registered, or is fenced. */
export type AliveBrokers = (brokerId: number) => AliveBroker | undefined

export interface LeadershipOptions {
  readonly nodeId: number
  readonly brokers: AliveBrokers
  /** Of this broker, as the controller gave it. */
  readonly ownEpoch: () => number
  readonly state: PartitionImage
  /** Where the epoch begins: the end of the log. */
  readonly startOffset: number
  readonly nowMs: number
}

/** The log and the rules as they are. */
export interface LeaderView {
  /** Exclusive: what this replica has, and keeps. */
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly nowMs: number
  /** `replica.lag.time.max.ms`. */
  readonly lagMsMax: number
  /** `min.insync.replicas`, but no more than there are replicas. */
  readonly minIsr: number
}

/** In-sync replicas as the controller is asked for them. */
export interface IsrProposal {
  readonly kind: 'expand' | 'shrink'
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
}

/** What the controller says of the partition. */
export interface CommittedIsr {
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly isr: readonly number[]
}

/** Of a broker whose epoch is not known here: the controller does not check it. */
const anyEpoch = -1

export class Leadership {
  readonly #nodeId: number
  readonly #brokers: AliveBrokers
  readonly #ownEpoch: () => number
  readonly #followers = new Map<number, FollowerProgress>()
  #leaderEpoch: number
  #partitionEpoch: number
  #isr: readonly number[]
  #startOffset: number
  #proposal: IsrProposal | undefined
  #maximalIsr: readonly number[]

  constructor({ nodeId, brokers, ownEpoch, state, startOffset, nowMs }: LeadershipOptions) {
    this.#nodeId = nodeId
    this.#brokers = brokers
    this.#ownEpoch = ownEpoch
    this.#leaderEpoch = state.leaderEpoch
    this.#partitionEpoch = state.partitionEpoch
    this.#isr = state.isr
    this.#maximalIsr = state.isr
    this.#startOffset = startOffset
    this.#assign(state)
    this.#begin(startOffset, nowMs)
  }

  get leaderEpoch(): number {
    return this.#leaderEpoch
  }

  get partitionEpoch(): number {
    return this.#partitionEpoch
  }

  /** As it was committed last, as far as is known here. */
  get isr(): readonly number[] {
    return this.#isr
  }

  /** All that may be in sync. */
  get maximalIsr(): readonly number[] {
    return this.#maximalIsr
  }

  get followers(): ReadonlyMap<number, FollowerProgress> {
    return this.#followers
  }

  /** The metadata says so, or has said so before. `endOffset`: of the log, where a new epoch begins. */
  become(state: PartitionImage, endOffset: number, nowMs: number): void {
    const isNewEpoch = state.leaderEpoch > this.#leaderEpoch
    // What the controller has answered already comes again with its record, while something newer may be proposed.
    if (!isNewEpoch && state.partitionEpoch <= this.#partitionEpoch) return
    this.#commit(state)
    this.#assign(state)
    if (!isNewEpoch) return
    this.#leaderEpoch = state.leaderEpoch
    this.#begin(endOffset, nowMs)
  }

  #assign({ replicas }: PartitionImage): void {
    for (const id of this.#followers.keys()) if (!replicas.includes(id)) this.#followers.delete(id)
    for (const id of replicas) {
      if (id !== this.#nodeId && !this.#followers.has(id)) this.#followers.set(id, new FollowerProgress())
    }
  }

  #begin(endOffset: number, nowMs: number): void {
    this.#startOffset = endOffset
    for (const [id, follower] of this.#followers) {
      follower.leaderBegins(endOffset, nowMs, { isInSync: this.#isr.includes(id) })
    }
  }

  #commit({ isr, partitionEpoch }: Pick<CommittedIsr, 'isr' | 'partitionEpoch'>): void {
    this.#isr = isr
    this.#partitionEpoch = partitionEpoch
    this.#proposal = undefined
    this.#maximalIsr = isr
  }

  /** Throws ApiError 75 where the broker has no replica, as far as is known here; 6 where it does not say an epoch either. */
  follower(brokerId: number, currentLeaderEpoch: number): FollowerProgress {
    const follower = this.#followers.get(brokerId)
    if (follower !== undefined) return follower
    // A replica that was just added knows of it sooner than its leader.
    const code = currentLeaderEpoch < 0 ? ErrorCode.NOT_LEADER_OR_FOLLOWER : ErrorCode.UNKNOWN_LEADER_EPOCH
    throw new ApiError(code, `broker ${brokerId} has no replica here in leader epoch ${this.#leaderEpoch}`)
  }

  /** Throws ApiError 6 for what a former life of the broker has sent, 75 or 6 where it has no replica. */
  fetched(brokerId: number, fetch: FollowerFetch & { readonly currentLeaderEpoch: number }, view: LeaderView): void {
    const follower = this.follower(brokerId, fetch.currentLeaderEpoch)
    const alive = this.#brokers(brokerId)
    if (fetch.brokerEpoch !== anyEpoch && alive !== undefined && alive.brokerEpoch > fetch.brokerEpoch) {
      const reason = `broker ${brokerId} is in epoch ${alive.brokerEpoch}, the fetch is of ${fetch.brokerEpoch}`
      throw new ApiError(ErrorCode.NOT_LEADER_OR_FOLLOWER, reason)
    }
    follower.fetched(fetch, view.logEndOffset, view.nowMs)
  }

  /**
   * What every replica has that may be in sync, and every one that is about to be: else one that just misses the high watermark
   * would never reach it. Undefined while too few are in sync: what they alone have may be lost with them (KIP-966).
   */
  replicatedOffset(view: LeaderView): number | undefined {
    if (this.#isr.length < view.minIsr) return undefined
    let offset = view.logEndOffset
    for (const [id, follower] of this.#followers) {
      if (follower.logEndOffset >= offset) continue
      if (this.isAwaited(id, view)) offset = follower.logEndOffset
    }
    return offset
  }

  /** Whether the high watermark waits for it. */
  isAwaited(id: number, view: LeaderView): boolean {
    const follower = this.#followers.get(id)
    return this.#maximalIsr.includes(id) || (follower !== undefined && this.#isAboutToJoin(id, follower, view))
  }

  /** Where the logs of all live replicas start: no record before is anywhere. Followers tell theirs with each fetch. */
  lowWatermark(logStartOffset: number): number {
    let lowest = logStartOffset
    for (const [id, follower] of this.#followers) {
      if (follower.logStartOffset < lowest && this.#brokers(id) !== undefined) lowest = follower.logStartOffset
    }
    return lowest
  }

  #isAboutToJoin(id: number, follower: FollowerProgress, { logEndOffset, nowMs, lagMsMax }: LeaderView): boolean {
    return follower.isCaughtUp(logEndOffset, nowMs, lagMsMax) && this.#isEligible(id, follower)
  }

  /** As the controller will see it: alive, and the same life of the broker that has fetched (KIP-841, KIP-903). */
  #isEligible(id: number, { brokerEpoch }: FollowerProgress): boolean {
    const alive = this.#brokers(id)
    if (alive === undefined || !alive.isStaying || brokerEpoch === undefined) return false
    return brokerEpoch === anyEpoch || brokerEpoch === alive.brokerEpoch
  }

  /** Where the follower can be taken into the in-sync replicas, it is proposed from now on. */
  proposeToExpand(brokerId: number, { highWatermark }: LeaderView): IsrProposal | undefined {
    const follower = this.#followers.get(brokerId)
    if (follower === undefined || this.#proposal !== undefined || this.#isr.includes(brokerId)) return undefined
    // What an earlier leader had committed may lie above the high watermark that this one knows, but not above its start.
    if (follower.logEndOffset < Math.max(highWatermark, this.#startOffset)) return undefined
    if (!this.#isEligible(brokerId, follower)) return undefined
    const isr = [...this.#isr, brokerId]
    this.#maximalIsr = isr
    return this.#propose('expand', isr)
  }

  /** Where some do not keep up, the others are proposed from now on. */
  proposeToShrink({ logEndOffset, nowMs, lagMsMax }: LeaderView): IsrProposal | undefined {
    if (this.#proposal !== undefined) return undefined
    const isr = this.#isr.filter(
      (id) => id === this.#nodeId || this.#followers.get(id)?.isCaughtUp(logEndOffset, nowMs, lagMsMax) === true,
    )
    return isr.length === this.#isr.length ? undefined : this.#propose('shrink', isr)
  }

  #propose(kind: IsrProposal['kind'], isr: readonly number[]): IsrProposal {
    this.#proposal = {
      kind,
      leaderEpoch: this.#leaderEpoch,
      partitionEpoch: this.#partitionEpoch,
      isr: isr.map((brokerId) => ({ brokerId, brokerEpoch: this.#epochOf(brokerId) })),
    }
    return this.#proposal
  }

  #epochOf(brokerId: number): number {
    if (brokerId === this.#nodeId) return this.#ownEpoch()
    return this.#followers.get(brokerId)?.brokerEpoch ?? anyEpoch
  }

  /** Whether it is still waited for: the metadata may have been faster. */
  isOpen(proposal: IsrProposal): boolean {
    return this.#proposal === proposal
  }

  /** The controller has answered with the partition as it is now. */
  accepted(proposal: IsrProposal, answer: CommittedIsr): void {
    if (!this.isOpen(proposal)) return
    if (answer.leaderEpoch !== this.#leaderEpoch || answer.partitionEpoch < this.#partitionEpoch) return
    this.#commit(answer)
  }

  /** The controller is sure that it was not done, and never will be. */
  refused(proposal: IsrProposal): void {
    if (this.isOpen(proposal)) this.#commit({ isr: this.#isr, partitionEpoch: this.#partitionEpoch })
  }
}
