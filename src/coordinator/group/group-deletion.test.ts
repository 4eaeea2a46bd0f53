import assert from 'node:assert/strict'
import { test } from 'node:test'
import { zeroUuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import { commitTo, GroupBroker, heartbeatOf, ManualClock, MemoryPartition, turns } from './group-fixture.ts'

const offsetCount = 1000
const all = { states: [], types: [] }

/** A group without members whose offsets take more than a batch has room for. */
class Bench {
  readonly clock = new ManualClock()
  readonly partition = new MemoryPartition()
  readonly broker = new GroupBroker({ clock: this.clock, batchBytesMax: 4000 })
  /** Of requests to delete the group. */
  readonly answers: number[] = []

  static async lead(): Promise<Bench> {
    const bench = new Bench()
    await bench.broker.lead(bench.partition)
    for (let partition = 0; partition < offsetCount; partition += 25) await bench.commit(partition, 25)
    return bench
  }

  async commit(from: number, count: number): Promise<void> {
    const offsets = Array.from({ length: count }, (_, i) => ({
      topic: 't',
      topicId: zeroUuid,
      partition: from + i,
      offset: 1n,
      leaderEpoch: -1,
      metadata: null,
    }))
    const sender = { groupId: 'g', memberId: '', groupInstanceId: null, generationId: -1, knowsEpochs: true }
    const codes = await commitTo(this.broker.groups, { ...sender, offsets })
    assert.ok(codes.every((code) => code === ErrorCode.NONE))
  }

  /** A first slice is done. */
  async beginDeletion(): Promise<void> {
    void this.broker.groups.deleteGroup('g').then((code) => this.answers.push(code))
    await turns()
    assert.deepEqual(this.answers, [])
    assert.ok(this.knownCount > 0 && this.knownCount < offsetCount, `${this.knownCount} are left`)
  }

  async goOn(): Promise<void> {
    while (this.clock.nextTimerMs === this.clock.now()) {
      this.clock.advance(0)
      await turns()
    }
  }

  get knownCount(): number {
    return this.broker.groups.fetchOffsets({ groupId: 'g', memberId: null, memberEpoch: -1, keys: null }).length
  }
}

test('a group with more offsets than a batch has room for is deleted, also what is committed meanwhile', async () => {
  const bench = await Bench.lead()
  await bench.beginDeletion()
  await bench.commit(0, 1)
  await bench.goOn()
  assert.deepEqual([bench.answers, bench.knownCount, bench.broker.groups.list(all)], [[ErrorCode.NONE], 0, []])
})

test('who joins between two slices keeps the group and what is left', async () => {
  const bench = await Bench.lead()
  await bench.beginDeletion()
  const left = bench.knownCount
  await bench.broker.groups.consumerHeartbeat('g', heartbeatOf(), 1)
  await bench.goOn()
  assert.deepEqual([bench.answers, bench.knownCount], [[ErrorCode.NON_EMPTY_GROUP], left])
})

test('of two who delete it one is told that there is no such group any more', async () => {
  const bench = await Bench.lead()
  await bench.beginDeletion()
  await bench.beginDeletion()
  await bench.goOn()
  assert.deepEqual([bench.answers, bench.knownCount], [[ErrorCode.NONE, ErrorCode.GROUP_ID_NOT_FOUND], 0])
})

test('a deletion is answered once: what is not committed, or the broker that resigns between two slices', async () => {
  const bench = await Bench.lead()
  bench.partition.commitsAtOnce = false
  const lost = bench.broker.groups.deleteGroup('g')
  await turns()
  bench.partition.fail(ErrorCode.NOT_ENOUGH_REPLICAS)
  assert.equal(await lost, ErrorCode.COORDINATOR_NOT_AVAILABLE)
  assert.equal(bench.knownCount, offsetCount)
  bench.partition.commitsAtOnce = true
  await bench.beginDeletion()
  bench.broker.groups.resign(0, 0)
  await bench.goOn()
  assert.deepEqual(bench.answers, [ErrorCode.NOT_COORDINATOR])
  assert.deepEqual(bench.broker.faults, [])
})
