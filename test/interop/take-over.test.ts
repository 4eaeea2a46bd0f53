/** Apache Kafka and Odradek in turns on one directory: each goes on where the other stopped, or was killed. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { codecs, HandedOn } from './handed-on.ts'
import { kcat } from './kcat.ts'
import { assertOnce, partitions, readAll as readPartitions, untilProgress } from './kept.ts'
import { isShortRun } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { Load } from './load.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { createTopic } from './topics.ts'

const perTurn = 100
/** In each, both brokers have a turn, one of them is stopped and the other killed. */
const rounds = isShortRun ? 1 : 5
const turns = Array.from({ length: rounds }, (_, i) => (i % 2 === 0 ? ['stop', 'kill'] : ['kill', 'stop'])).flat()
/** Compacted by whoever is there, all the time. */
const compacted = { 'cleanup.policy': 'compact', 'segment.ms': '500', 'min.cleanable.dirty.ratio': '0.01' }

describe('in turns on one directory', () => {
  let broker: Broker
  let load: Load | undefined
  before(async () => {
    const settings = {
      'log.segment.bytes': '1048576',
      'offsets.topic.num.partitions': '4',
      'log.cleaner.backoff.ms': '200',
    }
    broker = await startOwnBroker({ name: 'take-over', settings })
  })
  after(async () => {
    await load?.kill()
    await broker.stop()
  })

  const readAll = async (topic: string): Promise<string[]> =>
    (await kcat(['-C', '-t', topic, '-o', 'beginning', '-e', '-q'])).trimEnd().split('\n')

  test('records, offsets and configs are seen by whoever comes', { timeout: 900_000 }, async (context) => {
    const handedOn = await HandedOn.create()
    // One producer lives through all turns: the state of producers is handed on as well.
    const through = { topic: await createTopic({ prefix: 'through', partitions }), prefix: '0.', rate: 500 } as const
    load = await Load.start('librdkafka', { ...through, acks: -1, codec: 'lz4', idempotent: true })
    const kept = await createTopic({ prefix: 'kept', configs: compacted })
    for (const [turn, end] of turns.entries()) {
      const { name, place } = broker
      context.diagnostic(`turn ${turn}: ${name}, ${end}`)
      await handedOn.turn(turn, name)
      const codec = codecs[turn % codecs.length] ?? 'none'
      await librdkafka('produce', { topic: kept, count: perTurn, prefix: `${turn}-`, codec })
      const newest = Array.from({ length: perTurn }, (_, i) => `${turn}-${i}`)
      assert.deepEqual((await readAll(kept)).slice(-perTurn), newest, `newest of each key in turn ${turn}`)
      await untilProgress([load])
      if (end === 'kill') await broker.process.kill()
      else await broker.stop()
      handedOn.assertBytes(place)
      broker = await (name === 'kafka' ? takeOverByOdradek(ping, place) : takeOverByKafka(ping, place))
    }
    await handedOn.assertRecords()
    const left = await readAll(kept)
    const [sent, limit] = [turns.length * perTurn, isShortRun ? 1 : 0.5]
    assert.ok(left.length <= sent * limit, `${left.length} records of ${perTurn} keys are left of ${sent}`)
    await untilProgress([load])
    await load.stop()
    assertOnce(load, await readPartitions(through.topic))
    context.diagnostic(`${turns.length} turns, ${handedOn.counts}, ${load.count} by one idempotent producer`)
  })
})
