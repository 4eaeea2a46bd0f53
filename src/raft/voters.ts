/** The voters of a quorum, and what a majority of them makes true. Pure. */
import { assert, type Uuid } from '../base/index.ts'

export interface Voter {
  readonly id: number
  /** The zero UUID in a static quorum (`controller.quorum.voters`), where directories are not known. */
  readonly directoryId: Uuid
}

export class VoterSet {
  readonly #voters: ReadonlyMap<number, Voter>

  constructor(voters: readonly Voter[]) {
    this.#voters = new Map(voters.map((voter) => [voter.id, voter]))
    assert(voters.length > 0, 'a quorum has a voter')
    assert(this.#voters.size === voters.length, 'voters have different ids')
  }

  get size(): number {
    return this.#voters.size
  }

  /** How many voters decide. */
  get majority(): number {
    return Math.floor(this.#voters.size / 2) + 1
  }

  has(id: number): boolean {
    return this.#voters.has(id)
  }

  directoryIdOf(id: number): Uuid | undefined {
    return this.#voters.get(id)?.directoryId
  }

  all(): Voter[] {
    return [...this.#voters.values()]
  }

  ids(): number[] {
    return [...this.#voters.keys()]
  }

  isMajority(granted: ReadonlySet<number>): boolean {
    let count = 0
    for (const id of granted) if (this.has(id)) count++
    return count >= this.majority
  }

  /** The largest offset up to which a majority has flushed; `endOffset` tells it for one voter. */
  majorityOffset(endOffset: (id: number) => number): number {
    const offsets = this.ids()
      .map(endOffset)
      .sort((a, b) => b - a)
    const offset = offsets[this.majority - 1]
    assert(offset !== undefined, 'a majority is within the voters')
    return offset
  }
}
