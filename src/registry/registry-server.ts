/** A schema registry that serves: its topic read, its port open, one of the instances that have the same topic and group. */
import type { Clock, Logger } from '../base/index.ts'
import type { Kafka } from '../client/index.ts'
import { formats } from './formats/index.ts'
import { httpServer } from './http/http-server.ts'
import { Election } from './leader/election.ts'
import { Registry } from './registry.ts'
import { SchemaTopic } from './store/schema-topic.ts'

/** How instances of one registry find out who of them writes. */
export interface ClusterOptions {
  /** Under which host the other instances reach this one: default `host`. Each has a host and port of its own. */
  readonly advertisedHost?: string
  /** Instances with the same are one registry: default `schema-registry`. */
  readonly groupId?: string
  /** Whether this instance may become the one that writes: default true. */
  readonly leaderEligibility?: boolean
  /** After so long without a heartbeat an instance is taken for dead, and another one leads: default 10,000. */
  readonly sessionTimeoutMs?: number
  /** Default: three tenths of `sessionTimeoutMs`. */
  readonly heartbeatIntervalMs?: number
  /** How long a write waits for an election to end: default 10,000. */
  readonly electionTimeoutMs?: number
  /** How long the leader may take to answer a write that was forwarded to it: default 60,000. */
  readonly forwardTimeoutMs?: number
}

export interface RegistryServerOptions extends ClusterOptions {
  /** Of the cluster that keeps the schemas: one that waits no longer for an answer than so many milliseconds. */
  readonly kafka: (requestTimeoutMsMax?: number) => Kafka
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
  const { clock, logger, port, host, version, advertisedHost = host } = options
  const { topic = '_schemas', replicationFactor = 3, timeoutMs = 10_000 } = options
  const { groupId = 'schema-registry', leaderEligibility = true } = options
  const { electionTimeoutMs = 10_000, forwardTimeoutMs = 60_000 } = options
  const { sessionTimeoutMs = 10_000, heartbeatIntervalMs = Math.floor(0.3 * sessionTimeoutMs) } = options
  const kafka = options.kafka()
  // A leader whose heartbeats are answered is sure of its group for seven tenths of a session at any time: so a write that it begins has
  // ended before another instance can lead.
  const blockMsMax = Math.floor(0.1 * sessionTimeoutMs)
  const deliveryMsMax = Math.floor(0.4 * sessionTimeoutMs)
  const writing = options.kafka(deliveryMsMax)
  const kept = { kafka, writing, clock, logger, topic, replicationFactor, timeoutMs, blockMsMax, deliveryMsMax }
  const election: Election = new Election({
    ...{ kafka, clock, logger, groupId, sessionTimeoutMs, heartbeatIntervalMs },
    written: () => registry.written(),
  })
  const registry = new Registry({
    ...{ clock, formats, leadership: election },
    logOf: (replay) => new SchemaTopic({ ...kept, replay }),
  })
  const server = httpServer({
    ...{ registry, logger, clusterId: await clusterIdOf(kafka), version, groupId },
    forwarding: { clock, electionTimeoutMs, forwardTimeoutMs, place: (withinMs) => election.place(withinMs) },
  })
  const stop = async (): Promise<void> => {
    // What comes in between is told that this instance leads no more: whoever has passed it on turns to the next one.
    await election.close()
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
  // Reading needs no leader, and nobody waits for one before there is something to write.
  election.begin({ host: inUrl(advertisedHost), port: actual, scheme: 'http', leaderEligibility })
  logger.log('info', 'the schema registry is ready', { host, port: actual, topic })
  return { url: `http://${inUrl(host)}:${actual}`, port: actual, stop, [Symbol.asyncDispose]: stop }
}

const inUrl = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)

async function clusterIdOf(kafka: Kafka): Promise<string> {
  await using admin = kafka.admin()
  return (await admin.describeCluster()).clusterId ?? ''
}
