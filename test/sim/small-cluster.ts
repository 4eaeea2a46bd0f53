/** Three controllers with static voters, 1 to 3, and broker 101, on disks and a network that do nobody harm. */
import assert from 'node:assert/strict'
import { type Api, createTopics, ErrorCode, type Fields, type Infer } from '../../src/protocol/index.ts'
import { World } from '../../src/sim/index.ts'
import { Wire } from '../wire.ts'
import { brokerPort, ClusterNode, controllerPort, placesOf, textsOf } from './cluster/cluster-node.ts'
import { type ClusterOptions, drawnOptions } from './cluster/options.ts'
import { synchronousJobs } from './synchronous-jobs.ts'

export class SmallCluster {
  readonly world = new World({ seed: 1, turn: setImmediate, jobs: synchronousJobs })
  readonly nodes: readonly ClusterNode[]
  failure: Error | undefined

  /** `configs`: of each node, beside what the options say. */
  constructor(settings: Partial<ClusterOptions> = {}, configs: Readonly<Record<string, string>> = {}) {
    const options = {
      ...drawnOptions(1, this.world.random.stream('options')),
      ...{ controllers: 3, combined: 0, brokers: 1, isDynamic: false, spares: 0, joinsItself: false },
      ...settings,
    }
    this.nodes = placesOf(options).map(
      (place) =>
        new ClusterNode({
          place,
          world: this.world,
          texts: new Map([...textsOf(options, place), ...Object.entries(configs)]),
          failed: (error) => {
            this.failure ??= error
          },
        }),
    )
  }

  get controllers(): readonly ClusterNode[] {
    return this.nodes.filter(({ isController }) => isController)
  }

  get broker(): ClusterNode {
    const broker = this.nodes.find(({ isBroker }) => isBroker)
    assert.ok(broker !== undefined)
    return broker
  }

  get leader(): ClusterNode {
    const leader = this.controllers.find(({ node }) => node?.quorum.view.isLeader)
    assert.ok(leader !== undefined, 'somebody leads')
    return leader
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.world.after(ms, resolve))
  }

  async until(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
    for (let i = 0; i < 600 && !(await isSo()); i++) {
      if (this.failure !== undefined) throw this.failure
      await this.sleep(100)
    }
    assert.ok(await isSo(), what)
  }

  async start(): Promise<void> {
    for (const node of this.nodes) node.start()
    await this.until('all are up, and one leads', () => {
      const isUp = this.nodes.every(({ state }) => state === 'up')
      return isUp && this.controllers.some(({ node }) => node?.quorum.isActive)
    })
  }

  async call<Q extends Fields, S extends Fields>(
    { name, isBroker }: ClusterNode,
    api: Api<Q, S>,
    request: Parameters<Api<Q, S>['request']['create']>[0],
  ): Promise<Infer<S>> {
    const port = isBroker ? brokerPort : controllerPort
    const wire = await Wire.connect(this.world.env('client').network, name, port)
    const reply = await wire.call(api, request)
    wire.destroy()
    return reply
  }

  async createTopic(name: string): Promise<void> {
    const topics = [{ name, numPartitions: 1, replicationFactor: 1 }]
    const reply = await this.call(this.broker, createTopics, { topics, timeoutMs: 10_000 })
    assert.equal(reply.topics[0]?.errorCode, ErrorCode.NONE)
  }
}
