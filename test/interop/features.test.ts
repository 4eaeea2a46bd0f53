/**
 * Levels of features are raised and lowered as by Apache Kafka, with the same words and records; `kafka-features` prints the same.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { run } from '../../bench/child.ts'
import { startKafka } from '../../bench/kafka.ts'
import { featureQuestions, olderQuestions, oldestQuestions } from './feature-questions.ts'
import { rowsOf } from './group-tables.ts'
import { toolCommand } from './java-tool.ts'
import { isShortRun, runFolder } from './kit.ts'
import { controllerPort, metadataRecords, voterRecords } from './metadata-records.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { type Answer, answersOf, inOrder, type Question } from './questions.ts'

const changes = [
  'describe',
  'version-mapping',
  'downgrade --feature group.version=0',
  'describe',
  'upgrade --feature group.version=1 --dry-run',
  'downgrade --metadata 3.9',
  'downgrade --metadata 4.2',
  'downgrade --unsafe --feature metadata.version=26',
  'disable --feature share.version',
  'disable --unsafe --feature no.such.feature',
  'upgrade --feature transaction.version=9',
].filter((_, i) => !isShortRun || i % 3 === 0)

/** A static quorum becomes a dynamic one. */
const raising = ['upgrade --release-version 4.3 --dry-run', 'upgrade --release-version 4.3', 'describe']

/** By a dynamic quorum. */
const raised = [
  'upgrade --feature kraft.version=1',
  'downgrade --feature kraft.version=0',
  'disable --unsafe --feature kraft.version',
  'upgrade --feature kraft.version=0',
  'upgrade --feature kraft.version=2',
  'downgrade --release-version 4.2',
].filter((_, i) => !isShortRun || i % 3 === 0)

const server = (broker: Broker): string[] => ['--bootstrap-server', broker.bootstrap]
const controller = (broker: Broker): string[] => ['--bootstrap-controller', `127.0.0.1:${controllerPort(broker)}`]

/** By suite: whom the tool asks, and for what. */
const calls: Readonly<Record<string, readonly (readonly [typeof server, string])[]>> = {
  features: [
    ...[...changes, ...raising].map((call) => [server, call] as const),
    ...[...raised, 'describe'].map((call) => [controller, call] as const),
  ],
  'features-oldest': [
    [controller, 'upgrade --feature kraft.version=1 --dry-run'],
    [controller, 'upgrade --feature kraft.version=1'],
    [controller, 'describe'],
    [server, 'describe'],
    [server, 'upgrade --release-version 4.3'],
  ],
}

async function printed(broker: Broker, name: string): Promise<Answer[]> {
  const all: Answer[] = []
  for (const [whom, call] of calls[name] ?? []) {
    const command = await toolCommand('features', [...whom(broker), ...call.split(' ')])
    const { code, stdout, stderr } = await run({ ...command, timeoutMs: 60_000 })
    // The epoch is the place of the newest record, and moves by itself.
    const rows = rowsOf(`${stdout}\n${stderr}`.replaceAll(/Epoch: \d+/g, 'Epoch: N'))
    all.push({
      label: `kafka-features ${call} (${whom === server ? 'broker' : 'controller'})`,
      answer: [`status ${code}`, ...rows.filter((row) => !/^at /.test(row))],
    })
  }
  return all
}

async function toldBy(broker: Broker, questions: readonly Question[], name: string) {
  try {
    return [...(await answersOf(broker, questions)), ...(await printed(broker, name))]
  } finally {
    await broker.stop()
  }
}

for (const [name, format, questions] of [
  ['features', [], featureQuestions],
  ['features-older', ['--release-version', '4.2'], olderQuestions],
  ['features-oldest', ['--release-version', '3.9'], oldestQuestions],
] as const) {
  test(`${name}: the same answers and records`, { timeout: 600_000 }, async (context) => {
    const kafka = await startKafka({ folder: runFolder(`${name}-kafka`), format, ping })
    const kafkas = await toldBy(kafka, questions, name)
    const own = await startOwnBroker({ name, format })
    const tested = await toldBy(own, questions, name)
    for (const [i, { label, answer }] of kafkas.entries()) {
      await context.test(label, () => assert.deepEqual(inOrder(tested[i]?.answer), inOrder(answer)))
    }
    const types = ['FEATURE_LEVEL_RECORD', 'CONFIG_RECORD']
    const records = await metadataRecords(kafka, types)
    assert.deepEqual(inOrder(await metadataRecords(own, types)), inOrder(records))
    const voters = await voterRecords(kafka)
    assert.equal(voters.length, 2, 'the version and the voters, once')
    assert.deepEqual(await voterRecords(own), voters)
    context.diagnostic(`${kafkas.length} answers and ${records.length} records the same`)
  })
}
