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
import type { AddVoterRequest, RemoveVoterRequest, UpdateVoterReply, UpdateVoterRequest } from '../messages.ts'
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
