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
import { metadataRecords } from './metadata-records.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'
import { type Answer, answersOf, inOrder, type Question } from './questions.ts'

const calls = [
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

async function printed(broker: Broker): Promise<Answer[]> {
  const all: Answer[] = []
  for (const call of calls) {
    const command = await toolCommand('features', ['--bootstrap-server', broker.bootstrap, ...call.split(' ')])
    const { code, stdout, stderr } = await run({ ...command, timeoutMs: 60_000 })
    // The epoch is the place of the newest record, and moves by itself.
    const rows = rowsOf(`${stdout}\n${stderr}`.replaceAll(/Epoch: \d+/g, 'Epoch: N'))
    all.push({
      label: `kafka-features ${call}`,
      answer: [`status ${code}`, ...rows.filter((row) => !/^at /.test(row))],
    })
  }
  return all
}

async function toldBy(broker: Broker, questions: readonly Question[], usesTool: boolean) {
  try {
    const answers = await answersOf(broker, questions)
    if (usesTool) answers.push(...(await printed(broker)))
    return answers
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
    const kafkas = await toldBy(kafka, questions, name === 'features')
    const own = await startOwnBroker({ name, format })
    const tested = await toldBy(own, questions, name === 'features')
    for (const [i, { label, answer }] of kafkas.entries()) {
      await context.test(label, () => assert.deepEqual(inOrder(tested[i]?.answer), inOrder(answer)))
    }
    const types = ['FEATURE_LEVEL_RECORD', 'CONFIG_RECORD']
    const records = await metadataRecords(kafka, types)
    assert.deepEqual(inOrder(await metadataRecords(own, types)), inOrder(records))
    context.diagnostic(`${kafkas.length} answers and ${records.length} records the same`)
  })
}
