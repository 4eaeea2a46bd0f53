/** Rows F1 to F6, G1 to G7, A1 to A5, and strings as long as they can be: requests that are well-formed and wrong. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, describe, it } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import {
  createTopics,
  deleteRecords,
  deleteTopics,
  describeConfigs,
  ErrorCode,
  fetch,
  findCoordinator,
  heartbeat,
  joinGroup,
  listOffsets,
  metadata,
  offsetCommit,
  syncGroup,
} from '../../src/protocol/index.ts'
import { frame, readReply, requestFrame, type Wire } from '../wire.ts'
import { Faults, goodBatch, produceTo } from './kit.ts'

describe('fetch and offsets', () => {
  let faults: Faults
  let wire: Wire
  before(async () => {
    faults = await Faults.start()
    await faults.createTopic('t')
    wire = await faults.connect()
    for (let i = 0; i < 5; i++) await produceTo(wire, { topic: 't', records: goodBatch() })
  })
  after(() => faults.stop())

  interface Asked {
    readonly fetchOffset?: number
    readonly currentLeaderEpoch?: number
    readonly replicaId?: number
    readonly sessionId?: number
    readonly sessionEpoch?: number
  }

  const fetchFrom = ({ fetchOffset = 0, currentLeaderEpoch = -1, ...more }: Asked) => {
    const partitions = [{ partition: 0, fetchOffset, currentLeaderEpoch, partitionMaxBytes: 1000 }]
    return wire.call(fetch, { maxWaitMs: 0, topics: [{ topic: 't', partitions }], ...more }, 12)
  }
  const partitionOf = async (asked: Asked) => {
    const answer = (await fetchFrom(asked)).responses[0]?.partitions[0]
    assert.ok(answer)
    return answer
  }
  const offsetAt = async (timestamp: bigint, currentLeaderEpoch = -1) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, timestamp, currentLeaderEpoch }] }]
    return (await wire.call(listOffsets, { replicaId: -1, topics }, 8)).topics[0]?.partitions[0]
  }

  it('F1 offsets that the log does not have: 1, and no high watermark', async () => {
    for (const fetchOffset of [99_999, -5]) {
      const { errorCode, highWatermark } = await partitionOf({ fetchOffset })
      assert.deepEqual([errorCode, highWatermark], [ErrorCode.OFFSET_OUT_OF_RANGE, -1])
    }
  })

  it('F2 a leader epoch that is not known yet: 75; one that is over: 74', async () => {
    assert.equal((await partitionOf({ currentLeaderEpoch: 99 })).errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
    assert.equal((await offsetAt(-1n, 99))?.errorCode, ErrorCode.UNKNOWN_LEADER_EPOCH)
  })

  it('F2 a leader epoch that is over: 74', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'odradek-epoch-'))
    const first = await Faults.start({ 'log.dirs': folder })
    await first.createTopic('t')
    await first.stop()
    // A leader that was away begins a new epoch.
    const second = await Faults.start({ 'log.dirs': folder })
    const partitions = [{ partition: 0, fetchOffset: 0, currentLeaderEpoch: 0, partitionMaxBytes: 1000 }]
    const reply = await second.with((other) =>
      other.call(fetch, { maxWaitMs: 0, topics: [{ topic: 't', partitions }] }, 12),
    )
    assert.equal(reply.responses[0]?.partitions[0]?.errorCode, ErrorCode.FENCED_LEADER_EPOCH)
    await second.stop()
    rmSync(folder, { recursive: true })
  })

  it('F3 a session that is not there: 70; a wrong epoch in one that is: 71', async () => {
    assert.equal(
      (await fetchFrom({ sessionId: 4711, sessionEpoch: 1 })).errorCode,
      ErrorCode.FETCH_SESSION_ID_NOT_FOUND,
    )
    const { sessionId } = await fetchFrom({ sessionId: 0, sessionEpoch: 0 })
    assert.ok(sessionId > 0)
    assert.equal((await fetchFrom({ sessionId, sessionEpoch: 9 })).errorCode, ErrorCode.INVALID_FETCH_SESSION_EPOCH)
  })

  it('F4 a replica that is none: 6', async () => {
    assert.equal((await partitionOf({ replicaId: 5 })).errorCode, ErrorCode.NOT_LEADER_OR_FOLLOWER)
  })

  it('F5 a timestamp of -9: 35', async () => {
    assert.equal((await offsetAt(-9n))?.errorCode, ErrorCode.UNSUPPORTED_VERSION)
  })

  it('F6 DeleteRecords past the high watermark: 1', async () => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, offset: 100 }] }]
    const reply = await wire.call(deleteRecords, { topics, timeoutMs: 1000 })
    assert.equal(reply.topics[0]?.partitions[0]?.errorCode, ErrorCode.OFFSET_OUT_OF_RANGE)
  })

  it('after all of it the node is well', () => faults.checkHealth())
})

describe('groups', () => {
  let faults: Faults
  let wire: Wire
  before(async () => {
    faults = await Faults.start()
    await faults.createTopic('t')
    wire = await faults.connect()
    const asked = { keyType: 0, coordinatorKeys: ['g'] }
    const first = await wire.call(findCoordinator, asked)
    assert.equal(first.coordinators[0]?.errorCode, ErrorCode.COORDINATOR_NOT_AVAILABLE, 'T3')
    for (;;) {
      const found = await wire.call(findCoordinator, asked)
      if (found.coordinators[0]?.errorCode === ErrorCode.NONE) break
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  })
  after(() => faults.stop())

  const protocols = [{ name: 'range', metadata: Buffer.from('subscription') }]
  const ask = (more: { groupId?: string; memberId?: string; sessionTimeoutMs?: number }) =>
    wire.call(joinGroup, { groupId: 'g', sessionTimeoutMs: 10_000, protocolType: 'consumer', protocols, ...more })

  it('G1 joining without a member id: 79, with one', async () => {
    const { errorCode, memberId } = await ask({})
    assert.equal(errorCode, ErrorCode.MEMBER_ID_REQUIRED)
    assert.match(memberId, /^wire-/)
  })

  it('G2 members and groups that nobody knows: 25', async () => {
    assert.equal((await ask({ memberId: 'nobody' })).errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
    const beat = { groupId: 'unknown', generationId: 1, memberId: 'nobody' }
    assert.equal((await wire.call(heartbeat, beat)).errorCode, ErrorCode.UNKNOWN_MEMBER_ID)
  })

  it('G3 session time-outs outside of the limits: 26', async () => {
    for (const sessionTimeoutMs of [5999, 1_800_001]) {
      assert.equal((await ask({ sessionTimeoutMs })).errorCode, ErrorCode.INVALID_SESSION_TIMEOUT)
    }
  })

  it('G4 an empty group id: 24', async () => {
    assert.equal((await ask({ groupId: '' })).errorCode, ErrorCode.INVALID_GROUP_ID)
  })

  it('G5 SyncGroup without its protocol: 23', async () => {
    const reply = await wire.call(syncGroup, { groupId: 'g', generationId: 1, memberId: 'm', protocolType: null }, 5)
    assert.equal(reply.errorCode, ErrorCode.INCONSISTENT_GROUP_PROTOCOL)
  })

  const commit = async (
    more: { generationIdOrMemberEpoch?: number; groupId?: string },
    committedMetadata: string,
    version = 9,
  ) => {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, committedOffset: 1n, committedMetadata }] }]
    const request = { groupId: 'h', generationIdOrMemberEpoch: -1, topics, ...more }
    return (await wire.call(offsetCommit, request, version)).topics[0]?.partitions[0]?.errorCode
  }

  it('G6 a generation of a group that is not there: 22, from version 9 on 69', async () => {
    const asked = { groupId: 'unknown', generationIdOrMemberEpoch: 5 }
    assert.equal(await commit(asked, '', 8), ErrorCode.ILLEGAL_GENERATION)
    assert.equal(await commit(asked, ''), ErrorCode.GROUP_ID_NOT_FOUND)
  })

  it('G7 metadata beyond offset.metadata.max.bytes: 12', async () => {
    assert.equal(await commit({}, 'x'.repeat(4097)), ErrorCode.OFFSET_METADATA_TOO_LARGE)
    assert.equal(await commit({}, 'x'.repeat(4096)), ErrorCode.NONE)
  })

  it('after all of it the node is well', () => faults.checkHealth())
})

describe('administration', () => {
  let faults: Faults
  let wire: Wire
  before(async () => {
    faults = await Faults.start()
    await faults.createTopic('a.b')
    wire = await faults.connect()
  })
  after(() => faults.stop())

  interface Wanted {
    readonly name: string
    readonly numPartitions?: number
    readonly replicationFactor?: number
    readonly configs?: readonly { readonly name: string; readonly value: string }[]
  }
  const create = async (wanted: Wanted) => {
    const topics = [{ numPartitions: 1, replicationFactor: 1, ...wanted }]
    const topic = (await wire.call(createTopics, { topics, timeoutMs: 5000 })).topics[0]
    assert.ok(topic)
    return topic
  }

  it('A1 names that no topic can have: 17, each with its message', async () => {
    const messages = new Set<string | null>()
    for (const name of ['a/b', '.', 'x'.repeat(250), 'a_b']) {
      const { errorCode, errorMessage } = await create({ name })
      assert.equal(errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION, name)
      messages.add(errorMessage)
    }
    assert.equal(messages.size, 4)
  })

  it('A2 three replicas on one broker: 38', async () => {
    assert.equal((await create({ name: 'x', replicationFactor: 3 })).errorCode, ErrorCode.INVALID_REPLICATION_FACTOR)
  })

  it('A3 no partitions: 37; a billion: 44', async () => {
    assert.equal((await create({ name: 'x', numPartitions: 0 })).errorCode, ErrorCode.INVALID_PARTITIONS)
    const { errorCode, errorMessage } = await create({ name: 'x', numPartitions: 1_000_000_000 })
    assert.equal(errorCode, ErrorCode.POLICY_VIOLATION)
    assert.match(errorMessage ?? '', /Excessively large number of partitions per request/)
  })

  it('A4 a topic that exists: 36; one that does not is deleted: 3', async () => {
    assert.equal((await create({ name: 'a.b' })).errorCode, ErrorCode.TOPIC_ALREADY_EXISTS)
    const reply = await wire.call(deleteTopics, { topics: [{ name: 'unknown' }], timeoutMs: 1000 })
    assert.equal(reply.responses[0]?.errorCode, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION)
  })

  it('A5 a config that nobody knows, or with a wrong value: 40', async () => {
    for (const config of [
      { name: 'no.such.config', value: '1' },
      { name: 'retention.ms', value: 'soon' },
    ]) {
      assert.equal((await create({ name: 'x', configs: [config] })).errorCode, ErrorCode.INVALID_CONFIG)
    }
  })

  it('after all of it the node is well', () => faults.checkHealth())
})

describe('strings as long as they can be', () => {
  let faults: Faults
  before(async () => {
    faults = await Faults.start()
    await faults.createTopic('t')
    await faults.with(async (wire) => {
      const asked = { keyType: 0, coordinatorKeys: ['g'] }
      while ((await wire.call(findCoordinator, asked)).coordinators[0]?.errorCode !== ErrorCode.NONE)
        await setImmediate()
    })
  })
  after(() => faults.stop())
  /** Nothing is left over for whoever comes next, and none of it was an error of ours. */
  afterEach(() => faults.checkHealth())

  const longest = 'x'.repeat(32_767)

  for (let version = 2; version <= 7; version++) {
    it(`a message that quotes one still fits: CreateTopics of version ${version}`, async () => {
      const topics = [{ name: longest, numPartitions: 1, replicationFactor: 1 }]
      const reply = await faults.with((wire) => wire.call(createTopics, { topics, timeoutMs: 5000 }, version))
      const { name, errorCode, errorMessage } = reply.topics[0] ?? {}
      assert.deepEqual([name, errorCode], [longest, ErrorCode.INVALID_TOPIC_EXCEPTION])
      assert.match(errorMessage ?? '', /^Topic name is invalid: the length of 'x+\.\.\.$/)
    })
  }

  it('a config that quotes one', async () => {
    const topics = [
      { name: 'x', numPartitions: 1, replicationFactor: 1, configs: [{ name: 'retention.ms', value: longest }] },
    ]
    const reply = await faults.with((wire) => wire.call(createTopics, { topics, timeoutMs: 5000 }))
    assert.equal(reply.topics[0]?.errorCode, ErrorCode.INVALID_CONFIG)
    const resources = [{ resourceType: 4, resourceName: longest, configurationKeys: null }]
    const described = await faults.with((wire) => wire.call(describeConfigs, { resources }))
    assert.equal(described.results[0]?.errorCode, ErrorCode.INVALID_REQUEST)
  })

  it('the name of a member is made of one: it is cut', async () => {
    const protocols = [{ name: 'range', metadata: Buffer.alloc(0) }]
    const times = { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 10_000 }
    const request = { groupId: 'g', ...times, protocolType: 'consumer', protocols }
    for (const version of [3, 9]) {
      const bytes = requestFrame(joinGroup, { version, request, clientId: longest })
      const reply = await faults.outcome(bytes)
      assert.ok(reply !== 'closed')
      const { memberId, errorCode } = readReply(joinGroup, reply, version)
      assert.equal(errorCode, version === 3 ? ErrorCode.NONE : ErrorCode.MEMBER_ID_REQUIRED)
      assert.match(memberId, /^x{1000}-[0-9a-f-]{36}$/)
    }
  })

  it('bytes that are no UTF-8 would come back longer than they were: closed', async () => {
    const names = Buffer.alloc(11_000, 0xff)
    const ask = (name: Buffer): Buffer =>
      frame({ apiKey: 3, version: 1 }, (writer) => {
        writer.i32(1)
        writer.i16(name.length)
        writer.bytes(name)
      })
    assert.equal(await faults.outcome(ask(names)), 'closed')
    const short = await faults.outcome(ask(names.subarray(0, 10_000)))
    assert.ok(short !== 'closed')
    const topic = readReply(metadata, short, 1).topics[0]
    assert.equal(topic?.errorCode, ErrorCode.INVALID_TOPIC_EXCEPTION)
  })
})
