/**
 * Leads an epoch: tells the voters, answers their fetches, and counts what a majority has flushed. It resigns when it
 * has not heard of a majority for one and a half fetch time-outs.
 */

import { zeroUuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import {
  type Answer,
  type Endpoint,
  emptyFetchSnapshot,
  type FetchReply,
  type FetchRequest,
  type FetchSnapshotRequest,
  type QuorumReply,
  type ReplicaKey,
  type ReplyHead,
} from '../messages.ts'
import type { QuorumRecord } from '../quorum-records.ts'
import type { Ballot, Quorum, Role } from '../role.ts'
import { VoterChanges } from './voter-changes.ts'

export interface LeaderOptions {
  readonly epoch: number
  readonly endpoints: readonly Endpoint[]
  /** Of this leader's own first entry: nothing is committed by count before it is (Raft 5.4.2). */
  readonly epochStartOffset: number
  readonly granted: ReadonlySet<number>
  readonly nowMs: number
  readonly answer: (answer: Answer) => void
}

/** What is known of another replica. */
export interface ReplicaProgress {
  readonly key: ReplicaKey
  /** Where its log ends, flushed; -1 before its first fetch. */
  readonly endOffset: number
  /** Milliseconds of the monotonic clock; negative infinity: never. */
  readonly lastFetchMs: number
  readonly lastCaughtUpMs: number
  /** Where this leader's log ended at its last fetch. */
  readonly leaderEndOffset: number
}

interface Waiting {
  readonly request: FetchRequest
  readonly deadlineMs: number
}

/** Replicas without a vote are forgotten after five minutes (as Kafka). */
const observerMsMax = 300_000
/** Of one reply, whatever is asked for: as much as Kafka's followers ask for by themselves. */
const replyBytesMax = 8 * 1024 * 1024
/** Brokers of a cluster, and whoever else asks. */
const observersMax = 10_000

export class Leader implements Role {
  readonly kind = 'leader'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
  readonly voted = undefined
  readonly epochStartOffset: number
  readonly granted: ReadonlySet<number>
  readonly changes: VoterChanges
  readonly #quorum: Quorum
  readonly #answer: LeaderOptions['answer']
  readonly #replicas = new Map<string, ReplicaProgress>()
  readonly #waiting = new Map<number, Waiting>()
  /** Voters that have fetched since the time-out began. */
  readonly #heard = new Set<number>()
  #quorumDeadlineMs: number
  #beginMs: number

  constructor(quorum: Quorum, options: LeaderOptions) {
    this.#quorum = quorum
    this.epoch = options.epoch
    this.leaderId = quorum.self.id
    this.leaderEndpoints = options.endpoints
    this.epochStartOffset = options.epochStartOffset
    this.granted = options.granted
    this.#answer = options.answer
    this.#quorumDeadlineMs = options.nowMs + this.#quorumTimeoutMs
    this.#beginMs = options.nowMs
    this.changes = this.#voterChanges()
  }

  #voterChanges(): VoterChanges {
    const leader = this
    return new VoterChanges(this.#quorum, {
      get committedOffset() {
        const offset = leader.#highWatermark
        return offset < 0 ? undefined : offset
      },
      sinceCaughtUpMs: (replica, nowMs) => this.#sinceCaughtUpMs(replica, nowMs),
      append: (records, nowMs) => this.#appendQuorumRecords(records, nowMs),
      answer: (token, reply) => this.#answer({ token, reply, read: undefined }),
    })
  }

  #sinceCaughtUpMs(replica: ReplicaKey, nowMs: number): number | undefined {
    const progress = this.#progressOf(replica)
    const hasCaughtUp = progress !== undefined && progress.lastCaughtUpMs !== Number.NEGATIVE_INFINITY
    return hasCaughtUp ? nowMs - progress.lastFetchMs : undefined
  }

  /** The voters are others from now on: they get their time, and what is known of them stays known. */
  #appendQuorumRecords(records: readonly QuorumRecord[], nowMs: number): number {
    const lastOffset = this.#quorum.appendQuorumRecords(records)
    for (const { id, directoryId } of this.#quorum.voters.all()) {
      const former = this.#replicas.get(keyText({ id, directoryId: zeroUuid }))
      if (former === undefined || directoryId === zeroUuid) continue
      this.#replicas.delete(keyText(former.key))
      this.#replicas.set(keyText({ id, directoryId }), { ...former, key: { id, directoryId } })
    }
    this.#heard.clear()
    this.#quorumDeadlineMs = nowMs + this.#quorumTimeoutMs
    this.appended()
    return lastOffset
  }

  get #quorumTimeoutMs(): number {
    return Math.floor(this.#quorum.times.fetchTimeoutMs * 1.5)
  }

  get wakeMs(): number {
    let wakeMs = this.#quorum.isOnlyVoter ? Number.POSITIVE_INFINITY : Math.min(this.#beginMs, this.#quorumDeadlineMs)
    wakeMs = Math.min(wakeMs, this.changes.deadlineMs)
    for (const { deadlineMs } of this.#waiting.values()) wakeMs = Math.min(wakeMs, deadlineMs)
    return wakeMs
  }

  grants(_ballot: Ballot): boolean {
    return false
  }

  tick(nowMs: number): void {
    if (this.changes.hasRemovedLeader) {
      this.#quorum.toResigned(this.successors(), nowMs)
      return
    }
    if (nowMs >= this.#beginMs) this.#begin(nowMs)
    for (const [token, { request, deadlineMs }] of this.#waiting) {
      if (nowMs >= deadlineMs) this.#complete(token, request)
    }
  }

  expire(nowMs: number): void {
    const hasLostQuorum = !this.#quorum.isOnlyVoter && nowMs >= this.#quorumDeadlineMs
    if (hasLostQuorum) this.#quorum.toResigned(this.successors(), nowMs)
    else this.changes.expire(nowMs)
  }

  /** Voters that do not fetch may not know yet who leads. */
  #begin(nowMs: number): void {
    const { voters, self, times, outgoing, listener } = this.#quorum
    const everyMs = Math.max(1, Math.floor(times.fetchTimeoutMs / 2))
    for (const voter of voters.all()) {
      const endpoint = voters.endpointOf(voter.id, listener)
      if (voter.id === self.id || endpoint === undefined) continue
      if (nowMs - (this.#progressOf(voter)?.lastFetchMs ?? Number.NEGATIVE_INFINITY) < everyMs) continue
      const { epoch, leaderId, leaderEndpoints } = this
      const key = { id: voter.id, directoryId: voter.directoryId }
      const request = { kind: 'begin-epoch', epoch, leaderId, leaderEndpoints, voter: key } as const
      outgoing.send({ id: voter.id, endpoint }, request, nowMs)
    }
    this.#beginMs = nowMs + everyMs
  }

  /** Who has taken notice of this leader fetches: there is nothing in the other answers. */
  replied(from: number, reply: QuorumReply, nowMs: number): void {
    if (reply.kind === 'api-versions') this.changes.versionsOf(from, reply, nowMs)
  }

  fetch(token: number, request: FetchRequest, nowMs: number): void {
    const waits = this.#serve(token, request, nowMs)
    if (waits) this.#waiting.set(token, { request, deadlineMs: nowMs + request.maxWaitMs })
  }

  /** The driver reads the piece, and may find that the snapshot has just been removed. */
  fetchSnapshot(token: number, request: FetchSnapshotRequest, nowMs: number): void {
    const { log, voters } = this.#quorum
    const { snapshot, position, maxBytes, replica } = request
    const known = log.snapshotOf(snapshot)
    // What a node was formatted with (offset 0) is in the log of the first leader, and is never fetched (KIP-853).
    if (known === undefined || known.offset === 0) {
      this.#answer({ token, reply: emptyFetchSnapshot(this.#head(ErrorCode.SNAPSHOT_NOT_FOUND)), read: undefined })
      return
    }
    const size = known.sizeInBytes
    if (position < 0 || position >= size) {
      this.#answer({ token, reply: emptyFetchSnapshot(this.#head(ErrorCode.POSITION_OUT_OF_RANGE)), read: undefined })
      return
    }
    if (voters.isVoter(replica)) this.hear(replica, nowMs)
    const reply = { ...emptyFetchSnapshot(this.#head(ErrorCode.NONE)), snapshot, size, position }
    const bytesMax = Math.min(maxBytes, replyBytesMax)
    this.#answer({ token, reply, read: { of: 'snapshot', snapshot, position, bytesMax } })
  }

  /** Who asked is gone. */
  forget(token: number): void {
    this.#waiting.delete(token)
  }

  /** True: there is nothing to say yet. */
  #serve(token: number, request: FetchRequest, nowMs: number): boolean {
    const { log } = this.#quorum
    const { fetchOffset: offset, lastFetchedEpoch: epoch } = request
    const latest = log.latestSnapshot
    // Whoever has nothing takes the snapshot first, also where the log goes back to its start.
    const isNew = offset === 0 && latest !== undefined && latest.offset > 0
    const validity = isNew ? ({ kind: 'snapshot', snapshot: latest } as const) : log.validate({ offset, epoch })
    if (validity.kind !== 'valid') {
      const diverging = validity.kind === 'diverging' ? validity.from : undefined
      const snapshot = validity.kind === 'snapshot' ? validity.snapshot : undefined
      this.#answer({ token, reply: this.#reply({ diverging, snapshot }), read: undefined })
      return false
    }
    this.#fetched(request, nowMs)
    const isNews = offset < log.endOffset || request.highWatermark < this.#highWatermark
    if (!isNews && request.maxWaitMs > 0) return true
    this.#complete(token, request)
    return false
  }

  #complete(token: number, { fetchOffset, maxBytes }: FetchRequest): void {
    this.#waiting.delete(token)
    const hasMore = fetchOffset < this.#quorum.log.endOffset
    const bytesMax = Math.min(maxBytes, replyBytesMax)
    const read = hasMore ? ({ of: 'log', offset: fetchOffset, bytesMax } as const) : undefined
    this.#answer({ token, reply: this.#reply({}), read })
  }

  #reply({ diverging, snapshot }: Pick<Partial<FetchReply>, 'diverging' | 'snapshot'>): FetchReply {
    const head = this.#head(ErrorCode.NONE)
    return { kind: 'fetch', ...head, highWatermark: this.#highWatermark, diverging, snapshot, batches: [] }
  }

  #head(errorCode: number): ReplyHead {
    const { epoch, leaderId, leaderEndpoints } = this
    return { errorCode, epoch, leaderId, leaderEndpoints }
  }

  /** Of this epoch: before its first entry is committed it is not known (KIP-595). */
  get #highWatermark(): number {
    const { highWatermark } = this.#quorum
    return highWatermark > this.epochStartOffset ? highWatermark : -1
  }

  #fetched({ replica, fetchOffset }: FetchRequest, nowMs: number): void {
    if (replica.id < 0) return
    const key = this.#known(replica)
    const text = keyText(key)
    const before = this.#replicas.get(text)
    const end = this.#quorum.log.endOffset
    const isCaughtUp = fetchOffset >= end
    const hadCaughtUp = before !== undefined && before.leaderEndOffset > 0 && fetchOffset >= before.leaderEndOffset
    const caughtUpMs = isCaughtUp ? nowMs : hadCaughtUp ? before.lastFetchMs : Number.NEGATIVE_INFINITY
    // Anew at the end: the first are those that were not heard of for longest.
    this.#replicas.delete(text)
    this.#replicas.set(text, {
      key,
      endOffset: fetchOffset,
      lastFetchMs: nowMs,
      lastCaughtUpMs: Math.max(before?.lastCaughtUpMs ?? Number.NEGATIVE_INFINITY, caughtUpMs),
      leaderEndOffset: end,
    })
    if (!this.#quorum.voters.isVoter(replica)) {
      this.#forgetObservers(nowMs)
      return
    }
    this.hear(replica, nowMs)
    this.advance()
  }

  /** A voter of a static quorum is known by its id alone. */
  #known(replica: ReplicaKey): ReplicaKey {
    return this.#quorum.voters.isVoter(replica) ? this.#quorum.voters.keyOf(replica.id) : replica
  }

  /** A replica follows: a majority of those that do keeps this leader in its place. */
  hear(replica: ReplicaKey, nowMs: number): void {
    const { voters, self } = this.#quorum
    if (voters.isVoter(replica)) this.#heard.add(replica.id)
    const others = voters.isVoter(self) ? voters.majority - 1 : voters.majority
    if (this.#heard.size < others) return
    this.#heard.clear()
    this.#quorumDeadlineMs = nowMs + this.#quorumTimeoutMs
  }

  #progressOf(voter: ReplicaKey): ReplicaProgress | undefined {
    return this.#replicas.get(keyText(voter))
  }

  /** More is flushed, here or elsewhere. */
  advance(): void {
    const quorum = this.#quorum
    const offset = quorum.voters.majorityOffset((id) =>
      id === quorum.self.id ? quorum.flushedOffset : (this.#progressOf(quorum.voters.keyOf(id))?.endOffset ?? 0),
    )
    if (offset <= this.epochStartOffset || offset <= quorum.highWatermark) return
    quorum.raiseHighWatermark(offset)
    this.changes.committed(offset)
    for (const [token, { request }] of this.#waiting) this.#complete(token, request)
  }

  /** The log has grown: who waits for more gets it. */
  appended(): void {
    const { log } = this.#quorum
    for (const [token, { request }] of this.#waiting) {
      if (request.fetchOffset < log.endOffset) this.#complete(token, request)
    }
  }

  /** It leads no more: the tokens of those who wait, who are told so. */
  *end(): Generator<number, void, void> {
    this.changes.end()
    yield* this.#waiting.keys()
    this.#waiting.clear()
  }

  /** The other voters, who has most first. */
  successors(): readonly ReplicaKey[] {
    const { voters, self } = this.#quorum
    const endOf = (voter: ReplicaKey): number => this.#progressOf(voter)?.endOffset ?? -1
    return voters
      .all()
      .filter(({ id }) => id !== self.id)
      .map(({ id, directoryId }) => ({ id, directoryId }))
      .sort((a, b) => endOf(b) - endOf(a) || a.id - b.id)
  }

  #forgetObservers(nowMs: number): void {
    let excess = this.#replicas.size - observersMax
    for (const [text, { key, lastFetchMs }] of this.#replicas) {
      if (excess <= 0 && nowMs - lastFetchMs < observerMsMax) return
      if (this.#quorum.voters.isVoter(key)) continue
      this.#replicas.delete(text)
      excess--
    }
  }

  /** Of the voters, and of the observers that were heard of lately. */
  progress(nowMs: number): readonly ReplicaProgress[] {
    this.#forgetObservers(nowMs)
    return [...this.#replicas.values()]
  }
}

const keyText = ({ id, directoryId }: ReplicaKey): string => `${id} ${directoryId}`
