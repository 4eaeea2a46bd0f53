/** What `import 'odradek/registry'` gives: a schema registry over the clock and network of the machine, and any Kafka. */
import { hostname } from 'node:os'
import type { LogLevel } from '../base/index.ts'
import { Kafka, type KafkaOptions } from '../client/index.ts'
import { createEnv, hashPassword } from '../env/index.ts'
import {
  type ClusterOptions,
  type RegistryServerOptions,
  type RunningRegistry,
  type SchemaClientOptions,
  SchemaRegistry as SchemaRegistryOver,
  startRegistry as start,
} from '../registry/index.ts'
import { asListenError } from './listen-error.ts'

// All of it but `startRegistry` and `SchemaRegistry`, which are those below.
export * from '../registry/index.ts'

export class SchemaRegistry extends SchemaRegistryOver {
  /** Asks nobody yet. Throws TypeError where there is no url. */
  constructor(options: SchemaClientOptions) {
    super(options, createEnv({ keepsAlive: true }).clock)
  }
}

type OfRegistry = Pick<RegistryServerOptions, 'topic' | 'replicationFactor' | 'timeoutMs'>

export interface StartRegistryOptions extends OfRegistry, ClusterOptions {
  /** How the cluster is reached that keeps the schemas. */
  readonly kafka: KafkaOptions
  /** Default 8081; 0: one that is free. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /**
   * Under which host the other instances of this registry reach this one. Default: `host`, or what the machine is called where that stands
   * for all its addresses.
   */
  readonly advertisedHost?: string
  /** What is told on standard error of what happens: from this level on. Default `warn`. */
  readonly logLevel?: LogLevel
  /** Where log lines go; standard error unless told. */
  readonly log?: (line: string) => void
}

const version = '0.1.0'
const defaultPort = 8081
const allAddresses: ReadonlySet<string> = new Set(['', '0.0.0.0', '::', '[::]'])

/**
 * Rejects with KafkaError where the cluster is not reached, RegistryError where its topic cannot keep schemas, ListenError where the port
 * is taken.
 */
export async function startRegistry({
  kafka,
  port = defaultPort,
  host = '127.0.0.1',
  advertisedHost = allAddresses.has(host) ? hostname() : host,
  logLevel = 'warn',
  log,
  ...rest
}: StartRegistryOptions): Promise<RunningRegistry> {
  const env = createEnv({ level: logLevel, keepsAlive: true, ...(log && { write: log }) })
  const logger = env.logger.child('registry')
  const clientOf = (atMostMs = Number.POSITIVE_INFINITY): Kafka => {
    const { requestTimeoutMs = 30_000 } = kafka
    const options = { clientId: 'schema-registry', ...kafka, requestTimeoutMs: Math.min(requestTimeoutMs, atMostMs) }
    return new Kafka({ ...env, logger }, options, { hashPassword })
  }
  try {
    return await start({ ...rest, kafka: clientOf, clock: env.clock, logger, port, host, advertisedHost, version })
  } catch (error) {
    throw asListenError(error, `${host}:${port} of the schema registry`)
  }
}
