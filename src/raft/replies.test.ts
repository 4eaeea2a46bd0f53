/** What each role does with each answer to what it has asked, in tables; and answers that are no help. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ErrorCode } from '../protocol/index.ts'
import { buildBatch } from '../records/index.ts'
import type { FetchReply, FetchRequest, Outcome, OutgoingRequest, QuorumReply, ReplyHead } from './messages.ts'
import { dynamic, endpointsOf, key, Lab, setOf } from './testdata/lab.ts'
import { roles, table } from './testdata/roles.ts'

const head = (changes: Partial<ReplyHead> = {}): ReplyHead => ({
  ...{ errorCode: ErrorCode.NONE, epoch: 5, leaderId: -1, leaderEndpoints: [] },
  ...changes,
})

const led = (epoch: number, leaderId: number): Partial<ReplyHead> => ({
  ...{ epoch, leaderId, leaderEndpoints: endpointsOf(leaderId) },
})

const none = { highWatermark: -1, diverging: undefined, snapshot: undefined, batches: [] }

/** What would answer a request of this kind. */
function replyTo({ request }: OutgoingRequest, of: ReplyHead): QuorumReply {
  switch (request.kind) {
    case 'vote':
      return { kind: 'vote', ...of, isGranted: false }
    case 'begin-epoch':
    case 'end-epoch':
      return { kind: request.kind, ...of }
    default:
      return { kind: 'fetch', ...of, ...none }
  }
}

/** The role, where it is another now; else whether it asks again at once. */
function outcome(lab: Lab, of: (asked: OutgoingRequest) => Outcome): string {
  const { kind } = lab.raft.role
  lab.pass(500)
  const asked = lab.requests.at(-1)
  if (asked === undefined) return 'asks nothing'
  lab.requests = []
  lab.raft.settled(asked, of(asked), lab.nowMs)
  lab.pump()
  const { role } = lab.raft
  if (role.kind !== kind || role.epoch !== 5) return `-> ${role.kind} ${role.epoch}`
  if (lab.requests.some(({ to, request }) => to.id === asked.to.id && request.kind === asked.request.kind))
    return 'again'
  return lab.requests.length > 0 ? 'another' : 'waits'
}

test('answers', () => {
  const reply =
    (changes: Partial<ReplyHead>) =>
    (asked: OutgoingRequest): Outcome => ({
      ...{ kind: 'reply', reply: replyTo(asked, head(changes)) },
    })
  const cases: Readonly<Record<string, (asked: OutgoingRequest) => Outcome>> = {
    'none comes': () => ({ kind: 'failed' }),
    'it is not known': () => ({ kind: 'unsupported' }),
    'without news': reply({}),
    'of the same leader': reply(led(5, 2)),
    'of another leader': reply(led(5, 3)),
    'of this node, as the leader': reply(led(5, 1)),
    'of a later epoch': reply({ epoch: 6, errorCode: ErrorCode.FENCED_LEADER_EPOCH }),
    'of the leader of a later epoch': reply({ ...led(6, 3), errorCode: ErrorCode.FENCED_LEADER_EPOCH }),
    'of a leader of a later epoch, nowhere known': reply({ epoch: 6, leaderId: 9 }),
    'of this node, as the leader of a later epoch': reply(led(6, 1)),
    'of an earlier epoch': reply({ epoch: 4, errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH }),
    'of who does not lead': reply({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }),
    'of who does not, and knows who does': reply({ ...led(5, 3), errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }),
    'it is refused': reply({ errorCode: ErrorCode.INVALID_REQUEST }),
    'it is for another voter': reply({ errorCode: ErrorCode.INVALID_VOTER_KEY }),
    'of another cluster': reply({ errorCode: ErrorCode.INCONSISTENT_CLUSTER_ID }),
  }
  const became = table(Object.keys(cases), (name, lab) => {
    const of = cases[name]
    assert.ok(of !== undefined)
    return outcome(lab, of)
  })
  assert.equal(
    became,
    `
  none comes: follower of 2, fetching from 2: another; else waits
  it is not known: prospective: -> candidate 6; follower of 2, fetching from 2: another; else waits
  without news: follower of 2, fetching from 2: again; else waits
  of the same leader: follower of 2, fetching from 2: again; leader, resigned: waits; else -> follower 5
  of another leader: follower of 2, fetching from 2: another; leader, resigned: waits; else -> follower 5
  of this node, as the leader: follower of 2, fetching from 2: another; else waits
  of a later epoch: -> unattached 6
  of the leader of a later epoch: -> follower 6
  of a leader of a later epoch, nowhere known: -> unattached 6
  of this node, as the leader of a later epoch: -> unattached 7
  of an earlier epoch: follower of 2, fetching from 2: another; else waits
  of who does not lead: follower of 2, fetching from 2: another; else waits
  of who does not, and knows who does: follower of 2, fetching from 2: another; leader, resigned: waits; else -> follower 5
  it is refused: follower of 2, fetching from 2: another; else waits
  it is for another voter: follower of 2, fetching from 2: another; else waits
  of another cluster: follower of 2, fetching from 2: another; else waits
`,
  )
})

test('votes', () => {
  const granted = (isGranted: boolean, from: readonly number[], stand: 'prospective' | 'candidate'): string => {
    const lab = roles.get(stand)?.()
    assert.ok(lab !== undefined)
    for (const vote of lab.take('vote')) {
      if (!from.includes(vote.to.id) || lab.raft.role.kind !== stand) continue
      lab.answer(vote, { kind: 'vote', ...head(), isGranted })
    }
    return lab.raft.role.kind
  }
  for (const [stand, won] of [
    ['prospective', 'candidate'],
    ['candidate', 'leader'],
  ] as const) {
    assert.equal(granted(true, [2], stand), won, 'with its own vote two of three')
    assert.equal(granted(false, [2], stand), stand, 'the other may still vote for it')
    assert.equal(
      granted(false, [2, 3], stand),
      stand === 'candidate' ? stand : 'unattached',
      'a candidate waits in its epoch',
    )
  }
})

const fetched = (changes: Partial<FetchReply>): FetchReply => ({ kind: 'fetch', ...head(), ...none, ...changes })

test('of a leader with several listeners that of the own name is spoken to', () => {
  const lab = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)) })
  const leaderEndpoints = [{ name: 'OTHER', host: 'elsewhere', port: 1 }, ...endpointsOf(2)]
  lab.ask({ kind: 'begin-epoch', epoch: 5, leaderId: 2, leaderEndpoints, voter: key(1) })
  assert.deepEqual(lab.take('fetch').at(-1)?.to.endpoint, endpointsOf(2)[0])
})

test('a leader that resigned and names nobody is succeeded at once', () => {
  const lab = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)), endOffset: 9 }).follow()
  lab.ask({ kind: 'end-epoch', epoch: 5, leaderId: 2, leaderEndpoints: endpointsOf(2), preferred: [] })
  lab.pass(0)
  assert.equal(lab.raft.role.kind, 'prospective')
  const second = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)), endOffset: 9 }).follow()
  second.ask({ kind: 'end-epoch', epoch: 5, leaderId: 2, leaderEndpoints: endpointsOf(2), preferred: [key(3)] })
  second.pass(999)
  assert.equal(second.raft.role.kind, 'follower', 'who is not named comes last')
  second.pass(1)
  assert.equal(second.raft.role.kind, 'prospective')
})

test('who has lost its leader does not say that it has flushed what it has not', () => {
  const lab = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)), bootstrap: endpointsOf(2), endOffset: 5 }).follow()
  const { raft } = lab
  const [fetch] = lab.take('fetch').slice(-1)
  assert.ok(fetch !== undefined)
  const bytes = buildBatch([{ timestampMs: 1, key: null, value: Buffer.from('x') }], { baseOffset: 5, leaderEpoch: 5 })
  // From here on the test is the disk: nothing is flushed.
  const batch = { baseOffset: 5, lastOffset: 5, epoch: 5, bytes }
  raft.settled(fetch, { kind: 'reply', reply: fetched({ ...led(5, 2), batches: [batch] }) }, 1)
  assert.equal(raft.endOffset, 6)
  const candidate = key(3)
  raft.receive(
    99,
    { kind: 'vote', isPreVote: false, epoch: 6, candidate, voter: key(1), log: { offset: 0, epoch: 1 } },
    2,
  )
  assert.equal(raft.role.kind, 'unattached')
  const { entries, requests } = raft.ready()
  assert.deepEqual([entries.length, requests], [1, []])
  raft.flushed(6, 3)
  assert.deepEqual(
    raft.ready().requests.map(({ request }) => request.kind === 'fetch' && request.fetchOffset),
    [6],
  )
})

test('an observer that knows no other address asks its leader again', () => {
  const election = { epoch: 1, leaderId: 2, voted: undefined }
  const lab = new Lab({ self: key(9), logged: dynamic(-1, setOf(1, 2, 3)), bootstrap: [], election })
  for (let i = 0; i < 3; i++) {
    assert.deepEqual(
      lab.take('fetch').map(({ to }) => to.id),
      [2],
    )
    lab.pass(lab.raft.wakeMs - lab.nowMs)
  }
})

test('the last epoch there is leads to no other', () => {
  const last = 2 ** 31 - 1
  const voted = { logged: dynamic(-1, setOf(1, 2, 3)), election: { epoch: last, leaderId: -1, voted: undefined } }
  const led = { logged: dynamic(-1, setOf(1)), election: { epoch: last, leaderId: 1, voted: undefined } }
  for (const options of [voted, led]) {
    const lab = new Lab(options)
    for (let i = 0; i < 10; i++) lab.pass(5000)
    assert.equal(lab.raft.epoch, last)
    assert.deepEqual(lab.take('vote'), [])
    assert.equal(lab.raft.isLeader, false)
  }
  const lab = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)) })
  lab.ask({ kind: 'begin-epoch', epoch: last, leaderId: 1, leaderEndpoints: [], voter: key(1) })
  assert.deepEqual([lab.raft.epoch, lab.raft.role.kind], [last, 'unattached'])
  assert.match(lab.warnings.join(), /epoch 2147483647 is the last one there is/)
})

test('a vote for another directory of this id is not taken for its own', () => {
  const election = { epoch: 5, leaderId: -1, voted: key(1, 'b') }
  const { raft } = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)), election })
  assert.deepEqual([raft.role.kind, raft.role.voted], ['unattached', key(1, 'b')])
})

test('a change of the role alone is something to be told', () => {
  const election = { epoch: 5, leaderId: -1, voted: undefined }
  const lab = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)), endOffset: 9, election })
  lab.pass(2000)
  assert.deepEqual([lab.raft.role.kind, lab.raft.hasReady], ['prospective', false])
  const [first, second] = lab.take('vote')
  assert.ok(first !== undefined && second !== undefined)
  lab.raft.settled(first, { kind: 'reply', reply: { kind: 'vote', ...head(), isGranted: false } }, lab.nowMs)
  assert.equal(lab.raft.hasReady, false)
  lab.raft.settled(second, { kind: 'reply', reply: { kind: 'vote', ...head(), isGranted: false } }, lab.nowMs)
  assert.deepEqual([lab.raft.role.kind, lab.raft.hasReady], ['unattached', true])
})

test('a leader gives no more than eight MiB at once, whatever is asked for; and names itself while it resigns', () => {
  const lab = roles.get('leader')?.()
  assert.ok(lab !== undefined)
  const { raft } = lab
  const fetch: FetchRequest = {
    ...{ kind: 'fetch', epoch: 5, replica: key(3), fetchOffset: 9, lastFetchedEpoch: 1, highWatermark: -1 },
    ...{ maxWaitMs: 500, maxBytes: 2 ** 31 - 1 },
  }
  raft.receive(50, fetch, lab.nowMs)
  const [answer] = raft.ready().answers
  assert.deepEqual(answer?.read, { of: 'log', offset: 9, bytesMax: 8 * 1024 * 1024 })
  const waiting = lab.ask({ ...fetch, replica: key(7), fetchOffset: raft.endOffset, lastFetchedEpoch: 5 })
  raft.stop(lab.nowMs)
  lab.pump()
  const told = lab.answers.get(waiting)
  assert.ok(told?.kind === 'fetch')
  const { errorCode, leaderId, leaderEndpoints } = told
  assert.deepEqual([errorCode, leaderId, leaderEndpoints], [ErrorCode.NOT_LEADER_OR_FOLLOWER, 1, endpointsOf(1)])
})
