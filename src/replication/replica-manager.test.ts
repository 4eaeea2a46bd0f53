import assert from 'node:assert/strict'
import { test } from 'node:test'
import { present } from '../base/index.ts'
import { createEnv } from '../env/index.ts'
import { noChanges } from '../metadata/index.ts'
import { partitionChangeRecord } from '../protocol/index.ts'
import { id } from '../server/handlers/handler-fixture.ts'
import { directory, directoryId, PartitionFixture } from '../server/handlers/partition-fixture.ts'

test('a replica whose directory has failed is reported there when the controller places it elsewhere', async () => {
  const { disk } = createEnv({ disk: 'memory' })
  const { cluster, replicas, reported } = await PartitionFixture.open(disk, { t: { replicas: [[1]] } })
  const { topicId } = present(replicas.get('t', 0), 'the replica')
  const place = async (where: string): Promise<void> => {
    const before = cluster.image
    const change = partitionChangeRecord.create({ topicId, partitionId: 0, directories: [id(where)] })
    cluster.append({ kind: 'partitionChange', value: change })
    const { image } = cluster
    const topicBefore = present(before.topics.byName.get('t'), 't')
    const after = present(image.topics.byName.get('t'), 't')
    const changes = { ...noChanges, topicsChanged: [{ before: topicBefore, after, partitionIds: [0] }] }
    await replicas.apply({ before, image, changes })
  }
  await place('d1')
  replicas.directoryFailed(directory)
  reported.length = 0
  // A report of a move was under way when the directory failed: the controller would not miss the replica.
  await place('d2')
  assert.deepEqual(reported, [directoryId])
})
