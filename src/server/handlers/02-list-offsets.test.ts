import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { oldMessage, wrappedMessages } from '../../../test/message-sets.ts'
import { MemoryDisk } from '../../env/index.ts'
import { ErrorCode, listOffsets } from '../../protocol/index.ts'
import { CompressionType } from '../../records/index.ts'
import { listOffsetsHandler } from './02-list-offsets.ts'
import { ask } from './handler-fixture.ts'
import { PartitionFixture } from './partition-fixture.ts'

type Answer = readonly [errorCode: number, timestamp: number, offset: number, leaderEpoch: number]

/** t-0: offsets 0 to 8, of which the first is deleted; t-1 is empty, t-2 is not here; r-0 waits for node 2, which leads r-1. */
async function open() {
  const topics = {
    t: { replicas: [[1], [1], [2]] },
    o: { replicas: [[1]] },
    r: {
      replicas: [
        [1, 2],
        [2, 1],
      ],
    },
  }
  const fixture = await PartitionFixture.open(new MemoryDisk(), topics)
  const partition = fixture.partition('t')
  await fixture.append(partition, [500, 100, 200, 150])
  fixture.lead(partition, 3)
  await fixture.append(partition, [300, 400], { codec: CompressionType.zstd })
  await fixture.append(partition, [600, 600], { logAppendTimeMs: 600 })
  await fixture.append(partition, [250], { producerId: 7, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  partition.deleteRecordsBefore(1)
  await fixture.append(fixture.partition('r'), [100])
  // o: 0 to 3, from before Kafka 0.11: one without a time, one with it, and two that are wrapped.
  const inner = [700, 900].map((timestampMs, offset) => oldMessage({ magic: 1, offset, timestampMs }))
  const messages = [
    oldMessage({ magic: 0, offset: 0 }),
    oldMessage({ magic: 1, offset: 1, timestampMs: 500 }),
    wrappedMessages({ magic: 1, offset: 3, codec: CompressionType.gzip, timestampMs: 900 }, Buffer.concat(inner)),
  ]
  await fixture.partition('o').log.append(Buffer.concat(messages), { kind: 'follower' })
  fixture.lead(fixture.partition('o'), 1)
  const handler = listOffsetsHandler({ replicas: fixture.replicas, decompressedBytesMax: () => 1e6 })
  return { fixture, handler }
}

interface Given {
  readonly topic?: string
  readonly partition?: number
  readonly timestamp: bigint
  readonly version?: number
  readonly replicaId?: number
  readonly isolationLevel?: number
  readonly currentLeaderEpoch?: number
}

const committed = { isolationLevel: 1 }
const none: Answer = [0, -1, -1, -1]
const cases: readonly (readonly [what: string, given: Given, answer: Answer])[] = [
  ['latest', { timestamp: -1n }, [0, -1, 9, 3]],
  ['latest, committed', { timestamp: -1n, ...committed }, [0, -1, 8, 3]],
  ['latest of nothing', { timestamp: -1n, partition: 1 }, [0, -1, 0, 0]],
  ['latest that is replicated', { timestamp: -1n, topic: 'r' }, [0, -1, 0, 0]],
  ['latest for a tool', { timestamp: -1n, topic: 'r', replicaId: -2 }, [0, -1, 1, 0]],
  ['latest for a follower', { timestamp: -1n, topic: 'r', replicaId: 2 }, [0, -1, 1, 0]],
  ['earliest', { timestamp: -2n }, [0, -1, 1, 0]],
  ['earliest of nothing', { timestamp: -2n, partition: 1 }, [0, -1, 0, 0]],
  ['earliest local', { timestamp: -4n }, [0, -1, 1, 0]],
  ['latest tiered', { timestamp: -5n }, none],
  ['earliest that waits for its tier', { timestamp: -6n }, none],
  ['largest timestamp', { timestamp: -3n }, [0, 600, 6, 3]],
  ['largest timestamp of nothing', { timestamp: -3n, partition: 1 }, none],
  ['largest timestamp that is not replicated', { timestamp: -3n, topic: 'r' }, none],
  ['a time before all, of older formats', { timestamp: 0n, topic: 'o' }, [0, 500, 1, -1]],
  ['a time within what is wrapped', { timestamp: 701n, topic: 'o' }, [0, 900, 3, -1]],
  ['the first of what is wrapped', { timestamp: 501n, topic: 'o' }, [0, 700, 2, -1]],
  ['largest timestamp of older formats', { timestamp: -3n, topic: 'o' }, [0, 900, 3, -1]],
  ['a time before all', { timestamp: 0n }, [0, 100, 1, 0]],
  ['a time within a batch', { timestamp: 120n }, [0, 200, 2, 0]],
  ['a time within a compressed batch', { timestamp: 310n }, [0, 400, 5, 3]],
  ['the time of a deleted record', { timestamp: 450n }, [0, 600, 6, 3]],
  ['a time at the end of what is committed', { timestamp: 600n, ...committed }, [0, 600, 6, 3]],
  ['a time after all', { timestamp: 601n }, none],
  ['a time beyond numbers', { timestamp: 2n ** 62n }, none],
  ['a time in what is not replicated', { timestamp: 1n, topic: 'r' }, none],
  ['the same for a follower', { timestamp: 1n, topic: 'r', replicaId: 2 }, [0, 100, 0, 0]],
  ['the epoch that is on', { timestamp: -2n, currentLeaderEpoch: 3 }, [0, -1, 1, 0]],
  [
    'an epoch that is over (F2)',
    { timestamp: -2n, currentLeaderEpoch: 2 },
    [ErrorCode.FENCED_LEADER_EPOCH, -1, -1, -1],
  ],
  ['an epoch to come (F2)', { timestamp: 9n, currentLeaderEpoch: 4 }, [ErrorCode.UNKNOWN_LEADER_EPOCH, -1, -1, -1]],
  ['a timestamp that is none (F5)', { timestamp: -9n }, [ErrorCode.UNSUPPORTED_VERSION, -1, -1, -1]],
  ['one that no topic can have', { timestamp: -9n, topic: 'x' }, [ErrorCode.UNSUPPORTED_VERSION, -1, -1, -1]],
  ['no such topic', { timestamp: -1n, topic: 'x' }, [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1, -1]],
  ['no such partition', { timestamp: -1n, partition: 9 }, [ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, -1, -1, -1]],
  ['a follower', { timestamp: -1n, topic: 'r', partition: 1 }, [ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, -1]],
  ['a follower, for a tool', { timestamp: -1n, topic: 'r', partition: 1, replicaId: -2 }, [0, -1, 0, 0]],
  ['no replica', { timestamp: -1n, partition: 2, replicaId: -2 }, [ErrorCode.NOT_LEADER_OR_FOLLOWER, -1, -1, -1]],
  [
    'an isolation level that is none',
    { timestamp: -1n, isolationLevel: 9 },
    [ErrorCode.UNKNOWN_SERVER_ERROR, -1, -1, -1],
  ],
]

describe('ListOffsets', async () => {
  const { handler } = await open()
  const answerTo = async ({ topic = 't', partition = 0, replicaId = -1, isolationLevel = 0, ...given }: Given) => {
    const { timestamp, currentLeaderEpoch = -1, version = 11 } = given
    const partitions = [{ partitionIndex: partition, timestamp, currentLeaderEpoch }]
    const request = listOffsets.request.create({ replicaId, isolationLevel, topics: [{ name: topic, partitions }] })
    const { topics } = await ask(handler, request, { apiVersion: version })
    assert.deepEqual([topics.length, topics[0]?.name, topics[0]?.partitions.length], [1, topic, 1])
    const reply = topics[0]?.partitions[0]
    assert.equal(reply?.partitionIndex, partition)
    return [reply?.errorCode, Number(reply?.timestamp), reply?.offset, reply?.leaderEpoch]
  }

  for (const [what, given, answer] of cases) {
    test(what, async () => {
      assert.deepEqual(await answerTo(given), answer)
    })
  }

  test('special timestamps are known from a version on', async () => {
    const gates = [
      [-1n, 1],
      [-2n, 1],
      [-3n, 7],
      [-4n, 8],
      [-5n, 9],
      [-6n, 11],
    ] as const
    for (const [timestamp, since] of gates) {
      for (let version = 1; version <= 11; version++) {
        const [code] = await answerTo({ timestamp, version })
        assert.equal(code, version < since ? ErrorCode.UNSUPPORTED_VERSION : 0, `${timestamp} in version ${version}`)
      }
    }
  })

  test('a partition that is asked for twice is answered once, with an error', async () => {
    const partition = (partitionIndex: number) => ({ partitionIndex, timestamp: -1n, currentLeaderEpoch: -1 })
    const topics = [
      { name: 't', partitions: [partition(0), partition(1), partition(0)] },
      { name: 'x', partitions: [] },
      { name: 't', partitions: [partition(1), partition(9)] },
    ]
    const reply = await ask(handler, listOffsets.request.create({ replicaId: -1, topics }))
    assert.deepEqual(
      reply.topics.map(({ name, partitions }) => [name, partitions.map((it) => [it.partitionIndex, it.errorCode])]),
      [
        [
          't',
          [
            [0, ErrorCode.INVALID_REQUEST],
            [1, ErrorCode.INVALID_REQUEST],
            [9, ErrorCode.UNKNOWN_TOPIC_OR_PARTITION],
          ],
        ],
        ['x', []],
      ],
    )
  })

  test('a batch that is larger than its bound, and a directory that failed, are errors of the partition', async () => {
    const { fixture } = await open()
    const small = listOffsetsHandler({ replicas: fixture.replicas, decompressedBytesMax: () => 3 })
    const partitions = [{ partitionIndex: 0, timestamp: 310n, currentLeaderEpoch: -1 }]
    const request = listOffsets.request.create({ replicaId: -1, topics: [{ name: 't', partitions }] })
    const codeOf = async () => (await ask(small, request)).topics[0]?.partitions[0]?.errorCode
    assert.equal(await codeOf(), ErrorCode.CORRUPT_MESSAGE)
    fixture.replicas.directoryFailed('/data')
    assert.equal(await codeOf(), ErrorCode.KAFKA_STORAGE_ERROR)
  })
})
