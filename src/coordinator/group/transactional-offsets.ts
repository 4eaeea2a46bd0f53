/**
 * Offsets that were committed within transactions that are still open: they count once the transaction is committed,
 * in the order of their own records, and never if it is aborted. Changed by replay alone.
 */
import { getOrInsert } from '../../base/index.ts'
import type { OffsetRecord } from './group-record.ts'
import type { OffsetKey } from './group-requests.ts'

/** A record and where it lies. */
export interface PlacedOffset {
  readonly record: OffsetRecord
  readonly logOffset: number
}

type GroupKey = Pick<OffsetRecord, 'groupId' | 'topic' | 'partition'>

interface OpenKey {
  readonly key: OffsetKey
  /** Of the open transactions that have committed an offset for it; one at least. */
  readonly producerIds: Set<number>
}

const keyText = ({ topic, partition }: OffsetKey): string => `${partition} ${topic}`
const groupKeyText = (key: GroupKey): string => `${key.groupId.length} ${key.groupId} ${keyText(key)}`

export class TransactionalOffsets {
  /** By producer id; the newest record of each key. */
  readonly #open = new Map<number, Map<string, PlacedOffset>>()
  /** By group: who asks for one must not look through the transactions of all. */
  readonly #groups = new Map<string, Map<string, OpenKey>>()

  replay(producerId: number, record: OffsetRecord, logOffset: number): void {
    getOrInsert(this.#open, producerId, () => new Map()).set(groupKeyText(record), { record, logOffset })
    const { topic, partition } = record
    const keys = getOrInsert(this.#groups, record.groupId, () => new Map<string, OpenKey>())
    const none = (): OpenKey => ({ key: { topic, partition }, producerIds: new Set() })
    getOrInsert(keys, keyText(record), none).producerIds.add(producerId)
  }

  /** The transaction is over; returns what it had committed. */
  end(producerId: number): readonly PlacedOffset[] {
    const placed = [...(this.#open.get(producerId)?.values() ?? [])]
    this.#open.delete(producerId)
    for (const { record } of placed) this.#close(producerId, record)
    return placed
  }

  #close(producerId: number, key: GroupKey): void {
    const keys = this.#groups.get(key.groupId)
    const open = keys?.get(keyText(key))
    open?.producerIds.delete(producerId)
    if (open?.producerIds.size === 0) keys?.delete(keyText(key))
    if (keys?.size === 0) this.#groups.delete(key.groupId)
  }

  /** A tombstone at `logOffset` takes away what lies before it. */
  forget(key: GroupKey, logOffset: number): void {
    const producerIds = this.#groups.get(key.groupId)?.get(keyText(key))?.producerIds
    if (producerIds === undefined) return
    const text = groupKeyText(key)
    for (const producerId of [...producerIds]) {
      const offsets = this.#open.get(producerId)
      const placed = offsets?.get(text)
      if (offsets === undefined || placed === undefined || placed.logOffset > logOffset) continue
      offsets.delete(text)
      if (offsets.size === 0) this.#open.delete(producerId)
      this.#close(producerId, key)
    }
  }

  has(key: GroupKey): boolean {
    return this.#groups.get(key.groupId)?.has(keyText(key)) ?? false
  }

  hasGroup(groupId: string): boolean {
    return this.#groups.has(groupId)
  }

  /** Keys of a group, each once. */
  *ofGroup(groupId: string): Generator<OffsetKey, void, void> {
    for (const { key } of this.#groups.get(groupId)?.values() ?? []) yield key
  }

  groupIds(): Iterable<string> {
    return this.#groups.keys()
  }
}
