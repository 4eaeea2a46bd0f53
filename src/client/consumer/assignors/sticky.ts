/** Even, and with as few changes as that allows: all at once, or one after the other (KIP-54, KIP-429). Pure. */
import { type Assignment, type Assignor, type AssignorInput, compareText } from './assignor.ts'
import { nameOf } from './ownership.ts'
import { assignAlike } from './sticky-alike.ts'
import { assignMixed } from './sticky-mixed.ts'
import { decodeStickyUserData, encodeStickyUserData } from './sticky-user-data.ts'

function assign(input: AssignorInput): Assignment {
  if (input.members.length === 0) return new Map()
  const wishes = new Set(input.members.map(({ topics }) => JSON.stringify([...new Set(topics)].sort(compareText))))
  return wishes.size === 1 ? assignAlike(input) : assignMixed(input)
}

export const sticky: Assignor = {
  name: 'sticky',
  isCooperative: false,
  userData: { encode: encodeStickyUserData, decode: decodeStickyUserData },
  assign,
}

export const cooperativeSticky: Assignor = {
  name: 'cooperative-sticky',
  isCooperative: true,
  /** Nobody gets what another one still has: that one is told to give it up, and then all assign anew. */
  assign(input) {
    const assignment = assign(input)
    const owners = new Map(
      input.members.flatMap(({ memberId, owned = [] }) => owned.map((each) => [nameOf(each), memberId] as const)),
    )
    return new Map(
      [...assignment].map(([memberId, partitions]) => [
        memberId,
        partitions.filter((each) => (owners.get(nameOf(each)) ?? memberId) === memberId),
      ]),
    )
  },
}
