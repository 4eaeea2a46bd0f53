/** What all clients are told about connections: Kafka's names and defaults, in one word each; times in milliseconds. */
import type { TlsOptions } from '../base/index.ts'
import { checkMs, checkNames, defined } from './check-options.ts'
import { type Address, parseAddresses } from './cluster/address.ts'
import { checkSasl, type SaslOptions } from './cluster/sasl.ts'
import { KafkaError } from './kafka-error.ts'

export { checkMs, checkNames, defined } from './check-options.ts'

export interface KafkaOptions {
  /** `host:port`, several separated by commas or as a list: any brokers of the cluster. */
  readonly bootstrapServers: string | readonly string[]
  /**
   * Connections by TLS: true with the authorities that Node knows, else by the options of `tls.connect` that are named in SslOptions
   * (`security.protocol`, `ssl.*`). The server has to have a certificate of the host that is connected to. Default false.
   */
  readonly ssl?: boolean | SslOptions
  /** Who the client is to the brokers. Default: nobody in particular. */
  readonly sasl?: SaslOptions
  /**
   * `use_all_dns_ips`: all addresses that a name has are tried before a connection has failed (KIP-302).
   * `resolve_canonical_bootstrap_servers_only`: besides, each bootstrap server stands for all its addresses, each by its full name, for
   * SASL mechanisms that need it. Default `use_all_dns_ips`.
   */
  readonly clientDnsLookup?: 'use_all_dns_ips' | 'resolve_canonical_bootstrap_servers_only'
  /** A connection that nobody has used for so long is closed, and made again when it is needed; -1: never. Default 540,000. */
  readonly connectionsMaxIdleMs?: number
  /** How brokers name this client in logs, metrics and quotas. Default `odradek`. */
  readonly clientId?: string
  /** The longest wait for one answer. Default 30,000. */
  readonly requestTimeoutMs?: number
  /** Between two attempts of the same: doubled from attempt to attempt. Defaults 100 and 1,000 (KIP-580). */
  readonly retryBackoffMs?: number
  readonly retryBackoffMaxMs?: number
  /** Between two connections to the same broker. Defaults 50 and 1,000. */
  readonly reconnectBackoffMs?: number
  readonly reconnectBackoffMaxMs?: number
  /** For a connection to be made. Defaults 10,000 and 30,000. */
  readonly socketConnectionSetupTimeoutMs?: number
  readonly socketConnectionSetupTimeoutMaxMs?: number
  /** What is known of the cluster is asked anew after so long. Default 300,000. */
  readonly metadataMaxAgeMs?: number
  /** Whether the bootstrap servers are asked again when nobody that is known answers (KIP-899). Default `rebootstrap`. */
  readonly metadataRecoveryStrategy?: 'rebootstrap' | 'none'
  /** So long without an answer about the cluster, and the bootstrap servers are asked (KIP-1102). Default 300,000. */
  readonly metadataRecoveryRebootstrapTriggerMs?: number
}

export type SslOptions = TlsOptions

export interface ConnectionOptions extends Required<Omit<KafkaOptions, 'bootstrapServers' | 'ssl' | 'sasl'>> {
  readonly bootstrap: readonly Address[]
  /** Undefined: in the clear. The same object for all connections. */
  readonly tls: TlsOptions | undefined
  readonly sasl: SaslOptions | undefined
  /** Requests on one connection that are not answered. */
  readonly inFlightMax: number
  /** Of one answer, unless it is asked for with more; a larger one ends the connection. */
  readonly replyBytesMax: number
  /** Overwrites released buffers, so that tests see who kept a view. */
  readonly poison: boolean
}

/** What no user is asked about. */
export type ConnectionExtras = Partial<Pick<ConnectionOptions, 'replyBytesMax' | 'poison'>>

const defaults = {
  clientDnsLookup: 'use_all_dns_ips',
  connectionsMaxIdleMs: 540_000,
  clientId: 'odradek',
  requestTimeoutMs: 30_000,
  retryBackoffMs: 100,
  retryBackoffMaxMs: 1000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
  socketConnectionSetupTimeoutMs: 10_000,
  socketConnectionSetupTimeoutMaxMs: 30_000,
  metadataMaxAgeMs: 300_000,
  metadataRecoveryStrategy: 'rebootstrap',
  metadataRecoveryRebootstrapTriggerMs: 300_000,
} as const

/** Requests of a connection that wait for their answers, unless a producer says how many. */
const inFlightMax = 5
const repliesBytesMax = 128 * 1024 * 1024

/** Throws KafkaError for what makes no sense. */
export function connectionOptions(options: KafkaOptions, extras: ConnectionExtras = {}): ConnectionOptions {
  const { replyBytesMax = repliesBytesMax, poison = false } = extras
  const { bootstrapServers, ssl, sasl, ...given } = options
  checkNames(given, defaults)
  const all = { ...defaults, ...defined(given) }
  for (const [name, value] of Object.entries(all)) {
    const isNever = name === 'connectionsMaxIdleMs' && value === -1
    if (name.endsWith('Ms') && !isNever) checkMs(name, value)
    if (name === 'connectionsMaxIdleMs' && value === 0)
      throw new KafkaError('INVALID_ARGUMENT', `${name}: 0 is no time`)
  }
  if (!dnsLookups.has(all.clientDnsLookup)) {
    throw new KafkaError('INVALID_ARGUMENT', `clientDnsLookup: there is no '${all.clientDnsLookup}'`)
  }
  if (sasl !== undefined) checkSasl(sasl)
  return {
    ...all,
    bootstrap: parseAddresses(bootstrapServers),
    tls: tlsOptions(ssl),
    sasl,
    inFlightMax,
    replyBytesMax,
    poison,
  }
}

const dnsLookups: ReadonlySet<string> = new Set(['use_all_dns_ips', 'resolve_canonical_bootstrap_servers_only'])

const sslNames = {
  ...{ ca: 0, cert: 0, key: 0, pfx: 0, passphrase: 0, crl: 0, servername: 0, rejectUnauthorized: 0 },
  ...{ endpointIdentificationAlgorithm: 0, ciphers: 0, minVersion: 0, maxVersion: 0 },
}

function tlsOptions(ssl: KafkaOptions['ssl']): TlsOptions | undefined {
  if (ssl === undefined || ssl === false) return undefined
  if (ssl === true) return {}
  checkNames(ssl, sslNames)
  return ssl
}
