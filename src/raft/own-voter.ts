/**
 * What a node says of its own vote. A leader says it in the first batch of its epoch; a follower asks its leader: a voter
 * that has changed says so; an observer that may vote takes out its former self, whose directory is lost, and then comes
 * in (KIP-853, KIP-1186). Pure.
 */
import type { VoterChangeRequest } from './messages.ts'
import type { QuorumRecord } from './quorum-records.ts'
import type { Quorum } from './role.ts'
import type { VoterHistory } from './voter-history.ts'
import type { Voter } from './voters.ts'

/** A dynamic quorum is named by its log before anything else, and a leader whose listeners are others says so first. */
export function epochStartRecords(
  { kraftVersion, voters, votersOffset }: VoterHistory,
  own: Voter,
): readonly QuorumRecord[] {
  const isDue = kraftVersion > 0 && (votersOffset === -1 || voters.needsUpdate(own))
  const updated = isDue ? voters.withUpdated(own) : undefined
  if (updated === undefined) return []
  return [
    { kind: 'kraft-version', version: kraftVersion },
    { kind: 'voters', voters: updated },
  ]
}

/** The highest kraft.version that this node supports. */
export const kraftVersionMax = 1

/** Undefined: nothing. `isTold`: the leader of this epoch has heard of this node already. */
export function ownVoteRequest(quorum: Quorum, isTold: boolean, epoch: number): VoterChangeRequest | undefined {
  const { history, own, self, isVoter, autoJoin } = quorum
  const { kraftVersion, voters } = history
  const { endpoints, kraftVersions = { min: 0, max: 0 } } = own
  if (isVoter) {
    const isDue = kraftVersion > 0 ? voters.needsUpdate(own) : !isTold
    return isDue ? { kind: 'update-voter', epoch, voter: self, endpoints, kraftVersions } : undefined
  }
  if (!autoJoin || kraftVersion === 0) return undefined
  if (voters.has(self.id)) return { kind: 'remove-voter', voter: voters.keyOf(self.id) }
  return { kind: 'add-voter', voter: self, endpoints, ackWhenCommitted: false }
}
