/**
 * When all is well again, every replica that lives is in sync, the logs of all replicas hold the same, byte for byte, and the
 * records are those that clients know.
 */
import assert from 'node:assert/strict'
import { type Log, readPlan } from '../../../../src/log/index.ts'
import type { PartitionImage } from '../../../../src/metadata/index.ts'
import type { ClusterNode } from '../cluster-node.ts'
import type { ClusterWorld } from '../cluster-world.ts'
import { offsetsTopic } from '../history.ts'
import { type RecordHistory, replicatedTopics } from '../record-history.ts'
import { valuesIn } from '../record-reader.ts'

const logOf = ({ node }: ClusterNode, topic: string, partition: number): Log | undefined =>
  node?.isBroker === true ? node.broker.replicas.get(topic, partition)?.log : undefined

interface LivePartition {
  readonly name: string
  readonly index: number
  readonly state: PartitionImage
  /** Of the replicas that live. */
  readonly logs: ReadonlyMap<number, Log>
}

/** Not those that wait for a broker that stays away: nobody else has what was acknowledged. */
function livePartitions({ leader, brokers }: ClusterWorld, topic: string): readonly LivePartition[] {
  const image = leader?.node?.quorum.image
  const isLive = (id: number): boolean => image?.cluster.brokers.get(id)?.fenced === false
  return [...(image?.topics.byName.get(topic)?.partitions ?? [])].flatMap(([index, state]) => {
    const { replicas, isr, eligibleLeaderReplicas, lastKnownElr } = state
    const eligible = [...isr, ...eligibleLeaderReplicas]
    if (!(eligible.length > 0 ? eligible : lastKnownElr).some(isLive)) return []
    const live = brokers.filter(({ id }) => replicas.includes(id) && isLive(id))
    const logs = new Map(
      live.flatMap((it) => {
        const log = logOf(it, topic, index)
        return log === undefined ? [] : [[it.id, log] as const]
      }),
    )
    return [{ name: `${topic}-${index}`, index, state, logs }]
  })
}

/** Why it is not well yet; undefined: it is, or there are no such topics. */
export function recordsTrouble(cluster: ClusterWorld): string | undefined {
  const partitions = [...replicatedTopics, offsetsTopic].flatMap((topic) => livePartitions(cluster, topic))
  for (const { name, state, logs } of partitions) {
    const { isr, leader } = state
    const ends = [...logs.values()].flatMap(({ logEndOffset, highWatermark }) => [logEndOffset, highWatermark])
    const isWhole = [...logs.keys()].every((id) => isr.includes(id)) && new Set(ends).size <= 1
    if (isWhole && leader >= 0) continue
    return `${name} is led by ${leader}, its ISR is ${isr}, logs of ${[...logs.keys()]} end, and are committed, at ${ends}`
  }
  return undefined
}

export async function checkRecords(cluster: ClusterWorld, histories: readonly RecordHistory[]): Promise<void> {
  for (const history of histories) {
    for (const partition of livePartitions(cluster, history.topic)) {
      history.check(partition.index, valuesIn(await sameOnAll(partition)))
    }
  }
  for (const partition of livePartitions(cluster, offsetsTopic)) await sameOnAll(partition)
}

/** What all replicas have. */
async function sameOnAll({ name, logs }: LivePartition): Promise<Uint8Array> {
  let first: { readonly id: number; readonly bytes: Uint8Array } | undefined
  for (const [id, log] of logs) {
    const bytes = await allOf(log)
    first ??= { id, bytes }
    assert.deepEqual(bytes, first.bytes, `${name} on brokers ${first.id} and ${id}`)
  }
  return first?.bytes ?? new Uint8Array(0)
}

async function allOf(log: Log): Promise<Uint8Array> {
  const startOffset = log.logStartOffset
  const plan = await log.read({ startOffset, maxBytes: 2 ** 30, maxOffset: log.logEndOffset, minOneBatch: true })
  const bytes = plan.sizeInBytes === 0 ? new Uint8Array(0) : readPlan(plan)
  assert.ok(bytes !== undefined, 'the log can be read')
  return bytes
}
