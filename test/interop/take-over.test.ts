/** Apache Kafka and Odradek in turns on one directory: each goes on where the other stopped, or was killed. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { runTool } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { assertOnce, partitions, readAll as readPartitions, untilProgress } from './kept.ts'
import { bootstrap, isShortRun, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { Load } from './load.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { createTopic } from './topics.ts'

const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd']
const perTurn = 100
/** In each, both brokers have a turn, one of them is stopped and the other killed. */
const rounds = 5
const turns = Array.from({ length: rounds }, (_, i) => (i % 2 === 0 ? ['stop', 'kill'] : ['kill', 'stop'])).flat()
/** Compacted by whoever is there, all the time. */
const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '500', 'min.cleanable.dirty.ratio': '0.01' }

describe('in turns on one directory', { skip: isShortRun ? 'in the full run only' : false }, () => {
  let broker: Broker
  let load: Load | undefined
  before(async () => {
    const settings = {
      'log.segment.bytes': '1048576',
      'offsets.topic.num.partitions': '4',
      'log.cleaner.backoff.ms': '200',
    }
    broker = await startOwnBroker('take-over', settings)
  })
  after(async () => {
    await load?.kill()
    await broker.stop()
  })

  const readAll = async (topic: string): Promise<string[]> =>
    (await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q'])).trimEnd().split('\n')

  test('records, offsets and configs are seen by whoever comes', { timeout: 900_000 }, async (context) => {
    const topic = await createTopic({ prefix: 'turns' })
    const group = uniqueName('turns')
    // One producer lives through all turns: the state of producers is handed on as well.
    const through = { topic: await createTopic({ prefix: 'through', partitions }), prefix: '0.', rate: 500 } as const
    load = await Load.start('librdkafka', { ...through, acks: -1, codec: 'lz4', idempotent: true })
    const sent: string[] = []
    const read: unknown[] = []
    const kept = await createTopic({ prefix: 'kept', configs: compacted })
    for (const [turn, end] of turns.entries()) {
      for (const codec of codecs) {
        const prefix = `${broker.name}-${turn}-${codec}-`
        await librdkafka('produce', { topic, count: perTurn, prefix, codec, idempotent: true })
        sent.push(...Array.from({ length: perTurn }, (_, i) => `${prefix}${i}`))
      }
      assert.deepEqual(await readAll(topic), sent, `turn ${turn}, ${broker.name}`)
      await librdkafka('produce', {
        topic: kept,
        count: perTurn,
        prefix: `${turn}-`,
        codec: codecs[turn % 5] ?? 'none',
      })
      const newest = Array.from({ length: perTurn }, (_, i) => `${turn}-${i}`)
      assert.deepEqual((await readAll(kept)).slice(-perTurn), newest, `newest of each key in turn ${turn}`)
      const lines = await librdkafka('consume', { topic, group, count: perTurn })
      read.push(...lines.map(({ value }) => value))
      assert.deepEqual(read, sent.slice(0, read.length), `the group's place in turn ${turn}, ${broker.name}`)
      const config = `retention.ms=${3_600_000 * (turn + 1)}`
      const entity = ['--bootstrap-server', bootstrap(), '--entity-type', 'topics', '--entity-name', topic]
      if (turn > 0)
        assert.match(
          await runTool('configs', ['--describe', ...entity]),
          new RegExp(`retention\\.ms=${3_600_000 * turn}\\b`),
        )
      await runTool('configs', ['--alter', ...entity, '--add-config', config])
      await untilProgress([load])
      if (end === 'kill') await broker.process.kill()
      else await broker.stop()
      const { name, place } = broker
      broker = await (name === 'kafka' ? takeOverByOdradek(ping, place) : takeOverByKafka(ping, place))
    }
    assert.deepEqual(await readAll(topic), sent)
    const left = await readAll(kept)
    assert.ok(left.length < (turns.length * perTurn) / 2, `${left.length} records of ${perTurn} keys are left`)
    await untilProgress([load])
    await load.stop()
    assertOnce(load, await readPartitions(through.topic))
    const counts = `${sent.length} records, ${load.count} by one idempotent producer, ${read.length} read by the group`
    context.diagnostic(`${turns.length} turns, ${counts}`)
  })
})
