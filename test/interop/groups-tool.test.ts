/**
 * `kafka-consumer-groups` does and prints the same against Apache Kafka and the broker under test: one script, run on a
 * broker of its own of each, and what is printed compared to the line. Against Kafka it is compared with itself.
 */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { run } from '../../bench/child.ts'
import { startKafka } from '../../bench/kafka.ts'
import { untilCommitted } from './committed.ts'
import { produceNumbers, untilBalanced } from './group.ts'
import { rowsOf } from './group-tables.ts'
import { toolCommand } from './java-tool.ts'
import { against, bootstrap, bootstrapVariable, isShortRun, runFolder } from './kit.ts'
import { librdkafka } from './librdkafka.ts'
import { javaKinds, Member, skipMember } from './member.ts'
import { quickGroups, startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { createTopic } from './topics.ts'

const partitions = 4
const count = 40
const emptyCount = 10
const isConsumerServed = skipMember('java, consumer') === false
const protocols = isConsumerServed ? ['classic', 'consumer'] : ['classic']

/** TOPIC has members that read it, ALONE has none; PLAN is a file with offsets. */
const reads = [
  '--list',
  '--list --state',
  '--list --type',
  '--list --state Empty',
  '--list --state stable,Empty --type classic',
  '--list --type consumer',
  '--describe --all-groups --offsets',
  '--describe --all-groups --members',
  '--describe --all-groups --members --verbose',
  '--describe --all-groups --state',
  '--describe --all-groups --state --verbose',
  '--describe --group nobody',
  '--describe --group nobody --members',
  '--describe --group nobody --state',
  '--describe --group classic-empty --offsets --verbose',
  '--describe --group consumer-empty --members --verbose',
  '--validate-regex ^a.*b$',
  '--validate-regex a(b',
]
const resets = [
  '--group classic-empty --topic ALONE --to-earliest --dry-run',
  '--group classic-empty --topic ALONE --to-latest',
  '--group classic-empty --topic ALONE:0 --shift-by -2 --dry-run',
  '--group classic-empty --topic ALONE --shift-by 1000 --dry-run',
  '--group consumer-empty --all-topics --to-current --dry-run',
  '--group consumer-empty --topic ALONE --to-datetime 2000-01-01T00:00:00.000 --dry-run',
  '--group consumer-empty --topic ALONE --to-datetime 2100-01-01T00:00:00.000 --dry-run',
  '--group classic-empty --topic ALONE --by-duration PT10H --dry-run',
  '--group classic-empty --topic ALONE --to-offset 5 --export --dry-run',
  '--group classic-empty --from-file PLAN --dry-run',
  '--group classic-empty --topic NONE --to-earliest --dry-run',
  '--group classic-live --topic TOPIC --to-earliest --execute',
  '--group consumer-live --topic TOPIC --to-earliest --execute',
  '--group brand-new --topic TOPIC --to-offset 3 --execute',
  '--group brand-new --topic ALONE:0 --to-latest --execute',
  '--group classic-empty --topic ALONE --to-offset 7 --execute',
  '--group consumer-empty --topic ALONE --to-offset 7 --execute',
  '--all-groups --topic ALONE --to-earliest --dry-run',
].map((args) => `--reset-offsets ${args}`)
const deletions = [
  '--delete-offsets --group brand-new --topic ALONE',
  '--delete-offsets --group brand-new --topic TOPIC:0',
  '--delete-offsets --group classic-live --topic TOPIC',
  '--delete-offsets --group consumer-live --topic TOPIC',
  '--delete-offsets --group classic-empty --topic NONE',
  '--delete-offsets --group nobody --topic ALONE',
  '--describe --group brand-new',
  '--delete --group classic-live',
  '--delete --group consumer-live',
  '--delete --group nobody',
  '--delete --group classic-empty --group consumer-empty',
  '--list --state --type',
]
const inShort = [
  ...['--list --state --type', '--describe --all-groups --offsets', '--describe --all-groups --members --verbose'],
  ...['--describe --all-groups --state --verbose', '--describe --group nobody'],
  '--reset-offsets --group consumer-empty --topic ALONE --shift-by -2 --execute',
  '--reset-offsets --group classic-live --topic TOPIC --to-earliest --execute',
  '--delete-offsets --group consumer-live --topic TOPIC',
  '--delete --group classic-empty --group consumer-live',
]
const script = isShortRun ? inShort : [...reads, ...resets, ...reads.slice(7, 12), ...deletions]

/** Ids and ports differ from run to run. */
const masked = (text: string): string =>
  text
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
    .replaceAll(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'ID')
    .replaceAll(/(?<![\w-])[\w-]{22}(?![\w-])/g, 'ID')

/** What a call prints, of errors without the places in Java's code. */
async function printed(args: readonly string[]): Promise<string[]> {
  const command = await toolCommand('consumerGroups', ['--bootstrap-server', bootstrap(), ...args])
  const { code, stdout, stderr } = await run({ ...command, timeoutMs: 60_000 })
  const rows = rowsOf(masked(`${stdout}\n${stderr}`)).filter((row) => !/^(at |\.\.\. \d+ more)/.test(row))
  return [`status ${code}`, ...rows]
}

interface Printed {
  readonly call: string
  readonly rows: readonly string[]
}

async function runScript(folder: string): Promise<Printed[]> {
  const topic = await createTopic({ name: 'topic', partitions })
  const alone = await createTopic({ name: 'alone' })
  const plan = join(folder, 'plan.csv')
  writeFileSync(plan, `"${alone}",0,4\n`)
  await produceNumbers(topic, { from: 0, count })
  await librdkafka('produce', { topic: alone, count: emptyCount })
  const members: Member[] = []
  try {
    for (const protocol of protocols) {
      await librdkafka('consume', { topic: alone, group: `${protocol}-empty`, count: emptyCount, protocol })
      const kind = javaKinds[protocol === 'classic' ? 'java, classic, range' : 'java, consumer, uniform']
      assert.ok(kind)
      const group = `${protocol}-live`
      const its = await Promise.all([0, 1].map(() => Member.start(kind, { topic, group })))
      members.push(...its)
      await untilBalanced(its, partitions)
      await untilCommitted(its, { count })
    }
    const all: Printed[] = []
    for (const call of script) {
      const words = call.replace('TOPIC', topic).replace('ALONE', alone).replace('PLAN', plan).split(' ')
      all.push({ call, rows: await printed(words) })
    }
    return all
  } finally {
    await Promise.all(members.map((member) => member.kill()))
  }
}

async function runOn(broker: Broker, folder: string): Promise<Printed[]> {
  process.env[bootstrapVariable] = broker.bootstrap
  try {
    return await runScript(folder)
  } finally {
    await broker.stop()
  }
}

test('prints the same of the same groups', { timeout: 900_000 }, async (context) => {
  const byTested = await runOn(await startOwnBroker({ name: 'groups-tool', settings: quickGroups }), runFolder(against))
  const folder = join(runFolder(against), 'groups-tool-kafka')
  const byKafka = await runOn(await startKafka({ folder, settings: quickGroups, ping }), runFolder(against))
  for (const [i, { call, rows }] of byKafka.entries()) {
    await context.test(call, () => assert.deepEqual(byTested[i]?.rows, rows))
  }
  const lines = byKafka.flatMap(({ rows }) => rows).length
  context.diagnostic(`${byKafka.length} calls, ${lines} lines the same`)
})
