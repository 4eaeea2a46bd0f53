/**
 * What the roles of the quorum have in common: the log as it was handed out, what is flushed and committed, and how one
 * role becomes another. What is to be done outside gathers here until `ready`.
 */
import { assert, zeroUuid } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { type KnownSnapshot, LogView, type LogViewOptions } from './log-view.ts'
import {
  type Answer,
  type Endpoint,
  emptyFetch,
  type FetchedBatch,
  type FetchReply,
  type FetchRequest,
  isSameReplica,
  type OffsetAndEpoch,
  type ReplicaKey,
  reachedAt,
} from './messages.ts'
import { Outgoing } from './outgoing.ts'
import { epochStartRecords, kraftVersionMax } from './own-voter.ts'
import { type LoggedRecord, type QuorumRecord, readFetched } from './quorum-records.ts'
import { withOwnDirectory } from './quorum-state.ts'
import type { ElectionState, Entry, Ready } from './ready.ts'
import { electionTimeoutMs, type KnownLeader, type Quorum, type QuorumTimes, type Role } from './role.ts'
import { Candidate } from './roles/candidate.ts'
import { Follower } from './roles/follower.ts'
import { Leader } from './roles/leader.ts'
import { Prospective } from './roles/prospective.ts'
import { Resigned } from './roles/resigned.ts'
import { Unattached } from './roles/unattached.ts'
import { SnapshotFetch } from './snapshot-fetch.ts'
import { VoterHistory } from './voter-history.ts'
import type { Voter, VoterSet } from './voters.ts'

export interface RaftOptions {
  readonly self: ReplicaKey
  /** The name of the listeners that this quorum speaks under (the first of `controller.listener.names`). */
  readonly listener: string
  /** Where this node listens for the others. */
  readonly endpoints: readonly Endpoint[]
  /** Those of `controller.quorum.voters`: they count while the log names none. */
  readonly voters: VoterSet
  /** What the newest snapshot and the log behind it say of the quorum, in order. */
  readonly logged?: readonly LoggedRecord[]
  /** Addresses of others that are asked who leads (`controller.quorum.bootstrap.servers`, or the voters'). */
  readonly bootstrap: readonly Endpoint[]
  readonly election: ElectionState
  /** As it is when the machine starts: recovered, and flushed up to its end. */
  readonly log: LogViewOptions
  /** Exclusive: what a snapshot covers was committed. 0 without one. */
  readonly committedOffset: number
  /** Exclusive: what this node knew to be committed when it ran last. It is not handed out for that. */
  readonly boundOffset?: number | undefined
  readonly times: QuorumTimes
  /** Of one fetch. */
  readonly fetchBytesMax: number
  /** Of one piece of a snapshot (`controller.quorum.fetch.snapshot.max.bytes`). */
  readonly fetchSnapshotBytesMax: number
  /** `controller.quorum.auto.join.enable`, of a controller. */
  readonly autoJoin?: boolean
  /** An integer of [0, bound). */
  readonly below: (bound: number) => number
  /** What a batch that was fetched says of the quorum; its bytes are checked and read unless this is given. */
  readonly quorumRecordsIn?: (bytes: Uint8Array) => readonly LoggedRecord[]
  /** Monotonic, as all times here. */
  readonly nowMs: number
}

export class QuorumCore implements Quorum {
  readonly self: ReplicaKey
  readonly history: VoterHistory
  readonly times: QuorumTimes
  readonly log: LogView
  readonly outgoing: Outgoing
  readonly snapshots = new SnapshotFetch()
  readonly #options: RaftOptions
  role: Role
  election: ElectionState
  flushedOffset: number
  highWatermark: number
  isStopping = false
  #electionDirty = false
  #roleTold: Role | undefined
  #truncateTo: number | undefined
  #startFrom: OffsetAndEpoch | undefined
  #entries: Entry[] = []
  #answers: Answer[] = []
  #warnings: string[] = []
  /** Why the last that was fetched was not taken whole. */
  #refused: string | undefined
  /** End of what was handed to the driver. */
  #handedOffset: number

  constructor(options: RaftOptions) {
    const { log, committedOffset, times } = options
    assert(committedOffset <= log.endOffset, 'the log holds or continues what is committed')
    this.#options = options
    this.self = options.self
    this.history = new VoterHistory(options.voters, options.logged)
    this.times = times
    this.log = new LogView(log)
    this.outgoing = new Outgoing(times)
    this.election = withOwnDirectory(options.election, options.self)
    this.#handedOffset = log.endOffset
    this.flushedOffset = log.endOffset
    this.highWatermark = committedOffset
    this.role = this.#firstRole()
    if (this.isOnlyVoter && this.mayLead && this.role.kind !== 'candidate') this.toProspective(options.nowMs)
  }

  /** As the vote file left it. */
  #firstRole(): Role {
    const { nowMs, endpoints } = this.#options
    const { epoch, leaderId, voted } = this.election
    const { lastEpoch } = this.log
    const electionMs = nowMs + electionTimeoutMs(this)
    if (epoch < lastEpoch) {
      // The vote file was lost or is old. Who has the log of an epoch gives no vote in it: whoever asks has less.
      return new Unattached(this, { epoch: lastEpoch, leaderId: -1, voted: undefined, electionMs })
    }
    if (leaderId === this.self.id) return new Resigned(this, { epoch, endpoints, preferred: [], electionMs })
    const isOwnVote =
      isSameReplica(voted, this.self) || isSameReplica(voted, { id: this.self.id, directoryId: zeroUuid })
    if (isOwnVote && this.mayLead) {
      // A vote file of a static quorum does not tell directories: the vote was this one's.
      this.election = { epoch, leaderId, voted: this.self }
      const candidate = new Candidate(this, { epoch, electionMs })
      candidate.ownVoteIsDurable()
      return candidate
    }
    const leaderEndpoints = this.voters.endpointsOf(leaderId)
    if (leaderEndpoints.length === 0) return new Unattached(this, { epoch, leaderId, voted, electionMs })
    return new Follower(this, { epoch, leaderId, leaderEndpoints, voted, nowMs })
  }

  get voters(): VoterSet {
    return this.history.voters
  }

  get own(): Voter {
    return { ...this.self, endpoints: this.#options.endpoints, kraftVersions: { min: 0, max: kraftVersionMax } }
  }

  get autoJoin(): boolean {
    return this.#options.autoJoin ?? false
  }

  get listener(): string {
    return this.#options.listener
  }

  get isVoter(): boolean {
    return this.voters.isVoter(this.self)
  }

  get mayLead(): boolean {
    if (this.election.epoch >= epochMax) return false
    if (this.isVoter) return true
    const { votersOffset = -1, formerVoters } = this.history
    // After a start the high watermark is that of the snapshot, and a removal behind it may be committed long since.
    const committed = Math.max(this.highWatermark, this.#options.boundOffset ?? 0)
    return votersOffset >= committed && formerVoters?.isVoter(this.self) === true
  }

  get isOnlyVoter(): boolean {
    return this.isVoter && this.voters.size === 1
  }

  get leader(): Leader | undefined {
    return this.role instanceof Leader ? this.role : undefined
  }

  get fetchBytesMax(): number {
    return this.#options.fetchBytesMax
  }

  below(bound: number): number {
    return this.#options.below(bound)
  }

  // ---- from one role to another

  #become(role: Role): void {
    const { leader } = this
    if (leader !== undefined) this.#endLeadership(leader, role)
    this.role = role
    this.outgoing.forgetAll()
    // Its pieces are those of one leader: another one may have written the same snapshot in other batches.
    this.snapshots.drop()
    const { epoch, leaderId } = role
    // Who leads need not say whom it voted for: Kafka writes -1 here.
    this.#persist({ epoch, leaderId, voted: leaderId === this.self.id ? undefined : role.voted })
  }

  /** What was promised and not handed out yet never will be; who waits for more is told. */
  #endLeadership(leader: Leader, next: Role): void {
    const { epoch, leaderId, leaderEndpoints } = next
    const reply = emptyFetch({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, epoch, leaderId, leaderEndpoints })
    for (const token of leader.end()) this.answer({ token, reply, read: undefined })
    this.#entries = []
    if (this.log.endOffset <= this.#handedOffset) return
    this.log.truncateTo(this.#handedOffset)
    this.history.truncateTo(this.#handedOffset)
  }

  #persist(election: ElectionState): void {
    const before = this.election
    const isSameEpoch = election.epoch === before.epoch
    assert(election.epoch >= before.epoch, 'epochs only grow')
    const isSameVote = isSameReplica(election.voted, before.voted)
    if (isSameEpoch && election.leaderId === before.leaderId && isSameVote) return
    const isForgotten = election.voted === undefined && election.leaderId === this.self.id
    const isKept = before.voted === undefined || isSameVote || isForgotten
    assert(!isSameEpoch || isKept, 'a vote is given once in an epoch, and is not taken back')
    this.election = election
    this.#electionDirty = true
  }

  toProspective(nowMs: number): void {
    assert(this.mayLead && this.leader === undefined, 'a voter that does not lead stands for election')
    const { epoch, leaderId, leaderEndpoints, voted } = this.role
    const electionMs = nowMs + electionTimeoutMs(this)
    this.#become(new Prospective(this, { epoch, leaderId, leaderEndpoints, voted, electionMs }))
  }

  toCandidate(nowMs: number): void {
    const epoch = this.role.epoch + 1
    this.#become(new Candidate(this, { epoch, electionMs: nowMs + electionTimeoutMs(this) }))
  }

  toLeader(granted: ReadonlySet<number>, nowMs: number): void {
    const { epoch } = this.role
    const { endpoints } = this.#options
    const epochStartOffset = this.log.endOffset
    const answer = (it: Answer): void => this.answer(it)
    const quorum = epochStartRecords(this.history, this.own)
    this.#become(new Leader(this, { epoch, endpoints, epochStartOffset, granted, nowMs, answer }))
    this.#entries.push({
      kind: 'leader-change',
      baseOffset: epochStartOffset,
      epoch,
      leaderId: this.self.id,
      voters: this.voters.ids(),
      granted: [...granted],
      quorum,
    })
    this.log.append(epoch, epochStartOffset + 1 + quorum.length)
    this.#addToHistory(quorum, epochStartOffset + 1)
  }

  #addToHistory(records: readonly QuorumRecord[], baseOffset: number): void {
    for (const [i, record] of records.entries()) this.history.add({ offset: baseOffset + i, record })
  }

  toFollower({ epoch, leaderId, leaderEndpoints }: KnownLeader, nowMs: number): void {
    const voted = epoch === this.role.epoch ? this.role.voted : undefined
    this.#become(new Follower(this, { epoch, leaderId, leaderEndpoints, voted, nowMs }))
  }

  toUnattached(next: number, nowMs: number): void {
    const epoch = Math.min(next, epochMax)
    if (epoch === epochMax) this.warn(`epoch ${epoch} is the last one there is: nobody leads another`)
    const isSame = epoch === this.role.epoch
    const leaderId = isSame ? this.role.leaderId : -1
    const voted = isSame ? this.role.voted : undefined
    this.#become(new Unattached(this, { epoch, leaderId, voted, electionMs: this.#electionMsKept(nowMs) }))
  }

  /** Who waits for its election already goes on waiting; who has just lost one, or has followed, begins anew. */
  #electionMsKept(nowMs: number): number {
    const { role } = this
    const waits = role instanceof Unattached || role instanceof Candidate || role instanceof Resigned
    if (waits || (role instanceof Prospective && !role.isLost)) return role.electionMs
    return nowMs + electionTimeoutMs(this)
  }

  toResigned(preferred: readonly ReplicaKey[], nowMs: number): void {
    const { epoch } = this.role
    const { endpoints } = this.#options
    const electionMs = this.isStopping ? Number.POSITIVE_INFINITY : nowMs + electionTimeoutMs(this)
    this.#become(new Resigned(this, { epoch, endpoints, preferred, electionMs }))
  }

  /** The vote is durable before it is told: `ready` has both. It waits anew for the one it has voted for. */
  voteFor(voted: ReplicaKey, nowMs: number): void {
    const { epoch, leaderId, leaderEndpoints, kind } = this.role
    const options = { epoch, leaderId, leaderEndpoints, voted, electionMs: nowMs + electionTimeoutMs(this) }
    this.#become(kind === 'prospective' ? new Prospective(this, options) : new Unattached(this, options))
  }

  // ---- the log

  raiseHighWatermark(offset: number): void {
    if (offset > this.highWatermark) this.highWatermark = offset
  }

  /** The driver has flushed up to `offset`; some of it may have been cut meanwhile. */
  flushed(offset: number): void {
    this.flushedOffset = Math.max(this.flushedOffset, Math.min(offset, this.#handedOffset))
  }

  propose(records: readonly Uint8Array[]): void {
    const { epoch } = this.role
    const baseOffset = this.log.endOffset
    this.#entries.push({ kind: 'records', baseOffset, epoch, records })
    this.log.append(epoch, baseOffset + records.length)
  }

  appendQuorumRecords(records: readonly QuorumRecord[]): number {
    const { epoch } = this.role
    const baseOffset = this.log.endOffset
    this.#entries.push({ kind: 'quorum', baseOffset, epoch, records })
    this.log.append(epoch, baseOffset + records.length)
    this.#addToHistory(records, baseOffset)
    return this.log.endOffset - 1
  }

  appendFetched({ batches, damage }: Pick<FetchReply, 'batches' | 'damage'>): void {
    const taken: FetchedBatch[] = []
    let refusal: string | undefined
    for (const batch of batches) {
      const logged = this.#misfit(batch) ?? readFetched(batch, this.#options.quorumRecordsIn)
      if (typeof logged === 'string') {
        refusal = logged
        break
      }
      this.log.append(batch.epoch, batch.lastOffset + 1)
      for (const it of logged) this.history.add(it)
      taken.push(batch)
    }
    this.#refuse(refusal ?? damage)
    const [first] = taken
    if (first !== undefined) this.#entries.push({ kind: 'fetched', baseOffset: first.baseOffset, batches: taken })
  }

  /** What does not fit is fetched again, or shown to diverge. */
  #misfit({ baseOffset, lastOffset, epoch }: FetchedBatch): string | undefined {
    const { endOffset, lastEpoch } = this.log
    const isNext = baseOffset === endOffset && lastOffset >= baseOffset
    if (isNext && epoch >= lastEpoch && epoch <= this.role.epoch) return undefined
    const what = `a batch of offsets ${baseOffset} to ${lastOffset} and epoch ${epoch}`
    return `${what} does not go on from offset ${endOffset} and epoch ${lastEpoch}, in epoch ${this.role.epoch}`
  }

  /** Once for each trouble: the leader is asked again many times a second, and may send the same for days. */
  #refuse(why: string | undefined): void {
    if (why !== undefined && why !== this.#refused)
      this.warn(`of leader ${this.role.leaderId} not all is taken: ${why}`)
    this.#refused = why
  }

  truncate(diverging: OffsetAndEpoch): void {
    assert(this.#entries.length === 0, 'who fetches has flushed all that it has')
    const offset = Math.max(this.log.cutFor(diverging), this.log.startOffset)
    assert(offset >= this.highWatermark, 'what is committed is never cut')
    if (offset >= this.log.endOffset) return
    this.log.truncateTo(offset)
    this.history.truncateTo(offset)
    this.#truncateTo = offset
    this.#handedOffset = offset
    this.flushedOffset = Math.min(this.flushedOffset, offset)
  }

  /** The log begins anew behind a snapshot that is durable: what it covers is committed. */
  startFrom(snapshot: KnownSnapshot, logged: readonly LoggedRecord[]): void {
    assert(this.leader === undefined && snapshot.offset > this.highWatermark, 'who leads has all that is committed')
    assert(this.#entries.length === 0 && this.#truncateTo === undefined, 'nothing else is to be done to the log')
    this.log.startFrom(snapshot)
    this.history.startFrom(logged)
    this.#startFrom = snapshot
    this.#handedOffset = snapshot.offset
    this.flushedOffset = snapshot.offset
    this.raiseHighWatermark(snapshot.offset)
  }

  // ---- fetches

  fetchFrom({ leaderId, leaderEndpoints }: KnownLeader, nowMs: number): void {
    const endpoint = reachedAt(leaderEndpoints, this.listener)
    if (endpoint === undefined) return
    const piece = { epoch: this.role.epoch, replica: this.self, maxBytes: this.#options.fetchSnapshotBytesMax }
    const request = this.snapshots.request(piece) ?? this.#fetchRequest()
    this.outgoing.send({ id: leaderId, endpoint }, request, nowMs)
  }

  /** One at a time, at an address that does not back off. */
  fetchAnywhere(nowMs: number): boolean {
    const { bootstrap } = this.#options
    // A fetch says that all before its offset is flushed: what is not yet is waited for.
    if (this.outgoing.isAnyWaiting || this.flushedOffset < this.log.endOffset) return true
    if (bootstrap.length === 0) return false
    const from = this.below(bootstrap.length)
    for (let i = 0; i < bootstrap.length; i++) {
      const index = (from + i) % bootstrap.length
      const endpoint = bootstrap[index]
      const id = firstBootstrapId - index
      if (endpoint !== undefined && this.outgoing.send({ id, endpoint }, this.#fetchRequest(), nowMs)) return true
    }
    return false
  }

  #fetchRequest(): FetchRequest {
    const { offset, epoch } = this.log.end
    return {
      kind: 'fetch',
      epoch: this.role.epoch,
      replica: this.self,
      fetchOffset: offset,
      lastFetchedEpoch: epoch,
      highWatermark: this.highWatermark,
      maxWaitMs: this.times.fetchMaxWaitMs,
      maxBytes: this.fetchBytesMax,
    }
  }

  // ---- what is to be done

  answer(answer: Answer): void {
    this.#answers.push(answer)
  }

  warn(text: string): void {
    this.#warnings.push(text)
  }

  get hasReady(): boolean {
    const isCut = this.#truncateTo !== undefined || this.#startFrom !== undefined
    const hasAppends = isCut || this.#entries.length > 0 || this.snapshots.hasSteps
    const hasWords = this.#answers.length > 0 || this.outgoing.hasRequests || this.#warnings.length > 0
    return this.#electionDirty || hasAppends || hasWords || this.#roleTold !== this.role
  }

  ready(): Ready {
    const ready = {
      election: this.#electionDirty ? this.election : undefined,
      truncateTo: this.#truncateTo,
      startFrom: this.#startFrom,
      snapshotSteps: this.snapshots.takeSteps(),
      entries: this.#entries,
      requests: this.outgoing.take(),
      answers: this.#answers,
      highWatermark: this.highWatermark,
      role: this.role,
      warnings: this.#warnings,
    }
    this.#electionDirty = false
    this.#roleTold = this.role
    this.#truncateTo = undefined
    this.#startFrom = undefined
    this.#entries = []
    this.#answers = []
    this.#warnings = []
    this.#handedOffset = this.log.endOffset
    return ready
  }
}

/** Epochs are int32 on the wire and on the disk. */
const epochMax = 2 ** 31 - 1

/** Addresses of the configuration have no ids of nodes: -2, -3 and so on (as Kafka). */
const firstBootstrapId = -2
