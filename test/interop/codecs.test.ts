/** Each codec, written by every client that has it, ours among them, read by all of them: what one wrote the others understand. */
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import kafkajs from 'kafkajs'
import { Kafka } from '../../src/stack/client.ts'
import { franzGo, skipWithoutGo } from './franz-go.ts'
import { runTool } from './java-tool.ts'
import { connectKafkajs, readByKafkajs } from './kafkajs.ts'
import { kcat } from './kcat.ts'
import { bootstrap, records } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { openProducer, readByPlatformatic } from './platformatic.ts'
import { createTopic } from './topics.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
type Codec = (typeof codecs)[number]
/** KafkaJS brings these alone; the others need plug-ins. */
const kafkajsCodecs: ReadonlySet<Codec> = new Set(['none', 'gzip'])
const each = records(1000)
/** Long and alike enough that every codec has something to do. */
const filler = 'odradek '.repeat(12)
const prefixOf = (writer: string): string => `${writer} ${filler}`
const valuesOf = (writer: string): string[] => Array.from({ length: each }, (_, i) => `${prefixOf(writer)}${i}`)

type Write = (topic: string, codec: Codec) => Promise<void>
type Read = (topic: string, count: number) => Promise<(string | undefined)[]>

async function writeByKafkajs(topic: string, codec: Codec): Promise<void> {
  const producer = connectKafkajs().producer()
  const { None, GZIP } = kafkajs.CompressionTypes
  await producer.connect()
  try {
    const messages = valuesOf('kafkajs').map((value) => ({ value }))
    await producer.send({ topic, messages, compression: codec === 'gzip' ? GZIP : None })
  } finally {
    await producer.disconnect()
  }
}

async function writeByPlatformatic(topic: string, codec: Codec): Promise<void> {
  const producer = openProducer()
  try {
    await producer.send({ messages: valuesOf('platformatic').map((value) => ({ topic, value })), compression: codec })
  } finally {
    await producer.close()
  }
}

async function writeByOdradek(topic: string, codec: Codec): Promise<void> {
  await using producer = new Kafka({ bootstrapServers: bootstrap() }).producer({ compressionType: codec })
  await producer.sendAll(
    topic,
    valuesOf('odradek').map((value) => ({ value })),
  )
}

const writers: Readonly<Record<string, Write>> = {
  odradek: writeByOdradek,
  kafkajs: writeByKafkajs,
  platformatic: writeByPlatformatic,
  librdkafka: async (topic, codec) => {
    await librdkafka('produce', { topic, codec, count: each, prefix: prefixOf('librdkafka') })
  },
  'franz-go': async (topic, codec) => {
    await franzGo('produce', { topic, codec, count: each, prefix: prefixOf('franz-go') })
  },
  kcat: async (topic, codec) => {
    await kcat(['-P', '-t', topic, '-z', codec], `${valuesOf('kcat').join('\n')}\n`)
  },
  java: async (topic, codec) => {
    const args = ['--bootstrap-server', bootstrap(), '--topic', topic, '--compression-codec', codec]
    await runTool('consoleProducer', args, { input: `${valuesOf('java').join('\n')}\n` })
  },
}

async function readByOdradek(topic: string, count: number): Promise<string[]> {
  await using consumer = new Kafka({ bootstrapServers: bootstrap() }).consumer({ autoOffsetReset: 'earliest' })
  consumer.assign([{ topic, partition: 0 }])
  const values: string[] = []
  for await (const { records } of consumer.batches()) {
    values.push(...records.map(({ value }) => Buffer.from(value ?? []).toString()))
    if (values.length >= count) break
  }
  return values
}

const readers: Readonly<Record<string, Read>> = {
  odradek: readByOdradek,
  kafkajs: async (topic, count) =>
    (await readByKafkajs({ topic, count })).map(({ message }) => message.value?.toString()),
  platformatic: async (topic, count) => (await readByPlatformatic({ topic, count })).map(({ value }) => value),
  librdkafka: async (topic, count) =>
    (await librdkafka('consume', { topic, count, group: `${topic}-reader` })).map(({ value }) => String(value)),
  'franz-go': async (topic, count) =>
    (await franzGo('consume', { topic, count, group: `${topic}-franz-go` })).map(({ value }) => String(value)),
  kcat: async (topic) => (await kcat(['-C', '-q', '-t', topic, '-o', 'beginning', '-e'])).trimEnd().split('\n'),
  java: async (topic, count) => {
    const args = ['--topic', topic, '--from-beginning', '--max-messages', `${count}`, '--timeout-ms', '20000']
    const read = await runTool('consoleConsumer', ['--bootstrap-server', bootstrap(), ...args])
    return read.trimEnd().split('\n')
  },
}

function has(client: string, codec: Codec): boolean {
  if (client === 'franz-go') return skipWithoutGo() === false
  return client !== 'kafkajs' || kafkajsCodecs.has(codec)
}
const clientsWith = (codec: Codec): string[] => Object.keys(writers).filter((client) => has(client, codec))

for (const codec of codecs) {
  describe(codec, () => {
    let topic = ''
    before(async () => {
      topic = await createTopic({ prefix: `codec-${codec}` })
      for (const client of clientsWith(codec)) await writers[client]?.(topic, codec)
    })
    for (const client of clientsWith(codec)) {
      test(`all that was written in ${codec} is read by ${client}`, async () => {
        const wanted = clientsWith(codec).flatMap(valuesOf)
        assert.deepEqual(await readers[client]?.(topic, wanted.length), wanted)
      })
    }
  })
}
