/** The cluster of the scenarios of replication: three nodes that are controller and broker both. */
import type { NodeSpec } from '../cluster.ts'

export const threeNodes: readonly Omit<NodeSpec, 'kind'>[] = [1, 2, 3].map((id) => ({
  id,
  roles: ['controller', 'broker'],
}))
