/**
 * The configuration of one node as it stands: static (`server.properties`) under cluster-wide dynamic under per-broker
 * dynamic values, parsed, with what follows from several keys. Immutable: a dynamic change makes another one.
 */
import { present } from '../base/index.ts'
import { authorizerWarnings } from './authorizer.ts'
import { type BrokerKeys, brokerKeys } from './broker-keys.ts'
import { checkBrokerRules } from './broker-rules.ts'
import { type ConfigKey, parseKey } from './config-def.ts'
import { ConfigError } from './config-error.ts'
import { ConfigReader } from './config-reader.ts'
import type { ConfigValue } from './config-value.ts'
import {
  type Address,
  type Endpoint,
  listenerName,
  parseBootstrapServers,
  parseListenAddress,
  parseListeners,
  parseSecurityProtocolMap,
  parseVoters,
  type SecurityProtocol,
  type Voter,
} from './endpoint.ts'
import { type BaseKey, baseKey } from './listener-prefix.ts'
import { type OwnKeys, ownKeys, ownPrefix } from './own-keys.ts'
import { isNodeRegistryKey, registryKeys, registryPrefix } from './registry-keys.ts'
import { warningsWithoutEffect } from './without-effect.ts'

export type ProcessRole = 'broker' | 'controller'

/** Texts by key. The dynamic ones are the resources BROKER of the metadata: that of this broker, and that named ''. */
export interface BrokerTexts {
  readonly static: ReadonlyMap<string, string>
  readonly dynamicDefault: ReadonlyMap<string, string>
  readonly dynamicBroker: ReadonlyMap<string, string>
}

const keys: ReadonlyMap<string, ConfigKey> = new Map(Object.entries(brokerKeys))
const none: ReadonlyMap<string, string> = new Map()

/** The key behind a name, which may carry a prefix `listener.name.<listener>.`; undefined if unknown. */
export function brokerKey(name: string): BaseKey | undefined {
  return baseKey(name, keys)
}

export class BrokerConfig extends ConfigReader<BrokerKeys> {
  readonly texts: BrokerTexts
  readonly nodeId: number
  readonly processRoles: ReadonlySet<ProcessRole>
  readonly securityProtocols: ReadonlyMap<string, SecurityProtocol>
  readonly listeners: readonly Endpoint[]
  /** In capitals, in the order given: the first is that of brokers towards controllers. */
  readonly controllerListenerNames: readonly string[]
  /** Of the controller listeners: what voters are told. */
  readonly advertisedControllerListeners: readonly Endpoint[]
  /** Without the controller listeners: what clients are told. A host that is undefined is the machine's own name. */
  readonly advertisedListeners: readonly Endpoint[]
  readonly interBrokerListenerName: string
  readonly interBrokerSecurityProtocol: SecurityProtocol
  readonly voters: readonly Voter[]
  readonly bootstrapServers: readonly Address[]
  readonly logDirs: readonly string[]
  readonly metadataLogDir: string
  /** Directories in which no new replica is made (KIP-1066). */
  readonly cordonedLogDirs: readonly string[]
  /** Of all moves between log directories together; infinite where nobody set it. It exists as a dynamic config alone. */
  readonly logMoveBytesPerSecond: number
  /** What is sent to throttled followers, and fetched by those here (KIP-73), in the same way. */
  readonly leaderReplicationBytesPerSecond: number
  readonly followerReplicationBytesPerSecond: number
  readonly retentionMs: number
  readonly rollMs: number
  readonly rollJitterMs: number
  readonly flushIntervalMs: number
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>
  /** The keys that Kafka does not have. */
  readonly own: ConfigReader<OwnKeys>
  /** Where metrics are served; undefined: nowhere. */
  readonly metricsListener: Address | undefined
  /** What the operator should know: for the log, at start. No secrets. */
  readonly warnings: readonly string[]

  /** Throws ConfigError if one key is wrong, or several do not go together. */
  static parse(texts: ReadonlyMap<string, string>): BrokerConfig {
    return new BrokerConfig({ static: withNodeId(texts), dynamicDefault: none, dynamicBroker: none })
  }

  private constructor(texts: BrokerTexts) {
    super(parseAll(effectiveTexts(texts)))
    this.texts = texts
    this.processRoles = new Set(this.list('process.roles').map((role) => (role === 'broker' ? role : 'controller')))
    this.nodeId = this.number('node.id')
    this.controllerListenerNames = this.list('controller.listener.names').map((name) => name.toUpperCase())
    this.securityProtocols = this.#securityProtocolMap()
    this.listeners = this.#endpoints('listeners', this.list('listeners'))
    const interBroker = this.#interBroker()
    this.interBrokerListenerName = interBroker.listener
    this.interBrokerSecurityProtocol = interBroker.securityProtocol
    this.voters = parseVoters(this.list('controller.quorum.voters'))
    this.bootstrapServers = parseBootstrapServers(this.list('controller.quorum.bootstrap.servers'))
    const advertised = this.listOrNull('advertised.listeners')
    const advertisedEndpoints = advertised === null ? undefined : this.#endpoints('advertised.listeners', advertised)
    this.advertisedListeners = (advertisedEndpoints ?? this.listeners).filter((it) => !this.isControllerListener(it))
    this.advertisedControllerListeners = this.#advertisedControllers(advertisedEndpoints ?? [])
    this.logDirs = this.listOrNull('log.dirs') ?? this.list('log.dir')
    this.metadataLogDir = this.textOrNull('metadata.log.dir') ?? present(this.logDirs[0], 'a log directory')
    if (this.metadataLogDir.trim() === '') throw new ConfigError("metadata.log.dir names no directory: ''")
    const cordoned = this.list('cordoned.log.dirs')
    this.cordonedLogDirs = cordoned.includes('*') ? this.logDirs : cordoned
    this.logMoveBytesPerSecond = rateOf(texts, 'replica.alter.log.dirs.io.max.bytes.per.second')
    this.leaderReplicationBytesPerSecond = rateOf(texts, 'leader.replication.throttled.rate')
    this.followerReplicationBytesPerSecond = rateOf(texts, 'follower.replication.throttled.rate')
    this.retentionMs = this.#retentionMs()
    this.rollMs = this.numberOrNull('log.roll.ms') ?? this.number('log.roll.hours') * 3_600_000
    this.rollJitterMs = this.numberOrNull('log.roll.jitter.ms') ?? this.number('log.roll.jitter.hours') * 3_600_000
    this.flushIntervalMs = this.numberOrNull('log.flush.interval.ms') ?? this.number('log.flush.scheduler.interval.ms')
    this.maxConnectionsPerIpOverrides = parseOverrides(this.text('max.connections.per.ip.overrides'))
    this.own = new ConfigReader<OwnKeys>(parseOwn(texts.static))
    const metricsKey = 'odradek.metrics.listener'
    this.metricsListener = parseListenAddress(metricsKey, this.own.text(metricsKey))
    this.warnings = [
      ...checkBrokerRules(this),
      ...unknownKeys(texts.static),
      ...authorizerWarnings(texts.static),
      ...warningsWithoutEffect(texts.static),
    ]
  }

  /** This node's configuration under other dynamic values. Throws ConfigError: the caller keeps what it had. */
  withDynamic(dynamic: {
    readonly dynamicDefault: ReadonlyMap<string, string>
    readonly dynamicBroker: ReadonlyMap<string, string>
  }): BrokerConfig {
    return new BrokerConfig({ static: this.texts.static, ...dynamic })
  }

  isControllerListener(endpoint: Endpoint): boolean {
    return this.controllerListenerNames.includes(endpoint.listener)
  }

  /** Values of one listener: `listener.name.<listener>.<key>` comes before `<key>`. Throws ConfigError. */
  forListener(listener: string): ConfigReader<BrokerKeys> {
    const prefix = `listener.name.${listener.toLowerCase()}.`
    const effective = effectiveTexts(this.texts)
    for (const [name, text] of [...effective]) {
      if (name.startsWith(prefix)) effective.set(name.slice(prefix.length), text)
    }
    return new ConfigReader<BrokerKeys>(parseAll(effective))
  }

  #endpoints(key: string, listeners: readonly string[]): readonly Endpoint[] {
    return parseListeners({ key, listeners, protocols: this.securityProtocols, distinctPorts: key === 'listeners' })
  }

  /** Unless the map is given, controller listeners are PLAINTEXT; but not next to listeners named after TLS or SASL. */
  #securityProtocolMap(): Map<string, SecurityProtocol> {
    const map = parseSecurityProtocolMap(this.text('listener.security.protocol.map'))
    if (effectiveTexts(this.texts).has('listener.security.protocol.map')) return map
    const secure = (name: string): boolean => name === 'SSL' || name === 'SASL_SSL' || name === 'SASL_PLAINTEXT'
    const names = [...this.controllerListenerNames, ...this.list('listeners').map(listenerName)]
    if (!names.some(secure)) for (const name of this.controllerListenerNames) map.set(name, 'PLAINTEXT')
    return map
  }

  #interBroker(): { readonly listener: string; readonly securityProtocol: SecurityProtocol } {
    const name = this.textOrNull('inter.broker.listener.name')
    if (name === null) {
      const protocol = present(this.#protocolOf(this.text('security.inter.broker.protocol')), 'a security protocol')
      return { listener: protocol, securityProtocol: protocol }
    }
    if (this.texts.static.has('security.inter.broker.protocol')) {
      throw new ConfigError('Only one of inter.broker.listener.name and security.inter.broker.protocol should be set.')
    }
    const listener = name.toUpperCase()
    const securityProtocol = this.securityProtocols.get(listener)
    if (securityProtocol === undefined) {
      throw new ConfigError(
        `Listener with name ${listener} defined in inter.broker.listener.name not found in listener.security.protocol.map.`,
      )
    }
    return { listener, securityProtocol }
  }

  #protocolOf(name: string): SecurityProtocol | undefined {
    return parseSecurityProtocolMap(`${name}:${name}`).get(name)
  }

  /** As advertised, else as listened on; the first one's wildcard host is replaced by this node's entry among the voters. */
  #advertisedControllers(advertised: readonly Endpoint[]): readonly Endpoint[] {
    return this.controllerListenerNames.flatMap((name, index) => {
      const given = advertised.find((endpoint) => endpoint.listener === name)
      if (given !== undefined) return [given]
      const own = this.listeners.find((endpoint) => endpoint.listener === name)
      if (own === undefined) return []
      const wildcard = own.host === undefined || own.host === '0.0.0.0'
      const voter = index === 0 && wildcard ? this.voters.find((it) => it.id === this.nodeId) : undefined
      if (voter !== undefined) return [{ ...own, host: voter.host, port: voter.port }]
      return [wildcard ? { ...own, host: undefined } : own]
    })
  }

  #retentionMs(): number {
    const minutes = this.numberOrNull('log.retention.minutes')
    const older = minutes === null ? this.number('log.retention.hours') * 3_600_000 : minutes * 60_000
    const retentionMs = this.numberOrNull('log.retention.ms') ?? older
    return retentionMs < 0 ? -1 : retentionMs
  }
}

/** `broker.id` and `node.id` stand in for each other. */
function withNodeId(texts: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const nodeId = texts.get('node.id')
  const brokerId = texts.get('broker.id')
  if (nodeId !== undefined && brokerId === undefined) return new Map([...texts, ['broker.id', nodeId]])
  if (nodeId === undefined && brokerId !== undefined) return new Map([...texts, ['node.id', brokerId]])
  return texts
}

function effectiveTexts(texts: BrokerTexts): Map<string, string> {
  return new Map([...texts.static, ...texts.dynamicDefault, ...texts.dynamicBroker])
}

/** Of a key that is dynamic alone; infinite where nobody set it. */
const rateOf = (texts: BrokerTexts, name: string): number =>
  Number(texts.dynamicBroker.get(name) ?? texts.dynamicDefault.get(name) ?? Number.POSITIVE_INFINITY)

function parseAll(texts: ReadonlyMap<string, string>): ReadonlyMap<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of keys) values.set(name, parseKey(name, key, texts.get(name) ?? null))
  return values
}

function parseOwn(texts: ReadonlyMap<string, string>): ReadonlyMap<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of Object.entries(ownKeys)) values.set(name, parseKey(name, key, texts.get(name) ?? null))
  return values
}

function parseOverrides(text: string): ReadonlyMap<string, number> {
  const overrides = new Map<string, number>()
  for (const pair of text.split(',').map((part) => part.trim())) {
    if (pair === '') continue
    const colon = pair.lastIndexOf(':')
    const count = pair.slice(colon + 1).trim()
    if (colon <= 0 || !/^\d{1,10}$/.test(count) || !/^[0-9a-zA-Z\-%._:]+$/.test(pair.slice(0, colon).trim())) {
      const key = 'max.connections.per.ip.overrides'
      throw new ConfigError(
        `Invalid value ${text} for configuration ${key}: '${pair}' is not of the form address:count`,
      )
    }
    overrides.set(pair.slice(0, colon).trim(), Number(count))
  }
  return overrides
}

function unknownKeys(texts: ReadonlyMap<string, string>): readonly string[] {
  return [...texts.keys()]
    .filter((name) => brokerKey(name) === undefined && !isOwn(name))
    .map((name) => `The configuration '${name}' was supplied but isn't a known config.${hint(name)}`)
}

/** What those of the schema registry say is checked by `RegistryConfig`. */
const isOwn = (name: string): boolean => Object.hasOwn(ownKeys, name) || isNodeRegistryKey(name)

/** Of Odradek's own there are few: a wrong name is told the right ones. */
function hint(name: string): string {
  if (name.startsWith(registryPrefix)) return ` Those of the registry are ${Object.keys(registryKeys).join(', ')}.`
  return name.startsWith(ownPrefix) ? ` Those of Odradek are ${Object.keys(ownKeys).join(', ')}.` : ''
}
