/** Any sequence of what may happen to a partition, under a seed: what always holds, and that replay gives the same again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PartitionImage } from '../image/partition-image.ts'
import { Controller } from './controller.ts'
import { PartitionLife } from './partition-life.ts'

const seeds = 60
const steps = 120
const brokerIds = [1, 2, 3, 4]

function check(before: PartitionImage, after: PartitionImage, life: PartitionLife): void {
  const { replicas, isr, leader, eligibleLeaderReplicas: elr, addingReplicas, removingReplicas } = after
  const { state } = life.fixture.controller
  assert.ok(replicas.length > 0 && new Set(replicas).size === replicas.length, 'replicas')
  assert.equal(after.directories.length, replicas.length, 'a directory for each')
  assert.equal(new Set([...isr, ...elr]).size, isr.length + elr.length, 'nobody is in ISR and ELR')
  for (const all of [isr, elr, addingReplicas, removingReplicas]) {
    assert.deepEqual(
      all.filter((it) => !replicas.includes(it)),
      [],
      'all of them are replicas',
    )
  }
  assert.ok(leader === -1 || isr.includes(leader), 'who leads is in the ISR')
  assert.ok(leader === -1 || state.isActive(leader), 'who leads is there')
  assert.ok(leader === -1 || isr.every((it) => state.isActive(it)), 'nobody who is away is in the ISR of a leader')
  assert.ok(
    addingReplicas.every((it) => !removingReplicas.includes(it)),
    'nobody comes and goes',
  )
  assert.ok(after.leaderEpoch >= before.leaderEpoch && after.partitionEpoch >= before.partitionEpoch, 'epochs grow')
  if (leader !== before.leader) assert.ok(after.leaderEpoch > before.leaderEpoch, 'a new leader, a new epoch')
  const changed = JSON.stringify(after) !== JSON.stringify(before)
  assert.equal(after.partitionEpoch > before.partitionEpoch, changed, 'a change, and no other, has a new epoch')
}

test('seed: whatever happens to a partition', () => {
  const first = Number(process.env.ODRADEK_SEED ?? 1)
  for (let seed = first; seed < first + seeds; seed++) {
    const life = new PartitionLife({ seed, brokerIds, isKafkas: false })
    const { fixture } = life
    const told: string[] = []
    try {
      for (let i = 0; i < steps; i++) {
        const before = fixture.partition()
        told.push(life.step())
        check(before, fixture.partition(), life)
      }
    } catch (error) {
      throw new Error(`ODRADEK_SEED=${seed}: ${told.slice(-8).join(', ')}`, { cause: error })
    }
    const again = new Controller(fixture.options)
    for (const [offset, record] of fixture.written.entries()) again.replay(record, offset)
    assert.deepEqual(again.state.partition(fixture.topicId, 0), fixture.partition())
    for (const kind of ['preferred', 'unclean'] as const) {
      assert.deepEqual(again.wantingElection(kind), fixture.controller.wantingElection(kind))
    }
  }
})
