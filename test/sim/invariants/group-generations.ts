/** Generations of a group rise, each has one leader, and who is of an older one commits nothing. */
import assert from 'node:assert/strict'
import type { Invariant, Observation } from '../observation.ts'

export class GroupGenerations implements Invariant {
  #process = 0
  #life = 0
  #joined = -1
  /** Whose assignment was handed out, and so is in the log. */
  #synced = -1
  readonly #leaders = new Map<number, string>()
  /** The generation that was joined when a commit left. */
  readonly #commits = new Map<number, number>()
  rebalances = 0

  see(seen: Observation): void {
    if (seen.kind === 'down') {
      // A generation that was joined and not synced is in no log. Power may take more.
      this.#process++
      if (seen.how === 'power') {
        this.#life++
        this.#synced = -1
      }
      this.#joined = this.#synced
      this.#leaders.clear()
      this.#commits.clear()
    }
    if (seen.kind === 'joined' && seen.source.process === this.#process) this.#join(seen)
    if (seen.kind === 'synced' && seen.source.life === this.#life)
      this.#synced = Math.max(this.#synced, seen.generationId)
    if (seen.kind === 'commit-sent' && seen.source.process === this.#process) this.#commits.set(seen.id, this.#joined)
    if (seen.kind === 'commit-acknowledged') {
      const joined = this.#commits.get(seen.id) ?? -1
      assert.ok(seen.generationId >= joined, `generation ${seen.generationId} commits, ${joined} was joined`)
    }
  }

  #join({ memberId, generationId, isLeader }: Extract<Observation, { kind: 'joined' }>): void {
    assert.ok(generationId >= this.#joined, `generation ${generationId} behind ${this.#joined}`)
    if (generationId > this.#joined) this.rebalances++
    this.#joined = generationId
    if (!isLeader) return
    const leader = this.#leaders.get(generationId) ?? memberId
    assert.equal(leader, memberId, `generation ${generationId} has one leader`)
    this.#leaders.set(generationId, memberId)
  }
}
