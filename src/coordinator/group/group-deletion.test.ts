import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Timer, zeroUuid } from '../../base/index.ts'
import { ErrorCode } from '../../protocol/index.ts'
import {
  commitTo,
  GroupBroker,
  heartbeatOf,
  ManualClock,
  MemoryPartition,
  turns,
} from './test-support/group-fixture.ts'
import { subscriptionBytes } from './test-support/transcript-bytes.ts'

const offsetCount = 1000
const all = { states: [], types: [] }

class CountingClock extends ManualClock {
  readonly running = new Set<Timer>()

  override after(delayMs: number, fire: () => void): Timer {
    const inner = super.after(delayMs, () => {
      this.running.delete(timer)
      fire()
    })
    const timer = {
      cancel: () => {
        this.running.delete(timer)
        inner.cancel()
      },
    }
    this.running.add(timer)
    return timer
  }
}

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

test('a classic group that went over to the consumer protocol leaves no timer, however long its members may take', async () => {
  const clock = new CountingClock()
  const broker = new GroupBroker({ clock })
  await broker.lead(new MemoryPartition())
  const { groups } = broker
  const before = clock.running.size
  const { memberId, generationId } = await groups.join('g', {
    memberId: '',
    newMemberId: 'm',
    groupInstanceId: null,
    requireKnownMemberId: false,
    canSkipAssignment: false,
    clientId: '',
    clientHost: '',
    rebalanceTimeoutMs: 2 ** 31 - 1,
    sessionTimeoutMs: 10_000,
    protocolType: 'consumer',
    protocols: [{ name: 'range', metadata: subscriptionBytes('@t') }],
    reason: '',
  })
  const identity = { memberId, groupInstanceId: null }
  await groups.sync('g', { ...identity, generationId, protocolType: null, protocolName: null, assignments: new Map() })
  const upgraded = await groups.consumerHeartbeat('g', heartbeatOf({ memberId: 'new' }), 1)
  assert.equal(upgraded.errorCode, ErrorCode.NONE)
  await groups.leave('g', [{ ...identity, reason: '' }])
  await groups.consumerHeartbeat('g', heartbeatOf({ memberId: 'new', memberEpoch: -1 }), 1)
  assert.equal(await groups.deleteGroup('g'), ErrorCode.NONE)
  // Who waits too long for an answer is looked for as late as that.
  clock.advance(5000)
  assert.equal(clock.running.size, before)
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
