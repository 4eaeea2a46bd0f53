/**
 * `kafka-leader-election` and `kafka-reassign-partitions` do and print the same against Apache Kafka and the broker under test:
 * one script, run on a broker of its own of each. Against Kafka it is compared with itself.
 */
import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { run } from '../../bench/child.ts'
import { startKafka } from '../../bench/kafka.ts'
import { rowsOf } from './group-tables.ts'
import { type Tool, toolCommand } from './java-tool.ts'
import { against, bootstrap, bootstrapVariable, isShortRun, runFolder } from './kit.ts'
import { pathsOf } from './log-directories.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { createTopic } from './topics.ts'

const topic = 'elected'
const partitions = 2

/** Files of the calls, by name; DATA is the path of the second log directory. */
const plans: Readonly<Record<string, object>> = {
  SAME: { partitions: [{ topic, partition: 0, replicas: [1] }] },
  ALL: { partitions: [0, 1].map((partition) => ({ topic, partition, replicas: [1] })) },
  MOVED: { partitions: [{ topic, partition: 1, replicas: [1], log_dirs: ['DATA'] }] },
  NOBODY: { partitions: [{ topic, partition: 0, replicas: [7] }] },
  EMPTY: { partitions: [{ topic, partition: 0, replicas: [] }] },
  TWICE: { partitions: [{ topic, partition: 0, replicas: [1, 1] }] },
  NONE: { partitions: [{ topic: 'none', partition: 0, replicas: [1] }] },
  BEYOND: { partitions: [{ topic, partition: 9, replicas: [1] }] },
  ELECT: {
    partitions: [
      { topic, partition: 0 },
      { topic, partition: 1 },
    ],
  },
  ELECTNONE: {
    partitions: [
      { topic: 'none', partition: 0 },
      { topic, partition: 0 },
      { topic, partition: 9 },
    ],
  },
  TOPICS: { topics: [{ topic }] },
}

const elections = [
  `--election-type preferred --topic ${topic} --partition 0`,
  `--election-type unclean --topic ${topic} --partition 1`,
  '--election-type preferred --all-topic-partitions',
  '--election-type unclean --all-topic-partitions',
  '--election-type preferred --path-to-json-file ELECT',
  '--election-type unclean --path-to-json-file ELECTNONE',
  '--election-type preferred --topic none --partition 0',
  `--election-type preferred --topic ${topic} --partition 9`,
  '--election-type other --all-topic-partitions',
]
const reassignments = [
  '--list',
  '--topics-to-move-json-file TOPICS --broker-list 1 --generate',
  '--reassignment-json-file SAME --execute',
  '--reassignment-json-file SAME --verify',
  '--reassignment-json-file ALL --execute --throttle 1000000 --timeout 20000',
  '--reassignment-json-file ALL --verify --preserve-throttles',
  '--reassignment-json-file ALL --verify',
  '--reassignment-json-file ALL --cancel',
  '--reassignment-json-file MOVED --execute',
  '--reassignment-json-file MOVED --verify',
  '--reassignment-json-file MOVED --cancel',
  '--reassignment-json-file ALL --execute --disallow-replication-factor-change',
  '--reassignment-json-file NOBODY --execute',
  '--reassignment-json-file NOBODY --verify',
  '--reassignment-json-file EMPTY --execute',
  '--reassignment-json-file TWICE --execute',
  '--reassignment-json-file NONE --execute',
  '--reassignment-json-file NONE --verify',
  '--reassignment-json-file BEYOND --execute',
  '--reassignment-json-file BEYOND --cancel',
  '--list',
]
const calls: readonly (readonly [Tool, string])[] = [
  ...elections.map((args) => ['leaderElection', args] as const),
  ...reassignments.map((args) => ['reassignPartitions', args] as const),
].filter((_, i) => !isShortRun || i % 5 === 0)

interface Printed {
  readonly call: string
  readonly rows: readonly string[]
}

/** Of errors without the places in Java's code. Ports differ, and so do the directories in which a broker puts what is new. */
async function printed(tool: Tool, args: readonly string[], folder: string): Promise<string[]> {
  const command = await toolCommand(tool, ['--bootstrap-server', bootstrap(), ...args])
  const { code, stdout, stderr } = await run({ ...command, timeoutMs: 60_000 })
  const masked = `${stdout}\n${stderr}`
    .replaceAll(folder, 'FOLDER')
    .replaceAll(/FOLDER\/data(-1)?(?!\w)/g, 'DIRECTORY')
    .replaceAll(/127\.0\.0\.1:\d+/g, '127.0.0.1:PORT')
  return [`status ${code}`, ...rowsOf(masked).filter((row) => !/^(at |\.\.\. \d+ more)/.test(row))]
}

async function runScript(broker: Broker, folder: string): Promise<Printed[]> {
  const files = join(folder, 'plans')
  mkdirSync(files, { recursive: true })
  const [, second = ''] = pathsOf(broker)
  for (const [name, plan] of Object.entries(plans)) {
    writeFileSync(join(files, `${name}.json`), JSON.stringify({ version: 1, ...plan }).replaceAll('DATA', second))
  }
  await createTopic({ name: topic, partitions })
  const all: Printed[] = []
  for (const [tool, call] of calls) {
    const words = call.split(' ').map((word) => (word in plans ? join(files, `${word}.json`) : word))
    all.push({ call: `${tool} ${call}`, rows: await printed(tool, words, folder) })
  }
  return all
}

async function runOn(broker: Broker, folder: string): Promise<Printed[]> {
  process.env[bootstrapVariable] = broker.bootstrap
  try {
    return await runScript(broker, folder)
  } finally {
    await broker.stop()
  }
}

test('prints the same of the same elections and reassignments', { timeout: 900_000 }, async (context) => {
  const options = { name: 'elections', directories: 2 }
  const byTested = await runOn(await startOwnBroker(options), join(runFolder(against), options.name))
  // Not among the folders whose files are read when all suites have run: Kafka leaves an empty checkpoint where a log has moved.
  const folder = runFolder('elections-kafka')
  const byKafka = await runOn(await startKafka({ folder, directories: 2, ping }), folder)
  for (const [i, { call, rows }] of byKafka.entries()) {
    await context.test(call, () => assert.deepEqual(byTested[i]?.rows, rows))
  }
  context.diagnostic(`${byKafka.length} calls, ${byKafka.flatMap(({ rows }) => rows).length} lines the same`)
})
