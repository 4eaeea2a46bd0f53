/** A node at an older level of `metadata.version`: what it writes into its log and its snapshots, and how the level is raised. */
// Loaded before time begins: a world's turns do not wait for a module.
import './broker-role.ts'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { readWholeFile } from '../log/index.ts'
import { decodeRecord, metadataVersionFeature } from '../metadata/index.ts'
import { createTopics, updateFeatures } from '../protocol/index.ts'
import { BatchCursor, batchHeader, readRecords } from '../records/index.ts'
import { BrokerConfig, formatStorage, Node } from './index.ts'

const config = BrokerConfig.parse(
  new Map([
    ['process.roles', 'broker,controller'],
    ['node.id', '7'],
    ['listeners', 'PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0'],
    ['controller.listener.names', 'CONTROLLER'],
    ['controller.quorum.voters', '7@localhost:9093'],
    ['metadata.log.max.record.bytes.between.snapshots', '500'],
    ['log.dirs', '/m'],
  ]),
)

interface Written {
  readonly kind: string
  readonly version: number
}

/** The files of the metadata whose names end so, one behind the other. */
async function written(disk: MemoryDisk, ending: string): Promise<readonly Written[]> {
  const folder = '/m/__cluster_metadata-0'
  const names = (await disk.list(folder)).filter(({ name }) => name.endsWith(ending)).map(({ name }) => name)
  const found: Written[] = []
  for (const name of names.sort()) {
    const bytes = (await readWholeFile(disk, `${folder}/${name}`, 2 ** 20)) ?? assert.fail(name)
    const cursor = new BatchCursor(bytes)
    while (cursor.next()) {
      if (batchHeader.isControl(cursor.view, cursor.position)) continue
      for (const { value } of readRecords(bytes, cursor.position, 2 ** 20)) {
        const record = value ?? assert.fail('a record without a value')
        found.push({ kind: decodeRecord(record).kind, version: record[2] ?? -1 })
      }
    }
  }
  return found
}

const versionsOf = (all: readonly Written[], kind: string): readonly number[] =>
  [...new Set(all.filter((it) => it.kind === kind).map(({ version }) => version))].sort()

async function until(condition: () => boolean): Promise<void> {
  const endMs = Date.now() + 5000
  while (!condition()) {
    assert.ok(Date.now() < endMs, 'it takes too long')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const byRelease = [
  ['3.3', { broker: [1], partition: [0], transactions: 0, controllers: 0 }],
  ['3.6', { broker: [2], partition: [0], transactions: 1, controllers: 0 }],
  ['3.7', { broker: [3], partition: [1], transactions: 1, controllers: 1 }],
  ['4.0', { broker: [3], partition: [2], transactions: 1, controllers: 1 }],
  ['4.3', { broker: [4], partition: [2], transactions: 1, controllers: 1 }],
] as const

for (const [release, expected] of byRelease) {
  test(`log and snapshots of a cluster at ${release} have the records of that level`, async () => {
    const { disk, start } = await formatted(release)
    const node = await start()
    const topics = ['a', 'b', 'c'].map((name) => ({ name, numPartitions: 2, replicationFactor: 1 }))
    await node.quorum.controller?.createTopics(createTopics.request.create({ topics }))
    await node.stop()
    // Who comes back makes the partitions change their leaders.
    await (await start()).stop()
    const log = await written(disk, '.log')
    assert.deepEqual(versionsOf(log, 'registerBroker'), expected.broker)
    assert.deepEqual(versionsOf(log, 'partition'), expected.partition)
    assert.deepEqual(versionsOf(log, 'partitionChange'), expected.partition)
    assert.equal(versionsOf(log, 'beginTransaction').length, expected.transactions)
    assert.equal(versionsOf(log, 'registerController').length, expected.controllers)
    const snapshots = await written(disk, '.checkpoint')
    assert.deepEqual(versionsOf(snapshots, 'registerBroker'), expected.broker)
    assert.deepEqual(versionsOf(snapshots, 'partition'), expected.partition)
    assert.equal(versionsOf(snapshots, 'registerController').length, expected.controllers)
  })
}

test('a broker registers its directories when the level has come to know of such', async (context) => {
  const { start } = await formatted('3.6')
  const node = await start()
  context.after(() => node.stop())
  const own = () => node.quorum.image.cluster.brokers.get(7) ?? assert.fail('broker 7')
  const { brokerEpoch, logDirs } = own()
  assert.deepEqual(logDirs, [])
  const featureUpdates = [{ feature: metadataVersionFeature, maxVersionLevel: 30, upgradeType: 1 }]
  await node.quorum.controller?.updateFeatures(updateFeatures.request.create({ featureUpdates }))
  await until(() => own().logDirs.length > 0)
  assert.deepEqual([own().brokerEpoch, own().fenced], [brokerEpoch, false])
  await until(() => node.quorum.image.cluster.controllers.has(7))
})

async function formatted(releaseVersion: string) {
  const disk = new MemoryDisk()
  const env = { ...createEnv({ level: 'warn', json: true, write: () => undefined }), disk }
  await formatStorage({ ...env, config, options: { clusterId: 'c', releaseVersion }, print: () => undefined })
  return { disk, start: () => Node.start({ env, config, hostName: 'localhost' }) }
}
