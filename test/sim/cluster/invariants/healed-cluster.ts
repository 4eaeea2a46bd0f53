/** When all is well again, all nodes know the same, and the brokers are fenced or not as their lives say. */
import assert from 'node:assert/strict'
import {
  encodeRecord,
  latestMetadataVersion,
  type MetadataImage,
  snapshotRecords,
} from '../../../../src/metadata/index.ts'
import type { ClusterNode } from '../cluster-node.ts'
import type { ClusterWorld } from '../cluster-world.ts'
import type { Invariant } from '../invariant.ts'

/** Sorted: maps of two images need not have the same order. */
const textOf = (image: MetadataImage): readonly string[] =>
  [...snapshotRecords(image)]
    .map((record) => Buffer.from(encodeRecord(record, latestMetadataVersion)).toString('base64'))
    .sort()

export class HealedCluster implements Invariant {
  /** Why it is not well yet; undefined: it is. */
  static trouble(cluster: ClusterWorld): string | undefined {
    cluster.look()
    const { nodes, brokers, leader } = cluster
    if (leader?.node === undefined) return 'nobody leads'
    const { image } = leader.node.quorum
    const { offset: end } = image.provenance
    for (const one of nodes) {
      if (one.state === 'down' && !one.isWanted) continue
      if (one.node === undefined || one.state !== 'up') return `node ${one.id} is ${one.state}`
      const { offset } = one.node.quorum.image.provenance
      // All in one moment: then they have to be equal.
      if (offset !== end) return `node ${one.id} has metadata up to ${offset} of ${end}`
      const applied = one.isBroker ? one.node.broker.image.provenance.offset : offset
      if (applied < offset) return `broker ${one.id} has applied up to ${applied} of ${offset}`
    }
    return brokers.map((one) => brokerTrouble(one, image)).find((it) => it !== undefined)
  }

  end({ nodes }: ClusterWorld): void {
    const images = nodes.flatMap(({ id, node }) => (node === undefined ? [] : [{ id, image: node.quorum.image }]))
    const [first] = images
    assert.ok(first !== undefined)
    for (const { id, image } of images) {
      assert.deepEqual(textOf(image), textOf(first.image), `the metadata of nodes ${first.id} and ${id}`)
    }
    for (const { id, node } of nodes) {
      if (node?.isBroker === true) assert.deepEqual(textOf(node.broker.image), textOf(first.image), `broker ${id}`)
    }
  }
}

function brokerTrouble({ id, state }: ClusterNode, image: MetadataImage): string | undefined {
  const broker = image.cluster.brokers.get(id)
  const isFenced = broker?.fenced ?? true
  if (state === 'down') return isFenced ? undefined : `broker ${id} is down and not fenced`
  if (broker === undefined) return `broker ${id} is not registered`
  return isFenced || broker.inControlledShutdown ? `broker ${id} lives and is fenced` : undefined
}
