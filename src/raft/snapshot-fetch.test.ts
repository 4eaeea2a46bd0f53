/** The machine where snapshots are fetched: the pieces, the errors, and the time-outs of both sides. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroUuid } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { RaftOptions } from './core.ts'
import { emptyFetchSnapshot, type FetchSnapshotReply, type OffsetAndEpoch, type OutgoingRequest } from './messages.ts'
import { Raft } from './raft.ts'
import { times } from './testdata/joined.ts'
import { soleVoter } from './testdata/running.ts'
import { VoterSet } from './voters.ts'

const endpointsOf = (id: number) => [{ name: 'CONTROLLER', host: `node-${id}`, port: 9093 }]
const epoch = 5
const leaderOf = { epoch, leaderId: 1, leaderEndpoints: endpointsOf(1) }
const head = { errorCode: ErrorCode.NONE, ...leaderOf }
const keyOf = (id: number) => ({ id, directoryId: zeroUuid })

/** One of three voters. */
function voter(id: number, options: Partial<RaftOptions> = {}): Raft {
  return new Raft({
    ...soleVoter(id),
    endpoints: endpointsOf(id),
    voters: new VoterSet([1, 2, 3].map((it) => ({ ...keyOf(it), endpoints: endpointsOf(it) }))),
    times,
    fetchSnapshotBytesMax: 100,
    election: { epoch, leaderId: 1, voted: undefined },
    log: { startOffset: 0, endOffset: 4, epochs: [{ offset: 0, epoch: 1 }] },
    committedOffset: 0,
    nowMs: 0,
    ...options,
  })
}

const snapshot = { offset: 40, epoch: 4 }
const sizeInBytes = 250

/** A follower that has just been sent to a snapshot, and its request for the first piece. */
function sent(to: OffsetAndEpoch = snapshot): { readonly raft: Raft; readonly asks: OutgoingRequest | undefined } {
  const raft = voter(2)
  const [fetch] = raft.ready().requests
  assert.ok(fetch?.request.kind === 'fetch')
  const reply = { kind: 'fetch', ...head, highWatermark: 60, diverging: undefined, snapshot: to, batches: [] } as const
  raft.settled(fetch, { kind: 'reply', reply }, 10)
  return { raft, asks: raft.ready().requests[0] }
}

const piece = (position: number, length = 100): FetchSnapshotReply => ({
  ...emptyFetchSnapshot(head),
  ...{ snapshot, size: sizeInBytes, position, bytes: new Uint8Array(length) },
})

test('a follower asks for one piece after the other, and goes on behind the snapshot when it is whole', () => {
  const { raft, asks: first } = sent()
  let asks = first
  for (const [position, length] of [
    [0, 100],
    [100, 90],
    [190, 60],
  ] as const) {
    const wanted = { kind: 'fetch-snapshot', epoch, replica: keyOf(2), snapshot, position, maxBytes: 100 }
    assert.ok(asks !== undefined)
    assert.deepEqual([asks.to.id, asks.request], [1, wanted])
    raft.settled(asks, { kind: 'reply', reply: piece(position, length) }, 20)
    const ready = raft.ready()
    const isLast = position + length === sizeInBytes
    const [step] = ready.snapshotSteps
    assert.ok(step?.kind === 'piece')
    assert.deepEqual([step.position, step.bytes.length, step.isLast], [position, length, isLast])
    assert.deepEqual(ready.requests, [], 'the disk is waited for')
    if (isLast) assert.equal(raft.snapshotWhole(step.attempt, [], 30), true)
    else raft.snapshotWritten(step.attempt, 30)
    asks = isLast ? undefined : raft.ready().requests[0]
  }
  const { startFrom, requests, highWatermark } = raft.ready()
  assert.deepEqual([startFrom, highWatermark], [{ ...snapshot, sizeInBytes }, 40])
  assert.deepEqual([raft.log.startOffset, raft.log.end], [40, snapshot])
  const [next] = requests
  assert.ok(next?.request.kind === 'fetch')
  assert.deepEqual([next.request.fetchOffset, next.request.lastFetchedEpoch, next.request.highWatermark], [40, 4, 40])
})

test('each piece moves the deadline; the own disk is not taken for a leader that is silent', () => {
  const { raft, asks } = sent()
  assert.ok(asks !== undefined)
  raft.settled(asks, { kind: 'reply', reply: piece(0) }, 300)
  const [step] = raft.ready().snapshotSteps
  raft.tick(5000)
  assert.equal(raft.role.kind, 'follower')
  raft.snapshotWritten(step?.attempt ?? 0, 6000)
  assert.equal(raft.wakeMs, 6400)
  raft.tick(6399)
  assert.equal(raft.role.kind, 'follower')
  assert.deepEqual(raft.ready().snapshotSteps, [])
  raft.tick(6400)
  assert.equal(raft.role.kind, 'prospective')
  assert.deepEqual(
    raft.ready().snapshotSteps.map(({ kind }) => kind),
    ['drop'],
  )
  raft.snapshotWritten(step?.attempt ?? 0, 6401)
  assert.equal(raft.snapshotWhole(step?.attempt ?? 0, [], 6402), false)
})

test('what the leader has not any more is given up, and the log asked for again', () => {
  for (const errorCode of [ErrorCode.SNAPSHOT_NOT_FOUND, ErrorCode.POSITION_OUT_OF_RANGE]) {
    const { raft, asks } = sent()
    assert.ok(asks !== undefined)
    raft.settled(asks, { kind: 'reply', reply: emptyFetchSnapshot({ ...head, errorCode }) }, 200)
    assert.deepEqual([raft.role.kind, raft.wakeMs], ['follower', 220])
    const { snapshotSteps, warnings } = raft.ready()
    assert.deepEqual([snapshotSteps.map(({ kind }) => kind), warnings], [['drop'], []])
    raft.tick(220)
    assert.deepEqual(
      raft.ready().requests.map(({ request }) => request.kind),
      ['fetch'],
    )
    assert.ok(raft.wakeMs > 220)
  }
})

test('a later epoch, or a leader that says that the log goes on, ends it', () => {
  const { raft, asks } = sent()
  assert.ok(asks !== undefined)
  const fenced = { ...head, errorCode: ErrorCode.FENCED_LEADER_EPOCH, epoch: 7, leaderId: 3, leaderEndpoints: [] }
  raft.settled(asks, { kind: 'reply', reply: emptyFetchSnapshot(fenced) }, 20)
  const { snapshotSteps, requests } = raft.ready()
  assert.deepEqual([raft.epoch, raft.leaderId], [7, 3])
  assert.deepEqual([snapshotSteps.map(({ kind }) => kind), requests[0]?.request.kind], [['drop'], 'fetch'])
})

test('a snapshot that is no news is not fetched: it is told, and asked again after the back-off', () => {
  for (const wrong of [
    { offset: 40, epoch: 6 },
    { offset: 40, epoch: -1 },
    { offset: 0, epoch: 0 },
  ]) {
    const raft = voter(2)
    const [fetch] = raft.ready().requests
    assert.ok(fetch !== undefined)
    const empty = { highWatermark: 60, diverging: undefined, batches: [] }
    raft.settled(fetch, { kind: 'reply', reply: { kind: 'fetch', ...head, ...empty, snapshot: wrong } }, 10)
    const { warnings, requests } = raft.ready()
    assert.match(warnings.join(), /is not taken: it is not ahead of what is committed here/)
    assert.deepEqual([requests, raft.wakeMs], [[], 30])
    raft.tick(30)
    assert.equal(raft.ready().requests.length, 1)
    assert.ok(raft.wakeMs > 30)
  }
})

/** Leads epoch 6, as far as the machine goes. */
function leader(): Raft {
  const raft = voter(1, {
    election: { epoch, leaderId: -1, voted: undefined },
    log: {
      startOffset: 40,
      endOffset: 50,
      epochs: [{ offset: 40, epoch: 4 }],
      snapshots: [{ ...snapshot, sizeInBytes }],
    },
    committedOffset: 40,
  })
  raft.tick(1000)
  for (let i = 0; !raft.isLeader && i < 4; i++) {
    for (const request of raft.ready().requests) {
      const reply = {
        ...leaderOf,
        kind: 'vote',
        errorCode: 0,
        epoch: raft.epoch,
        leaderId: -1,
        isGranted: true,
      } as const
      if (request.request.kind === 'vote') raft.settled(request, { kind: 'reply', reply }, 1000)
    }
    raft.electionPersisted(raft.epoch, 1000)
  }
  assert.ok(raft.isLeader)
  raft.ready()
  return raft
}

function ask(raft: Raft, change: object, nowMs = 1001) {
  const whole = { epoch: raft.epoch, replica: keyOf(2), snapshot, position: 0, maxBytes: 100 }
  raft.receive(1, { kind: 'fetch-snapshot', ...whole, ...change }, nowMs)
  const [answer] = raft.ready().answers
  assert.ok(answer?.reply.kind === 'fetch-snapshot')
  return { ...answer.reply, read: answer.read }
}

test('a leader tells where the piece lies, or why there is none', () => {
  const raft = leader()
  const { errorCode, size, position, snapshot: id, read } = ask(raft, { position: 200, maxBytes: 2 ** 31 - 1 })
  assert.deepEqual([errorCode, size, position, id], [0, sizeInBytes, 200, snapshot])
  assert.deepEqual(read, { of: 'snapshot', snapshot, position: 200, bytesMax: 8 * 1024 * 1024 })
  for (const [change, code] of [
    [{ epoch: raft.epoch - 1 }, ErrorCode.FENCED_LEADER_EPOCH],
    [{ epoch: raft.epoch + 1 }, ErrorCode.UNKNOWN_LEADER_EPOCH],
    [{ replica: keyOf(1) }, ErrorCode.INVALID_REQUEST],
    [{ maxBytes: -1 }, ErrorCode.INVALID_REQUEST],
    [{ snapshot: { offset: 40, epoch: 3 } }, ErrorCode.SNAPSHOT_NOT_FOUND],
    [{ snapshot: { offset: 0, epoch: 0 } }, ErrorCode.SNAPSHOT_NOT_FOUND],
    [{ position: -1 }, ErrorCode.POSITION_OUT_OF_RANGE],
    [{ position: sizeInBytes }, ErrorCode.POSITION_OUT_OF_RANGE],
  ] as const) {
    const refused = ask(raft, change)
    assert.deepEqual([refused.errorCode, refused.read, refused.leaderId], [code, undefined, 1])
  }
  const follower = voter(2)
  assert.equal(ask(follower, {}).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
})

test('a voter that fetches a snapshot is alive, an observer keeps no leader in office', () => {
  for (const [id, isKept] of [
    [2, true],
    [9, false],
  ] as const) {
    const raft = leader()
    for (let nowMs = 1100; nowMs <= 3000; nowMs += 100) {
      raft.tick(nowMs)
      if (raft.isLeader) ask(raft, { replica: keyOf(id) }, nowMs)
    }
    assert.equal(raft.isLeader, isKept)
  }
})
