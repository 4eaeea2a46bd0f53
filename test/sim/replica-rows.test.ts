/** Rows of `reference/behaviour.md` about replicas: who is asked what it cannot answer, and who is left when others are gone. */
import assert from 'node:assert/strict'
import { ErrorCode, fetch, listOffsets, metadata, offsetForLeaderEpoch, produce } from '../../src/protocol/index.ts'
import { buildBatch } from '../../src/records/index.ts'
import type { ClusterNode } from './cluster/cluster-node.ts'
import { inWorld, type ReplicatedTopic, topic } from './replicated-topic.ts'

interface Asked {
  readonly epoch?: number
  readonly replicaId?: number
}

async function fetchAt(it: ReplicatedTopic, at: ClusterNode, { epoch = -1, replicaId = -1 }: Asked = {}) {
  const topicId = it.stateOn(at)?.topicId
  const partitions = [{ partition: 0, fetchOffset: 0, partitionMaxBytes: 1000, currentLeaderEpoch: epoch }]
  const replicaState = { replicaId, replicaEpoch: -1 }
  const topics = [{ topic, topicId, partitions }]
  const reply = await it.cluster.call(at, fetch, { replicaState, maxWaitMs: 0, maxBytes: 1000, topics })
  const found = reply.responses[0]?.partitions[0]
  assert.ok(found !== undefined)
  return { ...found, endpoints: reply.nodeEndpoints }
}

async function listAt(it: ReplicatedTopic, at: ClusterNode, currentLeaderEpoch: number): Promise<number | undefined> {
  const topics = [{ name: topic, partitions: [{ partitionIndex: 0, currentLeaderEpoch, timestamp: -1n }] }]
  const reply = await it.cluster.call(at, listOffsets, { replicaId: -1, topics })
  return reply.topics[0]?.partitions[0]?.errorCode
}

async function endOfEpoch(it: ReplicatedTopic, at: ClusterNode, currentLeaderEpoch: number) {
  const topics = [{ topic, partitions: [{ partition: 0, currentLeaderEpoch, leaderEpoch: 0 }] }]
  const reply = await it.cluster.call(at, offsetForLeaderEpoch, { replicaId: -1, topics })
  return reply.topics[0]?.partitions[0]?.errorCode
}

function others(it: ReplicatedTopic): readonly [ClusterNode, ClusterNode] {
  const [one, two] = it.brokers.filter((broker) => broker !== it.leader)
  assert.ok(one !== undefined && two !== undefined)
  return [one, two]
}

const epochOf = (it: ReplicatedTopic): number => it.stateOn(it.leader)?.leaderEpoch ?? -1

inWorld(
  'another epoch than the leader is in: 75 if newer, 74 if older, of every API that names one (F2)',
  async (it) => {
    await it.produce(['a'])
    const [follower] = others(it)
    const old = it.leader
    old.kill()
    await it.cluster.until(
      'another one leads',
      () => it.leader !== old && it.stateOn(follower)?.leader === it.leader.id,
    )
    const { leader } = it
    const epoch = epochOf(it)
    const codes = async (asked: number) => [
      (await fetchAt(it, leader, { epoch: asked })).errorCode,
      await listAt(it, leader, asked),
      await endOfEpoch(it, leader, asked),
    ]
    const newer = ErrorCode.UNKNOWN_LEADER_EPOCH
    const older = ErrorCode.FENCED_LEADER_EPOCH
    assert.deepEqual(await codes(epoch + 1), [newer, newer, newer])
    assert.deepEqual(await codes(epoch - 1), [older, older, older])
    assert.deepEqual(await codes(epoch), [0, 0, 0])
  },
)

inWorld('a fetch of a broker that has no replica is refused (F4)', async (it) => {
  await it.produce(['a'])
  const asked = await fetchAt(it, it.leader, { replicaId: 5 })
  assert.equal(asked.errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  // In the epoch of the leader: it may know more than the leader does.
  const { errorCode } = await fetchAt(it, it.leader, { replicaId: 5, epoch: epochOf(it) })
  assert.equal(errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
})

inWorld('a follower answers 6 and names the leader, and where it listens (C11)', async (it) => {
  await it.produce(['a'])
  const [follower, another] = others(it)
  const { leader } = it
  // A consumer may read from it.
  assert.equal((await fetchAt(it, follower)).errorCode, ErrorCode.NONE)
  const fetched = await fetchAt(it, follower, { replicaId: another.id })
  assert.equal(fetched.errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  assert.equal(fetched.currentLeader.leaderId, leader.id)
  assert.equal(fetched.currentLeader.leaderEpoch, epochOf(it))
  assert.deepEqual(
    fetched.endpoints.map(({ nodeId, host }) => [nodeId, host]),
    [[leader.id, leader.name]],
  )
  const records = buildBatch([{ value: Buffer.from('b'), timestampMs: 1 }])
  const topicId = it.stateOn(follower)?.topicId
  const topicData = [{ name: topic, topicId, partitionData: [{ index: 0, records }] }]
  const reply = await it.cluster.call(follower, produce, { acks: 1, timeoutMs: 1000, topicData })
  const told = reply.responses[0]?.partitionResponses[0]
  assert.equal(told?.errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  assert.equal(told.currentLeader.leaderId, leader.id)
  assert.deepEqual(
    reply.nodeEndpoints.map(({ nodeId }) => nodeId),
    [leader.id],
  )
})

inWorld(
  'both followers and the quorum are gone: acks=all waits in vain, acks=1 has its answer (C6, C8)',
  async (it) => {
    await it.produce(['a'])
    const { leader } = it
    const gone = [...others(it), ...it.cluster.controllers]
    for (const node of gone) node.kill()
    // Of 30 s.
    const waiting = it.produce(['all'])
    assert.deepEqual(await it.produce(['one'], { acks: 1 }), { errorCode: 0, baseOffset: 2 })
    assert.equal((await waiting).errorCode, ErrorCode.REQUEST_TIMED_OUT)
    assert.equal(it.stateOn(leader)?.isr.length, 3, 'nobody can take them out')
    assert.deepEqual(await it.read(leader), ['a'], 'the high watermark stands still')
    for (const node of gone) node.start()
    await it.untilInSync(it.ids)
    await it.cluster.until('all is there', async () => (await it.read()).length === 3)
    assert.deepEqual(await it.read(), ['a', 'all', 'one'], 'where they were')
  },
)

inWorld('the last in sync dies: nobody leads, until it is back (C10)', async (it) => {
  await it.produce(['a'])
  const last = it.leader
  const [one, two] = others(it)
  one.kill()
  two.kill()
  await it.untilInSync([last.id])
  assert.equal((await it.produce(['b'], { acks: 1 })).errorCode, ErrorCode.NONE)
  last.kill()
  two.start()
  const leaderTold = async () => {
    const reply = await it.cluster.call(two, metadata, { topics: [{ name: topic }] })
    const { errorCode, leaderId } = reply.topics[0]?.partitions[0] ?? {}
    return { errorCode, leaderId }
  }
  await it.cluster.until('it serves', () => two.node !== undefined)
  await it.cluster.until('nobody leads', async () => (await leaderTold()).leaderId === -1)
  assert.equal((await leaderTold()).errorCode, ErrorCode.LEADER_NOT_AVAILABLE)
  await it.cluster.sleep(30_000)
  assert.equal((await leaderTold()).leaderId, -1, 'who was not in sync does not lead')
  last.start()
  one.start()
  await it.untilInSync(it.ids)
  assert.deepEqual(await it.read(), ['a', 'b'])
})

inWorld(
  'a directory that is lost on one broker: another one leads what was there, and who asks the broker is told 56 (C18)',
  async (it) => {
    await it.produce(['a', 'b'])
    const old = it.leader
    it.cluster.world.disk(old.name).loseDirectory('/data-2')
    await it.cluster.until('another one leads', () => it.leader !== old)
    const [one, two] = others(it).filter((broker) => broker !== old)
    assert.equal((await it.produce(['c'], { to: old })).errorCode, ErrorCode.KAFKA_STORAGE_ERROR)
    assert.equal((await it.produce(['d'])).errorCode, ErrorCode.NONE)
    assert.deepEqual(await it.read(), ['a', 'b', 'd'])
    assert.equal(old.state, 'up')
    await it.untilInSync([it.leader, one, two].flatMap((broker) => (broker === undefined ? [] : [broker.id])))
  },
  // All replicas go to the second one.
  { 'log.dirs': '/data,/data-2', 'cordoned.log.dirs': '/data' },
)
