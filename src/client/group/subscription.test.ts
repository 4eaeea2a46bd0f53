import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeAssignment, decodeMember, encodeAssignment, encodeSubscription } from './subscription.ts'

const owned = [
  { topic: 'b', partition: 2 },
  { topic: 'a', partition: 1 },
  { topic: 'b', partition: 0 },
]
const byName = (a: { topic: string; partition: number }, b: { topic: string; partition: number }): number =>
  a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.partition - b.partition

test('what a member tells is what an assignor is told', () => {
  const metadata = encodeSubscription({ topics: ['b', 'a'], owned, generation: 7 })
  const { owned: told = [], ...member } = decodeMember({ memberId: 'm', groupInstanceId: 'i', metadata })
  assert.deepEqual(member, { memberId: 'm', groupInstanceId: 'i', topics: ['a', 'b'], generation: 7 })
  assert.deepEqual([...told].sort(byName), [...owned].sort(byName))
})

test('members of other versions are understood: older ones own nothing, newer ones may have more behind', () => {
  const oldest = Buffer.from('0000' + '00000001' + '0001' + '61' + 'ffffffff', 'hex')
  const old = decodeMember({ memberId: 'm', groupInstanceId: null, metadata: oldest })
  assert.deepEqual(old, { memberId: 'm', groupInstanceId: null, topics: ['a'], owned: [], generation: -1 })
  const newer = Buffer.concat([encodeSubscription({ topics: ['a'], owned, generation: 1 }), Buffer.from('later')])
  newer.writeInt16BE(9, 0)
  assert.deepEqual(decodeMember({ memberId: 'm', groupInstanceId: null, metadata: newer }).topics, ['a'])
  assert.throws(() => decodeMember({ memberId: 'm', groupInstanceId: null, metadata: Buffer.from('ffff', 'hex') }))
  assert.throws(() => decodeMember({ memberId: 'm', groupInstanceId: null, metadata: Buffer.alloc(0) }))
})

test('an assignment comes back as it was made; no bytes are none', () => {
  assert.deepEqual([...decodeAssignment(encodeAssignment(owned))].sort(byName), [...owned].sort(byName))
  assert.deepEqual(decodeAssignment(encodeAssignment([])), [])
  assert.deepEqual(decodeAssignment(Buffer.alloc(0)), [])
})
