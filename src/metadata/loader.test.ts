import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1 } from '../base/index.ts'
import {
  abortTransactionRecord,
  beginTransactionRecord,
  endTransactionRecord,
  featureLevelRecord,
  topicRecord,
} from '../protocol/index.ts'
import { type MetadataBatch, MetadataLoader, type MetadataRecord, type MetadataUpdate } from './index.ts'

const begin: MetadataRecord = { kind: 'beginTransaction', value: beginTransactionRecord.create() }
const end: MetadataRecord = { kind: 'endTransaction', value: endTransactionRecord.create() }
const abort: MetadataRecord = { kind: 'abortTransaction', value: abortTransactionRecord.create() }
const topic = (name: string): MetadataRecord => ({
  kind: 'topic',
  value: topicRecord.create({ name, topicId: uuidFromLatin1(name.padEnd(16, '-')) }),
})

/** Each inner list is one batch, each list of batches one call; what was published: offset and topics. */
function published(calls: readonly (readonly (readonly MetadataRecord[])[])[]): string[] {
  const seen: string[] = []
  const publish = ({ image }: MetadataUpdate): void => {
    seen.push([image.provenance.offset, ...image.topics.byName.keys()].join(' '))
  }
  const loader = new MetadataLoader({ publish })
  let nextOffset = 0
  for (const call of calls) {
    const batches: MetadataBatch[] = []
    for (const records of call) {
      const lastOffset = nextOffset + records.length - 1
      batches.push({ baseOffset: nextOffset, lastOffset, epoch: 1, timestampMs: 7, records })
      nextOffset = lastOffset + 1
    }
    loader.loadBatches(batches)
  }
  return seen
}

const cases = [
  { what: 'one image for all batches of a call', calls: [[[topic('a')], [topic('b')]]], seen: ['1 a b'] },
  { what: 'a transaction in one batch', calls: [[[begin, topic('a'), end]]], seen: ['2 a'] },
  { what: 'a transaction over calls', calls: [[[begin, topic('a')]], [[topic('b')]], [[end]]], seen: ['3 a b'] },
  { what: 'an abort leaves nothing', calls: [[[begin, topic('a')]], [[abort]]], seen: ['2'] },
  {
    what: 'what came before is seen at once',
    calls: [[[topic('a'), begin, topic('b')]], [[end]]],
    seen: ['0 a', '3 a b'],
  },
  { what: 'an abort keeps what came before', calls: [[[topic('a'), begin, topic('b'), abort]]], seen: ['0 a', '3 a'] },
  { what: 'what follows an end goes with it', calls: [[[begin, topic('a'), end, topic('b')]]], seen: ['3 a b'] },
  {
    what: 'a second transaction that stays open',
    calls: [[[begin, topic('a'), end, begin, topic('b')]]],
    seen: ['2 a'],
  },
]

for (const { what, calls, seen } of cases) {
  test(what, () => assert.deepEqual(published(calls), seen))
}

test('transactions do not nest, and end only when they began', () => {
  assert.throws(() => published([[[begin, begin]]]), /inside another/)
  assert.throws(() => published([[[end]]]), /no metadata transaction to end/)
  assert.throws(() => published([[[abort]]]), /no metadata transaction to abort/)
})

test('offsets and epochs never fall, and control batches move the offset', () => {
  const loader = new MetadataLoader({ publish: () => undefined })
  const batch = { baseOffset: 0, lastOffset: 4, epoch: 3, timestampMs: 9, records: [] }
  loader.loadBatches([batch])
  assert.deepEqual(loader.image.provenance, { offset: 4, epoch: 3, timestampMs: 9 })
  assert.throws(() => loader.loadBatches([batch]), /comes after 4/)
  assert.throws(() => loader.loadBatches([{ ...batch, baseOffset: 5, lastOffset: 5, epoch: 2 }]), /comes after 3/)
})

test('a snapshot replaces the image, and says what is gone', () => {
  const updates: MetadataUpdate[] = []
  const loader = new MetadataLoader({ publish: (update) => updates.push(update) })
  loader.loadBatches([
    { baseOffset: 0, lastOffset: 3, epoch: 1, timestampMs: 7, records: [topic('a'), topic('b'), begin, topic('c')] },
  ])
  loader.loadSnapshot({ provenance: { offset: 9, epoch: 2, timestampMs: 8 }, records: [topic('b'), topic('d')] })
  const changes = updates.at(-1)?.changes
  assert.deepEqual([...loader.image.topics.byName.keys()], ['b', 'd'])
  assert.deepEqual(
    changes?.topicsCreated.map(({ name }) => name),
    ['d'],
  )
  assert.deepEqual(
    changes?.topicsChanged.map(({ after }) => after.name),
    ['b'],
  )
  assert.deepEqual(
    changes?.topicsDeleted.map(({ name }) => name),
    ['a'],
  )
  assert.equal(loader.inTransaction, false)
})

test('an image does not take a level of kraft.version from records: the quorum has it', () => {
  let features: ReadonlyMap<string, number> = new Map()
  const loader = new MetadataLoader({
    publish: ({ image }) => {
      features = image.features.finalized
    },
  })
  const levels = [
    ['kraft.version', 1],
    ['group.version', 1],
  ] as const
  const records = levels.map(
    ([name, featureLevel]): MetadataRecord => ({
      kind: 'featureLevel',
      value: featureLevelRecord.create({ name, featureLevel }),
    }),
  )
  loader.loadBatches([{ baseOffset: 0, lastOffset: 1, epoch: 1, timestampMs: 7, records }])
  assert.deepEqual([...features], [['group.version', 1]])
})
