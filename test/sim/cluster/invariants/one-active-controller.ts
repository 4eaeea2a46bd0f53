/**
 * An epoch of the quorum has one active controller at most. What an active controller has decided on is
 * committed in its own epoch or not at all, which `CommittedLog` sees: epochs of what is committed never fall.
 */
import assert from 'node:assert/strict'
import type { ClusterWorld } from '../cluster-world.ts'
import type { Invariant } from '../invariant.ts'

export class OneActiveController implements Invariant {
  readonly #active = new Map<number, number>()

  sample({ nodes }: ClusterWorld): void {
    for (const { id, node, view } of nodes) {
      if (node?.quorum.isActive !== true || view === undefined) continue
      const { leaderEpoch, isLeader } = view
      // Who has just lost its leadership is told in its turn; until then nothing that it decides is taken.
      if (!isLeader) continue
      const known = this.#active.get(leaderEpoch) ?? id
      assert.equal(id, known, `controllers ${known} and ${id} are active in epoch ${leaderEpoch}`)
      this.#active.set(leaderEpoch, id)
    }
  }
}
