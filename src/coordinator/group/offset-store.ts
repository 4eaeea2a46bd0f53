/**
 * The committed offsets of one partition of `__consumer_offsets`. Changed by replay alone. A commit is read only once
 * its record is committed, so each key holds the committed value and the values on their way, by log offset.
 */
import { assert, getOrInsert } from '../../base/index.ts'
import type { CommittedOffset, OffsetRecord } from './group-record.ts'

interface Pending {
  readonly logOffset: number
  readonly value: CommittedOffset | null
}

interface Entry {
  committed: CommittedOffset | null
  /** In the order of the log. */
  readonly pending: Pending[]
}

type Topics = Map<string, Map<number, Entry>>

export class OffsetStore {
  readonly #groups = new Map<string, Topics>()
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
      entry.pending.shift()
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

  #entry({ groupId, topic, partition }: OffsetRecord): Entry {
    const topics: Topics = getOrInsert(this.#groups, groupId, () => new Map())
    const partitions: Map<number, Entry> = getOrInsert(topics, topic, () => new Map())
    return getOrInsert(partitions, partition, () => ({ committed: null, pending: [] }))
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
    return all
  }

  groupIds(): readonly string[] {
    return [...this.#groups.keys()]
  }
}
