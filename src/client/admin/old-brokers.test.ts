/** What is asked otherwise of brokers that are older, and what cannot be asked of them. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ScriptedCluster } from '../../../test/scripted-cluster.ts'
import {
  consumerGroupDescribe,
  createTopics,
  describeGroups,
  ErrorCode,
  findCoordinator,
  leaveGroup,
  listGroups,
  metadata,
  offsetFetch,
} from '../../protocol/index.ts'
import { encodeAssignment } from '../group/subscription.ts'
import { KafkaError } from '../kafka-error.ts'
import type { Admin } from './admin.ts'
import { settled } from './results.ts'

const isCode = (code: string) => (error: unknown) => error instanceof KafkaError && error.code === code

const withAdmin = <T>(cluster: ScriptedCluster, work: (admin: Admin) => Promise<T>): Promise<T> =>
  cluster.run(async () => {
    await using admin = cluster.kafka().admin()
    return await work(admin)
  })

/** One broker that coordinates all groups. */
function coordinating(): ScriptedCluster {
  const cluster = new ScriptedCluster()
  cluster.answer(findCoordinator, ({ coordinatorKeys }) => ({
    coordinators: coordinatorKeys.map((key) => ({ key, nodeId: 1, host: 'b1', port: 9092 })),
  }))
  return cluster
}

test('the cluster is described by Metadata where nothing else is served', async () => {
  const cluster = new ScriptedCluster({ brokers: 2 })
  cluster.versionsMax = { [metadata.key]: 5 }
  await withAdmin(cluster, async (admin) => {
    const told = await admin.describeCluster({ includeAuthorizedOperations: true })
    assert.deepEqual([told.clusterId, told.controllerId, told.authorizedOperations], ['scripted', 1, undefined])
    assert.deepEqual(
      told.brokers.map(({ id, host }) => [id, host]),
      [
        [1, 'b1'],
        [2, 'b2'],
      ],
    )
    await assert.rejects(admin.describeCluster({ includeFencedBrokers: true }), isCode('NOT_SERVED'))
  })
})

test('the defaults of a broker are only asked for where it takes that', async () => {
  const cluster = new ScriptedCluster()
  cluster.versionsMax = { [createTopics.key]: 3 }
  cluster.answer(createTopics, ({ topics }) => ({ topics: topics.map(({ name }) => ({ name })) }))
  await withAdmin(cluster, async (admin) => {
    await assert.rejects(admin.createTopic('a', { partitions: 3 }), isCode('NOT_SERVED'))
    const made = await admin.createTopic('a', { partitions: 3, replicationFactor: 1 })
    assert.deepEqual(made, {
      name: 'a',
      id: undefined,
      partitions: undefined,
      replicationFactor: undefined,
      configs: undefined,
    })
    assert.equal((await admin.createTopic('b', { assignments: [[1], [1]] })).name, 'b')
  })
})

const member = {
  memberId: 'm',
  groupInstanceId: 'fixed',
  clientId: 'c',
  clientHost: '/127.0.0.1',
  memberAssignment: encodeAssignment([{ topic: 't', partition: 3 }]),
}

/** Groups a and b are classic ones, a of consumers; c is one of KIP-848. */
function withGroups(cluster: ScriptedCluster): void {
  cluster.answer(describeGroups, ({ groups }) => ({
    groups: groups.map((groupId) => {
      if (groupId === 'a') {
        const [protocolType, protocolData] = ['consumer', 'range']
        return { groupId, groupState: 'Stable', protocolType, protocolData, members: [member, { memberId: 'n' }] }
      }
      if (groupId === 'b') return { groupId, groupState: 'Stable', protocolType: 'connect', members: [member] }
      return { groupId, groupState: 'Dead' }
    }),
  }))
}

for (const isOld of [true, false]) {
  test(`groups of both protocols have one form${isOld ? ', also where there is only one protocol' : ''}`, async () => {
    const cluster = coordinating()
    withGroups(cluster)
    const ofConsumers = { topicPartitions: [{ topicName: 't', partitions: [1, 2] }] }
    if (!isOld) {
      cluster.answer(consumerGroupDescribe, ({ groupIds }) => ({
        groups: groupIds.map((groupId) =>
          groupId === 'c'
            ? {
                groupId,
                groupState: 'Reconciling',
                groupEpoch: 7,
                assignmentEpoch: 6,
                assignorName: 'uniform',
                members: [{ memberId: 'm', memberEpoch: 5, memberType: 0, targetAssignment: ofConsumers }],
              }
            : { groupId, errorCode: ErrorCode.GROUP_ID_NOT_FOUND },
        ),
      }))
    }
    await withAdmin(cluster, async (admin) => {
      const results = await settled(admin.describeGroups(['a', 'b', 'c', 'd']))
      const [a, b, c, d] = [...results.values()]
      assert.ok(isCode('GROUP_ID_NOT_FOUND')(d))
      assert.ok(a !== undefined && !(a instanceof KafkaError) && b !== undefined && !(b instanceof KafkaError))
      assert.deepEqual([a.type, a.state, a.assignor, a.groupEpoch], ['classic', 'Stable', 'range', undefined])
      assert.deepEqual(
        a.members.map(({ memberId, groupInstanceId, assignment }) => [memberId, groupInstanceId, assignment]),
        [
          ['m', 'fixed', [{ topic: 't', partition: 3 }]],
          ['n', null, []],
        ],
      )
      // What is in it is only known to its own members.
      assert.deepEqual([b.protocolType, b.members[0]?.assignment], ['connect', []])
      if (isOld) return assert.ok(isCode('GROUP_ID_NOT_FOUND')(c))
      assert.ok(c !== undefined && !(c instanceof KafkaError))
      assert.deepEqual([c.type, c.groupEpoch, c.targetAssignmentEpoch, c.assignor], ['consumer', 7, 6, 'uniform'])
      const [ofC] = c.members
      assert.deepEqual([ofC?.memberEpoch, ofC?.isClassic, ofC?.assignment], [5, true, []])
      assert.deepEqual(ofC?.targetAssignment, [
        { topic: 't', partition: 1 },
        { topic: 't', partition: 2 },
      ])
    })
  })
}

test('all members are taken out: static ones by their instance, and each has its own result', async () => {
  const cluster = coordinating()
  withGroups(cluster)
  const asked: unknown[] = []
  cluster.answer(leaveGroup, ({ members }) => {
    asked.push(...members.map(({ memberId, groupInstanceId, reason }) => [memberId, groupInstanceId, reason]))
    return {
      members: members.map(({ memberId, groupInstanceId }) => ({
        memberId: groupInstanceId === 'fixed' ? 'm' : memberId,
        groupInstanceId,
        errorCode: memberId === 'n' ? ErrorCode.UNKNOWN_MEMBER_ID : ErrorCode.NONE,
      })),
    }
  })
  await withAdmin(cluster, async (admin) => {
    const results = await settled(admin.removeMembers('a', { reason: 'x'.repeat(300) }))
    assert.deepEqual([...results.keys()], ['fixed', 'n'])
    assert.equal(results.get('fixed'), undefined)
    assert.ok(isCode('UNKNOWN_MEMBER_ID')(results.get('n')))
  })
  const reason = `removed by an admin: ${'x'.repeat(300)}`.slice(0, 255)
  assert.deepEqual(asked, [
    ['', 'fixed', reason],
    ['n', null, reason],
  ])
})

for (const [versionMax, requests] of [
  [offsetFetch.versions[1], 2],
  [7, 4],
] as const) {
  test(`offsets of groups are asked for by version ${versionMax}, and again while a transaction is open`, async () => {
    const cluster = coordinating()
    cluster.versionsMax = { [offsetFetch.key]: versionMax }
    let asked = 0
    cluster.answer(offsetFetch, ({ groupId, groups }, _, version) => {
      const isFirst = ++asked <= requests / 2
      const ofGroup = (id: string) => ({
        groupId: id,
        errorCode: isFirst ? ErrorCode.UNSTABLE_OFFSET_COMMIT : ErrorCode.NONE,
        topics: [
          {
            name: 't',
            partitions: [
              { partitionIndex: 0, committedOffset: id === 'a' ? 10n : 20n, committedLeaderEpoch: 4, metadata: 'm' },
              { partitionIndex: 1, committedOffset: -1n },
            ],
          },
        ],
      })
      return version < 8 ? ofGroup(groupId) : { groups: groups.map((it) => ofGroup(it.groupId)) }
    })
    await withAdmin(cluster, async (admin) => {
      const told = await admin.listOffsetsOfGroups(['a', 'b'], { requireStable: true })
      assert.deepEqual(
        [...(told.get('b')?.values() ?? [])],
        [{ topic: 't', partition: 0, offset: 20, leaderEpoch: 4, metadata: 'm' }],
      )
      assert.equal(told.get('a')?.get('t-0')?.offset, 10)
      assert.equal(asked, requests)
    })
  })
}

test('groups of all brokers are one list; filters need a broker that knows them', async () => {
  const cluster = new ScriptedCluster({ brokers: 2 })
  cluster.versionsMax = { [listGroups.key]: 4 }
  let asked = 0
  cluster.answer(listGroups, (_, broker) => {
    if (++asked === 1) return { errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS }
    return { groups: [{ groupId: `g${broker}`, groupState: 'Empty' }, { groupId: 'moving' }] }
  })
  await withAdmin(cluster, async (admin) => {
    const groups = await admin.listGroups({ states: ['Empty'] })
    assert.deepEqual(groups.map(({ groupId }) => groupId).sort(), ['g1', 'g2', 'moving'])
    assert.equal(groups[0]?.type, 'unknown')
    assert.equal(asked, 3)
    await assert.rejects(admin.listGroups({ types: ['share'] }), isCode('NOT_SERVED'))
  })
})
