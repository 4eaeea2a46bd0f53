/**
 * `npm run test:interop`: other people's clients and tools against a running broker.
 *
 *   --against odradek|kafka   the broker under test (odradek); kafka proves the suites themselves
 *   --short                   one quick round of everything
 *   --only NAME               one suite (kafkajs, java, ...), may be repeated
 *
 * Brings what it needs on first use: npm packages, Apache Kafka 4.3.1, librdkafka, kcat, franz-go, a Java runtime. When
 * the brokers have stopped, Kafka's own tool reads every file that they wrote (`files`): in every run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, globSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { startOdradek } from '../../bench/odradek.ts'
import { bringFranzGo } from './franz-go.ts'
import { againstVariable, bootstrapVariable, bring, runFolder, shortVariable } from './kit.ts'
import { quickGroups } from './own-broker.ts'
import { ping } from './ping.ts'

const suffix = '.test.ts'
/** Reads what the others left behind: after them, and with no broker running. */
const last = 'files'
/** Of the suites that ran last. */
const failuresFile = join(runFolder('failures'), 'failures.txt')
const testTimeoutMs = 180_000
const allTimeoutMs = 60 * 60_000

const settings = { ...quickGroups, 'transaction.state.log.num.partitions': '4' }

function start(against: string): Promise<Broker> {
  if (against !== 'kafka' && against !== 'odradek') throw new Error(`--against is odradek or kafka, not ${against}`)
  rmSync(runFolder(against), { recursive: true, force: true })
  const options = { folder: join(runFolder(against), 'main'), settings, ping }
  return against === 'kafka' ? startKafka(options) : startOdradek(options)
}

function suites(only: readonly string[] | undefined): string[] {
  const all = globSync(`*${suffix}`, { cwd: import.meta.dirname, exclude: [`${last}${suffix}`] }).sort()
  const wanted = only?.map((name) => `${name}${suffix}`) ?? all
  const missing = wanted.filter((name) => !all.includes(name))
  if (missing.length > 0) throw new Error(`no such suite: ${missing}; there are ${all.map((n) => basename(n, suffix))}`)
  return wanted.map((name) => join(import.meta.dirname, name))
}

interface Ran {
  readonly passed: boolean
  /** What did not pass, and why. */
  readonly failures: string
}

/** One suite after the other: on a small machine, clients that compete only time out. */
async function runSuites(broker: Broker, options: { files: readonly string[]; isShort: boolean }): Promise<Ran> {
  rmSync(dirname(failuresFile), { recursive: true, force: true })
  mkdirSync(dirname(failuresFile), { recursive: true })
  const reporters = { spec: 'stdout', [join(import.meta.dirname, 'failures.ts')]: failuresFile }
  const args = [
    '--test',
    '--test-concurrency=1',
    `--test-timeout=${testTimeoutMs}`,
    ...Object.entries(reporters).flatMap(([reporter, destination]) => [
      `--test-reporter=${reporter}`,
      `--test-reporter-destination=${destination}`,
    ]),
  ]
  const child = spawn(process.execPath, [...args, ...options.files], {
    stdio: 'inherit',
    env: {
      ...process.env,
      [bootstrapVariable]: broker.bootstrap,
      [shortVariable]: options.isShort ? '1' : '0',
      [againstVariable]: broker.name,
    },
  })
  // Not SIGKILL: the suites would leave their own brokers behind.
  const end = (): boolean => child.kill('SIGTERM')
  const timer = setTimeout(end, allTimeoutMs)
  process.once('exit', end)
  const [code] = await once(child, 'exit')
  process.off('exit', end)
  clearTimeout(timer)
  return { passed: code === 0, failures: existsSync(failuresFile) ? readFileSync(failuresFile, 'utf8') : '' }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      against: { type: 'string', default: 'odradek' },
      short: { type: 'boolean', default: false },
      only: { type: 'string', multiple: true },
    },
  })
  const files = suites(values.only)
  const isShort = values.short
  await bring({ isShort })
  await bringFranzGo()
  const broker = await start(values.against)
  process.stdout.write(`${broker.name} answered on ${broker.bootstrap} after ${broker.startMs.toFixed(0)} ms\n`)
  let ran: Ran
  let isRunning = false
  try {
    ran = await runSuites(broker, { files, isShort })
    isRunning = broker.process.isRunning
    if (!ran.passed || !isRunning) process.stdout.write(`The end of the broker's log:\n${broker.process.logTail()}\n`)
  } finally {
    await broker.stop()
  }
  const read = await runSuites(broker, { files: [join(import.meta.dirname, `${last}${suffix}`)], isShort })
  if (!isRunning) process.stdout.write('The broker ended during the suites.\n')
  // Once more: what was printed behind it hides it.
  process.stdout.write(`${ran.failures}${read.failures}`)
  return ran.passed && read.passed && isRunning ? 0 : 1
}

process.exitCode = await main()
