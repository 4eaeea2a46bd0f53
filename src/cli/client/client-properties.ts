/** Properties of a client by Kafka's names, as a file or `-X` gives them, and the options of our clients that they are. */
import type { ConsumerOptions, KafkaOptions, ProducerOptions } from '../../client/index.ts'
import { ConfigError } from '../../config/index.ts'
import { UsageError } from '../usage-error.ts'
import { securityOptions } from './security-properties.ts'

type Kind = 'text' | 'number' | 'boolean' | 'acks' | 'class'

const connectionKinds: Readonly<Record<string, Kind>> = {
  'client.id': 'text',
  'client.dns.lookup': 'text',
  'connections.max.idle.ms': 'number',
  'request.timeout.ms': 'number',
  'retry.backoff.ms': 'number',
  'retry.backoff.max.ms': 'number',
  'reconnect.backoff.ms': 'number',
  'reconnect.backoff.max.ms': 'number',
  'socket.connection.setup.timeout.ms': 'number',
  'socket.connection.setup.timeout.max.ms': 'number',
  'metadata.max.age.ms': 'number',
  'metadata.recovery.strategy': 'text',
  'metadata.recovery.rebootstrap.trigger.ms': 'number',
}

const producerKinds: Readonly<Record<string, Kind>> = {
  acks: 'acks',
  'enable.idempotence': 'boolean',
  'batch.size': 'number',
  'linger.ms': 'number',
  'buffer.memory': 'number',
  'max.block.ms': 'number',
  'delivery.timeout.ms': 'number',
  'max.request.size': 'number',
  'max.in.flight.requests.per.connection': 'number',
  'compression.type': 'text',
  'partitioner.adaptive.partitioning.enable': 'boolean',
  'partitioner.availability.timeout.ms': 'number',
  'partitioner.ignore.keys': 'boolean',
  'partitioner.rack.aware': 'boolean',
  'client.rack': 'text',
  'metadata.max.idle.ms': 'number',
}

const consumerKinds: Readonly<Record<string, Kind>> = {
  'group.id': 'text',
  'group.protocol': 'text',
  'group.remote.assignor': 'text',
  'group.instance.id': 'text',
  'auto.offset.reset': 'text',
  'enable.auto.commit': 'boolean',
  'auto.commit.interval.ms': 'number',
  'isolation.level': 'text',
  'fetch.max.wait.ms': 'number',
  'fetch.min.bytes': 'number',
  'fetch.max.bytes': 'number',
  'max.partition.fetch.bytes': 'number',
  'check.crcs': 'boolean',
  'client.rack': 'text',
  'max.poll.interval.ms': 'number',
  'session.timeout.ms': 'number',
  'heartbeat.interval.ms': 'number',
  'partition.assignment.strategy': 'class',
  'allow.auto.create.topics': 'boolean',
}

/** Known to Kafka's clients and read here by name, or without a meaning where bytes stay bytes and nobody polls. */
const otherNames: ReadonlySet<string> = new Set([
  'bootstrap.servers',
  'security.protocol',
  'compression.gzip.level',
  'compression.lz4.level',
  'compression.zstd.level',
  'default.api.timeout.ms',
  'exclude.internal.topics',
  'key.serializer',
  'value.serializer',
  'key.deserializer',
  'value.deserializer',
  'max.poll.records',
  'receive.buffer.bytes',
  'send.buffer.bytes',
  'retries',
  'enable.metrics.push',
])

/** Java's names of what has a name of its own here. */
const classNames: Readonly<Record<string, string>> = {
  RangeAssignor: 'range',
  RoundRobinAssignor: 'roundrobin',
  StickyAssignor: 'sticky',
  CooperativeStickyAssignor: 'cooperative-sticky',
}

/** `securityOptions` says which of them have an effect. */
const isOfSecurity = (name: string): boolean => /^(ssl|sasl|security)\./.test(name)
const isOfReporting = (name: string): boolean => /^(metrics|metric|auto\.include\.jmx)\./.test(name)

const isKnown = (name: string): boolean =>
  name in connectionKinds ||
  name in producerKinds ||
  name in consumerKinds ||
  otherNames.has(name) ||
  isOfSecurity(name) ||
  isOfReporting(name)

/** `linger.ms` is `lingerMs`. */
const optionName = (name: string): string => name.replace(/\.(\w)/g, (_, letter: string) => letter.toUpperCase())

export interface PropertySources {
  readonly file: ReadonlyMap<string, string>
  /** `NAME=VALUE` each, over the file. */
  readonly pairs: readonly string[]
  /** What other flags say, over both. */
  readonly given: ReadonlyMap<string, string>
}

export class ClientProperties {
  readonly #texts: ReadonlyMap<string, string>
  /** Of the file: no client of Kafka's has them, or none that matters here. They are passed over, as Kafka does. */
  readonly unknownNames: readonly string[]

  private constructor(texts: ReadonlyMap<string, string>, unknownNames: readonly string[]) {
    this.#texts = texts
    this.unknownNames = unknownNames
  }

  /** Throws UsageError. */
  static of({ file, pairs, given }: PropertySources): ClientProperties {
    const texts = new Map([...file, ...pairs.map(pairOf), ...given])
    return new ClientProperties(
      texts,
      [...file.keys()].filter((name) => !isKnown(name)),
    )
  }

  text(name: string): string | undefined {
    return this.#texts.get(name)
  }

  /** `default.api.timeout.ms`; undefined where it is not told. Throws ConfigError. */
  get callMs(): number | undefined {
    const name = 'default.api.timeout.ms'
    const text = this.#texts.get(name)
    return text === undefined ? undefined : asNumber(name, text.trim())
  }

  /** What all clients are told. Rejects with ConfigError for a value of the wrong form. */
  async connection(): Promise<Omit<KafkaOptions, 'bootstrapServers'>> {
    const options: Omit<KafkaOptions, 'bootstrapServers'> = this.#options(connectionKinds)
    return { ...options, ...(await securityOptions(this.#texts)) }
  }

  /** Throws ConfigError. */
  producer(): ProducerOptions {
    const codec = this.#texts.get('compression.type')
    const levelName = `compression.${codec}.level`
    const level = this.#texts.get(levelName)
    const options: ProducerOptions = this.#options(producerKinds)
    // The encoder of LZ4 has one level.
    return level === undefined || codec === 'lz4'
      ? options
      : { ...options, compressionLevel: asNumber(levelName, level) }
  }

  /** Throws ConfigError. */
  consumer(): ConsumerOptions {
    return this.#options(consumerKinds)
  }

  /** The names and kinds of values are those of the table; what makes sense is for the client to say. */
  #options<T extends object>(kinds: Readonly<Record<string, Kind>>): T {
    const entries: [string, unknown][] = []
    for (const [name, text] of this.#texts) {
      const kind = kinds[name]
      if (kind !== undefined) entries.push([optionName(name), converted(name, kind, text.trim())])
    }
    return Object.fromEntries(entries) as T
  }
}

function pairOf(pair: string): [string, string] {
  const equals = pair.indexOf('=')
  if (equals <= 0) throw new UsageError(`--property, -X takes NAME=VALUE, not '${pair}'`)
  const name = pair.slice(0, equals).trim()
  if (!isKnown(name)) throw new UsageError(`--property, -X: '${name}' is not known here`)
  return [name, pair.slice(equals + 1)]
}

function converted(name: string, kind: Kind, text: string): unknown {
  switch (kind) {
    case 'text':
      return text
    case 'number':
      return asNumber(name, text)
    case 'boolean':
      if (/^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
      throw new ConfigError(`${name} is true or false, not '${text}'`)
    case 'acks':
      return text === 'all' ? text : asNumber(name, text)
    case 'class':
      return text
        .split(',')
        .map((it) => it.trim())
        .map((it) => classNames[it.slice(it.lastIndexOf('.') + 1)] ?? it)
  }
}

function asNumber(name: string, text: string): number {
  if (/^-?\d{1,15}$/.test(text)) return Number(text)
  throw new ConfigError(`${name} is a number, not '${text}'`)
}
