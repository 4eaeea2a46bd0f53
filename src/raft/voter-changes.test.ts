/** The checks of KIP-853, in Kafka's order and with Kafka's codes; what a change does, and when it is answered. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, zeroUuid } from '../base/index.ts'
import { ErrorCode } from '../protocol/index.ts'
import type { AddVoterRequest, ApiVersionsReply, RemoveVoterRequest, UpdateVoterRequest } from './index.ts'
import { NotLeaderError, VoterSet } from './index.ts'
import { dynamic, endpointsOf, key, Lab, type LabOptions, setOf, voter } from './testdata/lab.ts'

const add = (id: number, changes: Partial<AddVoterRequest> = {}): AddVoterRequest => ({
  kind: 'add-voter',
  voter: key(id),
  endpoints: endpointsOf(id),
  ackWhenCommitted: true,
  ...changes,
})

const remove = (id: number, letter = 'a'): RemoveVoterRequest => ({ kind: 'remove-voter', voter: key(id, letter) })

const update = (lab: Lab, id: number, changes: Partial<UpdateVoterRequest> = {}): UpdateVoterRequest => ({
  kind: 'update-voter',
  epoch: lab.raft.epoch,
  voter: key(id),
  endpoints: endpointsOf(id),
  kraftVersions: { min: 0, max: 1 },
  ...changes,
})

const elected = (voters: VoterSet, options: LabOptions = {}): Lab =>
  new Lab({ logged: dynamic(-1, voters), ...options }).elect()

/** Leads three voters, and has committed. */
function leading(voters = setOf(1, 2, 3)): Lab {
  const lab = elected(voters)
  for (const id of voters.ids()) if (id !== 1) lab.fetched(key(id))
  assert.equal(lab.raft.highWatermark, lab.raft.endOffset)
  return lab
}

/** Of a configuration, kraft.version 0. */
function leadingStatic(): Lab {
  const voters = [1, 2, 3].map((id) => ({ id, directoryId: zeroUuid, endpoints: endpointsOf(id) }))
  const lab = new Lab({ voters: new VoterSet(voters) }).elect()
  lab.fetched(key(2))
  assert.equal(lab.raft.highWatermark, 1)
  return lab
}

const fits: ApiVersionsReply = { kind: 'api-versions', errorCode: 0, kraftVersions: { min: 0, max: 1 } }

/** The new voter observes, is asked for its versions and tells them. */
function added(lab: Lab, id: number, reply: ApiVersionsReply = fits, request = add(id)): number {
  lab.fetched(request.voter)
  const token = lab.ask(request)
  const [asked] = lab.take('api-versions')
  assert.deepEqual(asked?.to, { id, endpoint: endpointsOf(id)[0] })
  lab.answer(asked, reply)
  return token
}

const { REQUEST_TIMED_OUT, UNSUPPORTED_VERSION, INVALID_REQUEST, NOT_LEADER_OR_FOLLOWER } = ErrorCode
const { DUPLICATE_VOTER, VOTER_NOT_FOUND, NONE, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH } = ErrorCode

test('who leads says who votes: before anything else in a new quorum, and when its own listener is another', () => {
  const moved = { ...voter(1), endpoints: [{ name: 'CONTROLLER', host: 'elsewhere', port: 1 }] }
  const old = { ...voter(1), kraftVersions: { min: 0, max: 0 } }
  const cases: readonly (readonly [string, LabOptions, boolean])[] = [
    ['the snapshot that the quorum began with', { logged: dynamic(-1, setOf(1)) }, true],
    ['a log', { logged: dynamic(3, setOf(1)), endOffset: 9 }, false],
    ['another listener', { logged: dynamic(3, new VoterSet([moved])), endOffset: 9 }, true],
    ['other versions', { logged: dynamic(3, new VoterSet([old])), endOffset: 9 }, true],
    ['a configuration', { voters: new VoterSet([{ id: 1, directoryId: zeroUuid, endpoints: [] }]) }, false],
  ]
  for (const [name, options, isSaid] of cases) {
    const lab = new Lab(options).elect()
    const [version, voters] = lab.said
    assert.equal(version !== undefined, isSaid, name)
    assert.equal(lab.entries.length, 1, 'one batch')
    assert.equal(lab.raft.endOffset, (options.endOffset ?? 0) + (isSaid ? 3 : 1), name)
    assert.equal(lab.raft.highWatermark, lab.raft.endOffset, name)
    if (!isSaid) continue
    assert.deepEqual(version, { kind: 'kraft-version', version: 1 })
    assert.ok(voters?.kind === 'voters' && voters.voters.equals(setOf(1)), name)
    assert.equal(lab.raft.history.votersOffset, lab.raft.endOffset - 1)
  }
})

test('a change is refused', () => {
  const changing = (): Lab => {
    const lab = leading()
    lab.ask(update(lab, 3, { endpoints: [...endpointsOf(3), { name: 'OTHER', host: 'h', port: 1 }] }))
    return lab
  }
  const removing = (): Lab => {
    const lab = leading()
    lab.ask(remove(3))
    return lab
  }
  const following = () => new Lab({ logged: dynamic(-1, setOf(1, 2, 3)) }).follow()
  const unfenced = () => elected(setOf(1, 2, 3))
  const staticUnfenced = () =>
    new Lab({ voters: new VoterSet([1, 2].map((id) => ({ ...voter(id), directoryId: zeroUuid }))) }).elect()
  const cases: readonly (readonly [string, () => Lab, AddVoterRequest | RemoveVoterRequest, number])[] = [
    ['a follower', following, add(4), NOT_LEADER_OR_FOLLOWER],
    ['a follower', following, remove(3), NOT_LEADER_OR_FOLLOWER],
    ['no directory', leading, add(4, { voter: { id: 4, directoryId: zeroUuid } }), INVALID_REQUEST],
    ['no id', leading, { kind: 'remove-voter', voter: { ...key(3), id: -1 } }, INVALID_REQUEST],
    ['no listener', leading, add(4, { endpoints: [{ name: 'OTHER', host: 'h', port: 1 }] }), INVALID_REQUEST],
    ['another change', removing, add(4), REQUEST_TIMED_OUT],
    ['another change', removing, remove(2), REQUEST_TIMED_OUT],
    ['another change, and a duplicate', removing, add(2), REQUEST_TIMED_OUT],
    ['nothing is committed in the epoch', unfenced, add(4), REQUEST_TIMED_OUT],
    ['nothing is committed in the epoch', unfenced, remove(3), REQUEST_TIMED_OUT],
    ['nothing is committed, and static', staticUnfenced, add(4), REQUEST_TIMED_OUT],
    ['a static quorum', leadingStatic, add(4), UNSUPPORTED_VERSION],
    ['a static quorum, and a duplicate', leadingStatic, add(2), UNSUPPORTED_VERSION],
    ['a static quorum', leadingStatic, remove(2), UNSUPPORTED_VERSION],
    ['the last change is not committed', changing, add(4), REQUEST_TIMED_OUT],
    ['the last change is not committed', changing, remove(3), REQUEST_TIMED_OUT],
    ['a duplicate', leading, add(3), DUPLICATE_VOTER],
    ['a duplicate in another directory', leading, add(3, { voter: key(3, 'b') }), DUPLICATE_VOTER],
    ['no voter', leading, remove(4), VOTER_NOT_FOUND],
    ['a voter in another directory', leading, remove(3, 'b'), VOTER_NOT_FOUND],
    ['the only voter', () => leading(setOf(1)), remove(1), VOTER_NOT_FOUND],
  ]
  for (const [name, make, request, code] of cases) {
    const lab = make()
    const before = lab.raft.endOffset
    assert.equal(lab.code(lab.ask(request)), code, `${request.kind}: ${name}`)
    assert.equal(lab.raft.endOffset, before)
    assert.deepEqual(lab.take('api-versions'), [])
  }
})

test('a new voter is refused that does not fit, or lags behind', () => {
  const cases: readonly (readonly [string, ApiVersionsReply, number])[] = [
    ['an error', { ...fits, errorCode: ErrorCode.UNSUPPORTED_VERSION }, REQUEST_TIMED_OUT],
    ['no feature', { ...fits, kraftVersions: undefined }, INVALID_REQUEST],
    ['too old', { ...fits, kraftVersions: { min: 0, max: 0 } }, INVALID_REQUEST],
    ['too new', { ...fits, kraftVersions: { min: 2, max: 3 } }, INVALID_REQUEST],
  ]
  for (const [name, reply, code] of cases) {
    const lab = leading()
    assert.equal(lab.code(added(lab, 4, reply)), code, name)
    assert.deepEqual(lab.raft.voters.ids(), [1, 2, 3])
    assert.equal(lab.code(lab.ask(remove(3))), undefined, 'the next change may begin')
  }
  const heard: readonly (readonly [string, (lab: Lab) => void])[] = [
    ['never heard of', () => undefined],
    ['in another directory', (lab) => lab.fetched(key(4, 'b'))],
    ['never at the end', (lab) => lab.fetched(key(4), 1)],
  ]
  for (const [name, hear] of heard) {
    const lab = leading()
    hear(lab)
    const token = lab.ask(add(4))
    const [asked] = lab.take('api-versions')
    assert.ok(asked !== undefined)
    lab.answer(asked, fits)
    assert.equal(lab.code(token), REQUEST_TIMED_OUT, name)
  }
})

test('a new voter that cannot be reached, or does not answer in time', () => {
  const lab = leading()
  const failed = lab.ask(add(4))
  const [asked] = lab.take('api-versions')
  assert.ok(asked !== undefined)
  lab.fail(asked)
  assert.equal(lab.code(failed), REQUEST_TIMED_OUT)
  assert.equal(lab.code(lab.ask(add(4))), REQUEST_TIMED_OUT, 'it is not asked again at once')
  lab.pass(20)
  const silent = lab.ask(add(4))
  for (let ms = 0; ms < 2000; ms += 500) {
    assert.equal(lab.code(silent), undefined)
    for (const id of [2, 3]) lab.fetched(key(id))
    lab.pass(500)
  }
  assert.equal(lab.code(silent), REQUEST_TIMED_OUT)
})

test('a voter is added: it counts when it is in the log, and the answer waits for the new majority', () => {
  const lab = leading()
  const token = added(lab, 4)
  assert.deepEqual(lab.raft.voters.ids(), [1, 2, 3, 4])
  assert.deepEqual(lab.said.at(-1), { kind: 'voters', voters: lab.raft.voters })
  lab.fetched(key(4))
  assert.equal(lab.code(token), undefined, 'two of four are no majority')
  assert.equal(lab.raft.highWatermark, lab.raft.endOffset - 1)
  lab.fetched(key(2))
  assert.equal(lab.code(token), NONE)
  assert.equal(lab.raft.highWatermark, lab.raft.endOffset)
  assert.deepEqual(lab.raft.voters.voterOf(4), voter(4))
})

test('who does not wait for the commit is answered when the change is in the log, once', () => {
  const lab = leading()
  const token = added(lab, 4, fits, add(4, { ackWhenCommitted: false }))
  assert.equal(lab.code(token), NONE)
  lab.answers.clear()
  assert.equal(lab.code(lab.ask(add(5))), REQUEST_TIMED_OUT, 'it is not done')
  for (const id of [2, 4]) lab.fetched(key(id))
  assert.equal(lab.code(token), undefined)
  assert.equal(lab.raft.highWatermark, lab.raft.endOffset)
})

test('a change that is not committed in time is answered so; it stays in the log', () => {
  const lab = leading()
  const token = lab.ask(remove(3))
  lab.fetched(key(2), 1)
  lab.pass(2000)
  assert.equal(lab.code(token), REQUEST_TIMED_OUT)
  assert.deepEqual(lab.raft.voters.ids(), [1, 2])
  assert.equal(lab.code(lab.ask(remove(2))), REQUEST_TIMED_OUT, 'one that is not committed is in the way')
})

test('a voter that is removed counts no more; what is known of it stays', () => {
  const lab = leading()
  const token = lab.ask(remove(3))
  lab.fetched(key(3))
  assert.equal(lab.code(token), undefined)
  lab.fetched(key(2))
  assert.equal(lab.code(token), NONE)
  assert.ok(lab.raft.progress(lab.nowMs).some(({ key: replica }) => replica.id === 3))
})

test('a leader that removes itself leads on without its vote until that is committed, then tells the others', () => {
  const lab = leading()
  const token = lab.ask(remove(1))
  assert.deepEqual(lab.raft.voters.ids(), [2, 3])
  lab.fetched(key(2))
  assert.deepEqual([lab.code(token), lab.raft.isLeader], [undefined, true])
  lab.fetched(key(3))
  assert.deepEqual([lab.code(token), lab.raft.role.kind], [NONE, 'resigned'])
  const told = lab.take('end-epoch')
  assert.deepEqual(told.map(({ to }) => to.id).sort(), [2, 3])
  lab.pass(10_000)
  assert.equal(lab.raft.role.kind, 'unattached')
  lab.pass(100_000)
  assert.equal(lab.raft.role.kind, 'unattached', 'it observes')
})

test('of two voters, the one that removed itself and died before the other knew leads once more', () => {
  const endOffset = 9
  const logged = [...dynamic(3, setOf(1, 2)), { offset: 8, record: { kind: 'voters', voters: setOf(2) } } as const]
  const lab = new Lab({ logged, endOffset }).elect()
  assert.equal(lab.raft.endOffset, endOffset + 1, 'it has no vote, and the other one gives it its own')
  lab.fetched(key(2))
  assert.deepEqual([lab.raft.highWatermark, lab.raft.role.kind], [endOffset + 1, 'resigned'])
  const observer = new Lab({ logged, endOffset, committedOffset: endOffset })
  observer.pass(100_000)
  assert.equal(observer.raft.role.kind, 'unattached', 'what is committed is')
})

test('it resigns also where its request had timed out before', () => {
  const lab = leading()
  const token = lab.ask(remove(1))
  for (let ms = 0; ms < 2000; ms += 500) {
    for (const id of [2, 3]) lab.fetched(key(id), 1)
    lab.pass(500)
  }
  assert.deepEqual([lab.code(token), lab.raft.isLeader], [REQUEST_TIMED_OUT, true])
  for (const id of [2, 3]) lab.fetched(key(id))
  assert.equal(lab.raft.role.kind, 'resigned')
})

test('who stops to lead says so to who waits', () => {
  const leaderEndpoints = endpointsOf(2)
  const ends: readonly ((lab: Lab) => unknown)[] = [
    (lab) => lab.ask({ kind: 'begin-epoch', epoch: 9, leaderId: 2, leaderEndpoints, voter: undefined }),
    (lab) => {
      lab.raft.stop(lab.nowMs)
      lab.pump()
    },
  ]
  for (const end of ends) {
    for (const request of [add(4), remove(3)]) {
      const lab = leading()
      const token = lab.ask(request)
      end(lab)
      assert.equal(lab.code(token), NOT_LEADER_OR_FOLLOWER)
    }
  }
})

test('a leader that loses its epoch forgets a change that it had not handed out', () => {
  const { raft } = leading()
  raft.receive(99, remove(3), 0)
  assert.deepEqual(raft.voters.ids(), [1, 2])
  raft.receive(
    100,
    { kind: 'begin-epoch', epoch: 9, leaderId: 2, leaderEndpoints: endpointsOf(2), voter: undefined },
    0,
  )
  assert.deepEqual(raft.voters.ids(), [1, 2, 3])
})

test('the only voter that adds another has its time: it does not resign at once', () => {
  const lab = leading(setOf(1))
  lab.pass(1_000_000)
  added(lab, 2)
  assert.equal(lab.raft.isLeader, true)
  lab.pass(2900)
  assert.equal(lab.raft.isLeader, true)
  lab.pass(200)
  assert.equal(lab.raft.role.kind, 'resigned')
})

test('a voter updates itself', () => {
  const endpoints = [{ name: 'CONTROLLER', host: 'moved', port: 9 }]
  const cases: readonly (readonly [string, Partial<UpdateVoterRequest>, number])[] = [
    ['an epoch that is over', { epoch: 0 }, FENCED_LEADER_EPOCH],
    ['an epoch to come', { epoch: 99 }, UNKNOWN_LEADER_EPOCH],
    ['no directory', { voter: { id: 3, directoryId: zeroUuid } }, INVALID_REQUEST],
    ['the leader', { voter: key(1) }, INVALID_REQUEST],
    ['no listener', { endpoints: [] }, INVALID_REQUEST],
    ['a range below zero', { kraftVersions: { min: -1, max: 1 } }, INVALID_REQUEST],
    ['a range that is none', { kraftVersions: { min: 2, max: 1 } }, INVALID_REQUEST],
    ['a version that is too old', { kraftVersions: { min: 0, max: 0 } }, INVALID_REQUEST],
    ['no voter', { voter: key(4) }, VOTER_NOT_FOUND],
    ['a voter in another directory', { voter: key(3, 'b') }, VOTER_NOT_FOUND],
    ['a listener that has moved', { endpoints }, NONE],
  ]
  for (const [name, changes, code] of cases) {
    const lab = leading()
    const before = lab.raft.endOffset
    const reply = lab.answers.get(lab.ask(update(lab, 3, changes)))
    assert.equal(reply?.errorCode, code, name)
    assert.ok(reply?.kind === 'update-voter' && reply.leaderId === 1 && reply.epoch === lab.raft.epoch)
    assert.equal(lab.raft.endOffset, before + (code === NONE ? 1 : 0))
    if (code === NONE) assert.deepEqual(lab.raft.voters.endpointsOf(3), endpoints)
  }
  const lab = leading()
  lab.ask(remove(2))
  assert.equal(lab.code(lab.ask(update(lab, 3, { endpoints }))), REQUEST_TIMED_OUT)
})

test('kraft.version rises when all voters of the configuration have told that they support it', () => {
  const lab = leadingStatic()
  const upgrade = (version = 1, isDryRun = false) =>
    lab.raft.upgradeKRaftVersion(version, { isDryRun, nowMs: lab.nowMs })
  const refusal = (message: string) => ({ name: ApiError.name, code: ErrorCode.INVALID_UPDATE_VERSION, message })
  const notAll = 'Invalid upgrade of kraft.version to KRAFT_VERSION_1 because not all of the voters support it'
  assert.throws(() => upgrade(), refusal(notAll), 'nobody has told')
  upgrade(0)
  assert.equal(lab.code(lab.ask(update(lab, 2))), NONE)
  assert.equal(lab.code(lab.ask(update(lab, 4))), VOTER_NOT_FOUND)
  assert.equal(lab.code(lab.ask(update(lab, 3, { kraftVersions: { min: 1, max: 2 } }))), INVALID_REQUEST)
  assert.throws(() => upgrade(), refusal(notAll), 'one has not told')
  assert.equal(lab.code(lab.ask(update(lab, 3))), NONE)
  assert.equal(lab.raft.endOffset, 1, 'nothing of that is in the log')
  assert.throws(() => upgrade(2), refusal(notAll.replace('VERSION_1', 'VERSION_2')))
  upgrade(1, true)
  assert.equal(lab.raft.endOffset, 1)
  upgrade()
  lab.pump()
  assert.deepEqual([lab.raft.history.kraftVersion, lab.raft.endOffset], [1, 3])
  assert.ok(lab.raft.voters.equals(setOf(1, 2, 3)))
  upgrade()
  const fromTo = 'Invalid upgrade of kraft.version from version KRAFT_VERSION_1 to KRAFT_VERSION_'
  assert.throws(() => upgrade(0), refusal(`${fromTo}0 because the new version is a downgrade`))
  assert.throws(() => upgrade(2), refusal(`${fromTo}2`))
  assert.equal(lab.raft.endOffset, 3)
  assert.equal(lab.code(lab.ask(remove(3))), REQUEST_TIMED_OUT, 'the voters are not committed yet')
  lab.fetched(key(2))
  assert.equal(lab.raft.highWatermark, 3)
  assert.equal(lab.code(lab.ask(remove(3))), undefined)
  const ids = lab.raft.progress(lab.nowMs).map(({ key: replica }) => replica)
  assert.deepEqual(ids, [key(2)], 'known by its directory now')
  const follower = new Lab({ logged: dynamic(-1, setOf(1, 2, 3)) }).follow()
  assert.throws(() => follower.raft.upgradeKRaftVersion(1, { isDryRun: true, nowMs: 0 }), NotLeaderError)
})
