/** Segments of the metadata log that are smaller than `metadata.log.segment.bytes` may be: as Kafka's tests have them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NodeWorld, nodeName } from './node-world.ts'

test('internal.metadata.log.segment.bytes takes the place of metadata.log.segment.bytes', async () => {
  const node = new NodeWorld(1, {
    'internal.metadata.log.segment.bytes': '2048',
    'metadata.log.max.record.bytes.between.snapshots': '1000000',
  })
  const run = async (): Promise<void> => {
    await node.start()
    await node.createTopics([{ name: 't', partitions: 30 }])
    await node.stop()
  }
  await node.world.settle(run(), 60_000)
  const { entries } = node.world.disk(nodeName).tree.directory('/data/__cluster_metadata-0')
  const segments = [...entries.keys()].filter((name) => name.endsWith('.log'))
  assert.ok(segments.length > 1, `${segments}`)
})
