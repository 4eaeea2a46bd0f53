/** Of sets of voters. */
import { isSameReplica } from '../messages.ts'
import type { VoterSet } from '../voters.ts'

/** Every majority of the one shares a voter with every majority of the other. */
export function overlap(one: VoterSet, other: VoterSet): boolean {
  const lacking = (a: VoterSet, b: VoterSet): number =>
    a.ids().filter((id) => !b.has(id) || !isSameReplica(a.keyOf(id), b.keyOf(id))).length
  return lacking(one, other) <= 1 && lacking(other, one) <= 1
}
