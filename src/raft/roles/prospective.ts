/** Asks the others whether they would vote for it, before it disturbs anybody with a new epoch (KIP-996). */
import type { Endpoint, QuorumReply, ReplicaKey } from '../messages.ts'
import { type Ballot, grantsOnce, type KnownLeader, type Quorum, type Role } from '../role.ts'
import { VoteCount } from '../vote-count.ts'
import { askForVotes } from './ask-for-votes.ts'

export interface ProspectiveOptions extends KnownLeader {
  readonly voted: ReplicaKey | undefined
  readonly electionMs: number
}

export class Prospective implements Role {
  readonly kind = 'prospective'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
  readonly voted: ReplicaKey | undefined
  readonly electionMs: number
  readonly #quorum: Quorum
  readonly #votes: VoteCount

  constructor(quorum: Quorum, options: ProspectiveOptions) {
    this.#quorum = quorum
    this.epoch = options.epoch
    this.leaderId = options.leaderId
    this.leaderEndpoints = options.leaderEndpoints
    this.voted = options.voted
    this.electionMs = options.electionMs
    this.#votes = new VoteCount(quorum.voters)
    if (quorum.isVoter) this.#votes.record(quorum.self.id, true)
  }

  get wakeMs(): number {
    return Math.min(this.electionMs, this.#quorum.outgoing.nextMs)
  }

  get isLost(): boolean {
    return this.#votes.isLost
  }

  grants(ballot: Ballot): boolean {
    return grantsOnce(this, ballot)
  }

  tick(nowMs: number): void {
    if (this.#votes.isWon) this.#quorum.toCandidate(nowMs)
    else if (this.#votes.isLost) this.#giveUp(nowMs)
    else askForVotes(this.#quorum, { epoch: this.epoch, isPreVote: true, of: this.#votes.open() }, nowMs)
  }

  expire(nowMs: number): void {
    if (nowMs >= this.electionMs) this.#giveUp(nowMs)
  }

  replied(from: number, reply: QuorumReply, _nowMs: number): void {
    if (reply.kind === 'vote') this.#votes.record(from, reply.isGranted)
  }

  #giveUp(nowMs: number): void {
    if (this.leaderId >= 0 && this.leaderEndpoints.length > 0) this.#quorum.toFollower(this, nowMs)
    else this.#quorum.toUnattached(this.epoch, nowMs)
  }
}
