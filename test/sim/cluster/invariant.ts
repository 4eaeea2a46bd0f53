/** What must hold of a cluster: looked at every so often, and once more when all is well again. */
import type { LogLine } from '../../../src/sim/index.ts'
import type { ClusterNode } from './cluster-node.ts'
import type { ClusterWorld } from './cluster-world.ts'

export interface Invariant {
  /** A line of a log: the moment at which a node takes another role. */
  logged?(line: LogLine): void
  /** Cheap: after every few events. */
  sample?(cluster: ClusterWorld): void
  /** Looks into logs on disks: a few times a second, and before a process ends. */
  inspect?(cluster: ClusterWorld): void
  /** When all is well again. */
  end?(cluster: ClusterWorld): void
}

/** A name for the process of a node that is running now. */
export const processOf = ({ id, life }: ClusterNode): string => `${id} ${life}`

/** A name for what a node has stored. */
export const diskOf = ({ id, disk }: ClusterNode): string => `${id} ${disk}`
