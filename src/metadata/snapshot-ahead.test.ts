/**
 * A node that lags gets a snapshot instead of the records that it missed: what it then knows, and what it is told to have
 * changed, must be what the records would have come to.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isDeepStrictEqual } from 'node:util'
import * as fc from 'fast-check'
import { uuidFromLatin1 } from '../base/index.ts'
import {
  accessControlEntryRecord,
  clientQuotaRecord,
  configRecord,
  delegationTokenRecord,
  featureLevelRecord,
  partitionChangeRecord,
  partitionRecord,
  producerIdsRecord,
  registerBrokerRecord,
  registerControllerRecord,
  removeAccessControlEntryRecord,
  removeDelegationTokenRecord,
  removeTopicRecord,
  removeUserScramCredentialRecord,
  topicRecord,
  unregisterBrokerRecord,
  userScramCredentialRecord,
} from '../protocol/index.ts'
import { Fixture } from './controller/controller-fixture.ts'
import { ControllerState } from './controller/controller-state.ts'
import {
  Controller,
  type MetadataBatch,
  type MetadataImage,
  MetadataLoader,
  type MetadataRecord,
  type MetadataUpdate,
  snapshotRecords,
} from './index.ts'

const idOf = (text: string) => uuidFromLatin1(text.padEnd(16, '.'))

const topic = (name: string, id = name): MetadataRecord => ({
  kind: 'topic',
  value: topicRecord.create({ name, topicId: idOf(id) }),
})
const partition = (id: string, partitionId: number): MetadataRecord => ({
  kind: 'partition',
  value: partitionRecord.create({ topicId: idOf(id), partitionId, replicas: [1, 2], isr: [1, 2], leader: 1 }),
})
const moved = (id: string, partitionId: number, leader: number): MetadataRecord => ({
  kind: 'partitionChange',
  value: partitionChangeRecord.create({ topicId: idOf(id), partitionId, leader }),
})
const removed = (id: string): MetadataRecord => ({
  kind: 'removeTopic',
  value: removeTopicRecord.create({ topicId: idOf(id) }),
})
const broker = (brokerId: number, brokerEpoch: number): MetadataRecord => ({
  kind: 'registerBroker',
  value: registerBrokerRecord.create({ brokerId, brokerEpoch, fenced: true }),
})
const gone = (brokerId: number, brokerEpoch: number): MetadataRecord => ({
  kind: 'unregisterBroker',
  value: unregisterBrokerRecord.create({ brokerId, brokerEpoch }),
})
const config = (resourceName: string, name: string, value: string | null): MetadataRecord => ({
  kind: 'config',
  value: configRecord.create({ resourceType: 2, resourceName, name, value }),
})
const level = (name: string, featureLevel: number): MetadataRecord => ({
  kind: 'featureLevel',
  value: featureLevelRecord.create({ name, featureLevel }),
})
const quota = (name: string, value: number, remove = false): MetadataRecord => ({
  kind: 'clientQuota',
  value: clientQuotaRecord.create({
    entity: [{ entityType: 'user', entityName: name }],
    key: 'producer_byte_rate',
    ...{ value, remove },
  }),
})

/** Everything comes, changes, and goes; a topic comes back under its name as another one. */
const history: readonly MetadataRecord[] = [
  level('metadata.version', 29),
  level('group.version', 1),
  broker(1, 10),
  broker(2, 11),
  { kind: 'registerController', value: registerControllerRecord.create({ controllerId: 1 }) },
  topic('a'),
  partition('a', 0),
  partition('a', 1),
  config('a', 'retention.ms', '1'),
  topic('b'),
  partition('b', 0),
  quota('alice', 5),
  { kind: 'producerIds', value: producerIdsRecord.create({ brokerId: 1, brokerEpoch: 10, nextProducerId: 1000 }) },
  { kind: 'accessControlEntry', value: accessControlEntryRecord.create({ id: idOf('acl'), principal: 'User:a' }) },
  { kind: 'userScramCredential', value: userScramCredentialRecord.create({ name: 'alice', mechanism: 1 }) },
  { kind: 'delegationToken', value: delegationTokenRecord.create({ tokenId: 'token' }) },
  moved('a', 1, 2),
  config('a', 'retention.ms', null),
  config('b', 'retention.ms', '2'),
  gone(2, 11),
  removed('b'),
  topic('b', 'another b'),
  partition('another b', 0),
  partition('another b', 1),
  level('group.version', 0),
  level('metadata.version', 30),
  quota('alice', 0, true),
  quota('bob', 7),
  { kind: 'removeAccessControlEntry', value: removeAccessControlEntryRecord.create({ id: idOf('acl') }) },
  { kind: 'removeUserScramCredential', value: removeUserScramCredentialRecord.create({ name: 'alice', mechanism: 1 }) },
  { kind: 'removeDelegationToken', value: removeDelegationTokenRecord.create({ tokenId: 'token' }) },
  broker(2, 40),
  removed('a'),
  topic('c'),
  partition('c', 0),
]

const batchOf = (records: readonly MetadataRecord[]): MetadataBatch => ({
  ...{ baseOffset: 0, lastOffset: records.length - 1, epoch: 1, timestampMs: 1, records },
})

interface Loaded {
  readonly image: MetadataImage
  readonly last: MetadataUpdate
}

/** Loads the first records, then what all come to as a snapshot. */
function ahead(known: number, covered: number): Loaded {
  const updates: MetadataUpdate[] = []
  const loader = new MetadataLoader({ publish: (update) => updates.push(update) })
  if (known > 0) loader.loadBatches([batchOf(history.slice(0, known))])
  const provenance = { offset: covered - 1, epoch: 1, timestampMs: 1 }
  loader.loadSnapshot({ provenance, records: snapshotRecords(imageOf(covered)) })
  const last = updates.at(-1)
  assert.ok(last !== undefined)
  return { image: loader.image, last }
}

function imageOf(count: number): MetadataImage {
  const loader = new MetadataLoader({ publish: () => undefined })
  loader.loadBatches([batchOf(history.slice(0, count))])
  return loader.image
}

/** Keys of those that are not the same in both. */
function differing<K>(before: ReadonlyMap<K, unknown>, after: ReadonlyMap<K, unknown>): K[] {
  return [...new Set([...before.keys(), ...after.keys()])].filter(
    (key) => !isDeepStrictEqual(before.get(key), after.get(key)),
  )
}

/** How far the node is, and what the snapshot covers. */
const places = fc
  .tuple(fc.integer({ min: 0, max: history.length - 1 }), fc.integer({ min: 1, max: history.length }))
  .map(([a, b]) => [Math.min(a, b - 1), Math.max(a + 1, b)] as const)

test('the image behind a snapshot is that of the records', () => {
  fc.assert(
    fc.property(places, ([known, covered]) => {
      assert.deepEqual(ahead(known, covered).image, imageOf(covered))
    }),
  )
})

test('nothing has changed that is not told, and who goes by what is told ends with the same topics', () => {
  fc.assert(
    fc.property(places, ([known, covered]) => {
      const { before, image, changes } = ahead(known, covered).last
      const topics = new Map(before.topics.byName)
      // In the order in which replicas are removed and made.
      for (const { name } of changes.topicsDeleted) topics.delete(name)
      for (const created of changes.topicsCreated) {
        assert.equal(topics.has(created.name), false, `${created.name} comes where nothing is`)
        topics.set(created.name, created)
      }
      for (const { before: was, after, partitionIds } of changes.topicsChanged) {
        assert.equal(topics.get(after.name), was)
        const missing = differing(was.partitions, after.partitions).filter((id) => !partitionIds.includes(id))
        assert.deepEqual(missing, [])
        topics.set(after.name, after)
      }
      assert.deepEqual([...topics].sort(), [...image.topics.byName].sort())
      const told = {
        brokers: changes.brokersChanged.map(({ brokerId }) => brokerId),
        controllers: changes.controllersChanged,
        configs: changes.configsChanged.map(({ resourceName }) => resourceName),
        features: changes.featuresChanged,
      }
      const configsBy = ({ configs }: MetadataImage) =>
        new Map([...configs.values()].map((it) => [it.resourceName, it] as const))
      for (const [kind, keys] of [
        ['brokers', differing(before.cluster.brokers, image.cluster.brokers)],
        ['controllers', differing(before.cluster.controllers, image.cluster.controllers)],
        ['configs', differing(configsBy(before), configsBy(image))],
        ['features', differing(before.features.finalized, image.features.finalized)],
      ] as const) {
        const missing = keys.filter((key) => !new Set<number | string>(told[kind]).has(key))
        assert.deepEqual(missing, [], `${kind} that changed and are not told`)
      }
      const flags = [
        [changes.aclsChanged, before.acls, image.acls],
        [changes.clientQuotasChanged, before.clientQuotas, image.clientQuotas],
        [changes.scramCredentialsChanged, before.scramCredentials, image.scramCredentials],
        [changes.delegationTokensChanged, before.delegationTokens, image.delegationTokens],
      ] as const
      for (const [isTold, was, is] of flags) assert.ok(isTold || isDeepStrictEqual(was, is))
    }),
  )
})

const viewOf = (state: ControllerState) => ({
  offset: state.offset,
  committedOffset: state.committedOffset,
  features: new Map(state.features.entries()),
  brokers: [...state.brokers.values()].map(({ registration }) => registration),
  topics: [...state.topics.values()].map((it) => [it, [...state.partitionsOf(it)]]),
  configs: ['a', 'b', 'c'].map((name) => state.configs(2, name)),
  nextProducerId: state.nextProducerId,
  acls: [...state.acls.keys()],
  quotas: [...state.clientQuotas.keys()],
  scram: [...state.scramCredentials.keys()],
  tokens: [...state.delegationTokens.keys()],
})

test('a controller that lags knows behind a snapshot what one knows that has read all', () => {
  fc.assert(
    fc.property(places, ([known, covered]) => {
      const late = new Controller(new Fixture().options)
      for (const [offset, record] of history.slice(0, known).entries()) late.replay(record, offset)
      // What it had not committed is gone, too.
      late.commit(known - 2)
      late.loadSnapshot(snapshotRecords(imageOf(covered)), covered - 1)
      const whole = new ControllerState()
      for (const [offset, record] of history.slice(0, covered).entries()) whole.replay(record, offset)
      whole.commit(covered - 1)
      const byText = (view: ReturnType<typeof viewOf>) => ({
        ...view,
        topics: view.topics.map((it) => JSON.stringify(it)).sort(),
      })
      assert.deepEqual(byText(viewOf(late.state)), byText(viewOf(whole)))
    }),
  )
})
