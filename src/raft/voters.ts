/** The voters of a quorum, and what a majority of them makes true. Pure. */
import { assert, type Uuid, zeroUuid } from '../base/index.ts'
import { type Endpoint, isSameReplica, type ReplicaKey, reachedAt, type VersionRange } from './messages.ts'

export interface Voter {
  readonly id: number
  /** The zero UUID in a static quorum (`controller.quorum.voters`), where directories are not known. */
  readonly directoryId: Uuid
  /** Its listeners for controllers. */
  readonly endpoints: readonly Endpoint[]
  /** Of kraft.version. Absent: 0 alone, as of a voter that only the configuration names. */
  readonly kraftVersions?: VersionRange
}

/** Changes make another set. An empty one is that of a node that has not heard of its quorum yet: it only observes. */
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

  /** Where a voter listens by this name; its first endpoint where it has none of the name. */
  endpointOf(id: number, listener?: string): Endpoint | undefined {
    return reachedAt(this.endpointsOf(id), listener)
  }

  endpointsOf(id: number): readonly Endpoint[] {
    return this.#voters.get(id)?.endpoints ?? []
  }

  all(): Voter[] {
    return [...this.#voters.values()]
  }

  voterOf(id: number): Voter | undefined {
    return this.#voters.get(id)
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

  // ---- changes (KIP-853): undefined where the set has no such voter, or has it already

  with(voter: Voter): VoterSet | undefined {
    return this.has(voter.id) ? undefined : new VoterSet([...this.all(), voter])
  }

  /** The last voter cannot go, nor one of another directory. */
  without(key: ReplicaKey): VoterSet | undefined {
    if (this.size < 2 || !this.has(key.id) || !isSameReplica(this.keyOf(key.id), key)) return undefined
    return new VoterSet(this.all().filter(({ id }) => id !== key.id))
  }

  /** `isDirectoryNew`: its directory may be told here for the first time, as before a quorum becomes dynamic. */
  withUpdated(voter: Voter, { isDirectoryNew = false } = {}): VoterSet | undefined {
    const isKnown = isDirectoryNew ? this.has(voter.id) : this.isVoter(voter)
    return isKnown ? new VoterSet(this.all().map((it) => (it.id === voter.id ? voter : it))) : undefined
  }

  /** This voter is in the set, and has changed since. */
  needsUpdate(voter: Voter): boolean {
    const known = this.voterOf(voter.id)
    return known !== undefined && this.isVoter(voter) && !isSameVoter(known, voter)
  }

  supports(version: number): boolean {
    return this.all().every(({ kraftVersions }) => isWithin(version, kraftVersions))
  }

  equals(other: VoterSet): boolean {
    if (this.size !== other.size) return false
    return this.all().every((voter) => {
      const counterpart = other.voterOf(voter.id)
      return counterpart !== undefined && isSameVoter(voter, counterpart)
    })
  }
}

const versionZero: VersionRange = { min: 0, max: 0 }

/** Nothing is said of kraft.version where the range is missing: 0 is known to all. */
export const isWithin = (version: number, { min, max }: VersionRange = versionZero): boolean =>
  min <= version && version <= max

/** The order of endpoints says nothing: they have names. */
function isSameVoter(a: Voter, b: Voter): boolean {
  const { kraftVersions: left = versionZero } = a
  const { kraftVersions: right = versionZero } = b
  if (!isSameReplica(a, b) || left.min !== right.min || left.max !== right.max) return false
  if (a.endpoints.length !== b.endpoints.length) return false
  return a.endpoints.every(({ name, host, port }) =>
    b.endpoints.some((other) => other.name === name && other.host === host && other.port === port),
  )
}
