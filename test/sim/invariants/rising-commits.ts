/**
 * What a group was told to be committed is never lost nor goes back: who commits had read what was committed before it,
 * or is refused. But a cut of power may take it.
 */
import assert from 'node:assert/strict'
import type { Invariant, Observation } from '../observation.ts'

export class RisingCommits implements Invariant {
  #life = 0
  /** By key, the highest that was acknowledged. */
  readonly #acknowledged = new Map<string, number>()
  /** By commit, what had been acknowledged when it left. */
  readonly #floors = new Map<number, number>()
  commits = 0
  refused = 0

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') {
      this.#life++
      this.#acknowledged.clear()
      this.#floors.clear()
    }
    if (seen.kind === 'commit-sent') this.#floors.set(seen.id, this.#of(seen.key))
    if (seen.kind === 'commit-refused') this.refused++
    if (seen.kind === 'commit-acknowledged' && seen.source.life === this.#life) {
      const { key, id, offset, generationId } = seen
      const floor = this.#floors.get(id) ?? -1
      assert.ok(offset >= floor, `${key}: ${offset} is committed in epoch ${generationId}, ${floor} was before`)
      this.#acknowledged.set(key, Math.max(this.#of(key), offset))
      this.commits++
    }
    if (seen.kind === 'committed') {
      const { key, offset } = seen
      assert.ok(offset >= this.#of(key), `${key}: committed is ${offset}, ${this.#of(key)} was acknowledged`)
    }
  }

  #of(key: string): number {
    return this.#acknowledged.get(key) ?? -1
  }
}
