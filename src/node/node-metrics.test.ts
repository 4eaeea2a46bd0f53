import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1 } from '../base/index.ts'
import { MetadataLoader, type MetadataRecord, noLeader } from '../metadata/index.ts'
import { partitionRecord, topicRecord } from '../protocol/index.ts'
import { offlinePartitionCount } from './node-metrics.ts'

test('partitions without a leader are offline, of whichever topic and broker they are', () => {
  const topic = (name: string, leaders: readonly number[]): readonly MetadataRecord[] => {
    const topicId = uuidFromLatin1(name.padEnd(16, '-'))
    const partitions = leaders.map((leader, partitionId): MetadataRecord => {
      const value = partitionRecord.create({ topicId, partitionId, leader, replicas: [1], isr: [1] })
      return { kind: 'partition', value }
    })
    return [{ kind: 'topic', value: topicRecord.create({ name, topicId }) }, ...partitions]
  }
  const loader = new MetadataLoader({ publish: () => undefined })
  assert.equal(offlinePartitionCount(loader.image), 0)
  const records = [...topic('a', [1, noLeader, 7]), ...topic('b', [noLeader]), ...topic('c', [1])]
  const lastOffset = records.length - 1
  loader.loadBatches([{ baseOffset: 0, lastOffset, epoch: 1, timestampMs: 0, records }])
  assert.equal(offlinePartitionCount(loader.image), 2)
})
