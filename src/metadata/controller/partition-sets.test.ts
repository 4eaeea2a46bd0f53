/** What the controller knows of all partitions without looking at them, against looking. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTopics } from '../../protocol/index.ts'
import { Fixture } from './controller-fixture.ts'
import type { ControllerState } from './controller-state.ts'
import { PartitionLife } from './partition-life.ts'

const brokerIds = [1, 2, 3, 4]

/** By looking at all. */
function checkLeads(state: ControllerState): void {
  const leaders = new Set(
    [...state.topics.values()].flatMap((topic) => [...state.partitionsOf(topic)].map((it) => it.leader)),
  )
  for (const id of brokerIds) assert.equal(state.partitionSets.leads(id), leaders.has(id), `broker ${id}`)
  assert.equal(state.partitionSets.leads(-1), false)
}

test('seed: who leads something is known whatever happens', () => {
  for (let seed = 1; seed <= 20; seed++) {
    const life = new PartitionLife({ seed, brokerIds, isKafkas: false })
    for (let i = 0; i < 60; i++) {
      life.step()
      checkLeads(life.fixture.controller.state)
    }
  }
})

test('what is undone, and topics that go, are known too', () => {
  const fixture = new Fixture()
  fixture.start(1, 2)
  const { controller } = fixture
  const request = createTopics.request.create({ topics: [{ name: 'a', numPartitions: 3, replicationFactor: 2 }] })
  const { records } = controller.createTopics(request)
  for (const [i, record] of records.entries()) controller.replay(record, fixture.nextOffset + i)
  assert.ok(brokerIds.some((id) => controller.state.partitionSets.leads(id)))
  checkLeads(controller.state)
  controller.revert()
  assert.ok(brokerIds.every((id) => !controller.state.partitionSets.leads(id)))
  const topicId = fixture.take(controller.createTopics(request)).topics[0]?.topicId
  checkLeads(controller.state)
  assert.ok(topicId !== undefined)
  fixture.take(controller.deleteTopics({ topics: [{ name: null, topicId }], topicNames: [], timeoutMs: 0 }))
  assert.ok(brokerIds.every((id) => !controller.state.partitionSets.leads(id)))
})

test('a heartbeat of a broker that is on its way out looks at no partition', () => {
  const fixture = new Fixture()
  fixture.start(1, 2)
  const request = createTopics.request.create({ topics: [{ name: 'a', numPartitions: 10, replicationFactor: 2 }] })
  fixture.take(fixture.controller.createTopics(request))
  const behind = fixture.nextOffset - 1
  fixture.heartbeat(2, { currentMetadataOffset: behind })
  assert.equal(fixture.heartbeat(1, { wantShutDown: true }).shouldShutDown, false)
  const { state } = fixture.controller
  state.partitionsOf = () => assert.fail('all partitions of a topic were looked at')
  assert.equal(fixture.heartbeat(1, { wantShutDown: true }).shouldShutDown, false, 'broker 2 has not read of it')
  fixture.heartbeat(2)
  assert.throws(() => fixture.heartbeat(1, { wantShutDown: true }), /looked at/, 'that it goes is a matter of all')
})
