/** Who leads a quorum of both kinds. */
import assert from 'node:assert/strict'
import type { Cluster, ClusterNode, Kind } from './cluster.ts'

/** Leaders stop until one of this kind leads; each is back before the next one goes. */
export async function letLead(cluster: Cluster, kind: Kind): Promise<ClusterNode> {
  let leader = await cluster.leader()
  for (let i = 0; leader.kind !== kind; i++) {
    assert.ok(i < 20, `nobody of ${kind} leads after 20 elections`)
    const before = leader
    await before.stop()
    leader = await cluster.leader({ except: before })
    await before.start()
    await cluster.inStep()
  }
  return leader
}
