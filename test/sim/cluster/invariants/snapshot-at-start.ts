/**
 * A log that does not begin at 0 begins where a snapshot ends, or, as a start leaves it, with the segment in which one ends
 * (as in Kafka): nothing is missing between the two. Snapshots are durable and not ahead of what is committed.
 */
import assert from 'node:assert/strict'
import type { ClusterWorld } from '../cluster-world.ts'
import type { Invariant } from '../invariant.ts'
import { StoredLog } from '../stored-log.ts'

export class SnapshotAtStart implements Invariant {
  /** Offsets of all snapshots that were seen. */
  readonly #seen = new Set<string>()

  get count(): number {
    return this.#seen.size
  }

  inspect({ nodes, world }: ClusterWorld): void {
    for (const { id, name, node, view } of nodes) {
      if (node === undefined || view === undefined) continue
      const { snapshots, firstOffset } = new StoredLog(world.disk(name), 'durable')
      const { highWatermark } = view
      for (const { offset, epoch } of snapshots) {
        assert.ok(offset <= highWatermark, `node ${id} has a snapshot at ${offset}, and knows of ${highWatermark}`)
        this.#seen.add(`${offset}-${epoch}`)
      }
      const start = node.quorum.port.logStartOffset()
      const isThere = snapshots.some(({ offset }) => offset === start || (offset > start && firstOffset === start))
      const text = `the log of node ${id} starts at ${start}, its snapshots are at ${snapshots.map((it) => it.offset)}`
      assert.ok(start === 0 || isThere, text)
    }
  }
}
