/** The topic of the offsets over a long life: it stays small, and a start says the same of its groups as before. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  consumerGroupHeartbeat,
  deleteGroups,
  ErrorCode,
  joinGroup,
  offsetCommit,
  offsetDelete,
  syncGroup,
} from '../../src/protocol/index.ts'
import type { Wire } from '../wire.ts'
import { NodeWorld } from './node-world.ts'

const mebibyte = 1024 * 1024
const rounds = 200
const groups = ['simple', 'classic', 'consumer', 'deleted', 'emptied']
const settings = {
  'offsets.topic.segment.bytes': String(mebibyte),
  'log.cleaner.backoff.ms': '500',
  'log.cleaner.min.cleanable.ratio': '0.1',
  'log.cleaner.delete.retention.ms': '1000',
}

class LongLife extends NodeWorld {
  async commit(wire: Wire, groupId: string, given: { offset: number; memberId?: string; epoch?: number }) {
    const { offset, memberId = '', epoch = -1 } = given
    const partitions = Array.from({ length: 8 }, (_, partitionIndex) => ({
      partitionIndex,
      committedOffset: BigInt(offset + partitionIndex),
      committedMetadata: `${offset} `.padEnd(4000, 'x'),
    }))
    const topics = [{ name: 't', partitions }]
    const reply = await wire.call(offsetCommit, { groupId, memberId, generationIdOrMemberEpoch: epoch, topics }, 9)
    for (const { errorCode } of reply.topics[0]?.partitions ?? []) assert.equal(errorCode, ErrorCode.NONE)
  }

  async joinClassic(wire: Wire): Promise<string> {
    const protocols = [{ name: 'range', metadata: Buffer.from('mine') }]
    const times = { sessionTimeoutMs: 1_800_000, rebalanceTimeoutMs: 60_000 }
    const { memberId } = await wire.call(joinGroup, { groupId: 'classic', protocolType: 'c', protocols, ...times }, 3)
    const assignments = [{ memberId, assignment: Buffer.from('assigned') }]
    const reply = await wire.call(syncGroup, { groupId: 'classic', generationId: 1, memberId, assignments }, 3)
    assert.equal(reply.errorCode, ErrorCode.NONE)
    return memberId
  }

  async joinConsumer(wire: Wire): Promise<number> {
    const subscription = { rebalanceTimeoutMs: 60_000, subscribedTopicNames: ['t'], topicPartitions: [] }
    const request = { groupId: 'consumer', memberId: 'm', memberEpoch: 0, ...subscription }
    const reply = await wire.call(consumerGroupHeartbeat, request, 1)
    assert.equal(reply.errorCode, ErrorCode.NONE)
    return reply.memberEpoch
  }

  get log() {
    const log = this.node?.broker.replicas.get('__consumer_offsets', 0)?.log
    assert.ok(log)
    return log
  }

  /** All that readers can be told of the groups. */
  told(): unknown {
    const service = this.node?.broker.groups
    assert.ok(service)
    const listed = service.list({ states: [], types: [] }).toSorted((a, b) => (a.groupId < b.groupId ? -1 : 1))
    return {
      listed,
      offsets: groups.map((groupId) => service.fetchOffsets({ groupId, memberId: null, memberEpoch: -1, keys: null })),
      classic: service.describe('classic'),
      consumer: service.describeConsumer('consumer'),
    }
  }
}

test('commits, groups and tombstones outlive a compaction of their topic, which stays small', async () => {
  const node = new LongLife(1, settings)
  const run = async (): Promise<void> => {
    await node.start()
    await node.createTopics([{ name: 't', partitions: 8 }])
    const { wire } = await node.connect()
    for (const groupId of ['deleted', 'emptied']) await node.commit(wire, groupId, { offset: 1 })
    const memberId = await node.joinClassic(wire)
    const epoch = await node.joinConsumer(wire)
    await node.commit(wire, 'classic', { offset: 5, memberId, epoch: 1 })
    await node.commit(wire, 'consumer', { offset: 6, memberId: 'm', epoch })
    const { results } = await wire.call(deleteGroups, { groupsNames: ['deleted'] }, 2)
    assert.equal(results[0]?.errorCode, ErrorCode.NONE)
    const partitions = Array.from({ length: 7 }, (_, partitionIndex) => ({ partitionIndex }))
    await wire.call(offsetDelete, { groupId: 'emptied', topics: [{ name: 't', partitions }] }, 0)
    let written = 0
    for (let round = 0; round < rounds; round++) {
      const before = node.log.sizeInBytes
      await node.commit(wire, 'simple', { offset: round * 10 })
      written += Math.max(0, node.log.sizeInBytes - before)
    }
    await node.sleep(10_000)
    assert.ok(written > 5 * mebibyte, `${written} bytes were written`)
    assert.ok(node.log.sizeInBytes < 2 * mebibyte, `${node.log.sizeInBytes} bytes are left`)
    const before = node.told()
    node.kill()
    await node.start()
    await node.sleep(1000)
    assert.deepEqual(node.told(), before)
    await node.stop()
  }
  await node.world.settle(run(), 600_000)
})
