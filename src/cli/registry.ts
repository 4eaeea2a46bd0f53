/**
 * `odradek registry`: a schema registry alone, over any Kafka, until it is told to stop. A configuration of Confluent's registry is taken as it
 * is; without one it listens on 127.0.0.1:8081 and asks a broker at 127.0.0.1:9092.
 */
import { parseArgs } from 'node:util'
import type { Env, LogLevel } from '../base/index.ts'
import { KafkaError, type KafkaOptions } from '../client/index.ts'
import { ConfigError, RegistryConfig } from '../config/index.ts'
import { createEnv } from '../env/index.ts'
import { RegistryError } from '../registry/index.ts'
import { ListenError, layered, startConfiguredRegistry } from '../stack/index.ts'
import { ClientProperties } from './client/client-properties.ts'
import { readPropertiesFile } from './config-file.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import type { ProcessContext } from './process-context.ts'
import { parseSettings } from './settings.ts'
import { stopOnSignals } from './stop-signals.ts'
import { UsageError } from './usage-error.ts'
import { runVerb } from './verb.ts'

export const usage = `Usage: odradek registry [FILE] [flags]

Runs a schema registry over any Kafka, which keeps its schemas in the topic _schemas there. FILE is a configuration of Confluent's registry
(schema-registry.properties); without one it listens on 127.0.0.1:8081. \`odradek start\` has one of its own.

  --bootstrap-server, -b HOST:PORT
                           a broker to ask first, or several, comma-separated (kafkastore.bootstrap.servers)
  --set, -s KEY=VALUE      this config over what FILE says; may be repeated
  --json                   log in JSON, one object a line
  --log-level LEVEL        debug, info, warn or error; info unless told
  --help, -h               print this text

SIGTERM and SIGINT stop it under control; a second one ends it at once.
`

const flags = {
  'bootstrap-server': { type: 'string', short: 'b' },
  set: { type: 'string', short: 's', multiple: true },
  json: { type: 'boolean' },
  'log-level': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const

const parseFlags = (args: readonly string[]) =>
  parseArgs({ args: [...args], options: flags, strict: true, allowPositionals: true })

type Given = ReturnType<typeof parseFlags>

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']
const serversKey = 'kafkastore.bootstrap.servers'
const withoutFile = { listeners: 'http://127.0.0.1:8081', [serversKey]: '127.0.0.1:9092' }

export async function run(args: readonly string[], context: ProcessContext): Promise<number> {
  return runVerb({
    name: 'registry',
    usage,
    parse: () => {
      const { values, positionals } = parseFlags(args)
      return { ...values, positionals }
    },
    mendable: [ListenError, KafkaError, RegistryError],
    run: (given) => serve(given, context),
  })
}

async function serve(given: Given['values'] & Pick<Given, 'positionals'>, context: ProcessContext): Promise<number> {
  const [path, ...more] = given.positionals
  if (more.length > 0) throw new UsageError(`one FILE at most, got ${given.positionals.join(' ')}`)
  const env = createEnv({ json: given.json ?? false, level: levelOf(given['log-level'] ?? 'info'), keepsAlive: true })
  const servers = given['bootstrap-server']
  const texts = layered(
    path === undefined ? withoutFile : await readPropertiesFile(env.disk, path),
    parseSettings(given.set ?? []),
    servers === undefined ? {} : { [serversKey]: servers },
  )
  const config = RegistryConfig.parse(texts)
  for (const name of unknownNames(config))
    env.logger.log('warn', `The configuration '${name}' was supplied but isn't a known config of a schema registry.`)
  return untilStopped(env, { config, kafka: await kafkaOf(config), context })
}

function levelOf(text: string): LogLevel {
  const level = levels.find((it) => it === text)
  if (level === undefined) throw new UsageError(`--log-level is one of ${levels.join(', ')}, not ${text}`)
  return level
}

/** Neither to the registry, nor behind `kafkastore.` to its client. */
function unknownNames(config: RegistryConfig): readonly string[] {
  const { unknownNames: ofClient } = clientProperties(config)
  return config.unknownNames.filter((name) => {
    const inner = name.startsWith('kafkastore.') ? name.slice('kafkastore.'.length) : undefined
    return inner === undefined || ofClient.includes(inner)
  })
}

const clientProperties = ({ clientTexts }: RegistryConfig): ClientProperties =>
  ClientProperties.of({ file: clientTexts, pairs: [], given: new Map() })

/** `kafkastore.*` are the properties of a client. Its addresses may begin with the security protocol, as Confluent's do. */
async function kafkaOf(config: RegistryConfig): Promise<KafkaOptions> {
  const protocol = config.clientTexts.get('security.protocol')?.trim() ?? 'PLAINTEXT'
  const addresses = config.list(serversKey).map((text) => /^(?:(\w+):\/\/)?(.+)$/.exec(text) ?? [])
  const bootstrapServers = addresses.flatMap(([, scheme = protocol, address = '']) =>
    scheme.toUpperCase() === protocol.toUpperCase() ? address : [],
  )
  if (bootstrapServers.length === 0)
    throw new ConfigError(`${serversKey} names no address of kafkastore.security.protocol, ${protocol}`)
  return { ...(await clientProperties(config).connection()), bootstrapServers }
}

interface Serving {
  readonly config: RegistryConfig
  readonly kafka: KafkaOptions
  readonly context: ProcessContext
}

async function untilStopped(env: Env, { config, kafka, context }: Serving): Promise<number> {
  const stopWanted = new AbortController()
  const stopped = new Promise<void>((resolve) => stopWanted.signal.addEventListener('abort', () => resolve()))
  const release = stopOnSignals(process, {
    hasParent: context.hasParent,
    isScript: process.env['npm_lifecycle_event'] !== undefined,
    nowMs: () => env.clock.monotonic(),
    stop: (reason) => {
      env.logger.log('info', `${reason}: stopping; once more ends it at once`)
      stopWanted.abort()
    },
    end: () => process.exit(exitFailed),
  })
  try {
    const registry = await startConfiguredRegistry(config, { env, kafka, stopWanted: stopWanted.signal })
    await stopped
    await registry.stop()
    env.logger.log('info', 'the schema registry has stopped')
    return exitDone
  } catch (error) {
    if (stopWanted.signal.aborted) return exitDone
    throw error
  } finally {
    release()
  }
}
