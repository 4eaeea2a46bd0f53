/**
 * A topic that one broker hands on to the next: clients of several makers write to it and read all of it in every turn,
 * a group goes on in it, a config of it changes. Each turn finds what the earlier ones left, to the byte.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Place } from '../../bench/broker.ts'
import { runTool } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { bootstrap, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { createTopic } from './topics.ts'

export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const perWriter = 100
/** So much of each turn the group reads: it never comes to the end. */
const perReading = 150
/** Offset, timestamp, key, headers and value of a record, a line each. */
const format = '%o %T %k %h %s\\n'
const retentionMs = (turn: number): number => 3_600_000 * (turn + 1)

interface Sent {
  readonly key: string
  readonly headers: string
  readonly value: string
}

export class HandedOn {
  readonly topic: string
  readonly #group = uniqueName('turns')
  readonly #sent: Sent[] = []
  #lines: readonly string[] = []
  #read = 0
  #bytes = Buffer.alloc(0)

  private constructor(topic: string) {
    this.topic = topic
  }

  static async create(): Promise<HandedOn> {
    return new HandedOn(await createTopic({ prefix: 'turns' }))
  }

  get counts(): string {
    return `${this.#sent.length} records, ${this.#read} of them read by the group, ${this.#bytes.length} bytes`
  }

  /** All that a broker does to it in its turn. */
  async turn(turn: number, name: string): Promise<void> {
    await this.assertRecords()
    await this.#write(turn, name)
    await this.assertRecords()
    await this.#goOnReading(turn)
    await this.#alter(turn)
  }

  /** What was read before is there as it was, and behind it what was sent since. */
  async assertRecords(): Promise<void> {
    const text = await kcat(['-C', '-t', this.topic, '-o', 'beginning', '-e', '-q', '-f', format])
    const lines = text.split('\n').slice(0, -1)
    assert.deepEqual(lines.slice(0, this.#lines.length), this.#lines, 'records of earlier turns, with their timestamps')
    assert.deepEqual(
      lines.map((line) => line.replace(/^(\d+) \d+ /, '$1 ')),
      this.#sent.map(({ key, headers, value }, offset) => `${offset} ${key} ${headers} ${value}`),
    )
    this.#lines = lines
  }

  /** Of the log's files, when no broker has them open: nobody writes anew what another has written. */
  assertBytes(place: Place): void {
    const files = globSync(join(dirname(place.file), 'data', `${this.topic}-0`, '*.log')).sort()
    const bytes = Buffer.concat(files.map((file) => readFileSync(file)))
    assert.ok(bytes.subarray(0, this.#bytes.length).equals(this.#bytes), 'the bytes of earlier turns')
    assert.ok(bytes.length > this.#bytes.length)
    this.#bytes = bytes
  }

  async #write(turn: number, name: string): Promise<void> {
    const { topic } = this
    for (const codec of codecs) {
      const prefix = `${name}-${turn}-${codec}-`
      await librdkafka('produce', { topic, count: perWriter, prefix, codec, idempotent: true })
      this.#note('source=librdkafka', (i) => ({ key: `key-${i}`, value: `${prefix}${i}` }))
    }
    const prefix = `${name}-${turn}-java-`
    const lines = Array.from({ length: perWriter }, (_, i) => `source:java\tkey-${i}\t${prefix}${i}\n`)
    const parsing = ['parse.key=true', 'parse.headers=true'].flatMap((property) => ['--reader-property', property])
    const to = ['--bootstrap-server', bootstrap(), '--topic', topic]
    await runTool('consoleProducer', [...to, ...parsing], { input: lines.join('') })
    this.#note('source=java', (i) => ({ key: `key-${i}`, value: `${prefix}${i}` }))
  }

  #note(headers: string, record: (i: number) => Omit<Sent, 'headers'>): void {
    this.#sent.push(...Array.from({ length: perWriter }, (_, i) => ({ ...record(i), headers })))
  }

  /** The group is where it was in the turn before; its member is of another maker in every other pair of turns. */
  async #goOnReading(turn: number): Promise<void> {
    const [topic, group, server] = [this.topic, this.#group, ['--bootstrap-server', bootstrap()]]
    if (turn > 0) {
      const described = await runTool('consumerGroups', [...server, '--describe', '--group', group])
      const end = this.#sent.length
      assert.match(described, new RegExp(`${topic}\\s+0\\s+${this.#read}\\s+${end}\\s+${end - this.#read}\\s`))
    }
    const values: unknown[] = []
    if (turn % 4 < 2) {
      const records = await librdkafka('consume', { topic, group, count: perReading })
      values.push(...records.map(({ value }) => value))
    } else {
      const args = ['--topic', topic, '--group', group, '--max-messages', `${perReading}`, '--timeout-ms', '30000']
      const committed = ['--command-property', 'auto.offset.reset=none']
      values.push(...(await runTool('consoleConsumer', [...server, ...args, ...committed])).trimEnd().split('\n'))
    }
    const expected = this.#sent.slice(this.#read, this.#read + perReading).map(({ value }) => value)
    assert.deepEqual(values, expected, `what the group reads in turn ${turn}`)
    this.#read += perReading
  }

  async #alter(turn: number): Promise<void> {
    const entity = ['--bootstrap-server', bootstrap(), '--entity-type', 'topics', '--entity-name', this.topic]
    if (turn > 0) {
      const described = await runTool('configs', ['--describe', ...entity])
      assert.match(described, new RegExp(`retention\\.ms=${retentionMs(turn - 1)}\\b`))
    }
    await runTool('configs', ['--alter', ...entity, '--add-config', `retention.ms=${retentionMs(turn)}`])
  }
}
