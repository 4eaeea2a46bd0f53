/** A schema registry over the clock and the network that are given, and any Kafka. */
import { hostname } from 'node:os'
import { type Env, isAllAddresses } from '../base/index.ts'
import { Kafka, type KafkaOptions } from '../client/index.ts'
import { hashPassword } from '../env/index.ts'
import {
  type ClusterOptions,
  type RegistryServerOptions,
  type RunningRegistry,
  type SecurityOptions,
  startRegistry as start,
} from '../registry/index.ts'
import { asListenError } from './listen-error.ts'
import { cryptography, https, schemaThread } from './registry-means.ts'

type OfRegistry = Pick<
  RegistryServerOptions,
  'topic' | 'replicationFactor' | 'timeoutMs' | 'compatibilityLevel' | 'stopWanted'
>

export interface RegistryServiceOptions extends OfRegistry, ClusterOptions, SecurityOptions {
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
}

const version = '0.1.0'
const defaultPort = 8081

/**
 * Rejects with KafkaError where the cluster is not reached, RegistryError where its topic cannot keep schemas, ListenError where the port
 * is taken, TypeError for `tls` and `users` that are none.
 */
export async function startRegistryService(
  env: Env,
  {
    kafka,
    port = defaultPort,
    host = '127.0.0.1',
    advertisedHost = isAllAddresses(host) ? hostname() : host,
    ...rest
  }: RegistryServiceOptions,
): Promise<RunningRegistry> {
  const logger = env.logger.child('registry')
  const clientOf = (atMostMs = Number.POSITIVE_INFINITY): Kafka => {
    const { requestTimeoutMs = 30_000 } = kafka
    const options = { clientId: 'schema-registry', ...kafka, requestTimeoutMs: Math.min(requestTimeoutMs, atMostMs) }
    return new Kafka({ ...env, logger }, options, { hashPassword })
  }
  try {
    const means = { kafka: clientOf, clock: env.clock, logger, thread: schemaThread, https, cryptography }
    return await start({ ...rest, ...means, port, host, advertisedHost, version })
  } catch (error) {
    throw asListenError(error, `${host}:${port} of the schema registry`)
  }
}
