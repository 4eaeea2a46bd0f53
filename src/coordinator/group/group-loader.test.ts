import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filesOf } from '../../../test/golden/data-dirs.ts'
import { oldMessage, wrappedMessages } from '../../../test/message-sets.ts'
import { ApiError, Writer, zeroUuid } from '../../base/index.ts'
import { ErrorCode, offsetCommitValue } from '../../protocol/index.ts'
import { buildBatch, buildEndTransactionBatch, CompressionType, type NewRecord } from '../../records/index.ts'
import { encodeGroupRecord } from './group-record-codec.ts'
import type { FetchedOffset } from './group-requests.ts'
import { commitTo, GroupBroker, ManualClock, MemoryPartition, turns } from './test-support/group-fixture.ts'

const offsetRecord = (groupId: string, partition: number, offset: bigint | null): NewRecord =>
  encodeGroupRecord({
    kind: 'offset',
    groupId,
    topic: 't',
    partition,
    value: offset === null ? null : { offset, leaderEpoch: -1, metadata: '', commitTimestampMs: 0n, topicId: zeroUuid },
  })

const batch = (...records: readonly NewRecord[]): Buffer => buildBatch(records)

const transactional = (producerId: number, ...records: readonly NewRecord[]): Buffer =>
  buildBatch(records, { producerId, producerEpoch: 0, baseSequence: 0, isTransactional: true })

const marker = (producerId: number, isCommit: boolean): Buffer =>
  buildEndTransactionBatch({ producerId, producerEpoch: 0, isCommit, coordinatorEpoch: 0, timestampMs: 0 })

async function loaded(...batches: readonly Buffer[]): Promise<GroupBroker> {
  const partition = new MemoryPartition()
  for (const bytes of batches) partition.write(bytes)
  const broker = new GroupBroker()
  await broker.lead(partition)
  assert.deepEqual(broker.faults, [])
  return broker
}

const all = (groupId: string) => ({ groupId, memberId: null, memberEpoch: -1, keys: null })

const fetchAll = (broker: GroupBroker, groupId = 'g'): readonly FetchedOffset[] =>
  broker.groups.fetchOffsets(all(groupId))

/** Offsets by partition. */
const offsets = (broker: GroupBroker, groupId = 'g'): Readonly<Record<number, bigint | undefined>> =>
  Object.fromEntries(fetchAll(broker, groupId).map(({ partition, value }) => [partition, value?.offset]))

const joinCode = async ({ groups }: GroupBroker, groupId: string): Promise<number> => {
  const reply = await groups.join(groupId, {
    memberId: '',
    newMemberId: 'm',
    groupInstanceId: null,
    requireKnownMemberId: false,
    canSkipAssignment: false,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: 10_000,
    sessionTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: Buffer.alloc(0) }],
    reason: '',
  })
  return reply.errorCode
}

const commitCode = async (broker: GroupBroker, groupId: string, memberId = ''): Promise<number | undefined> => {
  const request = { groupId, memberId, groupInstanceId: null, generationId: -1, knowsEpochs: true }
  const at = { topic: 't', topicId: zeroUuid, partition: 7, offset: 7n, leaderEpoch: -1, metadata: null }
  try {
    return (await commitTo(broker.groups, { ...request, offsets: [at] }))[0]
  } catch (error) {
    assert.ok(error instanceof ApiError)
    return error.code
  }
}

/** A key of `type`, which begins with the group as all of them do, and maybe a member. */
function foreignKey(type: number, ...names: readonly string[]): Buffer {
  const writer = new Writer(64)
  writer.i16(type)
  for (const name of names) {
    writer.i16(Buffer.byteLength(name))
    writer.text(name, Buffer.byteLength(name))
  }
  return writer.finishAsOne()
}

test('offsets that were committed before Kafka 0.11 count, until others take their place', async () => {
  const old = ({ key = null, value = null }: NewRecord, offset: number): Buffer =>
    oldMessage({ magic: 1, offset, timestampMs: 5, key, value })
  const inner = Buffer.concat([old(offsetRecord('g', 1, 4n), 0), old(offsetRecord('g', 2, 5n), 1)])
  const broker = await loaded(
    old(offsetRecord('g', 0, 3n), 0),
    wrappedMessages({ magic: 1, offset: 2, codec: CompressionType.gzip, timestampMs: 5 }, inner),
    buildBatch([offsetRecord('g', 2, 6n)], { baseOffset: 3 }),
  )
  assert.deepEqual(offsets(broker), { 0: 3n, 1: 4n, 2: 6n })
})

test('offsets of transactions count when their marker comes, in the order of their own records', async () => {
  const broker = await loaded(
    batch(offsetRecord('g', 0, 1n), offsetRecord('g', 1, 1n), offsetRecord('g', 2, 1n)),
    transactional(7, offsetRecord('g', 0, 10n), offsetRecord('g', 1, 10n)),
    transactional(8, offsetRecord('g', 2, 20n)),
    transactional(9, offsetRecord('open', 3, 30n), offsetRecord('g', 2, 31n)),
    batch(offsetRecord('g', 1, 11n)),
    marker(7, true),
    marker(8, false),
  )
  assert.deepEqual(offsets(broker), { 0: 10n, 1: 11n, 2: 1n })
  const stable = await broker.groups.fetchStableOffsets(all('g'))
  const codes = stable.map(({ partition, errorCode }) => [partition, errorCode])
  assert.deepEqual(codes, [
    [0, ErrorCode.NONE],
    [1, ErrorCode.NONE],
    [2, ErrorCode.UNSTABLE_OFFSET_COMMIT],
  ])
  assert.deepEqual(offsets(broker, 'open'), {})
  assert.equal(broker.groups.describe('open').state, 'Empty')
})

test('a tombstone takes the offsets of transactions before it away, not those behind it', async () => {
  const broker = await loaded(
    transactional(7, offsetRecord('g', 0, 10n), offsetRecord('g', 1, 10n)),
    batch(offsetRecord('g', 0, null), offsetRecord('g', 1, null)),
    transactional(7, offsetRecord('g', 1, 11n)),
    marker(7, true),
  )
  assert.deepEqual(offsets(broker), { 1: 11n })
})

test('a deleted group leaves nothing that an open transaction could bring back', async () => {
  const partition = new MemoryPartition()
  partition.write(transactional(7, offsetRecord('g', 0, 10n)))
  const broker = new GroupBroker()
  await broker.lead(partition)
  assert.equal(await broker.groups.deleteGroup('g'), ErrorCode.NONE)
  partition.write(marker(7, true))
  const next = new GroupBroker()
  await next.lead(partition)
  assert.deepEqual(offsets(next), {})
})

test('groups of other kinds are listed and refused, and their records stay as they are', async () => {
  const broker = await loaded(
    batch(
      { key: foreignKey(17, 'busy'), value: Buffer.from('x') },
      { key: foreignKey(19, 'busy', 'm'), value: Buffer.from('x') },
      { key: foreignKey(17, 'left'), value: Buffer.from('x') },
      { key: foreignKey(19, 'left', 'm'), value: Buffer.from('x') },
      { key: foreignKey(19, 'left', 'm'), value: null },
      { key: foreignKey(11, 'share'), value: Buffer.from('x') },
      { key: foreignKey(3, 'gone'), value: Buffer.from('x') },
      { key: foreignKey(3, 'gone'), value: null },
      { key: foreignKey(99, 'later'), value: Buffer.from('x') },
      offsetRecord('busy', 0, 5n),
    ),
  )
  const { groups } = broker
  assert.deepEqual(groups.list({ states: [], types: [] }), [
    { groupId: 'busy', protocolType: 'streams', state: 'Stable', type: 'streams' },
    { groupId: 'left', protocolType: 'streams', state: 'Empty', type: 'streams' },
    { groupId: 'share', protocolType: 'share', state: 'Empty', type: 'share' },
  ])
  assert.match(broker.lines.join('\n'), /type 99/)
  assert.equal(groups.describe('left').errorMessage, 'Group left is not a classic group.')
  assert.deepEqual(offsets(broker, 'busy'), { 0: 5n })
  for (const groupId of ['busy', 'left', 'share']) {
    assert.equal(await joinCode(broker, groupId), ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
    assert.equal(groups.heartbeat(groupId, { memberId: 'm', groupInstanceId: null }, 1), ErrorCode.UNKNOWN_MEMBER_ID)
  }
  assert.equal(await joinCode(broker, 'gone'), ErrorCode.NONE)
  const codes = [commitCode(broker, 'busy'), commitCode(broker, 'left'), commitCode(broker, 'share')]
  assert.deepEqual(await Promise.all(codes), [
    ErrorCode.UNKNOWN_MEMBER_ID,
    ErrorCode.NONE,
    ErrorCode.GROUP_ID_NOT_FOUND,
  ])
  assert.equal(await commitCode(broker, 'left', 'm'), ErrorCode.UNKNOWN_MEMBER_ID)
  assert.equal(await groups.deleteGroup('busy'), ErrorCode.NON_EMPTY_GROUP)
  assert.equal(await groups.deleteGroup('share'), ErrorCode.INVALID_REQUEST)
})

test('a record of a later version makes its group refuse, until a readable one takes its place', async () => {
  const { key } = encodeGroupRecord({ kind: 'offset', groupId: 'g', topic: 't', partition: 0, value: null })
  const later = { key, value: Buffer.from([0, offsetCommitValue.versions[1] + 1]) }
  const broker = await loaded(batch(offsetRecord('g', 0, 5n), later, offsetRecord('fine', 0, 6n)))
  assert.throws(
    () => fetchAll(broker),
    new ApiError(ErrorCode.UNSUPPORTED_VERSION, 'group g was written by a later version'),
  )
  assert.equal(await commitCode(broker, 'g'), ErrorCode.UNSUPPORTED_VERSION)
  assert.equal(await joinCode(broker, 'g'), ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  assert.deepEqual(offsets(broker, 'fine'), { 0: 6n })
  const repaired = await loaded(batch(later), batch(offsetRecord('g', 0, 7n)))
  assert.deepEqual(offsets(repaired), { 0: 7n })
})

test('long logs are read in slices that let others have their turn', async () => {
  const partition = new MemoryPartition()
  const records = Array.from({ length: 2500 }, (_, i) => offsetRecord('g', i, BigInt(i)))
  partition.write(buildBatch(records, { codec: CompressionType.zstd }))
  partition.write(batch(offsetRecord('g', 0, 9n)))
  const clock = new ManualClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(partition)
  for (let slices = 0; slices < 2; slices++) {
    assert.throws(() => fetchAll(broker), ApiError)
    clock.advance(0)
    await turns()
  }
  assert.equal(fetchAll(broker).length, 2500)
  assert.equal(offsets(broker)[0], 9n)
})

test('a broker that resigns stops loading; one that cannot read is no coordinator, and may try again', async () => {
  const partition = new MemoryPartition()
  partition.write(batch(offsetRecord('g', 0, 1n)))
  const gate = Promise.withResolvers<void>()
  partition.gate = gate.promise
  const broker = new GroupBroker()
  broker.groups.becomeLeader(0, 0, partition.ledIn(0))
  broker.groups.resign(0, 0)
  gate.resolve()
  await turns()
  assert.equal(broker.lines.length, 0)
  partition.gate = Promise.reject(new ApiError(ErrorCode.KAFKA_STORAGE_ERROR, 'the disk is gone'))
  await broker.lead(partition, { leaderEpoch: 1 })
  assert.equal(await commitCode(broker, 'g'), ErrorCode.NOT_COORDINATOR)
  assert.match(broker.lines.join('\n'), /could not be loaded/)
  assert.deepEqual(broker.groups.list({ states: [], types: [] }), [])
  partition.gate = Promise.resolve()
  await broker.lead(partition, { leaderEpoch: 1 })
  assert.deepEqual(offsets(broker), { 0: 1n })
})

test('the partitions that Kafka 4.3.1 has written are read', async () => {
  const broker = new GroupBroker({ partitionCount: 3 })
  for (const [path, bytes] of filesOf('clean')) {
    const index = /^__consumer_offsets-(\d)\/.*\.log$/.exec(path)?.[1]
    if (index === undefined || bytes.length === 0) continue
    const partition = new MemoryPartition()
    partition.write(bytes)
    await broker.lead(partition, { index: Number(index) })
  }
  assert.deepEqual(broker.groups.list({ states: [], types: [] }), [
    { groupId: 'g-consumer', protocolType: 'consumer', state: 'Empty', type: 'consumer' },
    { groupId: 'g-share', protocolType: 'share', state: 'Empty', type: 'share' },
    { groupId: 'g-classic', protocolType: 'consumer', state: 'Empty', type: 'classic' },
  ])
  assert.deepEqual(offsets(broker, 'g-classic'), { 0: 94n, 1: 101n, 2: 105n })
  assert.deepEqual(offsets(broker, 'g-consumer'), { 0: 94n, 1: 101n, 2: 105n })
  assert.equal(broker.groups.describe('g-classic').errorCode, ErrorCode.NONE)
})
