/**
 * What every suite needs: where the broker is, how thorough to be, names nobody else uses, waiting with an end, and the
 * programs of others. Programs are brought by `bring`, which the runner calls before it starts a suite.
 */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { run } from '../../bench/child.ts'
import { bringOrThrow } from '../../bench/fetch.ts'
import { javaCommand, pythonEnvironment } from '../../bench/java.ts'
import { kafkaJars, kafkaVersion, mavenJars } from '../../bench/kafka.ts'
import { cache } from '../../bench/paths.ts'
import { assignorsJavaMajorMin } from './assignor-program.ts'

export const bootstrapVariable = 'ODRADEK_INTEROP_BOOTSTRAP'
export const shortVariable = 'ODRADEK_INTEROP_SHORT'
export const againstVariable = 'ODRADEK_INTEROP_AGAINST'

/** The kind of broker under test. */
export const against = process.env[againstVariable] ?? 'odradek'

/** Apache Avro, with whose schemas ours are compared. */
const avroVersion = '1.12.2'

/** Of Kafka's clients that are newer than the Kafka we follow; the short round does without. */
export const newerKafkaVersion = '4.4.0'

/** What a run writes: a folder for each broker of it, emptied when the next run begins. */
export const runFolder = (kind: string): string => join(cache, 'interop', kind)

/** The address of the broker under test. */
export function bootstrap(): string {
  const address = process.env[bootstrapVariable]
  if (address === undefined) throw new Error(`${bootstrapVariable} is not set: start the suites by run.ts`)
  return address
}

/** The same where it may be several. */
export const bootstraps = (): readonly string[] => bootstrap().split(',')

/** One quick round: fewer records, the same calls. */
const isShort = process.env[shortVariable] === '1'
/** `count` in a full run, a tenth of it in a short one. */
export const records = (count: number): number => (isShort ? Math.ceil(count / 10) : count)

export const isShortRun = isShort

let names = 0
/** A name for a topic or a group that no other suite and no earlier run has. */
export const uniqueName = (prefix: string): string => `${prefix}-${process.pid}-${Date.now().toString(36)}-${names++}`

/** Polls until `condition` holds; fails after `timeoutMs` with what it waited for. */
export async function until(options: {
  readonly what: string
  readonly timeoutMs: number
  readonly condition: () => boolean | Promise<boolean>
  readonly seen?: () => string
}): Promise<void> {
  const end = Date.now() + options.timeoutMs
  while (!(await options.condition())) {
    if (Date.now() > end) {
      const seen = options.seen === undefined ? '' : `\n${options.seen()}`
      throw new Error(`waited ${options.timeoutMs} ms in vain: ${options.what}${seen}`)
    }
    await delay(50)
  }
}

const pythonSerdes = 'avro,json,protobuf,schemaregistry'
/** By which it is seen whether those are there. */
const serdePackages = ['fastavro==1.13.1', 'grpcio-tools==1.85.1', 'jsonschema==4.26.0', 'protobuf==7.36.2']

export const python = (): string => join(cache, 'interop-venv', 'bin', 'python')

async function bringPackages(): Promise<void> {
  const lock = join(import.meta.dirname, 'package-lock.json')
  const installed = join(import.meta.dirname, 'node_modules', '.package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  await bringOrThrow({ command: 'npm', args, cwd: import.meta.dirname, timeoutMs: 300_000 })
}

async function bringKcat(): Promise<void> {
  try {
    await run({ command: 'kcat', args: ['-V'], timeoutMs: 10_000 })
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
    await bringOrThrow({ command: 'apt-get', args: ['update', '-q'], timeoutMs: 300_000 })
    await bringOrThrow({ command: 'apt-get', args: ['install', '-y', '-q', 'kcat'], timeoutMs: 300_000 })
  }
}

/** The folder of the jars of Kafka Streams and its examples, without what they share with Kafka's. */
export const streamsJars = (): Promise<string> =>
  mavenJars({
    name: 'kafka-streams',
    pom: join(import.meta.dirname, 'streams', 'pom.xml'),
    version: kafkaVersion,
  })

export const avroJars = (): Promise<string> =>
  mavenJars({ name: 'avro', pom: join(import.meta.dirname, 'avro', 'pom.xml'), version: avroVersion })

/** Brings the programs of others: npm packages, Java and Kafka's jars, librdkafka for Python, kcat. */
export async function bring(options: { readonly isShort: boolean }): Promise<void> {
  await bringPackages()
  await Promise.all([
    javaCommand(),
    javaCommand(assignorsJavaMajorMin),
    // One after the other: Maven's own cache is not made for two.
    kafkaJars()
      .then(streamsJars)
      .then(avroJars)
      .then(() => (options.isShort ? undefined : kafkaJars(newerKafkaVersion))),
    pythonEnvironment('interop-venv', [`confluent-kafka[${pythonSerdes}]==2.16.1`, ...serdePackages]),
    bringKcat(),
  ])
}
