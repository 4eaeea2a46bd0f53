import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskError } from '../../base/index.ts'
import { MemoryDisk } from '../../env/index.ts'
import { describeLogDirs, ErrorCode } from '../../protocol/index.ts'
import { describeLogDirsHandler } from './35-describe-log-dirs.ts'
import { ask } from './handler-fixture.ts'
import { directory, PartitionFixture } from './partition-fixture.ts'

test('DescribeLogDirs tells of each directory what it holds, what room is left, and whether it is there', async () => {
  const fixture = await PartitionFixture.open(new MemoryDisk(), {
    t: { replicas: [[1], [1], [2]] },
    u: { replicas: [[1]] },
  })
  await fixture.append(fixture.partition('t'), [1, 2, 3])
  const { replicas, cluster } = fixture
  const space = { totalBytes: 100, usableBytes: 40 }
  let isDiskFailed = false
  const disk = {
    space: async (path: string) => {
      if (isDiskFailed) throw new DiskError('EIO', path, 'planted')
      return { ...space, volume: 0 }
    },
  }
  const handler = describeLogDirsHandler({ replicas, config: () => cluster.config, disk })
  const describe = async (topics: readonly { topic: string; partitions: readonly number[] }[] | null) =>
    (await ask(handler, describeLogDirs.request.create({ topics }))).results
  const none = {
    errorCode: ErrorCode.KAFKA_STORAGE_ERROR,
    topics: [],
    totalBytes: -1,
    usableBytes: -1,
    isCordoned: false,
  }
  const lost = { ...none, logDir: '/lost' }
  const log = (partitionIndex: number, partitionSize: number) => ({
    partitionIndex,
    partitionSize,
    offsetLag: 0,
    isFutureKey: false,
  })
  const size = fixture.partition('t').log.sizeInBytes
  assert.ok(size > 61)
  const here = { errorCode: 0, logDir: directory, ...space, isCordoned: true }
  assert.deepEqual(await describe(null), [
    {
      ...here,
      topics: [
        { name: 't', partitions: [log(0, size), log(1, 0)] },
        { name: 'u', partitions: [log(0, 0)] },
      ],
    },
    lost,
  ])
  const some = [
    { topic: 't', partitions: [1, 2, 7] },
    { topic: 'x', partitions: [0] },
  ]
  assert.deepEqual(await describe(some), [{ ...here, topics: [{ name: 't', partitions: [log(1, 0)] }] }, lost])
  assert.deepEqual(await describe([]), [{ ...here, topics: [] }, lost])
  isDiskFailed = true
  assert.deepEqual(await describe(null), [{ ...none, logDir: directory }, lost])
  isDiskFailed = false
  replicas.directoryFailed(directory)
  assert.deepEqual(await describe(null), [{ ...none, logDir: directory }, lost])
})
