/**
 * A cluster at an older level of `metadata.version`: its log and its snapshots have the records that Apache Kafka's have there,
 * in the same versions, as Kafka's own reader prints them; also when the level is raised while it runs.
 */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import type { Broker } from '../../bench/broker.ts'
import { startKafka } from '../../bench/kafka.ts'
import { runTool } from './java-tool.ts'
import { isShortRun, runFolder, until } from './kit.ts'
import { metadataRecords, type PrintedRecord, snapshotRecords } from './metadata-records.ts'
import { startOwnBroker } from './own-broker.ts'
import { ping } from './ping.ts'

const releases = isShortRun ? ['3.3-IV3', '3.6'] : ['3.3-IV3', '3.4', '3.6', '3.7', '4.0', '4.3']
/** This one is raised to the newest level. */
const raised = '3.6'
const settings = { 'metadata.log.max.record.bytes.between.snapshots': '300' }

/** Of these also what is in them. */
const whole = ['REGISTER_BROKER_RECORD', 'REGISTER_CONTROLLER_RECORD', 'TOPIC_RECORD', 'PARTITION_RECORD']
const logTypes = [
  ...whole,
  'PARTITION_CHANGE_RECORD',
  'BROKER_REGISTRATION_CHANGE_RECORD',
  'FEATURE_LEVEL_RECORD',
  'BEGIN_TRANSACTION_RECORD',
  'END_TRANSACTION_RECORD',
]

/** Each kind in each version, with the names of its fields. */
const kindsIn = (records: readonly PrintedRecord[]): readonly string[] =>
  [
    ...new Set(
      records.map(({ type, version, data }) => {
        // Whether a snapshot has this one says when it was taken.
        const names = Object.keys(data).filter((it) => it !== 'cordonedLogDirs')
        const fields = whole.includes(type) ? names.sort().join() : ''
        return `${type} ${version} ${fields}`.trim()
      }),
    ),
  ].sort()

async function isLed(broker: Broker): Promise<boolean> {
  const told = await runTool('topics', ['--bootstrap-server', broker.bootstrap, '--describe', '--topic', 'led'])
  return (told.match(/Leader: 1\b/g) ?? []).length === 3
}

/** Topics are made, and lose and regain their leader. */
async function written(
  first: Broker,
  release: string,
): Promise<Readonly<Record<'log' | 'snapshots', readonly string[]>>> {
  let broker = first
  try {
    const topic = ['--topic', 'led', '--partitions', '3', '--replication-factor', '1']
    await runTool('topics', ['--bootstrap-server', broker.bootstrap, '--create', ...topic])
    await broker.stop()
    broker = await broker.again()
    await until({ what: 'the partitions are led again', timeoutMs: 30_000, condition: () => isLed(broker) })
    if (release === raised) {
      await runTool('features', ['--bootstrap-server', broker.bootstrap, 'upgrade', '--feature', 'metadata.version=30'])
      const more = ['--topic', 'later', '--partitions', '3', '--replication-factor', '1']
      await runTool('topics', ['--bootstrap-server', broker.bootstrap, '--create', ...more])
    }
  } finally {
    await broker.stop()
  }
  return { log: kindsIn(await metadataRecords(broker, logTypes)), snapshots: kindsIn(await snapshotRecords(broker)) }
}

for (const release of releases) {
  test(`log and snapshots of a cluster that begins at ${release}`, { timeout: 300_000 }, async (context) => {
    const name = `metadata-levels-${release}`
    const options = { settings, format: ['--release-version', release] }
    const ours = await written(await startOwnBroker({ name, ...options }), release)
    const folder = join(runFolder('kafka-beside'), name)
    const kafkas = await written(await startKafka({ ...options, folder, ping }), release)
    assert.deepEqual(ours.log, kafkas.log)
    assert.ok(ours.snapshots.length > 3, `${ours.snapshots}`)
    // How many there are while the level is raised is a matter of moments.
    if (release !== raised) assert.deepEqual(ours.snapshots, kafkas.snapshots)
    context.diagnostic(ours.log.join('; '))
  })
}
