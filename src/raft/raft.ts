/**
 * The quorum of `__cluster_metadata` as a pure machine: inputs change it, `ready` tells what to persist, what to cut and
 * append, what to send and what is committed, in the order in which it must be done. It knows no file, no socket and no
 * clock; `driver.ts` does what it says. A voter counts, and reports, only what it has flushed.
 *
 * Here are the answers to other nodes, and what follows from what they answer. What a role does by itself lies in
 * `roles/`, what the roles have in common in `core.ts`.
 */
import { assert, zeroUuid } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { QuorumCore, type RaftOptions } from './core.ts'
import type { LogStart, LogView } from './log-view.ts'
import {
  type BeginEpochRequest,
  type Destination,
  type EndEpochRequest,
  emptyFetch,
  emptyFetchSnapshot,
  type FetchRequest,
  type FetchSnapshotRequest,
  isOfUse,
  type Outcome,
  type OutgoingRequest,
  type QuorumReply,
  type QuorumRequest,
  type ReplicaKey,
  type ReplyHead,
  type VoteRequest,
} from './messages.ts'
import type { LoggedRecord } from './quorum-records.ts'
import type { ElectionState, Ready } from './ready.ts'
import type { KnownLeader, Role } from './role.ts'
import { Candidate } from './roles/candidate.ts'
import { Follower } from './roles/follower.ts'
import type { ReplicaProgress } from './roles/leader.ts'
import { Resigned } from './roles/resigned.ts'
import type { VoterHistory } from './voter-history.ts'
import { isVoterChange, receiveVoterChange } from './voter-requests.ts'
import type { VoterSet } from './voters.ts'

/** A proposal to a node that does not lead. The controller answers it with NOT_CONTROLLER. */
export class NotLeaderError extends Error {
  override readonly name = 'NotLeaderError'
}

/** In one event: the only voter stands for election, asks itself, votes for itself and leads. */
const transitionsMax = 8

export class Raft {
  readonly #core: QuorumCore

  constructor(options: RaftOptions) {
    this.#core = new QuorumCore(options)
    this.#settle(options.nowMs)
  }

  get role(): Role {
    return this.#core.role
  }

  get isLeader(): boolean {
    return this.#core.leader !== undefined
  }

  get epoch(): number {
    return this.role.epoch
  }

  /** -1 while nobody is known to lead. */
  get leaderId(): number {
    return this.role.leaderId
  }

  get election(): ElectionState {
    return this.#core.election
  }

  /** Of this leader's own first entry: once it was handed out, all that came before is known here. Undefined elsewhere. */
  get epochStartOffset(): number | undefined {
    return this.#core.leader?.epochStartOffset
  }

  get log(): Pick<LogView, 'startOffset' | 'endOffset' | 'lastEpoch' | 'end'> {
    return this.#core.log
  }

  get endOffset(): number {
    return this.#core.log.endOffset
  }

  /** Exclusive: everything below is durable here. */
  get flushedOffset(): number {
    return this.#core.flushedOffset
  }

  /** Exclusive: everything below is committed. */
  get highWatermark(): number {
    return this.#core.highWatermark
  }

  /** As the leader that this node follows has said; infinity: it has not yet, or this node does not follow. */
  get leaderHighWatermark(): number {
    return this.role instanceof Follower ? this.role.leaderHighWatermark : Number.POSITIVE_INFINITY
  }

  /** Those of the newest record in the log, committed or not. */
  get voters(): VoterSet {
    return this.#core.voters
  }

  /** What the log says of the quorum up to an offset, for a snapshot of it; and what nobody asks for again. */
  get history(): Pick<VoterHistory, 'before' | 'forgetBefore' | 'kraftVersion' | 'voters' | 'votersOffset'> {
    return this.#core.history
  }

  /** What a leader knows of the other replicas. */
  progress(nowMs: number): readonly ReplicaProgress[] {
    return this.#core.leader?.progress(nowMs) ?? []
  }

  // ---- time, and what the driver has done

  /** When `tick` is due, if nothing happens before; infinity: never. */
  get wakeMs(): number {
    return this.#takesPart ? this.role.wakeMs : Number.POSITIVE_INFINITY
  }

  /** Who stops does nothing by itself any more, but for telling that it does. */
  get #takesPart(): boolean {
    return !this.#core.isStopping || this.role.kind === 'resigned'
  }

  /**
   * Time has passed, and all that had come by `nowMs` was told before: only here a deadline takes something away, an
   * answer that is late, a leader that is silent, a majority that does not fetch.
   */
  tick(nowMs: number): void {
    const { outgoing, role } = this.#core
    outgoing.expire(nowMs)
    if (this.#takesPart) role.expire(nowMs)
    this.#settle(nowMs)
  }

  /** Until the role stays the same. */
  #settle(nowMs: number): void {
    const core = this.#core
    let count = 0
    for (let before: Role | undefined; before !== core.role; count++) {
      assert(count <= transitionsMax, 'one event leads to a few roles at most')
      before = core.role
      if (this.#takesPart) before.tick(nowMs)
    }
  }

  /** The vote file of `epoch` is durable: our own vote counts. */
  electionPersisted(epoch: number, nowMs: number): void {
    const { role } = this
    if (role instanceof Candidate && role.epoch === epoch) role.ownVoteIsDurable()
    this.#settle(nowMs)
  }

  /** The log is durable up to `offset` (exclusive). */
  flushed(offset: number, nowMs: number): void {
    this.#core.flushed(offset)
    this.#core.leader?.advance()
    this.#settle(nowMs)
  }

  // ---- snapshots

  /** Snapshots were made or removed, or the log was cut before the oldest one; not by `Ready.startFrom`. */
  logBeginsAt(start: LogStart): void {
    this.#core.log.beginsAt(start)
  }

  /** A piece that was not the last one is in its file. */
  snapshotWritten(attempt: number, nowMs: number): void {
    const { role, snapshots } = this.#core
    if (role instanceof Follower && snapshots.isCurrent(attempt)) {
      snapshots.written()
      role.progressed(nowMs)
    }
    this.#settle(nowMs)
  }

  /**
   * All of it is there, right, and durable under a name of its own. True: the next `Ready.startFrom` tells when it takes
   * its place, and the place of the log. False: nobody wants it any more. `logged`: what it says of the quorum.
   */
  snapshotWhole(attempt: number, logged: readonly LoggedRecord[], nowMs: number): boolean {
    const core = this.#core
    const { role, snapshots } = core
    const isWanted = role instanceof Follower && snapshots.isCurrent(attempt) && !core.isStopping
    if (isWanted) {
      core.startFrom(snapshots.finish(), logged)
      role.progressed(nowMs)
    }
    this.#settle(nowMs)
    return isWanted
  }

  /** It is damaged, or the disk has no room for it. */
  snapshotFailed(attempt: number, nowMs: number): void {
    const { role, snapshots } = this.#core
    if (role instanceof Follower && snapshots.isCurrent(attempt)) role.snapshotFailed(nowMs)
    this.#settle(nowMs)
  }

  /**
   * Takes records for one batch, which is committed whole or not at all. Returns the offset of its last record. Throws
   * NotLeaderError.
   */
  propose(records: readonly Uint8Array[]): number {
    const { leader, role, self } = this.#core
    if (leader === undefined) throw new NotLeaderError(`node ${self.id} does not lead the quorum (${role.kind})`)
    assert(records.length > 0, 'a proposal has a record')
    this.#core.propose(records)
    leader.appended()
    return this.endOffset - 1
  }

  /**
   * Raises kraft.version to 1: from then on the log names the voters (KIP-853). Nothing happens where it has that version.
   * Throws NotLeaderError, and ApiError with INVALID_UPDATE_VERSION.
   */
  upgradeKRaftVersion(version: number, { isDryRun, nowMs }: { readonly isDryRun: boolean; readonly nowMs: number }) {
    const { leader, role, self } = this.#core
    if (leader === undefined) throw new NotLeaderError(`node ${self.id} does not lead the quorum (${role.kind})`)
    leader.changes.upgrade(version, isDryRun, nowMs)
  }

  // ---- what other nodes ask

  /** A request of another node; `Ready.answers` has the answer, sooner or later, under this token. */
  receive(token: number, request: QuorumRequest, nowMs: number): void {
    if (request.kind === 'fetch') this.#fetch(token, request, nowMs)
    else if (request.kind === 'fetch-snapshot') this.#fetchSnapshot(token, request, nowMs)
    else if (isVoterChange(request)) receiveVoterChange(this.#core, { token, request, nowMs })
    else this.#core.answer({ token, reply: this.#decide(request, nowMs), read: undefined })
    this.#settle(nowMs)
  }

  /** Who asked is gone: it is not answered any more. */
  forget(token: number): void {
    this.#core.leader?.forget(token)
  }

  #head(errorCode: number): ReplyHead {
    const { epoch, leaderId, leaderEndpoints } = this.role
    return { errorCode, epoch, leaderId, leaderEndpoints }
  }

  #decide(request: VoteRequest | BeginEpochRequest | EndEpochRequest, nowMs: number): QuorumReply {
    if (request.kind === 'vote') return this.#vote(request, nowMs)
    const { kind, epoch, leaderId } = request
    if (epoch < this.epoch) return { kind, ...this.#head(ErrorCode.FENCED_LEADER_EPOCH) }
    if (leaderId < 0 || !this.#hear(request, nowMs)) return { kind, ...this.#head(ErrorCode.INVALID_REQUEST) }
    if (kind === 'end-epoch') this.#leaderResigned(request, nowMs)
    else if (!this.#isForUs(request.voter)) return { kind, ...this.#head(ErrorCode.INVALID_VOTER_KEY) }
    return { kind, ...this.#head(ErrorCode.NONE) }
  }

  #vote({ isPreVote, epoch, candidate, voter, log }: VoteRequest, nowMs: number): QuorumReply {
    const core = this.#core
    const refuse = (code: number): QuorumReply => ({ kind: 'vote', ...this.#head(code), isGranted: false })
    const isIllegal = isPreVote ? log.epoch > epoch : log.epoch >= epoch
    if (log.offset < 0 || log.epoch < 0 || isIllegal) return refuse(ErrorCode.INVALID_REQUEST)
    if (epoch < this.epoch) return refuse(ErrorCode.FENCED_LEADER_EPOCH)
    if (candidate.id < 0 || candidate.id === core.self.id) return refuse(ErrorCode.INVALID_REQUEST)
    if (epoch > this.epoch) core.toUnattached(epoch, nowMs)
    if (!this.#isForUs(voter)) return refuse(ErrorCode.INVALID_VOTER_KEY)
    const isGranted = this.role.grants({ isPreVote, candidate, isUpToDate: core.log.isUpToDate(log) })
    if (isGranted && !isPreVote && this.role.voted === undefined) core.voteFor(candidate, nowMs)
    return { kind: 'vote', ...this.#head(ErrorCode.NONE), isGranted }
  }

  #isForUs(voter: ReplicaKey | undefined): boolean {
    const { self } = this.#core
    if (voter === undefined) return true
    return voter.id === self.id && (voter.directoryId === zeroUuid || voter.directoryId === self.directoryId)
  }

  #leaderResigned({ leaderId, preferred }: EndEpochRequest, nowMs: number): void {
    const { role } = this
    if (!(role instanceof Follower) || role.leaderId !== leaderId) return
    const position = preferred.findIndex((candidate) => this.#isForUs(candidate))
    role.leaderResigned(this.#backoffMs(position, preferred.length), nowMs)
  }

  /** The best successor stands for election at once, the others one after the other. */
  #backoffMs(position: number, count: number): number {
    const { electionBackoffMaxMs } = this.#core.times
    // Who names nobody has just been started again, and knows of nobody.
    if (position === 0 || count === 0) return 0
    if (position < 0) return electionBackoffMaxMs
    return Math.min(electionBackoffMaxMs, Math.floor(electionBackoffMaxMs / 2 ** (count - 1)) * 2 ** (position - 1))
  }

  #fetch(token: number, request: FetchRequest, nowMs: number): void {
    const code = this.#checkFetch(request)
    if (code === ErrorCode.NONE) this.#core.leader?.fetch(token, request, nowMs)
    else this.#core.answer({ token, reply: emptyFetch(this.#head(code)), read: undefined })
  }

  #fetchSnapshot(token: number, request: FetchSnapshotRequest, nowMs: number): void {
    const code = request.maxBytes < 0 ? ErrorCode.INVALID_REQUEST : this.#checkForLeader(request)
    if (code === ErrorCode.NONE) this.#core.leader?.fetchSnapshot(token, request, nowMs)
    else this.#core.answer({ token, reply: emptyFetchSnapshot(this.#head(code)), read: undefined })
  }

  #checkFetch(request: FetchRequest): number {
    const { epoch, maxWaitMs, fetchOffset, lastFetchedEpoch } = request
    const isMalformed = maxWaitMs < 0 || fetchOffset < 0 || lastFetchedEpoch < 0 || lastFetchedEpoch > epoch
    return isMalformed ? ErrorCode.INVALID_REQUEST : this.#checkForLeader(request)
  }

  #checkForLeader({ epoch, replica }: Pick<FetchRequest, 'epoch' | 'replica'>): number {
    if (epoch < this.epoch) return ErrorCode.FENCED_LEADER_EPOCH
    if (epoch > this.epoch) return ErrorCode.UNKNOWN_LEADER_EPOCH
    if (!this.isLeader) return ErrorCode.NOT_LEADER_OR_FOLLOWER
    return replica.id === this.#core.self.id ? ErrorCode.INVALID_REQUEST : ErrorCode.NONE
  }

  // ---- what other nodes answer

  /** What became of a request that `ready` gave. */
  settled({ to, correlationId }: Pick<OutgoingRequest, 'to' | 'correlationId'>, outcome: Outcome, nowMs: number): void {
    const core = this.#core
    if (core.outgoing.isAwaited(to.id, correlationId)) {
      const { role, endOffset } = this
      // One voter does not know pre-votes: then the election is held without.
      if (outcome.kind === 'unsupported' && role.kind === 'prospective') core.toCandidate(nowMs)
      if (outcome.kind !== 'reply') core.leader?.changes.versionsOf(to.id, undefined, nowMs)
      // Who has answered nothing that helps is asked again after a while.
      const hasHelped = outcome.kind === 'reply' && this.#replied(to, outcome.reply, nowMs)
      const hasFailed = !hasHelped || !isOfUse(outcome.reply) || this.#tookNothing(outcome.reply, endOffset)
      if (role === this.role) core.outgoing.settle({ id: to.id, correlationId, hasFailed }, nowMs)
    }
    this.#settle(nowMs)
  }

  /** Of batches that do not fit, or cannot be read. */
  #tookNothing(reply: QuorumReply, endOffset: number): boolean {
    if (reply.kind !== 'fetch' || this.endOffset !== endOffset) return false
    return reply.batches.length > 0 || reply.damage !== undefined
  }

  /** False: nothing came of it, and the same would be answered again. */
  #replied(to: Destination, reply: QuorumReply, nowMs: number): boolean {
    if (!('epoch' in reply)) {
      this.role.replied(to.id, reply, nowMs)
      return true
    }
    const { errorCode, epoch } = reply
    const asked = this.epoch
    if (epoch < asked || errorCode === ErrorCode.UNKNOWN_LEADER_EPOCH) return false
    if (!this.#hear(reply, nowMs)) return false
    if (epoch > asked) return true
    const isLost = errorCode === ErrorCode.SNAPSHOT_NOT_FOUND || errorCode === ErrorCode.POSITION_OUT_OF_RANGE
    if (!isOfUse(reply) && !(reply.kind === 'fetch-snapshot' && isLost)) return false
    this.role.replied(to.id, reply, nowMs)
    // Who still follows nobody was not told whom to ask.
    return this.role.kind !== 'unattached'
  }

  /** Follows who leads this epoch, or a later one. False: somebody else leads it, as far as is known here. */
  #hear({ epoch, leaderId, leaderEndpoints }: KnownLeader, nowMs: number): boolean {
    const core = this.#core
    const isNewer = epoch > this.epoch
    const known = this.leaderId
    if (!isNewer && known >= 0 && leaderId >= 0 && leaderId !== known) {
      core.warn(`nodes ${known} and ${leaderId} are both said to lead epoch ${epoch}`)
      return false
    }
    if (leaderId === core.self.id && (isNewer || !this.isLeader)) {
      // It has led that epoch, and does not remember: neither will it vote in it, nor does anybody lead it.
      if (isNewer) core.toUnattached(epoch + 1, nowMs)
      return true
    }
    const endpoints = leaderEndpoints.length > 0 ? leaderEndpoints : core.voters.endpointsOf(leaderId)
    const canFollow = leaderId >= 0 && endpoints.length > 0
    if (canFollow && (isNewer || this.#followsNobody)) {
      core.toFollower({ epoch, leaderId, leaderEndpoints: endpoints }, nowMs)
    } else if (isNewer) core.toUnattached(epoch, nowMs)
    return true
  }

  /** Who stands for election because its leader is silent does not follow it again for hearsay. */
  get #followsNobody(): boolean {
    const { kind, leaderId } = this.role
    return kind === 'unattached' || kind === 'candidate' || (kind === 'prospective' && leaderId < 0)
  }

  // ---- the end

  /** The node stops: who leads tells the others; nobody else has to know. */
  stop(nowMs: number): void {
    const core = this.#core
    core.isStopping = true
    if (core.leader !== undefined) core.toResigned(core.leader.successors(), nowMs)
    else core.outgoing.forgetAll()
    this.#settle(nowMs)
  }

  /** Everybody who has to know has been told. */
  get isStopped(): boolean {
    return this.#core.isStopping && !(this.role instanceof Resigned && !this.role.isTold)
  }

  /** Whether `ready` has something to do. */
  get hasReady(): boolean {
    return this.#core.hasReady
  }

  /** What is to be done since the last call. */
  ready(): Ready {
    return this.#core.ready()
  }
}
