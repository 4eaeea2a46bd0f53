/**
 * Who leads a partition is in its ISR, and the ISR among its replicas, whatever happens; when all is well again, whoever has
 * a live member of the ISR has a leader that lives.
 */
import assert from 'node:assert/strict'
import type { MetadataImage } from '../../../../src/metadata/index.ts'
import type { ClusterWorld } from '../cluster-world.ts'
import { type Invariant, processOf } from '../invariant.ts'

export class PartitionLeaders implements Invariant {
  /** The image of each process that was looked at last. */
  readonly #images = new Map<string, MetadataImage>()

  inspect({ nodes }: ClusterWorld): void {
    for (const one of nodes) {
      const image = one.node?.quorum.image
      if (image === undefined || image.topics === this.#images.get(processOf(one))?.topics) continue
      this.#images.set(processOf(one), image)
      checkMembers(image)
    }
  }

  end({ leader }: ClusterWorld): void {
    const image = leader?.node?.quorum.image
    assert.ok(image !== undefined)
    const isLive = (id: number): boolean => image.cluster.brokers.get(id)?.fenced === false
    for (const { name, partitions } of image.topics.byId.values()) {
      for (const [index, { leader: leaderId, isr, eligibleLeaderReplicas }] of partitions) {
        const hasLeader = leaderId >= 0 && isLive(leaderId)
        assert.ok(
          hasLeader || ![...isr, ...eligibleLeaderReplicas].some(isLive),
          `${name}-${index} is led by ${leaderId}, its ISR is ${isr}`,
        )
      }
    }
  }
}

function checkMembers({ topics }: MetadataImage): void {
  for (const { name, partitions } of topics.byId.values()) {
    for (const [index, partition] of partitions) {
      const { leader, isr, replicas, eligibleLeaderReplicas, lastKnownElr } = partition
      const text = `${name}-${index} is led by ${leader}, its ISR is ${isr}, its replicas are ${replicas}`
      assert.ok(leader < 0 || isr.includes(leader), text)
      // Where nobody is in sync, somebody is eligible still, or was the last one who was (KIP-966).
      const known = [...isr, ...eligibleLeaderReplicas, ...lastKnownElr]
      assert.ok(known.length > 0 && known.every((id) => replicas.includes(id)), text)
    }
  }
}
