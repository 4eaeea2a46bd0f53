import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1 } from '../../base/index.ts'
import { type SharePartition, ShareSession } from './share-session.ts'

const [a, b] = [uuidFromLatin1('the id of topica'), uuidFromLatin1('the id of topicb')]
const of = (topicId: typeof a, ...partitions: number[]): SharePartition[] =>
  partitions.map((partition) => ({ topicId, partition }))
const accepted = { firstOffset: 3, lastOffset: 9, acknowledgeTypes: [1] }
const nothing = { partitionMaxBytes: 0, acknowledgementBatches: [] }

test('the first fetch names all, the next what has changed', () => {
  const session = new ShareSession()
  assert.deepEqual(session.fetch([...of(a, 0, 1), ...of(b, 0)], []), {
    shareSessionEpoch: 0,
    topics: [
      { topicId: a, partitions: [0, 1].map((partitionIndex) => ({ partitionIndex, ...nothing })) },
      { topicId: b, partitions: [{ partitionIndex: 0, ...nothing }] },
    ],
    forgottenTopicsData: [],
  })
  assert.equal(session.isOpen, false)
  session.answered()
  assert.equal(session.isOpen, true)
  const same = session.fetch([...of(a, 0, 1), ...of(b, 0)], [])
  assert.deepEqual(same, { shareSessionEpoch: 1, topics: [], forgottenTopicsData: [] })
  session.answered()
  const acknowledged = [{ topicId: a, partition: 1, acknowledgementBatches: [accepted] }]
  assert.deepEqual(session.fetch(of(a, 1, 2), acknowledged), {
    shareSessionEpoch: 2,
    topics: [
      {
        topicId: a,
        partitions: [
          { partitionIndex: 2, ...nothing },
          { partitionIndex: 1, ...nothing, acknowledgementBatches: [accepted] },
        ],
      },
    ],
    forgottenTopicsData: [
      { topicId: a, partitions: [0] },
      { topicId: b, partitions: [0] },
    ],
  })
})

test('acknowledgements go on in the epochs, the last request ends it, and behind it a new one begins', () => {
  const session = new ShareSession()
  session.fetch(of(a, 0), [])
  session.answered()
  const acknowledged = [{ topicId: a, partition: 0, acknowledgementBatches: [accepted] }]
  const topics = [{ topicId: a, partitions: [{ partitionIndex: 0, ...nothing, acknowledgementBatches: [accepted] }] }]
  assert.deepEqual(session.acknowledge(acknowledged), { shareSessionEpoch: 1, topics })
  session.answered()
  assert.deepEqual(session.final(acknowledged), { shareSessionEpoch: -1, topics })
  assert.equal(session.isOpen, false)
  const again = session.fetch(of(a, 0), [])
  assert.deepEqual([again.shareSessionEpoch, again.topics.length], [0, 1])
  session.answered()
  session.reset()
  assert.equal(session.fetch(of(a, 0), []).topics.length, 1)
})
