/** What the controller decides below the newest level of `metadata.version`: no record that a node of that level cannot read. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../../base/index.ts'
import {
  alterPartitionReassignments,
  controllerRegistration,
  createTopics,
  updateFeatures,
} from '../../protocol/index.ts'
import { bootstrapRecords, metadataVersionFeature, metadataVersionName } from '../features.ts'
import type { MetadataRecord } from '../record.ts'
import { Fixture, id } from './controller-fixture.ts'

const levelRecord = (featureLevel: number): MetadataRecord => ({
  kind: 'featureLevel',
  value: { name: metadataVersionFeature, featureLevel },
})

/** Its brokers know nothing of other features, which are off. */
function at(level: number): Fixture {
  const fixture = new Fixture()
  const off: MetadataRecord = {
    kind: 'featureLevel',
    value: { name: 'eligible.leader.replicas.version', featureLevel: 0 },
  }
  fixture.take({ records: [levelRecord(level), off], reply: undefined, atomic: true })
  return fixture
}

const level = (name: string): number =>
  [...Array(40).keys()].find((it) => metadataVersionName(it) === name) ?? assert.fail(name)

const code = (work: () => unknown): number => {
  try {
    work()
    return 0
  } catch (error) {
    return error instanceof ApiError ? error.code : assert.fail(String(error))
  }
}

for (const [name, inTransaction] of [
  ['3.3-IV3', false],
  ['3.6-IV0', false],
  ['3.6-IV1', true],
  ['4.3-IV0', true],
] as const) {
  test(`a cluster begins at ${name} ${inTransaction ? 'in' : 'without'} a metadata transaction`, () => {
    const { controller } = new Fixture()
    controller.loadSnapshot([], 0)
    const [, ...others] = bootstrapRecords()
    const first = [levelRecord(level(name)), ...others]
    const kinds = controller.activate({ nowMs: 0, nextOffset: 1 }, first).records.map(({ kind }) => kind)
    assert.deepEqual(
      kinds.filter((it) => it !== 'featureLevel' && it !== 'config'),
      inTransaction ? ['beginTransaction', 'endTransaction'] : [],
    )
  })
}

test('controllers register from 3.7-IV0 on', () => {
  const request = controllerRegistration.request.create({ controllerId: 7, incarnationId: id('x') })
  const registered = (name: string) => code(() => at(level(name)).controller.registerController(request))
  assert.deepEqual([registered('3.6-IV2'), registered('3.7-IV0')], [35, 0])
})

test('before 3.7-IV2 the directories of a broker are neither asked for nor kept, nor are those that failed', () => {
  const fixture = at(level('3.7-IV1'))
  const told = [id('d'), id('d')]
  fixture.register(1, { logDirs: [] })
  fixture.register(2, { logDirs: told })
  assert.deepEqual(fixture.controller.state.brokers.get(2)?.registration.logDirs, [])
  fixture.heartbeat(2)
  const before = fixture.written.length
  fixture.heartbeat(2, { offlineLogDirs: told, cordonedLogDirs: [] })
  assert.equal(fixture.written.length, before)
  fixture.take({ records: [levelRecord(level('3.7-IV2'))], reply: undefined, atomic: true })
  assert.deepEqual(
    [code(() => fixture.register(1, { logDirs: [] })), code(() => fixture.register(2, { logDirs: told }))],
    [119, 119],
  )
  // The same broker registers once more, and is none other by that.
  const { brokerEpoch } = fixture.register(2, { logDirs: [id('d')] })
  const { registration } = fixture.controller.state.brokers.get(2) ?? assert.fail('broker 2')
  assert.deepEqual(
    [registration.logDirs, registration.fenced, registration.brokerEpoch],
    [[id('d')], false, brokerEpoch],
  )
  fixture.heartbeat(2, { offlineLogDirs: [id('d')] })
  assert.equal(fixture.written.at(-1)?.kind, 'brokerRegistrationChange')
})

test('directories are cordoned from 4.3-IV0 on', () => {
  const cordoned = (name: string) => {
    const fixture = at(level(name))
    fixture.start(1)
    const before = fixture.written.length
    fixture.heartbeat(1, { cordonedLogDirs: [id('d1')] })
    return fixture.written.length - before
  }
  assert.deepEqual([cordoned('4.2-IV1'), cordoned('4.3-IV0')], [0, 1])
})

test('before 3.7-IV2 partitions have no directories, however many replicas they come to have', () => {
  const fixture = at(level('3.7-IV1'))
  fixture.start(1, 2, 3)
  const assignments = [{ partitionIndex: 0, brokerIds: [1] }]
  const topics = [{ name: 't', numPartitions: -1, replicationFactor: -1, assignments }]
  fixture.take(fixture.controller.createTopics(createTopics.request.create({ topics })))
  const made = fixture.written.at(-1)
  assert.deepEqual(made?.kind === 'partition' && made.value.directories, [])
  const partitions = [{ partitionIndex: 0, replicas: [1, 2, 3] }]
  const request = alterPartitionReassignments.request.create({ topics: [{ name: 't', partitions }] })
  fixture.take(fixture.controller.alterPartitionReassignments(request))
  const changed = fixture.written.at(-1)
  assert.deepEqual(changed?.kind === 'partitionChange' && changed.value.directories, null)
  const { state } = fixture.controller
  const partition = state.partition(state.topicIds.get('t') ?? assert.fail('the topic'), 0)
  assert.deepEqual([partition?.replicas.length, partition?.directories.length], [3, 3])
})

test('a level that is raised counts from the next decision on', () => {
  const fixture = at(level('3.6-IV2'))
  const featureUpdates = [{ feature: metadataVersionFeature, maxVersionLevel: level('4.3-IV0'), upgradeType: 1 }]
  fixture.take(fixture.controller.updateFeatures(updateFeatures.request.create({ featureUpdates })))
  fixture.register(1)
  const record = fixture.written.at(-1)
  assert.deepEqual(record?.kind === 'registerBroker' && record.value.logDirs, [id('d1')])
})
