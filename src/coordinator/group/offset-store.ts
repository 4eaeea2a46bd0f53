/**
 * The committed offsets of one partition of `__consumer_offsets`. Changed by replay alone. A commit is read only once
 * its record is committed, so each key holds the committed value and the values on their way, by log offset.
 */
import { assert, getOrInsert } from '../../base/index.ts'
import type { CommittedOffset, OffsetRecord } from './group-record.ts'
import { TransactionalOffsets } from './transactional-offsets.ts'

interface Pending {
  readonly logOffset: number
  readonly value: CommittedOffset | null
}

interface Entry {
  committed: CommittedOffset | null
  /** Where the record of `committed` lies. */
  committedAt: number
  /** In the order of the log. */
  readonly pending: Pending[]
}

type Topics = Map<string, Map<number, Entry>>

export class OffsetStore {
  readonly #groups = new Map<string, Topics>()
  readonly #transactions = new TransactionalOffsets()
  /** Entries with pending values, in the order of the log. */
  #uncommitted: { readonly logOffset: number; readonly record: OffsetRecord }[] = []
  /** Below it everything is committed. */
  #committedOffset = 0

  /** A record at `logOffset`, not committed yet. */
  replay(record: OffsetRecord, logOffset: number): void {
    assert(logOffset >= this.#committedOffset, 'a record is replayed before it is committed')
    this.#entry(record).pending.push({ logOffset, value: record.value })
    this.#uncommitted.push({ logOffset, record })
  }

  /** Everything below `offset` is committed. */
  commitTo(offset: number): void {
    this.#committedOffset = Math.max(this.#committedOffset, offset)
    let count = 0
    for (const { logOffset, record } of this.#uncommitted) {
      if (logOffset >= offset) break
      const entry = this.#entry(record)
      entry.committed = record.value
      entry.committedAt = logOffset
      entry.pending.shift()
      if (record.value === null) this.#transactions.forget(record, logOffset)
      this.#dropIfEmpty(record, entry)
      count++
    }
    this.#uncommitted.splice(0, count)
  }

  /** Forgets what was replayed at `offset` or behind it: the append failed. */
  revertTo(offset: number): void {
    for (const { logOffset, record } of this.#uncommitted) {
      if (logOffset < offset) continue
      const entry = this.#entry(record)
      entry.pending.pop()
      this.#dropIfEmpty(record, entry)
    }
    this.#uncommitted = this.#uncommitted.filter(({ logOffset }) => logOffset < offset)
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
      const entry = this.#entry(record)
      // Between the transaction's record and its marker a newer one may have come (and compaction keeps that one).
      if (entry.committed === null || logOffset > entry.committedAt) {
        entry.committed = record.value
        entry.committedAt = logOffset
      }
      this.#dropIfEmpty(record, entry)
    }
  }

  /** Whether a newer offset is on its way: in the log and not committed, or in a transaction that is open. */
  isUnstable(groupId: string, topic: string, partition: number): boolean {
    const pending = this.#groups.get(groupId)?.get(topic)?.get(partition)?.pending.length ?? 0
    return pending > 0 || this.#transactions.has({ groupId, topic, partition })
  }

  #entry({ groupId, topic, partition }: OffsetRecord): Entry {
    const topics: Topics = getOrInsert(this.#groups, groupId, () => new Map())
    const partitions: Map<number, Entry> = getOrInsert(topics, topic, () => new Map())
    return getOrInsert(partitions, partition, () => ({ committed: null, committedAt: -1, pending: [] }))
  }

  #dropIfEmpty({ groupId, topic, partition }: OffsetRecord, entry: Entry): void {
    if (entry.committed !== null || entry.pending.length > 0) return
    const topics = this.#groups.get(groupId)
    const partitions = topics?.get(topic)
    partitions?.delete(partition)
    if (partitions?.size === 0) topics?.delete(topic)
    if (topics?.size === 0) this.#groups.delete(groupId)
  }

  /** The committed offset, or null where there is none. */
  committed(groupId: string, topic: string, partition: number): CommittedOffset | null {
    return this.#groups.get(groupId)?.get(topic)?.get(partition)?.committed ?? null
  }

  /** All partitions of a group that have a committed offset. */
  committedOf(
    groupId: string,
  ): { readonly topic: string; readonly partition: number; readonly value: CommittedOffset }[] {
    const all: { topic: string; partition: number; value: CommittedOffset }[] = []
    for (const [topic, partitions] of this.#groups.get(groupId) ?? []) {
      for (const [partition, { committed }] of partitions) {
        if (committed !== null) all.push({ topic, partition, value: committed })
      }
    }
    return all
  }

  /** Keys of a group for deciding what to take away: those on their way count. */
  newestOf(groupId: string): { readonly topic: string; readonly partition: number }[] {
    const all: { topic: string; partition: number }[] = []
    for (const [topic, partitions] of this.#groups.get(groupId) ?? []) {
      for (const [partition, { committed, pending }] of partitions) {
        const newest = pending.at(-1)
        if ((newest === undefined ? committed : newest.value) !== null) all.push({ topic, partition })
      }
    }
    for (const { topic, partition } of this.#transactions.ofGroup(groupId)) {
      if (!all.some((key) => key.topic === topic && key.partition === partition)) all.push({ topic, partition })
    }
    return all
  }

  groupIds(): readonly string[] {
    return [...new Set([...this.#groups.keys(), ...this.#transactions.groupIds()])]
  }

  /** Whether anything is known of the group's offsets. */
  has(groupId: string): boolean {
    return this.#groups.has(groupId) || this.#transactions.ofGroup(groupId).length > 0
  }
}
