/**
 * Instances of `WordCountDemo` of Kafka Streams: words go through a repartition topic into a store, which is kept in memory
 * and restored from its changelog. Input and output have the names that the demo gives them.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ServerProcess } from '../../bench/child.ts'
import { javaCommand } from '../../bench/java.ts'
import { kafkaJars } from '../../bench/kafka.ts'
import { kcat } from './kcat.ts'
import { against, bootstrap, runFolder, streamsJars } from './kit.ts'
import { createTopic } from './topics.ts'

const input = 'streams-plaintext-input'
const output = 'streams-wordcount-output'
const demo = 'org.apache.kafka.streams.examples.wordcount.WordCountDemo'
const partitions = 3
const flags = ['-Xmx256M', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1']
const quiet = '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn'
/** So many different words there are of each kind. */
const kinds = { a: 37, b: 11 }

export type Counts = ReadonlyMap<string, number>

export class WordCount {
  readonly #expected = new Map<string, number>()
  #instances = 0
  #sent = 0

  static async create(): Promise<WordCount> {
    for (const name of [input, output]) await createTopic({ name, partitions })
    return new WordCount()
  }

  get expected(): Counts {
    return this.#expected
  }

  /** With a folder of its own, for the lock that it takes. */
  async startInstance(): Promise<ServerProcess> {
    const folder = join(runFolder(against), 'word-count', `${this.#instances++}`)
    mkdirSync(folder, { recursive: true })
    const settings = {
      'bootstrap.servers': bootstrap(),
      'state.dir': folder,
      'dsl.store.suppliers.class': 'org.apache.kafka.streams.state.BuiltInDslStoreSuppliers$InMemoryDslStoreSuppliers',
      'commit.interval.ms': 200,
      'session.timeout.ms': 6000,
      'heartbeat.interval.ms': 500,
      // What has been repartitioned is deleted (DeleteRecords).
      'repartition.purge.interval.ms': 1000,
    }
    const file = join(folder, 'streams.properties')
    writeFileSync(
      file,
      Object.entries(settings)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    )
    const classPath = [await streamsJars(), await kafkaJars()].map((libs) => join(libs, '*')).join(':')
    const args = [...flags, quiet, '-cp', classPath, demo, file]
    return new ServerProcess({ command: await javaCommand(), args, logFile: join(folder, 'log') })
  }

  /** So many lines of three words. */
  async send(count: number): Promise<void> {
    const lines: string[] = []
    for (let i = this.#sent; i < this.#sent + count; i++) {
      const words = ['all', ...Object.entries(kinds).map(([kind, size]) => `${kind}${i % size}`)]
      for (const word of words) this.#expected.set(word, (this.#expected.get(word) ?? 0) + 1)
      lines.push(`${i}:${words.join(' ')}\n`)
    }
    this.#sent += count
    await kcat(['-P', '-t', input, '-K:'], lines.join(''))
  }

  /** The newest of each word; all of a word are in one partition. */
  async counts(): Promise<Counts> {
    const args = ['-C', '-t', output, '-o', 'beginning', '-e', '-q', '-s', 'value=q', '-f', '%k %s\n']
    const lines = (await kcat(args)).split('\n').slice(0, -1)
    return new Map(
      lines.map((line) => {
        const [word = '', count = ''] = line.split(' ')
        return [word, Number(count)]
      }),
    )
  }

  /** Where each partition of the topic between begins: above zero when something has been deleted. */
  async repartitionedStarts(): Promise<number[]> {
    const topic = 'streams-wordcount-KSTREAM-AGGREGATE-STATE-STORE-0000000003-repartition'
    const args = Array.from({ length: partitions }, (_, i) => `${topic}:${i}:-2`).flatMap((at) => ['-t', at])
    const lines = (await kcat(['-Q', ...args])).trimEnd().split('\n')
    return lines.map((line) => Number(/offset (\d+)$/.exec(line)?.[1]))
  }
}
