/** What a scenario asks of the broker under test besides load: topics with settings, and settings that change. */
import { setTimeout as delay } from 'node:timers/promises'
import { type Uuid, zeroUuid } from '../src/base/index.ts'
import { createEnv } from '../src/env/index.ts'
import { createTopics, deleteTopics, incrementalAlterConfigs, listOffsets, produce } from '../src/protocol/index.ts'
import { buildBatch } from '../src/records/index.ts'
import { Wire } from '../test/wire.ts'

const topicResource = 2
const brokerResource = 4
const setOperation = 0
const timeoutMs = 120_000
/** The broker has not heard of the topic, or not made its logs. */
const notYet = new Set([3, 6])

type Settings = Readonly<Record<string, string>>

export async function onWire<T>(port: number, work: (wire: Wire) => Promise<T>): Promise<T> {
  const wire = await Wire.connect(createEnv().network, '127.0.0.1', port)
  try {
    return await work(wire)
  } finally {
    wire.destroy()
  }
}

function check(code: number | undefined, what: string): void {
  if (code !== 0) throw new Error(`${what} was answered with error ${code}`)
}

interface NewTopic {
  readonly name: string
  readonly partitions: number
  /** 1 by itself. */
  readonly replicationFactor?: number
  readonly settings: Settings
}

/** Returns its id. */
export function createTopic(port: number, topic: NewTopic): Promise<Uuid> {
  return onWire(port, async (wire) => {
    const { name, partitions: numPartitions, replicationFactor = 1, settings } = topic
    const configs = Object.entries(settings).map(([key, value]) => ({ name: key, value }))
    const wanted = { name, numPartitions, replicationFactor, assignments: [], configs }
    const { topics } = await wire.call(createTopics, { topics: [wanted], timeoutMs, validateOnly: false })
    check(topics[0]?.errorCode, 'CreateTopics')
    return topics[0]?.topicId ?? zeroUuid
  })
}

/** Of a topic, or of all brokers where the name is empty. */
export function alterConfigs(port: number, { topic, settings }: { topic: string; settings: Settings }): Promise<void> {
  return onWire(port, async (wire) => {
    const configs = Object.entries(settings).map(([name, value]) => ({ name, configOperation: setOperation, value }))
    const resourceType = topic === '' ? brokerResource : topicResource
    const resources = [{ resourceType, resourceName: topic, configs }]
    const { responses } = await wire.call(incrementalAlterConfigs, { resources, validateOnly: false })
    check(responses[0]?.errorCode, 'IncrementalAlterConfigs')
  })
}

/** One record to each partition, as soon as it has a leader. */
export function touchAll(port: number, { topic, partitions }: { topic: string; partitions: number }): Promise<void> {
  return onWire(port, async (wire) => {
    const records = buildBatch([{ key: Buffer.from('k'), value: Buffer.from('touched'), timestampMs: Date.now() }])
    let left = Array.from({ length: partitions }, (_, index) => index)
    for (const endMs = Date.now() + timeoutMs; left.length > 0; ) {
      const partitionData = left.map((index) => ({ index, records }))
      const topicData = [{ name: topic, partitionData }]
      const { responses } = await wire.call(produce, { acks: 1, timeoutMs, topicData }, 11)
      const replies = responses[0]?.partitionResponses ?? []
      const waiting = replies.filter(({ errorCode }) => notYet.has(errorCode) && Date.now() < endMs)
      for (const reply of replies) if (!waiting.includes(reply)) check(reply.errorCode, 'Produce')
      left = waiting.map(({ index }) => index)
      if (left.length > 0) await delay(100)
    }
  })
}

export function deleteTopic(port: number, name: string): Promise<void> {
  return onWire(port, async (wire) => {
    const { responses } = await wire.call(deleteTopics, { topics: [{ name, topicId: zeroUuid }], timeoutMs })
    check(responses[0]?.errorCode, 'DeleteTopics')
  })
}

/** How many records a topic has: of a new one, to which nobody has written by transactions. */
export function recordCount(port: number, { name, partitions }: { name: string; partitions: number }): Promise<number> {
  return onWire(port, async (wire) => {
    const asked = Array.from({ length: partitions }, (_, partitionIndex) => ({ partitionIndex, timestamp: -1n }))
    const { topics } = await wire.call(listOffsets, { replicaId: -1, topics: [{ name, partitions: asked }] })
    const told = topics[0]?.partitions ?? []
    for (const { errorCode } of told) check(errorCode, 'ListOffsets')
    return told.reduce((sum, { offset }) => sum + offset, 0)
  })
}
