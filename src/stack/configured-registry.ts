/** A schema registry as its configuration has it: what `odradek registry` runs, and each node that has one. */
import type { Env, TlsMaterial } from '../base/index.ts'
import type { KafkaOptions } from '../client/index.ts'
import { ConfigError, parseProperties, type RegistryConfig } from '../node/index.ts'
import type { CompatibilityLevel, RegistryTls, RegistryUser, RunningRegistry } from '../registry/index.ts'
import { configuredFile } from './configured-file.ts'
import type { RegistryServiceOptions } from './registry-service.ts'
import { tlsOptions } from './tls-properties.ts'

export interface ConfiguredRegistryOptions {
  readonly env: Env
  /** How the cluster is reached that keeps the schemas. */
  readonly kafka: KafkaOptions
  /** Ends it while it starts. */
  readonly stopWanted?: AbortSignal
}

/** Rejects with ConfigError for files that cannot be read, and with what `startRegistryService` does. */
export async function startConfiguredRegistry(
  config: RegistryConfig,
  { env, kafka, stopWanted }: ConfiguredRegistryOptions,
): Promise<RunningRegistry> {
  const { startRegistryService } = await import('./registry-service.ts')
  try {
    return await startRegistryService(env, { ...registryOptions(config), kafka, ...(stopWanted && { stopWanted }) })
  } catch (error) {
    // Of certificates and users: they come from the configuration.
    if (!(error instanceof TypeError)) throw error
    const keys = error.message.startsWith('tls: ') ? 'ssl.keystore.*, ssl.key.password: ' : ''
    throw new ConfigError(keys + error.message.replace(/^tls: (?:error:[0-9A-F]+:)?/, ''))
  }
}

/** Throws ConfigError for files that cannot be read, or have what they should not. */
export const checkRegistry = (config: RegistryConfig): void => void registryOptions(config)

/** All but the cluster. Throws ConfigError. */
export function registryOptions(config: RegistryConfig): Omit<RegistryServiceOptions, 'kafka'> {
  const { listener } = config
  const advertisedHost = config.textOrNull('host.name')
  const users = usersOf(config)
  const replicationFactor = config.numberOrNull('kafkastore.topic.replication.factor')
  return {
    host: listener.host,
    port: listener.port,
    ...(advertisedHost !== null && { advertisedHost }),
    ...(listener.scheme === 'https' && { tls: tlsOf(config) }),
    ...(users && { users }),
    topic: config.text('kafkastore.topic'),
    ...(replicationFactor !== null && { replicationFactor }),
    timeoutMs: config.number('kafkastore.timeout.ms'),
    groupId: config.text('schema.registry.group.id'),
    leaderEligibility: config.boolean('leader.eligibility'),
    forwardTimeoutMs: config.number('leader.read.timeout.ms'),
    compatibilityLevel: levelOf(config),
  }
}

/** One of them: the table of keys takes no other text. */
const levelOf = (config: RegistryConfig): CompatibilityLevel =>
  config.text('schema.compatibility.level').toUpperCase() as CompatibilityLevel

const clientAuths = { NONE: 'none', REQUESTED: 'requested', REQUIRED: 'required' } as const

function tlsOf(config: RegistryConfig): RegistryTls {
  const location = config.textOrNull('ssl.keystore.location')
  const type = config.text('ssl.keystore.type')
  if (location !== null && type.toUpperCase() !== 'PEM')
    throw new ConfigError(`ssl.keystore.type is PEM for a registry, not ${type}`)
  const { cert, key, ca, passphrase } = tlsOptions(config.sslTexts)
  const wanted = config.text('ssl.client.authentication')
  const told = Object.entries(clientAuths).find(([name]) => name === wanted)?.[1] ?? 'none'
  const clientAuth = config.boolean('ssl.client.auth') ? 'required' : told
  if (cert === undefined || key === undefined)
    throw new ConfigError('An https listener of a registry has a certificate with its key, in PEM: ssl.keystore.*')
  return {
    ...{ cert: textOf(cert), key: textOf(key) },
    ...(ca !== undefined && { ca: textOf(ca) }),
    ...(passphrase !== undefined && { passphrase }),
    clientAuth,
  }
}

/** It is PEM. */
const textOf = (material: TlsMaterial): string =>
  [material]
    .flat()
    .map((each) => (typeof each === 'string' ? each : Buffer.from(each).toString('utf8')))
    .join('\n')

/** `name: password`, or `name: password,role`, a line each: a password with a comma is given as a hash. */
function usersOf(config: RegistryConfig): Record<string, RegistryUser> | undefined {
  if (!config.wantsLogins) return undefined
  const key = 'authentication.users.file'
  const path = config.textOrNull(key)
  if (path === null) throw new ConfigError(`authentication.method=BASIC needs ${key}`)
  const users: [string, RegistryUser][] = []
  for (const [name, text] of parseProperties(configuredFile(key, path).toString())) {
    const comma = text.indexOf(',')
    const role = comma < 0 ? 'admin' : text.slice(comma + 1).trim()
    // What stands there may be the rest of a password, and is not told.
    if (role !== 'admin' && role !== 'read')
      throw new ConfigError(`${key}: what follows the comma of '${name}' is a role, admin or read`)
    const password = comma < 0 ? text : text.slice(0, comma)
    const [, form] = /^(MD5|OBF|CRYPT):/.exec(password) ?? []
    if (form !== undefined)
      throw new ConfigError(`${key}: '${name}' has a password in the form ${form}, which is not read here: scrypt: is`)
    users.push([name, { password, role }])
  }
  return Object.fromEntries(users)
}
