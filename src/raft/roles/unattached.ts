/** Knows an epoch and nobody to follow in it. A voter stands for election in time; all ask who leads. */
import type { Endpoint, QuorumReply, ReplicaKey } from '../messages.ts'
import { type Ballot, grantsOnce, type Quorum, type Role } from '../role.ts'

export interface UnattachedOptions {
  readonly epoch: number
  /** Of a leader whose address is not known. */
  readonly leaderId: number
  readonly voted: ReplicaKey | undefined
  /** When a voter stands for election. */
  readonly electionMs: number
}

export class Unattached implements Role {
  readonly kind = 'unattached'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[] = []
  readonly voted: ReplicaKey | undefined
  readonly electionMs: number
  readonly #quorum: Quorum

  constructor(quorum: Quorum, { epoch, leaderId, voted, electionMs }: UnattachedOptions) {
    this.#quorum = quorum
    this.epoch = epoch
    this.leaderId = leaderId
    this.voted = voted
    this.electionMs = electionMs
  }

  get wakeMs(): number {
    const electionMs = this.#quorum.mayLead ? this.electionMs : Number.POSITIVE_INFINITY
    return Math.min(electionMs, this.#quorum.outgoing.nextMs)
  }

  grants(ballot: Ballot): boolean {
    return grantsOnce(this, ballot)
  }

  tick(nowMs: number): void {
    this.#quorum.fetchAnywhere(nowMs)
  }

  expire(nowMs: number): void {
    if (this.#quorum.mayLead && nowMs >= this.electionMs) this.#quorum.toProspective(nowMs)
  }

  replied(_from: number, _reply: QuorumReply, _nowMs: number): void {
    // Whoever leads would have been told by the head of the answer.
  }
}
