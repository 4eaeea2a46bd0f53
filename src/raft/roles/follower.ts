/**
 * Follows a leader: fetches its log, and flushes it before the next fetch says so. Where the leader says that a snapshot
 * comes first, it fetches that, and nothing else, until it is there or cannot be had (KIP-630).
 */
import { ErrorCode } from '../../protocol/index.ts'
import {
  type Endpoint,
  type FetchReply,
  type FetchSnapshotReply,
  isOfUse,
  type OffsetAndEpoch,
  type QuorumReply,
  type ReplicaKey,
  reachedAt,
} from '../messages.ts'
import { ownVoteRequest } from '../own-voter.ts'
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
  /** As the leader of this epoch has said it last; infinity before. */
  leaderHighWatermark = Number.POSITIVE_INFINITY
  readonly #quorum: Quorum
  /** The leader must have answered by then. */
  #fetchDeadlineMs: number
  #hasFetched = false
  /** When it looks again whether its own vote is as it should be. */
  #ownVoteMs: number
  #isTold = false
  /** Nothing is asked before: what was told last was no help. */
  #resumeMs: number | undefined

  constructor(quorum: Quorum, { epoch, leaderId, leaderEndpoints, voted, nowMs }: FollowerOptions) {
    this.#quorum = quorum
    this.epoch = epoch
    this.leaderId = leaderId
    this.leaderEndpoints = leaderEndpoints
    this.voted = voted
    this.#fetchDeadlineMs = nowMs + quorum.times.fetchTimeoutMs
    this.#ownVoteMs = this.#fetchDeadlineMs
  }

  get wakeMs(): number {
    const resumeMs = this.#resumeMs ?? Number.POSITIVE_INFINITY
    return Math.min(this.#deadlineMs, this.#quorum.outgoing.nextMs, resumeMs)
  }

  /** A voter does not take its own disk, which has yet to write what the leader sent, for a leader that is silent. */
  get #deadlineMs(): number {
    const { mayLead, snapshots } = this.#quorum
    return mayLead && !snapshots.isWorking ? this.#fetchDeadlineMs : Number.POSITIVE_INFINITY
  }

  /** Who hears of its leader would not help to unseat it (KIP-996). */
  grants({ isPreVote, isUpToDate }: Ballot): boolean {
    return isPreVote && !this.#hasFetched && isUpToDate
  }

  tick(nowMs: number): void {
    const quorum = this.#quorum
    if (this.#resumeMs !== undefined && nowMs >= this.#resumeMs) this.#resumeMs = undefined
    const isWorking = quorum.flushedOffset < quorum.log.endOffset || quorum.snapshots.isWorking
    if (isWorking || this.#resumeMs !== undefined) return
    if (quorum.outgoing.hasFailed(this.leaderId)) {
      if (!quorum.fetchAnywhere(nowMs)) quorum.fetchFrom(this, nowMs)
    } else if (!quorum.outgoing.isAnyWaiting && !this.#asksForOwnVote(nowMs)) quorum.fetchFrom(this, nowMs)
  }

  expire(nowMs: number): void {
    if (nowMs >= this.#deadlineMs) this.#quorum.toProspective(nowMs)
  }

  /** In place of a fetch, once in a fetch time-out at most. */
  #asksForOwnVote(nowMs: number): boolean {
    if (nowMs < this.#ownVoteMs) return false
    this.#ownVoteMs = nowMs + this.#quorum.times.fetchTimeoutMs
    const request = ownVoteRequest(this.#quorum, this.#isTold, this.epoch)
    const endpoint = reachedAt(this.leaderEndpoints, this.#quorum.listener)
    if (request === undefined || endpoint === undefined) return false
    return this.#quorum.outgoing.send({ id: this.leaderId, endpoint }, request, nowMs)
  }

  /** The leader has resigned: the best successor does not wait. */
  leaderResigned(waitMs: number, nowMs: number): void {
    this.#fetchDeadlineMs = nowMs + waitMs
  }

  replied(_from: number, reply: QuorumReply, nowMs: number): void {
    if (reply.kind === 'fetch-snapshot') this.#takePiece(reply, nowMs)
    else if (reply.kind === 'fetch' && reply.errorCode === ErrorCode.NONE) {
      this.#take(reply, nowMs)
      this.#hasFetched = true
      this.progressed(nowMs)
    } else if (reply.kind === 'update-voter' && isOfUse(reply)) {
      this.#isTold = true
      this.progressed(nowMs)
    } else if (reply.kind === 'add-voter' || reply.kind === 'remove-voter') {
      this.#ownVoteMs = nowMs + this.#quorum.times.fetchTimeoutMs
    }
  }

  /** The leader is there, or what it has sent is done with. */
  progressed(nowMs: number): void {
    this.#fetchDeadlineMs = nowMs + this.#quorum.times.fetchTimeoutMs
  }

  #take(reply: FetchReply, nowMs: number): void {
    const { snapshot, diverging, highWatermark } = reply
    const quorum = this.#quorum
    if (snapshot !== undefined) {
      this.#beginSnapshot(snapshot, nowMs)
      return
    }
    // The log itself goes on: no snapshot is needed.
    quorum.snapshots.isNotNeeded()
    if (diverging !== undefined) {
      quorum.truncate(diverging)
      return
    }
    quorum.appendFetched(reply)
    if (highWatermark < 0) return
    this.leaderHighWatermark = highWatermark
    quorum.raiseHighWatermark(Math.min(highWatermark, quorum.log.endOffset))
  }

  #beginSnapshot(snapshot: OffsetAndEpoch, nowMs: number): void {
    const { snapshots, log, highWatermark } = this.#quorum
    if (snapshots.isOf(snapshot)) return
    const { offset, epoch } = snapshot
    // Who is sent to a snapshot lacks what it covers; another leader, or none, says otherwise.
    const isAhead =
      offset > highWatermark && epoch >= 0 && epoch <= this.epoch && log.snapshotOf(snapshot) === undefined
    if (isAhead) snapshots.begin(snapshot)
    else this.#giveUp(`it is not ahead of what is committed here, ${highWatermark}`, snapshot, nowMs)
  }

  #takePiece(reply: FetchSnapshotReply, nowMs: number): void {
    const { snapshots } = this.#quorum
    const { snapshot } = snapshots
    if (snapshot === undefined) return
    this.progressed(nowMs)
    if (reply.errorCode !== ErrorCode.NONE) {
      // The leader has a newer one by now, and names it when it is asked for the log.
      snapshots.drop()
      return
    }
    const wrong = snapshots.take(reply)
    if (wrong !== undefined) this.#giveUp(`a piece of it is wrong: ${wrong}`, snapshot, nowMs)
  }

  /** Told once for each trouble: a leader may name the same one for days. */
  #giveUp(why: string, snapshot: OffsetAndEpoch, nowMs: number): void {
    const { offset, epoch } = snapshot
    if (this.#quorum.snapshots.fail(snapshot, why)) {
      const what = `the snapshot of offset ${offset} and epoch ${epoch} of leader ${this.leaderId}`
      this.#quorum.warn(`${what} is not taken: ${why}`)
    }
    this.#waitAfterFailure(nowMs)
  }

  /** The one that is fetched is damaged, or the disk did not take it; the driver has told it. */
  snapshotFailed(nowMs: number): void {
    const { snapshots } = this.#quorum
    if (snapshots.snapshot !== undefined) snapshots.fail(snapshots.snapshot)
    this.#waitAfterFailure(nowMs)
  }

  /**
   * The log is asked for again after a while, longer each time that the same snapshot has failed; but no longer than a
   * leader needs to know that this voter lives.
   */
  #waitAfterFailure(nowMs: number): void {
    const { snapshots, times } = this.#quorum
    const waitMs = times.retryBackoffMs * 2 ** snapshots.doublings
    const mostMs = Math.max(times.retryBackoffMs, Math.floor(times.fetchTimeoutMs / 2))
    this.#resumeMs = nowMs + Math.min(waitMs, mostMs)
    this.progressed(nowMs)
  }
}
