/** What a node says and does once, and not twice, when it starts again after a kill. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode, offsetCommit } from '../../src/protocol/index.ts'
import { group, NodeWorld } from './node-world.ts'

test('a killed node tells of its recovery and reads the groups once, in the epoch in which it leads again', async () => {
  const node = new NodeWorld(1)
  const run = async (): Promise<void> => {
    await node.start()
    await node.createTopics([{ name: 't', partitions: 1 }])
    const { wire } = await node.connect()
    const partitions = [{ partitionIndex: 0, committedOffset: 0n, committedMetadata: '' }]
    const request = { groupId: group, generationIdOrMemberEpoch: -1, topics: [{ name: 't', partitions }] }
    const reply = await wire.call(offsetCommit, request, 9)
    assert.equal(reply.topics[0]?.partitions[0]?.errorCode, ErrorCode.NONE)
    node.kill()
    node.lines.splice(0)
    await node.start()
    await node.sleep(1000)
    const lines = node.lines.map(({ level, message }) => `${level} ${message}`)
    const told = lines.filter((line) => /recover|Loaded/.test(line))
    assert.deepEqual(told, [
      'info recovering 2 logs of /data after an unclean stop',
      'info recovered 2 logs of /data',
      'info Loaded 1 groups',
    ])
    const asked = { groupId: group, memberId: null, memberEpoch: -1, keys: null }
    assert.equal(node.node?.broker.groups.fetchOffsets(asked).length, 1)
    await node.stop()
  }
  await node.world.settle(run(), 600_000)
})
