import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Reader, uuidFromLatin1, Writer } from '../../base/index.ts'
import {
  type Api,
  addRaftVoter,
  apiVersions,
  ErrorCode,
  type Fields,
  type Infer,
  removeRaftVoter,
  updateRaftVoter,
} from '../../protocol/index.ts'
import type {
  AddVoterRequest,
  Endpoint,
  RemoveVoterRequest,
  UpdateVoterReply,
  UpdateVoterRequest,
} from '../messages.ts'
import { decodeQuorumRecord, encodeQuorumRecord } from '../quorum-records.ts'
import { VoterSet } from '../voters.ts'
import {
  decodeAddVoter,
  decodeRemoveVoter,
  decodeUpdateVoter,
  decodeUpdateVoterReply,
  decodeVersionsReply,
  decodeVoterChangeReply,
  encodeAddVoter,
  encodeRemoveVoter,
  encodeUpdateVoter,
  encodeUpdateVoterReply,
  encodeVoterChangeReply,
} from './voters.ts'

const names = { clusterId: 'this-cluster', listenerName: 'CONTROLLER' }
const voter = { id: 3, directoryId: uuidFromLatin1('0123456789abcdef') }
const endpoints = [
  { name: 'CONTROLLER', host: 'three.example', port: 65_535 },
  { name: 'OTHER', host: '::1', port: 1 },
]

function asSent<F extends Fields>(message: Api<F, Fields>['request'], value: Infer<F>, version: number): Infer<F> {
  const writer = new Writer(64)
  message.encode(writer, version, value)
  return message.decode(new Reader(writer.finishAsOne()), version)
}

const isOfAnotherCluster = { name: 'ApiError', code: ErrorCode.INCONSISTENT_CLUSTER_ID }
const elsewhere = { ...names, clusterId: 'another' }

describe('changes of voters on the wire', () => {
  it('AddRaftVoter comes as it was sent; version 0 is answered when it is committed', () => {
    const request: AddVoterRequest = { kind: 'add-voter', voter, endpoints, ackWhenCommitted: false }
    const message = encodeAddVoter(request, names, 2000)
    assert.deepEqual(decodeAddVoter(asSent(addRaftVoter.request, message, 1), names), request)
    const committed = { ...request, ackWhenCommitted: true }
    const old = asSent(addRaftVoter.request, encodeAddVoter(committed, names, 2000), 0)
    assert.deepEqual(decodeAddVoter(old, names), committed)
    assert.throws(() => decodeAddVoter(message, elsewhere), isOfAnotherCluster)
    assert.deepEqual(decodeAddVoter({ ...message, clusterId: null }, elsewhere), request)
  })

  it('RemoveRaftVoter does too, and the replies to both', () => {
    const request: RemoveVoterRequest = { kind: 'remove-voter', voter }
    const message = asSent(removeRaftVoter.request, encodeRemoveVoter(request, names), 0)
    assert.deepEqual(decodeRemoveVoter(message, names), request)
    assert.throws(() => decodeRemoveVoter(message, elsewhere), isOfAnotherCluster)
    for (const errorMessage of [undefined, 'why']) {
      const reply = { kind: 'remove-voter', errorCode: ErrorCode.VOTER_NOT_FOUND, errorMessage } as const
      const response = removeRaftVoter.response.create(encodeVoterChangeReply(reply))
      assert.deepEqual(decodeVoterChangeReply('remove-voter', asSent(removeRaftVoter.response, response, 0)), reply)
    }
  })

  it('UpdateRaftVoter does too, and its reply, with the leader and without', () => {
    const kraftVersions = { min: 0, max: 1 }
    const request: UpdateVoterRequest = { kind: 'update-voter', epoch: 9, voter, endpoints, kraftVersions }
    const message = asSent(updateRaftVoter.request, encodeUpdateVoter(request, names), 0)
    assert.deepEqual(decodeUpdateVoter(message, names), request)
    assert.throws(() => decodeUpdateVoter(message, elsewhere), isOfAnotherCluster)
    const head = { errorCode: ErrorCode.FENCED_LEADER_EPOCH, epoch: 9 }
    const replies: readonly UpdateVoterReply[] = [
      { kind: 'update-voter', ...head, leaderId: 3, leaderEndpoints: endpoints.slice(0, 1) },
      { kind: 'update-voter', ...head, leaderId: 3, leaderEndpoints: [] },
      { kind: 'update-voter', ...head, leaderId: -1, leaderEndpoints: [] },
    ]
    for (const reply of replies) {
      const response = asSent(updateRaftVoter.response, encodeUpdateVoterReply(reply, names), 0)
      assert.deepEqual(decodeUpdateVoterReply(response, names), reply)
    }
  })

  it('a listener has one name, in capitals or not, and of each the last counts; there is an end to them', () => {
    const named = (listeners: readonly Endpoint[]): readonly Endpoint[] => {
      const request: AddVoterRequest = { kind: 'add-voter', voter, endpoints: listeners, ackWhenCommitted: true }
      const message = asSent(addRaftVoter.request, encodeAddVoter(request, names, 2000), 1)
      return decodeAddVoter(message, names).endpoints
    }
    const at = (name: string, host: string): Endpoint => ({ name, host, port: 1 })
    assert.deepEqual(named([at('controller', 'a'), at('Other', 'b'), at('CONTROLLER', 'c')]), [
      at('CONTROLLER', 'c'),
      at('OTHER', 'b'),
    ])
    const many = (count: number, host: string) => Array.from({ length: count }, (_, i) => at(`L${i}`, host))
    assert.equal(named(many(64, 'h')).length, 64)
    assert.equal(named([...many(64, 'h'), ...many(64, 'i')])[63]?.host, 'i')
    for (const listeners of [many(65, 'h'), many(3, 'h'.repeat(30_000))]) {
      assert.throws(() => named(listeners), { name: 'ApiError', code: ErrorCode.INVALID_REQUEST })
    }
    const logged = encodeQuorumRecord({
      kind: 'voters',
      voters: new VoterSet([{ ...voter, endpoints: [at('controller', 'a'), at('CONTROLLER', 'c')] }]),
    })
    const read = decodeQuorumRecord(logged.type, logged.value)
    assert.deepEqual(read?.kind === 'voters' && read.voters.endpointsOf(3), [at('CONTROLLER', 'c')])
  })

  it('ApiVersions tells the range of kraft.version, or that there is none', () => {
    const feature = { name: 'kraft.version', minVersion: 0, maxVersion: 1 }
    const others = [{ name: 'group.version', minVersion: 0, maxVersion: 9 }]
    const replyWith = (supportedFeatures: (typeof feature)[], errorCode = 0) =>
      decodeVersionsReply(apiVersions.response.create({ errorCode, supportedFeatures }))
    const kraftVersions = { min: 0, max: 1 }
    assert.deepEqual(replyWith([...others, feature]), { kind: 'api-versions', errorCode: 0, kraftVersions })
    assert.deepEqual(replyWith(others, 42), { kind: 'api-versions', errorCode: 42, kraftVersions: undefined })
  })
})
