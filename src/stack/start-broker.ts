/**
 * `await startBroker()`: a whole Kafka inside a test. In memory, on a free port, ready in milliseconds; stops itself at
 * the end of the block with `await using`.
 */
import type { LogLevel } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { brokerKey, ConfigError, isNodeRegistryKey, type Node, ownKeys, RegistryConfig } from '../node/index.ts'
import { checkRegistry } from './configured-registry.ts'
import { layered, testDefaults, withOwnListener } from './default-config.ts'
import { startServer } from './server.ts'

export interface StartBrokerOptions {
  /**
   * Broker configs by Kafka's names, over the defaults for tests. `log.dirs` may name directories of the machine; where
   * `listeners` has none for the controller, that of the defaults stays.
   */
  readonly config?: Readonly<Record<string, string | number | boolean>>
  /**
   * With a schema registry, on a free port unless `odradek.registry.listeners` names one; it keeps its schemas in this broker. Default: where
   * `config` has that.
   */
  readonly registry?: boolean
  /** Least level of log lines; nothing below `error` unless told. */
  readonly logLevel?: LogLevel
  /** Where log lines go; standard error unless told. */
  readonly log?: (line: string) => void
}

export interface RunningBroker extends AsyncDisposable {
  /** `host:port`, for `bootstrap.servers`. */
  readonly bootstrap: string
  readonly port: number
  readonly clusterId: string
  /** `http://host:port` of the schema registry, where there is one. */
  readonly registryUrl: string | undefined
  /** Settles when the broker has stopped: undefined if it was told to, else why. */
  readonly ended: Promise<Error | undefined>
  /** Stops under control; a second call waits for the same stop. */
  stop(): Promise<void>
}

/**
 * Throws TypeError for options it does not have, ConfigError for a wrong config or one that nobody knows, ListenError for a
 * port that is taken.
 */
export async function startBroker(options: StartBrokerOptions = {}): Promise<RunningBroker> {
  checkOptions(options)
  const { config = {}, logLevel: level = 'error', log, registry = false } = options
  const own = registry ? layered(registryDefaults, configTexts(config)) : configTexts(config)
  const texts = withOwnListener(testDefaults, own)
  const registryConfig = RegistryConfig.ofNode(texts)
  if (registryConfig !== undefined) checkRegistry(registryConfig)
  const idle = [...own.keys()].find((key) => registryConfig === undefined && isNodeRegistryKey(key))
  if (idle !== undefined) throw new ConfigError(`${idle} has no effect: this broker is to have no schema registry`)
  const told = { level, ...(log && { write: log }) }
  const node = await startServer({ texts, formatsEmpty: true, ...told })
  if (registryConfig === undefined) return runningBroker(node, undefined)
  try {
    const { startNodeRegistry } = await import('./node-registry.ts')
    const { url, stop } = await startNodeRegistry(node, registryConfig, {
      env: createEnv({ ...told, keepsAlive: true }),
    })
    node.beforeLeaving(stop)
    return runningBroker(node, url)
  } catch (error) {
    await node.stop()
    throw error
  }
}

const registryDefaults = { 'odradek.registry.listeners': 'http://127.0.0.1:0' }

const optionNames = ['config', 'registry', 'logLevel', 'log'] satisfies (keyof StartBrokerOptions)[]
const levels: readonly unknown[] = ['debug', 'info', 'warn', 'error'] satisfies LogLevel[]

/** Not every test is checked by a compiler: what is misspelt must not pass for something that was done. */
function checkOptions(options: StartBrokerOptions): void {
  const names: readonly string[] = optionNames
  const unknown = Object.keys(options).filter((name) => !names.includes(name))
  if (unknown.length > 0) {
    throw new TypeError(`startBroker has no option '${unknown[0]}'; it has ${names.join(', ')}`)
  }
  const { logLevel, registry } = options
  if (registry !== undefined && typeof registry !== 'boolean')
    throw new TypeError(`registry is true or false, not ${typeof registry}`)
  if (logLevel !== undefined && !levels.includes(logLevel)) {
    throw new TypeError(`logLevel is one of ${levels.join(', ')}, not ${String(logLevel)}`)
  }
}

function configTexts(config: Readonly<Record<string, unknown>>): Map<string, string> {
  const texts = new Map<string, string>()
  for (const [key, value] of Object.entries(config)) {
    // A server passes over what it does not know, as Kafka does; in a test it is a slip.
    if (brokerKey(key) === undefined && !(key in ownKeys) && !isNodeRegistryKey(key)) {
      throw new ConfigError(`Unknown broker config '${key}' was given to startBroker.`)
    }
    if (typeof value !== 'string' && typeof value !== 'number' && typeof value !== 'boolean') {
      throw new TypeError(`The config '${key}' is a string, a number or a boolean, not ${typeof value}`)
    }
    texts.set(key, String(value))
  }
  return texts
}

function runningBroker(node: Node, registryUrl: string | undefined): RunningBroker {
  const [first] = node.brokerListeners
  if (first === undefined) throw new Error('a broker has a listener')
  const { host, port } = first
  const stop = (): Promise<void> => node.stop()
  return {
    bootstrap: `${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    clusterId: node.clusterId,
    registryUrl,
    ended: node.ended,
    stop,
    [Symbol.asyncDispose]: stop,
  }
}
