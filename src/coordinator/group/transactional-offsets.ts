/**
 * Offsets that were committed within transactions that are still open: they count once the transaction is committed,
 * in the order of their own records, and never if it is aborted. Changed by replay alone.
 */
import { getOrInsert } from '../../base/index.ts'
import type { OffsetRecord } from './group-record.ts'

/** A record and where it lies. */
export interface PlacedOffset {
  readonly record: OffsetRecord
  readonly logOffset: number
}

type Key = Pick<OffsetRecord, 'groupId' | 'topic' | 'partition'>

const keyText = ({ groupId, topic, partition }: Key): string => JSON.stringify([groupId, topic, partition])

export class TransactionalOffsets {
  /** By producer id; the newest record of each key. */
  readonly #open = new Map<number, Map<string, PlacedOffset>>()

  replay(producerId: number, record: OffsetRecord, logOffset: number): void {
    getOrInsert(this.#open, producerId, () => new Map()).set(keyText(record), { record, logOffset })
  }

  /** The transaction is over; returns what it had committed. */
  end(producerId: number): readonly PlacedOffset[] {
    const placed = [...(this.#open.get(producerId)?.values() ?? [])]
    this.#open.delete(producerId)
    return placed
  }

  /** A tombstone at `logOffset` takes away what lies before it. */
  forget(key: Key, logOffset: number): void {
    const text = keyText(key)
    for (const [producerId, offsets] of this.#open) {
      const placed = offsets.get(text)
      if (placed === undefined || placed.logOffset > logOffset) continue
      offsets.delete(text)
      if (offsets.size === 0) this.#open.delete(producerId)
    }
  }

  has(key: Key): boolean {
    if (this.#open.size === 0) return false
    const text = keyText(key)
    return [...this.#open.values()].some((offsets) => offsets.has(text))
  }

  /** Keys of a group, each once. */
  ofGroup(groupId: string): readonly OffsetRecord[] {
    const records = new Map<string, OffsetRecord>()
    for (const offsets of this.#open.values()) {
      for (const [text, { record }] of offsets) if (record.groupId === groupId) records.set(text, record)
    }
    return [...records.values()]
  }

  groupIds(): readonly string[] {
    return [...this.#open.values()].flatMap((offsets) => [...offsets.values()].map(({ record }) => record.groupId))
  }
}
