/** What all clients are told about connections: Kafka's names and defaults, in one word each; times in milliseconds. */
import { type Address, parseAddresses } from './cluster/address.ts'
import { KafkaError } from './kafka-error.ts'

export interface KafkaOptions {
  /** `host:port`, several separated by commas or as a list: any brokers of the cluster. */
  readonly bootstrapServers: string | readonly string[]
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

export interface ConnectionOptions extends Required<Omit<KafkaOptions, 'bootstrapServers'>> {
  readonly bootstrap: readonly Address[]
  /** Requests on one connection that are not answered. */
  readonly inFlightMax: number
  /** Overwrites released buffers, so that tests see who kept a view. */
  readonly poison: boolean
}

const defaults = {
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

/** Throws KafkaError for what makes no sense. */
export function connectionOptions(options: KafkaOptions, poison: boolean): ConnectionOptions {
  const { bootstrapServers, ...given } = options
  checkNames(given, defaults)
  const all = { ...defaults, ...defined(given) }
  for (const [name, value] of Object.entries(all)) if (name.endsWith('Ms')) checkMs(name, value)
  return { ...all, bootstrap: parseAddresses(bootstrapServers), inFlightMax, poison }
}

/** Without what is undefined, which means the default. */
export function defined<T extends object>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}

/** A name that is not known is a mistake: it would have no effect. */
export function checkNames(given: object, known: object): void {
  const unknown = Object.keys(given).find((name) => !(name in known))
  if (unknown !== undefined) throw new KafkaError('INVALID_ARGUMENT', `there is no option '${unknown}'`)
}

export function checkMs(name: string, value: unknown): void {
  if (typeof value === 'number' && value >= 0 && value <= 2 ** 31 - 1) return
  throw new KafkaError('INVALID_ARGUMENT', `${name}: ${String(value)} is no time in milliseconds`)
}
