/** Apache Kafka 4.3.1: its jars, and a combined node of it with the flags of Kafka's own scripts. */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { getOrInsert } from '../src/base/index.ts'
import { type Broker, type BrokerOptions, type Ping, type Place, prepare, ready } from './broker.ts'
import { runOrThrow, ServerProcess } from './child.ts'
import { bringOrThrow } from './fetch.ts'
import { javaCommand } from './java.ts'
import { cache } from './paths.ts'

/** Of Kafka's own scripts. */
export const jvmFlags: readonly string[] = [
  '-Xmx1G',
  '-Xms1G',
  '-server',
  '-XX:+UseG1GC',
  '-XX:MaxGCPauseMillis=20',
  '-XX:InitiatingHeapOccupancyPercent=35',
  '-XX:+ExplicitGCInvokesConcurrent',
]
const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
export const kafkaVersion = '4.3.1'
const clusterId = 'b2RyYWRlay1iZW5jaC0wMQ'
const jars = new Map<string, Promise<string>>()

interface JarsOptions {
  /** Of the folder in the cache. */
  readonly name: string
  /** Names the jars, by `kafka.version`. */
  readonly pom: string
  readonly version: string
}

async function fetchJars({ name, pom, version }: JarsOptions): Promise<string> {
  const folder = join(cache, `${name}-${version}`)
  const libs = join(folder, 'libs')
  if (existsSync(join(folder, 'complete'))) return libs
  const partial = join(folder, 'partial')
  rmSync(partial, { recursive: true, force: true })
  const args = [
    '-q',
    '-B',
    '-f',
    pom,
    'dependency:copy-dependencies',
    `-DoutputDirectory=${partial}`,
    `-Dkafka.version=${version}`,
  ]
  await bringOrThrow({ command: 'mvn', args, timeoutMs: 600_000 })
  rmSync(libs, { recursive: true, force: true })
  renameSync(partial, libs)
  writeFileSync(join(folder, 'complete'), '')
  return libs
}

/** The folder of the jars that a file of Maven names, fetched on first use. */
export function mavenJars(options: JarsOptions): Promise<string> {
  return getOrInsert(jars, `${options.name}-${options.version}`, () => fetchJars(options))
}

export const kafkaJars = (version: string = kafkaVersion): Promise<string> =>
  mavenJars({ name: 'kafka', pom: join(import.meta.dirname, 'kafka', 'pom.xml'), version })

export interface KafkaOptions extends BrokerOptions {
  readonly ping: Ping
}

export async function startKafka(options: KafkaOptions): Promise<Broker> {
  const java = await javaCommand()
  const classPath = join(await kafkaJars(), '*')
  const { port, file, logFile } = await prepare(options)
  const format = [
    '-cp',
    classPath,
    quiet,
    'kafka.tools.StorageTool',
    'format',
    '-t',
    clusterId,
    '-c',
    file,
    ...(options.format ?? []),
  ]
  await runOrThrow({ command: java, args: format, timeoutMs: 60_000 })
  return launch(options.ping, { port, file, logFile })
}

/** On a directory that somebody else has formatted, and perhaps written: Odradek. */
export const takeOverByKafka = (ping: Ping, place: Place): Promise<Broker> => launch(ping, place)

async function launch(ping: Ping, place: Place): Promise<Broker> {
  const { port, file, logFile } = place
  const args = [...jvmFlags, '-cp', join(await kafkaJars(), '*'), quiet, 'kafka.Kafka', file]
  const sinceNs = process.hrtime.bigint()
  const server = new ServerProcess({ command: await javaCommand(), args, logFile })
  const startMs = await ready(server, ping({ port, sinceNs }))
  return {
    name: 'kafka',
    port,
    bootstrap: `127.0.0.1:${port}`,
    process: server,
    startMs,
    place,
    stop: async () => {
      await server.stop()
    },
    again: () => launch(ping, place),
  }
}
