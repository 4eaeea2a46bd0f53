/**
 * Of one process neither the epoch nor the high watermark nor the image goes back; of one disk neither does the epoch that
 * the vote file tells, across kills and power cuts.
 */
import assert from 'node:assert/strict'
import type { ClusterWorld } from '../cluster-world.ts'
import { diskOf, type Invariant, processOf } from '../invariant.ts'

interface Seen {
  readonly epoch: number
  readonly highWatermark: number
  readonly imageOffset: number
}

const nothing: Seen = { epoch: 0, highWatermark: 0, imageOffset: -1 }

export class Rising implements Invariant {
  readonly #processes = new Map<string, Seen>()
  /** Of each disk: what its vote file says is durable before the node says it. */
  readonly #epochs = new Map<string, number>()

  sample({ nodes }: ClusterWorld): void {
    for (const one of nodes) {
      const { node, view, id } = one
      if (node === undefined || view === undefined) continue
      const { leaderEpoch: epoch, highWatermark, leaderId } = view
      const imageOffset = node.quorum.image.provenance.offset
      const process = processOf(one)
      const before = this.#processes.get(process) ?? nothing
      assert.ok(epoch >= before.epoch, `the epoch of node ${id} falls from ${before.epoch} to ${epoch}`)
      assert.ok(
        highWatermark >= before.highWatermark,
        `the high watermark of node ${id} falls from ${before.highWatermark} to ${highWatermark}`,
      )
      assert.ok(imageOffset >= before.imageOffset, `the image of node ${id} goes back to ${imageOffset}`)
      assert.ok(
        imageOffset < highWatermark || imageOffset < 0,
        `node ${id} shows what it does not know to be committed`,
      )
      this.#processes.set(process, { epoch, highWatermark, imageOffset })
      const led = this.#epochs.get(diskOf(one)) ?? 0
      assert.ok(epoch >= led, `node ${id} has led or followed epoch ${led}, and is in ${epoch}`)
      // Who follows or leads has written it down.
      if (leaderId >= 0) this.#epochs.set(diskOf(one), epoch)
    }
  }
}
