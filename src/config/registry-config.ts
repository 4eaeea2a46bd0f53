/** The configuration of a schema registry, parsed and checked once. */
import { type ConfigKey, parseKey } from './config-def.ts'
import { ConfigError, invalidValue } from './config-error.ts'
import { ConfigReader } from './config-reader.ts'
import type { ConfigValue } from './config-value.ts'
import { type RegistryKeys, registryKey, registryKeys, registryPrefix } from './registry-keys.ts'

export interface RegistryListener {
  readonly scheme: 'http' | 'https'
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

type Texts = ReadonlyMap<string, string>

const storePrefix = 'kafkastore.'

export class RegistryConfig extends ConfigReader<RegistryKeys> {
  readonly listener: RegistryListener
  /** What a client is told to reach the cluster, by Kafka's names: `kafkastore.` and what follows. */
  readonly clientTexts: Texts
  /** `ssl.*`, of the listener and of connections to other instances. */
  readonly sslTexts: Texts
  /** Some of `kafkastore.` may be of the client. */
  readonly unknownNames: readonly string[]

  private constructor(texts: Texts, prefix: string) {
    super(parsed(texts, prefix))
    const key = `${prefix}listeners`
    const listeners = this.list('listeners')
    const [text = '', ...more] = listeners
    if (more.length > 0) throw invalidValue(key, listeners.join(','), 'A registry listens at one address.')
    this.listener = listenerOf(key, text)
    this.clientTexts = behind(storePrefix, texts)
    this.sslTexts = new Map([...texts].filter(([name]) => name.startsWith('ssl.')))
    this.unknownNames = [...texts.keys()].filter((name) => registryKey(name) === undefined)
    this.#check(prefix)
  }

  /** Whoever asks for safety does not get a port that is open to all. */
  #check(prefix: string): void {
    const refuse = (key: string, why: string): never => {
      throw new ConfigError(`${prefix}${key} has no effect: ${why}`)
    }
    if (this.wantsCertificates && this.listener.scheme === 'http')
      refuse('ssl.client.authentication', `a listener that is not https:// sees no certificates`)
    if (this.textOrNull('authentication.users.file') !== null && !this.wantsLogins)
      refuse('authentication.users.file', 'authentication.method is not BASIC')
    const host = this.textOrNull('host.name')
    if (host !== null && !isHost(host))
      throw invalidValue(`${prefix}host.name`, host, 'It should be the name of a host.')
  }

  get wantsLogins(): boolean {
    return this.text('authentication.method').toUpperCase() === 'BASIC'
  }

  get wantsCertificates(): boolean {
    return this.boolean('ssl.client.auth') || this.text('ssl.client.authentication') !== 'NONE'
  }

  /** Of a file of its own. Throws ConfigError. */
  static parse(texts: Texts): RegistryConfig {
    return new RegistryConfig(texts, '')
  }

  /** Of the registry that runs in a node; undefined where there is none. Throws ConfigError. */
  static ofNode(texts: Texts): RegistryConfig | undefined {
    const own = behind(registryPrefix, texts)
    if ((own.get('listeners') ?? '').trim() === '') return undefined
    const client = [...own.keys()].find((name) => /^kafkastore\.(bootstrap|security|ssl|sasl|connection)/.test(name))
    if (client !== undefined)
      throw new ConfigError(`${registryPrefix}${client} has no effect: the registry of a node keeps its schemas there`)
    if (texts.get('process.roles')?.trim() === 'controller')
      throw new ConfigError(`${registryPrefix}listeners has no effect: a node that is no broker has no schema registry`)
    return new RegistryConfig(own, registryPrefix)
  }
}

/** Those whose name begins with `prefix`, without it. */
const behind = (prefix: string, texts: Texts): Texts =>
  new Map(
    [...texts].filter(([name]) => name.startsWith(prefix)).map(([name, text]) => [name.slice(prefix.length), text]),
  )

function parsed(texts: Texts, prefix: string): ReadonlyMap<string, ConfigValue> {
  const values = new Map<string, ConfigValue>()
  for (const [name, key] of Object.entries<ConfigKey>(registryKeys)) {
    const given = [name, ...key.synonyms].find((each) => texts.has(each))
    values.set(name, parseKey(`${prefix}${given ?? name}`, key, (given && texts.get(given)) ?? null))
  }
  return values
}

/** A name, or an address, with or without brackets. */
const isHost = (text: string): boolean => /^[\w.-]+$|^\[?[0-9a-fA-F:.]+(?:%\w+)?\]?$/.test(text)

function listenerOf(key: string, text: string): RegistryListener {
  const [, scheme = '', host = '', port = ''] = /^(https?):\/\/(.*):(\d{1,5})\/?$/i.exec(text) ?? []
  if (scheme === '' || Number(port) > 65_535 || (host !== '' && !isHost(host)))
    throw invalidValue(key, text, 'It should be one address in the form `http://{host}:{port}`, or `https://`.')
  const isHttps = scheme.toLowerCase() === 'https'
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  return { scheme: isHttps ? 'https' : 'http', host: bare === '' ? '0.0.0.0' : bare, port: Number(port) }
}
