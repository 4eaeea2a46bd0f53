/** Sequences of a producer follow one another in a partition, and no producer id is given twice. */
import assert from 'node:assert/strict'
import type { Invariant, Observation, SeenBatch } from '../observation.ts'

export class ProducerSequences implements Invariant {
  /** Producers, and how many cuts of power there had been when each was made. */
  readonly #producers = new Map<string, number>()
  #powerCuts = 0

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') this.#powerCuts++
    if (seen.kind === 'producer') {
      const name = `${seen.producerId}/${seen.producerEpoch}`
      assert.ok(!this.#producers.has(name), `producer ${name} is given once`)
      this.#producers.set(name, this.#powerCuts)
    }
    if (seen.kind === 'scanned') this.#scan(seen.key, seen.batches)
  }

  #scan(key: string, batches: readonly SeenBatch[]): void {
    const next = new Map<string, number>()
    for (const { producerId, producerEpoch, baseSequence, baseOffset, records } of batches) {
      if (producerId < 0) continue
      const name = `${producerId}/${producerEpoch}`
      const bornIn = this.#producers.get(name)
      assert.ok(bornIn !== undefined, `${key}: producer ${name} was given to nobody`)
      // As Kafka: who has nothing in the log, for power took it, may go on where it was.
      const expected = next.get(name) ?? (bornIn === this.#powerCuts ? 0 : baseSequence)
      assert.equal(baseSequence, expected, `${key}: the sequence of producer ${name} at ${baseOffset}`)
      next.set(name, baseSequence + records.length)
    }
  }
}
