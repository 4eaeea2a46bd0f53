/** Producers that send until they are told to end, each in a process of its own: what was acknowledged, and where. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from '../../bench/child.ts'
import type { Sent } from '../history.ts'
import { franzGoCommand, skipWithoutGo } from './franz-go.ts'
import { toolCommand } from './java-tool.ts'
import { against, bootstrap, runFolder, uniqueName } from './kit.ts'
import { librdkafkaCommand } from './librdkafka.ts'
import { type Line, LineProcess } from './line-process.ts'

const lifetimeSeconds = 900

export interface LoadOptions {
  readonly topic: string
  /** Of the values, which go on with numbers from 0; Kafka's own producer wants a number and a dot. */
  readonly prefix: `${number}.`
  /** Records a second. */
  readonly rate: number
  readonly acks: -1 | 1
  readonly codec: string
  readonly idempotent: boolean
  /** Of Kafka's own producer: the brokers, instead of the one under test. */
  readonly brokers?: string
  /** Of Java's: configs of the client, beside those that its program sets. */
  readonly javaConfigs?: Readonly<Record<string, string>>
}

type LoadKind = (options: LoadOptions) => Command | Promise<Command>

const scriptLoad =
  (name: string): LoadKind =>
  ({ topic, prefix, rate, acks, codec, idempotent }) => {
    const script = join(import.meta.dirname, name)
    const args = [script, topic, prefix, `${rate}`, `${acks}`, codec, idempotent ? 'idempotent' : 'plain']
    return { command: process.execPath, args }
  }

function javaLoad(options: LoadOptions): Promise<Command> {
  const { topic, prefix, rate, acks, codec, idempotent, javaConfigs, brokers = bootstrap() } = options
  const file = join(runFolder(against), `${uniqueName('load')}.properties`)
  // By itself the tool retries nothing, and is not idempotent for that.
  const own = { retries: '1000000', 'enable.idempotence': `${idempotent}`, 'compression.type': codec }
  const lines = Object.entries({ ...own, ...javaConfigs }).map(([key, value]) => `${key}=${value}\n`)
  writeFileSync(file, lines.join(''))
  const place = ['--bootstrap-server', brokers, '--topic', topic, '--command-config', file]
  const values = ['--value-prefix', prefix.slice(0, -1), '--throughput', `${rate}`, '--acks', `${acks}`]
  return toolCommand('verifiableProducer', [...place, ...values])
}

/** For the programs of ours that take the same options. */
const lineOptions = ({ idempotent, javaConfigs: _, ...options }: LoadOptions) => ({
  ...options,
  timeout: lifetimeSeconds,
  ...(idempotent ? { idempotent: true as const } : {}),
})

const kinds = {
  kafkajs: scriptLoad('kafkajs-load.ts'),
  platformatic: scriptLoad('platformatic-load.ts'),
  odradek: scriptLoad('odradek-load.ts'),
  librdkafka: (options) => librdkafkaCommand('load', lineOptions(options)),
  java: javaLoad,
  'franz-go': (options) => franzGoCommand('load', lineOptions(options)),
} as const satisfies Readonly<Record<string, LoadKind>>

export type LoadName = keyof typeof kinds
/** Of an end that was asked for, by which nothing sent is left unreported; of a Java runtime 128 + SIGTERM. */
const endedCodes: Readonly<Record<LoadName, number>> = {
  kafkajs: 0,
  platformatic: 0,
  odradek: 0,
  librdkafka: 0,
  java: 143,
  'franz-go': 0,
}
/** Those that can be run here. */
export const canLoad = (name: LoadName): boolean => name !== 'franz-go' || skipWithoutGo() === false

export class Load {
  readonly name: LoadName
  readonly options: LoadOptions
  /** Value by `partition:offset`. */
  readonly acknowledged = new Map<string, string>()
  readonly #process: LineProcess
  #acknowledgements = 0

  private constructor(name: LoadName, options: LoadOptions, command: Command) {
    this.name = name
    this.options = options
    this.#process = new LineProcess(command, (line) => this.#take(line))
  }

  static async start(name: LoadName, options: LoadOptions): Promise<Load> {
    return new Load(name, options, await kinds[name](options))
  }

  get count(): number {
    return this.#acknowledgements
  }

  /** The same as a list. */
  get sent(): Sent[] {
    return [...this.acknowledged].map(([place, value]) => {
      const [partition = -1, offset = -1] = place.split(':').map(Number)
      return { partition, offset, value }
    })
  }

  /** Lets it send what it has begun; it must have lived until now. */
  async stop(): Promise<void> {
    assert.ok(this.#process.isRunning, `it gave up: ${this}`)
    await this.#process.kill('SIGTERM')
    assert.equal(this.#process.exitCode, endedCodes[this.name], `it did not end well: ${this}`)
  }

  kill(): Promise<void> {
    return this.#process.kill()
  }

  toString(): string {
    const state = this.#process.isRunning ? 'runs' : 'ended'
    return `${this.name} ${state}, ${this.count} acknowledged\n${this.#process.stderr.slice(-1500)}`
  }

  #take(line: Line): void {
    if (line['event'] !== 'acknowledged' && line['name'] !== 'producer_send_success') return
    this.#acknowledgements += 1
    this.acknowledged.set(`${line['partition']}:${line['offset']}`, String(line['value']))
  }
}
