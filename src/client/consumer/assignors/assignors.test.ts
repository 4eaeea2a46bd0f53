import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { asArray, asRecord, goldenLines, goldenText } from '../../../../test/golden/golden.ts'
import type { Assignment, Assignor, AssignorInput, GroupMember, TopicPartition } from './assignor.ts'
import { nameOf } from './ownership.ts'
import { range } from './range.ts'
import { roundRobin } from './round-robin.ts'
import { cooperativeSticky, sticky } from './sticky.ts'

const assignors: Readonly<Record<string, Assignor>> = {
  range,
  roundrobin: roundRobin,
  sticky,
  'cooperative-sticky': cooperativeSticky,
}

/** By member: the names of its partitions. */
const named = (assignment: Assignment): Record<string, string[]> =>
  Object.fromEntries([...assignment].map(([memberId, partitions]) => [memberId, partitions.map(nameOf).sort()]))

describe('fresh groups are assigned as by Kafka', () => {
  for (const [name, assignor] of Object.entries(assignors)) {
    test(name, () => {
      const lines = goldenLines('client-assignors.ndjson')
        .map(asRecord)
        .filter((line) => line['assignor'] === name)
      assert.equal(lines.length, 60)
      for (const line of lines) {
        const partitions = new Map(
          Object.entries(asRecord(line['partitions'])).map(([topic, count]) => [topic, Number(count)]),
        )
        const members = asArray(line['members'])
          .map(asRecord)
          .map((member): GroupMember => {
            const { groupInstanceId } = member
            return {
              memberId: String(member['memberId']),
              topics: asArray(member['topics']).map(String),
              ...(typeof groupInstanceId === 'string' && { groupInstanceId }),
            }
          })
        const wanted = Object.entries(asRecord(line['assignment'])).map(([memberId, them]) => [
          memberId,
          asArray(them).map(String).sort(),
        ])
        assert.deepEqual(
          named(assignor.assign({ partitions, members })),
          Object.fromEntries(wanted),
          JSON.stringify(line),
        )
      }
    })
  }
})

const reference = new URL('../../../../../shared/reference/assignors.ndjson', import.meta.url)
test('the copy of assignors.ndjson is current', { skip: !existsSync(reference) }, () => {
  assert.equal(goldenText('client-assignors.ndjson').trimEnd(), readFileSync(reference, 'utf8').trimEnd())
})

/** A group of some members and topics, in which all want the same or not. */
const groups = fc.record({
  counts: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 4 }),
  wishes: fc.array(fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 6 }),
  isAlike: fc.boolean(),
})

function inputOf({
  counts,
  wishes,
  isAlike,
}: {
  counts: number[]
  wishes: number[][]
  isAlike: boolean
}): AssignorInput {
  const topic = (i: number): string => `t${i % counts.length}`
  const members = wishes.map((them, i) => ({
    memberId: `m${i}`,
    topics: [...new Set((isAlike ? (wishes[0] ?? []) : them).map(topic))],
  }))
  return { partitions: new Map(counts.map((count, i) => [`t${i}`, count])), members }
}

const sizes = (assignment: Assignment): number[] => [...assignment.values()].map(({ length }) => length)

/** Everything that somebody wants has one owner, who wants it. */
function assertWhole({ partitions, members }: AssignorInput, assignment: Assignment): void {
  const owners = new Map<string, string>()
  for (const [memberId, them] of assignment) {
    const topics = members.find((it) => it.memberId === memberId)?.topics ?? []
    for (const each of them) {
      assert.ok(topics.includes(each.topic), `${memberId} does not want ${nameOf(each)}`)
      assert.ok(!owners.has(nameOf(each)), `${nameOf(each)} has two owners`)
      owners.set(nameOf(each), memberId)
    }
  }
  const wanted = new Set(members.flatMap(({ topics }) => topics))
  const count = [...wanted].reduce((sum, topic) => sum + (partitions.get(topic) ?? 0), 0)
  assert.equal(owners.size, count)
}

const withOwned = (input: AssignorInput, assignment: Assignment, generation = 1): AssignorInput => ({
  ...input,
  members: input.members.map((member) => ({ ...member, owned: assignment.get(member.memberId) ?? [], generation })),
})

const kept = (before: Assignment, after: Assignment): number => {
  let count = 0
  for (const [memberId, them] of before) {
    const now = new Set((after.get(memberId) ?? []).map(nameOf))
    count += them.filter((each) => now.has(nameOf(each))).length
  }
  return count
}

describe('whatever the group', () => {
  test('each partition that is wanted has one owner who wants it', () => {
    fc.assert(
      fc.property(groups, (group) => {
        const input = inputOf(group)
        for (const assignor of Object.values(assignors)) assertWhole(input, assignor.assign(input))
      }),
    )
  })

  test('sticky is even where all want the same, and changes nothing when nothing has changed', () => {
    fc.assert(
      fc.property(groups, (group) => {
        const input = inputOf(group)
        const first = sticky.assign(input)
        if (group.isAlike) assert.ok(Math.max(...sizes(first)) - Math.min(...sizes(first)) <= 1)
        assert.deepEqual(named(sticky.assign(withOwned(input, first))), named(first))
        assert.deepEqual(named(cooperativeSticky.assign(withOwned(input, first))), named(first))
      }),
    )
  })

  test('sticky moves no more than it has to when a member comes or goes, where all want the same', () => {
    fc.assert(
      fc.property(groups, fc.boolean(), (group, comes) => {
        const input = inputOf({ ...group, isAlike: true })
        const [first] = input.members
        const before = sticky.assign(input)
        const owned = withOwned(input, before)
        const members = comes
          ? [...owned.members, { memberId: 'new', topics: first?.topics ?? [] }]
          : owned.members.slice(1)
        if (members.length === 0) return
        const after = sticky.assign({ ...owned, members })
        assertWhole({ ...owned, members }, after)
        assert.ok(Math.max(...sizes(after)) - Math.min(...sizes(after)) <= 1)
        // Who comes gets its share from the others; what one had who goes is shared out.
        const total = sizes(before).reduce((a, b) => a + b, 0)
        const moved = comes ? (after.get('new')?.length ?? 0) : (before.get('m0')?.length ?? 0)
        assert.equal(kept(before, after), total - moved)
      }),
    )
  })

  test('cooperative: nobody gets what another one has, and the next round gives it', () => {
    fc.assert(
      fc.property(groups, (group) => {
        const input = inputOf({ ...group, isAlike: true })
        const before = sticky.assign(input)
        const owned = withOwned(input, before)
        const joined = {
          ...owned,
          members: [...owned.members, { memberId: 'new', topics: input.members[0]?.topics ?? [] }],
        }
        const first = cooperativeSticky.assign(joined)
        assert.deepEqual(first.get('new'), [])
        const second = cooperativeSticky.assign(withOwned(joined, first, 2))
        assertWhole(joined, second)
      }),
    )
  })
})

test('a claim of an older generation is not believed, nor are two of the same', () => {
  const partitions = new Map([['t', 2]])
  const both: TopicPartition[] = [
    { topic: 't', partition: 0 },
    { topic: 't', partition: 1 },
  ]
  const member = (memberId: string, owned: TopicPartition[], generation: number): GroupMember => ({
    memberId,
    topics: ['t'],
    owned,
    generation,
  })
  const older = sticky.assign({
    partitions,
    members: [member('a', both, 1), member('b', [{ topic: 't', partition: 0 }], 2)],
  })
  assert.deepEqual(named(older), { a: ['t-1'], b: ['t-0'] })
  const disputed = sticky.assign({ partitions, members: [member('a', both, 2), member('b', both, 2)] })
  assert.deepEqual(sizes(disputed), [1, 1])
})
