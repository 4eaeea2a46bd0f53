/** What each role answers to each request, and what it becomes by it: in tables. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FetchRequest, QuorumRequest, VoteRequest } from './messages.ts'
import { endpointsOf, key, type Lab } from './testdata/lab.ts'
import { nameOf, table } from './testdata/roles.ts'

/** The code, unless it is NONE; whether a vote is granted; and the role, where it is another now. */
function outcome(lab: Lab, request: QuorumRequest): string {
  const { kind } = lab.raft.role
  const reply = lab.answers.get(lab.ask(request))
  if (reply === undefined) return 'waits'
  const code = reply.errorCode === 0 ? '' : nameOf(reply.errorCode)
  const vote = reply.kind === 'vote' && code === '' ? (reply.isGranted ? 'yes' : 'no') : ''
  const { role } = lab.raft
  const became = role.kind === kind && role.epoch === 5 ? '' : `-> ${role.kind} ${role.epoch}`
  return [code, vote, became].filter((part) => part !== '').join(' ') || 'ok'
}

const compare = (cases: Readonly<Record<string, QuorumRequest>>): string =>
  table(Object.keys(cases), (name, lab) => {
    const request = cases[name]
    assert.ok(request !== undefined)
    return outcome(lab, request)
  })

const vote = (changes: Partial<VoteRequest> = {}): VoteRequest => ({
  ...{ kind: 'vote', isPreVote: false, epoch: 5, candidate: key(3), voter: key(1), log: { offset: 20, epoch: 4 } },
  ...changes,
})
const behind = { offset: 8, epoch: 1 }
/** No log has more. */
const ahead = { offset: 20, epoch: 5 }

test('votes', () => {
  const granted = compare({
    'for 3': vote(),
    'for 2': vote({ candidate: key(2) }),
    'for a 2 that lost its disk': vote({ candidate: key(2, 'b') }),
    'for who has less': vote({ log: behind }),
    'in an earlier epoch': vote({ epoch: 4, log: behind }),
    'in a later epoch': vote({ epoch: 6, log: ahead }),
    'in a later epoch, for who has less': vote({ epoch: 6, log: behind }),
  })
  assert.equal(
    granted,
    `
  for 3: unattached, prospective: yes; else no
  for 2: unattached, voted for 2, prospective: yes; else no
  for a 2 that lost its disk: unattached, prospective: yes; else no
  for who has less: no
  in an earlier epoch: FENCED_LEADER_EPOCH
  in a later epoch: yes -> unattached 6
  in a later epoch, for who has less: no -> unattached 6
`,
  )
})

test('pre-votes', () => {
  const granted = compare({
    'for 3': vote({ isPreVote: true, log: ahead }),
    'for who has less': vote({ isPreVote: true, log: behind }),
    'in an earlier epoch': vote({ isPreVote: true, epoch: 4, log: behind }),
    'in a later epoch': vote({ isPreVote: true, epoch: 6, log: ahead }),
  })
  assert.equal(
    granted,
    `
  for 3: fetching from 2, leader: no; else yes
  for who has less: no
  in an earlier epoch: FENCED_LEADER_EPOCH
  in a later epoch: yes -> unattached 6
`,
  )
})

test('votes that nobody asks for', () => {
  const refused = compare({
    'of another voter': vote({ voter: key(2) }),
    'of another directory': vote({ voter: key(1, 'b') }),
    'of another voter, in a later epoch': vote({ epoch: 6, voter: key(2) }),
    'for nobody': vote({ candidate: key(-1) }),
    'for this id': vote({ candidate: key(1, 'b') }),
    'with a log of this epoch': vote({ log: ahead }),
    'without a log': vote({ log: { offset: -1, epoch: 1 } }),
  })
  assert.equal(
    refused,
    `
  of another voter: INVALID_VOTER_KEY
  of another directory: INVALID_VOTER_KEY
  of another voter, in a later epoch: INVALID_VOTER_KEY -> unattached 6
  for nobody: INVALID_REQUEST
  for this id: INVALID_REQUEST
  with a log of this epoch: INVALID_REQUEST
  without a log: INVALID_REQUEST
`,
  )
})

test('the begin of an epoch', () => {
  const begin = { kind: 'begin-epoch', epoch: 5, leaderId: 3, leaderEndpoints: endpointsOf(3), voter: key(1) } as const
  const answered = compare({
    'of 3': begin,
    'of 2': { ...begin, leaderId: 2, leaderEndpoints: endpointsOf(2) },
    'of an earlier one': { ...begin, epoch: 4 },
    'of a later one': { ...begin, epoch: 6 },
    'for another voter': { ...begin, voter: key(2) },
    'of nobody': { ...begin, leaderId: -1 },
  })
  assert.equal(
    answered,
    `
  of 3: unattached, voted for 2, prospective, candidate: -> follower 5; else INVALID_REQUEST
  of 2: follower of 2, fetching from 2: ok; leader, resigned: INVALID_REQUEST; else -> follower 5
  of an earlier one: FENCED_LEADER_EPOCH
  of a later one: -> follower 6
  for another voter: unattached, voted for 2, prospective, candidate: INVALID_VOTER_KEY -> follower 5; else INVALID_REQUEST
  of nobody: INVALID_REQUEST
`,
  )
})

test('the end of an epoch', () => {
  const end = { kind: 'end-epoch', epoch: 5, leaderId: 2, leaderEndpoints: endpointsOf(2), preferred: [] } as const
  const answered = compare({
    'of 2': end,
    'of 3': { ...end, leaderId: 3, leaderEndpoints: endpointsOf(3) },
    'of an earlier one': { ...end, epoch: 4 },
    'of a later one': { ...end, epoch: 6 },
    'of nobody': { ...end, leaderId: -1 },
  })
  assert.equal(
    answered,
    `
  of 2: follower of 2, fetching from 2: ok; leader, resigned: INVALID_REQUEST; else -> follower 5
  of 3: unattached, voted for 2, prospective, candidate: -> follower 5; else INVALID_REQUEST
  of an earlier one: FENCED_LEADER_EPOCH
  of a later one: -> follower 6
  of nobody: INVALID_REQUEST
`,
  )
})

test('fetches', () => {
  const fetch: FetchRequest = {
    ...{ kind: 'fetch', epoch: 5, replica: key(3), fetchOffset: 9, lastFetchedEpoch: 1 },
    ...{ highWatermark: -1, maxWaitMs: 500, maxBytes: 1000 },
  }
  const answered = compare({
    'of 3': fetch,
    'of an observer': { ...fetch, replica: key(7) },
    'of this id': { ...fetch, replica: key(1) },
    'of all there is': { ...fetch, fetchOffset: 10, lastFetchedEpoch: 5 },
    'in an earlier epoch': { ...fetch, epoch: 4 },
    'in a later epoch': { ...fetch, epoch: 6 },
    'before the begin': { ...fetch, fetchOffset: -1 },
    'of an epoch to come': { ...fetch, lastFetchedEpoch: 6 },
    'without time': { ...fetch, maxWaitMs: -1 },
  })
  assert.equal(
    answered,
    `
  of 3: leader: ok; else NOT_LEADER_OR_FOLLOWER
  of an observer: leader: ok; else NOT_LEADER_OR_FOLLOWER
  of this id: leader: INVALID_REQUEST; else NOT_LEADER_OR_FOLLOWER
  of all there is: leader: ok; else NOT_LEADER_OR_FOLLOWER
  in an earlier epoch: FENCED_LEADER_EPOCH
  in a later epoch: UNKNOWN_LEADER_EPOCH
  before the begin: INVALID_REQUEST
  of an epoch to come: INVALID_REQUEST
  without time: INVALID_REQUEST
`,
  )
})

test('fetches of snapshots', () => {
  const snapshot = { offset: 9, epoch: 1 }
  const fetch = { kind: 'fetch-snapshot', epoch: 5, replica: key(3), snapshot, position: 0, maxBytes: 10 } as const
  const answered = compare({
    'of one that is not there': fetch,
    'in an earlier epoch': { ...fetch, epoch: 4 },
    'in a later epoch': { ...fetch, epoch: 6 },
    'of this id': { ...fetch, replica: key(1) },
    'of less than nothing': { ...fetch, maxBytes: -1 },
  })
  assert.equal(
    answered,
    `
  of one that is not there: leader: SNAPSHOT_NOT_FOUND; else NOT_LEADER_OR_FOLLOWER
  in an earlier epoch: FENCED_LEADER_EPOCH
  in a later epoch: UNKNOWN_LEADER_EPOCH
  of this id: leader: INVALID_REQUEST; else NOT_LEADER_OR_FOLLOWER
  of less than nothing: INVALID_REQUEST
`,
  )
})
