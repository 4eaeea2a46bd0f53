/**
 * Clusters of several processes on loopback, of either kind or of both: controllers that are one quorum, and brokers.
 * A node keeps its directory and its ports when it is stopped, killed, or started as the other kind.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createEnv } from '../src/env/index.ts'
import { type DescribeQuorumResponse, describeQuorum, ErrorCode } from '../src/protocol/index.ts'
import { ping } from '../test/interop/ping.ts'
import { Wire } from '../test/wire.ts'
import { freePort } from './broker.ts'
import { runOrThrow, ServerProcess } from './child.ts'
import { javaCommand } from './java.ts'
import { kafkaJars } from './kafka.ts'
import { root } from './paths.ts'

export type Kind = 'odradek' | 'kafka'
export type Role = 'controller' | 'broker'

export interface NodeSpec {
  readonly id: number
  readonly kind: Kind
  readonly roles: readonly Role[]
  readonly settings?: Readonly<Record<string, string>>
}

export interface ClusterOptions {
  /** Of the cluster's own; emptied. */
  readonly folder: string
  readonly nodes: readonly NodeSpec[]
  readonly settings?: Readonly<Record<string, string>>
  /** Of one node, beside those of all. */
  readonly settingsOf?: (node: ClusterNode) => Readonly<Record<string, string>>
  /** KIP-853: the first controller is the only voter at first, others are added. */
  readonly isDynamic?: boolean
  /** Of Kafka's nodes; by itself those for nodes that have little to do. */
  readonly jvmFlags?: readonly string[]
}

const clusterId = '5L6g3nShT-eMCtK--X86sw'
const odradek = join(root, 'bin', 'odradek.js')
/** Of a node that has little to do: several fit on a small machine. */
const smallJvm = ['-Xmx256M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const logger = '-Dorg.slf4j.simpleLogger'
/** Warnings, and who leads the quorum since when. */
const logging = [
  `${logger}.defaultLogLevel=warn`,
  `${logger}.log.org.apache.kafka.raft.QuorumState=info`,
  `${logger}.showDateTime=true`,
  `${logger}.dateTimeFormat=yyyy-MM-dd HH:mm:ss,SSS`,
]
/** In Kafka's log and in ours, behind the time. */
const leadership = /Completed transition to Leader|another role in the quorum role=leader/
const logTime = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d),(\d{3})/
const { network } = createEnv()

/** What brokers need for themselves, with one replica each. */
const brokerSettings = {
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '2',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'group.initial.rebalance.delay.ms': '0',
}

interface Ports {
  readonly controller: number
  readonly broker: number
}

interface NodeOptions {
  readonly folder: string
  readonly ports: Ports
  readonly jvmFlags: readonly string[]
}

export class ClusterNode {
  readonly id: number
  readonly roles: readonly Role[]
  readonly file: string
  readonly folder: string
  readonly ports: Ports
  /** Beside those of the cluster. */
  readonly settings: Readonly<Record<string, string>>
  readonly #jvmFlags: readonly string[]
  kind: Kind
  #process: ServerProcess | undefined

  constructor({ id, roles, kind, settings = {} }: NodeSpec, { folder, ports, jvmFlags }: NodeOptions) {
    this.#jvmFlags = jvmFlags
    this.id = id
    this.roles = roles
    this.kind = kind
    this.folder = folder
    this.ports = ports
    this.settings = settings
    this.file = join(folder, 'server.properties')
  }

  /** Of its logs. */
  get directory(): string {
    return join(this.folder, 'data')
  }

  get isController(): boolean {
    return this.roles.includes('controller')
  }

  get isBroker(): boolean {
    return this.roles.includes('broker')
  }

  get isRunning(): boolean {
    return this.#process?.isRunning === true
  }

  get pid(): number {
    if (this.#process === undefined) throw new Error(`node ${this.id} does not run`)
    return this.#process.pid
  }

  async format(flags: readonly string[] = []): Promise<void> {
    const args = ['format', '-t', clusterId, '-c', this.file, ...flags]
    if (this.kind === 'odradek') {
      await runOrThrow({ command: process.execPath, args: [odradek, ...args], timeoutMs: 60_000 })
      return
    }
    const java = [...smallJvm, ...logging, '-cp', join(await kafkaJars(), '*'), 'kafka.tools.StorageTool', ...args]
    await runOrThrow({ command: await javaCommand(), args: java, timeoutMs: 60_000 })
  }

  /** As the other kind, if told; does not wait until it serves. */
  async start(kind: Kind = this.kind): Promise<void> {
    this.kind = kind
    const command = kind === 'odradek' ? process.execPath : await javaCommand()
    const args =
      kind === 'odradek'
        ? [odradek, 'start', this.file]
        : [...this.#jvmFlags, ...logging, '-cp', join(await kafkaJars(), '*'), 'kafka.Kafka', this.file]
    this.#process = new ServerProcess({ command, args, logFile: this.#logFile })
  }

  async stop(): Promise<void> {
    if ((await this.#process?.stop(60_000)) === false) {
      throw new Error(`node ${this.id} did not stop within its time:\n${this.logTail()}`)
    }
  }

  async kill(): Promise<void> {
    await this.#process?.kill()
  }

  /** When it became the leader of the quorum for the last time, by its own log; milliseconds by the clock of the wall. */
  ledSinceMs(): number | undefined {
    const line = readFileSync(this.#logFile, 'utf8')
      .split('\n')
      .findLast((text) => leadership.test(text))
    const [, date, time, ms] = logTime.exec(line ?? '') ?? []
    return date === undefined ? undefined : Date.parse(`${date}T${time}.${ms}`)
  }

  get #logFile(): string {
    return join(this.folder, 'server.log')
  }

  signal(name: 'SIGSTOP' | 'SIGCONT'): void {
    process.kill(this.pid, name)
  }

  logTail(): string {
    return `node ${this.id} (${this.kind}):\n${this.#process?.logTail() ?? ''}`
  }
}

export class Cluster {
  readonly nodes: readonly ClusterNode[]

  private constructor(nodes: readonly ClusterNode[]) {
    this.nodes = nodes
  }

  /** Formatted, and not started. */
  static async make(options: ClusterOptions): Promise<Cluster> {
    const { folder, nodes: specs, settings = {}, settingsOf, isDynamic = false, jvmFlags = smallJvm } = options
    rmSync(folder, { recursive: true, force: true })
    const nodes: ClusterNode[] = []
    for (const spec of specs) {
      const ports = { controller: await freePort(), broker: await freePort() }
      nodes.push(new ClusterNode(spec, { folder: join(folder, `node-${spec.id}`), ports, jvmFlags }))
    }
    const controllers = nodes.filter(({ isController }) => isController)
    const quorum = quorumSettings(controllers, isDynamic)
    for (const node of nodes) {
      mkdirSync(node.folder, { recursive: true })
      const own = { ...node.settings, ...settingsOf?.(node) }
      writeFileSync(node.file, properties({ ...nodeSettings(node), ...quorum, ...settings, ...own }))
    }
    await Promise.all(
      nodes.map((node) => {
        const flag = node === controllers[0] ? '--standalone' : '--no-initial-controllers'
        return node.format(isDynamic && node.isController ? [flag] : [])
      }),
    )
    return new Cluster(nodes)
  }

  get controllers(): readonly ClusterNode[] {
    return this.nodes.filter(({ isController }) => isController)
  }

  get brokers(): readonly ClusterNode[] {
    return this.nodes.filter(({ isBroker }) => isBroker)
  }

  node(id: number): ClusterNode {
    const node = this.nodes.find((it) => it.id === id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return node
  }

  /** Of the brokers that run. */
  get bootstrap(): string {
    const running = this.brokers.filter(({ isRunning }) => isRunning)
    return running.map(({ ports }) => `127.0.0.1:${ports.broker}`).join(',')
  }

  get bootstrapControllers(): string {
    const running = this.controllers.filter(({ isRunning }) => isRunning)
    return running.map(({ ports }) => `127.0.0.1:${ports.controller}`).join(',')
  }

  /** The ids of those who vote, as their leader says. */
  async voters(): Promise<readonly number[]> {
    const quorum = await describe(await this.leader())
    return quorum?.currentVoters.map(({ replicaId }) => replicaId).sort((a, b) => a - b) ?? []
  }

  /** All nodes; resolves when a controller leads. */
  async start(): Promise<void> {
    for (const node of this.nodes) await node.start()
    await this.leader()
  }

  async stop(): Promise<void> {
    const brokers = this.nodes.filter(({ isController }) => !isController)
    await Promise.all(brokers.map((node) => node.stop()))
    await Promise.all(this.controllers.map((node) => node.stop()))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()))
  }

  /** The controller that leads, once there is one; `except` has led before. */
  async leader(options: { readonly timeoutMs?: number; readonly except?: ClusterNode } = {}): Promise<ClusterNode> {
    const { timeoutMs = 60_000, except } = options
    const untilMs = Date.now() + timeoutMs
    while (Date.now() < untilMs) {
      for (const node of this.controllers) {
        if (node !== except && node.isRunning && (await leads(node))) return node
      }
      await delay(20)
    }
    const logs = this.controllers.map((node) => node.logTail()).join('\n')
    throw new Error(`no controller leads within ${timeoutMs} ms\n${logs}`)
  }

  /** All brokers answer. */
  async serving(): Promise<void> {
    for (const { ports } of this.brokers) await ping({ port: ports.broker, sinceNs: process.hrtime.bigint() })
  }

  /** All controllers have about what the leader has: each of them may lead next. */
  async inStep(): Promise<void> {
    // A leader remembers how far one was that has ended since.
    for (const { ports } of this.controllers) await ping({ port: ports.controller, sinceNs: process.hrtime.bigint() })
    for (const endMs = Date.now() + inStepTimeoutMs; ; await delay(50)) {
      const quorum = await describe(await this.leader())
      const ends = quorum?.currentVoters.map(({ logEndOffset }) => logEndOffset) ?? []
      if (ends.length === this.controllers.length && Math.min(...ends) > Math.max(...ends) - inStepMax) return
      if (Date.now() > endMs) {
        const logs = this.controllers.map((node) => node.logTail()).join('\n')
        throw new Error(`not all controllers follow within ${inStepTimeoutMs} ms\n${logs}`)
      }
    }
  }
}

const inStepTimeoutMs = 60_000
/** A leader writes while its followers fetch. */
const inStepMax = 20

function quorumSettings(controllers: readonly ClusterNode[], isDynamic: boolean): Readonly<Record<string, string>> {
  const addresses = controllers.map(({ ports }) => `127.0.0.1:${ports.controller}`)
  if (isDynamic) return { 'controller.quorum.bootstrap.servers': addresses.join(',') }
  return { 'controller.quorum.voters': controllers.map(({ id }, i) => `${id}@${addresses[i]}`).join(',') }
}

function nodeSettings({ id, roles, directory, ports, isController, isBroker }: ClusterNode) {
  const listeners = [
    ...(isController ? [`CONTROLLER://127.0.0.1:${ports.controller}`] : []),
    ...(isBroker ? [`PLAINTEXT://127.0.0.1:${ports.broker}`] : []),
  ]
  return {
    'process.roles': roles.join(','),
    'node.id': String(id),
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    listeners: listeners.join(','),
    'log.dirs': directory,
    ...brokerSettings,
  }
}

const properties = (settings: Readonly<Record<string, string>>): string =>
  Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('')

const leads = async (node: ClusterNode): Promise<boolean> => (await describe(node)) !== undefined

/** Only a leader describes its quorum. */
async function describe(node: ClusterNode): Promise<QuorumPartition | undefined> {
  let wire: Wire | undefined
  try {
    wire = await Wire.connect(network, '127.0.0.1', node.ports.controller)
    const topics = [{ topicName: '__cluster_metadata', partitions: [{ partitionIndex: 0 }] }]
    const answer = await Promise.race([wire.call(describeQuorum, { topics }), delay(2000)])
    const partition = answer?.topics[0]?.partitions[0]
    return partition?.errorCode === ErrorCode.NONE ? partition : undefined
  } catch {
    return undefined
  } finally {
    wire?.destroy()
  }
}

type QuorumPartition = DescribeQuorumResponse['topics'][number]['partitions'][number]
