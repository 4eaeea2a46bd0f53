/** What a leader proposes and a controller decides, as if both were in one process. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError, present } from '../base/index.ts'
import { MemoryDisk } from '../env/index.ts'
import type { ControllerChannel } from '../metadata/index.ts'
import { type AlterPartitionRequest, alterPartition, ErrorCode } from '../protocol/index.ts'
import { PartitionFixture, silent } from '../server/handlers/partition-fixture.ts'
import { IsrChanges } from './isr-changes.ts'

const lagMs = 30_000
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

type Answer = (request: AlterPartitionRequest) => ReturnType<ControllerChannel['alterPartition']>

/** Broker 1 leads t, broker 2 is in sync; `answer` in the controller's place. */
async function leading(answer?: Answer) {
  const fixture = await PartitionFixture.open(new MemoryDisk(), { t: { replicas: [[1, 2]] } })
  const { cluster } = fixture
  const epochOf = (id: number) => present(cluster.image.cluster.brokers.get(id), 'the broker').brokerEpoch
  const requests: AlterPartitionRequest[] = []
  const changes = new IsrChanges({
    channel: {
      alterPartition: (request) => {
        requests.push(request)
        return answer?.(request) ?? cluster.channel.alterPartition(request)
      },
    },
    ...{ clock: cluster.clock, logger: silent, brokerId: 1, brokerEpoch: () => epochOf(1) },
    onFault: (error) => assert.fail(String(error)),
  })
  const partition = fixture.partition('t')
  const pass = async (ms: number): Promise<void> => {
    cluster.clock.advance(ms)
    await settled()
  }
  /** Proposes what the partition wants proposed, and gives the controller time. */
  const propose = async () => {
    const last = present(fixture.proposed.at(-1), 'a proposal')
    changes.propose(last.partition, last.proposal)
    await pass(0)
    return last.proposal
  }
  return { fixture, partition, requests, epochOf, pass, propose, changes }
}

const answering =
  (errorCode: number): Answer =>
  async ({ topics }) =>
    alterPartition.response.create({
      topics: topics.map(({ topicId, partitions }) => ({
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
      })),
    })

test('a follower that does not keep up leaves, and comes back in the life in which it fetches', async () => {
  const it = await leading()
  await it.fixture.append(it.partition, [1])
  await it.pass(lagMs + 1)
  it.partition.shrinkIsr()
  await it.propose()
  assert.deepEqual(it.partition.isr, [1])
  assert.equal(it.partition.log.highWatermark, 1)
  const place = { fetchOffset: 1, logStartOffset: 0, brokerEpoch: it.epochOf(2), currentLeaderEpoch: -1 }
  it.partition.followerFetched(2, place)
  await it.propose()
  assert.deepEqual(it.partition.isr, [1, 2])
  assert.equal(it.requests.length, 2)
})

test('what the controller is sure not to have done is over; what it may have done stays open until the metadata tells', async () => {
  for (const [code, isOpen] of [
    [ErrorCode.INELIGIBLE_REPLICA, false],
    [ErrorCode.OPERATION_NOT_ATTEMPTED, false],
    [ErrorCode.INVALID_UPDATE_VERSION, true],
    [ErrorCode.FENCED_LEADER_EPOCH, true],
    [ErrorCode.NEW_LEADER_ELECTED, true],
  ] as const) {
    const it = await leading(answering(code))
    await it.fixture.append(it.partition, [1])
    await it.pass(lagMs + 1)
    it.partition.shrinkIsr()
    const proposal = await it.propose()
    assert.equal(it.partition.isOpen(proposal), isOpen, String(code))
    await it.pass(1000)
    assert.equal(it.requests.length, 1, 'it is not asked again')
    assert.deepEqual(it.partition.isr, [1, 2])
  }
})

test('a controller that does not answer, or fails, is asked again', async () => {
  for (const fails of [answering(ErrorCode.UNKNOWN_SERVER_ERROR), () => Promise.reject(new ApiError(7, 'silent'))]) {
    let left = 2
    const it = await leading((request) =>
      left-- > 0 ? fails(request) : it.fixture.cluster.channel.alterPartition(request),
    )
    await it.fixture.append(it.partition, [1])
    await it.pass(lagMs + 1)
    it.partition.shrinkIsr()
    await it.propose()
    for (let i = 0; i < 3; i++) await it.pass(50)
    assert.equal(it.requests.length, 3)
    assert.deepEqual(it.partition.isr, [1])
  }
})
