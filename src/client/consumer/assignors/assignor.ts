/** How members of a classic group share partitions: what an assignor is told, and what it says. Pure. */

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

export interface OwnedPartitions {
  readonly owned: readonly TopicPartition[]
  /** In which it got them; -1: not known. */
  readonly generation: number
}

/** With what it has, as it says itself, and since which generation (KIP-429, KIP-792). */
export interface GroupMember extends Partial<OwnedPartitions> {
  readonly memberId: string
  /** `group.instance.id` of a static member (KIP-345). */
  readonly groupInstanceId?: string | null
  readonly topics: readonly string[]
}

export interface AssignorInput {
  /** Partitions of each topic; a topic that is not there has none. */
  readonly partitions: ReadonlyMap<string, number>
  readonly members: readonly GroupMember[]
}

/** Each member is there, in no special order. */
export type Assignment = ReadonlyMap<string, readonly TopicPartition[]>

export interface Assignor {
  /** As members offer it to each other. */
  readonly name: string
  /** Cooperative: who loses partitions gives them up first, and keeps the others meanwhile (KIP-429). */
  readonly isCooperative: boolean
  /** Of an assignor whose members tell in bytes of its own what they were given last: those bytes say what they have. */
  readonly userData?: {
    encode(last: OwnedPartitions): Uint8Array
    decode(bytes: Uint8Array): OwnedPartitions
  }
  assign(input: AssignorInput): Assignment
}

/** By UTF-16, as Java compares strings. */
export const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Static members come first, by their own names. */
export function compareMembers(a: GroupMember, b: GroupMember): number {
  const [x, y] = [a.groupInstanceId ?? undefined, b.groupInstanceId ?? undefined]
  if (x !== undefined && y !== undefined) return compareText(x, y)
  if (x !== undefined) return -1
  if (y !== undefined) return 1
  return compareText(a.memberId, b.memberId)
}

/** Nothing for each member yet. */
export const emptyAssignment = ({ members }: AssignorInput): Map<string, TopicPartition[]> =>
  new Map(members.map(({ memberId }) => [memberId, []]))

/** Topics that somebody wants and that are there, in order. */
export function wantedTopics({ partitions, members }: AssignorInput): readonly string[] {
  const wanted = new Set(members.flatMap(({ topics }) => topics))
  return [...wanted].filter((topic) => (partitions.get(topic) ?? 0) > 0).sort(compareText)
}

export const partitionsOf = (topic: string, count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }))
