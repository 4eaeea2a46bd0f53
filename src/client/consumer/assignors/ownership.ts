/** Who had what before, of what members claim. Pure. */
import type { AssignorInput, GroupMember, TopicPartition } from './assignor.ts'

export const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`

interface Claim {
  readonly memberId: string
  readonly generation: number
  /** Two of one generation claim it: nobody can be believed. */
  readonly isDisputed: boolean
}

const generationOf = ({ generation = -1 }: GroupMember): number => generation

/** By name of the partition: whose claim is of the newest generation, and undisputed (KIP-792). */
function claims({ members }: AssignorInput): ReadonlyMap<string, Claim> {
  const claimed = new Map<string, Claim>()
  for (const member of members) {
    const generation = generationOf(member)
    for (const each of member.owned ?? []) {
      const name = nameOf(each)
      const other = claimed.get(name)
      if (other !== undefined && other.generation > generation) continue
      const isDisputed = other !== undefined && other.generation === generation && other.memberId !== member.memberId
      claimed.set(name, { memberId: member.memberId, generation, isDisputed })
    }
  }
  return claimed
}

/** What each member had, of what is there and it still wants; in the order in which it says so. */
export function ownedBefore(input: AssignorInput): ReadonlyMap<string, readonly TopicPartition[]> {
  const claimed = claims(input)
  const isThere = ({ topic, partition }: TopicPartition): boolean => partition < (input.partitions.get(topic) ?? 0)
  return new Map(
    input.members.map(({ memberId, topics, owned = [] }) => {
      const wanted = new Set(topics)
      const isOwn = (each: TopicPartition): boolean => {
        const claim = claimed.get(nameOf(each))
        return claim?.memberId === memberId && !claim.isDisputed
      }
      return [memberId, owned.filter((each) => wanted.has(each.topic) && isThere(each) && isOwn(each))]
    }),
  )
}
