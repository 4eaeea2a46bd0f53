/** Who runs a cluster, with Kafka's tools: moves replicas, and sees where they are. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { listPartitionReassignments, metadata } from '../../src/protocol/index.ts'
import type { Cluster, ClusterNode } from './cluster.ts'
import type { Tool } from './java-tool.ts'
import { uniqueName, until } from './kit.ts'
import { asked } from './partitions-seen.ts'
import { ToolProcess } from './tool-process.ts'

export interface Placed {
  readonly topic: string
  readonly partition: number
  /** Ids of brokers, the preferred leader first. */
  readonly replicas: readonly number[]
}

export interface Replicated extends Placed {
  readonly leader: number
  readonly isr: readonly number[]
}

const timeoutMs = 60_000
const doneTimeoutMs = 180_000

export class Operator {
  readonly cluster: Cluster
  /** For the files of its plans. */
  readonly #folder: string
  readonly #process: ToolProcess

  private constructor(cluster: Cluster, folder: string, process: ToolProcess) {
    this.cluster = cluster
    this.#folder = folder
    this.#process = process
  }

  static async start(cluster: Cluster, folder: string): Promise<Operator> {
    return new Operator(cluster, folder, await ToolProcess.start())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#process[Symbol.asyncDispose]()
  }

  /** What a tool prints, which must succeed. */
  async run(tool: Tool, args: readonly string[]): Promise<string> {
    const server = ['--bootstrap-server', this.cluster.bootstrap]
    // `kafka-cluster` has its verb first.
    const placed = tool === 'cluster' ? [...args.slice(0, 1), ...server, ...args.slice(1)] : [...server, ...args]
    const { code, stdout, stderr } = await this.#process.run(tool, placed)
    assert.equal(code, 0, `${tool} ${args.join(' ')}\n${stdout}\n${stderr}`)
    return stdout
  }

  /** With a throttle, in bytes a second, where one is given. */
  async move(plan: readonly Placed[], bytesPerSecond?: number): Promise<void> {
    const throttle = bytesPerSecond === undefined ? [] : ['--throttle', `${bytesPerSecond}`]
    const printed = await this.#reassign('--execute', plan, [...throttle, '--additional'])
    assert.match(printed, /^Successfully started partition reassignments? for /m)
  }

  /** Where a broker of the plan is dead, the throttles cannot be taken away: the tool waits for it for a minute. */
  async cancel(plan: readonly Placed[], more: { readonly preservesThrottles?: boolean } = {}): Promise<void> {
    const flags = more.preservesThrottles === true ? ['--preserve-throttles'] : []
    const printed = await this.#reassign('--cancel', plan, flags)
    assert.match(printed, /^Successfully cancelled partition reassignments? for: /m)
  }

  /** Of what does not move any more, wherever it is. */
  async clearThrottles(plan: readonly Placed[]): Promise<void> {
    assert.match(await this.#reassign('--verify', plan, []), /^Clearing broker-level throttles on brokers /m)
  }

  /** All are where they are to be, and what throttled them is gone. */
  async untilMoved(plan: readonly Placed[]): Promise<void> {
    await until({
      what: `moved: ${JSON.stringify(plan)}`,
      timeoutMs: doneTimeoutMs,
      condition: async () => (await this.underWay()).length === 0,
      seen: () => this.cluster.brokers.map((node) => node.logTail()).join('\n'),
    })
    const printed = await this.#reassign('--verify', plan, [])
    const done = printed.match(/^Reassignment of partition \S+ is completed\.$/gm) ?? []
    assert.equal(done.length, plan.length, printed)
  }

  #reassign(action: string, partitions: readonly Placed[], more: readonly string[]): Promise<string> {
    const file = join(this.#folder, `${uniqueName('plan')}.json`)
    writeFileSync(file, JSON.stringify({ version: 1, partitions }))
    return this.run('reassignPartitions', [action, '--reassignment-json-file', file, ...more])
  }

  get #witness(): ClusterNode {
    const running = this.cluster.brokers.filter(({ isRunning }) => isRunning)
    const [witness] = running
    assert.ok(witness, 'no broker runs')
    return witness
  }

  /** Names of the partitions that are moved. */
  async underWay(): Promise<readonly string[]> {
    const request = { topics: null, timeoutMs }
    const { topics } = await asked(this.#witness, (wire) => wire.call(listPartitionReassignments, request))
    return topics.flatMap(({ name, partitions }) => partitions.map((it) => `${name}-${it.partitionIndex}`))
  }

  /** Of all topics, the internal ones too. */
  async partitions(): Promise<readonly Replicated[]> {
    const { topics } = await asked(this.#witness, (wire) => wire.call(metadata, { topics: null }))
    return topics.flatMap(({ name, partitions }) =>
      partitions.map(({ partitionIndex, leaderId, isrNodes, replicaNodes }) => ({
        topic: name ?? '',
        partition: partitionIndex,
        replicas: replicaNodes,
        leader: leaderId,
        isr: isrNodes,
      })),
    )
  }

  async partitionsOf(topic: string): Promise<readonly Replicated[]> {
    return (await this.partitions()).filter((it) => it.topic === topic)
  }

  async untilAllInSync(): Promise<void> {
    let seen: readonly Replicated[] = []
    const condition = async (): Promise<boolean> => {
      seen = await this.partitions()
      return seen.every(({ isr, replicas, leader }) => leader >= 0 && isr.length === replicas.length)
    }
    await until({ what: 'all replicas are in sync', timeoutMs, condition, seen: () => JSON.stringify(seen) })
  }
}
