/** What `import 'odradek/registry'` gives: a schema registry over the clock and network of the machine, and any Kafka. */
import type { LogLevel } from '../base/index.ts'
import { Kafka, type KafkaOptions } from '../client/index.ts'
import { createEnv, hashPassword } from '../env/index.ts'
import {
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

export interface StartRegistryOptions extends OfRegistry {
  /** How the cluster is reached that keeps the schemas. */
  readonly kafka: KafkaOptions
  /** Default 8081; 0: one that is free. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** What is told on standard error of what happens: from this level on. Default `warn`. */
  readonly logLevel?: LogLevel
  /** Where log lines go; standard error unless told. */
  readonly log?: (line: string) => void
}

const version = '0.1.0'
const defaultPort = 8081

/**
 * Rejects with KafkaError where the cluster is not reached, RegistryError where its topic cannot keep schemas, ListenError where the port
 * is taken.
 */
export async function startRegistry({
  kafka,
  port = defaultPort,
  host = '127.0.0.1',
  logLevel = 'warn',
  log,
  ...rest
}: StartRegistryOptions): Promise<RunningRegistry> {
  const env = createEnv({ level: logLevel, keepsAlive: true, ...(log && { write: log }) })
  const logger = env.logger.child('registry')
  const client = new Kafka({ ...env, logger }, { clientId: 'schema-registry', ...kafka }, { hashPassword })
  try {
    return await start({ ...rest, kafka: client, clock: env.clock, logger, port, host, version })
  } catch (error) {
    throw asListenError(error, `${host}:${port} of the schema registry`)
  }
}
