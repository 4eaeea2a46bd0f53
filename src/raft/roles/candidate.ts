/** Stands for election in an epoch of its own. Its vote for itself counts once it is durable. */
import type { Endpoint, QuorumReply, ReplicaKey } from '../messages.ts'
import type { Ballot, Quorum, Role } from '../role.ts'
import { VoteCount } from '../vote-count.ts'
import { askForVotes } from './ask-for-votes.ts'

export interface CandidateOptions {
  readonly epoch: number
  readonly electionMs: number
}

export class Candidate implements Role {
  readonly kind = 'candidate'
  readonly epoch: number
  readonly leaderId = -1
  readonly leaderEndpoints: readonly Endpoint[] = []
  readonly voted: ReplicaKey
  readonly electionMs: number
  readonly #quorum: Quorum
  readonly #votes: VoteCount

  constructor(quorum: Quorum, { epoch, electionMs }: CandidateOptions) {
    this.#quorum = quorum
    this.epoch = epoch
    this.electionMs = electionMs
    this.voted = quorum.self
    this.#votes = new VoteCount(quorum.voters)
  }

  get wakeMs(): number {
    return Math.min(this.electionMs, this.#quorum.outgoing.nextMs)
  }

  ownVoteIsDurable(): void {
    if (this.#quorum.isVoter) this.#votes.record(this.#quorum.self.id, true)
  }

  grants({ isPreVote, isUpToDate }: Ballot): boolean {
    return isPreVote && isUpToDate
  }

  tick(nowMs: number): void {
    if (this.#votes.isWon) this.#quorum.toLeader(this.#votes.granted, nowMs)
    else if (!this.#votes.isLost) {
      askForVotes(this.#quorum, { epoch: this.epoch, isPreVote: false, of: this.#votes.open() }, nowMs)
    }
  }

  expire(nowMs: number): void {
    if (nowMs < this.electionMs) return
    if (this.#quorum.mayLead) this.#quorum.toProspective(nowMs)
    else this.#quorum.toUnattached(this.epoch, nowMs)
  }

  replied(from: number, reply: QuorumReply, _nowMs: number): void {
    if (reply.kind === 'vote') this.#votes.record(from, reply.isGranted)
  }
}
