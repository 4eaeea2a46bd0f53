/** One node of a simulated cluster: its configuration, its disk, and whatever process there is of it now. */
// Loaded before time begins: a world's turns do not wait for a module.
import '../../../src/node/broker-role.ts'
import { type Uuid, uuidFromLatin1, uuidFromString, uuidToString } from '../../../src/base/index.ts'
import { BrokerConfig, type FormatOptions, formatStorage, Node } from '../../../src/node/index.ts'
import type { QuorumView } from '../../../src/node/quorum-view.ts'
import type { Fate, World } from '../../../src/sim/index.ts'
import { type ClusterOptions, losesPower, minIsr, replicationFactor, socketTimeoutMs } from './options.ts'

export const brokerPort = 9092
export const controllerPort = 9093
export const metadataDirectory = '/data/__cluster_metadata-0'

/** What a node keeps for a full disk, where disks get full. */
export const reservePath = '/data/odradek-reserve'
export const reserveBytes = 1_048_576

export type State = 'down' | 'starting' | 'up' | 'stopping'

export interface NodePlace {
  readonly id: number
  readonly isController: boolean
  readonly isBroker: boolean
  /** When its directory is formatted for the first time. */
  readonly format: Omit<FormatOptions, 'clusterId'>
}

export class ClusterNode {
  readonly id: number
  readonly name: string
  readonly isController: boolean
  readonly isBroker: boolean
  /** The process, once it serves, until it has ended. */
  node: Node | undefined
  /** What its quorum told at the last look; the same for all invariants. */
  view: QuorumView | undefined
  state: State = 'down'
  /** Counts the processes. */
  life = 0
  /** Counts the disks. */
  disk = 0
  /** Whoever looks after it wants it to be up, once all is well. */
  isWanted = true
  /** When the present state began. */
  sinceMs = 0
  readonly #world: World
  readonly #config: BrokerConfig
  readonly #format: NodePlace['format']
  readonly #failed: (error: Error) => void

  constructor(options: {
    readonly place: NodePlace
    readonly world: World
    readonly texts: ReadonlyMap<string, string>
    /** The process ended by itself. */
    readonly failed: (error: Error) => void
  }) {
    const { place, world, texts, failed } = options
    this.id = place.id
    this.name = nodeName(place.id)
    this.isController = place.isController
    this.isBroker = place.isBroker
    this.#world = world
    this.#config = BrokerConfig.parse(texts)
    this.#format = place.format
    this.#failed = failed
  }

  #become(state: State): void {
    this.state = state
    this.sinceMs = this.#world.nowMs
  }

  start(): void {
    this.life++
    this.#become('starting')
    const { life } = this
    this.#start().then(
      (node) => {
        if (this.life !== life) return
        this.node = node
        this.#become('up')
        void node.ended.then((error) => this.#ended(life, error))
      },
      (error: unknown) => this.#ended(life, error instanceof Error ? error : new Error(String(error))),
    )
  }

  async #start(): Promise<Node> {
    const env = this.#world.env(this.name)
    const config = this.#config
    if ((await env.disk.stat('/data/meta.properties')) === undefined) {
      const options = { ...(this.disk === 0 ? this.#format : newDisk), clusterId, ignoreFormatted: true }
      await formatStorage({ ...env, config, options, print: () => undefined })
    }
    return Node.start({ env, config, hostName: this.name, poison: true })
  }

  #ended(life: number, error: Error | undefined): void {
    if (this.life !== life) return
    if (error !== undefined) this.#failed(new Error(`node ${this.id} ended by itself`, { cause: error }))
    this.#gone()
  }

  #gone(): void {
    this.life++
    this.node = undefined
    this.view = undefined
    this.#become('down')
  }

  kill(): void {
    this.#world.kill(this.name)
    this.#gone()
  }

  /** What was not synced may be gone, in part and in any order. */
  cutPower(): void {
    this.#world.crash(this.name)
    this.#gone()
  }

  /** It ends at its `nth` disk operation from now on, if it comes to that: killed, or with that fate of what is not synced. */
  endInOperation(nth: number, how: Fate | 'killed'): void {
    this.#world.endInOperation(this.name, nth, { how, ended: () => this.#gone() })
  }

  /** It comes back with nothing: without harm where it has no vote. */
  loseDisk(): void {
    if (this.state !== 'down') this.kill()
    this.#world.disk(this.name).loseDirectory('/data')
    this.disk++
  }

  /** Of the disk that it has now, as it is named to others; undefined before it is formatted. */
  get directoryId(): Uuid | undefined {
    const file = this.#world.disk(this.name).tree.find('/data/meta.properties')
    if (file?.kind !== 'file') return undefined
    const bytes = Buffer.alloc(file.size)
    file.read(bytes, 0, bytes.length, 0)
    const id = /^directory\.id=(.*)$/m.exec(bytes.toString())?.[1]
    return id === undefined ? undefined : uuidFromString(id)
  }

  /** Under control; it is down when it has ended. */
  stop(): void {
    if (this.node === undefined || this.state !== 'up') return
    const { life } = this
    this.#become('stopping')
    void this.node.stop().then(() => {
      if (this.life !== life) return
      // Of a process that has ended nothing is left that could still do something.
      this.kill()
    })
  }
}

export const nodeName = (id: number): string => `n${id}`
const clusterId = uuidToString(uuidFromLatin1('0123456789abcdef'))

/** Of a controller of a dynamic quorum that was there before: who votes it is told. */
const newDisk = { noInitialControllers: true }

/** The id by which the others know the directory of a voter, from the beginning. */
const directoryId = (id: number): string => uuidToString(uuidFromLatin1(`directory ${id}`.padEnd(16, '.')))

/** The nodes of the cluster: controllers from 1, the first of them combined ones, brokers alone from 101. */
export function placesOf({ controllers, combined, brokers, isDynamic, spares }: ClusterOptions): readonly NodePlace[] {
  const voters = Array.from({ length: controllers - spares }, (_, i) => i + 1)
  const initialControllers = voters.map((id) => `${id}@${nodeName(id)}:${controllerPort}:${directoryId(id)}`).join()
  const format = (id: number): NodePlace['format'] => {
    if (!isDynamic) return {}
    return voters.includes(id) ? { initialControllers } : newDisk
  }
  return [
    ...Array.from({ length: controllers }, (_, i) => ({
      id: i + 1,
      isController: true,
      isBroker: i < combined,
      format: format(i + 1),
    })),
    ...Array.from({ length: brokers }, (_, i) => ({ id: 101 + i, isController: false, isBroker: true, format: {} })),
  ]
}

/** Who votes, or where to ask. */
function quorumTexts({ controllers, isDynamic, joinsItself }: ClusterOptions, isController: boolean) {
  const places = Array.from({ length: controllers }, (_, i) => `${nodeName(i + 1)}:${controllerPort}`)
  if (!isDynamic) return { 'controller.quorum.voters': places.map((place, i) => `${i + 1}@${place}`).join() }
  return {
    'controller.quorum.bootstrap.servers': places.join(),
    ...(isController ? { 'controller.quorum.auto.join.enable': String(joinsItself) } : {}),
  }
}

/** The configuration of one node. */
export function textsOf(options: ClusterOptions, { id, isController, isBroker }: NodePlace): Map<string, string> {
  const name = nodeName(id)
  const roles = [...(isBroker ? ['broker'] : []), ...(isController ? ['controller'] : [])]
  const listeners = [
    ...(isBroker ? [`PLAINTEXT://${name}:${brokerPort}`] : []),
    ...(isController ? [`CONTROLLER://${name}:${controllerPort}`] : []),
  ]
  return new Map(
    Object.entries({
      'process.roles': roles.join(),
      'node.id': String(id),
      listeners: listeners.join(),
      'controller.listener.names': 'CONTROLLER',
      ...quorumTexts(options, isController),
      'controller.quorum.election.timeout.ms': String(options.electionTimeoutMs),
      'controller.quorum.election.backoff.max.ms': String(options.electionTimeoutMs),
      'controller.quorum.fetch.timeout.ms': String(options.fetchTimeoutMs),
      'controller.quorum.request.timeout.ms': String(options.requestTimeoutMs),
      'controller.socket.timeout.ms': String(socketTimeoutMs),
      'broker.session.timeout.ms': String(options.sessionTimeoutMs),
      'broker.heartbeat.interval.ms': String(Math.min(2000, options.sessionTimeoutMs / 3)),
      // A start goes on until somebody leads: the faults may last for long.
      'initial.broker.registration.timeout.ms': '3600000',
      'metadata.log.max.record.bytes.between.snapshots': String(options.snapshotBytes),
      'metadata.log.max.snapshot.interval.ms': String(options.snapshotMs),
      'metadata.max.idle.interval.ms': String(options.noOpMs),
      'controller.quorum.fetch.max.bytes': String(options.fetchBytes),
      'controller.quorum.fetch.snapshot.max.bytes': String(options.fetchSnapshotBytes),
      'metadata.max.retention.bytes': String(options.retentionBytes),
      'internal.metadata.log.segment.bytes': String(options.segmentBytes),
      'replica.lag.time.max.ms': String(options.lagMs),
      'replica.fetch.response.max.bytes': String(options.replicaFetchBytes),
      'log.dirs': '/data',
      'log.segment.bytes': '1048576',
      // What is only in memory is on as many machines as are in sync, and the power of all of them may go.
      ...(losesPower(options) && options.weakBroker === undefined ? { 'log.flush.interval.messages': '1' } : {}),
      'min.insync.replicas': String(minIsr(options)),
      'offsets.topic.replication.factor': String(replicationFactor(options)),
      'offsets.topic.num.partitions': '2',
      'group.initial.rebalance.delay.ms': '0',
      'group.consumer.min.session.timeout.ms': '6000',
      'group.consumer.session.timeout.ms': '6000',
      'group.consumer.min.heartbeat.interval.ms': '1000',
      'group.consumer.heartbeat.interval.ms': '1000',
      'odradek.log.dir.reserve.bytes': options.faults.includes('full-disk') ? String(reserveBytes) : '0',
    }),
  )
}
