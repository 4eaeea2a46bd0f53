import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AssignorError } from './assignor.ts'
import { Group } from './assignor-fixture.ts'
import { uniformAssignor } from './uniform-assignor.ts'

describe('uniform, with one subscription', () => {
  test('a member that joins takes what is above the quota of the others, no more', () => {
    const group = new Group(uniformAssignor, { a: 6 }, { m: { subscribes: 'a' }, n: { subscribes: 'a' } })
    group.assign()
    assert.deepEqual(group.table(), { m: 'a0 a1 a2', n: 'a3 a4 a5' })
    group.join('o', { subscribes: 'a' })
    group.assign()
    assert.deepEqual(group.table(), { m: 'a0 a1', n: 'a3 a4', o: 'a2 a5' })
  })

  test('what a member leaves behind is shared; topics that nobody wants are taken away', () => {
    const group = new Group(
      uniformAssignor,
      { a: 4, b: 2 },
      {
        m: { subscribes: 'a', has: 'a0 a1 b0' },
        n: { subscribes: 'a', has: 'a2 b1' },
      },
    )
    group.assign()
    assert.deepEqual(group.table(), { m: 'a0 a1', n: 'a2 a3' })
  })

  test('the larger share stays with whoever has it', () => {
    const group = new Group(
      uniformAssignor,
      { a: 3 },
      {
        m: { subscribes: 'a', has: 'a0' },
        n: { subscribes: 'a', has: 'a1 a2' },
      },
    )
    const before = new Map([...group.members].map(([memberId, { assignment }]) => [memberId, assignment]))
    for (const [memberId, assignment] of group.assign()) assert.equal(assignment, before.get(memberId))
  })

  test('without members, without topics, with a topic that is not there', () => {
    assert.equal(new Group(uniformAssignor, { a: 1 }).assign().size, 0)
    const group = new Group(uniformAssignor, { a: 1 }, { m: { subscribes: '', has: 'a0' }, n: { subscribes: '' } })
    group.assign()
    assert.deepEqual(group.table(), { m: '', n: '' })
    const lost = new Group(uniformAssignor, { a: 1 }, { m: { subscribes: 'ax' } })
    assert.throws(() => lost.assign(), AssignorError)
  })

  test('targets that cannot be, beyond the topic or of two members, are refused', () => {
    const group = new Group(
      uniformAssignor,
      { a: 2 },
      {
        m: { subscribes: 'a', has: 'a0 a7' },
        n: { subscribes: 'a', has: 'a0' },
      },
    )
    assert.throws(() => group.assign(), AssignorError)
  })
})

describe('uniform, with several subscriptions', () => {
  test('whoever has least gets what is left, and partitions move to them', () => {
    const group = new Group(
      uniformAssignor,
      { a: 4, b: 4 },
      {
        m: { subscribes: 'ab', has: 'a0 a1 a2 a3 b0 b1' },
        n: { subscribes: 'b' },
      },
    )
    group.assign()
    assert.deepEqual(group.table(), { m: 'a0 a1 a2 a3', n: 'b0 b1 b2 b3' })
  })

  test('each keeps the topics that it alone has', () => {
    const group = new Group(uniformAssignor, { a: 9, b: 1 }, { m: { subscribes: 'a' }, n: { subscribes: 'b' } })
    const first = group.assign()
    assert.deepEqual(group.sizes().sort(), [1, 9])
    for (const [memberId, assignment] of group.assign()) assert.equal(assignment, first.get(memberId))
  })

  test('a topic that is not there', () => {
    const group = new Group(uniformAssignor, { a: 1 }, { m: { subscribes: 'a' }, n: { subscribes: 'x' } })
    assert.throws(() => group.assign(), AssignorError)
  })
})
