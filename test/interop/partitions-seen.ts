/** Leaders and replicas in sync of a topic, as a broker tells clients. */
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../src/env/index.ts'
import { metadata } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import type { ClusterNode } from './cluster.ts'
import { until } from './kit.ts'

const { network } = createEnv()

/** More than a broker takes that waits for its controller. */
const askedTimeoutMs = 90_000

/** On a connection of its own; a broker that does not answer in time is told of, with its log. */
export async function asked<T>(node: ClusterNode, ask: (wire: Wire) => Promise<T>): Promise<T> {
  const connecting = Wire.connect(network, '127.0.0.1', node.ports.broker)
  const asking = new AbortController()
  const { signal } = asking
  const late = delay(askedTimeoutMs, undefined, { signal }).then(() => {
    throw new Error(`no answer within ${askedTimeoutMs} ms\n${node.logTail()}`)
  })
  try {
    return await Promise.race([connecting.then(ask), late])
  } finally {
    asking.abort()
    connecting.then(
      (wire) => wire.destroy(),
      () => undefined,
    )
  }
}

export interface SeenPartition {
  readonly leader: number
  readonly isr: readonly number[]
  readonly replicas: readonly number[]
}

export const partitionsOf = (node: ClusterNode, name: string): Promise<readonly SeenPartition[]> =>
  asked(node, async (wire) => {
    const { topics } = await wire.call(metadata, { topics: [{ name }] })
    const seen = topics[0]?.partitions.toSorted((a, b) => a.partitionIndex - b.partitionIndex) ?? []
    return seen.map(({ leaderId, isrNodes, replicaNodes }) => ({
      leader: leaderId,
      isr: isrNodes,
      replicas: replicaNodes,
    }))
  })

/** Each partition has a leader among `ids`, and these are in sync, and nobody else. */
export const untilInSync = (node: ClusterNode, name: string, ids: readonly number[]): Promise<void> =>
  until({
    what: `in sync for each partition of ${name} are ${ids}`,
    timeoutMs: 90_000,
    condition: async () => {
      const partitions = await partitionsOf(node, name)
      const isInSync = ({ leader, isr }: SeenPartition): boolean =>
        ids.includes(leader) && isr.length === ids.length && ids.every((id) => isr.includes(id))
      return partitions.length > 0 && partitions.every(isInSync)
    },
  })
