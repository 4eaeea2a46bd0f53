/** Topics for the scenarios of the quorum: made one by one and timed, or many at once. */
import { readdirSync } from 'node:fs'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { createTopics, ErrorCode } from '../../src/protocol/index.ts'
import type { Wire } from '../../test/wire.ts'
import { createTopic, onWire } from '../admin.ts'

const timeoutMs = 120_000
const pollMs = 100

/** Of one partition with one replica. Gives the error code. */
export async function askForTopic(wire: Wire, name: string): Promise<number> {
  const topics = [{ name, numPartitions: 1, replicationFactor: 1 }]
  const reply = await wire.call(createTopics, { topics, timeoutMs })
  return reply.topics[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR
}

export interface Latency {
  readonly p50Ms: number
  readonly p99Ms: number
}

/** By one client that waits for each answer. */
export function createOneByOne(port: number, prefix: string, count: number): Promise<Latency> {
  return onWire(port, async (wire) => {
    const tookMs: number[] = []
    for (let i = 0; i < count; i++) {
      const startMs = performance.now()
      const code = await askForTopic(wire, `${prefix}-${i}`)
      tookMs.push(performance.now() - startMs)
      if (code !== ErrorCode.NONE) throw new Error(`${prefix}-${i} was answered with error ${code}`)
    }
    tookMs.sort((a, b) => a - b)
    const at = (share: number): number => tookMs[Math.min(count - 1, Math.floor(count * share))] ?? Number.NaN
    return { p50Ms: at(0.5), p99Ms: at(0.99) }
  })
}

export interface ManyOptions {
  readonly port: number
  /** The log directory of the broker, where all partitions are in the end. */
  readonly directory: string
  readonly topics: number
  readonly partitions: number
}

const prefix = 'many'

/** Resolves when the broker has made the logs of all of them. */
export async function createMany({ port, directory, topics, partitions }: ManyOptions): Promise<void> {
  for (let i = 0; i < topics; i++) await createTopic(port, { name: `${prefix}-${i}`, partitions, settings: {} })
  for (const endMs = Date.now() + timeoutMs; ; await delay(pollMs)) {
    const made = readdirSync(directory).filter((name) => name.startsWith(`${prefix}-`)).length
    if (made === topics * partitions) return
    if (Date.now() > endMs) throw new Error(`${made} of ${topics * partitions} logs are there after ${timeoutMs} ms`)
  }
}
