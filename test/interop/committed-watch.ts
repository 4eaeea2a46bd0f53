/**
 * What groups have committed on one topic each, as their coordinator says, which is asked again and again and looked for anew when it
 * is gone or is none any more: positions that went back, and where they are.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../../src/env/index.ts'
import { ErrorCode, findCoordinator, offsetFetch } from '../../src/protocol/index.ts'
import { Wire } from '../wire.ts'
import type { ClusterNode } from './cluster.ts'

const pauseMs = 100
/** Whoever takes longer is held up. */
const answerMs = 1000
/** By a watch that ends. */
const lastLooksMax = 10
/** By names, not by ids of topics. */
const version = 9
const { network } = createEnv()

export interface CommittedWatchOptions {
  readonly nodes: readonly ClusterNode[]
  readonly group: string
  readonly topic: string
  readonly partitionCount: number
}

export interface SetBack {
  readonly partition: number
  readonly from: number
  readonly to: number
}

export class CommittedWatch {
  readonly #options: CommittedWatchOptions
  /** By partition; -1 where nothing is committed. */
  readonly #positions: number[]
  readonly #setBacks: SetBack[] = []
  readonly #ended: Promise<void>
  #wire: Wire | undefined
  #turn = 0
  #isOver = false

  constructor(options: CommittedWatchOptions) {
    this.#options = options
    this.#positions = Array(options.partitionCount).fill(-1)
    this.#ended = this.#run()
  }

  get positions(): readonly number[] {
    return this.#positions
  }

  /** Each time that a position was lower than it had been. */
  get setBacks(): readonly SetBack[] {
    return this.#setBacks
  }
  /** Looks once more. */
  async end(): Promise<void> {
    this.#isOver = true
    await this.#ended
    for (let i = 0; i < lastLooksMax && !(await this.#look()); i++) await this.#turnOn()
    this.#wire?.destroy()
  }

  async #run(): Promise<void> {
    while (!this.#isOver) {
      if (await this.#look()) await delay(pauseMs)
      else await this.#turnOn()
    }
  }

  /** To another broker, which may know the coordinator. */
  async #turnOn(): Promise<void> {
    this.#wire?.destroy()
    this.#wire = undefined
    this.#turn += 1
    await delay(pauseMs)
  }

  /** False if there is no coordinator who answers. */
  async #look(): Promise<boolean> {
    try {
      this.#wire ??= await this.#coordinator()
      return this.#wire !== undefined && (await this.#take(this.#wire))
    } catch (error) {
      if (error instanceof Error) return false
      throw error
    }
  }

  async #coordinator(): Promise<Wire | undefined> {
    const { nodes, group } = this.#options
    const node = nodes[this.#turn % nodes.length]
    const wire = await Wire.connect(network, '127.0.0.1', node?.ports.broker ?? 0)
    try {
      const asked = wire.call(findCoordinator, { keyType: 0, coordinatorKeys: [group] })
      const found = (await Promise.race([asked, delay(answerMs)]))?.coordinators[0]
      if (found === undefined || found.errorCode !== ErrorCode.NONE) return undefined
      return await Wire.connect(network, found.host, found.port)
    } finally {
      wire.destroy()
    }
  }

  async #take(wire: Wire): Promise<boolean> {
    const { group, topic, partitionCount } = this.#options
    const topics = [{ name: topic, partitionIndexes: Array.from({ length: partitionCount }, (_, i) => i) }]
    const asked = wire.call(offsetFetch, { groups: [{ groupId: group, topics }], requireStable: true }, version)
    const answer = (await Promise.race([asked, delay(answerMs)]))?.groups[0]
    if (answer === undefined || answer.errorCode !== ErrorCode.NONE) return false
    for (const { partitionIndex, committedOffset, errorCode } of answer.topics[0]?.partitions ?? []) {
      if (errorCode !== ErrorCode.NONE) return false
      const before = this.#positions[partitionIndex] ?? -1
      const now = Number(committedOffset)
      if (now < before) this.#setBacks.push({ partition: partitionIndex, from: before, to: now })
      this.#positions[partitionIndex] = now
    }
    return true
  }
}
