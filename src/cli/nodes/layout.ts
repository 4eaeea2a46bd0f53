/**
 * What each of the nodes is that `odradek start --nodes N` runs: its configuration, made of one that is the base of all. Pure:
 * reads and writes nothing.
 *
 * Node i has the port of each listener of the base plus i - 1. Controllers listen 10,000 above the first of these, so that a base
 * as Kafka ships it, 9092 and 9093, does not make the client port of one node the controller port of another.
 */
import { isAbsolute, join, resolve } from 'node:path'
import { isAllAddresses } from '../../base/index.ts'
import { ConfigError } from '../../config/index.ts'
import { layered } from '../../stack/index.ts'
import { UsageError } from '../usage-error.ts'

export const nodesMax = 32
/** As many may fail as leave a majority: one of three. */
const votersMax = 3
const controllerPortDistance = 10_000
const portMax = 65_535

const metricsKey = 'odradek.metrics.listener'
const registryKey = 'odradek.registry.listeners'

const ownBase: Readonly<Record<string, string>> = {
  listeners: 'PLAINTEXT://127.0.0.1:9092',
  'controller.listener.names': 'CONTROLLER',
  'log.dirs': 'odradek-data',
}

/** Who has a file of Kafka's does not expect one. */
const registryWithoutFile: Readonly<Record<string, string>> = { [registryKey]: 'http://127.0.0.1:8081' }

/** Follow from the number of the node: whoever gives one of them for all nodes means something else. */
const settledByNodes = ['node.id', 'broker.id', 'process.roles', 'controller.quorum.bootstrap.servers']
const votersKey = 'controller.quorum.voters'

export interface NodeLayout {
  readonly id: number
  readonly isController: boolean
  /** Absolute; the first one holds the node's `server.properties` too. */
  readonly directories: readonly string[]
  /** Of its `server.properties`. */
  readonly texts: ReadonlyMap<string, string>
  /** For clients, `host:port`. */
  readonly bootstrap: string
}

export interface BaseOptions {
  /** So many nodes the cluster has, also where fewer of them are started. */
  readonly size: number
  /** What FILE says; undefined without one. */
  readonly file: ReadonlyMap<string, string> | undefined
  /** Over that. */
  readonly settings: ReadonlyMap<string, string>
}

interface Place {
  readonly name: string
  readonly host: string
  readonly port: number
}

/** The voters of a cluster that begins with so many nodes. */
export const firstVoters = (count: number): readonly number[] =>
  count < votersMax ? [1] : Array.from({ length: votersMax }, (_, i) => i + 1)

/** Where the directories of all nodes lie: the base's `log.dirs`, absolute. */
export function baseDirectories(base: ReadonlyMap<string, string>): readonly string[] {
  const text = base.get('log.dirs') ?? base.get('log.dir') ?? ''
  const names = text.split(',').map((name) => name.trim())
  if (names.some((name) => name === '')) throw new ConfigError(`log.dirs names no directory: '${text}'`)
  if (names.some((name) => name.startsWith('memory:'))) {
    throw new ConfigError('Each of several nodes is a process of its own: their directories cannot be in memory')
  }
  return names.map((name) => (isAbsolute(name) ? name : resolve(name)))
}

/** Throws UsageError or ConfigError for what cannot be, with several nodes. */
export function baseOf({ size, file, settings }: BaseOptions): ReadonlyMap<string, string> {
  if (file?.has(votersKey) || settings.has(votersKey)) {
    const where = settings.has(votersKey) ? '--set' : 'FILE'
    throw new UsageError(`--nodes decides who votes: ${where} may not have ${votersKey}`)
  }
  const settled = settledByNodes.find((key) => settings.has(key))
  if (settled !== undefined) throw new UsageError(`--nodes decides about ${settled}: --set may not have it`)
  const base = layered(ownBase, replicationDefaults(size), file ?? registryWithoutFile, settings)
  const gives = (key: string): boolean => file?.has(key) === true || settings.has(key)
  // Kafka takes `log.dir` where there is no `log.dirs`.
  if (gives('log.dir') && !gives('log.dirs')) base.delete('log.dirs')
  for (const key of settledByNodes) base.delete(key)
  return base
}

/** One replica may be missed and records still be produced; of fewer nodes there are as many replicas as there can be. */
function replicationDefaults(size: number): Readonly<Record<string, string>> {
  const factor = String(Math.min(3, size))
  const inSync = size >= 3 ? '2' : '1'
  return {
    'default.replication.factor': factor,
    'min.insync.replicas': inSync,
    'offsets.topic.replication.factor': factor,
    'transaction.state.log.replication.factor': factor,
    'transaction.state.log.min.isr': inSync,
    'share.coordinator.state.topic.replication.factor': factor,
    'share.coordinator.state.topic.min.isr': inSync,
    'odradek.registry.kafkastore.topic.replication.factor': factor,
  }
}

function places(key: string, text: string): readonly Place[] {
  return text.split(',').map((part) => {
    const [, name, host, port] = /^([^:]+):\/\/(.*):(\d+)$/.exec(part.trim()) ?? []
    if (name === undefined || host === undefined || port === undefined) {
      throw new ConfigError(`Unable to parse ${part.trim()} of ${key}, expected NAME://host:port`)
    }
    if (port === '0') throw new ConfigError(`${part.trim()} of ${key}: the nodes must know each other's ports`)
    return { name: name.toUpperCase(), host, port: Number(port) }
  })
}

const shown = ({ name, host, port }: Place): string => `${name}://${host}:${port}`

/** What a name of a host that means all addresses is to others. */
const reachable = (host: string): string => (isAllAddresses(host) ? '127.0.0.1' : host)

class Layout {
  readonly #base: ReadonlyMap<string, string>
  readonly #voters: readonly number[]
  readonly #listeners: readonly Place[]
  readonly #advertised: readonly Place[]
  readonly #controller: { readonly name: string; readonly host: string; readonly port: number }

  constructor(base: ReadonlyMap<string, string>, voters: readonly number[]) {
    this.#base = base
    this.#voters = voters
    const names = (base.get('controller.listener.names') ?? '').split(',').map((name) => name.trim().toUpperCase())
    const [name = '', ...more] = names
    if (name === '' || more.length > 0) throw new ConfigError('--nodes needs one name in controller.listener.names')
    const listeners = places('listeners', base.get('listeners') ?? '')
    this.#listeners = listeners.filter((it) => it.name !== name)
    const advertised = base.get('advertised.listeners')
    this.#advertised = advertised === undefined ? [] : places('advertised.listeners', advertised)
    const [first] = this.#listeners
    if (first === undefined) throw new ConfigError('--nodes needs a listener for clients in listeners')
    const host = listeners.find((it) => it.name === name)?.host ?? first.host
    const isHigh = first.port + controllerPortDistance + nodesMax > portMax
    this.#controller = { name, host, port: first.port + (isHigh ? -1 : 1) * controllerPortDistance }
  }

  node(id: number, isController: boolean): NodeLayout {
    const own = (place: Place): Place => ({ ...place, port: place.port + id - 1 })
    const controller = own(this.#controller)
    const listeners = [...this.#listeners.map(own), ...(isController ? [controller] : [])]
    const texts = new Map([...this.#base].filter(([key]) => !['log.dir', 'metadata.log.dir'].includes(key)))
    const directories = baseDirectories(this.#base).map((path) => join(path, `node-${id}`))
    texts.set('node.id', String(id))
    texts.set('process.roles', isController ? 'broker,controller' : 'broker')
    texts.set('listeners', listeners.map(shown).join(','))
    texts.set(votersKey, this.#voters.map((voter) => this.#voter(voter)).join(','))
    texts.set('log.dirs', directories.join(','))
    const metadata = this.#base.get('metadata.log.dir')
    if (metadata !== undefined) texts.set('metadata.log.dir', join(resolve(metadata), `node-${id}`))
    const advertised = this.#advertised.flatMap((place) => {
      if (place.name !== controller.name) return [own(place)]
      return isController ? [{ ...place, port: controller.port }] : []
    })
    if (advertised.length > 0) texts.set('advertised.listeners', advertised.map(shown).join(','))
    for (const key of [metricsKey, registryKey]) movePort(texts, key, id)
    const [client] = listeners
    const bootstrap = client === undefined ? '' : `${reachable(client.host)}:${client.port}`
    return { id, isController, directories, texts, bootstrap }
  }

  #voter(id: number): string {
    const { name, host, port } = this.#controller
    const told = this.#advertised.find((place) => place.name === name)?.host
    return `${id}@${reachable(told ?? host)}:${port + id - 1}`
  }
}

const addressWithPort = /^(.*):(\d+)\/?$/

/** Of what is at no other place, and may be at none. */
function movePort(texts: Map<string, string>, key: string, id: number): void {
  const [, host, port] = addressWithPort.exec(texts.get(key)?.trim() ?? '') ?? []
  if (host !== undefined && port !== undefined && port !== '0') texts.set(key, `${host}:${Number(port) + id - 1}`)
}

/** Nodes 1 to `count`. Throws ConfigError where their ports do not go together. */
export function layOut(
  base: ReadonlyMap<string, string>,
  { count, voters }: { readonly count: number; readonly voters: readonly number[] },
): readonly NodeLayout[] {
  const layout = new Layout(base, voters)
  const nodes = Array.from({ length: count }, (_, i) => layout.node(i + 1, voters.includes(i + 1)))
  checkPorts(nodes)
  return nodes
}

function checkPorts(nodes: readonly NodeLayout[]): void {
  const owners = new Map<number, string>()
  for (const { id, texts } of nodes) {
    const taken = places('listeners', texts.get('listeners') ?? '').map((place) => [shown(place), place.port] as const)
    for (const key of [metricsKey, registryKey]) {
      const port = addressWithPort.exec(texts.get(key)?.trim() ?? '')?.[2]
      if (port !== undefined && port !== '0') taken.push([key, Number(port)])
    }
    for (const [what, port] of taken) {
      const owner = `${what} of node ${id}`
      const other = owners.get(port)
      if (other !== undefined) throw new ConfigError(`${owner} has the port of ${other}: give each room for all nodes`)
      if (port > portMax) throw new ConfigError(`${owner}: a port is at most ${portMax}`)
      owners.set(port, owner)
    }
  }
}
