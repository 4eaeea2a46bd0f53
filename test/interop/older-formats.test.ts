/**
 * A log that has messages of all formats, as one that was begun before Kafka 0.11: the broker under test opens it and sends it as it lies,
 * and our consumer reads of it what Java's reads.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { Kafka } from '../../src/stack/client.ts'
import { runTool } from './java-tool.ts'
import { bootstrap } from './kit.ts'
import { startOwnBroker } from './own-broker.ts'
import { createTopic } from './topics.ts'

/** Of `test/golden/MessageSets.java`: offsets 0 to 9, in formats 0, 1, 2 and 1 again. */
function allFormats(): Buffer {
  const lines = readFileSync(join(import.meta.dirname, '../golden/message-sets.ndjson'), 'utf8').split('\n')
  const found = lines.find((line) => line.startsWith('{"name":"all formats"')) ?? assert.fail()
  return Buffer.from(JSON.parse(found).hex, 'hex')
}

const count = 10
const startMs = 1_400_000_000_000

describe('a log of all formats', () => {
  let broker: Broker
  let topic: string
  before(async () => {
    broker = await startOwnBroker({ name: 'older-formats', settings: { 'log.retention.ms': '-1' } })
    topic = await createTopic({ prefix: 'old' })
    await broker.stop()
    const folder = join(dirname(broker.place.file), 'data', `${topic}-0`)
    for (const index of globSync('*.{index,timeindex}', { cwd: folder })) rmSync(join(folder, index))
    writeFileSync(join(folder, '00000000000000000000.log'), allFormats())
    broker = await broker.again()
  })
  after(() => broker.stop())

  test('is read by our consumer as by Java’s', async () => {
    const flags = ['key', 'offset', 'timestamp'].flatMap((what) => ['--formatter-property', `print.${what}=true`])
    const args = ['--topic', topic, '--from-beginning', '--max-messages', `${count}`, '--timeout-ms', '30000']
    const java = await runTool('consoleConsumer', ['--bootstrap-server', bootstrap(), ...args, ...flags])
    await using consumer = new Kafka({ bootstrapServers: bootstrap() }).consumer({ autoOffsetReset: 'earliest' })
    const ours: string[] = []
    for await (const record of consumer.assign([{ topic, partition: 0 }])) {
      const { offset, timestampMs, timestampType, key, value } = record
      const time = timestampType === 'NoTimestampType' ? 'NO_TIMESTAMP' : `${timestampType}:${timestampMs}`
      ours.push(`${time}\tOffset:${offset}\t${key ?? 'null'}\t${value ?? 'null'}`)
      if (ours.length === count) break
    }
    assert.deepEqual(ours, java.replace(/\n$/, '').split('\n'))
    assert.deepEqual(
      ours.map((line) => /^\w+/.exec(line)?.[0]),
      [
        ...['NO_TIMESTAMP', 'NO_TIMESTAMP', 'CreateTime', 'CreateTime', 'LogAppendTime', 'LogAppendTime'],
        ...['CreateTime', 'CreateTime', 'CreateTime', 'CreateTime'],
      ],
    )
  })

  test('has offsets for times, and is written on behind', async () => {
    const kafka = new Kafka({ bootstrapServers: bootstrap() })
    await using admin = kafka.admin()
    const offsetAt = async (at: number | 'latest'): Promise<readonly number[]> => {
      const listed = await admin.listOffsets([{ topic, partition: 0, at }])
      return [...listed.values()].map((it) => it.offset)
    }
    assert.deepEqual(await offsetAt(0), [2])
    assert.deepEqual(await offsetAt(startMs + 10), [3])
    assert.deepEqual(await offsetAt(startMs + 500), [4])
    assert.deepEqual(await offsetAt('latest'), [count])
    await using producer = kafka.producer()
    assert.equal((await producer.send(topic, { value: 'new' })).offset, count)
  })
})
