/** A follower and its own vote: what it asks of its leader, when, and what it does with the answers. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroUuid } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import { batchHeader, buildControlBatch } from '../records/index.ts'
import type { FetchedBatch, OutgoingRequest, QuorumReply } from './index.ts'
import { VoterSet } from './index.ts'
import { encodeQuorumRecord } from './quorum-records.ts'
import { dynamic, endpointsOf, key, Lab, type LabOptions, setOf, voter } from './testdata/lab.ts'

const fetchTimeoutMs = 2000
const head = { epoch: 5, leaderId: 2, leaderEndpoints: endpointsOf(2) }

/** Its checksum is right, and it says that it has more records than there are. */
function miscounted(batch: Uint8Array): Uint8Array {
  const bytes = Buffer.from(batch)
  bytes.writeInt32BE(2, 57)
  batchHeader.patchCrc(bytes, new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0)
  return bytes
}

/** Fetches for so long, one fetch after the other, and tells what it asks instead of one. */
function asked(lab: Lab, ms: number): OutgoingRequest[] {
  for (let passed = 0; passed < ms; passed += 250) {
    lab.pass(250)
    const changes = [...lab.take('update-voter'), ...lab.take('add-voter'), ...lab.take('remove-voter')]
    if (changes.length > 0) return changes
    lab.feed()
  }
  return []
}

const following = (options: LabOptions) => new Lab({ endOffset: 9, ...options }).follow()

test('once in a fetch time-out a follower looks whether its vote is as it should be', () => {
  const self = key(1)
  const endpoints = endpointsOf(1)
  const kraftVersions = { min: 0, max: 1 }
  const update = { kind: 'update-voter', epoch: 5, voter: self, endpoints, kraftVersions }
  const moved = new VoterSet([{ ...voter(1), endpoints: [{ name: 'CONTROLLER', host: 'old', port: 1 }] }, voter(2)])
  const old = new VoterSet([{ ...voter(1), kraftVersions: { min: 0, max: 0 } }, voter(2)])
  const configured = new VoterSet([1, 2].map((id) => ({ id, directoryId: zeroUuid, endpoints: endpointsOf(id) })))
  const former = new VoterSet([voter(1, 'b'), voter(2)])
  const cases: readonly (readonly [string, LabOptions, object | undefined])[] = [
    ['a voter as the log says', { logged: dynamic(3, setOf(1, 2)) }, undefined],
    ['a voter that has moved', { logged: dynamic(3, moved) }, update],
    ['a voter of other versions', { logged: dynamic(3, old) }, update],
    ['a voter of a configuration', { voters: configured }, update],
    ['an observer', { logged: dynamic(3, setOf(2)) }, undefined],
    [
      'an observer that is to join',
      { logged: dynamic(3, setOf(2)), autoJoin: true },
      {
        kind: 'add-voter',
        voter: self,
        endpoints,
        ackWhenCommitted: false,
      },
    ],
    ['an observer that has lost its disk', { logged: dynamic(3, former) }, undefined],
    [
      'the same, that is to join',
      { logged: dynamic(3, former), autoJoin: true },
      {
        kind: 'remove-voter',
        voter: key(1, 'b'),
      },
    ],
    ['an observer of a configuration', { voters: setOf(2), autoJoin: true }, undefined],
  ]
  for (const [name, options, request] of cases) {
    const lab = following(options)
    assert.deepEqual(asked(lab, fetchTimeoutMs - 250), [], name)
    const [found] = asked(lab, fetchTimeoutMs)
    assert.deepEqual(found?.request, request, name)
    if (found !== undefined) assert.deepEqual(found.to, { id: 2, endpoint: endpointsOf(2)[0] })
  }
})

test('what the leader answers to a voter', () => {
  const configured = new VoterSet([1, 2].map((id) => ({ id, directoryId: zeroUuid, endpoints: endpointsOf(id) })))
  const answer = (errorCode: number): QuorumReply => ({ kind: 'update-voter', errorCode, ...head })
  // Whether it asks again, in the same epoch.
  const cases: readonly (readonly [number, boolean])[] = [
    [ErrorCode.NONE, false],
    [ErrorCode.UNSUPPORTED_VERSION, false],
    [ErrorCode.REQUEST_TIMED_OUT, true],
    [ErrorCode.VOTER_NOT_FOUND, true],
  ]
  for (const [code, isAskedAgain] of cases) {
    const lab = following({ voters: configured })
    const [request] = asked(lab, 2 * fetchTimeoutMs)
    assert.ok(request !== undefined)
    lab.answer(request, answer(code))
    assert.equal(asked(lab, 2 * fetchTimeoutMs).length > 0, isAskedAgain, `code ${code}`)
  }
})

test('who is no help with joining is asked again after a while', () => {
  for (const code of [ErrorCode.REQUEST_TIMED_OUT, ErrorCode.DUPLICATE_VOTER, ErrorCode.NOT_LEADER_OR_FOLLOWER]) {
    const lab = following({ logged: dynamic(3, setOf(2)), autoJoin: true })
    const [request] = asked(lab, 2 * fetchTimeoutMs)
    assert.ok(request !== undefined)
    lab.answer(request, { kind: 'add-voter', errorCode: code, errorMessage: undefined })
    lab.pass(20)
    assert.equal(asked(lab, fetchTimeoutMs - 250).length, 0, `code ${code}`)
    assert.equal(asked(lab, fetchTimeoutMs).length, 1)
  }
})

const votersBatch = (baseOffset: number, ...ids: number[]): FetchedBatch => {
  const record = encodeQuorumRecord({ kind: 'voters', voters: setOf(...ids) })
  const bytes = buildControlBatch([record], { baseOffset, leaderEpoch: 5, timestampMs: 0 })
  return { baseOffset, lastOffset: baseOffset, epoch: 5, bytes }
}

test('who is in the newest set of its log votes, and who is not observes: as soon as it is fetched', () => {
  const lab = following({ logged: dynamic(3, setOf(2, 3)) })
  lab.feed([votersBatch(9, 1, 2, 3)])
  assert.deepEqual([lab.raft.voters.ids(), lab.raft.history.votersOffset], [[1, 2, 3], 9])
  lab.take('fetch')
  lab.pass(100_000)
  assert.equal(lab.raft.role.kind, 'prospective')

  const removed = following({ logged: dynamic(3, setOf(1, 2, 3)) })
  removed.feed([votersBatch(9, 2, 3)])
  removed.feed()
  assert.equal(removed.raft.highWatermark, 10)
  for (let i = 0; i < 100; i++) removed.pass(1000)
  assert.equal(removed.raft.role.kind, 'follower', 'it does not stand for election')
})

test('a change that is cut is undone, and one that cannot be read is not taken', () => {
  const lab = following({ logged: dynamic(3, setOf(1, 2)) })
  lab.feed([votersBatch(9, 1, 2, 3)])
  const [fetch] = lab.take('fetch')
  assert.ok(fetch !== undefined)
  const diverging = { offset: 9, epoch: 1 }
  const none = { errorCode: 0, highWatermark: 0, snapshot: undefined, batches: [] }
  lab.answer(fetch, { kind: 'fetch', ...head, ...none, diverging })
  assert.deepEqual([lab.raft.voters.ids(), lab.raft.endOffset], [[1, 2], 9])

  const good = votersBatch(9, 1, 2, 3)
  const cut = encodeQuorumRecord({ kind: 'voters', voters: setOf(1) })
  const options = { baseOffset: 9, leaderEpoch: 5, timestampMs: 0 }
  const broken: readonly FetchedBatch[] = [
    { ...good, bytes: buildControlBatch([{ ...cut, value: cut.value.subarray(0, 20) }], options) },
    { ...good, bytes: buildControlBatch([cut], { ...options, baseOffset: 8 }) },
    { ...good, bytes: good.bytes.subarray(0, 70) },
    { ...good, lastOffset: 10 },
    { ...good, bytes: miscounted(good.bytes) },
    { ...good, bytes: Buffer.concat([good.bytes, good.bytes]) },
  ]
  for (const batch of broken) {
    const warned = lab.warnings.length
    lab.feed([batch])
    assert.deepEqual([lab.raft.voters.ids(), lab.raft.endOffset], [[1, 2], 9])
    assert.equal(lab.warnings.length, warned + 1)
    assert.deepEqual(lab.take('fetch'), [], 'it is not fetched again at once')
    lab.pass(20)
  }
  lab.feed([good])
  assert.deepEqual([lab.raft.voters.ids(), lab.raft.endOffset], [[1, 2, 3], 10])
})
