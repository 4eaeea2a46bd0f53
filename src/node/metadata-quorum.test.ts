/** When a node makes snapshots of its metadata, and when it removes old ones: a controller alone, whose disk may be full. */
// Loaded before time begins: a world's turns do not wait for a module.
import './broker-role.ts'
import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import type { Disk } from '../base/index.ts'
import { BrokerConfig } from '../config/index.ts'
import { createEnv, MemoryDisk } from '../env/index.ts'
import { parseSnapshotName } from '../raft/snapshot-format.ts'
import { SlowDisk } from '../raft/testdata/slow-disk.ts'
import { formatStorage } from './format.ts'
import { Node } from './node.ts'

/** Each no-op record, and there are many, makes a batch of 79 bytes. */
const configOf = (changes: Readonly<Record<string, string>>): BrokerConfig =>
  BrokerConfig.parse(
    new Map([
      ['process.roles', 'controller'],
      ['node.id', '1'],
      ['listeners', 'CONTROLLER://127.0.0.1:0'],
      ['controller.listener.names', 'CONTROLLER'],
      ['controller.quorum.bootstrap.servers', '127.0.0.1:9093'],
      ['metadata.max.idle.interval.ms', '2'],
      ['log.dirs', '/m'],
      ...Object.entries(changes),
    ]),
  )

async function start(context: TestContext, disk: Disk, changes: Readonly<Record<string, string>>) {
  const env = { ...createEnv({ level: 'error', write: () => undefined }), disk }
  const node = await Node.start({ env, config: configOf(changes), hostName: 'localhost' })
  let stopping: Promise<void> | undefined
  const stop = (): Promise<void> => {
    stopping ??= node.stop()
    return stopping
  }
  context.after(stop)
  return { stop }
}

async function formatted(): Promise<{ readonly slow: SlowDisk; readonly snapshots: () => Promise<readonly number[]> }> {
  const slow = new SlowDisk(new MemoryDisk())
  slow.isFast = () => true
  const { disk } = slow
  const env = { ...createEnv(), disk }
  const options = { clusterId: 'c', standalone: true }
  await formatStorage({ ...env, config: configOf({}), options, print: () => undefined })
  const snapshots = async (): Promise<readonly number[]> => {
    const entries = await disk.list('/m/__cluster_metadata-0')
    return entries.flatMap(({ name }) => parseSnapshotName(name)?.offset ?? []).sort((a, b) => a - b)
  }
  return { slow, snapshots }
}

async function until(done: () => Promise<boolean>): Promise<void> {
  for (let i = 0; i < 500 && !(await done()); i++) await wait(10)
  assert.ok(await done(), 'it happens within five seconds')
}

const betweenSnapshots = 'metadata.log.max.record.bytes.between.snapshots'

test('on a disk that has no room for a new snapshot, old metadata is removed all the same', async (context) => {
  const { slow, snapshots } = await formatted()
  const first = await start(context, slow.disk, { [betweenSnapshots]: '100', 'metadata.max.retention.bytes': '-1' })
  await until(async () => (await snapshots()).length >= 4)
  await first.stop()
  const newest = (await snapshots()).at(-1)
  slow.isFull = (path) => path.endsWith('.part')
  const second = await start(context, slow.disk, { [betweenSnapshots]: '100', 'metadata.max.retention.bytes': '1' })
  await until(async () => (await snapshots()).length === 1)
  assert.deepEqual(await snapshots(), [newest])
  await second.stop()
})

test('a snapshot is due after so many bytes of the log, not of values in it', async (context) => {
  const { slow, snapshots } = await formatted()
  const node = await start(context, slow.disk, { [betweenSnapshots]: '400', 'metadata.max.retention.bytes': '-1' })
  await until(async () => (await snapshots()).length >= 4)
  await node.stop()
  const offsets = await snapshots()
  const counts = offsets.slice(1).map((offset, i) => offset - (offsets[i] ?? 0))
  // A batch of one has a value of three bytes.
  assert.ok(Math.min(...counts.slice(1)) <= 6, `${counts} records between snapshots`)
})
