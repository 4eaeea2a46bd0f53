/**
 * What is fetched has its checksum, offsets follow one another - but over the holes that a cut of power leaves between
 * segments - and what an offset holds does not change.
 */
import assert from 'node:assert/strict'
import type { Invariant, Observation, SeenBatch } from '../observation.ts'

export class WholeBatches implements Invariant {
  /** By partition and offset; a cut of power may change it. */
  readonly #values = new Map<string, string>()
  #life = 0

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') {
      this.#life++
      this.#values.clear()
    }
    if (seen.kind === 'fetched') {
      this.#check(seen.key, seen.batches, seen.fetchOffset)
      if (seen.source.life === this.#life) this.#remember(seen.key, seen.batches)
    }
    if (seen.kind === 'scanned') {
      const [first] = seen.batches
      assert.ok(this.#mayHaveHoles || (first?.baseOffset ?? 0) === 0, `${seen.key} begins with its first record`)
      this.#check(seen.key, seen.batches, 0)
      this.#remember(seen.key, seen.batches)
    }
  }

  get #mayHaveHoles(): boolean {
    return this.#life > 0
  }

  #check(key: string, batches: readonly SeenBatch[], from: number): void {
    let next = from
    for (const [i, { isCrcValid, baseOffset, lastOffset, records }] of batches.entries()) {
      assert.ok(isCrcValid, `${key}: the batch at ${baseOffset} has its checksum`)
      // A fetch from the middle of a batch gets the whole of it.
      const isBehind = i === 0 ? lastOffset >= next : baseOffset >= next
      const isInPlace = isBehind && (this.#mayHaveHoles || baseOffset <= next)
      assert.ok(isInPlace, `${key}: [${baseOffset}, ${lastOffset}] does not follow ${next}`)
      assert.equal(records.length, lastOffset - baseOffset + 1, `${key}: every offset has a record`)
      next = lastOffset + 1
    }
  }

  #remember(key: string, batches: readonly SeenBatch[]): void {
    for (const { offset, value } of batches.flatMap(({ records }) => records)) {
      const place = `${key} ${offset}`
      assert.equal(this.#values.get(place) ?? value, value, `${place} has changed`)
      this.#values.set(place, value)
    }
  }
}
