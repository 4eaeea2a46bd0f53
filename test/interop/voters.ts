/** The voters of a dynamic quorum as `kafka-metadata-quorum` changes them. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster, ClusterNode } from './cluster.ts'
import { runTool } from './java-tool.ts'
import { until } from './kit.ts'

export const quorumTool = (cluster: Cluster, ...args: readonly string[]): Promise<string> =>
  runTool('metadataQuorum', ['--bootstrap-controller', cluster.bootstrapControllers, ...args])

const directoryIdOf = ({ directory }: ClusterNode): string =>
  /directory\.id=(.*)/.exec(readFileSync(join(directory, 'meta.properties'), 'utf8'))?.[1] ?? ''

export async function untilVoters(cluster: Cluster, ids: readonly number[]): Promise<void> {
  let seen: readonly number[] = []
  await until({
    what: `the voters are ${ids}`,
    timeoutMs: 30_000,
    condition: async () => {
      seen = await cluster.voters()
      return `${seen}` === `${ids}`
    },
    seen: () => `the voters are ${seen}`,
  })
}

/** It runs; its own configuration says who it is. */
export async function addVoter(cluster: Cluster, node: ClusterNode): Promise<void> {
  await until({
    what: `node ${node.id} follows`,
    timeoutMs: 60_000,
    condition: async () => (await quorumTool(cluster, 'describe', '--replication')).includes(directoryIdOf(node)),
  })
  await quorumTool(cluster, '--command-config', node.file, 'add-controller')
}

export const removeVoter = (cluster: Cluster, node: ClusterNode): Promise<string> =>
  quorumTool(
    cluster,
    'remove-controller',
    '--controller-id',
    `${node.id}`,
    '--controller-directory-id',
    directoryIdOf(node),
  )
