import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '../../protocol/index.ts'
import { GroupBroker, heartbeatOf, MemoryPartition } from './test-support/group-fixture.ts'

test('assignors may be named by their classes in Kafka; the first is for who wishes for none', async () => {
  const of = (name: string): string => `org.apache.kafka.coordinator.group.assignor.${name}`
  const settings = { 'group.consumer.assignors': `${of('RangeAssignor')},${of('UniformAssignor')}` }
  const broker = new GroupBroker({ settings })
  await broker.lead(new MemoryPartition())
  const join = async (memberId: string, serverAssignor: string | null): Promise<number> =>
    (await broker.groups.consumerHeartbeat(memberId, heartbeatOf({ serverAssignor }), 1)).errorCode
  assert.equal(await join('uniform', 'uniform'), ErrorCode.NONE)
  assert.equal(await join('range', 'range'), ErrorCode.NONE)
  assert.equal(await join('any', null), ErrorCode.NONE)
  assert.equal(broker.groups.describeConsumer('any').assignor, 'range')
})
