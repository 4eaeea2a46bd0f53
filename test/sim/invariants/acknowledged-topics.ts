/** A topic that was said to be made is there, one that was said to be deleted is not: also after a cut of power. */
import assert from 'node:assert/strict'
import type { Invariant, Observation } from '../observation.ts'

export class AcknowledgedTopics implements Invariant {
  /** Those of which something is known. */
  readonly #exists = new Map<string, boolean>()

  see(seen: Observation): void {
    if (seen.kind === 'topic-asked') this.#exists.delete(seen.name)
    if (seen.kind === 'topic') this.#exists.set(seen.name, seen.exists)
    if (seen.kind !== 'topics') return
    for (const [name, exists] of this.#exists) {
      assert.equal(seen.names.has(name), exists, `topic ${name} ${exists ? 'was made' : 'was deleted'}`)
    }
  }
}
