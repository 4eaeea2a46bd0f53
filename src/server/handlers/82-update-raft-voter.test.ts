import assert from 'node:assert/strict'
import { it } from 'node:test'
import { uuidFromLatin1 } from '../../base/index.ts'
import { ErrorCode, fetchSnapshot, updateRaftVoter } from '../../protocol/index.ts'
import { fetchSnapshotHandler } from './59-fetch-snapshot.ts'
import { updateRaftVoterHandler } from './82-update-raft-voter.ts'
import { ask } from './handler-fixture.ts'

const quorumPort = {
  clusterId: 'this-cluster',
  logStartOffset: () => 0,
  leader: () => ({ epoch: 9, leaderId: 3, leaderEndpoints: [{ name: 'CONTROLLER', host: 'three', port: 1 }] }),
  receive: () => assert.fail('what is refused reaches no quorum'),
}
const context = { listenerName: 'CONTROLLER' }

it('UpdateRaftVoter of another cluster is refused by name of the leader', async () => {
  const handler = updateRaftVoterHandler({ quorumPort })
  const request = updateRaftVoter.request.create({ clusterId: 'another', voterId: 2, currentLeaderEpoch: 9 })
  const reply = await ask(handler, request, context)
  assert.equal(reply.errorCode, ErrorCode.INCONSISTENT_CLUSTER_ID)
  const { leaderId, leaderEpoch, host, port } = reply.currentLeader
  assert.deepEqual([leaderId, leaderEpoch, host, port], [3, 9, 'three', 1])
  const listeners = Array.from({ length: 65 }, (_, i) => ({ name: `L${i}`, host: 'h', port: 1 }))
  const voterDirectoryId = uuidFromLatin1('d'.repeat(16))
  const many = { ...request, clusterId: null, voterDirectoryId, listeners }
  assert.equal((await ask(handler, many, context)).errorCode, ErrorCode.INVALID_REQUEST)
})

it('FetchSnapshot of another partition is refused with the address of the leader', async () => {
  const handler = fetchSnapshotHandler({ quorumPort })
  const topics = [{ name: 'orders', partitions: [{ partition: 7 }] }]
  const reply = await ask(handler, fetchSnapshot.request.create({ topics }), context)
  assert.deepEqual(reply.topics[0]?.partitions[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  const [leader] = reply.nodeEndpoints
  assert.deepEqual([leader?.nodeId, leader?.host, leader?.port], [3, 'three', 1])
})
