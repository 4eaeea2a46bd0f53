/** What the clients of a simulated node were told, and what the node shows of itself: what the invariants are about. */
import assert from 'node:assert/strict'
import { BatchCursor, batchHeader, readRecords } from '../../src/records/index.ts'

interface SeenRecord {
  readonly offset: number
  readonly value: string
}

export interface SeenBatch {
  readonly isCrcValid: boolean
  readonly baseOffset: number
  readonly lastOffset: number
  readonly producerId: number
  readonly producerEpoch: number
  readonly baseSequence: number
  readonly records: readonly SeenRecord[]
}

/** How the node's process ended. */
export type End = 'stop' | 'kill' | 'power'

/** What told it: a connection, which belongs to one process. An answer may come when that is dead already. */
export interface Source {
  /** How many processes had ended when the connection was made. */
  readonly process: number
  /** How many of them by a cut of power. */
  readonly life: number
}

/** `key` names a partition: `topic-0`. */
export type Observation =
  | { readonly kind: 'down'; readonly how: End }
  | { readonly kind: 'ends'; readonly key: string; readonly highWatermark: number; readonly logEndOffset: number }
  | { readonly kind: 'sent'; readonly key: string; readonly values: readonly string[] }
  | {
      readonly kind: 'acknowledged'
      readonly key: string
      readonly source: Source
      readonly baseOffset: number
      readonly values: readonly string[]
    }
  | {
      readonly kind: 'fetched'
      readonly source: Source
      readonly key: string
      readonly fetchOffset: number
      readonly highWatermark: number
      readonly batches: readonly SeenBatch[]
    }
  | { readonly kind: 'scan-begins'; readonly key: string }
  /** All of the partition, read by the one who also makes the faults: none came meanwhile. */
  | { readonly kind: 'scanned'; readonly key: string; readonly batches: readonly SeenBatch[] }
  | { readonly kind: 'topic-asked'; readonly name: string }
  | { readonly kind: 'topic'; readonly name: string; readonly exists: boolean }
  /** All that the node knows of. */
  | { readonly kind: 'topics'; readonly names: ReadonlySet<string> }
  | { readonly kind: 'producer'; readonly producerId: number; readonly producerEpoch: number }
  | {
      readonly kind: 'joined'
      readonly source: Source
      readonly memberId: string
      readonly generationId: number
      readonly isLeader: boolean
    }
  | { readonly kind: 'synced'; readonly source: Source; readonly generationId: number }
  | {
      readonly kind: 'commit-sent' | 'commit-acknowledged' | 'commit-refused'
      readonly source: Source
      readonly key: string
      readonly generationId: number
      readonly offset: number
      /** Of the commit: the same when it is sent and when it is answered. */
      readonly id: number
    }
  | MemberHeard
  | MemberOwns
  /** What a group was given to read. */
  | { readonly kind: 'read'; readonly group: string; readonly key: string; readonly values: readonly string[] }
  /** A group as its node shows it while nothing disturbs any more. */
  | {
      readonly kind: 'group-state'
      readonly group: string
      readonly state: string
      readonly committed: ReadonlyMap<string, number>
      readonly ends: ReadonlyMap<string, number>
      readonly healingForMs: number
    }
  /** -1: none. */
  | { readonly kind: 'committed'; readonly key: string; readonly offset: number; readonly logEndOffset: number }

/** A member of a group was answered well to what it sent at `sentMs`: until then, and from then on, it is a member. */
export interface MemberHeard {
  readonly kind: 'member-heard'
  readonly source: Source
  readonly group: string
  /** One process of a client: the same as long as it remembers what it owns. */
  readonly client: string
  readonly sentMs: number
  readonly atMs: number
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
  /** It was no member before, as far as it knew. */
  readonly joins: boolean
  readonly epoch: number
  /** The request said what it owns. */
  readonly reports: boolean
  /** Keys of the partitions that are to be its own; null: as told before. */
  readonly told: readonly string[] | null
}

/** What a client takes for its own from now on; nothing once it has left, or has ended. */
export interface MemberOwns {
  readonly kind: 'member-owns'
  readonly group: string
  readonly client: string
  readonly epoch: number
  readonly keys: readonly string[]
  readonly atMs: number
  /** It is no member any more, as far as it knows, or will never be heard again. */
  readonly isOver: boolean
}

/** Throws AssertionError on an observation that must not be. One per file of `invariants/`. */
export interface Invariant {
  see(observation: Observation): void
}

/** The name of a value is what stands before its padding. */
export const padded = (name: string, sizeInBytes: number): Buffer => Buffer.from(name.padEnd(sizeInBytes, '.'))

function nameOf(value: Uint8Array | null): string {
  if (value === null) return ''
  const end = value.indexOf(0x2e)
  return Buffer.from(value.subarray(0, end < 0 ? value.length : end)).toString('latin1')
}

/** The last batch may be cut short, as a reader of `maxBytes` gets it. */
export function seenBatches(bytes: Uint8Array): SeenBatch[] {
  const cursor = new BatchCursor(bytes)
  const batches: SeenBatch[] = []
  while (cursor.next()) {
    const { view, position } = cursor
    const isCrcValid = cursor.isCrcValid()
    batches.push({
      isCrcValid,
      baseOffset: batchHeader.baseOffset(view, position),
      lastOffset: batchHeader.lastOffset(view, position),
      producerId: batchHeader.producerId(view, position),
      producerEpoch: batchHeader.producerEpoch(view, position),
      baseSequence: batchHeader.baseSequence(view, position),
      records: isCrcValid
        ? Array.from(readRecords(bytes, position, 10_000_000), ({ offset, value }) => ({
            offset,
            value: nameOf(value),
          }))
        : [],
    })
  }
  assert.notEqual(cursor.ended, 'corrupt', 'what is fetched is made of batches')
  return batches
}
