/** What holds of both assignors, for any topics and subscriptions. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import type { Assignment } from './assignor.ts'
import { Group, show } from './assignor-fixture.ts'
import { rangeAssignor } from './range-assignor.ts'
import { uniformAssignor } from './uniform-assignor.ts'

const letters = 'abcde'
const topicsArbitrary = fc
  .array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: letters.length })
  .map((counts) => Object.fromEntries(counts.map((count, index) => [letters.charAt(index), count])))
/** Subscriptions of members, as bits; a topic that is not there has no bit. */
const subscriptionsArbitrary = fc.array(fc.integer({ min: 0, max: 31 }), { minLength: 1, maxLength: 20 })

const subscriptionOf = (topics: Readonly<Record<string, number>>, bits: number): string =>
  Object.keys(topics)
    .filter((_name, index) => (bits & (1 << index)) !== 0)
    .join('')

const spread = (group: Group): number => Math.max(...group.sizes()) - Math.min(...group.sizes())

/** How many partitions went from one member that is still there to another. */
function moved(before: ReadonlyMap<string, Assignment>, after: ReadonlyMap<string, Assignment>): number {
  const words = (assignment: Assignment | undefined): string[] => show(assignment).split(' ').filter(Boolean)
  return [...before]
    .filter(([memberId]) => after.has(memberId))
    .reduce((sum, [memberId, assignment]) => {
      const kept = new Set(words(after.get(memberId)))
      return sum + words(assignment).filter((word) => !kept.has(word)).length
    }, 0)
}

describe('range', () => {
  test('each partition has one owner that subscribes to it, and subscribers differ by one at most', () => {
    fc.assert(
      fc.property(topicsArbitrary, subscriptionsArbitrary, (topics, subscriptions) => {
        const group = new Group(rangeAssignor, topics)
        for (const [index, bits] of subscriptions.entries()) {
          group.join(`m${index}`, { subscribes: subscriptionOf(topics, bits) })
          group.assign()
          group.check()
        }
        for (const name of Object.keys(topics)) {
          const subscribers = [...group.members.values()].filter(({ topicIds }) =>
            [...topicIds].some((id) => id.endsWith(name)),
          )
          const counts = subscribers.map(
            ({ assignment }) => [...assignment].find(([id]) => id.endsWith(name))?.[1].size ?? 0,
          )
          assert.ok(counts.length === 0 || Math.max(...counts) - Math.min(...counts) <= 1)
        }
      }),
    )
  })
})

describe('uniform', () => {
  test('with one subscription sizes differ by one at most, and only what balance needs moves', () => {
    fc.assert(
      fc.property(topicsArbitrary, fc.array(fc.boolean(), { maxLength: 30 }), (topics, joins) => {
        const subscribes = Object.keys(topics).join('')
        const group = new Group(uniformAssignor, topics, { m: { subscribes } })
        let before = group.assign()
        for (const [index, isJoin] of joins.entries()) {
          if (isJoin || group.members.size === 1) group.join(`member-${index}`, { subscribes })
          else group.members.delete([...group.members.keys()][index % group.members.size] ?? '')
          const after = group.assign()
          group.check()
          assert.ok(spread(group) <= 1)
          // Whoever joins gets all that moves; behind one that leaves nothing but its partitions moves.
          const size = (memberId: string): number => show(after.get(memberId)).split(' ').filter(Boolean).length
          assert.ok(moved(before, after) <= (isJoin || before.size < after.size ? size(`member-${index}`) : 0))
          before = after
        }
      }),
    )
  })

  test('with any subscriptions each partition has one owner that subscribes to it; a second run changes nothing', () => {
    fc.assert(
      fc.property(topicsArbitrary, subscriptionsArbitrary, (topics, subscriptions) => {
        const group = new Group(uniformAssignor, topics)
        for (const [index, bits] of subscriptions.entries()) {
          group.join(`m${index}`, { subscribes: subscriptionOf(topics, bits) })
          group.assign()
          group.check()
        }
        const settled = group.assign()
        for (const [memberId, assignment] of group.assign()) assert.equal(assignment, settled.get(memberId))
      }),
    )
  })
})
