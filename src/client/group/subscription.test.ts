import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cooperativeSticky, sticky } from '../consumer/assignors/sticky.ts'
import { decodeStickyUserData, encodeStickyUserData } from '../consumer/assignors/sticky-user-data.ts'
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

test('who had what is told as Java tells it: by assignors with bytes of their own, by those alone', () => {
  const last = { owned: [{ topic: 'a', partition: 1 }, ...owned], generation: 5 }
  const metadata = encodeSubscription({
    topics: ['a'],
    owned: [],
    generation: 7,
    userData: sticky.userData?.encode(last),
  })
  const told = decodeMember({ memberId: 'm', groupInstanceId: null, metadata }, sticky)
  assert.equal(told.generation, 5)
  assert.deepEqual(
    new Set(told.owned?.map(({ topic, partition }) => `${topic}-${partition}`)),
    new Set(['a-1', 'b-0', 'b-2']),
  )
  const unread = decodeMember({ memberId: 'm', groupInstanceId: null, metadata }, cooperativeSticky)
  assert.deepEqual([unread.owned, unread.generation], [[], 7])
  const newcomer = encodeSubscription({ topics: ['a'], owned, generation: 7 })
  assert.deepEqual(decodeMember({ memberId: 'm', groupInstanceId: null, metadata: newcomer }, sticky).owned, [])
})

test('the bytes of the sticky assignor: version 1, version 0 before it, and what is neither', () => {
  const bytes = '00000001' + '0001' + '62' + '00000002' + '00000002' + '00000000'
  const had = [
    { topic: 'b', partition: 2 },
    { topic: 'b', partition: 0 },
  ]
  assert.equal(Buffer.from(encodeStickyUserData({ owned: had, generation: 3 })).toString('hex'), `${bytes}00000003`)
  const decode = (hex: string) => decodeStickyUserData(Buffer.from(hex, 'hex'))
  assert.deepEqual(decode(`${bytes}00000003`), { owned: had, generation: 3 })
  assert.deepEqual(decode(bytes), { owned: had, generation: -1 })
  for (const wrong of ['', '7fffffff', `${bytes}0000`, '0000000100ff62']) {
    assert.deepEqual(decode(wrong), { owned: [], generation: -1 }, wrong)
  }
})
