/** A schema registry that serves: its topic read, its port open. */
import type { Clock, Logger } from '../base/index.ts'
import type { Kafka } from '../client/index.ts'
import { formats } from './formats/index.ts'
import { httpServer } from './http/http-server.ts'
import { Registry } from './registry.ts'
import { SchemaTopic } from './store/schema-topic.ts'

export interface RegistryServerOptions {
  /** Of the cluster that keeps the schemas. */
  readonly kafka: Kafka
  readonly clock: Clock
  readonly logger: Logger
  /** 0: one that is free. */
  readonly port: number
  readonly host: string
  /** Default `_schemas`. */
  readonly topic?: string
  /** Of that topic, where it is made: default 3, or as many brokers as there are. */
  readonly replicationFactor?: number
  /** For a write to be kept: default 10,000. */
  readonly timeoutMs?: number
  /** Of Odradek, for who asks. */
  readonly version: string
}

export interface RunningRegistry extends AsyncDisposable {
  /** `http://host:port`. */
  readonly url: string
  readonly port: number
  /** Ends its connections, and all that is under way. */
  stop(): Promise<void>
}

/** Rejects with KafkaError, RegistryError, or what the system says of the port. */
export async function startRegistry(options: RegistryServerOptions): Promise<RunningRegistry> {
  const { kafka, clock, logger, port, host, version } = options
  const { topic = '_schemas', replicationFactor = 3, timeoutMs = 10_000 } = options
  const kept = { kafka, clock, logger, topic, replicationFactor, timeoutMs }
  const registry = new Registry({ clock, formats, logOf: (replay) => new SchemaTopic({ ...kept, replay }) })
  const server = httpServer({ registry, logger, clusterId: await clusterIdOf(kafka), version })
  const stop = async (): Promise<void> => {
    await server.close()
    await registry.close()
  }
  try {
    await registry.open()
    await server.listen({ port, host })
  } catch (error) {
    await stop()
    throw error
  }
  const address = server.server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  logger.log('info', 'the schema registry is ready', { host, port: actual, topic })
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actual}`,
    port: actual,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}

async function clusterIdOf(kafka: Kafka): Promise<string> {
  await using admin = kafka.admin()
  return (await admin.describeCluster()).clusterId ?? ''
}
