/** The requests for votes that are still open, to voters whose address is known. */
import type { ReplicaKey } from '../messages.ts'
import type { Quorum } from '../role.ts'

export interface Asking {
  readonly epoch: number
  readonly isPreVote: boolean
  readonly of: readonly ReplicaKey[]
}

export function askForVotes({ self, log, voters, outgoing, listener }: Quorum, asking: Asking, nowMs: number): void {
  const { epoch, isPreVote } = asking
  for (const voter of asking.of) {
    const endpoint = voters.endpointOf(voter.id, listener)
    if (endpoint === undefined || voter.id === self.id) continue
    const to = { id: voter.id, endpoint }
    outgoing.send(to, { kind: 'vote', isPreVote, epoch, candidate: self, voter, log: log.end }, nowMs)
  }
}
