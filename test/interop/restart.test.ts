/**
 * A broker that stops, is killed, and starts again while clients work: what was acknowledged is there, at its offset, and
 * what an idempotent producer sent is there once; a group goes on where it committed; Kafka's own tool reads every file.
 */
import assert from 'node:assert/strict'
import { globSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { Broker } from '../../bench/broker.ts'
import { run } from '../../bench/child.ts'
import { toolCommand } from './java-tool.ts'
import { connectKafkajs } from './kafkajs.ts'
import { kcat } from './kcat.ts'
import { isShortRun, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { startOwnBroker } from './own-broker.ts'
import { createTopic } from './topics.ts'

const codecs = { none: 0, gzip: 1 }
const rounds = isShortRun ? 2 : 10
/** Small, so that segments roll, indexes are written and snapshots of the metadata are made. */
const settings = {
  'log.segment.bytes': '1048576',
  'offsets.topic.num.partitions': '4',
  'offsets.topic.segment.bytes': '1048576',
  'group.initial.rebalance.delay.ms': '0',
  'metadata.log.max.record.bytes.between.snapshots': '4000',
}

/** What the tool says of every segment but the first, Kafka's own too: it begins to count at -1. */
const firstOfSegment = /^Non-consecutive offsets in \S*\/0*(\d+)\.log\n {2}-1 is followed by \1\n/gm

let broker: Broker
let directory = ''

async function restart(kind: 'stop' | 'kill'): Promise<void> {
  if (kind === 'stop') await broker.stop()
  else await broker.process.kill()
  broker = await broker.again()
}

/** What was acknowledged: value by partition and offset. */
type Acknowledged = Map<string, string>

async function sendUntil(options: {
  readonly topic: string
  readonly partition: number
  readonly acks: -1 | 1
  readonly isOver: () => boolean
  readonly acknowledged: Acknowledged
}): Promise<void> {
  const { topic, partition, acks, isOver, acknowledged } = options
  const producer = connectKafkajs().producer({ retry: { retries: 0 } })
  const compression = partition % 2 === 0 ? codecs.none : codecs.gzip
  await producer.connect()
  for (let i = 0; !isOver(); i++) {
    const values = Array.from({ length: 100 }, (_, k) => `${partition}-${acks}-${i}-${k}-${'x'.repeat(20)}`)
    const messages = values.map((value) => ({ value, partition }))
    try {
      const [answer] = await producer.send({ topic, acks, compression, messages })
      if (answer?.baseOffset === undefined || answer.errorCode !== 0) continue
      for (const [k, value] of values.entries())
        acknowledged.set(`${partition}:${Number(answer.baseOffset) + k}`, value)
    } catch {
      // The broker is away: nothing was acknowledged.
      await delay(50)
    }
  }
  await producer.disconnect().catch(() => undefined)
}

async function readAll(topic: string, partitions: number): Promise<Map<string, string>> {
  const read = new Map<string, string>()
  for (let partition = 0; partition < partitions; partition++) {
    const args = ['-C', '-t', topic, '-p', `${partition}`, '-o', 'beginning', '-e', '-q', '-f', '%p:%o %s\n']
    for (const line of (await kcat(args)).split('\n')) {
      const space = line.indexOf(' ')
      if (space > 0) read.set(line.slice(0, space), line.slice(space + 1))
    }
  }
  return read
}

describe('a broker that starts again', () => {
  before(async () => {
    const own = await startOwnBroker('restart', settings)
    broker = own.broker
    directory = own.directory
  })
  after(() => broker.stop())

  test(`kill -9 under load, ${rounds} rounds: what was acknowledged is read at its offset`, async (context) => {
    const partitions = 4
    const topic = await createTopic({ prefix: 'killed', partitions })
    const acknowledged: Acknowledged = new Map()
    for (let round = 0; round < rounds; round++) {
      let isOver = false
      const before = acknowledged.size
      const senders = Array.from({ length: partitions }, (_, partition) =>
        sendUntil({ topic, partition, acks: partition < 2 ? -1 : 1, isOver: () => isOver, acknowledged }),
      )
      await delay(700)
      await restart('kill')
      await delay(500)
      isOver = true
      await Promise.all(senders)
      assert.ok(acknowledged.size > before, 'records were acknowledged in this round')
    }
    const read = await readAll(topic, partitions)
    for (const [place, value] of acknowledged) assert.equal(read.get(place), value, place)
    context.diagnostic(`${acknowledged.size} records acknowledged, ${read.size} read`)
  })

  test('an idempotent producer goes on over a stop and a kill: every value once', async () => {
    const count = isShortRun ? 6000 : 20_000
    const topic = await createTopic({ prefix: 'once', partitions: 3 })
    const producing = librdkafka('produce', { topic, count, prefix: '', idempotent: true, rate: 2000, timeout: 90 })
    await delay(1500)
    await restart('stop')
    await delay(500)
    await restart('kill')
    await producing
    const values = [...(await readAll(topic, 3)).values()].map(Number)
    assert.deepEqual(
      values.sort((a, b) => a - b),
      Array.from({ length: count }, (_, i) => i),
    )
  })

  test('a group goes on where it committed, after a stop and after a kill', async () => {
    const topic = await createTopic({ prefix: 'place' })
    await kcat(['-P', '-t', topic], `${Array.from({ length: 30 }, (_, i) => `${i}`).join('\n')}\n`)
    const group = uniqueName('place')
    const read: unknown[] = []
    for (const kind of ['stop', 'kill', undefined] as const) {
      const lines = await librdkafka('consume', { topic, group, count: 10 })
      read.push(...lines.map(({ value }) => value))
      if (kind !== undefined) await restart(kind)
    }
    assert.deepEqual(
      read,
      Array.from({ length: 30 }, (_, i) => `${i}`),
    )
  })

  test("Kafka's tool reads every file without complaint", async (context) => {
    for (let i = 0; i < 30; i++) await createTopic({ prefix: 'metadata' })
    await restart('stop')
    await broker.stop()
    const counts: string[] = []
    const files = (pattern: string): string[] =>
      globSync(pattern, { cwd: directory }).map((name) => `${directory}/${name}`)
    const cases: readonly (readonly [what: string, files: string[], args: readonly string[]])[] = [
      ['metadata', files('__cluster_metadata-0/*.{log,checkpoint}'), ['--cluster-metadata-decoder']],
      ['offsets', files('__consumer_offsets-*/*.log'), ['--offsets-decoder']],
      ['segments', files('{killed,once,place}*/*.log'), ['--deep-iteration']],
      ['indexes', files('*/*.{index,timeindex}'), ['--verify-index-only']],
      ['index contents', files('{killed,once,place}*/*.{index,timeindex}'), []],
      ['producer states', files('*/*.snapshot'), []],
    ]
    for (const [what, all, args] of cases) {
      assert.ok(all.length > 0, `there are files: ${what}`)
      counts.push(`${all.length} ${what}`)
      const command = await toolCommand('dumpLog', [...args, '--files', all.join(',')])
      const { code, stdout, stderr } = await run({ ...command, timeoutMs: 60_000 })
      const complaints = `${stdout}\n${stderr}`
        .replace(firstOfSegment, '')
        .split('\n')
        .filter((line) => /invalid|mismatch|corrupt|exception|error|could not|non-consecutive|out of order/i.test(line))
        .filter((line) => !/isvalid: true|errorCode/i.test(line))
      assert.deepEqual(complaints.slice(0, 5), [], what)
      assert.equal(code, 0, what)
      assert.doesNotMatch(stdout, /isvalid: false/)
    }
    context.diagnostic(counts.join(', '))
    broker = await broker.again()
  })
})
