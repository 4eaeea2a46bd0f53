/**
 * Where a record goes that names no partition. With a key: by its hash, as with every other producer. Without one: records stay with
 * one partition until it has had a batch, then go on to another, which is the more likely the less waits for it (KIP-480, KIP-794), and
 * with a rack one that is led there (KIP-1123).
 * Pure, but for chance, which comes in.
 */
import type { RandomStream } from '../../base/index.ts'
import { partitionForKey } from '../../records/index.ts'

export interface PartitionerInput {
  readonly topic: string
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly partitionCount: number
}

/** Undefined: the producer chooses, as for a record without a key. */
export type Partitioner = (input: PartitionerInput) => number | undefined

/** A partition that may get records without a key: somebody leads it. */
export interface Choice {
  readonly partition: number
  /** Batches that are not acknowledged. */
  readonly waiting: number
  /** Of its leader. */
  readonly rack: string | null
}

/** What the producer knows of a topic when a record without a key comes. */
export interface StickyInput {
  readonly partitionCount: number
  /** Asked when it is time for another partition; where it gives none, all are alike. */
  readonly choices: () => readonly Choice[]
  /** Whether the next record to a partition begins a batch, so that another partition may as well have it. */
  readonly isBetweenBatches: (partition: number) => boolean
}

export interface StickyOptions {
  readonly draw: RandomStream
  readonly batchSize: number
  /** Partitions that are led there are chosen, while there are any. Undefined: wherever they are led. */
  readonly rack: string | undefined
}

export const byKey: Partitioner = ({ key, partitionCount }) =>
  key === null ? undefined : partitionForKey(key, partitionCount)

/** The partition that records without a key of one topic go to now. */
export class StickyPartition {
  readonly #draw: RandomStream
  readonly #batchBytes: number
  readonly #rack: string | undefined
  #partition: number | undefined
  #bytes = 0

  constructor({ draw, batchSize, rack }: StickyOptions) {
    this.#draw = draw
    this.#batchBytes = Math.max(1, batchSize)
    this.#rack = rack
  }

  /** The partition that the last record went to. */
  get current(): number | undefined {
    return this.#partition
  }

  /** The partition, as long as it is certain that it gets the next record too. */
  staying(partitionCount: number): number | undefined {
    return this.#bytes < this.#batchBytes && (this.#partition ?? partitionCount) < partitionCount
      ? this.#partition
      : undefined
  }

  /**
   * It is left when it has had the bytes of a batch, between two batches: left within one, it would keep a small batch each time (KAFKA-14156).
   * With the bytes of two it is left in any case.
   */
  next({ partitionCount, choices, isBetweenBatches }: StickyInput): number {
    const at = this.#partition
    const isThere = at !== undefined && at < partitionCount
    if (isThere && !this.#isEnough(() => isBetweenBatches(at))) return at
    this.#bytes = 0
    this.#partition = this.#chosen(partitionCount, this.#near(choices()))
    return this.#partition
  }

  /** So many bytes were written to it. */
  wrote(bytes: number): void {
    this.#bytes += bytes
  }

  #isEnough(isBetweenBatches: () => boolean): boolean {
    return this.#bytes >= this.#batchBytes && (this.#bytes >= 2 * this.#batchBytes || isBetweenBatches())
  }

  #near(choices: readonly Choice[]): readonly Choice[] {
    if (this.#rack === undefined) return choices
    const near = choices.filter(({ rack }) => rack === this.#rack)
    return near.length > 0 ? near : choices
  }

  #chosen(partitionCount: number, choices: readonly Choice[]): number {
    if (choices.length === 0) return this.#draw.below(partitionCount)
    const most = Math.max(...choices.map(({ waiting }) => waiting))
    // The one with the longest queue has one lot, the others one more for each batch that it has less.
    const lots = choices.map(({ waiting }) => most - waiting + 1)
    let drawn = this.#draw.below(lots.reduce((a, b) => a + b, 0))
    for (const [i, { partition }] of choices.entries()) {
      drawn -= lots[i] ?? 0
      if (drawn < 0) return partition
    }
    return choices[0]?.partition ?? 0
  }
}
