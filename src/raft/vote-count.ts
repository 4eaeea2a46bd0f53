/** Who has granted and who has refused its vote in one election. */
import type { ReplicaKey } from './messages.ts'
import type { VoterSet } from './voters.ts'

export class VoteCount {
  readonly #voters: VoterSet
  readonly #granted = new Set<number>()
  readonly #refused = new Set<number>()

  constructor(voters: VoterSet) {
    this.#voters = voters
  }

  /** Of a voter; the last word of each counts. */
  record(id: number, isGranted: boolean): void {
    if (!this.#voters.has(id)) return
    const [to, from] = isGranted ? [this.#granted, this.#refused] : [this.#refused, this.#granted]
    to.add(id)
    from.delete(id)
  }

  get granted(): ReadonlySet<number> {
    return this.#granted
  }

  get isWon(): boolean {
    return this.#granted.size >= this.#voters.majority
  }

  /** Even if all others grant it, it is no majority. */
  get isLost(): boolean {
    return this.#voters.size - this.#refused.size < this.#voters.majority
  }

  /** Who has not answered yet. */
  open(): readonly ReplicaKey[] {
    return this.#voters.all().filter(({ id }) => !this.#granted.has(id) && !this.#refused.has(id))
  }
}
