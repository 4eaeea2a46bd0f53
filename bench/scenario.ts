/** What a scenario is: it drives one broker and gives figures; each figure may have a bar. */
import { dirname, join } from 'node:path'
import type { Broker } from './broker.ts'
import { Cluster, type NodeSpec } from './cluster.ts'
import { cpuSeconds, rssMb } from './cpu.ts'
import { jvmFlags } from './kafka.ts'
import { figure, type LoadMode, type LoadOptions, type LoadResult, load } from './loadgen.ts'
import type { PageCache } from './page-cache.ts'

export interface Bar {
  /** `ratio`: Odradek's figure divided by Kafka's of the same round. `absolute`: Odradek's figure alone. */
  readonly kind: 'ratio' | 'absolute'
  readonly bound: 'at-most' | 'at-least'
  readonly value: number
}

export interface Figure {
  readonly name: string
  readonly unit: string
  readonly bar?: Bar
}

export interface SessionOptions {
  readonly broker: Broker
  readonly scale: number
  readonly pageCache: PageCache | undefined
}

export interface Scenario {
  readonly name: string
  readonly figures: readonly Figure[]
  /** Gives a value for each of `figures`, by name. */
  measure(session: Session): Promise<Readonly<Record<string, number>>>
}

/** Of all sessions of this process: a broker may have more than one. */
let topics = 0

/** One broker in one round. */
export class Session {
  #broker: Broker
  /** 1 for figures that count; below it for a quick proof that all works. */
  readonly scale: number
  /** Filled before each measurement: it does not pay for the memory that it takes. */
  readonly pageCache: PageCache | undefined

  constructor(options: SessionOptions) {
    this.#broker = options.broker
    this.scale = options.scale
    this.pageCache = options.pageCache
  }

  get broker(): Broker {
    return this.#broker
  }

  /** Ends the broker, does `meanwhile`, and starts it again on the same directory. */
  async restart(how: 'kill' | 'stop', meanwhile: (broker: Broker) => void): Promise<void> {
    await (how === 'kill' ? this.#broker.process.kill() : this.#broker.stop())
    meanwhile(this.#broker)
    this.#broker = await this.#broker.again()
  }

  /** Ends the broker, so that the cluster of nodes of its kind is alone; scenarios with one come last. */
  async inCluster<T>(nodes: readonly Omit<NodeSpec, 'kind'>[], work: (cluster: Cluster) => Promise<T>): Promise<T> {
    await this.#broker.stop()
    const kind = this.#broker.name === 'kafka' ? 'kafka' : 'odradek'
    await using cluster = await Cluster.make({
      folder: join(dirname(dirname(this.#broker.place.file)), 'cluster'),
      nodes: nodes.map((node) => ({ ...node, kind })),
      jvmFlags,
    })
    await cluster.start()
    await cluster.serving()
    return await work(cluster)
  }

  /** Resolves when all its partitions can be read. */
  async newTopic(partitions = 1): Promise<string> {
    const topic = `bench-${topics++}`
    await load('topic', { port: this.broker.port, topic, partitions })
    return topic
  }

  /** Runs the generator, and says what the broker spent meanwhile. */
  async load(mode: LoadMode, options: LoadOptions): Promise<LoadResult> {
    const before = this.cpuSeconds
    const result = await load(mode, { port: this.broker.port, ...options })
    const spent = this.cpuSeconds - before
    return new Map([...result, ['brokerCpuSeconds', spent]])
  }

  get cpuSeconds(): number {
    return cpuSeconds(this.broker.process.pid)
  }

  get rssMb(): number {
    return rssMb(this.broker.process.pid)
  }
}

export function cpuSecondsPerGb(result: LoadResult): number {
  return figure(result, 'brokerCpuSeconds') / (figure(result, 'bytes') / 1e9)
}
