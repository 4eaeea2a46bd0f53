/** High watermark and log end never fall, also over a restart, but by a cut of power; a reader gets nothing above them. */
import assert from 'node:assert/strict'
import type { Invariant, Observation } from '../observation.ts'

interface Ends {
  readonly highWatermark: number
  readonly logEndOffset: number
}

export class RisingEnds implements Invariant {
  readonly #ends = new Map<string, Ends>()

  see(seen: Observation): void {
    if (seen.kind === 'down' && seen.how === 'power') this.#ends.clear()
    if (seen.kind === 'fetched') {
      const last = seen.batches.at(-1)?.lastOffset ?? -1
      assert.ok(last < seen.highWatermark, `${seen.key}: ${last} was read, the high watermark is ${seen.highWatermark}`)
    }
    if (seen.kind !== 'ends') return
    const { key, highWatermark, logEndOffset } = seen
    assert.ok(highWatermark <= logEndOffset, `${key}: the high watermark ${highWatermark} is above ${logEndOffset}`)
    const before = this.#ends.get(key) ?? { highWatermark: 0, logEndOffset: 0 }
    assert.ok(
      highWatermark >= before.highWatermark,
      `${key}: high watermark ${before.highWatermark} > ${highWatermark}`,
    )
    assert.ok(logEndOffset >= before.logEndOffset, `${key}: log end ${before.logEndOffset} > ${logEndOffset}`)
    this.#ends.set(key, { highWatermark, logEndOffset })
  }
}
