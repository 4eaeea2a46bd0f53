/** The voters of a quorum, and what a majority of them makes true. Pure. */
import { assert, type Uuid, zeroUuid } from '../base/index.ts'
import type { Endpoint, ReplicaKey } from './messages.ts'

export interface Voter {
  readonly id: number
  /** The zero UUID in a static quorum (`controller.quorum.voters`), where directories are not known. */
  readonly directoryId: Uuid
  /** Of its listeners for controllers, the one that is used first. */
  readonly endpoints: readonly Endpoint[]
}

export class VoterSet {
  readonly #voters: ReadonlyMap<number, Voter>

  constructor(voters: readonly Voter[]) {
    this.#voters = new Map(voters.map((voter) => [voter.id, voter]))
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

  /** The id, in the directory that votes; any directory where it is not known. */
  isVoter({ id, directoryId }: ReplicaKey): boolean {
    const own = this.#voters.get(id)?.directoryId
    return own !== undefined && (own === zeroUuid || own === directoryId)
  }

  keyOf(id: number): ReplicaKey {
    return { id, directoryId: this.directoryIdOf(id) ?? zeroUuid }
  }

  directoryIdOf(id: number): Uuid | undefined {
    return this.#voters.get(id)?.directoryId
  }

  endpointOf(id: number): Endpoint | undefined {
    return this.endpointsOf(id)[0]
  }

  endpointsOf(id: number): readonly Endpoint[] {
    return this.#voters.get(id)?.endpoints ?? []
  }

  all(): Voter[] {
    return [...this.#voters.values()]
  }

  ids(): number[] {
    return [...this.#voters.keys()]
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
