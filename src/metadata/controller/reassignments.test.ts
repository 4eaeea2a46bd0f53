import assert from 'node:assert/strict'
import { test } from 'node:test'
import { alterPartitionReassignments } from '../../protocol/index.ts'
import { id } from './controller-fixture.ts'
import { ElectionFixture } from './election-fixture.ts'

/** One partition, on the brokers that are told out of four. */
const withReplicas = (replicas: readonly number[], texts: Readonly<Record<string, string>> = {}): ElectionFixture => {
  const fixture = new ElectionFixture([replicas], texts)
  fixture.start(...[1, 2, 3, 4].filter((brokerId) => !replicas.includes(brokerId)))
  return fixture
}

function shown(fixture: ElectionFixture) {
  const { replicas, isr, leader, addingReplicas, removingReplicas } = fixture.partition()
  return { replicas, isr, leader, adding: addingReplicas, removing: removingReplicas }
}

test('to other brokers: they are added, and when they are in sync the others go', () => {
  const fixture = withReplicas([1, 2])
  const { leaderEpoch } = fixture.partition()
  assert.equal(fixture.reassign([4, 3]), undefined)
  const underWay = { replicas: [4, 3, 1, 2], isr: [1, 2], leader: 1, adding: [3, 4], removing: [1, 2] }
  assert.deepEqual(shown(fixture), underWay)
  assert.deepEqual(fixture.partition().directories, [id('d4'), id('d3'), id('d1'), id('d2')])
  assert.deepEqual(fixture.reassignments(), [['t-0', [4, 3, 1, 2], [3, 4], [1, 2]]])
  assert.deepEqual(fixture.reassignments([0, 7]), fixture.reassignments())
  assert.deepEqual(fixture.reassignments([1]), [])
  assert.equal(fixture.alterIsr([1, 2, 3]).errorCode, 0)
  assert.deepEqual(shown(fixture), { ...underWay, isr: [1, 2, 3] })
  assert.equal(fixture.partition().leaderEpoch, leaderEpoch)
  assert.equal(fixture.alterIsr([1, 2, 3, 4]).errorCode, 108, 'the leader is told that it leads no more')
  assert.deepEqual(shown(fixture), { replicas: [4, 3], isr: [3, 4], leader: 4, adding: [], removing: [] })
  assert.deepEqual(fixture.partition().directories, [id('d4'), id('d3')])
  assert.equal(fixture.partition().leaderEpoch, leaderEpoch + 1)
  assert.deepEqual(fixture.reassignments(), [])
})

test('another order of the same replicas is there at once', () => {
  const fixture = withReplicas([1, 2])
  assert.equal(fixture.reassign([2, 1]), undefined)
  assert.deepEqual(shown(fixture), { replicas: [2, 1], isr: [1, 2], leader: 1, adding: [], removing: [] })
  const written = fixture.written.length
  assert.equal(fixture.reassign([2, 1]), undefined)
  assert.equal(fixture.written.length, written)
})

test('fewer replicas: at once where those that stay are in sync', () => {
  const fixture = withReplicas([1, 2, 3])
  fixture.reassign([2])
  assert.deepEqual(shown(fixture), { replicas: [2], isr: [2], leader: 2, adding: [], removing: [] })
})

test('a reassignment is called off', () => {
  const fixture = withReplicas([1, 2])
  assert.equal(fixture.reassign(null), '85 null')
  fixture.reassign([3, 4])
  fixture.alterIsr([1, 2, 3])
  assert.equal(fixture.reassign(null), undefined)
  assert.deepEqual(shown(fixture), { replicas: [1, 2], isr: [1, 2], leader: 1, adding: [], removing: [] })
})

test('not back to replicas that are all out of sync, unless the topic allows unclean elections', () => {
  for (const allowed of [false, true]) {
    const fixture = withReplicas([1], { 'unclean.leader.election.enable': `${allowed}` })
    fixture.reassign([2, 3])
    fixture.alterIsr([1, 2])
    fixture.kill(1)
    assert.deepEqual(shown(fixture), { replicas: [2, 3, 1], isr: [2], leader: 2, adding: [2, 3], removing: [1] })
    const refusal = fixture.reassign(null)
    if (!allowed) {
      assert.match(`${refusal}`, /^39 Unable to revert partition assignment for t:0 because/)
      continue
    }
    assert.equal(refusal, undefined)
    assert.deepEqual(shown(fixture), { replicas: [1], isr: [1], leader: -1, adding: [], removing: [] })
  }
})

test('one reassignment takes the place of another: what only the earlier one wanted is no more', () => {
  const fixture = withReplicas([1, 2])
  fixture.reassign([3, 4])
  fixture.reassign([3, 4])
  assert.deepEqual(fixture.reassignments(), [['t-0', [3, 4, 1, 2], [3, 4], [1, 2]]])
  fixture.reassign([1, 2])
  assert.deepEqual(shown(fixture), { replicas: [1, 2], isr: [1, 2], leader: 1, adding: [], removing: [] })
  fixture.reassign([3, 4])
  fixture.reassign([1, 2, 3, 4])
  assert.deepEqual(fixture.reassignments(), [['t-0', [1, 2, 3, 4], [3, 4], []]])
  fixture.alterIsr([1, 2, 3, 4])
  assert.deepEqual(shown(fixture), { replicas: [1, 2, 3, 4], isr: [1, 2, 3, 4], leader: 1, adding: [], removing: [] })
})

const refusals: readonly (readonly [what: string, replicas: readonly number[], refusal: string])[] = [
  ['nobody', [], '39 The manual partition assignment includes an empty replica list.'],
  [
    'a broker that there is not',
    [1, 9],
    '39 The manual partition assignment includes broker 9, but no such broker is registered.',
  ],
  ['a broker twice', [1, 1], '39 The manual partition assignment includes the broker 1 more than once.'],
]

for (const [what, replicas, refusal] of refusals) {
  test(`refused: ${what}`, () => {
    const fixture = withReplicas([1, 2])
    const written = fixture.written.length
    assert.equal(fixture.reassign(replicas), refusal)
    assert.equal(fixture.written.length, written)
  })
}

test('the number of replicas stays where it has to', () => {
  const fixture = withReplicas([1, 2])
  const kept = { allowReplicationFactorChange: false }
  assert.equal(fixture.reassign([1], kept), '38 The replication factor is changed from 2 to 1')
  assert.equal(fixture.reassign([1, 3], kept), undefined)
  assert.equal(fixture.reassign([1, 3, 4], kept), '38 The replication factor is changed from 2 to 3')
  assert.equal(fixture.reassign([1, 4], kept), undefined)
})

test('a partition fails for itself', () => {
  const fixture = withReplicas([1, 2])
  const asked = (name: string, partitionIndex: number) => ({ name, partitions: [{ partitionIndex, replicas: [1, 3] }] })
  const topics = [asked('x', 0), asked('t', 5), asked('t', 0)]
  const request = alterPartitionReassignments.request.create({ topics })
  const { responses, errorCode, errorMessage } = fixture.take(fixture.controller.alterPartitionReassignments(request))
  assert.deepEqual([errorCode, errorMessage], [0, null])
  assert.deepEqual(
    responses.map(({ partitions: [it] }) => [it?.errorCode, it?.errorMessage]),
    [
      [3, 'Unable to find a topic named x.'],
      [3, 'Unable to find partition t:5.'],
      [0, null],
    ],
  )
})
