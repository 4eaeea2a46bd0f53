/**
 * What the log says about its own quorum (KRaftVersion and Voters, KIP-853), by offset: a snapshot of an offset has to say
 * the same, or whoever starts from it would not know the voters. Pure.
 */
import { type ControlRecord, ControlRecordType } from '../records/index.ts'

/** In the order in which Kafka writes them. */
const quorumTypes = [ControlRecordType.kraftVersion, ControlRecordType.kraftVoters] as const
type QuorumType = (typeof quorumTypes)[number]

export const isQuorumType = (type: number | undefined): type is QuorumType =>
  quorumTypes.some((known) => known === type)

interface Entry extends ControlRecord {
  readonly offset: number
}

export class ControlHistory {
  /** Offsets rise; of those below the last snapshot only the newest of each type. */
  #entries: Entry[] = []

  /** `value` is kept: a copy of its own. Types that say nothing about the quorum are left out. */
  add({
    offset,
    type,
    value,
  }: {
    readonly offset: number
    readonly type: number | undefined
    readonly value: Uint8Array
  }) {
    if (isQuorumType(type)) this.#entries.push({ offset, type, value })
  }

  /** What holds behind all records below `offset`. */
  before(offset: number): readonly ControlRecord[] {
    return quorumTypes.flatMap((type) => {
      const newest = this.#entries.findLast((entry) => entry.type === type && entry.offset < offset)
      return newest === undefined ? [] : [{ type, value: newest.value }]
    })
  }

  /** A snapshot of `offset` has said this, and stands for all that was here. */
  startFrom(offset: number, records: readonly ControlRecord[]): void {
    this.#entries = []
    for (const record of records) this.add({ ...record, offset: offset - 1 })
  }

  /** Nobody asks for offsets below `offset` again. */
  forgetBefore(offset: number): void {
    const kept = this.before(offset).map((record) => ({ ...record, offset: offset - 1 }))
    this.#entries = [...kept, ...this.#entries.filter((entry) => entry.offset >= offset)]
  }
}
