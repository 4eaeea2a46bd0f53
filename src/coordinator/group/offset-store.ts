/**
 * The committed offsets of one partition of `__consumer_offsets`. Changed by replay alone. A commit is read only once
 * its record is committed, so each key holds the committed value and the values on their way, by log offset; who
 * decides, or waits for what is on its way, looks at the newest.
 */
import { assert, getOrInsert } from '../../base/index.ts'
import type { CommittedOffset, OffsetRecord } from './group-record.ts'
import type { OffsetKey } from './group-requests.ts'
import { TransactionalOffsets } from './transactional-offsets.ts'

interface Entry {
  committed: CommittedOffset | null
  /** Where the record of `committed` lies. */
  committedAt: number
  /** The value of the last record on its way; without one, `committed`. */
  newest: CommittedOffset | null
  /** Records on their way. */
  pendingCount: number
}

/** A record on its way. */
interface Uncommitted {
  readonly logOffset: number
  readonly record: OffsetRecord
  readonly entry: Entry
  /** The newest value that it took the place of. */
  readonly before: CommittedOffset | null
}

interface Group {
  readonly topics: Map<string, Map<number, Entry>>
  /** Keys whose newest value is an offset. */
  newestCount: number
}

export interface StoredOffset extends OffsetKey {
  readonly value: CommittedOffset
}

const noEntry = (): Entry => ({ committed: null, committedAt: -1, newest: null, pendingCount: 0 })

function entryOf({ topics }: Group, { topic, partition }: OffsetRecord): Entry {
  const partitions = getOrInsert(topics, topic, () => new Map<number, Entry>())
  return getOrInsert(partitions, partition, noEntry)
}

function setNewest(group: Group, entry: Entry, value: CommittedOffset | null): void {
  group.newestCount += countOf(value) - countOf(entry.newest)
  entry.newest = value
}

const countOf = (value: CommittedOffset | null): number => (value === null ? 0 : 1)

export class OffsetStore {
  readonly #groups = new Map<string, Group>()
  readonly #transactions = new TransactionalOffsets()
  /** In the order of the log. */
  #uncommitted: Uncommitted[] = []
  /** Below it everything is committed. */
  #committedOffset = 0
  #committedCount = 0

  /** A record at `logOffset`, not committed yet. */
  replay(record: OffsetRecord, logOffset: number): void {
    assert(logOffset >= this.#committedOffset, 'a record is replayed before it is committed')
    const group = this.#groupOf(record)
    const entry = entryOf(group, record)
    this.#uncommitted.push({ logOffset, record, entry, before: entry.newest })
    entry.pendingCount++
    setNewest(group, entry, record.value)
  }

  /** Everything below `offset` is committed. */
  commitTo(offset: number): void {
    this.#committedOffset = Math.max(this.#committedOffset, offset)
    let count = 0
    for (const { logOffset, record, entry } of this.#uncommitted) {
      if (logOffset >= offset) break
      entry.pendingCount--
      this.#setCommitted(entry, record.value, logOffset)
      if (record.value === null) {
        this.#transactions.forget(record, logOffset)
        this.#forgetIfUnused(record, entry)
      }
      count++
    }
    this.#uncommitted.splice(0, count)
  }

  /** Forgets what was replayed at `offset` or behind it: the append failed. */
  revertTo(offset: number): void {
    for (let last = this.#uncommitted.at(-1); last !== undefined && last.logOffset >= offset; ) {
      const { record, entry, before } = last
      entry.pendingCount--
      setNewest(this.#groupOf(record), entry, entry.pendingCount === 0 ? entry.committed : before)
      this.#forgetIfUnused(record, entry)
      this.#uncommitted.pop()
      last = this.#uncommitted.at(-1)
    }
  }

  /** A record at `logOffset` that belongs to a transaction of `producerId`. */
  replayTransactional(producerId: number, record: OffsetRecord, logOffset: number): void {
    this.#transactions.replay(producerId, record, logOffset)
  }

  /** The transaction ended, and everything before its marker is committed. */
  endTransaction(producerId: number, isCommit: boolean): void {
    const placed = this.#transactions.end(producerId)
    if (!isCommit) return
    for (const { record, logOffset } of placed) {
      const group = this.#groupOf(record)
      const entry = entryOf(group, record)
      // Between the transaction's record and its marker a newer one may have come (and compaction keeps that one).
      if (entry.committed === null || logOffset >= entry.committedAt) {
        this.#setCommitted(entry, record.value, logOffset)
        if (entry.pendingCount === 0) setNewest(group, entry, record.value)
      }
      this.#forgetIfUnused(record, entry)
    }
  }

  #groupOf({ groupId }: OffsetRecord): Group {
    return getOrInsert(this.#groups, groupId, (): Group => ({ topics: new Map(), newestCount: 0 }))
  }

  #setCommitted(entry: Entry, value: CommittedOffset | null, logOffset: number): void {
    this.#committedCount += countOf(value) - countOf(entry.committed)
    entry.committed = value
    entry.committedAt = logOffset
  }

  #forgetIfUnused({ groupId, topic, partition }: OffsetRecord, entry: Entry): void {
    if (entry.committed !== null || entry.pendingCount > 0) return
    const group = this.#groups.get(groupId)
    const partitions = group?.topics.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) group?.topics.delete(topic)
    if (group?.topics.size === 0) this.#groups.delete(groupId)
  }

  /** Whether a transaction that is open has committed an offset for the key. */
  isInTransaction(groupId: string, { topic, partition }: OffsetKey): boolean {
    return this.#transactions.has({ groupId, topic, partition })
  }

  /** The committed offset, or null where there is none. */
  committed(groupId: string, { topic, partition }: OffsetKey): CommittedOffset | null {
    return this.#groups.get(groupId)?.topics.get(topic)?.get(partition)?.committed ?? null
  }

  /** The committed offset, or the one that is about to take its place. */
  newest(groupId: string, { topic, partition }: OffsetKey): CommittedOffset | null {
    const entry = this.#groups.get(groupId)?.topics.get(topic)?.get(partition)
    return entry?.newest ?? null
  }

  /** All partitions of a group that have a committed offset. */
  committedOf(groupId: string): Generator<StoredOffset, void, void> {
    return this.#offsetsOf(groupId, ({ committed }) => committed)
  }

  /** The same of the newest; may be left for a while, and goes on with what there is then. */
  newestOf(groupId: string): Generator<StoredOffset, void, void> {
    return this.#offsetsOf(groupId, ({ newest }) => newest)
  }

  *#offsetsOf(groupId: string, of: (entry: Entry) => CommittedOffset | null): Generator<StoredOffset, void, void> {
    for (const [topic, partitions] of this.#groups.get(groupId)?.topics ?? []) {
      for (const [partition, entry] of partitions) {
        const value = of(entry)
        if (value !== null) yield { topic, partition, value }
      }
    }
  }

  /** Whether there is something for a tombstone to take away. */
  isKnown(groupId: string, key: OffsetKey): boolean {
    return this.newest(groupId, key) !== null || this.isInTransaction(groupId, key)
  }

  /** All keys of a group that are so. */
  *keysOf(groupId: string): Generator<OffsetKey, void, void> {
    yield* this.newestOf(groupId)
    for (const key of this.#transactions.ofGroup(groupId)) if (this.newest(groupId, key) === null) yield key
  }

  /** May be left for a while, as the others may. */
  *groupIds(): Generator<string, void, void> {
    yield* this.#groups.keys()
    for (const groupId of this.#transactions.groupIds()) if (!this.#groups.has(groupId)) yield groupId
  }

  /** Whether anything is known of the group's offsets. */
  has(groupId: string): boolean {
    return this.#groups.has(groupId) || this.#transactions.hasGroup(groupId)
  }

  /** Whether something will be left when all is committed that is on its way. */
  hasNewest(groupId: string): boolean {
    return (this.#groups.get(groupId)?.newestCount ?? 0) > 0 || this.#transactions.hasGroup(groupId)
  }

  /** Committed offsets of all groups. */
  get committedCount(): number {
    return this.#committedCount
  }
}
