/** Each invariant of groups finds the fault that it is there for, and lets pass what looks like it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HealedGroups } from './invariants/healed-groups.ts'
import { MemberEpochs } from './invariants/member-epochs.ts'
import { PartitionOwners } from './invariants/partition-owners.ts'
import { RisingCommits } from './invariants/rising-commits.ts'
import type { MemberHeard, MemberOwns, Observation } from './observation.ts'

const source = { process: 0, life: 0 }
const group = 'g'

/** Answered one millisecond after it was sent. */
function heard(client: string, epoch: number, sentMs: number, rest: Partial<MemberHeard> = {}): MemberHeard {
  const timeouts = { sessionTimeoutMs: 3000, rebalanceTimeoutMs: 4000 }
  const of = { kind: 'member-heard', source, group, client, epoch, sentMs, atMs: sentMs + 1 } as const
  return { ...of, ...timeouts, joins: false, reports: false, told: null, ...rest }
}

const owns = (client: string, epoch: number, atMs: number, ...keys: string[]): MemberOwns => ({
  kind: 'member-owns',
  group,
  client,
  epoch,
  atMs,
  keys,
  isOver: false,
})

const powerCut = { kind: 'down', how: 'power' } as const

function seeAll(invariant: { see(observation: Observation): void }, seen: readonly Observation[]): void {
  for (const observation of seen) invariant.see(observation)
}

const ownsFirst = [heard('a', 2, 0, { joins: true, told: ['t-0'] }), owns('a', 2, 10, 't-0')]
const second = (epoch: number, atMs: number): readonly Observation[] => [
  heard('b', epoch, atMs - 2, { joins: true, told: ['t-0'] }),
  owns('b', epoch, atMs, 't-0'),
]

test('two owners', () => {
  const see = (...seen: Observation[]): void => seeAll(new PartitionOwners(), [...ownsFirst, ...seen])
  assert.throws(() => see(...second(3, 2000)), /b owns it in epoch 3, a in epoch 2/)
  assert.throws(() => see(...second(2, 20_000)), /b owns it in epoch 2, a in epoch 2/)
  see(...second(3, 3001))
  // All were gone, and the group has begun anew.
  const begins = heard('c', 1, 5000, { joins: true, told: [] })
  see(begins, ...second(2, 20_000))
  assert.throws(() => see({ ...begins, epoch: 2 }, ...second(2, 20_000)), /b owns it in epoch 2, a in epoch 2/)
  assert.throws(() => see(heard('a', 2, 5001), begins, ...second(2, 20_000)), /b owns it in epoch 2, a in epoch 2/)
  see(owns('a', 2, 500), ...second(3, 600))
  see(powerCut, heard('b', 3, 500, { source: { process: 1, life: 1 }, told: ['t-0'] }), owns('b', 3, 501, 't-0'))
  // It is heard, and does not give up what it was told to.
  const late = [0, 1000, 2000, 3000, 4000].map((ms) => heard('a', 2, ms, ms === 1000 ? { told: [] } : {}))
  assert.throws(() => see(...late, ...second(3, 3990)), /b owns it in epoch 3, a in epoch 2/)
  see(...late, ...second(3, 4001))
  // Of what it was given and never took, it does not say that it will not.
  const silent = (reports: boolean): readonly Observation[] => [
    heard('a', 3, 100, { told: ['t-0', 't-1'] }),
    ...[1000, 2000, 3000, 4000].map((ms) => heard('a', 3, ms, ms === 1000 ? { told: ['t-0'] } : { reports })),
  ]
  see(...silent(false), ...second(4, 4101))
  assert.throws(() => see(...silent(true), ...second(4, 4101)), /b owns it in epoch 4, a in epoch 2/)
})

test('an epoch that falls', () => {
  const see = (...seen: Observation[]): void => seeAll(new MemberEpochs(), seen)
  const joins = { joins: true }
  assert.throws(() => see(heard('a', 5, 0, joins), heard('a', 4, 100)), /a is told epoch 4 after 5/)
  assert.throws(() => see(heard('a', 5, 0, joins), heard('b', 4, 100, joins)), /b joins in epoch 4, 5 was told/)
  see(heard('a', 5, 0, joins), heard('b', 5, 100, joins), heard('a', 6, 200))
  // The group may have been without members.
  see(heard('a', 5, 0, joins), heard('b', 1, 4000, joins))
  see(heard('a', 5, 0, joins), { ...owns('a', 5, 50), isOver: true }, heard('b', 1, 100, joins))
  see(heard('a', 5, 0, joins), powerCut, heard('b', 1, 100, { joins: true, source: { process: 1, life: 1 } }))
  // Both were on their way at the same time.
  see(heard('a', 5, 0, { joins: true, atMs: 50 }), heard('b', 4, 40, { joins: true, atMs: 60 }))
})

test('a commit that goes back, or is lost', () => {
  const see = (...seen: Observation[]): void => seeAll(new RisingCommits(), seen)
  const commit = (kind: 'commit-sent' | 'commit-acknowledged', id: number, offset: number): Observation => ({
    kind,
    source,
    key: 'g t-0',
    generationId: 2,
    id,
    offset,
  })
  const committed = (offset: number): Observation => ({ kind: 'committed', key: 'g t-0', offset, logEndOffset: 100 })
  const first = [commit('commit-sent', 1, 10), commit('commit-acknowledged', 1, 10)]
  assert.throws(
    () => see(...first, commit('commit-sent', 2, 9), commit('commit-acknowledged', 2, 9)),
    /9 is committed in epoch 2, 10 was before/,
  )
  assert.throws(() => see(...first, committed(9)), /committed is 9, 10 was acknowledged/)
  see(...first, committed(10))
  see(...first, powerCut, committed(3))
  // Sent before the other was answered: it may have come first.
  see(commit('commit-sent', 2, 9), ...first, commit('commit-acknowledged', 2, 9), committed(10))
})

test('a group that does not come to rest', () => {
  const state = (healingForMs: number, rest: { state?: string; committed?: number } = {}): Observation => ({
    kind: 'group-state',
    group,
    state: rest.state ?? 'Stable',
    committed: new Map([['t-0', rest.committed ?? 1]]),
    ends: new Map([['t-0', 1]]),
    healingForMs,
  })
  const acknowledged: Observation = { kind: 'acknowledged', key: 't-0', source, baseOffset: 0, values: ['v'] }
  const read: Observation = { kind: 'read', group, key: 't-0', values: ['v'] }
  const seen = (...all: Observation[]): HealedGroups => {
    const invariant = new HealedGroups({ groups: [group], keys: ['t-0'], limitMs: 1000 })
    seeAll(invariant, all)
    return invariant
  }
  const good = [acknowledged, owns('a', 2, 0, 't-0'), read]
  assert.equal(seen(...good, state(900)).areAtRest, true)
  assert.equal(seen(...good, state(900, { state: 'Assigning' })).areAtRest, false)
  assert.throws(() => seen(...good, state(1100, { state: 'Assigning' })), /g: is Assigning/)
  assert.throws(() => seen(acknowledged, owns('a', 2, 0, 't-0'), state(1100)), /g: has not read v/)
  assert.throws(() => seen(...good, owns('a', 2, 5), state(1100)), /g: owns $/)
  assert.throws(() => seen(...good, owns('b', 2, 5, 't-0'), state(1100)), /g: owns t-0,t-0/)
  assert.throws(() => seen(...good, state(1100, { committed: 0 })), /g: has committed 0 of 1 of t-0/)
})
