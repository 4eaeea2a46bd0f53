/** Topics with a codec of their own: what clients send in any other is stored in it, and everybody reads what was sent. */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import kafkajs from 'kafkajs'
import { runTool } from './java-tool.ts'
import { connectKafkajs, readByKafkajs } from './kafkajs.ts'
import { kcat } from './kcat.ts'
import { against, bootstrap, isShortRun, records, runFolder } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { createTopic } from './topics.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
type Codec = (typeof codecs)[number]
/** That librdkafka sends in. */
const sentCodecs: readonly Codec[] = isShortRun ? ['snappy', 'zstd'] : codecs
const { None, GZIP } = kafkajs.CompressionTypes
const each = records(3000)
/** Of a few hundred KB in all, so that some batches are small and some are not. */
const filler = 'odradek '.repeat(12)
const timestampMs = 1_700_000_000_000

async function writeByKafkajs(topic: string, compression: number): Promise<void> {
  const producer = connectKafkajs().producer({ idempotent: true })
  await producer.connect()
  try {
    for (const count of [1, each]) {
      const messages = Array.from({ length: count }, (_, i) => ({
        key: `key-${i}`,
        value: `kafkajs ${filler}${i}`,
        headers: { source: 'kafkajs' },
        timestamp: `${timestampMs + i}`,
      }))
      await producer.send({ topic, messages, compression })
    }
  } finally {
    await producer.disconnect()
  }
}

async function writeByLibrdkafka(topic: string, codec: Codec): Promise<void> {
  await librdkafka('produce', { topic, codec, count: each, prefix: `librdkafka ${filler}`, idempotent: true })
}

async function writeByJava(topic: string): Promise<void> {
  const args = ['--bootstrap-server', bootstrap(), '--topic', topic, '--compression-codec', 'zstd']
  const lines = Array.from({ length: each }, (_, i) => `key-${i}\tjava ${filler}${i}\n`)
  await runTool('consoleProducer', [...args, '--reader-property', 'parse.key=true'], { input: lines.join('') })
}

/** Key, value and headers, in the order in which all was written. */
function wanted(): string[] {
  const of = (writer: string, headers: string): string[] =>
    Array.from({ length: each }, (_, i) => `key-${i} ${headers} ${writer} ${filler}${i}`)
  const byKafkajs = of('kafkajs', 'source=kafkajs')
  const byKafkajsTwice = [...byKafkajs.slice(0, 1), ...byKafkajs, ...byKafkajs.slice(0, 1), ...byKafkajs]
  const byLibrdkafka = of('librdkafka', 'source=librdkafka')
  return [...byKafkajsTwice, ...sentCodecs.flatMap(() => byLibrdkafka), ...of('java', '')]
}

/** The codec of each batch, by Kafka's own tool. */
async function storedCodecs(topic: string): Promise<Set<string>> {
  const directory = join(runFolder(against), 'main', 'data', `${topic}-0`)
  const files = globSync('*.log', { cwd: directory }).map((name) => join(directory, name))
  const dump = await runTool('dumpLog', ['--files', files.join(',')])
  assert.doesNotMatch(dump, /isvalid: false/)
  return new Set([...dump.matchAll(/compresscodec: (\w+)/g)].map(([, codec = '']) => codec.toLowerCase()))
}

for (const target of codecs) {
  describe(`a topic in ${target}`, () => {
    let topic = ''
    before(async () => {
      const type = target === 'none' ? 'uncompressed' : target
      // The records of KafkaJS are of 2023: retention would take them while they are read.
      const configs = { 'compression.type': type, 'retention.ms': '-1' }
      topic = await createTopic({ prefix: `to-${target}`, configs })
      await writeByKafkajs(topic, None)
      await writeByKafkajs(topic, GZIP)
      for (const codec of sentCodecs) await writeByLibrdkafka(topic, codec)
      await writeByJava(topic)
    })

    test("holds nothing else, as Kafka's tool sees it", async () => {
      assert.deepEqual(await storedCodecs(topic), new Set([target]))
    })

    test('is read by librdkafka as it was written', async () => {
      const all = wanted()
      const lines = await librdkafka('consume', { topic, count: all.length, group: `${topic}-librdkafka` })
      const headersOf = (headers: unknown): string =>
        Object.entries(headers ?? {})
          .map(([name, value]) => `${name}=${value}`)
          .join()
      assert.deepEqual(
        lines.map(({ key, value, headers }) => `${key} ${headersOf(headers)} ${value}`),
        all,
      )
    })

    test('is read by kcat with the times that it was written with', async () => {
      const read = await kcat(['-C', '-q', '-t', topic, '-o', 'beginning', '-e', '-f', '%k %h %s\t%T\n'])
      const lines = read.trimEnd().split('\n')
      assert.deepEqual(
        lines.map((line) => line.split('\t')[0]),
        wanted(),
      )
      const times = lines.slice(0, 2 * (each + 1)).map((line) => Number(line.split('\t')[1]) - timestampMs)
      const once = [0, ...Array.from({ length: each }, (_, i) => i)]
      assert.deepEqual(times, [...once, ...once])
    })

    const isRead = target === 'none' || target === 'gzip'
    test('is read by KafkaJS', { skip: isRead ? false : `KafkaJS brings no ${target}` }, async () => {
      const all = wanted()
      const read = await readByKafkajs({ topic, count: all.length })
      assert.deepEqual(
        read.map(({ message: { key, value, headers } }) => {
          const source = headers?.['source']
          return `${key} ${source === undefined ? '' : `source=${source}`} ${value}`
        }),
        all,
      )
    })
  })
}
