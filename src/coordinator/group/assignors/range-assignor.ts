/**
 * `range`: each topic is cut into as many ranges as it has subscribers, in an order of members that stays: static members
 * by their instance ids, behind them the others by their member ids. Topics of the same size that all subscribe to are cut
 * alike, so that a member has the same partitions of each (for joins). What a member had does not matter.
 */
import { assert, type Uuid } from '../../../base/index.ts'
import {
  type Assignment,
  type Assignor,
  type GroupSpec,
  type MemberSpec,
  partitionsOf,
  type TopicDescriber,
} from './assignor.ts'
import { JavaHashMap, uuidHash } from './java-hash-map.ts'

/** A topic while it is cut. */
interface Cut {
  readonly partitionCount: number
  subscriberCount: number
  /** How many subscribers have had their range. */
  served: number
}

/** Java compares strings by UTF-16 units, as we do. */
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function compareMembers(a: MemberSpec, b: MemberSpec): number {
  if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId)
  if (a.instanceId !== null) return -1
  if (b.instanceId !== null) return 1
  return compare(a.memberId, b.memberId)
}

function cutsOf(members: readonly MemberSpec[], topics: TopicDescriber): Map<Uuid, Cut> {
  const cuts = new Map<Uuid, Cut>()
  for (const { topicIds } of members) {
    for (const topicId of topicIds) {
      const cut = cuts.get(topicId)
      if (cut === undefined) {
        cuts.set(topicId, { partitionCount: partitionsOf(topics, topicId), subscriberCount: 1, served: 0 })
      } else cut.subscriberCount++
    }
  }
  return cuts
}

interface Range {
  readonly start: number
  readonly end: number
}

/** The next range; the first ones are longer by one where the topic cannot be cut evenly. */
function nextRange(cut: Cut): Range {
  const length = Math.floor(cut.partitionCount / cut.subscriberCount)
  const longer = cut.partitionCount % cut.subscriberCount
  const startOf = (index: number): number => index * length + Math.min(index, longer)
  const index = cut.served++
  return { start: startOf(index), end: startOf(index + 1) }
}

function isRange(partitions: ReadonlySet<number> | undefined, { start, end }: Range): boolean {
  if (partitions?.size !== end - start) return false
  for (let partition = start; partition < end; partition++) if (!partitions.has(partition)) return false
  return true
}

/** Java makes the map of a member this large. */
const capacityFor = (topicCount: number): number => Math.trunc(topicCount / 0.75 + 1)

/** The next range of each of these topics; the assignment so far, if that is what they are. */
function nextRanges(
  cuts: ReadonlyMap<Uuid, Cut>,
  { topicIds, assignment }: Pick<MemberSpec, 'topicIds' | 'assignment'>,
): Assignment {
  const ranges: [Uuid, Range][] = []
  let isSame = true
  for (const topicId of topicIds) {
    const cut = cuts.get(topicId)
    assert(cut !== undefined, 'each topic of each member is cut')
    const range = nextRange(cut)
    if (range.start === range.end) continue
    ranges.push([topicId, range])
    isSame &&= isRange(assignment.get(topicId), range)
  }
  if (isSame && assignment.size === ranges.length) return assignment
  const hashed = new JavaHashMap<Uuid, Range>(uuidHash, capacityFor(topicIds.size))
  for (const [topicId, range] of ranges) hashed.append(topicId, range)
  const changed = new Map<Uuid, ReadonlySet<number>>()
  hashed.visit((topicId, { start, end }) => {
    changed.set(topicId, new Set(Array.from({ length: end - start }, (_, i) => start + i)))
  })
  return changed
}

export const rangeAssignor: Assignor = {
  name: 'range',

  assign({ members, isHomogeneous }: GroupSpec, topics: TopicDescriber): ReadonlyMap<string, Assignment> {
    const sorted = [...members.values()].sort(compareMembers)
    const cuts = cutsOf(sorted, topics)
    // Where all have the same topics, Java takes all of them in the order that the first has.
    const shared = isHomogeneous ? sorted[0]?.topicIds : undefined
    return new Map(
      sorted.map(({ memberId, topicIds, assignment }) => [
        memberId,
        nextRanges(cuts, { topicIds: shared ?? topicIds, assignment }),
      ]),
    )
  },
}
