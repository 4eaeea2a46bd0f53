/**
 * Where a record goes that names no partition. With a key: by its hash, as with every other producer. Without one: records stay with
 * one partition until it has had a batch, then go on to another, which is the more likely the less waits for it (KIP-480, KIP-794).
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
  /** Batches that wait to be sent. */
  readonly waiting: number
}

export const byKey: Partitioner = ({ key, partitionCount }) =>
  key === null ? undefined : partitionForKey(key, partitionCount)

/** The partition that records without a key of one topic go to now. */
export class StickyPartition {
  readonly #draw: RandomStream
  readonly #batchSize: number
  #partition: number | undefined
  #bytesLeft = 0

  constructor(draw: RandomStream, batchSize: number) {
    this.#draw = draw
    this.#batchSize = batchSize
  }

  /** `choices` is asked when it is time for another; where it is empty, all `partitionCount` are alike. */
  next(partitionCount: number, choices: () => readonly Choice[]): number {
    if (this.#partition === undefined || this.#bytesLeft <= 0 || this.#partition >= partitionCount) {
      this.#partition = this.#chosen(partitionCount, choices())
      this.#bytesLeft = Math.max(1, this.#batchSize)
    }
    return this.#partition
  }

  /** So many bytes were written to it. */
  wrote(bytes: number): void {
    this.#bytesLeft -= bytes
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
