/** The clusters of the suites, in the folder of a run. */
import { Cluster as AnyCluster, type ClusterOptions } from '../../bench/cluster.ts'
import { runFolder } from './kit.ts'

export type { ClusterNode, Kind } from '../../bench/cluster.ts'

interface NamedOptions extends Omit<ClusterOptions, 'folder'> {
  readonly name: string
}

export type Cluster = AnyCluster

export const Cluster = {
  make: ({ name, ...options }: NamedOptions): Promise<AnyCluster> =>
    AnyCluster.make({ ...options, folder: runFolder(name) }),
}
