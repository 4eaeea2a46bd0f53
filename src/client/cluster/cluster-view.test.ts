import assert from 'node:assert/strict'
import { test } from 'node:test'
import { uuidFromLatin1 } from '../../base/index.ts'
import { ErrorCode, metadata } from '../../protocol/index.ts'
import { ClusterView } from './cluster-view.ts'

const idOf = (text: string) => uuidFromLatin1(text.padEnd(16))

interface Told {
  readonly topic?: string
  readonly id?: string
  readonly leaderId?: number
  readonly leaderEpoch?: number
  readonly errorCode?: number
}

const answer = (...topics: readonly Told[]) =>
  metadata.response.create({
    clusterId: 'c',
    controllerId: 1,
    brokers: [1, 2].map((nodeId) => ({ nodeId, host: `b${nodeId}`, port: 9092 })),
    topics: topics.map(({ topic = 't', id = 'one', leaderId = 1, leaderEpoch = 5, errorCode = 0 }) => ({
      name: topic,
      topicId: idOf(id),
      errorCode,
      partitions:
        errorCode === 0 ? [{ partitionIndex: 0, leaderId, leaderEpoch, replicaNodes: [1, 2], isrNodes: [1] }] : [],
    })),
  })

const none = () => false
const first = ClusterView.empty.after(answer({}), none)

test('a leader of an older epoch is not believed, of a newer one it is', () => {
  const older = first.after(answer({ leaderId: 2, leaderEpoch: 4 }), none)
  assert.equal(older.partition('t', 0)?.leaderId, 1)
  const newer = first.after(answer({ leaderId: 2, leaderEpoch: 6 }), none)
  assert.equal(newer.partition('t', 0)?.leaderId, 2)
  const nobody = first.after(answer({ leaderId: -1, leaderEpoch: 6 }), none)
  assert.equal(nobody.partition('t', 0)?.leaderId, undefined)
})

test('another topic of the same name begins anew', () => {
  const another = first.after(answer({ id: 'two', leaderId: 2, leaderEpoch: 0 }), none)
  assert.deepEqual([another.partition('t', 0)?.leaderId, another.partition('t', 0)?.leaderEpoch], [2, 0])
})

test('a topic that is not there any more is gone, and it is known why', () => {
  const gone = first.after(answer({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }), none)
  assert.equal(gone.topics.size, 0)
  assert.equal(gone.failed.get('t'), ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  assert.equal(gone.after(answer({}), none).failed.size, 0)
})

test('what an answer does not tell of stays only while it is wanted', () => {
  const other = answer({ topic: 'u' })
  assert.deepEqual([...first.after(other, (name) => name === 't').topics.keys()], ['t', 'u'])
  assert.deepEqual([...first.after(other, none).topics.keys()], ['u'])
})

test('hints count where they are newer, and name a broker that is known or given with them', () => {
  const hint = { topic: 't', partition: 0, leaderId: 2, leaderEpoch: 6 }
  assert.equal(first.withLeaders([hint], []).partition('t', 0)?.leaderId, 2)
  assert.equal(first.withLeaders([{ ...hint, leaderEpoch: 5 }], []), first)
  assert.equal(first.withLeaders([{ ...hint, leaderId: 3 }], []), first)
  assert.equal(first.withLeaders([{ ...hint, topic: 'u' }], []), first)
  const three = first.withLeaders([{ ...hint, leaderId: 3 }], [{ id: 3, host: 'b3', port: 1, rack: null }])
  assert.deepEqual([three.partition('t', 0)?.leaderId, three.brokers.get(3)?.host], [3, 'b3'])
})

test('partitions that are not told of are led by nobody, and numbers that no topic has are passed over', () => {
  const one = { leaderId: 1, leaderEpoch: 0, replicaNodes: [1], isrNodes: [1], errorCode: 0 }
  const told = [2, -1, 2 ** 31 - 1].map((partitionIndex) => ({ ...one, partitionIndex }))
  const view = ClusterView.empty.after(
    metadata.response.create({
      brokers: [{ nodeId: 1, host: 'b1', port: 9092 }],
      topics: [{ name: 't', topicId: idOf('one'), partitions: told }],
    }),
    none,
  )
  const partitions = view.topics.get('t')?.partitions ?? []
  assert.deepEqual(
    partitions.map(({ partition, leaderId }) => [partition, leaderId]),
    [
      [0, undefined],
      [1, undefined],
      [2, 1],
    ],
  )
})
