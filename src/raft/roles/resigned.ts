/** Has led, and does not any more: tells the others, and leaves them the time for an election. */
import { ErrorCode } from '../../protocol/index.ts'
import type { Endpoint, QuorumReply, ReplicaKey } from '../messages.ts'
import type { Ballot, Quorum, Role } from '../role.ts'

export interface ResignedOptions {
  readonly epoch: number
  readonly endpoints: readonly Endpoint[]
  readonly preferred: readonly ReplicaKey[]
  readonly electionMs: number
}

export class Resigned implements Role {
  readonly kind = 'resigned'
  readonly epoch: number
  readonly leaderId: number
  readonly leaderEndpoints: readonly Endpoint[]
  readonly voted = undefined
  readonly electionMs: number
  readonly #quorum: Quorum
  readonly #preferred: readonly ReplicaKey[]
  readonly #untold: Set<number>

  constructor(quorum: Quorum, { epoch, endpoints, preferred, electionMs }: ResignedOptions) {
    this.#quorum = quorum
    this.epoch = epoch
    this.leaderId = quorum.self.id
    this.leaderEndpoints = endpoints
    this.electionMs = electionMs
    this.#preferred = preferred
    this.#untold = new Set(quorum.voters.ids().filter((id) => id !== quorum.self.id))
  }

  get wakeMs(): number {
    return Math.min(this.electionMs, this.#quorum.outgoing.nextMs)
  }

  /** Everybody knows. */
  get isTold(): boolean {
    return this.#untold.size === 0
  }

  grants({ isPreVote, isUpToDate }: Ballot): boolean {
    return isPreVote && isUpToDate
  }

  tick(nowMs: number): void {
    for (const id of this.#untold) this.#tell(id, nowMs)
  }

  expire(nowMs: number): void {
    if (nowMs >= this.electionMs) this.#quorum.toUnattached(this.epoch + 1, nowMs)
  }

  #tell(id: number, nowMs: number): void {
    const { voters, outgoing, listener } = this.#quorum
    const endpoint = voters.endpointOf(id, listener)
    if (endpoint === undefined) {
      // No voter any more.
      this.#untold.delete(id)
      return
    }
    const { epoch, leaderId, leaderEndpoints } = this
    outgoing.send(
      { id, endpoint },
      { kind: 'end-epoch', epoch, leaderId, leaderEndpoints, preferred: this.#preferred },
      nowMs,
    )
  }

  replied(from: number, reply: QuorumReply, _nowMs: number): void {
    if (reply.kind === 'end-epoch' && reply.errorCode === ErrorCode.NONE) this.#untold.delete(from)
  }
}
