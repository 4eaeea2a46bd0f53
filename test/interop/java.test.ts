/** Apache Kafka's own tools, each in its own process as people run them. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { runTool, type Tool } from './java-tool.ts'
import { kcat } from './kcat.ts'
import { against, bootstrap, records, runFolder, uniqueName } from './kit.ts'
import { skipUnless } from './served.ts'
import { createTopic } from './topics.ts'

const count = records(1000)
const numbers = (size: number): string[] => Array.from({ length: size }, (_, i) => `${i}`)
const tool = (name: Tool, args: readonly string[]): Promise<string> =>
  runTool(name, ['--bootstrap-server', bootstrap(), ...args])
const consumeAll = (topic: string, more: readonly string[]): Promise<string> =>
  tool('consoleConsumer', ['--topic', topic, '--from-beginning', '--timeout-ms', '20000', ...more])

/** A topic that holds the numbers below `size`. */
async function filledTopic(size: number): Promise<string> {
  const topic = await createTopic({ prefix: 'java' })
  await kcat(['-P', '-t', topic], `${numbers(size).join('\n')}\n`)
  return topic
}

test('console producer and consumer', async () => {
  const topic = await createTopic({ prefix: 'java-console' })
  const args = ['--bootstrap-server', bootstrap(), '--topic', topic]
  await runTool('consoleProducer', args, { input: `${numbers(count).join('\n')}\n` })
  const read = await consumeAll(topic, ['--max-messages', `${count}`])
  assert.deepEqual(read.trim().split('\n'), numbers(count))
})

for (const protocol of ['classic', 'consumer']) {
  const skip = protocol === 'consumer' ? skipUnless('consumerProtocol') : false
  test(`verifiable producer and consumer, group protocol ${protocol}`, { skip }, async () => {
    const count = records(100_000)
    const topic = await createTopic({ prefix: 'java-verifiable', partitions: 3 })
    const produced = await tool('verifiableProducer', ['--topic', topic, '--max-messages', `${count}`, '--acks', '-1'])
    assert.equal(produced.match(/"producer_send_success"/g)?.length, count)
    assert.doesNotMatch(produced, /producer_send_error/)
    const group = uniqueName('java')
    const consumed = await tool('verifiableConsumer', [
      ...['--topic', topic, '--group-id', group, '--max-messages', `${count}`],
      ...['--reset-policy', 'earliest', '--group-protocol', protocol, '--verbose'],
    ])
    const values = [...consumed.matchAll(/"value":"(\d+)"/g)].map((match) => match[1] ?? '')
    assert.deepEqual(
      values.map(Number).sort((a, b) => a - b),
      numbers(count).map(Number),
    )
  })
}

test('kafka-topics creates, describes, alters, lists, deletes', async () => {
  const topic = uniqueName('java-topics')
  await tool('topics', ['--create', '--topic', topic, '--partitions', '2', '--config', 'retention.ms=3600000'])
  await tool('topics', ['--alter', '--topic', topic, '--partitions', '4'])
  const described = await tool('topics', ['--describe', '--topic', topic])
  assert.match(described, /PartitionCount: 4\s+ReplicationFactor: 1\s+Configs: .*retention\.ms=3600000/)
  assert.equal(described.match(/Partition: \d+\s+Leader: 1\s+Replicas: 1\s+Isr: 1/g)?.length, 4)
  assert.match(await tool('topics', ['--list']), new RegExp(`^${topic}$`, 'm'))
  await tool('topics', ['--delete', '--topic', topic])
  assert.doesNotMatch(await tool('topics', ['--list']), new RegExp(`^${topic}$`, 'm'))
})

test('kafka-configs alters and describes a topic and the brokers', async () => {
  const topic = await createTopic({ prefix: 'java-configs' })
  const entity = ['--entity-type', 'topics', '--entity-name', topic]
  await tool('configs', [
    '--alter',
    ...entity,
    '--add-config',
    'max.message.bytes=2000000,cleanup.policy=[compact,delete]',
  ])
  const described = await tool('configs', ['--describe', ...entity])
  assert.match(described, /max\.message\.bytes=2000000/)
  assert.match(described, /cleanup\.policy=compact,delete/)
  await tool('configs', ['--alter', ...entity, '--delete-config', 'max.message.bytes'])
  assert.doesNotMatch(await tool('configs', ['--describe', ...entity]), /max\.message\.bytes/)
  const broker = ['--entity-type', 'brokers', '--entity-name', '1']
  assert.match(await tool('configs', ['--describe', '--all', ...broker]), /log\.retention\.hours=168/)
})

test('kafka-consumer-groups describes, resets and deletes', async () => {
  const topic = await filledTopic(10)
  const group = uniqueName('java')
  await consumeAll(topic, ['--group', group, '--max-messages', '10'])
  const described = await tool('consumerGroups', ['--describe', '--group', group])
  assert.match(described, new RegExp(`${group}\\s+${topic}\\s+0\\s+10\\s+10\\s+0`))
  assert.match(await tool('consumerGroups', ['--describe', '--group', group, '--state']), /Empty/)
  assert.match(await tool('consumerGroups', ['--list']), new RegExp(`^${group}$`, 'm'))
  assert.match(await tool('groups', ['--list']), new RegExp(`^${group}\\s+`, 'm'))
  const reset = ['--reset-offsets', '--group', group, '--topic', topic, '--to-offset', '4', '--execute']
  await tool('consumerGroups', reset)
  assert.match(await tool('consumerGroups', ['--describe', '--group', group]), /\s+0\s+4\s+10\s+6\s/)
  await tool('consumerGroups', ['--delete', '--group', group])
  assert.doesNotMatch(await tool('consumerGroups', ['--list']), new RegExp(`^${group}$`, 'm'))
})

test('kafka-get-offsets and kafka-delete-records', async () => {
  const topic = await filledTopic(10)
  assert.equal((await tool('getOffsets', ['--topic', topic])).trim(), `${topic}:0:10`)
  const file = join(runFolder(against), `${topic}.json`)
  writeFileSync(file, JSON.stringify({ version: 1, partitions: [{ topic, partition: 0, offset: 4 }] }))
  assert.match(await tool('deleteRecords', ['--offset-json-file', file]), /low_watermark: 4/)
  assert.equal((await tool('getOffsets', ['--topic', topic, '--time', 'earliest'])).trim(), `${topic}:0:4`)
  const left = await consumeAll(topic, ['--max-messages', '6'])
  assert.deepEqual(left.trim().split('\n'), ['4', '5', '6', '7', '8', '9'])
})

test('kafka-broker-api-versions finds nothing it cannot use', async () => {
  const printed = await tool('brokerApiVersions', [])
  assert.match(printed, /\(id: 1 rack: null isFenced: false\)/)
  for (const api of ['Produce(0)', 'Fetch(1)', 'Metadata(3)', 'FindCoordinator(10)']) {
    const line = printed.split('\n').find((text) => text.includes(api))
    assert.ok(line !== undefined, api)
    assert.doesNotMatch(line, /UNSUPPORTED/)
  }
})

test('kafka-features, kafka-metadata-quorum, kafka-log-dirs, kafka-cluster', async () => {
  assert.match(await tool('features', ['describe']), /Feature: metadata\.version.*FinalizedVersionLevel: 4\.3-IV0/)
  const quorum = await tool('metadataQuorum', ['describe', '--status'])
  assert.match(quorum, /LeaderId:\s+1\b/)
  assert.match(await tool('metadataQuorum', ['describe', '--replication']), /^1\s.*Leader/m)
  const topic = await filledTopic(10)
  const printed = await tool('logDirs', ['--describe', '--topic-list', topic])
  const json: {
    brokers: { broker: number; logDirs: { error: unknown; partitions: { partition: string; size: number }[] }[] }[]
  } = JSON.parse(printed.split('\n').find((line) => line.startsWith('{')) ?? '')
  const [directory] = json.brokers[0]?.logDirs ?? []
  assert.equal(directory?.error, null)
  assert.equal(directory?.partitions[0]?.partition, `${topic}-0`)
  assert.ok((directory?.partitions[0]?.size ?? 0) > 0)
  assert.match(await runTool('cluster', ['cluster-id', '--bootstrap-server', bootstrap()]), /Cluster ID: \S{22}/)
})
