/** How far a group is in each partition that it reads, or has read. */
import { type Admin, type GroupDescription, KafkaError, type MemberDescription, settled } from '../../client/index.ts'

export interface Progress {
  readonly topic: string
  readonly partition: number
  /** Undefined: nothing is committed. */
  readonly offset: number | undefined
  /** Undefined: the partition is not there, or nobody leads it. */
  readonly end: number | undefined
  readonly lag: number | undefined
  /** Whose it is; undefined: nobody's. */
  readonly member: MemberDescription | undefined
}

/** First what members have, of those with the most first; then what is committed and nobody's. By partition each. */
export async function progressOf(admin: Admin, group: GroupDescription): Promise<readonly Progress[]> {
  const committed = await admin.listGroupOffsets(group.groupId)
  const members = group.members.filter(({ assignment }) => assignment.length > 0)
  const assigned = members
    .toSorted((a, b) => b.assignment.length - a.assignment.length)
    .flatMap((member) => member.assignment.toSorted(byPartition).map((it) => ({ ...it, member })))
  const names = new Set(assigned.map(nameOf))
  const nobodys = [...committed.values()].filter((it) => !names.has(nameOf(it))).sort(byPartition)
  const all = [...assigned, ...nobodys.map(({ topic, partition }) => ({ topic, partition, member: undefined }))]
  const ends = await settled(admin.listOffsets(all.map(({ topic, partition }) => ({ topic, partition }))))
  return all.map(({ topic, partition, member }) => {
    const name = nameOf({ topic, partition })
    const found = ends.get(name)
    const end = found === undefined || found instanceof KafkaError ? undefined : found.offset
    const offset = committed.get(name)?.offset
    const lag = offset === undefined || end === undefined ? undefined : end - offset
    return { topic, partition, offset, end, lag, member }
  })
}

interface Partition {
  readonly topic: string
  readonly partition: number
}

const nameOf = ({ topic, partition }: Partition): string => `${topic}-${partition}`
const byPartition = (a: Partition, b: Partition): number => a.partition - b.partition
