/** A schema registry that serves: its topic read, its port open, one of the instances that have the same topic and group. */
import { createServer } from 'node:http'
import { allSteps, type Clock, type JobRunner, type Logger } from '../base/index.ts'
import type { Kafka } from '../client/index.ts'
import { formats } from './formats/index.ts'
import { httpServer, requestMsMax } from './http/http-server.ts'
import { LimitedLog } from './http/limited-log.ts'
import type { Cryptography } from './http/password-hash.ts'
import { type Https, type RegistryTls, SecureServer, sendSecurely } from './http/secure-server.ts'
import { type RegistryUser, Users } from './http/users.ts'
import { Election } from './leader/election.ts'
import { Registry } from './registry.ts'
import type { CompatibilityLevel } from './settings.ts'
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

/** Who reaches it how, and who may. */
export interface SecurityOptions {
  /** HTTPS instead of HTTP, also between the instances. */
  readonly tls?: RegistryTls
  /** By name. Whoever asks needs to be one of them, by basic authentication. Default: nobody needs to be anybody. */
  readonly users?: Readonly<Record<string, RegistryUser>>
}

export interface RegistryServerOptions extends ClusterOptions, SecurityOptions {
  /** Of the cluster that keeps the schemas: one that waits no longer for an answer than so many milliseconds. */
  readonly kafka: (requestTimeoutMsMax?: number) => Kafka
  readonly clock: Clock
  readonly logger: Logger
  /** Where schemas are read and compared that are not small: it does the jobs of `jobsUrl`. */
  readonly thread: JobRunner
  readonly https: Https
  readonly cryptography: Cryptography
  /** 0: one that is free. */
  readonly port: number
  readonly host: string
  /** Default `_schemas`. */
  readonly topic?: string
  /** Of that topic, where it is made; so many brokers are waited for a while. Default: 3, or as many as there are. */
  readonly replicationFactor?: number
  /** Which schemas may follow one another, where nothing else was set. Default BACKWARD. */
  readonly compatibilityLevel?: CompatibilityLevel
  /** For a write to be kept: default 10,000. */
  readonly timeoutMs?: number
  /** Ends it while it starts. */
  readonly stopWanted?: AbortSignal
  /** Of Odradek, for who asks. */
  readonly version: string
}

export interface RunningRegistry extends AsyncDisposable {
  /** `http://host:port`, or `https:`. */
  readonly url: string
  readonly port: number
  /**
   * Certificates were renewed: connections that begin from now on get the new ones, and those that are there stay. Throws TypeError where
   * there is no TLS, or it is no certificate with its key; then all stays as it was.
   */
  reloadTls(tls: RegistryTls): void
  /** Ends its connections, and all that is under way. */
  stop(): Promise<void>
}

/** Rejects with KafkaError, RegistryError, TypeError for `tls` and `users` that are none, or what the system says of the port. */
export async function startRegistry(options: RegistryServerOptions): Promise<RunningRegistry> {
  const { clock, logger, thread, port, host, version, advertisedHost = host } = options
  const { topic = '_schemas', replicationFactor, timeoutMs = 10_000, stopWanted } = options
  const { groupId = 'schema-registry', leaderEligibility = true } = options
  const { electionTimeoutMs = 10_000, forwardTimeoutMs = 60_000 } = options
  const { sessionTimeoutMs = 10_000, heartbeatIntervalMs = Math.floor(0.3 * sessionTimeoutMs) } = options
  const { secure, authentication, send } = secured(options)
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
    ...{ clock, formats, thread, leadership: election },
    ...(options.compatibilityLevel && { compatibilityLevel: options.compatibilityLevel }),
    logOf: (replay) => new SchemaTopic({ ...kept, replay }),
  })
  const clusterId = await clusterIdOf(kafka, stopWanted)
  const ending = new AbortController()
  const server = httpServer({
    ...{ registry, logger, clusterId, version, groupId, secure, authentication },
    forwarding: {
      ...{ clock, electionTimeoutMs, forwardTimeoutMs, send, place: (withinMs) => election.place(withinMs) },
      stopped: ending.signal,
    },
  })
  let listening: Promise<unknown> = Promise.resolve()
  const end = (): Promise<void> =>
    allSteps(
      // What comes in between is told that this instance leads no more: whoever has passed it on turns to the next one.
      () => election.close(),
      () => ending.abort(new Error('this instance stops')),
      // A server that is closed while it begins to listen may do neither.
      () => listening.catch(() => undefined),
      () => server.close(),
      () => registry.close(),
      () => authentication?.users.close(),
    )
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= end()
    return stopping
  }
  try {
    // Before the topic is read, and written to: where the port is taken that would be for nothing, each time that it is tried.
    await unlessStopped(() => bindable(port, host), stopWanted)
    await unlessStopped(() => registry.open(), stopWanted)
    await unlessStopped(() => {
      listening = server.listen({ port, host })
      return listening
    }, stopWanted)
  } catch (error) {
    await stop()
    throw error
  }
  const address = server.server.address()
  const actual = typeof address === 'object' && address !== null ? address.port : port
  // Reading needs no leader, and nobody waits for one before there is something to write.
  const scheme = secure === undefined ? 'http' : 'https'
  election.begin({ host: inUrl(advertisedHost), port: actual, scheme, leaderEligibility })
  logger.log('info', 'the schema registry is ready', { host, port: actual, topic })
  const url = `${scheme}://${inUrl(host)}:${actual}`
  return { url, port: actual, reloadTls: reloading(secure), stop, [Symbol.asyncDispose]: stop }
}

function reloading(secure: SecureServer | undefined): RunningRegistry['reloadTls'] {
  return (tls) => {
    if (secure === undefined) throw new TypeError('the schema registry was started without tls')
    secure.reload(tls)
  }
}

/** Throws TypeError. */
function secured({ tls, users, https, cryptography, clock, logger }: RegistryServerOptions) {
  const handshakes = new LimitedLog(clock, logger)
  const onRefused = (reason: string, from: string | undefined): void =>
    handshakes.warn('a connection was refused', { ...(from !== undefined && { from }), reason })
  const secure = tls && new SecureServer(tls, { https, requestMsMax, onRefused })
  const authentication = users && {
    users: new Users(users, cryptography, clock),
    refusals: new LimitedLog(clock, logger),
  }
  return { secure, authentication, send: secure?.send ?? sendSecurely(https) }
}

const inUrl = (host: string): string => (host.includes(':') && !host.startsWith('[') ? `[${host}]` : host)

async function clusterIdOf(kafka: Kafka, stopWanted: AbortSignal | undefined): Promise<string> {
  await using admin = kafka.admin()
  return (await unlessStopped(() => admin.describeCluster(), stopWanted)).clusterId ?? ''
}

/** Rejects with the signal's reason as soon as that is aborted; what was begun then is still under way. */
async function unlessStopped<T>(begin: () => Promise<T>, stopWanted: AbortSignal | undefined): Promise<T> {
  stopWanted?.throwIfAborted()
  const stopped = Promise.withResolvers<never>()
  const stop = (): void => stopped.reject(stopWanted?.reason)
  stopWanted?.addEventListener('abort', stop)
  try {
    const told = await Promise.race([begin(), stopped.promise])
    stopWanted?.throwIfAborted()
    return told
  } finally {
    stopWanted?.removeEventListener('abort', stop)
  }
}

/** Rejects with what the system says, as that the port is taken. It is free again then. */
async function bindable(port: number, host: string): Promise<void> {
  const server = createServer()
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host }, resolve)
  })
  await new Promise((resolve) => {
    server.close(resolve)
    server.closeAllConnections()
  })
}
