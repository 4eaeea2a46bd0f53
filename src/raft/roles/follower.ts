/** Follows a leader: fetches its log, and flushes it before the next fetch says so. */
import { ErrorCode } from '../../protocol/index.ts'
import type { Endpoint, FetchReply, QuorumReply, ReplicaKey } from '../messages.ts'
import type { Ballot, KnownLeader, Quorum, Role } from '../role.ts'

export interface FollowerOptions extends KnownLeader {
  readonly voted: ReplicaKey | undefined
  readonly nowMs: number
}

export class Follower implements Role {
  readonly kind = 'follower'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
  readonly voted: ReplicaKey | undefined
  readonly #quorum: Quorum
  /** The leader must have answered by then. */
  #fetchDeadlineMs: number
  #hasFetched = false

  constructor(quorum: Quorum, { epoch, leaderId, leaderEndpoints, voted, nowMs }: FollowerOptions) {
    this.#quorum = quorum
    this.epoch = epoch
    this.leaderId = leaderId
    this.leaderEndpoints = leaderEndpoints
    this.voted = voted
    this.#fetchDeadlineMs = nowMs + quorum.times.fetchTimeoutMs
  }

  get wakeMs(): number {
    const deadlineMs = this.#quorum.isVoter ? this.#fetchDeadlineMs : Number.POSITIVE_INFINITY
    return Math.min(deadlineMs, this.#quorum.outgoing.nextMs)
  }

  /** Who hears of its leader would not help to unseat it (KIP-996). */
  grants({ isPreVote, isUpToDate }: Ballot): boolean {
    return isPreVote && !this.#hasFetched && isUpToDate
  }

  tick(nowMs: number): void {
    const quorum = this.#quorum
    if (quorum.isVoter && nowMs >= this.#fetchDeadlineMs) {
      quorum.toProspective(nowMs)
      return
    }
    if (quorum.flushedOffset < quorum.log.endOffset) return
    if (quorum.outgoing.hasFailed(this.leaderId)) quorum.fetchAnywhere(nowMs)
    else if (!quorum.outgoing.isAnyWaiting) quorum.fetchFrom(this, nowMs)
  }

  /** The leader has resigned: the best successor does not wait. */
  leaderResigned(waitMs: number, nowMs: number): void {
    this.#fetchDeadlineMs = nowMs + waitMs
  }

  replied(_from: number, reply: QuorumReply, nowMs: number): void {
    if (reply.kind !== 'fetch' || reply.errorCode !== ErrorCode.NONE) return
    this.#take(reply)
    this.#hasFetched = true
    this.#fetchDeadlineMs = nowMs + this.#quorum.times.fetchTimeoutMs
  }

  #take({ diverging, batches, highWatermark }: FetchReply): void {
    const quorum = this.#quorum
    if (diverging !== undefined) {
      quorum.truncate(diverging)
      return
    }
    quorum.appendFetched(batches)
    if (highWatermark >= 0) quorum.raiseHighWatermark(Math.min(highWatermark, quorum.log.endOffset))
  }
}
