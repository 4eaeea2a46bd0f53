/**
 * What was acknowledged is read back, once. A cut of power takes a last part of it: nothing in between is missing. Of a
 * topic that flushes each message it takes nothing.
 */
import assert from 'node:assert/strict'
import type { Invariant, Observation, SeenBatch } from '../observation.ts'

interface Acknowledged {
  readonly value: string
  readonly life: number
}

class PartitionPromises {
  readonly byOffset = new Map<number, Acknowledged>()
  readonly sent = new Set<string>()
  /** The last offset that this life had acknowledged when the scan began. */
  scanBound = -1
  /** The first offset of an earlier life that was given anew. */
  overwrittenFrom = Number.MAX_SAFE_INTEGER
}

export class AcknowledgedRecords implements Invariant {
  readonly #partitions = new Map<string, PartitionPromises>()
  readonly #isDurable: (key: string) => boolean
  #life = 0
  acknowledged = 0
  lost = 0

  constructor(isDurable: (key: string) => boolean) {
    this.#isDurable = isDurable
  }

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') this.#life++
    if (seen.kind === 'sent') for (const value of seen.values) this.#of(seen.key).sent.add(value)
    if (seen.kind === 'acknowledged') this.#promise(seen)
    if (seen.kind === 'scan-begins') this.#begin(seen.key)
    if (seen.kind === 'scanned') this.#scan(seen.key, seen.batches)
  }

  #of(key: string): PartitionPromises {
    const known = this.#partitions.get(key) ?? new PartitionPromises()
    this.#partitions.set(key, known)
    return known
  }

  #promise({ key, source, baseOffset, values }: Extract<Observation, { kind: 'acknowledged' }>): void {
    const { life } = source
    const promises = this.#of(key)
    const { byOffset } = promises
    for (const [i, value] of values.entries()) {
      const before = byOffset.get(baseOffset + i)
      const isTaken = before !== undefined && before.life === life
      assert.ok(!isTaken, `${key}: ${baseOffset + i} was given to ${before?.value} and to ${value}`)
      // An answer of before the cut of power that comes late says nothing about what is there now.
      if (before === undefined || before.life < life) byOffset.set(baseOffset + i, { value, life })
      if (before !== undefined) promises.overwrittenFrom = Math.min(promises.overwrittenFrom, baseOffset + i)
      this.acknowledged++
    }
  }

  #begin(key: string): void {
    const promises = this.#of(key)
    promises.scanBound = -1
    for (const [offset, { life }] of promises.byOffset) {
      if (life === this.#life) promises.scanBound = Math.max(promises.scanBound, offset)
    }
  }

  #scan(key: string, batches: readonly SeenBatch[]): void {
    const promises = this.#of(key)
    const { byOffset, sent, scanBound } = promises
    const read = batches.flatMap(({ records }) => records.map(({ value }) => value))
    assert.equal(new Set(read).size, read.length, `${key}: no record twice`)
    for (const value of read) assert.ok(sent.has(value), `${key}: ${value} was sent by nobody`)
    let lostFrom = promises.overwrittenFrom
    promises.overwrittenFrom = Number.MAX_SAFE_INTEGER
    assert.ok(lostFrom === Number.MAX_SAFE_INTEGER || !this.#isDurable(key), `${key}: ${lostFrom} was given twice`)
    for (const [offset, { value, life }] of [...byOffset].sort(([a], [b]) => a - b)) {
      if (life === this.#life && offset > scanBound) continue
      if (read[offset] === value) {
        assert.ok(
          life === this.#life || offset < lostFrom,
          `${key}: ${lostFrom} is lost and ${offset} behind it is not`,
        )
        continue
      }
      const isAllowed = life < this.#life && !this.#isDurable(key)
      assert.ok(isAllowed, `${key}: ${offset} was acknowledged as ${value} and is ${read[offset]}`)
      lostFrom = Math.min(lostFrom, offset)
      byOffset.delete(offset)
      this.lost++
    }
    for (const [offset, { value }] of byOffset) byOffset.set(offset, { value, life: this.#life })
  }
}
