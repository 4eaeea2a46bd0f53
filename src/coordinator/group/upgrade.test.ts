import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1, Writer } from '../../base/index.ts'
import { consumerProtocolAssignment, consumerProtocolSubscription } from '../../protocol/index.ts'
import { ClassicGroup } from './classic-group.ts'
import { ClassicMember } from './classic-member.ts'
import { upgradeRecords } from './upgrade.ts'

const topicId = uuidFromLatin1('0123456789abcdef')

function subscription(): Buffer {
  const writer = new Writer(64)
  writer.i16(1)
  consumerProtocolSubscription.encode(writer, 1, consumerProtocolSubscription.create({ topics: ['t'] }))
  return writer.finishAsOne()
}

test('an assignment that names a topic more than once is kept whole', () => {
  const member = new ClassicMember({
    memberId: 'm',
    groupInstanceId: null,
    clientId: 'c',
    clientHost: '/127.0.0.1',
    rebalanceTimeoutMs: 60_000,
    sessionTimeoutMs: 30_000,
    protocols: [{ name: 'range', metadata: subscription() }],
  })
  const assignedPartitions = [0, 3].map((partition) => ({ topic: 't', partitions: [partition] }))
  const writer = new Writer(64)
  writer.i16(1)
  consumerProtocolAssignment.encode(writer, 1, consumerProtocolAssignment.create({ assignedPartitions }))
  member.assignment = writer.finishAsOne()
  const group = new ClassicGroup('g', 0)
  group.add(member, 'consumer')
  group.restore({
    protocolType: 'consumer',
    generationId: 4,
    protocolName: 'range',
    leaderId: 'm',
    stateTimestampMs: 0,
  })
  const records = upgradeRecords(group, { idOf: () => topicId, hashOf: () => 1n })
  const current = records.find(({ kind }) => kind === 'consumer-current')
  assert.ok(current?.kind === 'consumer-current' && current.value !== null)
  assert.deepEqual(current.value.assigned, new Map([[topicId, new Map([0, 3].map((partition) => [partition, 4]))]]))
})
