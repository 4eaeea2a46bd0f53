/**
 * `odradek kafka-topics` and the others print what Kafka's own tools print: one script, each call of it made by Kafka's tool for a
 * topic and a group of its own, and by ours for those of ours, on the broker under test. What is printed is compared byte for byte.
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { run } from '../../bench/child.ts'
import { Kafka } from '../../src/stack/client.ts'
import { filesOf } from '../golden/data-dirs.ts'
import { runTool, type Tool } from './java-tool.ts'
import { against, bootstrap, bootstraps, runFolder, uniqueName } from './kit.ts'
import { ToolProcess } from './tool-process.ts'

const command = join(import.meta.dirname, '..', '..', 'bin', 'odradek.js')
const timeoutMs = 60_000
/** Records are younger than any retention. */
const beganMs = Date.now()

const names: Readonly<Record<string, Tool>> = {
  'kafka-topics': 'topics',
  'kafka-configs': 'configs',
  'kafka-get-offsets': 'getOffsets',
  'kafka-delete-records': 'deleteRecords',
  'kafka-consumer-groups': 'consumerGroups',
}

/**
 * TOPIC and GROUP are of whoever is asked, FILE is what a call takes from a file. Two spaces: not the exit code, which is 1 where
 * something failed. Three: Kafka's lines come in the order of a map by the hashes of partitions.
 */
const script = [
  'kafka-topics --create --topic TOPIC --partitions 3 --config retention.ms=1000000000 --config segment.bytes=2000000',
  'kafka-topics --create --topic TOPIC',
  'kafka-topics --create --topic TOPIC --if-not-exists',
  'kafka-topics --create --topic no.dots_here --replication-factor 9',
  'kafka-topics --describe --topic TOPIC',
  'kafka-topics --describe --topic none-of-them',
  'kafka-topics --describe --topic TOPIC --under-replicated-partitions',
  'kafka-topics --describe --topic TOPIC --at-min-isr-partitions',
  'kafka-topics --describe --topic TOPIC --topics-with-overrides',
  'kafka-topics --list --topic TOPIC',
  'kafka-topics --alter --topic TOPIC --partitions 2',
  'kafka-topics --alter --topic TOPIC --partitions 4',
  'kafka-topics --alter --topic none-of-them --partitions 4',
  'kafka-topics --describe --topic TOPIC',
  'kafka-configs --describe --entity-type topics --entity-name TOPIC',
  'kafka-configs --alter --entity-type topics --entity-name TOPIC --add-config retention.bytes=5000000,leader.replication.throttled.replicas=[0:1,1:1] --delete-config retention.ms',
  'kafka-configs --describe --topic TOPIC',
  'kafka-configs --describe --entity-type brokers --entity-default',
  'kafka-configs --alter --broker-defaults --add-config log.retention.bytes=100000000',
  'kafka-configs --describe --entity-type brokers --entity-default',
  'kafka-configs --alter --broker-defaults --delete-config log.retention.bytes',
  'PRODUCE',
  'kafka-get-offsets --topic TOPIC',
  'kafka-get-offsets --topic TOPIC --time -2',
  'kafka-get-offsets --topic TOPIC --time max-timestamp',
  'kafka-get-offsets --topic-partitions TOPIC:0,TOPIC:2-',
  'kafka-get-offsets --topic none-of-them',
  'kafka-delete-records   --offset-json-file FILE',
  'kafka-get-offsets --topic TOPIC --time earliest',
  'kafka-consumer-groups   --reset-offsets --group GROUP --topic TOPIC:0,1 --to-earliest --execute',
  'kafka-consumer-groups --describe --group GROUP',
  'kafka-consumer-groups --reset-offsets --group GROUP --topic TOPIC:0 --to-offset 7 --dry-run',
  'kafka-consumer-groups --reset-offsets --group GROUP --topic TOPIC:0 --shift-by -2 --dry-run',
  'kafka-consumer-groups --reset-offsets --group GROUP --topic TOPIC:1 --to-latest --execute',
  'kafka-consumer-groups --reset-offsets --group GROUP --topic TOPIC:1 --to-datetime 2000-01-01T00:00:00.000 --dry-run',
  'kafka-consumer-groups --reset-offsets --group GROUP --topic TOPIC:0 --to-offset 3 --export --dry-run',
  'kafka-consumer-groups --describe --group GROUP --offsets',
  'kafka-consumer-groups --describe --group GROUP --members',
  'kafka-consumer-groups --delete-offsets --group GROUP --topic TOPIC:0',
  'kafka-consumer-groups --delete --group GROUP',
  'kafka-consumer-groups  --delete --group GROUP',
  'kafka-console-consumer --topic TOPIC --partition 0 --offset earliest --max-messages 3',
  'kafka-console-consumer --topic TOPIC --partition 0 --offset 4 --max-messages 2 --formatter-property print.key=true --formatter-property print.timestamp=true --formatter-property print.headers=true --formatter-property print.partition=true --formatter-property print.offset=true --formatter-property key.separator=|',
  'kafka-topics --delete --topic TOPIC',
  'kafka-topics --delete --topic none-of-them',
]

interface Side {
  readonly topic: string
  readonly group: string
  readonly call: (tool: string, args: readonly string[]) => Promise<{ code: number | undefined; stdout: string }>
}

/** Names of the same length; and ids differ. */
const masked = (text: string, { topic, group }: Side): string =>
  text
    .replaceAll(topic, 'TOPIC')
    .replaceAll(group, 'GROUP')
    .replaceAll(/(TopicId: )[\w-]{22}/g, '$1ID')

async function fill(topic: string): Promise<void> {
  await using producer = new Kafka({ bootstrapServers: bootstraps() }).producer()
  const records = Array.from({ length: 10 }, (_, i) => ({
    key: i % 4 === 0 ? null : `k${i}`,
    value: i === 5 ? null : `v${i}`,
    partition: i < 8 ? 0 : 1,
    timestampMs: beganMs + i,
    headers: i % 2 === 0 ? { a: 'b', c: null } : {},
  }))
  await producer.sendAll(topic, records)
}

function recordsToDelete(topic: string): string {
  const folder = join(runFolder(against), 'kafka-tools')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `${topic}.json`)
  const partitions = [
    { topic, partition: 0, offset: 2 },
    { topic, partition: 1, offset: -1 },
  ]
  writeFileSync(file, JSON.stringify({ partitions, version: 1 }))
  return file
}

async function told(side: Side, line: string): Promise<{ code?: number | undefined; stdout: string }> {
  if (line === 'PRODUCE') {
    await fill(side.topic)
    return { stdout: '' }
  }
  const file = line.includes('FILE') ? recordsToDelete(side.topic) : ''
  const words = line.replaceAll('TOPIC', side.topic).replaceAll('GROUP', side.group).replace('FILE', file)
  const [tool = '', ...args] = words.split(/ +/)
  const { code, stdout } = await side.call(tool, [...args, '--bootstrap-server', bootstrap()])
  const text = masked(stdout, side)
  if (line.includes('   ')) return { code, stdout: text.split('\n').toSorted().join('\n') }
  return { ...(line.includes('  ') ? {} : { code }), stdout: text }
}

const ours = async (words: readonly string[]) =>
  run({ command: process.execPath, args: [command, ...words], timeoutMs })

test('what the tools print of a cluster', { timeout: 600_000 }, async (context) => {
  const name = uniqueName('tools')
  await using process = await ToolProcess.start()
  const kafkas: Side = {
    topic: `${name}-k`,
    group: `group-${name}-k`,
    async call(tool, args) {
      const known = names[tool]
      // It ends its process.
      return known === undefined
        ? { code: 0, stdout: await runTool('consoleConsumer', args) }
        : process.run(known, args)
    },
  }
  const odradeks: Side = {
    topic: `${name}-o`,
    group: `group-${name}-o`,
    call: (tool, args) => ours([tool, ...args]),
  }
  for (const line of script) {
    const byKafka = await told(kafkas, line)
    const byOurs = await told(odradeks, line)
    await context.test(line, () => assert.deepEqual(byOurs, byKafka))
  }
})

/** Times and rates are of each run; how much was read is not. */
const withoutRates = (text: string): readonly string[] =>
  text
    .split('\n')
    .map((line) =>
      line.replace(
        /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d:\d{3}, (.{23}), ([\d.]+), \d+\.\d{4}, (\d+), \d+\.\d{4}, \d+, \d+, \d+\.\d{4}, \d+\.\d{4}$/,
        (_, end: string, megabytes: string, records: string) =>
          `${end.replaceAll(/\d/g, '0')} ${megabytes} MB in ${records} records`,
      ),
    )

test('what kafka-consumer-perf-test prints', { timeout: 300_000 }, async (context) => {
  const topic = uniqueName('measured')
  await using producer = new Kafka({ bootstrapServers: bootstraps() }).producer()
  await producer.sendAll(
    topic,
    Array.from({ length: 1000 }, (_, i) => ({
      key: i % 2 === 0 ? null : 'key',
      value: Buffer.alloc(1000),
      partition: 0,
    })),
  )
  await using process = await ToolProcess.start()
  const given = ['--bootstrap-server', bootstrap()]
  for (const more of [
    ['--topic', topic, '--num-records', '1000'],
    ['--include', `${topic}|none`, '--messages', '1000', '--hide-header'],
    ['--topic', topic, '--num-records', '2000', '--timeout', '3000', '--fetch-size', '20000'],
    ['--topic', topic, '--num-records', '1', '--from-latest', '--timeout', '3000', '--show-detailed-stats'],
  ]) {
    const byKafka = await process.run('consumerPerformance', [...given, ...more])
    const byOurs = await ours(['kafka-consumer-perf-test', ...given, ...more])
    await context.test(more.slice(2).join(' '), () => {
      assert.deepEqual(withoutRates(byOurs.stdout), withoutRates(byKafka.stdout))
      assert.equal(byOurs.code, byKafka.code)
    })
  }
})

test('what kafka-dump-log prints of the golden directories', { timeout: 300_000 }, async () => {
  await using process = await ToolProcess.start()
  const folder = join(runFolder(against), 'kafka-tools', 'files')
  const isDumped = /\.(log|index|timeindex|txnindex|snapshot|checkpoint)$/
  // Kafka's tool ends with a NoSuchElementException on what is to be deleted.
  const files = [...filesOf('clean')].filter(([path]) => isDumped.test(path) && !path.includes('-delete/'))
  const paths = files.map(([path, bytes]) => {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, bytes)
    return file
  })
  const byKafka = await process.run('dumpLog', ['--files', paths.join(','), '--print-data-log'])
  const byOurs = await ours(['log', 'dump', '--records', ...paths])
  assert.ok(byKafka.stdout.split('\n').length > 1000)
  assert.equal(byOurs.stdout, byKafka.stdout)
})
