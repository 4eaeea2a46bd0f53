/** Handlers 8, 9, 42 and 47, asked in bytes: each request and reply goes through the codec of its version. */
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  Fixture,
  imageOf,
  subscription,
  topicId,
  topicOf,
  unknownId,
  versionsOf,
} from '../../../test/group-handlers.ts'
import { type Uuid, zeroUuid } from '../../base/index.ts'
import { decodeGroupRecord } from '../../coordinator/index.ts'
import { deleteGroups, ErrorCode, leaveGroup, offsetCommit, offsetDelete, offsetFetch } from '../../protocol/index.ts'
import { readRecords } from '../../records/index.ts'

test('a commit is checked partition by partition, and for its sender (G6, G7)', async () => {
  const fixture = await Fixture.lead()
  for (const version of versionsOf(offsetCommit.versions)) {
    const partitions = [
      { partitionIndex: 0, committedOffset: 42n, committedMetadata: 'x'.repeat(4097) },
      { partitionIndex: 9, committedOffset: 42n },
      { partitionIndex: 1, committedOffset: 42n, committedLeaderEpoch: 5 },
    ]
    const reply = await fixture.commit(version, {
      topics: [
        { name: 'none', topicId: unknownId, partitions: [{ partitionIndex: 0 }] },
        { name: 't', topicId, partitions },
      ],
    })
    assert.deepEqual(
      reply.topics.map((topic) => topic.partitions.map(({ errorCode }) => errorCode)),
      [
        [version < 10 ? ErrorCode.UNKNOWN_TOPIC_OR_PARTITION : ErrorCode.UNKNOWN_TOPIC_ID],
        [ErrorCode.OFFSET_METADATA_TOO_LARGE, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.NONE],
      ],
    )
    const [, named] = reply.topics
    assert.deepEqual([named?.name, named?.topicId], version < 10 ? ['t', zeroUuid] : ['', topicId])
    const unknown = await fixture.commit(version, { groupId: 'none', generationIdOrMemberEpoch: 5, memberId: 'm' })
    const code = version < 9 ? ErrorCode.ILLEGAL_GENERATION : ErrorCode.GROUP_ID_NOT_FOUND
    assert.equal(unknown.topics[0]?.partitions[0]?.errorCode, code)
  }
})

test('an old client says how long its offsets are kept, in the version of the record that has room for it', async () => {
  const fixture = await Fixture.lead()
  const stored = async (version: number, retentionTimeMs: number) => {
    await fixture.commit(version, { retentionTimeMs })
    const [last] = [...readRecords(fixture.partition.batches.at(-1) ?? Buffer.alloc(0), 0, 1 << 20)].slice(-1)
    const { key, value } = last ?? {}
    assert.ok(key && value)
    return { valueVersion: value.readInt16BE(0), record: decodeGroupRecord(key, value) }
  }
  const nowMs = fixture.clock.now()
  for (const version of versionsOf([2, 4])) {
    const { valueVersion, record } = await stored(version, 5000)
    assert.equal(valueVersion, 1)
    assert.ok(record?.kind === 'offset')
    assert.equal(record.value?.expireTimestampMs, BigInt(nowMs + 5000))
    assert.equal(record.value.offset, 42n)
    assert.equal((await stored(version, -1)).valueVersion, 4)
  }
  const { valueVersion, record } = await stored(2, Number.MAX_SAFE_INTEGER)
  assert.ok(record?.kind === 'offset')
  assert.deepEqual([valueVersion, record.value?.expireTimestampMs], [1, BigInt(nowMs + Number.MAX_SAFE_INTEGER)])
})

describe('offsets are fetched', () => {
  const request = (version: number) =>
    version < 8
      ? { groupId: 'g', topics: [{ name: 't', partitionIndexes: [1, 0] }] }
      : { groups: [{ groupId: 'g', topics: [{ name: 't', topicId, partitionIndexes: [1, 0] }] }] }

  test('of some topics, in every version', async () => {
    const fixture = await Fixture.lead()
    await fixture.commit(10)
    for (const version of versionsOf(offsetFetch.versions)) {
      const reply = await fixture.ask(offsetFetch, version, request(version))
      const [topic] = version < 8 ? reply.topics : (reply.groups[0]?.topics ?? [])
      const found = topic?.partitions.map((it) => [it.partitionIndex, it.committedOffset, it.metadata, it.errorCode])
      assert.deepEqual(found, [
        [1, -1n, '', ErrorCode.NONE],
        [0, 42n, 'note', ErrorCode.NONE],
      ])
    }
  })

  test('as they are, or where stable ones are asked for, as they will be', async () => {
    const fixture = await Fixture.lead()
    await fixture.commit(10)
    fixture.partition.commitsAtOnce = false
    const partitions = [{ partitionIndex: 0, committedOffset: 43n }]
    const second = fixture.commit(10, { topics: [{ topicId, partitions }] })
    const offsets = async (requireStable: boolean) => {
      const reply = await fixture.ask(offsetFetch, 9, { requireStable, groups: [{ groupId: 'g', topics: null }] })
      return reply.groups.flatMap(({ topics }) => topics.flatMap((topic) => topic.partitions))
    }
    const stable = offsets(true)
    assert.deepEqual(
      (await offsets(false)).map((it) => it.committedOffset),
      [42n],
    )
    fixture.partition.commit()
    await second
    assert.deepEqual(
      (await stable).map((it) => [it.errorCode, it.committedOffset]),
      [[ErrorCode.NONE, 43n]],
    )
  })

  test('of all topics, from version 2 on', async () => {
    const fixture = await Fixture.lead()
    await fixture.commit(9)
    for (const version of versionsOf([2, 10])) {
      const all = version < 8 ? { groupId: 'g', topics: null } : { groups: [{ groupId: 'g', topics: null }] }
      const reply = await fixture.ask(offsetFetch, version, all)
      const topics = version < 8 ? reply.topics : (reply.groups[0]?.topics ?? [])
      assert.equal(topics.length, 1)
      assert.equal(topics[0]?.partitions[0]?.committedOffset, 42n)
    }
    fixture.image = imageOf(topicOf('__consumer_offsets', 1))
    const gone = await fixture.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics: null }] })
    assert.deepEqual(gone.groups[0]?.topics, [])
    const kept = await fixture.ask(offsetFetch, 9, { groups: [{ groupId: 'g', topics: null }] })
    assert.equal(kept.groups[0]?.topics[0]?.name, 't')
  })

  test('by id: not of an id that is unknown, nor of a topic of the same name that was before', async () => {
    const fixture = await Fixture.lead()
    await fixture.commit(10)
    const ask = async (id: Uuid) => {
      const topics = [{ topicId: id, partitionIndexes: [0] }]
      const reply = await fixture.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics }] })
      const partition = reply.groups[0]?.topics[0]?.partitions[0]
      return [partition?.committedOffset, partition?.errorCode]
    }
    assert.deepEqual(await ask(unknownId), [-1n, ErrorCode.UNKNOWN_TOPIC_ID])
    fixture.image = imageOf(topicOf('__consumer_offsets', 1), topicOf('t', 2, unknownId))
    assert.deepEqual(await ask(unknownId), [-1n, ErrorCode.NONE])
  })

  test('by id, whichever version committed: the offset knows which topic it was for', async () => {
    for (const version of versionsOf(offsetCommit.versions)) {
      const fixture = await Fixture.lead()
      await fixture.commit(version)
      fixture.image = imageOf(topicOf('__consumer_offsets', 1), topicOf('t', 2, unknownId))
      const topics = [{ topicId: unknownId, partitionIndexes: [0] }]
      const { groups } = await fixture.ask(offsetFetch, 10, { groups: [{ groupId: 'g', topics }] })
      assert.equal(groups[0]?.topics[0]?.partitions[0]?.committedOffset, -1n)
    }
  })

  test('with the error of a coordinator that is none, where each version has room for it', async () => {
    const fixture = await Fixture.lead()
    fixture.broker.groups.resign(0, 0)
    for (const version of versionsOf(offsetFetch.versions)) {
      const { errorCode, topics, groups } = await fixture.ask(offsetFetch, version, request(version))
      const code = version < 2 ? topics[0]?.partitions[0]?.errorCode : version < 8 ? errorCode : groups[0]?.errorCode
      assert.equal(code, ErrorCode.NOT_COORDINATOR)
    }
    fixture.broker.groups.stop()
    const stopped = await fixture.ask(offsetFetch, 8, request(8))
    assert.equal(stopped.groups[0]?.errorCode, ErrorCode.NOT_COORDINATOR)
  })
})

test('what is asked for twice is answered once, and nothing about partitions that nobody named', async () => {
  const fixture = await Fixture.lead()
  const none = [
    { name: 't', topicId, partitions: [] },
    { name: 'none', topicId: unknownId, partitions: [] },
  ]
  for (const version of versionsOf(offsetCommit.versions)) {
    const { topics } = await fixture.commit(version, { topics: none })
    assert.deepEqual(
      topics.map((it) => (version < 10 ? it.name : it.topicId)),
      [version < 10 ? 'none' : unknownId],
    )
  }
  await fixture.commit(9)
  const partitions = [{ partitionIndex: 0 }, { partitionIndex: 0 }]
  const reply = await fixture.ask(offsetDelete, 0, { groupId: 'g', topics: [...none, { name: 't', partitions }] })
  assert.deepEqual(
    reply.topics.map((it) => [it.name, it.partitions.length]),
    [
      ['none', 0],
      ['t', 2],
    ],
  )
  assert.equal(fixture.broker.groups.describe('g').state, 'Empty')
  const { results } = await fixture.ask(deleteGroups, 2, { groupsNames: ['g', 'g'] })
  assert.deepEqual(
    results.map(({ groupId, errorCode }) => [groupId, errorCode]),
    [['g', ErrorCode.NONE]],
  )
})

test('groups and offsets are deleted, but not under the hands of members', async () => {
  const fixture = await Fixture.lead()
  const memberId = await fixture.stable()
  await fixture.commit(9, { memberId, generationIdOrMemberEpoch: 1 })
  const topics = [
    { name: 't', partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] },
    { name: 'none', partitions: [{ partitionIndex: 0 }] },
  ]
  const subscribed = await fixture.ask(offsetDelete, 0, { groupId: 'g', topics })
  assert.deepEqual(
    subscribed.topics.flatMap(({ partitions }) => partitions.map(({ errorCode }) => errorCode)),
    [ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
  )
  for (const [groupId, code] of [
    ['', ErrorCode.INVALID_GROUP_ID],
    ['none', ErrorCode.GROUP_ID_NOT_FOUND],
  ] as const) {
    const { errorCode, topics: answered } = await fixture.ask(offsetDelete, 0, { groupId, topics })
    assert.deepEqual([errorCode, answered.length], [code, 0])
  }
  for (const version of versionsOf(deleteGroups.versions)) {
    const { results } = await fixture.ask(deleteGroups, version, { groupsNames: ['g', 'none'] })
    const codes = results.map(({ errorCode }) => errorCode)
    assert.deepEqual(codes, [ErrorCode.NON_EMPTY_GROUP, ErrorCode.GROUP_ID_NOT_FOUND])
  }
  await fixture.ask(leaveGroup, 2, { groupId: 'g', memberId })
  const deleted = await fixture.ask(offsetDelete, 0, { groupId: 'g', topics })
  assert.equal(deleted.topics[0]?.partitions[0]?.errorCode, ErrorCode.NONE)
  const { results } = await fixture.ask(deleteGroups, 2, { groupsNames: ['g'] })
  assert.deepEqual([results[0]?.groupId, results[0]?.errorCode], ['g', ErrorCode.NONE])
})

test('members that are no consumers, or whose bytes are of another make, keep all their offsets', async () => {
  for (const [given, code, partitionCode] of [
    [{ protocolType: 'connect' }, ErrorCode.NON_EMPTY_GROUP, undefined],
    [
      { protocols: [{ name: 'range', metadata: Buffer.from([0]) }] },
      ErrorCode.NONE,
      ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC,
    ],
    [{ protocols: [{ name: 'range', metadata: subscription('other') }] }, ErrorCode.NONE, ErrorCode.NONE],
  ] as const) {
    const fixture = await Fixture.lead()
    await fixture.join(3, given)
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0 }] }]
    const reply = await fixture.ask(offsetDelete, 0, { groupId: 'g', topics })
    assert.equal(reply.errorCode, code)
    assert.equal(reply.topics[0]?.partitions[0]?.errorCode, partitionCode)
  }
})
