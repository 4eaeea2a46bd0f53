/** Handlers 10 to 16, asked in bytes: each request and reply goes through the codec of its version. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Fixture, imageOf, subscription, versionsOf } from '../../../test/group-handlers.ts'
import { emptyImage } from '../../metadata/index.ts'
import {
  describeGroups,
  ErrorCode,
  findCoordinator,
  heartbeat,
  joinGroup,
  leaveGroup,
  listGroups,
  syncGroup,
} from '../../protocol/index.ts'
import { refusedTransaction } from '../rare-warning.ts'

test('bad requests of members get the codes of 4.3.1 (G1 to G5)', async () => {
  const fixture = await Fixture.lead()
  for (const version of versionsOf(joinGroup.versions)) {
    const reply = await fixture.join(version, { memberId: 'nobody' })
    assert.equal(reply.errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
    assert.equal(reply.protocolName, version < 7 ? '' : null)
    assert.equal((await fixture.join(version, { groupId: '' })).errorCode, ErrorCode.INVALID_GROUP_ID)
    for (const sessionTimeoutMs of [5999, 1_800_001]) {
      const { errorCode } = await fixture.join(version, { sessionTimeoutMs })
      assert.equal(errorCode, ErrorCode.INVALID_SESSION_TIMEOUT)
    }
  }
  const required = await fixture.join(4)
  assert.equal(required.errorCode, ErrorCode.MEMBER_ID_REQUIRED)
  assert.match(required.memberId, /^client-[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/)
  assert.equal((await fixture.join(4, { memberId: required.memberId })).errorCode, ErrorCode.NONE)
  for (const version of versionsOf(heartbeat.versions)) {
    const { errorCode } = await fixture.ask(heartbeat, version, { groupId: 'none', memberId: 'm', generationId: 1 })
    assert.equal(errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  }
  for (const version of versionsOf(syncGroup.versions)) {
    const request = { groupId: 'g', memberId: required.memberId, generationId: 2 }
    const { errorCode }: { errorCode: number } = await fixture.ask(syncGroup, version, request)
    assert.equal(errorCode, version < 5 ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  }
})

test('a classic member that joins a consumer group gets an id in the form of that protocol', async () => {
  const fixture = await Fixture.lead()
  await fixture.joinConsumer()
  for (const version of [3, 4]) {
    const { memberId, errorCode } = await fixture.join(version)
    assert.equal(errorCode, version < 4 ? ErrorCode.NONE : ErrorCode.MEMBER_ID_REQUIRED)
    assert.match(memberId, /^[\w-]{22}$/)
  }
})

test('a group comes, is described, and goes, in every version', async () => {
  for (const version of versionsOf(joinGroup.versions)) {
    const fixture = await Fixture.lead()
    const first = await fixture.join(version)
    const { memberId } = first
    const joined = first.errorCode === ErrorCode.MEMBER_ID_REQUIRED ? await fixture.join(version, { memberId }) : first
    assert.deepEqual([joined.errorCode, joined.generationId, joined.leader], [ErrorCode.NONE, 1, memberId])
    assert.deepEqual([joined.members.length, joined.protocolName], [1, 'range'])
    assert.deepEqual(joined.members[0]?.metadata, subscription('t'))
    assert.equal(joined.protocolType, version < 7 ? null : 'consumer')
    const synced = await fixture.ask(syncGroup, Math.min(version, 5), {
      groupId: 'g',
      generationId: 1,
      memberId,
      protocolType: 'consumer',
      protocolName: 'range',
      assignments: [{ memberId, assignment: Buffer.from('mine') }],
    })
    assert.deepEqual([synced.errorCode, Buffer.from(synced.assignment).toString()], [ErrorCode.NONE, 'mine'])
    const alive = await fixture.ask(heartbeat, Math.min(version, 4), { groupId: 'g', memberId, generationId: 1 })
    assert.equal(alive.errorCode, ErrorCode.NONE)
    for (const asked of versionsOf(describeGroups.versions)) {
      const { groups } = await fixture.ask(describeGroups, asked, { groups: ['g'], includeAuthorizedOperations: true })
      const [group] = groups
      assert.deepEqual([group?.errorCode, group?.groupState, group?.protocolData], [ErrorCode.NONE, 'Stable', 'range'])
      assert.deepEqual([group?.members[0]?.clientId, group?.members[0]?.clientHost], ['client', '/10.0.0.7'])
      assert.deepEqual(group?.members[0]?.memberMetadata, subscription('t'))
      assert.equal(group?.authorizedOperations, asked < 3 ? -2_147_483_648 : 3400)
    }
  }
})

test('members leave one by one before version 3, and together from there on', async () => {
  for (const version of versionsOf(leaveGroup.versions)) {
    const fixture = await Fixture.lead()
    const memberId = await fixture.stable()
    if (version < 3) {
      assert.equal(
        (await fixture.ask(leaveGroup, version, { groupId: 'g', memberId: 'x' })).errorCode,
        ErrorCode.UNKNOWN_MEMBER_ID,
      )
      assert.equal((await fixture.ask(leaveGroup, version, { groupId: 'g', memberId })).errorCode, ErrorCode.NONE)
    } else {
      const members = [{ memberId: 'x' }, { memberId }]
      const reply = await fixture.ask(leaveGroup, version, { groupId: 'g', members })
      assert.equal(reply.errorCode, ErrorCode.NONE)
      const codes = reply.members.map(({ errorCode }) => errorCode)
      assert.deepEqual(codes, [ErrorCode.UNKNOWN_MEMBER_ID, ErrorCode.NONE])
    }
    assert.equal((await fixture.ask(leaveGroup, version, { groupId: '' })).errorCode, ErrorCode.INVALID_GROUP_ID)
    assert.equal(fixture.broker.groups.describe('g').state, 'Empty')
  }
})

describe('a coordinator is found', () => {
  test('in every version, once its topic is there', async () => {
    const fixture = await Fixture.lead()
    for (const version of versionsOf(findCoordinator.versions)) {
      const reply = await fixture.ask(findCoordinator, version, { key: 'g', coordinatorKeys: ['g', ''] })
      const found = version < 4 ? [reply] : reply.coordinators
      assert.equal(found.length, version < 4 ? 1 : 2)
      for (const it of found) assert.deepEqual([it.errorCode, it.nodeId, it.host, it.port], [0, 1, 'here', 9092])
    }
    assert.deepEqual(fixture.ensured, [])
    fixture.image = imageOf()
    for (const version of versionsOf(findCoordinator.versions)) {
      const reply = await fixture.ask(findCoordinator, version, { key: 'g', coordinatorKeys: ['g'] })
      const [found] = version < 4 ? [reply] : reply.coordinators
      const answered = [found?.errorCode, found?.nodeId, found?.host, found?.port]
      assert.deepEqual(answered, [ErrorCode.COORDINATOR_NOT_AVAILABLE, -1, '', -1])
      assert.equal(fixture.ensured.pop(), '__consumer_offsets')
    }
  })

  test('only where its leader is there for this listener, and only of groups', async () => {
    const fixture = await Fixture.lead()
    for (const [version, keyType] of [
      [1, 1],
      [6, 1],
      [6, 2],
      [6, 9],
    ] as const) {
      const reply = await fixture.ask(findCoordinator, version, { keyType, key: 'k', coordinatorKeys: ['k'] })
      const [found] = version < 4 ? [reply] : reply.coordinators
      const isTransactional = keyType === 1
      assert.equal(
        found?.errorCode,
        isTransactional ? ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : ErrorCode.INVALID_REQUEST,
      )
      assert.notEqual(found?.errorMessage, '')
    }
    assert.deepEqual(fixture.warnings, [refusedTransaction])
    fixture.image = { ...fixture.image, cluster: emptyImage.cluster }
    const away = await fixture.ask(findCoordinator, 6, { coordinatorKeys: ['g'] })
    assert.equal(away.coordinators[0]?.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  })
})

test('groups are listed by state and type, and described as what they are', async () => {
  const fixture = await Fixture.lead()
  await fixture.stable()
  await fixture.commit(9, { groupId: 'simple' })
  const ids = async (version: number, filter: { statesFilter?: string[]; typesFilter?: string[] } = {}) => {
    const { groups, errorCode } = await fixture.ask(listGroups, version, filter)
    assert.equal(errorCode, ErrorCode.NONE)
    return groups.map(({ groupId }) => groupId).sort()
  }
  for (const version of versionsOf(listGroups.versions)) assert.deepEqual(await ids(version), ['g', 'simple'])
  assert.deepEqual(await ids(4, { statesFilter: ['STABLE'] }), ['g'])
  assert.deepEqual(await ids(5, { typesFilter: ['Classic'], statesFilter: ['empty', 'Dead'] }), ['simple'])
  assert.deepEqual(await ids(5, { typesFilter: ['consumer'] }), [])
  for (const version of versionsOf(describeGroups.versions)) {
    const { groups } = await fixture.ask(describeGroups, version, {
      groups: ['none'],
      includeAuthorizedOperations: true,
    })
    const [group] = groups
    assert.equal(group?.groupState, 'Dead')
    assert.equal(group?.errorCode, version < 6 ? ErrorCode.NONE : ErrorCode.GROUP_ID_NOT_FOUND)
    assert.equal(group?.errorMessage, version < 6 ? null : 'Group none not found.')
  }
  fixture.broker.groups.stop()
  const stopped = await fixture.ask(listGroups, 5, {})
  assert.equal(stopped.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE)
})
