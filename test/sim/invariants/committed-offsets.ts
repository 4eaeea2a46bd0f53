/** The place of a group is the last one that was acknowledged, or one that nobody was told about; never behind the end. */
import assert from 'node:assert/strict'
import type { Invariant, Observation } from '../observation.ts'

class Place {
  /** What it may be; by the id of the commit. */
  possible = new Map<number, number>([[-1, -1]])
  /** All that it ever may have been. */
  readonly past = new Set<number>([-1])
  /** Since then, no cut of power: which takes of the two logs what it likes. */
  isSure = true
}

export class CommittedOffsets implements Invariant {
  #life = 0
  readonly #places = new Map<string, Place>()

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') {
      this.#life++
      for (const place of this.#places.values()) place.isSure = false
    }
    if (seen.kind === 'commit-sent') {
      this.#of(seen.key).possible.set(seen.id, seen.offset)
      this.#of(seen.key).past.add(seen.offset)
    }
    if (seen.kind === 'commit-refused') this.#of(seen.key).possible.delete(seen.id)
    if (seen.kind === 'commit-acknowledged') {
      const place = this.#of(seen.key)
      // What was sent before was done before, or was not done at all.
      for (const id of place.possible.keys()) if (id < seen.id) place.possible.delete(id)
      if (place.possible.has(seen.id) && seen.source.life === this.#life) place.isSure = true
    }
    if (seen.kind === 'committed') this.#check(seen)
  }

  #of(key: string): Place {
    const known = this.#places.get(key) ?? new Place()
    this.#places.set(key, known)
    return known
  }

  #check({ key, offset, logEndOffset }: Extract<Observation, { kind: 'committed' }>): void {
    const place = this.#of(key)
    if (place.isSure) {
      const possible = [...place.possible.values()]
      assert.ok(possible.includes(offset), `${key}: committed is ${offset}, may be ${possible.join(', ')}`)
      assert.ok(offset <= logEndOffset, `${key}: committed is ${offset}, the log ends at ${logEndOffset}`)
      return
    }
    assert.ok(place.past.has(offset), `${key}: ${offset} was never committed`)
  }
}
