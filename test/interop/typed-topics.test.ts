/** Records of typed topics: what Java's serdes write is read by ours, and what ours write is read by Java's. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { runOrThrow } from '../../bench/child.ts'
import { javaCommand } from '../../bench/java.ts'
import {
  boolean,
  defineTopic,
  float32,
  float64,
  int16,
  int32,
  int64,
  Kafka,
  orNull,
  type Serde,
  string,
  uuid,
} from '../../src/stack/client.ts'
import { JavaProgram } from './java-program.ts'
import { toolFlags } from './java-tool.ts'
import { bootstrap } from './kit.ts'
import { createTopic } from './topics.ts'

const serdes = new JavaProgram('Serdes')

interface Asked {
  readonly type: string
  readonly topic: string
  readonly write?: readonly (string | null)[]
  readonly read?: number
}

/** Answers to all of them, in order. */
async function askJava(asked: readonly Asked[]): Promise<(readonly (string | null)[])[][]> {
  const output = await runOrThrow({
    command: await javaCommand(),
    args: [...toolFlags, '-cp', await serdes.classPath(), serdes.name, bootstrap()],
    input: asked.map((it) => `${JSON.stringify(it)}\n`).join(''),
    timeoutMs: 120_000,
  })
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
}

/** What is written, and what Java calls each of them. */
interface Case {
  readonly type: string
  readonly texts: readonly string[]
  /** By ours into `topic`, then what they are as they are read there, among what Java has written. */
  readonly write: (topic: string) => Promise<void>
  readonly read: (topic: string) => Promise<void>
}

function caseOf<T>(type: string, serde: Serde<T>, values: Readonly<Record<string, T>>): Case {
  const typed = (name: string) => defineTopic(name, { key: orNull(serde), value: orNull(serde) })
  const all = [...Object.values(values), null]
  return {
    type,
    texts: Object.keys(values),
    async write(topic) {
      await using producer = new Kafka({ bootstrapServers: bootstrap() }).producer()
      for (const value of all) await producer.send(typed(topic), { key: value, value, partition: 0 })
    },
    async read(topic) {
      await using consumer = new Kafka({ bootstrapServers: bootstrap() }).consumer({ autoOffsetReset: 'earliest' })
      const read: unknown[] = []
      for await (const { key, value } of consumer.assign([{ topic: typed(topic), partition: 0 }])) {
        read.push([key, value])
        if (read.length === all.length) break
      }
      assert.deepEqual(
        read,
        all.map((value) => [value, value]),
        type,
      )
    },
  }
}

const cases: readonly Case[] = [
  caseOf('string', string, { a: 'a', '': '', 'h\u00e9\u20ac\u{1f600}': 'h\u00e9\u20ac\u{1f600}' }),
  caseOf('int16', int16, { '-32768': -32_768, '32767': 32_767 }),
  caseOf('int32', int32, { '258': 258, '-2147483648': -2_147_483_648 }),
  caseOf('int64', int64, { '9007199254740993': 9_007_199_254_740_993n, '-9223372036854775808': -(2n ** 63n) }),
  caseOf('float32', float32, { '1.5': 1.5, NaN: Number.NaN, '-Infinity': Number.NEGATIVE_INFINITY, '-0.0': -0 }),
  caseOf('float64', float64, { '0.1': 0.1, '4.9E-324': Number.MIN_VALUE, NaN: Number.NaN, '-0.0': -0 }),
  caseOf('boolean', boolean, { true: true, false: false }),
  caseOf('uuid', uuid, { 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6': 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6' }),
]

const topicsFor = (prefix: string): Promise<string[]> =>
  Promise.all(cases.map(({ type }) => createTopic({ prefix: `${prefix}-${type}` })))

test("what Java's serializers have written is read by typed topics", async () => {
  const topics = await topicsFor('of-java')
  await askJava(cases.map(({ type, texts }, i) => ({ type, topic: topics[i] ?? '', write: [...texts, null] })))
  for (const [i, { read }] of cases.entries()) await read(topics[i] ?? '')
})

test("what typed topics have written is read by Java's deserializers", async () => {
  const topics = await topicsFor('for-java')
  for (const [i, { write }] of cases.entries()) await write(topics[i] ?? '')
  const told = await askJava(
    cases.map(({ type, texts }, i) => ({ type, topic: topics[i] ?? '', read: texts.length + 1 })),
  )
  const wanted = cases.map(({ texts }) => [...texts, null].map((text) => [text, text]))
  assert.deepEqual(told, wanted)
})
