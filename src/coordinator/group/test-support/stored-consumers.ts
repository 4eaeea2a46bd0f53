/** For property tests: what the log says of a group of the consumer protocol, the newest record of everything. */
import { readRecords } from '../../../records/index.ts'
import type { MemberProgress } from '../consumer-member.ts'
import type { GroupRecord } from '../group-record.ts'
import { decodeGroupRecord } from '../group-record-codec.ts'

export interface StoredConsumers {
  /** Of each time that there was such a group, as they followed each other. */
  readonly epochs: readonly (readonly number[])[]
  readonly members: ReadonlyMap<string, MemberProgress>
}

/** A batch is read once: the log is looked at after each step of a test. */
const known = new WeakMap<Buffer, readonly GroupRecord[]>()

function recordsOf(batch: Buffer): readonly GroupRecord[] {
  const records =
    known.get(batch) ??
    [...readRecords(batch, 0, 1 << 24)].flatMap(({ key, value }) =>
      key === null ? [] : (decodeGroupRecord(key, value) ?? []),
    )
  known.set(batch, records)
  return records
}

export function storedConsumers(batches: readonly Buffer[], groupId: string): StoredConsumers {
  const members = new Map<string, MemberProgress>()
  const epochs: number[][] = [[]]
  for (const record of batches.flatMap(recordsOf)) {
    if (record.groupId !== groupId) continue
    if (record.kind === 'consumer-epoch') {
      if (record.value === null) epochs.push([])
      else epochs.at(-1)?.push(record.value.epoch)
    } else if (record.kind === 'consumer-current') {
      if (record.value === null) members.delete(record.memberId)
      else members.set(record.memberId, record.value)
    }
  }
  return { epochs, members }
}

/** `topic partition` of all that a member owns, whether it is to give it up or not. */
export const ownedOf = ({ assigned, revoking }: Pick<MemberProgress, 'assigned' | 'revoking'>): readonly string[] =>
  [assigned, revoking].flatMap((owned) =>
    [...owned].flatMap(([topicId, partitions]) => [...partitions.keys()].map((partition) => `${topicId} ${partition}`)),
  )
