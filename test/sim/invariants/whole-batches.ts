/** What is fetched has its checksum, offsets follow one another, and what an offset holds does not change. */
import assert from 'node:assert/strict'
import type { Invariant, Observation, SeenBatch } from '../observation.ts'

export class WholeBatches implements Invariant {
  /** By partition and offset; a cut of power may change it. */
  readonly #values = new Map<string, string>()

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') this.#values.clear()
    if (seen.kind === 'fetched') this.#check(seen.key, seen.batches, seen.fetchOffset)
    if (seen.kind === 'scanned') {
      const [first] = seen.batches
      assert.equal(first?.baseOffset ?? 0, 0, `${seen.key} begins with its first record`)
      this.#check(seen.key, seen.batches, 0)
    }
  }

  #check(key: string, batches: readonly SeenBatch[], from: number): void {
    let next = from
    for (const [i, { isCrcValid, baseOffset, lastOffset, records }] of batches.entries()) {
      assert.ok(isCrcValid, `${key}: the batch at ${baseOffset} has its checksum`)
      // A fetch from the middle of a batch gets the whole of it.
      const isInPlace = i === 0 ? baseOffset <= next && lastOffset >= next : baseOffset === next
      assert.ok(isInPlace, `${key}: [${baseOffset}, ${lastOffset}] does not follow ${next}`)
      assert.equal(records.length, lastOffset - baseOffset + 1, `${key}: every offset has a record`)
      for (const { offset, value } of records) {
        const place = `${key} ${offset}`
        assert.equal(this.#values.get(place) ?? value, value, `${place} has changed`)
        this.#values.set(place, value)
      }
      next = lastOffset + 1
    }
  }
}
