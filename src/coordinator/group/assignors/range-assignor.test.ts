import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { AssignorError } from './assignor.ts'
import { Group } from './assignor-fixture.ts'
import { rangeAssignor } from './range-assignor.ts'

describe('range', () => {
  test('cuts topics of one size alike; the first members get one more', () => {
    const group = new Group(rangeAssignor, { a: 5, b: 5 }, { n: { subscribes: 'ab' }, m: { subscribes: 'ab' } })
    group.assign()
    assert.deepEqual(group.table(), { m: 'a0 a1 a2 b0 b1 b2', n: 'a3 a4 b3 b4' })
  })

  test('static members come first, by their instance ids, and keep their ranges under a new member id', () => {
    const group = new Group(
      rangeAssignor,
      { a: 3 },
      {
        aa: { subscribes: 'a' },
        zz: { subscribes: 'a', instanceId: '1' },
        yy: { subscribes: 'a', instanceId: '2' },
      },
    )
    group.assign()
    assert.deepEqual(group.table(), { zz: 'a0', yy: 'a1', aa: 'a2' })
    group.members.delete('zz')
    group.join('xx', { subscribes: 'a', instanceId: '1', has: 'a0' })
    group.assign()
    assert.deepEqual(group.table(), { xx: 'a0', yy: 'a1', aa: 'a2' })
  })

  test('members behind the last partition get nothing', () => {
    const group = new Group(rangeAssignor, { a: 1 }, { m: { subscribes: 'a' }, n: { subscribes: 'a' } })
    group.assign()
    assert.deepEqual(group.table(), { m: 'a0', n: '' })
  })

  test('gives back the very assignment that did not change', () => {
    const group = new Group(rangeAssignor, { a: 2, b: 4 }, { m: { subscribes: 'ab' }, n: { subscribes: 'b' } })
    const first = group.assign()
    const second = group.assign()
    for (const [memberId, assignment] of first) assert.equal(second.get(memberId), assignment)
    group.join('o', { subscribes: 'b' })
    const third = group.assign()
    assert.equal(third.get('m'), first.get('m'))
    assert.notEqual(third.get('n'), first.get('n'))
    assert.deepEqual(group.table(), { m: 'a0 a1 b0 b1', n: 'b2', o: 'b3' })
  })

  test('a group without members, and a topic that is not there', () => {
    assert.equal(new Group(rangeAssignor, { a: 1 }).assign().size, 0)
    const group = new Group(rangeAssignor, { a: 1 }, { m: { subscribes: 'ax' } })
    assert.throws(() => group.assign(), AssignorError)
  })
})
