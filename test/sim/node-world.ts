/** A world from a seed with one node in it: its processes, what ends them, and connections to it. Used by the workloads. */
// Loaded before time begins: a world's turns do not wait for a module.
import '../../src/node/broker-role.ts'
import assert from 'node:assert/strict'
import { type Env, uuidFromLatin1, uuidToString } from '../../src/base/index.ts'
import { BrokerConfig, formatStorage, Node } from '../../src/node/index.ts'
import { createTopics, ErrorCode, findCoordinator } from '../../src/protocol/index.ts'
import { type Fate, type LogLine, World } from '../../src/sim/index.ts'
import { Wire } from '../wire.ts'
import type { End, Source } from './observation.ts'
import { synchronousJobs } from './synchronous-jobs.ts'

const port = 9092
export const nodeName = 'node'
export const group = 'readers'

const texts = new Map(
  Object.entries({
    'process.roles': 'broker,controller',
    'node.id': '1',
    listeners: `PLAINTEXT://${nodeName}:${port},CONTROLLER://${nodeName}:9093`,
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@${nodeName}:9093`,
    'log.dirs': '/data',
    'log.segment.bytes': '1048576',
    'log.initial.task.delay.ms': '5000',
    'log.flush.offset.checkpoint.interval.ms': '5000',
    'log.flush.start.offset.checkpoint.interval.ms': '5000',
    'offsets.topic.replication.factor': '1',
    'offsets.topic.num.partitions': '1',
    'metadata.log.max.record.bytes.between.snapshots': '2000',
    'group.initial.rebalance.delay.ms': '0',
    'group.min.session.timeout.ms': '1000',
    'odradek.log.dir.reserve.bytes': '0',
  }),
)

/** A connection, and the process at its other end. */
export interface Line extends Source {
  readonly wire: Wire
}

export interface TopicToMake {
  readonly name: string
  readonly partitions: number
  readonly configs?: Readonly<Record<string, string>>
}

export class NodeWorld {
  readonly world: World
  readonly lines: LogLine[] = []
  readonly ends: Record<End, number> = { stop: 0, kill: 0, power: 0 }
  /** Called when the node's process has ended. */
  onDown: (how: End) => void = () => undefined
  /** The node, while it serves. */
  node: Node | undefined
  /** The node hands over what it leads, and nobody takes it. */
  isStopping = false

  readonly #config: BrokerConfig

  constructor(seed: number, configs: Readonly<Record<string, string>> = {}) {
    this.#config = BrokerConfig.parse(new Map([...texts, ...Object.entries(configs)]))
    const draw = new World({ seed, turn: setImmediate }).random.stream('options')
    this.world = new World({
      seed,
      turn: setImmediate,
      jobs: synchronousJobs,
      network: { splitRate: draw.float() * 0.2 },
      disk: { slowRate: draw.float() * 0.02, slowMs: 50 },
      log: (line) => void this.lines.push(line),
    })
  }

  get clientEnv(): Env {
    return this.world.env('client')
  }

  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.clientEnv.clock.after(ms, resolve))
  }

  async start(): Promise<void> {
    const env = this.world.env(nodeName)
    const config = this.#config
    if ((await env.disk.stat('/data/meta.properties')) === undefined) {
      const clusterId = uuidToString(uuidFromLatin1('0123456789abcdef'))
      await formatStorage({ ...env, config, options: { clusterId }, print: () => undefined })
    }
    this.node = await Node.start({ env, config, hostName: nodeName, poison: true })
  }

  /** The process dies; what it wrote stays. */
  kill(): void {
    this.world.kill(nodeName)
    this.#down('kill')
  }

  /** The process dies in the middle of its `nth` write from now on; resolves when it has. */
  killInWrite(nth: number): Promise<void> {
    return new Promise((resolve) => {
      this.world.killInWrite(nodeName, nth, () => {
        this.#down('kill')
        resolve()
      })
    })
  }

  /** The process dies in its `nth` disk operation from now on, or the power goes then; resolves when it has. */
  endInOperation(nth: number, how: Fate | 'killed'): Promise<void> {
    return new Promise((resolve) => {
      const ended = (): void => {
        this.#down(how === 'killed' ? 'kill' : 'power')
        resolve()
      }
      this.world.endInOperation(nodeName, nth, { how, ended })
    })
  }

  /** The power goes: what was not synced may be gone, in part and in any order. */
  crash(): void {
    this.world.crash(nodeName)
    this.#down('power')
  }

  async stop(): Promise<void> {
    this.isStopping = true
    await this.node?.stop()
    this.isStopping = false
    this.#down('stop')
  }

  #down(how: End): void {
    this.node = undefined
    this.ends[how]++
    this.onDown(how)
  }

  /** Tries until there is a node that serves. */
  async connect(): Promise<Line> {
    for (;;) {
      try {
        const wire = await Wire.connect(this.clientEnv.network, nodeName, port)
        const { stop, kill, power } = this.ends
        return { wire, process: stop + kill + power, life: power }
      } catch (error) {
        if (!isGone(error)) throw error
        await this.sleep(50)
      }
    }
  }

  async createTopics(topics: readonly TopicToMake[]): Promise<void> {
    const { wire } = await this.connect()
    const asked = topics.map(({ name, partitions, configs = {} }) => ({
      name,
      numPartitions: partitions,
      replicationFactor: 1,
      configs: Object.entries(configs).map(([key, value]) => ({ name: key, value })),
    }))
    const reply = await wire.call(createTopics, { topics: asked, timeoutMs: 30_000 })
    for (const { errorCode } of reply.topics) assert.equal(errorCode, ErrorCode.NONE)
    // The first one that asks has the topic of the offsets made.
    while ((await wire.call(findCoordinator, { key: group }, 3)).errorCode !== ErrorCode.NONE) await this.sleep(50)
    wire.destroy()
  }
}

/** Answered by a node that stops: what was asked was not done. */
export class Refused extends Error {}

/** The node is away or about to be; whoever asks may know nothing of what became of the request. */
export function isGone(error: unknown): boolean {
  return error instanceof Refused || isLost(error)
}

function isLost(error: unknown): boolean {
  return error instanceof Error && /connection was closed|ECONNREFUSED|ECONNRESET|ETIMEDOUT/.test(error.message)
}
