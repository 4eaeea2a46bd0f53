import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PartitionChangeRecord, partitionChangeRecord, partitionRecord } from '../../protocol/index.ts'
import { changedPartition, type PartitionImage, partitionFromRecord } from '../image/partition-image.ts'
import { id } from './controller-fixture.ts'
import { changeOf, type PartitionRules, type WantedChange } from './partition-change.ts'

type Given = Partial<Parameters<typeof partitionRecord.create>[0]>

const rules: PartitionRules = {
  election: 'online',
  isAcceptable: () => true,
  minInSyncReplicas: 2,
  elrEnabled: true,
  bumpsEpochOnShrink: false,
  directoryOfNew: undefined,
}
const partition = (given: Given): PartitionImage =>
  partitionFromRecord(
    partitionRecord.create({ topicId: id('t'), partitionId: 0, leaderEpoch: 5, partitionEpoch: 9, ...given }),
  )

/** What the record says, without what it leaves as it is. */
function told(record: PartitionChangeRecord | undefined) {
  if (record === undefined) return undefined
  const silent = new Map(Object.entries(partitionChangeRecord.create()))
  const said = Object.entries(record).filter(([name, value]) => silent.get(name) !== value)
  return Object.fromEntries(said.filter(([name]) => name !== 'topicId' && name !== 'partitionId'))
}

const whole = { replicas: [1, 2, 3], isr: [1, 2, 3], leader: 1 }
const leaderless = { replicas: [1, 2, 3], isr: [], leader: -1 }
const only = (...ids: readonly number[]) => ({ isAcceptable: (brokerId: number) => ids.includes(brokerId) })

interface Row {
  readonly what: string
  readonly given: Given
  readonly wanted: WantedChange
  readonly rules?: Partial<PartitionRules>
  readonly expected: object | undefined
}

const rows: readonly Row[] = [
  { what: 'nothing wanted, nothing said', given: whole, wanted: {}, expected: undefined },
  { what: 'an ISR that shrinks', given: whole, wanted: { isr: [1, 2] }, expected: { isr: [1, 2] } },
  {
    what: 'an ISR that shrinks, before 3.6: the leader is named',
    given: whole,
    wanted: { isr: [1, 2] },
    rules: { bumpsEpochOnShrink: true },
    expected: { isr: [1, 2], leader: 1 },
  },
  {
    what: 'an ISR that grows, before 3.6: it is not',
    given: { ...whole, isr: [1, 2] },
    wanted: { isr: [1, 2, 3] },
    rules: { bumpsEpochOnShrink: true },
    expected: { isr: [1, 2, 3] },
  },
  {
    what: 'below the minimum those who leave stay eligible',
    given: whole,
    wanted: { isr: [1] },
    expected: { isr: [1], eligibleLeaderReplicas: [2, 3] },
  },
  {
    what: 'at the minimum nobody is eligible beside the ISR',
    given: { ...whole, isr: [1], eligibleLeaderReplicas: [2, 3] },
    wanted: { isr: [1, 3] },
    expected: { isr: [1, 3], eligibleLeaderReplicas: [] },
  },
  {
    what: 'who stopped uncleanly is not eligible',
    given: whole,
    wanted: { isr: [1], uncleanShutdown: 2 },
    expected: { isr: [1], eligibleLeaderReplicas: [3] },
  },
  {
    what: 'without ELR the last of the ISR stays in it',
    given: { ...whole, isr: [1] },
    wanted: { isr: [] },
    rules: { elrEnabled: false, ...only(2, 3) },
    expected: { leader: -1 },
  },
  {
    what: 'with ELR it becomes eligible, and the leader is remembered',
    given: { ...whole, isr: [1] },
    wanted: { isr: [] },
    rules: only(2, 3),
    expected: { isr: [], leader: -1, eligibleLeaderReplicas: [1], lastKnownElr: [1] },
  },
  {
    what: 'who is eligible leads, and is the ISR',
    given: { ...leaderless, eligibleLeaderReplicas: [2, 3], lastKnownElr: [3] },
    wanted: {},
    rules: only(3),
    expected: { isr: [3], leader: 3, eligibleLeaderReplicas: [2], lastKnownElr: [] },
  },
  {
    what: 'who is eligible does not lead while there is an ISR',
    given: { ...whole, isr: [1], eligibleLeaderReplicas: [2, 3] },
    wanted: {},
    rules: only(2, 3),
    expected: { leader: -1, lastKnownElr: [1] },
  },
  {
    what: 'the last known leader leads if nobody is known to have everything',
    given: { ...leaderless, lastKnownElr: [3] },
    wanted: {},
    expected: { isr: [3], leader: 3, lastKnownElr: [], leaderRecoveryState: 1 },
  },
  {
    what: 'it does not while another is eligible and away',
    given: { ...leaderless, eligibleLeaderReplicas: [2], lastKnownElr: [3] },
    wanted: {},
    rules: only(3),
    expected: undefined,
  },
  {
    what: 'an unclean election takes the first that lives',
    given: { ...leaderless, eligibleLeaderReplicas: [1], lastKnownElr: [1] },
    wanted: {},
    rules: { election: 'unclean', ...only(2, 3) },
    expected: { isr: [2], leader: 2, eligibleLeaderReplicas: [], lastKnownElr: [], leaderRecoveryState: 1 },
  },
  {
    what: 'the preferred leader leads again',
    given: { ...whole, leader: 2 },
    wanted: {},
    rules: { election: 'preferred' },
    expected: { leader: 1 },
  },
  {
    what: 'not if it is out of sync',
    given: { ...whole, isr: [2, 3], leader: 2 },
    wanted: {},
    rules: { election: 'preferred' },
    expected: undefined,
  },
  {
    what: 'a reassignment is done when those who come are in sync, and who leads no more is followed by the next',
    given: { replicas: [3, 1, 2], isr: [1, 2], leader: 1, addingReplicas: [3], removingReplicas: [1] },
    wanted: { isr: [1, 2, 3] },
    expected: { replicas: [3, 2], isr: [2, 3], leader: 3, addingReplicas: [], removingReplicas: [] },
  },
  {
    what: 'it is not while one is missing',
    given: { replicas: [3, 4, 1], isr: [1], leader: 1, addingReplicas: [3, 4], removingReplicas: [1] },
    wanted: { isr: [1, 3] },
    expected: { isr: [1, 3] },
  },
  {
    what: 'fewer replicas: not while one that stays is missing',
    given: { replicas: [1, 2, 3], isr: [1, 3], leader: 1, removingReplicas: [3] },
    wanted: {},
    expected: undefined,
  },
  {
    what: 'followers that go are told by a new leader epoch',
    given: { replicas: [1, 2, 3], isr: [1, 2, 3], leader: 1, removingReplicas: [3] },
    wanted: {},
    expected: { replicas: [1, 2], isr: [1, 2], leader: 1, removingReplicas: [] },
  },
  {
    what: 'where nobody led nobody is remembered',
    given: { replicas: [1, 2, 3], isr: [1], leader: -1 },
    wanted: { replicas: [1, 2] },
    rules: only(),
    expected: { replicas: [1, 2], leader: -1 },
  },
  {
    what: 'who is no replica any more is not eligible either',
    given: { replicas: [1, 2, 3], isr: [1, 2], leader: 1, removingReplicas: [3], eligibleLeaderReplicas: [3] },
    wanted: {},
    rules: { minInSyncReplicas: 3 },
    expected: { replicas: [1, 2], leader: 1, removingReplicas: [], eligibleLeaderReplicas: [] },
  },
  {
    what: 'directories go with their replicas, new ones where a broker has one',
    given: { replicas: [1, 2], isr: [1, 2], leader: 1, directories: [id('a'), id('b')] },
    wanted: { replicas: [3, 2, 1], addingReplicas: [3] },
    rules: { directoryOfNew: (brokerId) => id(`d${brokerId}`) },
    expected: { replicas: [3, 2, 1], directories: [id('d3'), id('b'), id('a')], addingReplicas: [3] },
  },
  {
    what: 'a leader that has recovered says so',
    given: { ...whole, isr: [1], leaderRecoveryState: 1 },
    wanted: { leaderRecoveryState: 0 },
    rules: { minInSyncReplicas: 1 },
    expected: { leaderRecoveryState: 0 },
  },
]

for (const { what, given, wanted, rules: changed, expected } of rows) {
  test(what, () => {
    const before = partition(given)
    const record = changeOf(before, wanted, { ...rules, ...changed })
    assert.deepEqual(told(record), expected)
    if (record === undefined) return
    const after = changedPartition(before, record)
    assert.equal(after.partitionEpoch, 10)
    assert.equal(changeOf(after, {}, { ...rules, ...changed }), undefined, 'what is decided stands')
  })
}
