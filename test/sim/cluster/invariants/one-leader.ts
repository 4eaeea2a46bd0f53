/** An epoch has one leader: as nodes say when they take a role, as they are seen, and as clients are told. */
import assert from 'node:assert/strict'
import type { LogLine } from '../../../../src/sim/index.ts'
import { nodeName } from '../cluster-node.ts'
import type { ClusterWorld } from '../cluster-world.ts'
import type { Invariant } from '../invariant.ts'

export class OneLeader implements Invariant {
  readonly #leaders = new Map<number, number>()

  /** Epochs that somebody has led. */
  get count(): number {
    return this.#leaders.size
  }

  logged({ node, message, fields }: LogLine): void {
    if (message !== 'this node has another role in the quorum' || fields['role'] !== 'leader') return
    assert.equal(node, nodeName(Number(fields['leader'])), 'who leads says that it is itself')
    this.led(Number(fields['epoch']), Number(fields['leader']))
  }

  sample({ nodes }: ClusterWorld): void {
    for (const { view } of nodes) {
      if (view !== undefined && view.leaderId >= 0) this.led(view.leaderEpoch, view.leaderId)
    }
  }

  led(epoch: number, leaderId: number): void {
    const known = this.#leaders.get(epoch) ?? leaderId
    assert.equal(leaderId, known, `nodes ${known} and ${leaderId} lead epoch ${epoch}`)
    this.#leaders.set(epoch, leaderId)
  }
}
