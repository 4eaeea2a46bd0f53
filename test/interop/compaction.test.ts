/** Apache Kafka and Odradek compact a copy of the same log each: what is left is the same, batch by batch. */
import assert from 'node:assert/strict'
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Broker, Place } from '../../bench/broker.ts'
import { startKafka, takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { BatchCursor, batchHeader, readRecords } from '../../src/records/index.ts'
import { runTool } from './java-tool.ts'
import { bootstrap, bootstrapVariable, isShortRun, runFolder, until } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { ping } from './ping.ts'
import { createTopic } from './topics.ts'

const settings = {
  'log.cleaner.backoff.ms': '200',
  'log.retention.check.interval.ms': '3600000',
  'transaction.state.log.num.partitions': '1',
}
const toCompact = 'cleanup.policy=compact,min.cleanable.dirty.ratio=0,delete.retention.ms=86400000'

const dataOf = (place: Place): string => join(dirname(place.file), 'data')

/** The same directory once more, and a configuration that names it. */
function copied(place: Place, name: string): Place {
  const from = dirname(place.file)
  const to = join(dirname(from), name)
  rmSync(to, { recursive: true, force: true })
  cpSync(from, to, { recursive: true })
  const file = join(to, basename(place.file))
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to))
  return { ...place, file, logFile: join(to, basename(place.logFile)) }
}

async function compact(broker: Broker, topic: string): Promise<void> {
  process.env[bootstrapVariable] = broker.bootstrap
  const entity = ['--entity-type', 'topics', '--entity-name', topic]
  await runTool('configs', ['--bootstrap-server', bootstrap(), '--alter', ...entity, '--add-config', toCompact])
  const checkpoint = join(dataOf(broker.place), 'cleaner-offset-checkpoint')
  await until({
    what: `${broker.name} has compacted ${topic}`,
    timeoutMs: 60_000,
    condition: () => globSync(checkpoint).length > 0 && readFileSync(checkpoint, 'utf8').includes(`\n${topic} 0 `),
  })
}

/** Every batch with what is in it; of its bytes, all that a delete horizon does not change. */
function batchesOf(place: Place, topic: string) {
  const folder = join(dataOf(place), `${topic}-0`)
  return globSync('*.log', { cwd: folder })
    .sort()
    .map((name) => {
      const bytes = readFileSync(join(folder, name))
      const cursor = new BatchCursor(bytes)
      const batches = []
      while (cursor.next()) {
        const { view, position } = cursor
        const at = position + batchHeader.attributesAt
        const hasHorizon = batchHeader.hasDeleteHorizon(view, position)
        assert.ok(cursor.isCrcValid())
        batches.push({
          offsets: [batchHeader.baseOffset(view, position), batchHeader.lastOffset(view, position)],
          attributes: batchHeader.attributes(view, position),
          maxTimestamp: batchHeader.maxTimestamp(view, position),
          producer: bytes.toString('hex', position + batchHeader.producerIdAt, position + batchHeader.recordCountAt),
          records: [...readRecords(bytes, position, 1e9)].map(({ offset, key, value, headers, timestamp }) =>
            [offset, key, value, timestamp, headers.map((it) => [it.key, String(it.value)])].map(String),
          ),
          // A horizon is a time of the compaction, and timestamps are relative to it.
          bytes: hasHorizon ? '' : bytes.toString('hex', at, position + cursor.sizeInBytes),
        })
      }
      return { name, batches }
    })
}

/** The files of the log, and what is in those that no time of the compaction goes into. */
function filesOf(place: Place, topic: string) {
  const folder = join(dataOf(place), `${topic}-0`)
  const names = globSync('*', { cwd: folder }).filter((name) => !name.endsWith('.deleted'))
  return names.sort().map((name) => [name, name.endsWith('.txnindex') ? readFileSync(join(folder, name), 'hex') : ''])
}

describe('compaction of one log by both', { skip: isShortRun ? 'in the full run only' : false }, () => {
  let broker: Broker
  after(() => broker.stop())

  test('leaves the same batches', { timeout: 300_000 }, async (context) => {
    broker = await startKafka({ folder: join(runFolder('kafka'), 'compaction'), settings, ping })
    process.env[bootstrapVariable] = broker.bootstrap
    const topic = await createTopic({ prefix: 'history', configs: { 'segment.bytes': '1048576' } })
    await librdkafka('history', { topic, count: 60, prefix: topic, timeout: 90 })
    // The newest is in a segment of its own.
    await librdkafka('produce', { topic, count: 3000, prefix: 'x'.repeat(500) })
    await broker.stop()
    const theirs = broker.place
    const ours = copied(theirs, 'compaction-odradek')
    const before = batchesOf(ours, topic).flatMap(({ batches }) => batches).length
    for (const take of [() => takeOverByKafka(ping, theirs), () => takeOverByOdradek(ping, ours)]) {
      broker = await take()
      await compact(broker, topic)
      await broker.stop()
    }
    const kafka = batchesOf(theirs, topic)
    const odradek = batchesOf(ours, topic)
    assert.deepEqual(odradek, kafka)
    assert.deepEqual(filesOf(ours, topic), filesOf(theirs, topic))
    const left = odradek.flatMap(({ batches }) => batches)
    assert.ok(left.length < before)
    assert.ok(left.some(({ bytes }) => bytes === '') && left.some(({ records }) => records.length === 0))
    context.diagnostic(`${odradek.length} segments, ${left.length} of ${before} batches`)
  })
})
