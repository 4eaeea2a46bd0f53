/**
 * What Apache Kafka leaves in a directory and Odradek does not act on yet: an open transaction, a share group.
 * It stays as it is, is answered with an error, and Kafka goes on with it afterwards.
 */
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { after, describe, test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka, takeOverByKafka } from '../../bench/kafka.ts'
import { takeOverByOdradek } from '../../bench/odradek.ts'
import { runTool } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { bootstrap, bootstrapVariable, isShortRun, runFolder, uniqueName } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { ping } from './ping.ts'
import { createTopic } from './topics.ts'

const count = 10
const settings = {
  'offsets.topic.num.partitions': '2',
  'transaction.state.log.num.partitions': '2',
  'share.coordinator.state.topic.num.partitions': '2',
  'group.initial.rebalance.delay.ms': '0',
  // The transaction must not end by itself.
  'transaction.abort.timed.out.transaction.cleanup.interval.ms': '3600000',
}

/** The records of the topics that coordinators keep, by file. */
function coordinatorLogs({ place }: Broker): ReadonlyMap<string, Buffer> {
  const data = join(dirname(place.file), 'data')
  const files = globSync('__{consumer_offsets,transaction_state,share_group_state}-*/*.log', { cwd: data }).sort()
  return new Map(files.map((file) => [file, readFileSync(join(data, file))]))
}

const readCommitted = async (topic: string): Promise<string[]> => {
  const args = ['-C', '-t', topic, '-o', 'beginning', '-e', '-q', '-X', 'isolation.level=read_committed']
  return (await kcat(args)).trimEnd().split('\n')
}

const values = (prefix: string): string[] => Array.from({ length: count }, (_, i) => `${prefix}${i}`)
const at = (): string[] => ['--bootstrap-server', bootstrap()]

describe('what is not built yet', { skip: isShortRun ? 'in the full run only' : false }, () => {
  let broker: Broker
  after(() => broker.stop())

  test('is kept, answered with an error, and gone on with by Kafka', async () => {
    broker = await startKafka({ folder: join(runFolder('kafka'), 'left-open'), settings, ping })
    process.env[bootstrapVariable] = broker.bootstrap
    const topic = await createTopic({ prefix: 'left-open' })
    const sharers = uniqueName('sharers')
    const id = uniqueName('transaction')
    await librdkafka('produce', { topic, count, prefix: 'plain-' })
    const entity = ['--entity-type', 'groups', '--entity-name', sharers]
    const earliest = ['--alter', ...entity, '--add-config', 'share.auto.offset.reset=earliest']
    await runTool('configs', [...at(), ...earliest])
    const share = ['--topic', topic, '--group', sharers, '--max-messages', `${count}`, '--timeout-ms', '30000']
    assert.match(await runTool('consoleShareConsumer', [...at(), ...share]), /plain-9/)
    await librdkafka('open_transaction', { topic, count, prefix: id })
    const sharersBefore = await describeSharers(sharers)

    for (const end of ['stop', 'kill'] as const) {
      await broker.stop()
      const before = coordinatorLogs(broker)
      assert.ok(before.size >= 6)
      broker = await takeOverByOdradek(ping, broker.place)
      assert.deepEqual(await readCommitted(topic), values('plain-'), 'the open transaction bounds what is committed')
      const refused = { topic, count: 1, prefix: id, timeout: 20 }
      await assert.rejects(librdkafka('transactions', refused), /not authorized|authorization|53/i)
      await assert.rejects(librdkafka('consume', { topic, group: sharers, count: 1, timeout: 15 }), /[Ii]nconsistent/)
      await (end === 'stop' ? broker.stop() : broker.process.kill())
      const left = coordinatorLogs(broker)
      for (const [file, bytes] of before) {
        const now = left.get(file) ?? Buffer.alloc(0)
        if (basename(dirname(file)).startsWith('__consumer_offsets')) {
          assert.deepEqual(now.subarray(0, bytes.length), bytes, `${file} begins as it was`)
        } else assert.deepEqual(now, bytes, `${file} is as it was`)
      }
      broker = await takeOverByKafka(ping, broker.place)
      assert.match(await runTool('transactions', [...at(), 'list']), new RegExp(`${id}id.*Ongoing`))
      assert.equal(await describeSharers(sharers), sharersBefore)
    }
    await librdkafka('transactions', { topic, count, prefix: id })
    assert.deepEqual(await readCommitted(topic), [...values('plain-'), ...values(`${id}committed-`)])
  })
})

/** Its offsets, as Kafka's tool shows them. */
const describeSharers = (group: string): Promise<string> =>
  runTool('shareGroups', [...at(), '--describe', '--group', group, '--offsets'])
