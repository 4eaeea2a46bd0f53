/**
 * Who leads each partition of some topics, and since when, as a client learns it: Metadata is asked again and again of a broker
 * that answers. The newest leader epoch counts, since a broker that was held up tells what it knew before.
 */
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../src/env/index.ts'
import { type MetadataResponse, metadata } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import type { ClusterNode } from './cluster.ts'

const pauseMs = 25
/** Whoever takes longer is held up: the next one is asked. */
const answerMs = 500
const { network } = createEnv()

export interface Led {
  readonly leader: number
  readonly epoch: number
  /** Of the monotonic clock, when it was learnt. */
  readonly atMs: number
}

const keyOf = (topic: string, partition: number): string => `${topic}-${partition}`

export class LeaderWatch {
  readonly #nodes: readonly ClusterNode[]
  readonly #topics: readonly string[]
  /** By partition, the newest last. */
  readonly #led = new Map<string, Led[]>()
  readonly #ended: Promise<void>
  #wire: Wire | undefined
  #turn = 0
  #isOver = false

  constructor(nodes: readonly ClusterNode[], topics: readonly string[]) {
    this.#nodes = nodes
    this.#topics = topics
    this.#ended = this.#run()
  }

  /** Undefined while nobody leads, or nobody has told yet. */
  leaderOf(topic: string, partition: number): Led | undefined {
    const last = this.#led.get(keyOf(topic, partition))?.at(-1)
    return last === undefined || last.leader < 0 ? undefined : last
  }

  /** When another than `before` was named as its leader, the first time since. */
  namedAtMs(topic: string, partition: number, { sinceMs, before }: { sinceMs: number; before: number }): number {
    const named = this.#led
      .get(keyOf(topic, partition))
      ?.find(({ leader, atMs }) => atMs >= sinceMs && leader >= 0 && leader !== before)
    if (named === undefined) throw new Error(`nobody but ${before} was named as the leader of ${topic}-${partition}`)
    return named.atMs
  }

  async end(): Promise<void> {
    this.#isOver = true
    await this.#ended
    this.#wire?.destroy()
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      const answer = await this.#ask()
      if (answer === undefined) {
        this.#wire?.destroy()
        this.#wire = undefined
        this.#turn += 1
      } else {
        this.#take(answer)
      }
      await delay(pauseMs)
    }
  }

  /** Undefined of one that is gone or held up. */
  async #ask(): Promise<MetadataResponse | undefined> {
    const node = this.#nodes[this.#turn % this.#nodes.length]
    try {
      this.#wire ??= await Wire.connect(network, '127.0.0.1', node?.ports.broker ?? 0)
      const topics = this.#topics.map((name) => ({ name }))
      const asked = this.#wire.call(metadata, { topics, allowAutoTopicCreation: false })
      return (await Promise.race([asked, delay(answerMs)])) ?? undefined
    } catch (error) {
      if (error instanceof Error) return undefined
      throw error
    }
  }

  #take({ topics }: MetadataResponse): void {
    const atMs = performance.now()
    for (const { name, partitions } of topics) {
      for (const { partitionIndex, leaderId: leader, leaderEpoch: epoch } of partitions) {
        const key = keyOf(name ?? '', partitionIndex)
        const led = this.#led.get(key) ?? []
        this.#led.set(key, led)
        if (epoch > (led.at(-1)?.epoch ?? -1)) led.push({ leader, epoch, atMs })
      }
    }
  }
}
