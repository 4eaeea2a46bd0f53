/** Topics of one partition with a replica on each of three brokers, the first of which leads. */
import { setTimeout as delay } from 'node:timers/promises'
import { createTopics, ErrorCode, metadata } from '../../src/protocol/index.ts'
import { onWire } from '../admin.ts'
import type { ClusterNode } from '../cluster.ts'

const timeoutMs = 60_000
const pollMs = 50

export interface LedTopic {
  readonly name: string
  readonly leader: ClusterNode
  readonly followers: readonly ClusterNode[]
}

/** Resolves when its leader knows it. */
export function createLedTopic({ name, leader, followers }: LedTopic): Promise<void> {
  return onWire(leader.ports.broker, async (wire) => {
    const brokerIds = [leader, ...followers].map(({ id }) => id)
    const assignments = [{ partitionIndex: 0, brokerIds }]
    const configs = [{ name: 'min.insync.replicas', value: '2' }]
    const topics = [{ name, numPartitions: -1, replicationFactor: -1, assignments, configs }]
    const reply = await wire.call(createTopics, { topics, timeoutMs })
    const code = reply.topics[0]?.errorCode
    if (code !== ErrorCode.NONE) throw new Error(`CreateTopics was answered with error ${code}`)
    for (const endMs = Date.now() + timeoutMs; Date.now() < endMs; await delay(pollMs)) {
      const known = await wire.call(metadata, { topics: [{ name }], allowAutoTopicCreation: false })
      const partition = known.topics[0]?.partitions[0]
      if (partition?.leaderId === leader.id && partition.isrNodes.length === brokerIds.length) return
    }
    throw new Error(`${name} is not led by ${leader.id} after ${timeoutMs} ms`)
  })
}
